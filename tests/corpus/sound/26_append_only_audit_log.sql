-- An audit log that nobody changes: there are no policies for UPDATE and DELETE, and no rights. A trigger that runs as the owner, with a
-- fixed search_path, writes it for each change, and callers cannot call its function.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO authenticated;
CREATE TABLE ledger.accounts (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    balance numeric(14, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE ledger.audit_log (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    by_user text,
    change jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO ledger.accounts VALUES (1, 1, 10), (2, 1, 20);
ALTER TABLE ledger.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger.audit_log FOR SELECT TO authenticated USING (tenant_id = auth.tenant_bigint());
GRANT SELECT ON ledger.audit_log TO authenticated;
CREATE FUNCTION ledger.note_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ledger.audit_log (tenant_id, by_user, change) VALUES (NEW.tenant_id, auth.user_id(), to_jsonb(NEW));
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION ledger.note_change() FROM PUBLIC;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON ledger.accounts FOR EACH ROW EXECUTE FUNCTION ledger.note_change();
SELECT tenancy.protect('ledger.accounts', remove => '{}');

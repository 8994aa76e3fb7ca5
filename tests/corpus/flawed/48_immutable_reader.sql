-- The helper that reads the tenant was declared IMMUTABLE to make it fast: Postgres may fold it into a plan that is kept, and a pooled
-- connection's next caller gets the rows of the tenant for whom the plan was made. (pgrls SEC046.)
-- finds: immutable_reader function app.tenant()
CREATE ROLE ledger_web LOGIN;
SET ROLE owner;

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO ledger_web;
CREATE FUNCTION app.tenant() RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN NULLIF(current_setting('app.tenant', true), '')::bigint;
END $$;

CREATE TABLE app.ledger (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    amount numeric(14, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO app.ledger (tenant_id, amount) VALUES (1, 10), (2, 20);
ALTER TABLE app.ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.ledger TO ledger_web USING (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT ON app.ledger TO ledger_web;

-- A SECURITY DEFINER function that callers may run, over a table they may not touch: it gives the next number of the caller's own tenant,
-- whom it asks itself, and fixes its search_path.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.counters (
    tenant_id uuid PRIMARY KEY,
    last_number bigint NOT NULL DEFAULT 0
);
INSERT INTO billing.counters VALUES ('11111111-1111-1111-1111-111111111111', 41), ('22222222-2222-2222-2222-222222222222', 7);
ALTER TABLE billing.counters ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON billing.counters TO authenticated USING (tenant_id = auth.tenant_uuid());

CREATE FUNCTION billing.next_number() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE billing.counters SET last_number = last_number + 1 WHERE tenant_id = auth.tenant_uuid() RETURNING last_number
$$;
REVOKE EXECUTE ON FUNCTION billing.next_number() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing.next_number() TO authenticated;

-- Rule no_restrictive_floor: nothing holds when a permissive policy is too wide.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.lookup (id int);
CREATE TABLE audited.safe (id int, tenant_id text NOT NULL);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY all_of_it ON audited.lookup USING (true);
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.safe');
SELECT level, object FROM test.findings('no_restrictive_floor');
GRANT SELECT ON audited.docs, audited.lookup TO authenticated;
SELECT level, object, message FROM test.findings('no_restrictive_floor');
-- One that goes by the caller alone is no floor
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('no_restrictive_floor');
-- Nor is one that goes by the row alone
ALTER POLICY floor ON audited.docs USING (tenant_id <> '');
SELECT level, object FROM test.findings('no_restrictive_floor');
ALTER POLICY floor ON audited.docs USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('no_restrictive_floor');
ROLLBACK;

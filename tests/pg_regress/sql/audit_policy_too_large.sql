-- Rule policy_too_large: what no other rule looks at.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited."Odd ""name" (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION pg_temp.policy(name text, relation regclass, arms int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY %I ON %s USING (%s)', name, relation, (SELECT string_agg(format('tenant_id = %L', n), ' OR ') FROM generate_series(1, arms) n));
END $$;
SELECT pg_temp.policy('small', 'audited.docs', 50), pg_temp.policy('large', 'audited.docs', 500), pg_temp.policy('"large" too', 'audited."Odd ""name"', 500) \g /dev/null
SELECT level, object, message, regexp_replace(detail, '\d{6}', 'so many') FROM test.findings('policy_too_large');
-- Other rules have looked at the small one
SELECT object FROM test.findings('literal_tenant');
-- In one array it is small
DROP POLICY large ON audited.docs;
DROP POLICY """large"" too" ON audited."Odd ""name";
CREATE POLICY large ON audited.docs USING (tenant_id = ANY ((SELECT array_agg(n::text) FROM generate_series(1, 500) n)));
SELECT object FROM test.findings('policy_too_large');
-- What protect() writes is its own to look at
CREATE TABLE audited.safe (id int, tenant_id text NOT NULL);
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.safe');
SELECT object FROM test.findings('policy_too_large');
ROLLBACK;

-- native only: the pure-SQL edition has no reader that is better bare
-- Rule wrapped_call_skewed: a tenant that the planner does not recognise.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id varchar(20));
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.docs SELECT n, CASE WHEN n % 2 = 0 THEN '00000000-0000-0000-0000-00000000000a' ELSE ('00000000-0000-0000-0000-' || lpad((n % 500)::text, 12, '0'))::uuid END,
    'user ' || n % 100 FROM generate_series(1, 10000) n;
CREATE POLICY wrapped ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()));
-- Nothing is known before statistics are there
SELECT count(*) FROM test.findings('wrapped_call_skewed');
ANALYZE audited.docs;
SELECT level, object, message, detail, fix FROM test.findings('wrapped_call_skewed');

-- Bare, in a larger sub-select, with another function, of a column of which no value has much
CREATE FUNCTION audited.tenant() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.tenant_uuid()';
CREATE POLICY bare ON audited.docs USING (tenant_id = auth.tenant_uuid());
CREATE POLICY larger ON audited.docs USING (tenant_id = (SELECT COALESCE(auth.tenant_uuid(), gen_random_uuid())));
CREATE POLICY other ON audited.docs USING (tenant_id = (SELECT audited.tenant()));
CREATE POLICY even ON audited.docs USING (user_id = (SELECT auth.user_id()));
SELECT object FROM test.findings('wrapped_call_skewed') WHERE object !~ ' wrapped on';
DROP POLICY bare ON audited.docs;
DROP POLICY larger ON audited.docs;
DROP POLICY other ON audited.docs;
DROP POLICY even ON audited.docs;

-- How many of its 5,000 rows is the tenant thought to have?
GRANT USAGE ON SCHEMA audited TO authenticated;
GRANT SELECT ON audited.docs TO authenticated;
CREATE FUNCTION audited.estimate() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM audited.docs' INTO plan;
    RETURN CASE WHEN (plan #>> '{0,Plan,Plan Rows}')::int BETWEEN 4500 AND 5500 THEN 'right' WHEN (plan #>> '{0,Plan,Plan Rows}')::int < 500 THEN 'much too few' END;
END $$;
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "00000000-0000-0000-0000-00000000000a"}');
SELECT audited.estimate();
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('wrapped_call_skewed');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "00000000-0000-0000-0000-00000000000a"}');
SELECT audited.estimate();
-- Where a text in the policy might look like the call, a person mends it
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE POLICY with_text ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) AND user_id <> 'x');
SELECT object, fix FROM test.findings('wrapped_call_skewed');
ROLLBACK;

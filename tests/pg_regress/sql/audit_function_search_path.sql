-- Rule function_search_path: names that the caller's path looks up.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
SET LOCAL check_function_bodies = off;
SET LOCAL search_path = audited;
CREATE TABLE audited.members (tenant_id text, user_id text);
CREATE FUNCTION audited.tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT tenant_id FROM members WHERE user_id = auth.user_id()';
CREATE FUNCTION audited.caller() RETURNS text LANGUAGE sql STABLE AS 'SELECT auth.user_id()';
CREATE PROCEDURE audited.nothing(x integer) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END';
CREATE TABLE audited.docs (id int, tenant_id text, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.docs USING (user_id = audited.caller() AND tenant_id IN (SELECT audited.tenants()));
GRANT SELECT ON audited.docs TO authenticated;
INSERT INTO audited.docs VALUES (1, 'theirs', 'ann');
-- (No mend where something would not be found any more, or a body not be written into the query any more.)
SELECT * FROM test.findings('function_search_path');
SELECT * FROM test.mend('function_search_path');
-- A caller's own table takes the place of the one that was meant
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
CREATE TEMPORARY TABLE members ON COMMIT DROP AS SELECT 'theirs' AS tenant_id, 'ann' AS user_id;
GRANT SELECT ON members TO PUBLIC;
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;
ALTER FUNCTION audited.tenants() SET search_path = audited, pg_temp;
CREATE OR REPLACE FUNCTION audited.caller() RETURNS text LANGUAGE sql STABLE RETURN auth.user_id();
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.findings('function_search_path');
-- Not meant: SECURITY INVOKER outside of policies, and bodies in which names were looked up when they were written
CREATE FUNCTION audited.invoker() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION audited.standard() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER RETURN (SELECT min(tenant_id) FROM audited.members);
SELECT * FROM test.findings('function_search_path');
CREATE POLICY more ON audited.docs FOR SELECT USING (id = audited.invoker());
SELECT object, fix FROM test.findings('function_search_path');
DROP POLICY more ON audited.docs;

-- A path of its own does not help where pg_temp is not the last on it: a caller's table is still the first to be found
ALTER FUNCTION audited.tenants() SET search_path = audited;
SELECT * FROM test.findings('function_search_path');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('function_search_path');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;
ALTER FUNCTION audited.tenants() SET search_path = pg_temp, audited;
SELECT object, detail, fix FROM test.findings('function_search_path');
-- A path that set_config() was given, unquoted, is not written into a statement
SELECT set_config('search_path', 'audited,x;select(1)', true);
CREATE OR REPLACE FUNCTION audited.tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS 'SELECT tenant_id FROM members WHERE user_id = auth.user_id()';
SET LOCAL search_path = audited;
SELECT object, detail, fix FROM test.findings('function_search_path');
ALTER FUNCTION audited.tenants() SET search_path = "x;y", audited;
SELECT object, detail, fix FROM test.findings('function_search_path');
-- Where the text names tables with their schema, or none, it does no harm
ALTER PROCEDURE audited.nothing(int) SET search_path = audited;
CREATE OR REPLACE FUNCTION audited.tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audited AS 'SELECT tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()';
SELECT object FROM test.findings('function_search_path');
ROLLBACK;

-- Rule schema_create: callers may make objects.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE "audited Dev";
CREATE ROLE else_owner;
CREATE SCHEMA audited_else AUTHORIZATION else_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
GRANT CREATE ON SCHEMA audited, audited_else TO table_owner;
SELECT * FROM test.findings('schema_create');
GRANT CREATE ON SCHEMA audited TO authenticated, "audited Dev";
GRANT CREATE ON SCHEMA audited_else TO PUBLIC;
GRANT CREATE ON SCHEMA auth TO authenticated;
SELECT * FROM test.findings('schema_create');
-- The owner's own right is none of these
SELECT object FROM tenancy.audit('{audited_else}') WHERE code = 'schema_create' ORDER BY 1;
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
CREATE FUNCTION audited.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
DROP FUNCTION audited.lower(text);
RESET ROLE;
SELECT test.mend('schema_create');
SELECT FROM test.caller('{"sub": "ann"}');
SELECT code, message FROM test.error('CREATE TABLE audited.t (id int)');
ROLLBACK;

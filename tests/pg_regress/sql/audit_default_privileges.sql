-- Rule default_privileges: tables that are open from the start.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE defaults_reporter;
CREATE ROLE defaults_staff;
SELECT tenancy.configure('staff_roles', 'defaults_staff');
GRANT CREATE, USAGE ON SCHEMA audited TO table_owner, authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA audited GRANT ALL ON TABLES TO authenticated, defaults_reporter;
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner GRANT SELECT ON TABLES TO PUBLIC;
SELECT * FROM test.findings('default_privileges');
SET LOCAL ROLE table_owner;
CREATE TABLE audited.before (id int, tenant_id text);
INSERT INTO audited.before VALUES (1, 'a');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "b"}');
SELECT count(*) FROM audited.before;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT test.mend('default_privileges');
CREATE TABLE audited.after (id int, tenant_id text);
RESET ROLE;
SELECT has_table_privilege('authenticated', 'audited.after', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');

-- To the owner and to staff; of sequences and functions; in schemas that are not looked at
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA audited GRANT ALL ON TABLES TO table_owner, defaults_staff;
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA audited GRANT USAGE ON SEQUENCES TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA test GRANT SELECT ON TABLES TO authenticated;
SELECT * FROM test.findings('default_privileges');
-- Where the schema is watched a new table is protected, or refused
ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA audited GRANT SELECT ON TABLES TO authenticated;
SELECT object FROM test.findings('default_privileges');
SELECT tenancy.watch('audited', 'refuse');
SELECT object FROM test.findings('default_privileges');
ALTER EVENT TRIGGER tenancy_watch DISABLE;
SELECT object FROM test.findings('default_privileges');
ROLLBACK;

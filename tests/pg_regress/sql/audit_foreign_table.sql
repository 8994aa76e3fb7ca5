-- Rule foreign_table: another server, which is asked as one user.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE FOREIGN DATA WRAPPER audited_wrapper;
CREATE SERVER "Audited" FOREIGN DATA WRAPPER audited_wrapper;
GRANT USAGE ON FOREIGN SERVER "Audited" TO table_owner;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE FOREIGN TABLE audited.far (id int, tenant_id text) SERVER "Audited";
CREATE FOREIGN TABLE audited.by_column (id int, tenant_id text) SERVER "Audited";
CREATE FOREIGN TABLE audited.unused (id int, tenant_id text) SERVER "Audited";
GRANT SELECT, INSERT ON audited.far TO authenticated, PUBLIC;
GRANT SELECT (id) ON audited.by_column TO anonymous;
SELECT * FROM test.findings('foreign_table');
-- Not meant: nobody may use it
REVOKE ALL ON audited.far FROM authenticated, PUBLIC;
SELECT object FROM test.findings('foreign_table');
RESET ROLE;
REVOKE USAGE ON SCHEMA audited FROM PUBLIC;
SELECT * FROM test.findings('foreign_table');
ROLLBACK;

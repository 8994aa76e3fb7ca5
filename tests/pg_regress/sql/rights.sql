-- native only
-- What ALTER DEFAULT PRIVILEGES gives is not given on the extension's own objects.
\pset format unaligned
\set ON_ERROR_STOP 0
SELECT current_database() AS db, current_user AS superuser \gset
CREATE ROLE rights_evil NOLOGIN;
CREATE DATABASE rights_test;
\connect rights_test
SET client_min_messages = warning;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO rights_evil;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC, rights_evil;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO rights_evil;
-- They act where nobody guards.
CREATE SCHEMA own;
CREATE TABLE own.t ();
SELECT has_schema_privilege('rights_evil', 'own', 'CREATE') AS schema, has_table_privilege('rights_evil', 'own.t', 'INSERT') AS table;
CREATE EXTENSION pg_tenancy;
SELECT nspname, has_schema_privilege('rights_evil', oid, 'USAGE') AS usage, has_schema_privilege('rights_evil', oid, 'CREATE') AS create
FROM pg_namespace WHERE nspname IN ('auth', 'tenancy') ORDER BY 1;
SET ROLE rights_evil;
CREATE FUNCTION auth.has_role(text) RETURNS boolean LANGUAGE sql RETURN true;
CREATE FUNCTION tenancy.setting(name) RETURNS text LANGUAGE sql RETURN 'x';
RESET ROLE;
-- What may be read by all is the settings; nobody but the administrator writes.
SELECT relname, string_agg(privilege, ',' ORDER BY privilege) AS privileges
FROM pg_class c CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r' AND has_table_privilege('rights_evil', c.oid, privilege)
GROUP BY relname ORDER BY 1;
SET ROLE rights_evil;
BEGIN;
LOCK TABLE tenancy.config IN ACCESS EXCLUSIVE MODE;
ROLLBACK;
SELECT tenancy.configure('mode', 'claims');
SELECT tenancy.define_role('viewer', '{*.*}');
SELECT tenancy.use_members('own.t', 'a', 'b');
RESET ROLE;
\connect :db
DROP DATABASE rights_test;
DROP ROLE rights_evil;

-- Rule claims_in_role_settings: sessions that begin as somebody.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE settings_login LOGIN IN ROLE authenticated;
CREATE ROLE "audited Job" LOGIN;
CREATE ROLE settings_staff;
CREATE ROLE audited_root SUPERUSER;
CREATE ROLE audited_dump BYPASSRLS;
SELECT tenancy.configure('staff_roles', 'settings_staff');
-- (The database has the name of the test's.)
CREATE VIEW audited_findings AS SELECT level, object, message, detail, replace(fix, format(' %I', current_database()), ' HERE') AS fix FROM test.findings('claims_in_role_settings');
-- The role of callers, other settings, those that are empty; a superuser's, and a dump's, which is to fail where it would be partial
ALTER ROLE settings_login SET role = 'authenticated';
ALTER ROLE settings_login SET statement_timeout = '5s';
ALTER ROLE settings_login SET request.jwt.claims = '';
ALTER ROLE settings_login SET row_security = on;
ALTER ROLE audited_root SET session_replication_role = replica;
ALTER ROLE audited_dump SET row_security = off;
TABLE audited_findings;

ALTER ROLE settings_login SET request.jwt.claims = '{"sub": "ann", "tenant_id": "a"}';
ALTER ROLE settings_login SET session_replication_role = replica;
ALTER ROLE ALL SET request.jwt.claims = '{}';
ALTER ROLE "audited Job" SET role = 'settings_staff';
ALTER ROLE "audited Job" SET "Request.JWT.claim.Sub" = 'ann';
DO $$ BEGIN
    EXECUTE format('ALTER ROLE "audited Job" IN DATABASE %I SET "request.jwt.claims" = %L', current_database(), '{}');
    EXECUTE format('ALTER DATABASE %I SET row_security = off', current_database());
END $$;
TABLE audited_findings;
-- A plain role sees it too
GRANT SELECT ON audited_findings TO table_owner;
SET LOCAL ROLE table_owner;
SELECT level, object FROM test.findings('claims_in_role_settings');
RESET ROLE;
SELECT test.mend('claims_in_role_settings');
SELECT setconfig FROM pg_db_role_setting WHERE setrole IN ('settings_login'::regrole, '"audited Job"'::regrole);
ROLLBACK;

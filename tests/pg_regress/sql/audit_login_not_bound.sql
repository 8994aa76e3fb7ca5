-- Rule login_not_bound: the login of an app that no policy holds. (What is said of other logins of the cluster is left out.)
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE audited_app LOGIN NOINHERIT;
CREATE ROLE audited_between NOLOGIN;
CREATE ROLE audited_staff NOLOGIN;
CREATE ROLE audited_maker LOGIN;
\set found 'SELECT level, object, detail, fix FROM test.findings(''login_not_bound'') WHERE object LIKE ''%audited%'' ORDER BY object;'

-- A bound login
GRANT authenticated TO audited_app;
:found
-- What it is
ALTER ROLE audited_app BYPASSRLS;
:found
SELECT test.mend('login_not_bound');
:found
-- What it may become, by way of another role
GRANT audited_between TO audited_app;
GRANT pg_read_server_files TO audited_between;
:found
REVOKE pg_read_server_files FROM audited_between;
:found
-- The owner of the tables is often the only login that there is
SET LOCAL client_min_messages = warning;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text NOT NULL);
SELECT count(*) > 0 FROM tenancy.protect('audited.docs');
RESET ROLE;
GRANT table_owner TO audited_between;
:found
SELECT tenancy.configure('app_logins', 'audited_app');
:found
REVOKE table_owner FROM audited_between;
SELECT tenancy.configure('app_logins', NULL);
-- Staff among themselves, or a way up for everybody
SELECT tenancy.configure('staff_roles', 'audited_staff');
GRANT audited_staff TO audited_app;
:found
SELECT tenancy.configure('app_logins', 'audited_app, audited_maker');
:found
REVOKE audited_staff FROM audited_app;
:found
-- A login that was not given these roles, and none that is named
ALTER ROLE audited_maker BYPASSRLS;
:found
SELECT tenancy.configure('app_logins', NULL);
:found
-- A member of a member; not one that cannot log in
GRANT authenticated TO audited_between;
GRANT audited_between TO audited_maker;
:found
ALTER ROLE audited_maker NOLOGIN;
:found
-- A superuser only if it was given them
ALTER ROLE audited_maker LOGIN SUPERUSER;
:found
REVOKE audited_between FROM audited_maker;
:found
-- Whoever makes a role may hand it on, which is no way for an app's sessions to take it
ALTER ROLE audited_maker NOSUPERUSER NOBYPASSRLS;
GRANT authenticated TO audited_maker WITH ADMIN OPTION;
SELECT count(*) FROM tenancy.audited_logins() WHERE name = 'audited_maker';
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE 'GRANT authenticated TO audited_maker WITH SET FALSE';
    ELSE
        REVOKE authenticated FROM audited_maker;
    END IF;
END $$;
SELECT count(*) FROM tenancy.audited_logins() WHERE name = 'audited_maker';
-- A login that the setting names and that is gone
CREATE ROLE audited_gone LOGIN;
SELECT tenancy.configure('app_logins', 'app, audited_gone');
SELECT level, object, detail FROM tenancy.audit() WHERE code = 'login_not_bound' AND object LIKE 'setting %';
DROP ROLE audited_gone;
SELECT level, object, message, detail FROM tenancy.audit() WHERE code = 'login_not_bound' AND object LIKE 'setting %';
ROLLBACK;

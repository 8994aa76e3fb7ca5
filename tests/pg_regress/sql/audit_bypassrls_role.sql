-- Rule bypassrls_role: a login that no policy binds, and that no app is known to use.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE audited_backup LOGIN BYPASSRLS;
CREATE ROLE audited_group NOLOGIN BYPASSRLS;
CREATE ROLE audited_root LOGIN SUPERUSER BYPASSRLS;
CREATE ROLE audited_plain LOGIN;
\set found 'SELECT level, object, detail FROM test.findings(''bypassrls_role'') WHERE object LIKE ''%audited%'' ORDER BY object;'
:found
-- That of an app is for login_not_bound
GRANT authenticated TO audited_backup;
:found
REVOKE authenticated FROM audited_backup;
ALTER ROLE audited_backup NOBYPASSRLS;
:found
ROLLBACK;

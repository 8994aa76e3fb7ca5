-- configure() and status()
\pset format unaligned
\pset null NULL
-- (Modes, and what goes with them, and members are the native edition's: modes.sql, members.sql.)
SELECT * FROM tenancy.status() WHERE setting NOT IN ('mode', 'gateway_roles', 'audit_log', 'members', 'require_membership') ORDER BY setting;
\pset tuples_only on
-- Changed, changed again, given back
SELECT FROM tenancy.configure('tenant_column', 'org_id');
SELECT FROM tenancy.configure('tenant_column', 'Org "Id"');
SELECT setting, value, changed FROM tenancy.status() WHERE changed;
SELECT FROM tenancy.configure('tenant_column', NULL);
SELECT FROM tenancy.configure('tenant_column', NULL);
SELECT count(*) FROM tenancy.status() WHERE changed;
SELECT tenancy.setting('tenant_column'), tenancy.setting('no such'), tenancy.setting(NULL);
-- Setting what is the default already is a change: it stays when the default does not.
SELECT FROM tenancy.configure('mode', 'claims');
SELECT setting, value, changed FROM tenancy.status() WHERE changed;
SELECT FROM tenancy.configure('mode', NULL);

-- staff_roles: a list
CREATE ROLE s_one;
CREATE ROLE "s, two";
CREATE ROLE "s Three's";
SELECT tenancy.staff_roles();
SELECT FROM tenancy.configure('staff_roles', ' s_one,s Three''s ');
SELECT tenancy.staff_roles();
SELECT FROM tenancy.configure('staff_roles', '');
SELECT tenancy.staff_roles();
SELECT FROM tenancy.configure('staff_roles', NULL);

-- Errors, each with nothing changed
SELECT code, message FROM test.error($$SELECT tenancy.configure('no such', 'x')$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure('no such', NULL)$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure(NULL, 'x')$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure('Mode', 'claims')$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure('mode', 'trust me')$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure('mode', '')$$);
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 's_one, s_missing')$$);
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 's, two')$$);
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 's_one,')$$);
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', '"s_one"')$$);
-- Callers are no staff, by whatever way they would be.
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 'authenticated')$$);
BEGIN;
GRANT s_one TO authenticated;
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 's_one')$$);
ROLLBACK;
SELECT * FROM test.error($$SELECT tenancy.configure('authenticated', ' ')$$);
SELECT * FROM test.error($$SELECT tenancy.configure('anonymous', repeat('x', 64))$$);
SELECT * FROM test.error($$SELECT tenancy.configure('tenant_column', '')$$);
SELECT count(*) FROM tenancy.status() WHERE changed;

-- Everybody may read the settings, only the administrator may change them.
SET ROLE s_one;
SELECT count(*) > 0 FROM tenancy.status();
SELECT * FROM test.error($$SELECT tenancy.configure('tenant_column', 'org_id')$$);
SELECT code FROM test.error($$INSERT INTO tenancy.config VALUES ('tenant_column', 'org_id')$$);
SELECT code FROM test.error($$UPDATE tenancy.config SET value = 'x'$$);
SELECT code FROM test.error($$DELETE FROM tenancy.config$$);
SELECT code FROM test.error($$TRUNCATE tenancy.config$$);
RESET ROLE;

-- A rollback takes a change back.
BEGIN;
SELECT FROM tenancy.configure('tenant_column', 'org_id');
SELECT tenancy.setting('tenant_column');
ROLLBACK;
SELECT tenancy.setting('tenant_column');

-- protect() takes the column that is set.
BEGIN;
CREATE TABLE s_table (org_id uuid NOT NULL);
SELECT FROM tenancy.configure('tenant_column', 'org_id');
SET LOCAL client_min_messages = warning;
SELECT s FROM tenancy.protect('s_table') s WHERE s ~ 'DEFAULT';
-- Policies keep the names they were written with until it runs again; then they follow.
SELECT FROM tenancy.configure('authenticated', 's_one');
SELECT regexp_replace(s, ' USING.*| WITH CHECK.*', ' …') FROM tenancy.protect('s_table') s;
SELECT * FROM tenancy.protect('s_table');
ROLLBACK;

DROP ROLE s_one, "s, two", "s Three's";

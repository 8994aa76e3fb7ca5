-- bootstrap_roles(): the database roles. Roles belong to the whole server, so this test names its own.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
SELECT FROM tenancy.configure('authenticated', 'r Authenticated''s "');
SELECT FROM tenancy.configure('anonymous', 'r_anonymous');

SELECT * FROM tenancy.bootstrap_roles();
SELECT * FROM tenancy.bootstrap_roles('r App''s "');
-- All there: nothing to do.
SELECT * FROM tenancy.bootstrap_roles();
SELECT * FROM tenancy.bootstrap_roles('r App''s "');
SELECT rolname, rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
FROM pg_roles WHERE rolname ~ '^r[ _]' ORDER BY 1;
SELECT rolname, pg_has_role('r App''s "', oid, 'MEMBER') AS may_become, pg_has_role('r App''s "', oid, 'USAGE') AS has_its_rights
FROM pg_roles WHERE rolname ~ '^r Auth|^r_a' ORDER BY 1;

-- What has drifted is mended: a login that inherits, or none, or lost its membership.
ALTER ROLE "r App's """ NOLOGIN INHERIT;
REVOKE r_anonymous FROM "r App's """;
SELECT * FROM tenancy.bootstrap_roles('r App''s "');
SELECT * FROM tenancy.bootstrap_roles('r App''s "');

-- A role that row security does not bind is refused, and nothing is made.
CREATE ROLE r_super SUPERUSER;
CREATE ROLE r_bypass BYPASSRLS;
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('r_super')$$);
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('r_bypass')$$);
ALTER ROLE r_anonymous BYPASSRLS;
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('r_new')$$);
SELECT count(*) FROM pg_roles WHERE rolname = 'r_new';
ALTER ROLE r_anonymous NOBYPASSRLS;
-- Nor one that may become such a role.
CREATE ROLE r_group NOLOGIN;
CREATE ROLE r_member LOGIN;
GRANT r_bypass TO r_group;
GRANT r_group TO r_member;
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('r_member')$$);

-- Names that cannot be
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('')$$);
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('public')$$);
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('pg_mine')$$);
SELECT * FROM test.error($$SELECT tenancy.bootstrap_roles('r_anonymous')$$);

-- CREATEROLE is enough; without it the refusal is Postgres' own.
DROP ROLE "r App's """, "r Authenticated's """, r_anonymous;
CREATE ROLE r_creator CREATEROLE;
CREATE ROLE r_nobody;
SET SESSION AUTHORIZATION r_nobody;
SELECT code FROM test.error($$SELECT tenancy.bootstrap_roles('r_app')$$);
SET SESSION AUTHORIZATION r_creator;
SELECT * FROM tenancy.bootstrap_roles('r_app');
SELECT * FROM tenancy.bootstrap_roles('r_app');
RESET SESSION AUTHORIZATION;
-- The new login takes its role, and loses it again.
SET SESSION AUTHORIZATION r_app;
SET ROLE "r Authenticated's """;
SELECT current_user;
RESET ROLE;
SELECT current_user, pg_has_role('r Authenticated''s "', 'USAGE') AS has_its_rights;
RESET SESSION AUTHORIZATION;

SELECT FROM tenancy.configure('authenticated', NULL);
SELECT FROM tenancy.configure('anonymous', NULL);
DROP ROLE r_app, "r Authenticated's """, r_anonymous, r_super, r_bypass, r_nobody, r_group, r_member;
DROP ROLE r_creator;

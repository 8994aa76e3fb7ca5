-- native only
-- CREATE EXTENSION and DROP EXTENSION: by whom, over what was there before, and what becomes of users' tables. In a database
-- of its own.
\pset format unaligned
\pset tuples_only on
\pset null NULL
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE install_owner LOGIN;
CREATE ROLE "Install; 'third'" LOGIN;
CREATE DATABASE install_test OWNER install_owner TEMPLATE template0;

-- A role that may not create in the database may not install.
\connect install_test "Install; 'third'"
CREATE EXTENSION pg_tenancy;

-- A plain owner of the database, who is no superuser, installs it.
\connect install_test install_owner
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
-- Whose is what: all of it is the bootstrap superuser's, so that nobody else can have it run their code
-- (role 10). And nothing runs with its owner's rights.
CREATE FUNCTION pg_temp.owners() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s: %s', what, CASE owner WHEN 10 THEN 'the bootstrap superuser' ELSE pg_get_userbyid(owner) END)
    FROM (
        SELECT 'function in ' || lanname || CASE WHEN prosecdef THEN ' SECURITY DEFINER' ELSE '' END, proowner FROM pg_proc p JOIN pg_language l ON l.oid = prolang
        WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace)
        UNION ALL SELECT 'relation ' || relkind::text, relowner FROM pg_class
        WHERE relnamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND relkind <> 'i'
        UNION ALL SELECT 'schema', nspowner FROM pg_namespace WHERE nspname IN ('auth', 'tenancy')
    ) AS o (what, owner) GROUP BY 1, o.what, o.owner ORDER BY 1 $$;
SELECT pg_temp.owners();
-- Who installed it is the administrator, and cannot put anything beside it.
SELECT FROM tenancy.configure('tenant_column', 'org_id');
SELECT setting, value FROM tenancy.status() WHERE changed;
CREATE FUNCTION tenancy.mine() RETURNS int LANGUAGE sql RETURN 1;
CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql RETURN 1;

-- DROP EXTENSION says what depends on it, and does nothing.
CREATE TABLE docs (org_id uuid NOT NULL, title text);
SELECT count(*) > 0 AS protected FROM tenancy.protect('docs');
DROP EXTENSION pg_tenancy;
SELECT count(*) FROM pg_policy WHERE polrelid = 'docs'::regclass;
-- With CASCADE the tables and their rows stay, and stay closed: row security is on, and what allowed callers anything is gone.
INSERT INTO docs VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'kept');
ALTER TABLE docs NO FORCE ROW LEVEL SECURITY;
INSERT INTO docs VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'kept');
ALTER TABLE docs FORCE ROW LEVEL SECURITY;
DROP EXTENSION pg_tenancy CASCADE;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'docs'::regclass;
SELECT polname, polpermissive FROM pg_policy WHERE polrelid = 'docs'::regclass;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'docs'::regclass;
SELECT count(*) AS owner_sees FROM docs;
\connect - :superuser
SET client_min_messages = warning;
SELECT * FROM docs;
SET ROLE authenticated;
SELECT count(*) AS caller_sees FROM docs;
RESET ROLE;
SELECT nspname FROM pg_namespace WHERE nspname IN ('auth', 'tenancy');
-- Installed again it finds its tables, and protect() puts right what is missing.
SET ROLE install_owner;
CREATE EXTENSION pg_tenancy;
SELECT regexp_replace(s, ' USING.*| WITH CHECK.*', ' …') FROM tenancy.protect('docs', tenant_column => 'org_id') s;
DROP EXTENSION pg_tenancy CASCADE;
DROP TABLE docs;
RESET ROLE;

-- By a superuser: all of it is theirs.
CREATE EXTENSION pg_tenancy;
SELECT count(*) = 0 AS all_a_superusers FROM pg_proc WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace)
    AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = proowner);
DROP EXTENSION pg_tenancy;
-- There is one schema for each thing: none can be chosen.
CREATE EXTENSION pg_tenancy SCHEMA public;

-- Schema tenancy is taken: by a role, by an extension.
CREATE FUNCTION pg_temp.try(prepare text, installer text DEFAULT 'install_owner') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    BEGIN
        EXECUTE prepare;
        EXECUTE format('SET LOCAL ROLE %I', installer);
        CREATE EXTENSION pg_tenancy;
        outcome := 'installed; auth belongs to ' || (SELECT CASE WHEN rolsuper THEN 'a superuser' ELSE rolname END
            FROM pg_namespace JOIN pg_roles r ON r.oid = nspowner WHERE nspname = 'auth')
            || ', is a part of the extension: ' || EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass
                AND objid = 'auth'::regnamespace AND deptype = 'e');
        RAISE EXCEPTION USING ERRCODE = 'UNDO1', MESSAGE = outcome;
    EXCEPTION
        WHEN SQLSTATE 'UNDO1' THEN RETURN SQLERRM;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS outcome = PG_EXCEPTION_DETAIL;
            RETURN concat_ws('|', SQLSTATE, SQLERRM, NULLIF(outcome, ''));
    END;
END $$;
SELECT pg_temp.try('');
SELECT pg_temp.try('CREATE SCHEMA tenancy');
SELECT pg_temp.try('CREATE SCHEMA tenancy AUTHORIZATION install_owner');
SELECT pg_temp.try('CREATE SCHEMA tenancy; ALTER EXTENSION plpgsql ADD SCHEMA tenancy');
-- Schema auth is there already: it is used if nobody but the installer or a superuser can put anything into it.
SELECT pg_temp.try('CREATE SCHEMA auth AUTHORIZATION install_owner');
SELECT pg_temp.try('CREATE SCHEMA auth');
SELECT pg_temp.try('CREATE SCHEMA auth; GRANT USAGE ON SCHEMA auth TO PUBLIC; GRANT CREATE ON SCHEMA auth TO install_owner');
SELECT pg_temp.try('CREATE SCHEMA auth AUTHORIZATION install_owner', :'superuser');
SELECT pg_temp.try('CREATE SCHEMA auth AUTHORIZATION "Install; ''third''"');
SELECT pg_temp.try('CREATE SCHEMA auth AUTHORIZATION "Install; ''third''"', :'superuser');
SELECT pg_temp.try('CREATE SCHEMA auth; GRANT CREATE ON SCHEMA auth TO PUBLIC');
SELECT pg_temp.try('CREATE SCHEMA auth AUTHORIZATION install_owner; GRANT CREATE ON SCHEMA auth TO PUBLIC, "Install; ''third''"');
SELECT pg_temp.try('CREATE SCHEMA auth; ALTER EXTENSION plpgsql ADD SCHEMA auth');
-- Functions of our names are refused, whatever their arguments; others stay.
SELECT pg_temp.try('CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql RETURN NULL::uuid; CREATE FUNCTION auth.claim(text) RETURNS jsonb LANGUAGE sql RETURN NULL::jsonb');
SELECT pg_temp.try('CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql RETURN NULL::uuid; ALTER EXTENSION plpgsql ADD FUNCTION auth.uid()');
SELECT pg_temp.try('CREATE SCHEMA auth; CREATE FUNCTION auth.other() RETURNS uuid LANGUAGE sql RETURN NULL::uuid; CREATE TABLE auth.users (id int)');
-- What the hints say helps.
CREATE SCHEMA auth AUTHORIZATION "Install; 'third'";
GRANT CREATE ON SCHEMA auth TO PUBLIC;
SET ROLE install_owner;
CREATE EXTENSION pg_tenancy;
RESET ROLE;
ALTER SCHEMA auth OWNER TO install_owner;
SET ROLE install_owner;
CREATE EXTENSION pg_tenancy;
REVOKE CREATE ON SCHEMA auth FROM PUBLIC;
CREATE TABLE auth.users (id int);
CREATE EXTENSION pg_tenancy;
-- The installer can neither put functions beside ours now, nor another schema in the place of this one.
CREATE FUNCTION auth.has_role(text) RETURNS boolean LANGUAGE sql RETURN true;
ALTER SCHEMA auth RENAME TO elsewhere;
-- A schema auth that was there before outlives the extension.
DROP EXTENSION pg_tenancy;
SELECT relname FROM pg_class WHERE relnamespace = 'auth'::regnamespace;

RESET ROLE;
\connect :home :superuser
DROP DATABASE install_test;
DROP ROLE install_owner, "Install; 'third'";

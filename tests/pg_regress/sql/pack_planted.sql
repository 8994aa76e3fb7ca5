-- native only
-- Both packs, where whoever likes may CREATE in a schema on the administrator's search_path (as in Postgres 14, or by a
-- GRANT): what is planted there is neither called as they are run, nor by what they leave.
\pset format unaligned
\pset null NULL
\pset footer off
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE planted_owner LOGIN CREATEROLE;
CREATE DATABASE pack_planted OWNER planted_owner TEMPLATE template0;
\set members `cat "$REPO/packs/members.sql"`
\set clinic `cat "$REPO/packs/clinic.sql"`
\connect pack_planted :superuser
GRANT CREATE ON SCHEMA public TO PUBLIC;
-- What others' objects depend on the functions and operators in public, once these are planted.
CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO PUBLIC;
CREATE VIEW test.kept AS WITH planted AS (SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT oid FROM pg_operator WHERE oprnamespace = 'public'::regnamespace)
    SELECT pg_describe_object(classid, objid, objsubid) AS kept FROM pg_depend WHERE refobjid IN (SELECT oid FROM planted) AND objid NOT IN (SELECT oid FROM planted);
GRANT SELECT ON test.kept TO PUBLIC;
\connect - planted_owner
CREATE EXTENSION pg_tenancy;
\connect - app
SET client_min_messages = warning;
-- Each says that it was called, and by whose right.
CREATE FUNCTION public.caught(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING 'planted % was called as %', what, current_user;
END $$;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT * FROM (VALUES ('cardinality', 'text[]', 'int'), ('array_ndims', 'text[]', 'int'), ('unnest', 'text[]', 'SETOF text'),
        ('array_position', 'text[], text', 'int'), ('format', 'text', 'text'), ('format', 'text, text', 'text'), ('format', 'text, name', 'text'),
        ('format', 'text, regrole', 'text'), ('format', 'text, text, text', 'text'), ('format', 'text, name, text', 'text'),
        ('concat_ws', 'text, text, text, text', 'text'), ('lower', 'text', 'text'), ('btrim', 'text', 'text'), ('"left"', 'text, int', 'text'),
        ('length', 'text', 'int'), ('now', '', 'timestamptz'), ('clock_timestamp', '', 'timestamptz'), ('gen_random_uuid', '', 'uuid'),
        ('current_setting', 'text', 'text'), ('set_config', 'text, text, boolean', 'text'), ('to_regnamespace', 'text', 'regnamespace'),
        ('same', 'text, text', 'boolean'), ('same', 'uuid, uuid', 'boolean'), ('same', 'oid, regrole', 'boolean'), ('same', 'name, name', 'boolean'),
        ('same', 'text[], text[]', 'boolean')) AS v (name, arguments, result) LOOP
        EXECUTE format('CREATE FUNCTION public.%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.caught(%L); RETURN %s; END $f$',
            f.name, f.arguments, f.result, format('%s(%s)', f.name, f.arguments), CASE WHEN f.result NOT LIKE 'SETOF%' THEN 'NULL' END);
    END LOOP;
END $$;
CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR public.<> (FUNCTION = public.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = name, RIGHTARG = name);
CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = oid, RIGHTARG = regrole);
CREATE OPERATOR public.<@ (FUNCTION = public.same, LEFTARG = text[], RIGHTARG = text[]);

-- The traps are set: one for the path that everybody has, the other for one that names public first.
\connect - planted_owner
SET client_min_messages = warning;
SELECT cardinality('{a}'::text[]);
SET search_path = public, pg_catalog;
SELECT lower('A'::text);
-- Outside a transaction, and by somebody else, the packs refuse. Where psql goes on after errors nothing of them is
-- there, and no trap was sprung on the way.
\! for pack in members clinic; do PGOPTIONS='-c search_path=public,pg_catalog' psql -X -q -d pack_planted -U planted_owner -f "$REPO/packs/$pack.sql" 2>&1 | sed -n 's/.*\(ERROR:  this must\|planted\)/\1/p'; done
\! for pack in members clinic; do psql -X -q -1 -d pack_planted -U postgres -f "$REPO/packs/$pack.sql" 2>&1 | grep -A 1 -e 'ERROR:  only' | sed 's/.*ERROR/ERROR/'; done
SELECT pg_catalog.array_agg(nspname) AS made FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) ANY (ARRAY['members', 'clinic']::name[]);
-- In one no trap is sprung, and the path is afterwards what it was: first with the path that names public first.
\o /dev/null
BEGIN;
:members
\o
SHOW search_path;
TABLE test.kept;
ROLLBACK;
\o /dev/null
BEGIN;
:clinic
\o
SHOW search_path;
TABLE test.kept;
ROLLBACK;
-- Then with the path that everybody has; and what is there is used, by the app and by hand, with the other.
RESET search_path;
\o /dev/null
BEGIN;
:members
\o
SHOW search_path;
TABLE test.kept;
COMMIT;
SET search_path = public, pg_catalog;
SELECT members.are_roles('{owner}'), members.are_roles('{{owner}}');
\connect - app
SET client_min_messages = warning;
SET search_path = public, pg_catalog;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "ann", "email": "ann@example.com"}');
SELECT members.sign_in() IS NOT NULL AS tenant;
SELECT members.invite('bob@example.com', '{member}') AS secret \gset
SELECT FROM auth.set_claims('{"sub": "bob", "email": "bob@example.com"}');
SELECT members.accept_invitation(:'secret') IS NOT NULL AS accepted;
SELECT user_id, roles FROM members.member ORDER BY since;
SELECT FROM members.leave();
COMMIT;
\connect - planted_owner
SET client_min_messages = warning;
UPDATE members.member SET roles = '{admin,owner}';
SELECT FROM tenancy.drop_members();
\o /dev/null
BEGIN;
:clinic
\o
SHOW search_path;
TABLE test.kept;
COMMIT;
SET search_path = public, pg_catalog;
INSERT INTO clinic.clinics VALUES ('aaaaaaaa-0000-4000-8000-000000000000', 'A');
SELECT clinic.sync_user('1', 1, 'ann', 'ann@example.com', 'Ann'), clinic.sync_subscription('1', 1, 'aaaaaaaa-0000-4000-8000-000000000000', '{crm,marketing}');
UPDATE clinic.users SET role = 'clinica_owner', clinic_id = 'aaaaaaaa-0000-4000-8000-000000000000';
\connect - app
SET client_min_messages = warning;
SET search_path = public, pg_catalog;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "ann"}');
INSERT INTO clinic.campaigns (name) VALUES ('x') RETURNING name;
SELECT role, entitlements FROM clinic.me;
COMMIT;

\connect :home :superuser
DROP DATABASE pack_planted;
DROP ROLE planted_owner, clinic_admin, clinic_mentor, clinic_webhook;

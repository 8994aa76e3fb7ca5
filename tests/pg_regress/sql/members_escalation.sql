-- native only
-- A table of members is somebody's: of a database's plain owner, who would be superuser, or of a role that would read what the
-- administrator may not. Reading it must run nobody's code, and show nobody more than they are given. Then a caller tries to
-- belong where they do not.
\pset format unaligned
\pset tuples_only on
\pset null NULL
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE mesc_owner LOGIN;
CREATE ROLE mesc_tables LOGIN;
CREATE ROLE mesc_plain LOGIN;
CREATE DATABASE mesc_test OWNER mesc_owner TEMPLATE template0;
\connect mesc_test mesc_owner
SET client_min_messages = warning;
-- Every trap below is sprung by running: it counts, which no rollback takes back, and makes the owner superuser if it can.
CREATE SEQUENCE public.sprung;
GRANT ALL ON SEQUENCE public.sprung TO PUBLIC;
CREATE FUNCTION public.payload() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.nextval('public.sprung');
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE mesc_owner SUPERUSER;
    END IF;
    RETURN true;
END $$;
-- A schema auth that was theirs before: with functions that would be called in the place of ours it is not taken; others may be there.
CREATE SCHEMA auth;
CREATE FUNCTION auth.has_role(text) RETURNS boolean LANGUAGE sql AS 'SELECT public.payload()';
CREATE EXTENSION pg_tenancy;
DROP FUNCTION auth.has_role(text);
CREATE FUNCTION auth.unnest(text[]) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE FUNCTION auth.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE FUNCTION auth.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE FUNCTION auth.setting(name) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE EXTENSION pg_tenancy;
CREATE FUNCTION public.traps() RETURNS text LANGUAGE sql RETURN
    (SELECT 'sprung: ' || is_called FROM public.sprung) || ', superuser: ' || (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'mesc_owner');
CREATE FUNCTION public.reset_traps() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT setval('public.sprung', 1, false); END;
CREATE FUNCTION public.payload_text(value text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM public.payload(); RETURN $1; END';
CREATE FUNCTION public.payload_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.payload(); RETURN NEW; END';
CREATE FUNCTION public.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
-- What a caller by claims is told.
CREATE FUNCTION public.standing(claims text, OUT tenant text, OUT tenants text[], OUT roles text[], OUT permissions text[], OUT problem text)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.set_config('request.jwt.claims', claims, true);
    tenant := auth.tenant_id();
    tenants := auth.tenant_ids();
    roles := auth.roles();
    permissions := auth.permissions();
    problem := tenancy.tenant_problem();
END $$;
-- A superuser who is fool enough springs it.
\connect - :superuser
BEGIN;
SELECT public.payload_text('x'), public.traps();
ROLLBACK;
SELECT public.reset_traps(), public.traps();

-- What is no table of rows that lie there, or not the administrator's to read, is not taken.
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nothing FOREIGN DATA WRAPPER nothing;
GRANT USAGE ON FOREIGN SERVER nothing TO mesc_owner;
CREATE TABLE public.secret (user_id text PRIMARY KEY, tenant_id text, role text);
INSERT INTO public.secret VALUES ('ann', 'secret', 'owner');
REVOKE ALL ON public.secret FROM PUBLIC;
\connect - mesc_owner
SET client_min_messages = error;
CREATE TABLE public.member (user_id text PRIMARY KEY, tenant_id text, role text, day date);
INSERT INTO public.member VALUES ('ann', 'a', 'viewer'), ('bob', 'b', 'owner');
CREATE VIEW public.a_view AS SELECT public.payload_text(user_id) AS user_id, tenant_id, role FROM public.member;
CREATE MATERIALIZED VIEW public.a_matview AS SELECT user_id, tenant_id, role FROM public.member WITH NO DATA;
CREATE FOREIGN TABLE public.a_foreign (user_id text, tenant_id text, role text) SERVER nothing;
CREATE TEMP TABLE a_temp (user_id text, tenant_id text, role text);
CREATE TABLE public.foreign_child (user_id text, tenant_id text, role text) PARTITION BY LIST (tenant_id);
CREATE FOREIGN TABLE public.a_foreign_child PARTITION OF public.foreign_child DEFAULT SERVER nothing;
CREATE TYPE public.a_composite AS (user_id text, tenant_id text, role text);
CREATE UNIQUE INDEX member_named ON public.member (user_id, tenant_id, role);
SELECT name, public.attempt(format('SELECT tenancy.use_members(%L, ''user_id'', ''tenant_id'', ''role'')', name))
FROM unnest('{a_view,a_matview,a_foreign,a_temp,foreign_child,a_composite,member_named,sprung,secret,nowhere}'::text[]) AS name;
SELECT name, public.attempt(format('SELECT tenancy.use_members(%L, %L, %L)', name, u, t)) FROM (VALUES ('pg_authid', 'rolpassword', 'rolpassword'),
    ('pg_user_mapping', 'umuser', 'umserver'), ('pg_catalog.pg_description', 'description', 'description'), ('information_schema.sql_features', 'feature_id', 'feature_name'),
    ('tenancy.config', 'setting', 'value'), ('tenancy.member_source', 'user_column', 'tenant_column')) AS v (name, u, t);
SELECT 'users', name, public.attempt(format('SELECT tenancy.use_members(''member'', ''user_id'', ''tenant_id'', users => %L, subject_column => ''user_id'')', name))
FROM unnest('{a_view,a_matview,a_foreign,a_temp,secret,pg_authid}'::text[]) AS name;
-- Types whose values would be shown by somebody's function, or mean more than they say
CREATE TYPE public.a_range AS RANGE (subtype = text);
CREATE DOMAIN public.a_domain AS text CHECK (public.payload_text(VALUE) IS NOT NULL);
CREATE TABLE public.typed (a_range public.a_range, a_composite public.a_composite, domains public.a_domain[], a_name name, a_char char(3), bytes bytea, json json, number numeric,
    "float" float8, day date, list text[], user_id text, tenant_id text);
SELECT attname, public.attempt(format('SELECT tenancy.use_members(''typed'', %L, ''tenant_id'')', attname)) AS user_column,
    public.attempt(format('SELECT tenancy.use_members(''typed'', ''user_id'', %L)', attname)) AS tenant_column,
    public.attempt(format('SELECT tenancy.use_members(''typed'', ''user_id'', ''tenant_id'', %L)', attname)) AS role_column
FROM pg_attribute WHERE attrelid = 'public.typed'::regclass AND attnum BETWEEN 1 AND 11 ORDER BY attnum;
SELECT name, public.attempt(format('SELECT tenancy.use_members(''member'', %L, ''tenant_id'')', name)) FROM unnest('{ctid,xmin,tableoid,nowhere,""}'::text[]) AS name;
-- The administrator's rows in tenancy.member_source are theirs to write, unchecked: they give them nothing, and nobody a tenant.
SELECT tenancy.drop_members();
INSERT INTO tenancy.config VALUES ('members', 'by hand');
CREATE FUNCTION public.by_hand(relation regclass, user_column name, tenant_column name, role_column name) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tenancy.member_source;
    INSERT INTO tenancy.member_source (source, user_column, tenant_column, role_column) VALUES (relation, user_column, tenant_column, role_column);
    RETURN (SELECT concat_ws(' ', tenant, tenants, roles, problem) FROM public.standing('{"sub": "ann", "tenant_id": "a"}'));
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT name, public.by_hand(name::regclass, 'user_id', 'tenant_id', 'role') FROM unnest('{member,a_view,a_matview,a_foreign,foreign_child,member_named,sprung,secret}'::text[]) AS name;
SELECT public.by_hand('pg_authid', 'rolpassword', 'rolpassword', NULL), public.by_hand('member', 'ctid', 'tenant_id', NULL), public.by_hand('typed', 'user_id', 'tenant_id', 'a_composite'),
    public.by_hand(0, 'user_id', 'tenant_id', NULL);
SELECT public.attempt('INSERT INTO tenancy.member_source (source, user_column, tenant_column) VALUES (''member'', ''user_id'', ''tenant_id'')');
SELECT tenancy.drop_members();
SELECT public.traps();

-- A table with every trap that an owner can set: it is taken, its rows count, and nothing of it runs, for a superuser either.
CREATE TABLE public.trapped (raw text, user_id public.a_domain, tenant_id text GENERATED ALWAYS AS (public.payload_text(raw)) STORED,
    role public.a_domain DEFAULT public.payload_text('viewer'), active boolean DEFAULT public.payload(), CHECK (public.payload_text(raw) IS NOT NULL));
CREATE INDEX ON public.trapped (public.payload_text(user_id));
CREATE INDEX ON public.trapped (user_id) WHERE public.payload_text(raw) IS NOT NULL;
CREATE TABLE public.trapped_people (id int PRIMARY KEY, sub public.a_domain UNIQUE);
CREATE TABLE public.of_people (person int REFERENCES public.trapped_people, tenant_id text);
CREATE INDEX ON public.of_people (person);
INSERT INTO public.trapped (raw, user_id) VALUES ('a', 'ann'), ('b', 'bob');
INSERT INTO public.trapped_people VALUES (1, 'bob'), (2, 'ann');
INSERT INTO public.of_people VALUES (2, 'a'), (1, 'b');
CREATE POLICY trap ON public.trapped_people USING (public.payload());
ALTER TABLE public.trapped_people ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TRIGGER trap BEFORE INSERT OR UPDATE OR DELETE ON public.trapped FOR EACH ROW EXECUTE FUNCTION public.payload_trigger();
CREATE RULE trap AS ON UPDATE TO public.trapped DO ALSO SELECT public.payload();
CREATE POLICY trap ON public.trapped USING (public.payload());
ALTER TABLE public.trapped ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE STATISTICS public.trapped_stats ON (public.payload_text(raw)), user_id FROM public.trapped;
SELECT public.traps();
SELECT public.reset_traps();
SELECT tenancy.use_members('of_people', 'person', 'tenant_id', users => 'trapped_people', subject_column => 'sub');
SELECT * FROM public.standing('{"sub": "ann"}');
SELECT tenancy.use_members('trapped', 'user_id', 'tenant_id', 'role', 'active');
SELECT * FROM public.standing('{"sub": "ann"}');
SELECT public.traps();

-- Functions and operators of theirs, in better-fitting form, wherever a search_path could find them.
CREATE SCHEMA evil;
DO $$
DECLARE
    schema text;
    call text;
BEGIN
    PERFORM set_config('search_path', 'pg_catalog', true);
    FOREACH schema IN ARRAY '{public,evil}'::text[] LOOP
        FOREACH call IN ARRAY ARRAY['has_role(text)', 'has_permission(text)', 'require_role(text)', 'require_permission(text)', 'use_tenant(varchar)', 'claim(text)', 'claim_text(text)',
            'unnest(text[])', 'set_config(text, text, boolean)', 'jsonb_typeof(jsonb)', 'jsonb_build_object(text, text, text, text, text, text)', 'format(text, text)', 'format(text, name)',
            'format(text, text, text)', 'array_to_string(text[], text)', 'array_to_string(text[], text, text)', 'concat_ws(text, text, text)', 'setting(name)', 'choose(varchar)',
            'regexp_replace(text, text, text)', 'lower(text)', 'to_regclass(text)', 'has_rights_of(text[])', 'tenant_problem()', 'in_transaction_block()', 'uid(text)', 'unnest(regclass)'] LOOP
            EXECUTE format('CREATE FUNCTION %I.%s RETURNS text LANGUAGE plpgsql AS ''BEGIN PERFORM public.payload(); RETURN NULL; END''', schema, call);
        END LOOP;
        EXECUTE format('CREATE FUNCTION %I.trap(text, text) RETURNS boolean LANGUAGE sql AS ''SELECT public.payload()''', schema);
        EXECUTE format('CREATE FUNCTION %I.trap(uuid, uuid) RETURNS boolean LANGUAGE sql AS ''SELECT public.payload()''', schema);
        EXECUTE format('CREATE FUNCTION %I.trap(name, text) RETURNS boolean LANGUAGE sql AS ''SELECT public.payload()''', schema);
        FOREACH call IN ARRAY '{=,<>,||,~}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.trap, LEFTARG = text, RIGHTARG = text)', schema, call, schema);
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.trap, LEFTARG = uuid, RIGHTARG = uuid)', schema, call, schema);
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.trap, LEFTARG = name, RIGHTARG = text)', schema, call, schema);
        END LOOP;
        EXECUTE format('CREATE VIEW %I.member_source AS SELECT public.payload()', schema);
        EXECUTE format('CREATE VIEW %I.role_definition AS SELECT public.payload()', schema);
    END LOOP;
    CREATE CAST (public.a_composite AS jsonb) WITH INOUT;
END $$;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
-- (Or this test would spring them itself.)
ALTER DATABASE mesc_test SET search_path = pg_catalog;
SELECT count(*) > 50 FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'evil'::regnamespace, 'auth'::regnamespace) AND prosrc LIKE '%payload()%';
SELECT public.traps();
-- All that callers and administrators call, as they would, once with each search_path.
CREATE FUNCTION public.everything(path text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text := '';
    call text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', path, false);
    FOREACH call IN ARRAY ARRAY[
        'SELECT auth.set_claims(''{"sub": "ann", "tenant_id": "a", "roles": ["owner"]}'')', 'SELECT auth.set_claims(''{"sub": "ann"}'', ''a'')', 'SELECT auth.set_claims(''{"sub": "ann"}'', ''b'')',
        'SELECT auth.use_tenant(''a''::pg_catalog.text)', 'SELECT auth.use_tenant(''b''::pg_catalog.text)', 'SELECT auth.require_tenant()',
        'SELECT auth.require_role(VARIADIC ARRAY[''viewer''])', 'SELECT auth.require_role(VARIADIC ARRAY[''owner''])', 'SELECT auth.require_permission(VARIADIC ARRAY[''tenant.read''])',
        'SELECT auth.require_permission(VARIADIC ARRAY[''x.y''])', 'SELECT * FROM tenancy.whoami()', 'SELECT * FROM tenancy.status()', 'SELECT auth.tenant_ids(), auth.tenant_uuids(), auth.tenant_bigints(), auth.roles(), auth.permissions()',
        'SELECT tenancy.restriction()', 'SELECT auth.logout()'] LOOP
        outcome := pg_catalog.concat(outcome, ' ', public.attempt(call));
        PERFORM pg_catalog.set_config('role', 'none', false);
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', false);
    RETURN outcome;
END $$;
CREATE FUNCTION public.administer(path text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text := '';
    call text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', path, false);
    FOREACH call IN ARRAY ARRAY[
        'SELECT tenancy.define_role(''editor'', ''{docs.read}'')', 'SELECT tenancy.define_role(''editor'', NULL)', 'SELECT tenancy.role_permissions(''owner'')', 'SELECT tenancy.drop_members()',
        'SELECT tenancy.configure(''tenant_path'', ''{a,b}'')', 'SELECT tenancy.configure(''tenant_path'', NULL)', 'SELECT tenancy.detect_layout(''{"tenant_id": "a"}'')', 'SELECT * FROM tenancy.layouts()',
        'SELECT tenancy.use_members(''public.trapped'', ''user_id'', ''tenant_id'', ''role'', ''active'')'] LOOP
        outcome := pg_catalog.concat(outcome, ' ', public.attempt(call));
        PERFORM pg_catalog.set_config('role', 'none', false);
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', false);
    RETURN outcome;
END $$;
\connect - :superuser
CREATE FUNCTION pg_temp.unnest(text[]) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE FUNCTION pg_temp.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT public.payload()::text';
CREATE FUNCTION pg_temp.has_role(text) RETURNS boolean LANGUAGE sql AS 'SELECT public.payload()';
CREATE TEMP VIEW member_source AS SELECT public.payload();
SET client_min_messages = error;
SELECT * FROM public.standing('{"sub": "ann", "tenant_id": "a"}');
SELECT path, public.everything(path), public.administer(path) FROM unnest('{pg_catalog,"evil, pg_catalog","evil, pg_temp, public, auth, tenancy, pg_catalog","pg_temp, evil, auth, pg_catalog"}'::text[]) AS path;
SELECT public.traps();
SET SESSION AUTHORIZATION app;
SELECT path, public.everything(path) FROM unnest('{pg_catalog,"evil, pg_catalog","evil, pg_temp, public, auth, tenancy, pg_catalog"}'::text[]) AS path;
SELECT * FROM public.standing('{"sub": "ann", "tenant_id": "a"}');
RESET SESSION AUTHORIZATION;
SELECT public.traps();
-- They would have worked.
BEGIN;
SELECT evil.has_role('owner'), public.traps();
ROLLBACK;
SELECT public.reset_traps();
-- Nobody else can put one beside ours.
CREATE ROLE mesc_creator LOGIN;
GRANT CREATE ON DATABASE mesc_test TO mesc_creator;
GRANT CREATE ON SCHEMA public TO mesc_creator;
SELECT name, public.attempt(format('SET LOCAL ROLE %I; CREATE FUNCTION %s RETURNS boolean LANGUAGE sql RETURN true', r, name))
FROM unnest('{mesc_creator,app,authenticated,mesc_plain}'::text[]) AS r, unnest('{auth.has_role(varchar),tenancy.setting(name)}'::text[]) AS name;

-- Where claims are looked for: no path leads through what users write themselves, however it is spelled; another is taken
-- key by key as it is, whatever the keys are.
\connect - mesc_owner
SET client_min_messages = error;
SELECT tenancy.drop_members();
CREATE TABLE public.keys (jwks jsonb);
\set jwks `$REPO/tests/lib/token jwks ed1`
INSERT INTO public.keys VALUES (:'jwks');
SELECT path, public.attempt(format('SELECT tenancy.configure(''tenant_path'', %L)', path)) AS tenant_path, public.attempt(format('SELECT tenancy.configure(''roles_path'', %L)', path)) AS roles_path,
    public.attempt(format('SELECT tenancy.configure(''permissions_path'', %L)', path)) AS permissions_path,
    public.attempt(format('SELECT tenancy.add_issuer(''https://paths.example'', (SELECT jwks FROM public.keys), NULL, tenant_path => %L); SELECT tenancy.drop_issuer(''https://paths.example'')', path)) AS add_issuer
FROM unnest(ARRAY['{user_metadata,tenant}', '{unsafe_metadata}', '{USER_METADATA}', '{userMetadata}', '{unsafe-metadata}', '{"user metadata"}', '{https://example.com/user_metadata}', '{a,user_metadata,b}',
    '{app_metadata,tenant}', '', '{}', '{""}', '{a,NULL}', '{{a,b},{c,d}}', 'a,b', 'a', '[0:1]={a,b}', '{']) AS path;
SELECT setting, value FROM tenancy.status() WHERE setting LIKE '%path' AND changed;
SELECT tenancy.configure('tenant_path', NULL), tenancy.configure('roles_path', NULL), tenancy.configure('permissions_path', NULL);
-- Written past configure(), it leads nowhere: nobody has a tenant.
INSERT INTO tenancy.config VALUES ('tenant_path', '["user_metadata","tenant"]');
SELECT * FROM public.standing('{"sub": "ann", "tenant_id": "a", "user_metadata": {"tenant": "b"}}');
UPDATE tenancy.config SET value = '["tenant_id"' WHERE setting = 'tenant_path';
SELECT * FROM public.standing('{"sub": "ann", "tenant_id": "a"}');
DELETE FROM tenancy.config WHERE setting = 'tenant_path';
CREATE FUNCTION public.by_path(path text[], claims text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM tenancy.configure('tenant_path', path::text);
    SELECT concat_ws(' ', tenant, tenants, problem) INTO found FROM public.standing(claims);
    RETURN found;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT path, public.by_path(path, claims) FROM (VALUES
    ('{*}'::text[], '{"sub": "ann", "*": "star", "a": "b"}'), ('{*}', '{"sub": "ann", "a": "b"}'), ('{o,*}', '{"sub": "ann", "o": {"a": {}, "b": {}}}'), ('{o,*,id}', '{"sub": "ann", "o": {"a": {"id": "x"}}}'),
    ('{__proto__}', '{"sub": "ann", "a": "b"}'), ('{__proto__,constructor}', '{"sub": "ann", "__proto__": {"constructor": "c"}}'), ('{"a,b"}', '{"sub": "ann", "a,b": "comma", "a": {"b": "path"}}'),
    ('{a.b}', '{"sub": "ann", "a.b": "dot", "a": {"b": "path"}}'), ('{"0"}', '{"sub": "ann", "0": "zero"}'), ('{a,"0"}', '{"sub": "ann", "a": ["first"]}'), ('{$.a}', '{"sub": "ann", "a": "b"}'),
    ('{a}', '{"sub": "ann", "\u0061": "escaped"}'),
    ('{a}', '{"sub": "ann", "a": "first", "a": "last"}'), ('{a}', '{"sub": "ann", "a": {"b": "object"}}'), ('{a}', '{"sub": "ann", "a": ["list"]}'), ('{a}', '{"sub": "ann", "a": true}'), ('{a}', '{"sub": "ann", "a": ""}'),
    ('{a}', '{"sub": "ann", "a": 7}'), ('{a}', '{"sub": "ann", "a": 7.0}'), ('{sub}', '{"sub": "ann"}')) AS v (path, claims);
-- (One letter, or a letter and its accent: they look the same.)
SELECT public.by_path(ARRAY[U&'\00E9'], U&'{"sub": "ann", "e\0301": "apart", "\00E9": "one"}'), public.by_path(ARRAY[U&'e\0301'], U&'{"sub": "ann", "e\0301": "apart", "\00E9": "one"}');
SELECT tenancy.configure('tenant_path', NULL);
SELECT public.traps();

-- A table that another role owns, in a schema of theirs: it is known by its oid, as long as the administrator may SELECT.
\connect - :superuser
CREATE SCHEMA theirs AUTHORIZATION mesc_tables;
GRANT USAGE ON SCHEMA theirs TO PUBLIC;
\connect - mesc_tables
SET client_min_messages = error;
CREATE TABLE theirs.member (user_id text, tenant_id text, role text, note text);
CREATE INDEX ON theirs.member (user_id);
INSERT INTO theirs.member VALUES ('ann', 'a', 'viewer');
\connect - mesc_owner
SET client_min_messages = error;
SELECT public.attempt('SELECT tenancy.use_members(''theirs.member'', ''user_id'', ''tenant_id'', ''role'')');
\connect - mesc_tables
GRANT SELECT (user_id, tenant_id) ON theirs.member TO mesc_owner;
\connect - mesc_owner
SET client_min_messages = error;
SELECT public.attempt('SELECT tenancy.use_members(''theirs.member'', ''user_id'', ''tenant_id'', ''role'')'), public.attempt('SELECT tenancy.use_members(''theirs.member'', ''user_id'', ''tenant_id'')');
SELECT * FROM public.standing('{"sub": "ann", "roles": ["claimed"]}');
\connect - mesc_tables
GRANT SELECT ON theirs.member TO mesc_owner;
\connect - mesc_owner
SET client_min_messages = error;
SELECT tenancy.use_members('theirs.member', 'user_id', 'tenant_id', 'role');
-- Each thing that its owner may do, and what becomes of ann, who claims to be owner of b.
CREATE FUNCTION public.then_ann(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    BEGIN
        PERFORM set_config('role', 'mesc_tables', true);
        EXECUTE statement;
        PERFORM set_config('role', 'none', true);
        SELECT concat_ws(' ', tenant, tenants, roles, problem) INTO outcome FROM public.standing('{"sub": "ann", "roles": ["owner"]}');
        RAISE EXCEPTION USING ERRCODE = 'P0002';
    EXCEPTION WHEN no_data_found THEN
        RETURN outcome;
    END;
END $$;
\connect - :superuser
SELECT statement, public.then_ann(statement) FROM unnest(ARRAY[
    'ALTER TABLE theirs.member RENAME TO other',
    'ALTER TABLE theirs.member RENAME TO other; CREATE TABLE theirs.member AS SELECT ''ann''::text AS user_id, ''b''::text AS tenant_id, ''owner''::text AS role',
    'ALTER TABLE theirs.member RENAME TO other; CREATE VIEW theirs.member AS SELECT ''ann''::text AS user_id, ''b''::text AS tenant_id, ''owner''::text AS role',
    'DROP TABLE theirs.member',
    'DROP TABLE theirs.member; CREATE TABLE theirs.member AS SELECT ''ann''::text AS user_id, ''b''::text AS tenant_id, ''owner''::text AS role',
    'REVOKE SELECT ON theirs.member FROM mesc_owner',
    'REVOKE SELECT ON theirs.member FROM mesc_owner; GRANT SELECT (user_id, tenant_id) ON theirs.member TO mesc_owner',
    'REVOKE SELECT ON theirs.member FROM mesc_owner; GRANT SELECT (user_id, tenant_id, role) ON theirs.member TO mesc_owner',
    'ALTER TABLE theirs.member RENAME role TO other',
    'ALTER TABLE theirs.member RENAME role TO other; ALTER TABLE theirs.member RENAME note TO role',
    'ALTER TABLE theirs.member DROP tenant_id; ALTER TABLE theirs.member ADD tenant_id text DEFAULT ''b''',
    'ALTER TABLE theirs.member ALTER user_id TYPE bytea USING ''''',
    'ALTER TABLE theirs.member ALTER user_id TYPE varchar(10)',
    'ALTER TABLE theirs.member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
    'CREATE TABLE theirs.child () INHERITS (theirs.member); INSERT INTO theirs.child VALUES (''ann'', ''b'', ''owner'')',
    'CREATE TABLE theirs.child (LIKE theirs.member); INSERT INTO theirs.child VALUES (''ann'', ''b'', ''owner''); ALTER TABLE theirs.child INHERIT theirs.member',
    'CREATE TABLE theirs.child (extra text, role text, tenant_id text, user_id text, note text); INSERT INTO theirs.child VALUES (''ann'', ''owner'', ''b'', ''ann''); ALTER TABLE theirs.child INHERIT theirs.member',
    'TRUNCATE theirs.member']) AS statement;
-- Who does not own it can add no child to it, whatever else they may: no right on it goes that far.
GRANT ALL ON theirs.member TO mesc_plain;
GRANT CREATE, USAGE ON SCHEMA theirs, public TO mesc_plain;
\connect - mesc_plain
SELECT public.attempt('CREATE TABLE public.child () INHERITS (theirs.member)'),
    public.attempt('CREATE TABLE public.child (LIKE theirs.member); ALTER TABLE public.child INHERIT theirs.member'),
    public.attempt('ALTER TABLE theirs.member RENAME TO mine'), public.attempt('DROP TABLE theirs.member'), public.attempt('ALTER TABLE theirs.member DISABLE ROW LEVEL SECURITY');
\connect - :superuser
-- The administrator neither, though they may make it the table of members.
SET SESSION AUTHORIZATION mesc_owner;
SELECT public.attempt('CREATE TABLE public.child () INHERITS (theirs.member)');
RESET SESSION AUTHORIZATION;

-- Partitions: those that are attached count, a foreign one closes all, and only the owner can attach.
CREATE TABLE theirs.parted (user_id text, tenant_id text, role text) PARTITION BY LIST (tenant_id);
CREATE INDEX ON theirs.parted (user_id);
CREATE TABLE theirs.parted_a PARTITION OF theirs.parted FOR VALUES IN ('a');
INSERT INTO theirs.parted VALUES ('ann', 'a', 'viewer');
ALTER TABLE theirs.parted OWNER TO mesc_tables;
GRANT ALL ON theirs.parted TO mesc_owner, mesc_plain;
GRANT USAGE ON FOREIGN SERVER nothing TO mesc_tables;
SET SESSION AUTHORIZATION mesc_owner;
SET client_min_messages = error;
SELECT tenancy.use_members('theirs.parted', 'user_id', 'tenant_id', 'role');
RESET SESSION AUTHORIZATION;
SELECT statement, public.then_ann(statement) FROM unnest(ARRAY[
    'SELECT',
    'CREATE TABLE theirs.parted_b PARTITION OF theirs.parted FOR VALUES IN (''b''); INSERT INTO theirs.parted VALUES (''ann'', ''b'', ''owner'')',
    'CREATE TABLE theirs.parted_b (role text, user_id text, tenant_id text); INSERT INTO theirs.parted_b VALUES (''owner'', ''ann'', ''b''); ALTER TABLE theirs.parted ATTACH PARTITION theirs.parted_b FOR VALUES IN (''b'')',
    'CREATE FOREIGN TABLE theirs.parted_b PARTITION OF theirs.parted FOR VALUES IN (''b'') SERVER nothing']) AS statement;
SET ROLE mesc_plain;
SELECT public.attempt('CREATE TABLE public.child PARTITION OF theirs.parted FOR VALUES IN (''b'')'),
    public.attempt('CREATE TABLE public.child (user_id text, tenant_id text, role text); ALTER TABLE theirs.parted ATTACH PARTITION public.child FOR VALUES IN (''b'')'),
    public.attempt('ALTER TABLE theirs.parted DETACH PARTITION theirs.parted_a');
RESET ROLE;
SELECT public.traps();

-- A caller with a token, in mode verified, on a connection of their own; where a table of members is in use.
CREATE TABLE public.docs (tenant_id text NOT NULL, title text);
INSERT INTO public.docs VALUES ('a', 'of a'), ('b', 'of b');
SELECT count(*) > 0 FROM tenancy.protect('public.docs');
\set other_jwks `$REPO/tests/lib/token jwks ed2`
SELECT tenancy.configure('mode', 'verified');
SELECT tenancy.add_issuer('https://one.example', :'jwks', NULL), tenancy.add_issuer('https://two.example', :'other_jwks', NULL);
\connect - app
SET client_min_messages = warning;
\set VERBOSITY terse
\set token `$REPO/tests/lib/token sign ed1 '{"iss": "https://one.example", "sub": "ann", "role": "postgres", "roles": ["owner", "authenticated", "postgres"], "permissions": ["*.*"]}'`
\set other_token `$REPO/tests/lib/token sign ed2 '{"iss": "https://two.example", "sub": "ann"}'`
\set bob `$REPO/tests/lib/token sign ed2 '{"iss": "https://two.example", "sub": "bob", "tenant_id": "a"}'`
CREATE FUNCTION pg_temp.me() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', current_user, auth.user_id(), auth.tenant_id(), auth.tenant_ids(), auth.roles(), auth.permissions(), (SELECT string_agg(title, ', ') FROM public.docs), tenancy.tenant_problem()) $$;
-- The roles and permissions of the token are not asked, nor is its role ever a database role here.
BEGIN;
SELECT FROM auth.login(:'token');
SELECT pg_temp.me(), auth.has_role('owner', 'authenticated', 'postgres'), auth.has_permission('docs.read');
-- A tenant that is not theirs: asked for, or written where the choice is kept, in their own name too.
SELECT public.attempt('SELECT auth.use_tenant(''b'')');
SAVEPOINT s;
SELECT tenancy.choose('b');
SELECT pg_temp.me();
ROLLBACK TO s;
SELECT choice, set_config('pg_tenancy.tenant', choice, true) = choice, pg_temp.me() FROM unnest(ARRAY[
    '{"tenant": "b", "user": "ann", "issuer": "https://one.example"}',
    '{"tenant": "a", "user": "ann", "issuer": "https://one.example"}',
    '{"tenant": "b", "user": "bob", "issuer": "https://two.example"}',
    '{"tenant": "b", "user": "ann"}',
    '{"tenant": ["b"], "user": "ann", "issuer": "https://one.example"}',
    '{"tenant": "b", "tenant": "a", "user": "ann", "issuer": "https://one.example"}',
    'b', '[]', '{', '']) AS choice;
-- Claims beside the token, and members and roles of their own making.
SELECT set_config('request.jwt.claims', '{"sub": "bob", "tenant_id": "b", "roles": ["owner"]}', true) <> '', pg_temp.me();
SELECT statement, public.attempt(statement) FROM unnest(ARRAY[
    'INSERT INTO theirs.parted VALUES (''ann'', ''b'', ''owner'')', 'TABLE theirs.parted', 'SELECT auth.set_claims(''{"sub": "bob"}'')',
    'TABLE tenancy.member_source', 'INSERT INTO tenancy.member_source (source, user_column, tenant_column) VALUES (''public.docs'', ''title'', ''tenant_id'')',
    'UPDATE tenancy.member_source SET source = ''public.docs''', 'DELETE FROM tenancy.member_source', 'TRUNCATE tenancy.member_source',
    'INSERT INTO tenancy.role_definition VALUES ('''', ''viewer'', false, ''{*.*}'')', 'UPDATE tenancy.role_definition SET permissions = ''{*.*}''', 'DELETE FROM tenancy.role_definition',
    'INSERT INTO tenancy.config VALUES (''mode'', ''claims'')', 'UPDATE tenancy.config SET value = ''claims''', 'DELETE FROM tenancy.config', 'INSERT INTO tenancy.issuer (iss) VALUES (''mine'')',
    'SELECT tenancy.use_members(''public.docs'', ''title'', ''tenant_id'')', 'SELECT tenancy.drop_members()', 'SELECT tenancy.define_role(''viewer'', ''{*.*}'')',
    'SELECT tenancy.configure(''require_membership'', ''off'')', 'SELECT tenancy.configure(''pinned_tenant'', ''b'')', 'SELECT tenancy.configure(''mode'', ''claims'')',
    'SET LOCAL ROLE mesc_owner', 'SET LOCAL ROLE mesc_tables', 'SET SESSION AUTHORIZATION mesc_owner', 'SET LOCAL SESSION AUTHORIZATION postgres', 'SELECT set_config(''role'', ''mesc_owner'', true)',
    'ALTER ROLE app SET pg_tenancy.tenant = ''x''', 'ALTER DATABASE mesc_test SET pg_tenancy.tenant = ''x''', 'SET pg_tenancy.acting = ''x''', 'SET pg_tenancy.members = ''x''']) AS statement;
SELECT pg_temp.me();
-- Without the database role of callers they see less, not more: the login role has no right on the table.
RESET ROLE;
SELECT current_user, auth.tenant_id(), public.attempt('TABLE public.docs');
SET LOCAL ROLE anonymous;
SELECT current_user, auth.tenant_id(), public.attempt('TABLE public.docs');
ROLLBACK;
-- Nobody chooses for all connections to come.
-- (Where the library is loaded it is refused at once.)
ALTER ROLE app IN DATABASE mesc_test SET pg_tenancy.tenant = '{"tenant": "c", "user": "ann", "issuer": "https://one.example"}';
\connect - app
ALTER ROLE app IN DATABASE mesc_test SET pg_tenancy.tenant = '{"tenant": "c", "user": "ann", "issuer": "https://one.example"}';
\connect - :superuser
CREATE TABLE theirs.parted_c PARTITION OF theirs.parted FOR VALUES IN ('c');
INSERT INTO theirs.parted VALUES ('ann', 'c', 'editor');
\connect - app
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.me() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', current_user, auth.user_id(), auth.tenant_id(), auth.tenant_ids(), auth.roles(), tenancy.tenant_problem()) $$;
BEGIN;
SELECT FROM auth.login(:'token');
SELECT current_setting('pg_tenancy.tenant'), pg_temp.me();
ROLLBACK;
-- Membership goes by sub alone: a token of another issuer with the same sub speaks for the same member, but does not have
-- what the first has chosen; another sub is another.
BEGIN;
SELECT FROM auth.login(:'token', 'a');
SELECT current_setting('pg_tenancy.tenant'), pg_temp.me();
SAVEPOINT s;
SELECT FROM auth.login(:'token', 'b');
ROLLBACK TO s;
SELECT set_config('pg_tenancy.token', :'other_token', true) IS NOT NULL, pg_temp.me();
SELECT FROM auth.login(:'bob');
SELECT pg_temp.me();
ROLLBACK;
-- The same tries by the login role itself, and by one that is nothing here.
SELECT public.attempt(statement) FROM unnest(ARRAY['DELETE FROM tenancy.member_source', 'UPDATE tenancy.role_definition SET permissions = ''{*.*}''', 'DELETE FROM tenancy.config',
    'SELECT tenancy.use_members(''public.docs'', ''title'', ''tenant_id'')', 'SELECT tenancy.drop_members()', 'SELECT tenancy.define_role(''viewer'', ''{*.*}'')', 'SET ROLE mesc_owner']) AS statement;
\connect - mesc_plain
SET client_min_messages = warning;
SELECT public.attempt(statement) FROM unnest(ARRAY['DELETE FROM tenancy.member_source', 'UPDATE tenancy.role_definition SET permissions = ''{*.*}''', 'DELETE FROM tenancy.config',
    'SELECT tenancy.use_members(''public.docs'', ''title'', ''tenant_id'')', 'SELECT tenancy.drop_members()', 'SELECT tenancy.define_role(''viewer'', ''{*.*}'')', 'SET ROLE mesc_owner']) AS statement;
\connect - :superuser
SELECT public.traps();

\connect :home :superuser
SET client_min_messages = warning;
SELECT rolname FROM pg_roles WHERE rolname ~ '^mesc_|^(app|authenticated|anonymous)$' AND (rolsuper OR rolcreaterole OR rolbypassrls);
DROP DATABASE mesc_test;
DROP ROLE mesc_owner, mesc_tables, mesc_plain, mesc_creator;

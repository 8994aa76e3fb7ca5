-- native only
-- A plain owner of a database installs the extension, whose script runs as the bootstrap superuser, and tries to become
-- one through everything they can touch. Then a tenant's user tries the same against the owner.
\pset format unaligned
\pset tuples_only on
\pset null NULL
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE esc_owner LOGIN;
CREATE ROLE "esc'; ALTER ROLE esc_owner SUPERUSER; --" LOGIN;
CREATE DATABASE esc_test OWNER esc_owner TEMPLATE template0;

-- A name that would break out of a quoted string in the script: Postgres refuses it, and the name is nobody's any more.
\connect esc_test :superuser
GRANT CREATE ON DATABASE esc_test TO "esc'; ALTER ROLE esc_owner SUPERUSER; --";
SET ROLE "esc'; ALTER ROLE esc_owner SUPERUSER; --";
CREATE EXTENSION pg_tenancy;
RESET ROLE;
REVOKE CREATE ON DATABASE esc_test FROM "esc'; ALTER ROLE esc_owner SUPERUSER; --";
DROP ROLE "esc'; ALTER ROLE esc_owner SUPERUSER; --";

\connect - esc_owner
SET client_min_messages = warning;
-- What every trap below does when it is sprung: if a superuser springs it, esc_owner becomes one.
CREATE FUNCTION public.payload() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE esc_owner SUPERUSER;
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION public.escalated() RETURNS boolean LANGUAGE sql
    RETURN (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'esc_owner');
-- The trap works: a superuser who is fool enough to call it makes one.
\connect - :superuser
BEGIN;
SELECT FROM public.payload();
SELECT public.escalated();
ROLLBACK;
\connect - esc_owner
SET client_min_messages = warning;

-- Traps laid before the extension is installed: whatever the script calls, in better-fitting form, in every schema that a
-- search_path could reach.
CREATE SCHEMA auth;
DO $$
DECLARE
    schema text;
    name text;
BEGIN
    CREATE TEMP TABLE make_pg_temp ();
    FOREACH schema IN ARRAY '{public,pg_temp,auth}'::text[] LOOP
        FOREACH name IN ARRAY '{format,string_agg,aclexplode,pg_get_userbyid,pg_extension_config_dump,jsonb_typeof,jsonb_extract_path,set_config,
            current_setting,octet_length,quote_literal,count,unnest,has_table_privilege,pg_has_role,regrole}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION %I.%I(text) RETURNS text LANGUAGE sql AS ''SELECT public.payload(); SELECT $1''', schema, name);
            EXECUTE format('CREATE FUNCTION %I.%I(name) RETURNS text LANGUAGE sql AS ''SELECT public.payload(); SELECT $1::text''', schema, name);
            EXECUTE format('CREATE FUNCTION %I.%I(oid) RETURNS text LANGUAGE sql AS ''SELECT public.payload(); SELECT $1::text''', schema, name);
        END LOOP;
        FOREACH name IN ARRAY '{=,<>,||}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION %I.trap(name, text) RETURNS boolean LANGUAGE sql AS ''SELECT public.payload(); SELECT true''', schema);
            EXECUTE format('CREATE FUNCTION %I.trap(oid, oid) RETURNS boolean LANGUAGE sql AS ''SELECT public.payload(); SELECT true''', schema);
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.trap, LEFTARG = name, RIGHTARG = text)', schema, name, schema);
            EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = %I.trap, LEFTARG = oid, RIGHTARG = oid)', schema, name, schema);
            EXECUTE format('ALTER FUNCTION %I.trap(name, text) RENAME TO %I', schema, 'trap' || name);
            EXECUTE format('ALTER FUNCTION %I.trap(oid, oid) RENAME TO %I', schema, 'trap' || name);
        END LOOP;
        FOREACH name IN ARRAY '{pg_namespace,pg_roles,pg_proc,pg_depend,pg_extension,pg_class,pg_language,config}'::text[] LOOP
            EXECUTE format('CREATE VIEW %I.%I AS SELECT public.payload(), 0::oid AS oid', schema, name);
        END LOOP;
        EXECUTE format('CREATE DOMAIN %I.claim_text AS text CHECK (public.payload() IS NOT NULL)', schema);
        EXECUTE format('CREATE DOMAIN %I.claim AS jsonb CHECK (public.payload() IS NOT NULL)', schema);
        EXECUTE format('CREATE DOMAIN %I.setting AS text CHECK (public.payload() IS NOT NULL)', schema);
    END LOOP;
END $$;
SET search_path = pg_temp, auth, public, pg_catalog;
CREATE EXTENSION pg_tenancy;
RESET search_path;
SELECT public.escalated();

-- Every object of the extension, in the hands of its owner
CREATE FUNCTION public.trap_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.payload();
    RETURN NEW;
END $$;
CREATE FUNCTION public.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
-- C functions and schemas are not theirs to replace, change, give away or take out of the extension.
SELECT public.attempt('CREATE OR REPLACE FUNCTION auth.user_id() RETURNS text LANGUAGE sql AS ''SELECT public.payload(); SELECT NULL::text''');
SELECT public.attempt('ALTER FUNCTION auth.user_id() SECURITY DEFINER');
SELECT public.attempt('ALTER FUNCTION auth.user_id() OWNER TO esc_owner');
SELECT public.attempt('ALTER FUNCTION auth.user_id() RENAME TO gone');
SELECT public.attempt('ALTER EXTENSION pg_tenancy DROP FUNCTION auth.user_id()');
SELECT public.attempt('ALTER SCHEMA tenancy OWNER TO esc_owner');
SELECT public.attempt('ALTER SCHEMA tenancy RENAME TO gone');
SELECT public.attempt('GRANT CREATE ON SCHEMA tenancy TO esc_owner');
SELECT public.attempt('ALTER EXTENSION pg_tenancy SET SCHEMA public');
SELECT public.attempt('CREATE FUNCTION public.raw() RETURNS text LANGUAGE c AS ''pg_tenancy'', ''auth_user_id''');
-- Nor are the functions theirs: they can neither replace a body nor have it find other things first.
CREATE FUNCTION public.attempt_all(schema regnamespace, statement text) RETURNS TABLE (languages text, outcome text) LANGUAGE sql
BEGIN ATOMIC
    SELECT string_agg(DISTINCT l.lanname::text, ', '), a.outcome
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND d.deptype = 'e' AND e.extname = 'pg_tenancy'
    JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid AND p.pronamespace = schema
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang,
    LATERAL (SELECT public.attempt(pg_catalog.format(statement, p.oid::regprocedure, pg_catalog.pg_get_function_result(p.oid)))) AS a (outcome)
    GROUP BY a.outcome ORDER BY 1;
END;
SELECT * FROM public.attempt_all('tenancy', 'CREATE OR REPLACE FUNCTION %s RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM public.payload(); END''');
SELECT * FROM public.attempt_all('tenancy', 'ALTER FUNCTION %s SET search_path = public, pg_catalog');
SELECT * FROM public.attempt_all('auth', 'ALTER FUNCTION %s SET search_path = public, pg_catalog');
SELECT * FROM public.attempt_all('tenancy', 'ALTER FUNCTION %s SECURITY DEFINER');
SELECT * FROM public.attempt_all('auth', 'ALTER FUNCTION %s SECURITY DEFINER');
SELECT * FROM public.attempt_all('tenancy', 'ALTER FUNCTION %s OWNER TO esc_owner');
SELECT count(*) AS security_definer FROM pg_catalog.pg_proc WHERE pronamespace = 'tenancy'::regnamespace AND prosecdef;
-- The one table: its rows are theirs, and no trap can be set on it.
SELECT public.attempt('CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON tenancy.config FOR EACH ROW EXECUTE FUNCTION public.trap_trigger()');
SELECT public.attempt('CREATE RULE trap AS ON DELETE TO tenancy.config DO ALSO SELECT public.payload()');
SELECT public.attempt('ALTER TABLE tenancy.config ADD CHECK (public.payload() IS NOT NULL)');
SELECT public.attempt('ALTER TABLE tenancy.config ADD trap text DEFAULT public.payload()::text');
SELECT public.attempt('CREATE POLICY trap ON tenancy.config USING (public.payload() IS NOT NULL)');
SELECT public.attempt('ALTER TABLE tenancy.config ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
SELECT public.attempt(format('ALTER TABLE tenancy.config OWNER TO %I', :'superuser'));
SELECT public.attempt('INSERT INTO tenancy.config (setting, value) VALUES (''authenticated'', ''x''''; ALTER ROLE esc_owner SUPERUSER; --'')');
SELECT public.attempt('SELECT tenancy.configure(''tenant_column'', ''x); ALTER ROLE esc_owner SUPERUSER; --'')');
SELECT public.attempt('SELECT auth.set_claims(''{}'')');
SELECT public.attempt('DELETE FROM tenancy.config');
SELECT public.escalated();
-- The extension, updated, dropped, and installed again over the traps, and with objects of theirs among its own
SELECT public.attempt('ALTER EXTENSION pg_tenancy UPDATE');
SELECT public.attempt('ALTER EXTENSION pg_tenancy UPDATE TO ''9.9''');
CREATE FUNCTION public.expression(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM public.payload(); RETURN $1; END';
SELECT public.attempt('ALTER EXTENSION pg_tenancy ADD FUNCTION public.expression(text)');
SELECT public.attempt('ALTER EXTENSION pg_tenancy DROP FUNCTION public.expression(text)');
SELECT public.attempt('DROP EXTENSION pg_tenancy');
SELECT public.attempt('CREATE EXTENSION pg_tenancy');
SELECT public.escalated();

-- A superuser looks around in the owner's database, with every trap still set.
SELECT public.attempt('CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON tenancy.config FOR EACH ROW EXECUTE FUNCTION public.trap_trigger()');
SELECT public.attempt('CREATE POLICY trap ON tenancy.config USING (public.payload() IS NOT NULL)');
SELECT public.attempt('ALTER TABLE tenancy.config ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
CREATE DOMAIN public.tenant AS text CHECK (public.payload() IS NOT NULL);
CREATE TABLE public."docs; SELECT public.payload(); --" (tenant_id public.tenant DEFAULT public.payload()::text, title text);
CREATE INDEX ON public."docs; SELECT public.payload(); --" (public.expression(title));
CREATE POLICY trap ON public."docs; SELECT public.payload(); --" USING (public.payload() IS NOT NULL);
CREATE TRIGGER trap BEFORE INSERT ON public."docs; SELECT public.payload(); --" FOR EACH ROW EXECUTE FUNCTION public.trap_trigger();
INSERT INTO public."docs; SELECT public.payload(); --" VALUES ('a', 'one');
\connect - :superuser
SET client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.status();
SELECT bound FROM tenancy.whoami();
SELECT count(*) > 0 FROM tenancy.protect('"docs; SELECT public.payload(); --"', dry_run => true);
SELECT count(*) > 0 FROM tenancy.protect('"docs; SELECT public.payload(); --"');
SELECT count(*) > 0 FROM tenancy.protect('"docs; SELECT public.payload(); --"', force => false);
SELECT count(*) > 0 FROM tenancy.unprotect('"docs; SELECT public.payload(); --"');
SELECT count(*) FROM tenancy.bootstrap_roles();
SELECT public.escalated();

-- A tenant's user, against the owner. Nothing can be made where others would find it, changed, or run with other rights.
\connect - esc_owner
SET client_min_messages = warning;
DROP TABLE public."docs; SELECT public.payload(); --";
CREATE TABLE public.docs (tenant_id text NOT NULL, title text);
SELECT count(*) > 0 FROM tenancy.protect('docs');
GRANT EXECUTE ON FUNCTION public.attempt(text) TO PUBLIC;
\connect - app
SET client_min_messages = warning;
SET request.jwt.claims = '{"sub": "ann", "tenant_id": "a"}';
SET ROLE authenticated;
SELECT public.attempt('CREATE SCHEMA mine');
SELECT public.attempt('CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1');
SELECT public.attempt('CREATE FUNCTION tenancy.mine() RETURNS int LANGUAGE sql RETURN 1');
SELECT public.attempt('CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql RETURN 1');
SELECT public.attempt('CREATE OR REPLACE FUNCTION tenancy.setting(name text) RETURNS text LANGUAGE sql RETURN NULL::text');
SELECT public.attempt('ALTER FUNCTION tenancy.setting(text) SECURITY DEFINER');
SELECT public.attempt('CREATE TRIGGER mine BEFORE INSERT ON public.docs FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_truncate()');
SELECT public.attempt('CREATE TRIGGER mine BEFORE INSERT ON tenancy.config FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_truncate()');
SELECT public.attempt('CREATE RULE mine AS ON SELECT TO public.docs DO INSTEAD NOTHING');
SELECT public.attempt('CREATE POLICY mine ON public.docs USING (true)');
SELECT public.attempt('COMMENT ON POLICY tenancy_floor ON public.docs IS ''{}''');
SELECT public.attempt('INSERT INTO tenancy.config VALUES (''staff_roles'', ''authenticated'')');
SELECT public.attempt('SELECT tenancy.configure(''staff_roles'', ''authenticated'')');
SELECT public.attempt('SELECT tenancy.bootstrap_roles(''mine'')');
SELECT public.attempt('SELECT tenancy.ensure_role(''mine'', ''SUPERUSER'')');
SELECT public.attempt('SELECT tenancy.unprotect(''public.docs'')');
SELECT public.attempt('SET ROLE esc_owner');
SELECT public.attempt('SELECT set_config(''role'', ''esc_owner'', false)');
SELECT public.attempt('DROP EXTENSION pg_tenancy CASCADE');
-- Their own pg_temp is all they have; what the extension calls is not looked for there.
CREATE FUNCTION pg_temp.pg_has_role(name, name, text) RETURNS boolean LANGUAGE sql RETURN true;
CREATE FUNCTION pg_temp.row_security_active(oid) RETURNS boolean LANGUAGE sql RETURN false;
CREATE FUNCTION pg_temp.tenant_id() RETURNS text LANGUAGE sql RETURN 'b'::text;
CREATE TEMP TABLE config (setting text, value text);
INSERT INTO config VALUES ('authenticated', 'esc_owner'), ('staff_roles', 'authenticated');
SET search_path = pg_temp, public, auth, tenancy, pg_catalog;
SELECT tenancy.setting('authenticated'), tenancy.staff_roles(), auth.tenant_id();
SELECT count(*) FROM public.docs;
BEGIN;
SELECT FROM auth.set_claims('{"role": "esc_owner", "tenant_id": "x''; SET ROLE esc_owner; --"}');
SELECT current_user, auth.tenant_id();
ROLLBACK;
RESET search_path;
RESET ROLE;

\connect :home :superuser
SELECT rolname FROM pg_roles WHERE rolname IN ('esc_owner', 'app', 'authenticated', 'mine') AND (rolsuper OR rolcreaterole OR rolbypassrls);
DROP DATABASE esc_test;
DROP ROLE esc_owner;

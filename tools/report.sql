-- What tools/report puts on its page: a line of JSON for each thing, ["kind", {...}]. All of it is read in one snapshot, and
-- nothing is written.
\set ON_ERROR_STOP on
\set SHOW_CONTEXT never
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = error;
SET LOCAL statement_timeout = '5min';

DO $$
BEGIN
    IF to_regprocedure('tenancy.audit(name[])') IS NULL THEN
        RAISE EXCEPTION 'database "%" has no tenancy.audit()', current_database() USING ERRCODE = 'undefined_function',
            HINT = 'CREATE EXTENSION pg_tenancy makes it, where an older version is there ALTER EXTENSION pg_tenancy UPDATE.';
    END IF;
END $$;

-- None named is NULL.
SELECT COALESCE(regexp_split_to_array(NULLIF(btrim(:'schemas'), ''), '\s*,\s*')::text, '') AS schemas \gset

SELECT json_build_array('head', row_to_json(h)) FROM (
    SELECT current_database() AS database, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') AS made_at, current_setting('server_version') AS server,
        (SELECT extversion FROM pg_extension WHERE extname = 'pg_tenancy') AS version, w.session_role, w.database_role, w.mode,
        cardinality(tenancy.audit_rules()) AS rules,
        ARRAY(SELECT nspname FROM pg_namespace WHERE oid = ANY (tenancy.audited_schemas(NULLIF(:'schemas', '')::name[])) ORDER BY nspname) AS schemas
    FROM tenancy.whoami() w) h;

SELECT json_build_array('finding', row_to_json(f)) FROM tenancy.audit(NULLIF(:'schemas', '')::name[]) f;

SELECT json_build_array('waiver', row_to_json(w)) FROM (
    SELECT code, object, reason, until, COALESCE(until < CURRENT_DATE, false) AS ended FROM tenancy.waiver ORDER BY code, object) w;

SELECT json_build_array('table', row_to_json(t)) FROM (
    SELECT t.relation::bigint, t.name, t.parent::bigint, t.asked - 'made' AS asked, t.row_security, t.forced, t.policies, t.granted, t.has_owners
    FROM unnest((SELECT (tenancy.make_audit_scope(NULLIF(:'schemas', '')::name[])).tables)) t ORDER BY t.name) t;

SELECT json_build_array('login', row_to_json(l)) FROM (
    SELECT r.rolname AS role, tenancy.not_bound_because(r.rolname) AS not_bound_because,
        CASE WHEN a.named <> '{}' THEN r.rolname = ANY (a.named)
            ELSE NOT r.rolsuper AND EXISTS (SELECT FROM pg_roles c WHERE c.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
                AND pg_has_role(r.oid, c.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)) END AS for_apps
    FROM pg_roles r, (SELECT tenancy.setting_names('app_logins') AS named OFFSET 0) a
    WHERE r.rolcanlogin AND r.rolname !~ '^pg_' ORDER BY r.rolname) l;
ROLLBACK;

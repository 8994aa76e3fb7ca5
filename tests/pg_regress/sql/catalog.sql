-- native only: the pure-SQL edition has no C functions, and all of it belongs to whoever ran it
-- Every function and table of the extension, with all that its security hangs on. A new one is listed here, or this
-- fails. All belong to the bootstrap superuser (role 10), none to the administrator, whose extension it is.
\pset null '(none)'
\pset format unaligned
-- Installed anew by somebody who is no superuser, so that the two can be told apart.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP EXTENSION pg_tenancy CASCADE;
CREATE ROLE administrator NOLOGIN;
SELECT format('GRANT CREATE ON DATABASE %I TO administrator', current_database()) \gexec
SET LOCAL ROLE administrator;
CREATE EXTENSION pg_tenancy;
RESET ROLE;

CREATE VIEW test.functions AS
    SELECT p.*, p.oid::regprocedure AS signature, l.lanname AS language,
        CASE WHEN p.proowner = 10 THEN 'bootstrap superuser' WHEN p.proowner = e.extowner THEN 'administrator' ELSE p.proowner::regrole::text END AS owner
    FROM pg_extension e
    JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE e.extname = 'pg_tenancy';
SELECT p.signature, format_type(prorettype, NULL) AS returns, language,
    CASE provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' WHEN 'i' THEN 'immutable' END AS volatility,
    CASE proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' WHEN 'u' THEN 'unsafe' END AS parallel,
    owner, COALESCE(array_to_string(proacl, ' '), 'default: PUBLIC') AS acl, array_to_string(proconfig, '; ') AS config
FROM test.functions AS p ORDER BY p.signature::text COLLATE "C";

SELECT d.classid::regclass AS kind, c.oid::regclass AS name, c.relkind,
    CASE WHEN c.relowner = 10 THEN 'bootstrap superuser' WHEN c.relowner = e.extowner THEN 'administrator' ELSE c.relowner::regrole::text END AS owner,
    -- Without m, MAINTAIN, which is Postgres 17's.
    replace(array_to_string(c.relacl, ' '), 'Dxtm', 'Dxt') AS acl, c.oid = ANY (e.extconfig) AS dumped
FROM pg_extension e
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
WHERE e.extname = 'pg_tenancy' AND c.relkind <> 'i' ORDER BY c.oid::regclass::text;

-- Nothing else is made but the two schemas.
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS object, n.nspacl AS acl, n.nspowner = 10 AS of_bootstrap_superuser
FROM pg_extension e
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
LEFT JOIN pg_namespace n ON d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
WHERE e.extname = 'pg_tenancy' AND d.classid NOT IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass) ORDER BY 1;

-- Rules without exception: each of these lists is empty.
SELECT signature AS security_definer FROM test.functions WHERE prosecdef;
SELECT signature AS leakproof FROM test.functions WHERE proleakproof;
-- Where a name means what it meant when the function was made: a body parsed then, or a search_path of its own.
SELECT signature AS meaning_can_be_changed FROM test.functions
WHERE language <> 'c' AND prosqlbody IS NULL AND NOT EXISTS (
    SELECT FROM unnest(proconfig) AS setting WHERE setting = 'search_path=pg_catalog, pg_temp');
-- A superuser's code that the administrator could change, or the other way round.
SELECT signature AS wrong_owner FROM test.functions WHERE owner <> 'bootstrap superuser';
SELECT signature AS without_comment FROM test.functions WHERE COALESCE(obj_description(oid, 'pg_proc'), '') = '';
SELECT c.oid::regclass AS without_comment FROM pg_class c
WHERE relnamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND COALESCE(obj_description(oid, 'pg_class'), '') = '';
SELECT nspname AS without_comment FROM pg_namespace WHERE nspname IN ('auth', 'tenancy') AND obj_description(oid, 'pg_namespace') IS NULL;
-- The two schemas hold nothing beside what belongs to the extension.
SELECT p.oid::regprocedure AS stray FROM pg_proc p
WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND p.oid NOT IN (SELECT oid FROM test.functions);
-- The readers: what a policy calls per row is STABLE, PARALLEL SAFE and for everybody.
SELECT signature AS unfit_reader FROM test.functions
WHERE pronamespace = 'auth'::regnamespace AND proname NOT IN ('login', 'set_claims', 'use_tenant', 'logout') AND proname NOT LIKE 'require_%'
    AND NOT (provolatile = 's' AND proparallel = 's' AND has_function_privilege('anonymous', oid, 'EXECUTE'));
ROLLBACK;

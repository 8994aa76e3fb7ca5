-- Without SET search_path the names in a function's text are looked up on its caller's path, where the caller's own temporary
-- tables come first: a SECURITY DEFINER function, or one that a policy asks, can be made to read a table of theirs.
CREATE FUNCTION tenancy.audit_function_search_path(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH called AS MATERIALIZED (
        SELECT DISTINCT n.function FROM unnest(scope.nodes) n WHERE n.function >= 16384
    ), found AS MATERIALIZED (
        SELECT p.oid, p.prokind, p.prosecdef, p.prosrc, p.prosecdef OR l.lanname <> 'sql' AS stands_alone FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE (p.prosecdef AND n.oid = ANY (scope.schemas) OR p.oid IN (SELECT c.function FROM called c))
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') AND l.lanname NOT IN ('internal', 'c') AND p.prosqlbody IS NULL
            AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search\_path=%') AND NOT tenancy.of_extension('pg_proc'::regclass, p.oid)
    ), names AS MATERIALIZED (
        -- What would not be found any more with pg_catalog alone.
        SELECT x.name FROM (SELECT relname, relnamespace FROM pg_class UNION ALL SELECT proname, pronamespace FROM pg_proc UNION ALL SELECT typname, typnamespace FROM pg_type) AS x (name, schema)
        JOIN pg_namespace n ON n.oid = x.schema AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    )
    SELECT 'warning', format('%s %s', k.kind, f.oid::regprocedure),
        CASE WHEN f.prosecdef THEN 'it is SECURITY DEFINER, and its caller chooses where names in it are looked up' ELSE 'policies call it, and its caller chooses where names in it are looked up' END,
        'It has no SET search_path.',
        -- (With SET, Postgres does not write a SQL function's body into the query that calls it any more: BEGIN ATOMIC is better there.)
        CASE WHEN f.stands_alone AND NOT EXISTS (SELECT FROM tenancy.words(f.prosrc) w WHERE cardinality(w) = 1 AND w[1] IN (SELECT n.name FROM names n))
            AND NOT EXISTS (SELECT FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE n.nspname <> 'pg_catalog' AND strpos(f.prosrc, o.oprname) > 0)
            THEN format('ALTER %s %s SET search_path = pg_catalog, pg_temp', upper(k.kind), f.oid::regprocedure) END
    FROM found f CROSS JOIN LATERAL (SELECT CASE f.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END) k (kind)
$$;
COMMENT ON FUNCTION tenancy.audit_function_search_path(tenancy.audit_scope) IS 'Rule function_search_path of tenancy.audit().';

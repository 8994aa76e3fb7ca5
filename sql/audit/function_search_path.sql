-- Without SET search_path the names in a function's text are looked up on its caller's path, where the caller's own temporary
-- tables come first: a SECURITY DEFINER function, or one that a policy asks, can be made to read a table of theirs. So they do on
-- a path of its own that does not put pg_temp last.
CREATE FUNCTION tenancy.audit_function_search_path(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH called AS MATERIALIZED (
        SELECT DISTINCT n.function FROM unnest(scope.nodes) n WHERE n.function >= 16384
    ), candidates AS MATERIALIZED (
        SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, p.prosecdef, p.prosrc, p.prosecdef OR l.lanname <> 'sql' AS stands_alone,
            (SELECT substr(c, length('search_path=') + 1) FROM unnest(p.proconfig) c WHERE c LIKE 'search\_path=%') AS path
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE (p.prosecdef AND n.oid = ANY (scope.schemas) OR p.oid IN (SELECT c.function FROM called c))
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') AND l.lanname NOT IN ('internal', 'c') AND p.prosqlbody IS NULL
            AND NOT tenancy.of_extension('pg_proc'::regclass, p.oid, p.proowner)
    ), found AS MATERIALIZED (
        SELECT c.*, ARRAY(SELECT w[1] FROM tenancy.words(c.prosrc) w WHERE cardinality(w) = 1) AS names FROM candidates c WHERE c.path IS NULL OR c.path !~ '\mpg_temp"?\s*$'
    ), known AS MATERIALIZED (
        -- What would not be found any more with pg_catalog alone.
        SELECT x.name, x.is_table FROM (SELECT relname, relnamespace, relkind IN ('r', 'p', 'v', 'm', 'f') FROM pg_class UNION ALL SELECT proname, pronamespace, false FROM pg_proc
            UNION ALL SELECT typname, typnamespace, false FROM pg_type) AS x (name, schema, is_table)
        JOIN pg_namespace n ON n.oid = x.schema AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    )
    SELECT 'warning', format('%s %s', f.kind, f.oid::regprocedure),
        CASE WHEN f.prosecdef THEN 'it is SECURITY DEFINER, and its caller chooses where names in it are looked up' ELSE 'policies call it, and its caller chooses where names in it are looked up' END,
        'It has no SET search_path.',
        -- (With SET, Postgres does not write a SQL function's body into the query that calls it any more: BEGIN ATOMIC is better there.)
        CASE WHEN f.stands_alone AND NOT EXISTS (SELECT FROM known k WHERE k.name = ANY (f.names))
            AND NOT EXISTS (SELECT FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE n.nspname <> 'pg_catalog' AND strpos(f.prosrc, o.oprname) > 0)
            THEN format('ALTER %s %s SET search_path = pg_catalog, pg_temp', upper(f.kind), f.oid::regprocedure) END
    FROM found f WHERE f.path IS NULL
    UNION ALL
    SELECT 'warning', format('%s %s', f.kind, f.oid::regprocedure), CASE WHEN f.prosecdef THEN 'it is SECURITY DEFINER' ELSE 'policies call it' END
            || ', and its caller''s temporary tables are taken for those that it names', format('Its search_path is %s; it names %s without a schema.', f.path, string_agg(DISTINCT quote_ident(k.name), ', ')),
        -- (SET ... FROM CURRENT keeps whatever set_config() was given, which need not be quoted.)
        CASE WHEN f.path !~ '\mpg_temp\M' AND f.path ~ '^(\s*("([^"]|"")*"|[a-z_][a-z_0-9]*)\s*(,(?=.)|$))+$' THEN format('ALTER %s %s SET search_path = %s, pg_temp', upper(f.kind), f.oid::regprocedure, f.path) END
    FROM found f JOIN known k ON k.is_table AND k.name = ANY (f.names) WHERE f.path <> '""' GROUP BY f.oid, f.kind, f.prosecdef, f.path
$$;
COMMENT ON FUNCTION tenancy.audit_function_search_path(tenancy.audit_scope) IS 'Rule function_search_path of tenancy.audit().';

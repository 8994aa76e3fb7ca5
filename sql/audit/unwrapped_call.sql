-- A bare call that tells who is calling is made for each row that is looked at, and most such functions parse the claims anew
-- each time. In a sub-select of its own it is made once.
CREATE FUNCTION tenancy.audit_unwrapped_call(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.query, n.per_row, n.function, n.reads_caller FROM unnest(scope.nodes) n WHERE n.type IN ('FUNCEXPR', 'VAR', 'RANGETBLENTRY', 'QUERY')
    ), calls AS MATERIALIZED (
        -- What takes a column cannot be made once: function_of_row. What stands beside a column in a sub-select without tables
        -- is for correlated_call. Native functions of the extension cost next to nothing.
        SELECT n.tree, n.function, f.pronargs = 0 AND y.typcategory <> 'A' AS is_bare
        FROM nodes n JOIN pg_proc f ON f.oid = n.function JOIN pg_type y ON y.oid = f.prorettype
        LEFT JOIN (SELECT DISTINCT tree, query FROM nodes WHERE type = 'RANGETBLENTRY') r ON r.tree = n.tree AND r.query = n.query
        WHERE n.type = 'FUNCEXPR' AND n.per_row AND n.function <> ALL (scope.native_readers)
            AND (n.reads_caller OR f.provolatile = 's' AND f.pronamespace <> 'pg_catalog'::regnamespace
                AND NOT (f.pronamespace = 'tenancy'::regnamespace AND f.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')))
            AND NOT EXISTS (SELECT FROM nodes v WHERE v.tree = n.tree AND v.type = 'VAR' AND n.id = ANY (v.ancestors))
            AND (n.query IS NULL OR r.query IS NOT NULL)
            -- (Within another sub-select, too, it may be wrapped already.)
            AND NOT EXISTS (SELECT FROM nodes q WHERE q.tree = n.tree AND q.type = 'QUERY' AND q.id = ANY (n.ancestors)
                AND NOT EXISTS (SELECT FROM nodes i WHERE i.tree = q.tree AND i.type IN ('VAR', 'RANGETBLENTRY') AND q.id = ANY (i.ancestors)))
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, p.relation, array_agg(DISTINCT c.function) AS functions, bool_and(c.is_bare) AS all_bare,
            '(?<![[:alnum:]_".])(?:' || string_agg(DISTINCT regexp_replace(c.function::regproc::text, '([^[:alnum:]_])', '\\\1', 'g'), '|') || ')\(\)' AS pattern
        FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) AS e (tree) JOIN calls c ON c.tree = e.tree
        GROUP BY 1, 2, 3, 4
    ), mended AS MATERIALIZED (
        -- An array in a sub-select needs a cast, and of what takes arguments a person has to say what belongs inside.
        SELECT f.policy, string_agg(format(' %s (%s)', e.clause, regexp_replace(e.expression, '(?<!SELECT )' || f.pattern, '( SELECT \&)', 'g')), '' ORDER BY e.clause) AS clauses
        FROM found f JOIN pg_policy p ON p.oid = f.policy
        CROSS JOIN LATERAL (VALUES ('USING', pg_get_expr(p.polqual, p.polrelid), p.polqual::text), ('WITH CHECK', pg_get_expr(p.polwithcheck, p.polrelid), p.polwithcheck::text)) AS e (clause, expression, tree)
        WHERE f.all_bare AND e.expression IS NOT NULL
        GROUP BY 1
        -- (Not where a text in it looks like a call.)
        HAVING bool_and(regexp_count(e.expression, f.pattern) = regexp_count(e.tree, ':funcid (' || array_to_string(f.functions, '|') || ') '))
    )
    SELECT 'warning', f.object, 'a call that tells who is calling is made once per row',
        format('It calls %s.', (SELECT string_agg(c::regprocedure::text, ', ' ORDER BY c::regprocedure::text) FROM unnest(f.functions) c)),
        format('ALTER POLICY %I ON %s', f.name, f.relation::regclass) || m.clauses
    FROM found f LEFT JOIN mended m ON m.policy = f.policy
$$;
COMMENT ON FUNCTION tenancy.audit_unwrapped_call(tenancy.audit_scope) IS 'Rule unwrapped_call of tenancy.audit().';

-- (SELECT f() = column): the sub-select reads a column of the row, so it is run once for each, and no index helps. It is
-- written so by those who were told to wrap calls into (SELECT ...), and wrapped too much.
CREATE FUNCTION tenancy.audit_correlated_call(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller FROM unnest(scope.nodes) n
    ), found AS MATERIALIZED (
        SELECT DISTINCT query.tree, call.function, var.own_column FROM nodes query
        JOIN nodes call ON call.tree = query.tree AND call.query = query.id AND call.reads_caller
        JOIN nodes var ON var.tree = query.tree AND var.query = query.id AND var.own_column > 0
        WHERE query.type = 'QUERY' AND query.depth = 0
            -- (One that reads tables is another matter: membership_by_subselect.)
            AND NOT EXISTS (SELECT FROM nodes t WHERE t.tree = query.tree AND t.query = query.id AND t.type = 'RANGETBLENTRY')
    )
    SELECT DISTINCT 'warning', p.object, 'a sub-select holds a call and a column of the row together, and runs once per row',
        format('It calls %s beside column %I.', f.function::regprocedure, a.attname), NULL::text
    FROM found f JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = f.tree
    JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum = f.own_column
$$;
COMMENT ON FUNCTION tenancy.audit_correlated_call(tenancy.audit_scope) IS 'Rule correlated_call of tenancy.audit().';

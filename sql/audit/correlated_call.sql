-- (SELECT f() = column): the sub-select reads a column of the row, so it is run once for each, and no index helps. It is
-- written so by those who were told to wrap calls into (SELECT ...), and wrapped too much.
CREATE FUNCTION tenancy.audit_correlated_call(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT DISTINCT 'warning', p.object, 'a sub-select holds a call and a column of the row together, and runs once per row',
        format('It calls %s beside column %I.', call.function::regprocedure, a.attname), NULL::text
    FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)
    JOIN unnest(scope.nodes) query ON query.tree = e.tree AND query.type = 'QUERY' AND query.depth = 0
    JOIN unnest(scope.nodes) call ON call.tree = query.tree AND call.query = query.id AND call.reads_caller
    JOIN unnest(scope.nodes) var ON var.tree = query.tree AND var.query = query.id AND var.own_column > 0
    JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum = var.own_column
    -- (One that reads tables is another matter: membership_by_subselect.)
    WHERE NOT EXISTS (SELECT FROM unnest(scope.nodes) t WHERE t.tree = query.tree AND t.query = query.id AND t.type = 'RANGETBLENTRY')
$$;
COMMENT ON FUNCTION tenancy.audit_correlated_call(tenancy.audit_scope) IS 'Rule correlated_call of tenancy.audit().';

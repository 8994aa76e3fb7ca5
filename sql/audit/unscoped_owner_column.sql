-- Rows go by their user alone, or by what else the caller says, where the table has a tenant too: whoever is a member of two
-- tenants, or of one no longer, works with the rows of both; and two tenants may have a department of one name.
CREATE FUNCTION tenancy.audit_unscoped_owner_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH narrow AS MATERIALIZED (
        SELECT DISTINCT p.relation FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) x (tree)
        JOIN unnest(scope.trees) e ON e.tree = x.tree AND e.tied JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.tenant_column = ANY (e.columns)
        WHERE NOT p.permissive
    ), unknown AS MATERIALIZED (
        -- A table or a function of the user's own may lead to the tenant.
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY' OR n.function >= 16384 AND NOT n.reads_caller
    ), asking AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.reads_caller
    )
    -- (By one that lets rows be written they are put into a tenant of the caller's choice.)
    SELECT CASE WHEN bool_or(x.open ~ format('[%s-]', translate(t.granted, 'rd', ''))) THEN 'warning' ELSE 'notice' END, x.object,
        CASE WHEN bool_or(COALESCE(t.user_column = ANY (x.columns), false)) THEN 'it goes by the user, and not by the tenant' ELSE 'it goes by other columns, and not by the tenant' END,
        tenancy.policy_text(x.policy), NULL::text
    FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation
    LEFT JOIN narrow n ON n.relation = x.relation LEFT JOIN unknown u ON u.tree = x.tree LEFT JOIN asking a ON a.tree = x.tree
    WHERE (t.user_column = ANY (x.columns) OR x.columns <> '{}' AND a.tree IS NOT NULL AND u.tree IS NULL)
        AND NOT t.tenant_column = ANY (x.columns) AND x.always IS NULL AND n.relation IS NULL AND t.asked IS NULL
    GROUP BY x.policy, x.object
$$;
COMMENT ON FUNCTION tenancy.audit_unscoped_owner_column(tenancy.audit_scope) IS 'Rule unscoped_owner_column of tenancy.audit().';

-- Permissive policies add up: one that is written too wide, next year, opens the table, and nothing stands under it.
CREATE FUNCTION tenancy.audit_no_restrictive_floor(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'notice', t.object, 'no RESTRICTIVE policy holds when a permissive one is too wide', NULL::text, NULL::text
    FROM unnest(scope.tables) t
    JOIN (
        SELECT p.relation FROM unnest(scope.policies) p LEFT JOIN unnest(scope.trees) e ON NOT p.permissive AND e.tree = COALESCE(p.using_tree, p.check_tree) AND e.tied
        GROUP BY 1 HAVING bool_or(p.permissive AND p.roles && scope.callers) AND count(e.tree) = 0
    ) p ON p.relation = t.relation
    WHERE t.has_owners AND t.row_security AND t.asked IS NULL AND t.granted <> ''
$$;
COMMENT ON FUNCTION tenancy.audit_no_restrictive_floor(tenancy.audit_scope) IS 'Rule no_restrictive_floor of tenancy.audit().';

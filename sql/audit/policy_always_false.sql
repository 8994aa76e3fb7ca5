-- A policy that is never true. A permissive one takes nothing away from what other policies allow, and whoever wrote it may
-- have meant it to.
CREATE FUNCTION tenancy.audit_policy_always_false(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT DISTINCT 'notice', p.object, CASE WHEN p.permissive THEN 'it is never true, so it lets nobody in; it keeps out nobody whom another policy lets in' ELSE 'it is never true, so nobody gets in' END,
        tenancy.policy_text(p.policy), NULL::text
    FROM unnest(scope.trees) t
    JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = t.tree
    WHERE t.always = false
    UNION ALL
    SELECT 'notice', p.object, 'it has no expression, so it lets nobody in', tenancy.policy_text(p.policy), NULL
    FROM unnest(scope.policies) p WHERE p.permissive AND p.using_tree IS NULL AND p.check_tree IS NULL
$$;
COMMENT ON FUNCTION tenancy.audit_policy_always_false(tenancy.audit_scope) IS 'Rule policy_always_false of tenancy.audit().';

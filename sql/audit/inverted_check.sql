-- caller() IS NULL OR tenant_id = caller(): whoever is nobody sees every row. So does a session of which the claims were
-- forgotten or are malformed.
CREATE FUNCTION tenancy.audit_inverted_check(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH inverted AS MATERIALIZED (SELECT t.tree FROM unnest(scope.trees) t WHERE t.inverted)
    SELECT CASE WHEN bool_or(x.granted <> '' AND NOT x.apart) THEN 'error' ELSE 'warning' END, x.object, 'it lets in whoever is nobody', tenancy.policy_text(x.policy), NULL::text
    FROM inverted i JOIN (
        SELECT s.policy, s.object, s.tree, s.apart, t.granted FROM unnest(scope.tests) s JOIN unnest(scope.tables) t ON t.relation = s.relation WHERE s.open <> ''
        UNION ALL
        -- (A RESTRICTIVE one lets in nobody by itself, and narrows nothing for nobody.)
        SELECT p.policy, p.object, e.tree, true, '' FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree) WHERE NOT p.permissive
    ) x ON x.tree = i.tree
    GROUP BY x.policy, x.object
$$;
COMMENT ON FUNCTION tenancy.audit_inverted_check(tenancy.audit_scope) IS 'Rule inverted_check of tenancy.audit().';

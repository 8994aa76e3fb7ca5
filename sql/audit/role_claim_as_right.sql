-- The claim role is the name of a database role: gateways take it for SET ROLE. What a provider writes there of its own, admin
-- or member, is a business role of somewhere, with no tenant to it.
CREATE FUNCTION tenancy.audit_role_claim_as_right(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH claims AS MATERIALIZED (
        SELECT c.tree, c.used_in FROM unnest(scope.claims) c WHERE c.path = '{role}'
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.type, n.value, n.fields ->> 'consttype' AS consttype FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT tree FROM claims)
    ), compared AS MATERIALIZED (
        -- With constants beside it, in a list too, or with a column
        SELECT c.tree, v.value FROM claims c
        JOIN nodes o ON o.tree = c.tree AND o.id = c.used_in AND o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR')
        JOIN nodes a ON a.tree = c.tree AND a.parent = o.id
        JOIN nodes k ON k.tree = c.tree AND (k.id = a.id OR k.parent = a.id AND a.type IN ('ARRAYEXPR', 'RELABELTYPE')) AND k.type IN ('CONST', 'VAR')
        CROSS JOIN LATERAL unnest(CASE WHEN k.type = 'VAR' THEN ARRAY[NULL] WHEN k.consttype = '1009' THEN k.value::text[] ELSE ARRAY[k.value] END) v (value)
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.value FROM compared c
        WHERE c.value IS NULL
            OR c.value <> ALL (ARRAY['', 'authenticated', 'anon', 'anonymous', 'service_role', tenancy.setting('authenticated'),
                tenancy.setting('anonymous')] || tenancy.staff_roles()::text[])
    )
    SELECT 'warning', p.object, 'it takes the claim role for a right, which names a database role',
        format('It compares it with %s.', string_agg(DISTINCT COALESCE(quote_literal(f.value), 'a column'),
            ', ' ORDER BY COALESCE(quote_literal(f.value), 'a column'))), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_role_claim_as_right(tenancy.audit_scope) IS 'Rule role_claim_as_right of tenancy.audit().';

-- The tenant column compared with a constant: a tenant that is written into a policy is not the caller's.
CREATE FUNCTION tenancy.audit_literal_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.depth, n.own_column, n.fields ->> 'constisnull' AS is_null,
            (n.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '=') AS equals,
            n.type IN ('CONST', 'RELABELTYPE', 'COERCEVIAIO', 'ARRAYEXPR', 'ARRAYCOERCEEXPR') OR n.type = 'FUNCEXPR' AND f.provolatile = 'i' AS constant,
            n.type IN ('RELABELTYPE', 'COERCEVIAIO') OR n.type = 'FUNCEXPR' AND n.function IN (SELECT c.castfunc FROM pg_cast c) AS is_cast
        FROM unnest(scope.nodes) n LEFT JOIN pg_proc f ON f.oid = n.function
    ), constants AS MATERIALIZED (
        -- The sides of comparisons that are nothing but constants
        SELECT o.tree, o.id AS comparison FROM nodes o JOIN nodes side ON side.tree = o.tree AND side.parent = o.id
        JOIN nodes n ON n.tree = side.tree AND (n.id = side.id OR side.id = ANY (n.ancestors))
        WHERE o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.equals
        GROUP BY 1, 2, side.id
        HAVING bool_and(n.constant) AND bool_or(n.type = 'CONST' AND n.is_null = 'false')
    ), itself AS MATERIALIZED (
        -- The column as it is, or cast
        SELECT v.tree, v.id, v.own_column, o.id AS comparison FROM nodes v JOIN nodes o ON o.tree = v.tree AND o.id = ANY (v.ancestors) AND o.depth = v.depth
        WHERE v.own_column IS NOT NULL AND o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND NOT EXISTS (
            SELECT FROM nodes b WHERE b.tree = v.tree AND b.id = ANY (v.ancestors[cardinality(o.ancestors) + 2:]) AND NOT b.is_cast)
    )
    SELECT DISTINCT 'warning', p.object, 'it names a tenant', tenancy.policy_text(p.policy), NULL::text
    FROM constants c JOIN itself v ON v.tree = c.tree AND v.comparison = c.comparison
    JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = v.tree
    JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.tenant_column = v.own_column
$$;
COMMENT ON FUNCTION tenancy.audit_literal_tenant(tenancy.audit_scope) IS 'Rule literal_tenant of tenancy.audit().';

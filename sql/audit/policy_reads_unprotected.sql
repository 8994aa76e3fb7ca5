-- A policy asks another table who may, and that table has no row security: whoever may write there lets themselves in.
CREATE FUNCTION tenancy.audit_policy_reads_unprotected(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH reads AS MATERIALIZED (
        SELECT DISTINCT n.tree, c.oid AS relation, c.relnamespace, c.relacl FROM unnest(scope.nodes) n JOIN pg_class c ON c.oid = (n.fields ->> 'relid')::oid
        WHERE n.type = 'RANGETBLENTRY' AND n.fields ->> 'rtekind' = '0' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
            AND c.relnamespace <> ALL ('{pg_catalog,information_schema,tenancy,auth}'::regnamespace[]::oid[])
    ), rights AS MATERIALIZED (
        SELECT r.relation, bool_or(a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')) AS writes, string_agg(DISTINCT a.privilege_type, ', ') AS listed
        FROM (SELECT DISTINCT relation, relnamespace FROM reads) r
        JOIN pg_namespace s ON s.oid = r.relnamespace
        CROSS JOIN LATERAL (
            SELECT x.privilege_type, x.grantee FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = r.relation AND x.grantee <> c.relowner
            UNION ALL SELECT x.privilege_type, x.grantee FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = r.relation
        ) a
        WHERE a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND a.grantee = ANY (scope.callers)
            AND EXISTS (SELECT FROM aclexplode(COALESCE(s.nspacl, acldefault('n', s.nspowner))) u WHERE u.privilege_type = 'USAGE' AND u.grantee = ANY (scope.callers) AND u.grantee <> s.nspowner)
        GROUP BY 1
    )
    SELECT CASE WHEN bool_or(g.writes) THEN 'error' ELSE 'notice' END, p.object,
        CASE WHEN bool_or(g.writes) THEN 'it goes by a table without row security, which callers may write' ELSE 'it goes by a table without row security, which callers may read' END,
        format('Callers may: %s.', string_agg(DISTINCT format('%s on table %s', g.listed, g.relation::regclass), '; ')), NULL::text
    FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree) JOIN reads r ON r.tree = e.tree JOIN rights g ON g.relation = r.relation
    WHERE p.roles && scope.callers AND r.relation <> p.relation
    GROUP BY p.policy, p.object
$$;
COMMENT ON FUNCTION tenancy.audit_policy_reads_unprotected(tenancy.audit_scope) IS 'Rule policy_reads_unprotected of tenancy.audit().';

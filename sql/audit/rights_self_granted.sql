-- Policies ask another table for the caller's tenant or role, and by a policy of that table callers write this themselves: user_id
-- = auth.user_id() says who they are, and they say where they are a member, or that they are an admin.
CREATE FUNCTION tenancy.audit_rights_self_granted(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH entries AS MATERIALIZED (
        -- A column's varno counts these.
        SELECT n.tree, n.parent, n.depth, (n.fields ->> 'relid')::oid AS relation, row_number() OVER (PARTITION BY n.tree, n.parent ORDER BY n.id) AS place
        FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY'
    ), sources AS MATERIALIZED (
        SELECT e.tree, e.parent, e.depth, e.place, t.relation, t.tenant_column, t.user_column FROM entries e
        JOIN unnest(scope.tables) t ON t.relation = e.relation AND t.row_security AND t.asked IS NULL AND t.granted ~ '[aw]'
    ), named AS MATERIALIZED (
        -- The columns of theirs that policies go by: the tenant, and what by its name is a right
        SELECT DISTINCT s.tree, s.relation, a.attnum, a.attname FROM sources s
        JOIN unnest(scope.nodes) v ON v.tree = s.tree AND v.type = 'VAR' AND v.own_column IS NULL AND (v.fields ->> 'varno')::int = s.place
            AND v.depth - (v.fields ->> 'varlevelsup')::int = s.depth AND s.parent = ANY (v.ancestors)
        JOIN pg_attribute a ON a.attrelid = s.relation AND a.attnum = (v.fields ->> 'varattno')::smallint
        WHERE a.attnum = s.tenant_column OR a.attnum IS DISTINCT FROM s.user_column AND a.attname ~* '(role|admin|staff|super|permission)'
    ), believing AS MATERIALIZED (
        -- Policies of other tables that find the caller there
        SELECT n.relation, n.attnum, n.attname, array_agg(DISTINCT p.object) AS policies FROM named n
        JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = n.tree AND p.relation <> n.relation AND p.roles && scope.callers
        WHERE n.tree IN (SELECT r.tree FROM unnest(scope.nodes) r WHERE r.reads_caller) GROUP BY 1, 2, 3
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, b.attname, b.policies FROM believing b
        JOIN unnest(scope.tests) x ON x.relation = b.relation AND x.tied AND x.always IS NULL AND NOT b.attnum = ANY (x.columns)
        JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.user_column = ANY (x.columns)
        -- (A USING without a check tests what is written too.)
        WHERE (x.clause = 'WITH CHECK' OR NOT EXISTS (SELECT FROM unnest(scope.policies) p WHERE p.policy = x.policy AND p.check_tree IS NOT NULL)) AND EXISTS (
            SELECT FROM (SELECT g.privilege_type, g.grantee FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = b.relation
                UNION ALL SELECT g.privilege_type, g.grantee FROM pg_attribute c, aclexplode(c.attacl) g WHERE c.attrelid = b.relation AND c.attnum = b.attnum) g
            WHERE g.grantee = ANY (scope.callers) AND g.grantee <> t.owner AND strpos(x.open, CASE g.privilege_type WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE '-' END) > 0)
    )
    SELECT 'warning', f.object, 'callers write by it what other policies go by',
        format('They choose %s themselves. It is asked by %s.', string_agg(DISTINCT quote_ident(f.attname), ', '),
            (SELECT string_agg(DISTINCT p, ', ') FROM found o, unnest(o.policies) p WHERE o.policy = f.policy)), NULL::text
    FROM found f GROUP BY f.policy, f.object
$$;
COMMENT ON FUNCTION tenancy.audit_rights_self_granted(tenancy.audit_scope) IS 'Rule rights_self_granted of tenancy.audit().';

-- The sub-select of a policy is itself subject to the policies of the table it reads. Where these lead back to the policy's own
-- table, every query that has to ask it fails, and soon somebody switches row security off.
CREATE FUNCTION tenancy.audit_policy_recursion(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE guarded AS MATERIALIZED (
        SELECT t.relation FROM unnest(scope.tables) t WHERE t.row_security
    ), policies AS MATERIALIZED (
        SELECT p.* FROM unnest(scope.policies || scope.pack_policies) p JOIN guarded g ON g.relation = p.relation
    ), sublinks AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'SUBLINK'
    ), reads AS MATERIALIZED (
        -- Which policies have a sub-select over which tables with row security; those of protect() as the catalog says
        SELECT DISTINCT p.policy, p.relation, p.command, p.roles, g.relation AS target, e.is_using
        FROM unnest(scope.nodes) n JOIN guarded g ON g.relation = (n.fields ->> 'relid')::oid
        JOIN (policies p CROSS JOIN LATERAL (VALUES (p.using_tree, true), (p.check_tree, false)) e (tree, is_using)) ON e.tree = n.tree
        WHERE n.type = 'RANGETBLENTRY' AND n.fields ->> 'rtekind' = '0'
        UNION
        SELECT p.policy, p.relation, p.command, p.roles, g.relation, true FROM policies p
        JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.policy AND d.refclassid = 'pg_class'::regclass
        JOIN guarded g ON g.relation = d.refobjid AND g.relation <> p.relation
        WHERE p.ours
    ), steps AS MATERIALIZED (
        -- A sub-select asks the policies for SELECT, if any of them lets anybody in.
        SELECT DISTINCT r.relation, r.target, r.roles FROM reads r
        WHERE r.command IN ('r', '*') AND r.is_using AND EXISTS (SELECT FROM policies p WHERE p.relation = r.relation AND p.permissive AND p.command IN ('r', '*'))
    ), asking AS MATERIALIZED (
        -- Postgres calls it a recursion if the table that it comes back to has any sub-select in these. (A gate is one.)
        SELECT p.relation, p.roles FROM policies p LEFT JOIN sublinks s ON s.tree = p.using_tree
        WHERE p.command IN ('r', '*') AND (s.tree IS NOT NULL OR p.name = 'tenancy_gate' AND p.ours)
    ), reached AS (
        SELECT DISTINCT r.policy, r.relation AS start, r.target AS first, r.target, CASE WHEN 0 = ANY (r.roles) THEN '{0}' ELSE r.roles END AS roles
        FROM reads r WHERE NOT r.command IN ('r', '*') OR NOT r.is_using OR EXISTS (SELECT FROM steps s WHERE s.relation = r.relation)
        UNION
        SELECT r.policy, r.start, r.first, s.target, b.roles
        FROM reached r JOIN steps s ON s.relation = r.target AND r.target <> r.start
        CROSS JOIN LATERAL (SELECT CASE WHEN 0 = ANY (s.roles) THEN r.roles WHEN 0 = ANY (r.roles) THEN s.roles ELSE ARRAY(SELECT unnest(s.roles) INTERSECT SELECT unnest(r.roles) ORDER BY 1) END) b (roles)
        WHERE b.roles <> '{}'
    )
    SELECT 'error', p.object, 'queries that ask it fail with infinite recursion',
        CASE WHEN bool_or(r.first = r.start) THEN 'Its sub-select reads its own table.'
            ELSE format('Its sub-select reads %s, of which the policies lead back.', string_agg(DISTINCT 'table ' || r.first::regclass, ', ')) END, NULL::text
    FROM reached r JOIN policies p ON p.policy = r.policy
    WHERE r.target = r.start AND NOT p.ours AND EXISTS (
        SELECT FROM asking a WHERE a.relation = r.start AND (a.roles && r.roles OR 0 = ANY (a.roles) OR 0 = ANY (r.roles)))
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_policy_recursion(tenancy.audit_scope) IS 'Rule policy_recursion of tenancy.audit().';

-- Several permissive policies of one role and command: each is tested for every row, and what they let in adds up.
CREATE FUNCTION tenancy.audit_multiple_permissive_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH pairs AS MATERIALIZED (
        SELECT a.relation, a.object AS first, a.name AS name, b.name AS other FROM unnest(scope.policies) a
        JOIN unnest(scope.policies || scope.pack_policies) b ON b.relation = a.relation AND b.permissive AND (b.ours OR b.policy > a.policy) AND (a.command = b.command OR '*' IN (a.command, b.command))
            AND (a.roles && b.roles OR 0 = ANY (a.roles) OR 0 = ANY (b.roles))
        WHERE a.permissive AND a.roles && scope.callers AND b.roles && scope.callers
    )
    SELECT 'notice', t.object, 'several permissive policies are for the same role and command', format('Those are: %s.', string_agg(DISTINCT quote_ident(n), ', ')), NULL::text
    FROM pairs p JOIN unnest(scope.tables) t ON t.relation = p.relation CROSS JOIN LATERAL (VALUES (p.name), (p.other)) x (n)
    GROUP BY t.object
$$;
COMMENT ON FUNCTION tenancy.audit_multiple_permissive_policies(tenancy.audit_scope) IS 'Rule multiple_permissive_policies of tenancy.audit().';

-- A VOLATILE function in a policy is called for every row of the table, and no index is used for what it is compared with. One
-- that was not declared at all is VOLATILE.
CREATE FUNCTION tenancy.audit_volatile_in_policy(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH calls AS MATERIALIZED (
        SELECT DISTINCT n.tree, f.oid AS function FROM unnest(scope.nodes) n JOIN pg_proc f ON f.oid = n.function AND f.provolatile = 'v' WHERE n.per_row
    )
    SELECT 'warning', p.object, 'it calls a VOLATILE function, which is run once per row and keeps indexes out',
        format('VOLATILE: %s.', string_agg(DISTINCT c.function::regprocedure::text, ', ' ORDER BY c.function::regprocedure::text)), NULL::text
    FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) AS e (tree) JOIN calls c ON c.tree = e.tree GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_volatile_in_policy(tenancy.audit_scope) IS 'Rule volatile_in_policy of tenancy.audit().';

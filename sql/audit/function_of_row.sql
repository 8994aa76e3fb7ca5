-- A function that takes a column of the row, is_member(tenant_id), is called for each row that is looked at, and no index helps:
-- wrapped into (SELECT ...) or not. It reads the same few memberships a million times.
CREATE FUNCTION tenancy.audit_function_of_row(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.own_column, n.function FROM unnest(scope.nodes) n
        WHERE n.type = 'FUNCEXPR' AND n.per_row AND n.function <> ALL (scope.native_readers) OR n.own_column IS NOT NULL
    ), calls AS MATERIALIZED (
        -- What is IMMUTABLE reads no tables, and may have an index of its own.
        SELECT DISTINCT n.tree, n.function
        FROM nodes n JOIN pg_proc f ON f.oid = n.function
        WHERE n.type = 'FUNCEXPR' AND f.provolatile <> 'i' AND f.pronamespace <> 'pg_catalog'::regnamespace
            AND EXISTS (SELECT FROM nodes v WHERE v.tree = n.tree AND v.own_column IS NOT NULL AND n.id = ANY (v.ancestors))
    )
    SELECT 'warning', p.object, 'a function of a column of the row is called once per row, and no index helps',
        format('It calls %s.', string_agg(DISTINCT c.function::regprocedure::text, ', ' ORDER BY c.function::regprocedure::text)), NULL::text
    FROM unnest(scope.policies) p JOIN calls c ON c.tree = p.using_tree GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_function_of_row(tenancy.audit_scope) IS 'Rule function_of_row of tenancy.audit().';

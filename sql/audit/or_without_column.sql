-- is_staff() OR tenant_id = ...: an arm that names no column of the table may let every row in, so Postgres has to be ready to
-- read them all, for callers too who are no staff.
CREATE FUNCTION tenancy.audit_or_without_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.query, n.own_column, n.fields ->> 'boolop' AS boolop FROM unnest(scope.nodes) n
        WHERE n.query IS NULL OR n.own_column IS NOT NULL
    ), arms AS MATERIALIZED (
        -- (A constant arm is for policy_always_true, or falls away.)
        SELECT a.tree, o.id AS choice, array_remove(array_agg(v.own_column), NULL) AS columns
        FROM nodes o JOIN nodes a ON a.tree = o.tree AND a.parent = o.id AND a.type <> 'CONST'
        LEFT JOIN nodes v ON v.tree = a.tree AND v.own_column IS NOT NULL AND (v.id = a.id OR a.id = ANY (v.ancestors))
        WHERE o.boolop = 'or' AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = o.tree AND b.boolop = 'not' AND b.id = ANY (o.ancestors))
        GROUP BY a.tree, o.id, a.id
    )
    SELECT DISTINCT 'notice', p.object, 'an arm of an OR names no column of the table, which costs the others the index', pg_get_expr(q.polqual, q.polrelid), NULL::text
    FROM unnest(scope.policies) p
    JOIN arms bare ON bare.tree = p.using_tree AND bare.columns = '{}'
    JOIN unnest(scope.tables) t ON t.relation = p.relation
    JOIN arms other ON other.tree = bare.tree AND other.choice = bare.choice AND (t.tenant_column = ANY (other.columns) OR t.user_column = ANY (other.columns))
    JOIN pg_policy q ON q.oid = p.policy
    -- (A floor that protect() wrote takes the index.)
    WHERE COALESCE(t.template, 'public_read') = 'public_read'
$$;
COMMENT ON FUNCTION tenancy.audit_or_without_column(tenancy.audit_scope) IS 'Rule or_without_column of tenancy.audit().';

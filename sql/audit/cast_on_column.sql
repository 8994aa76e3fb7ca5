-- tenant_id::text = ...: the index is on the column as it is. Cast, or passed through a function, the column has none, and every
-- query reads all rows.
CREATE FUNCTION tenancy.audit_cast_on_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.own_column, n.function, n.reads_caller, (n.fields ->> 'opno')::oid AS operator FROM unnest(scope.nodes) n
        WHERE n.query IS NULL OR n.reads_caller
    ), paths AS MATERIALIZED (
        -- From the first node down to the column: where is it compared, and what stands between?
        SELECT v.tree, v.id AS var, v.own_column, n.id, n.type, a.position, max(a.position) FILTER (WHERE e.operator IS NOT NULL) OVER (PARTITION BY v.tree, v.id) AS compared,
            n.type = 'FUNCEXPR' AND f.provolatile <> 'i' AND f.pronamespace <> 'pg_catalog'::regnamespace AS may_read
        FROM nodes v CROSS JOIN LATERAL unnest(v.ancestors) WITH ORDINALITY AS a (id, position) JOIN nodes n ON n.tree = v.tree AND n.id = a.id
        LEFT JOIN (SELECT DISTINCT o.amopopr AS operator FROM pg_amop o JOIN pg_am m ON m.oid = o.amopmethod AND m.amname = 'btree' WHERE o.amopstrategy = 3) e
            ON e.operator = n.operator AND n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR')
        LEFT JOIN pg_proc f ON f.oid = n.function
        WHERE v.own_column > 0
    ), changed AS MATERIALIZED (
        -- RELABELTYPE changes the type, not the value: an index serves that. A function that may read tables is for function_of_row.
        SELECT p.tree, p.own_column, min(p.id) AS made FROM paths p WHERE p.position > p.compared GROUP BY p.tree, p.own_column, p.var
        HAVING bool_or(p.type <> 'RELABELTYPE') AND bool_and(p.type <> 'SUBLINK') AND NOT bool_or(COALESCE(p.may_read, false))
    ), found AS MATERIALIZED (
        -- A floor that protect() wrote takes the index. So does the tenant beside a user.
        SELECT p.policy, p.object, p.relation, c.own_column
        FROM unnest(scope.policies) p JOIN changed c ON c.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND c.own_column IN (t.tenant_column, t.user_column)
        WHERE COALESCE(t.template, 'public_read') = 'public_read'
            AND (c.own_column = COALESCE(t.tenant_column, t.user_column) OR NOT EXISTS (SELECT FROM nodes o WHERE o.tree = c.tree AND o.own_column = t.tenant_column))
            -- (COALESCE(caller, column) = column is for inverted_check.)
            AND NOT EXISTS (SELECT FROM nodes r WHERE r.tree = c.tree AND r.reads_caller AND c.made = ANY (r.ancestors))
    )
    SELECT DISTINCT 'warning', f.object, 'the column is cast or passed through a function before it is compared, so no index serves',
        format('Column %I, in %s', a.attname, pg_get_expr(q.polqual, q.polrelid)), NULL::text
    FROM found f JOIN pg_policy q ON q.oid = f.policy JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column
    -- An index on an expression of the column may serve.
    WHERE NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
        WHERE i.indrelid = f.relation AND d.refobjsubid = f.own_column AND i.indkey[0] = 0)
$$;
COMMENT ON FUNCTION tenancy.audit_cast_on_column(tenancy.audit_scope) IS 'Rule cast_on_column of tenancy.audit().';

-- Where one tenant has much of a table, the planner should know which one is asking. It evaluates a bare STABLE call to estimate,
-- and finds that tenant's share in its statistics; of a sub-select it assumes an average tenant, and reads half the table by index.
CREATE FUNCTION tenancy.most_common_share(schema name, table_name name, column_name name) RETURNS real
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = on -- (What calls it switches that off.)
AS $$
    SELECT max(s.most_common_freqs[1]) FROM pg_stats s WHERE s.schemaname = schema AND s.tablename = table_name AND s.attname = column_name
$$;
COMMENT ON FUNCTION tenancy.most_common_share(name, name, name) IS
'Which share of a table''s rows has the most common value of a column, 0 to 1, as far as statistics that the current role may read tell; NULL where they do not.';

CREATE FUNCTION tenancy.audit_wrapped_call_skewed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.query, n.depth, n.own_column, n.function, n.fields FROM unnest(scope.nodes) n
        WHERE cardinality(scope.native_readers) > 0 AND n.type IN ('OPEXPR', 'SUBLINK', 'QUERY', 'TARGETENTRY', 'FUNCEXPR', 'VAR', 'RELABELTYPE')
    ), wrapped AS MATERIALIZED (
        -- column = (SELECT reader()), nothing else in the sub-select
        SELECT v.tree, v.own_column, f.function
        FROM nodes f
        JOIN nodes e ON e.tree = f.tree AND e.id = f.parent AND e.type = 'TARGETENTRY'
        JOIN nodes q ON q.tree = f.tree AND q.id = e.parent AND q.type = 'QUERY' AND q.query IS NULL
        JOIN nodes s ON s.tree = f.tree AND s.id = q.parent AND s.fields ->> 'sublinktype' = '4'
        JOIN nodes o ON o.tree = f.tree AND o.id = s.parent AND o.type = 'OPEXPR'
        JOIN nodes v ON v.tree = f.tree AND v.own_column > 0 AND v.query IS NULL AND o.id = ANY (v.ancestors)
        LEFT JOIN nodes r ON r.tree = f.tree AND r.id = v.parent AND r.type = 'RELABELTYPE' AND r.parent = o.id
        WHERE f.type = 'FUNCEXPR' AND f.function = ANY (scope.native_readers) AND (v.parent = o.id OR r.id IS NOT NULL)
            AND EXISTS (SELECT FROM pg_amop a JOIN pg_am m ON m.oid = a.amopmethod AND m.amname = 'btree' WHERE a.amopopr = (o.fields ->> 'opno')::oid AND a.amopstrategy = 3)
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, p.relation, w.function, w.own_column
        FROM unnest(scope.policies) p JOIN wrapped w ON w.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND w.own_column IN (t.tenant_column, t.user_column)
    ), named AS MATERIALIZED (
        SELECT f.*, a.attname, tenancy.most_common_share(n.nspname, c.relname, a.attname) AS share
        FROM found f JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column JOIN pg_class c ON c.oid = f.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    )
    SELECT 'notice', f.object, 'one owner has much of the table, and the sub-select keeps the planner from knowing when it is theirs', format(
            'Column %I: the most common value is in %s %% of the rows. %s costs next to nothing per row.', f.attname, round((f.share * 100)::numeric), f.function::regprocedure),
        (SELECT format('ALTER POLICY %I ON %s', f.name, f.relation::regclass) || string_agg(format(' %s (%s)', e.clause, replace(e.expression, w.written, w.bare)), '' ORDER BY e.clause)
            FROM pg_policy p, LATERAL (VALUES ('USING', pg_get_expr(p.polqual, p.polrelid)), ('WITH CHECK', pg_get_expr(p.polwithcheck, p.polrelid))) AS e (clause, expression),
                LATERAL (SELECT f.function::regproc || '()', format('( SELECT %s() AS %I)', f.function::regproc, g.proname) FROM pg_proc g WHERE g.oid = f.function) w (bare, written)
            WHERE p.oid = f.policy AND e.expression IS NOT NULL
            -- (A text in it may look like a call.)
            HAVING bool_and(strpos(e.expression, '''') = 0))
    FROM named f WHERE f.share >= 0.3
$$;
COMMENT ON FUNCTION tenancy.audit_wrapped_call_skewed(tenancy.audit_scope) IS 'Rule wrapped_call_skewed of tenancy.audit().';

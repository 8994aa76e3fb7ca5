-- A policy lets whoever is not signed in write rows that belong to tenants, or read them.
CREATE FUNCTION tenancy.audit_anonymous_writes(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.fields ->> 'boolop' AS boolop,
            n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR p.pronamespace <> 'pg_catalog'::regnamespace AS asks
        FROM unnest(scope.nodes) n LEFT JOIN pg_proc p ON p.oid = n.function WHERE n.type IN ('BOOLEXPR', 'FUNCEXPR', 'SQLVALUEFUNCTION', 'NULLTEST') OR n.ancestors = '{}' OR n.field = 'args'
    ), arms AS MATERIALIZED (
        -- What the whole needs: each of its arms if it is an AND (any one that asks for the caller closes it), one if it is an OR.
        SELECT r.tree, r.boolop, a.id, COALESCE(bool_or(n.asks), false) AS asks FROM nodes r
        JOIN nodes a ON a.tree = r.tree AND (CASE WHEN r.boolop IN ('and', 'or') THEN a.parent = r.id ELSE a.id = r.id END)
        LEFT JOIN nodes n ON n.tree = a.tree AND n.asks AND (n.id = a.id OR a.id = ANY (n.ancestors))
        WHERE r.ancestors = '{}' GROUP BY 1, 2, 3
    ), unasked AS MATERIALIZED (
        SELECT a.tree FROM arms a GROUP BY a.tree, a.boolop HAVING CASE a.boolop WHEN 'or' THEN bool_or(NOT a.asks) ELSE NOT bool_or(a.asks) END
    ), anonymous AS MATERIALIZED (
        SELECT r.oid AS role, ARRAY(SELECT o.oid FROM pg_roles o WHERE pg_has_role(r.oid, o.oid, 'USAGE')) || 0::oid AS roles FROM pg_roles r
        WHERE r.rolname = tenancy.setting('anonymous') AND r.oid = ANY (scope.callers)
    ), found AS MATERIALIZED (
        SELECT DISTINCT t.object, t.relation, t.schema, x.name, x.clause, l.command, a.role
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.has_owners AND t.row_security AND t.asked IS NULL
        JOIN unasked u ON u.tree = x.tree JOIN anonymous a ON a.roles && x.roles
        CROSS JOIN LATERAL regexp_split_to_table(x.commands, '') l (command)
        WHERE x.always IS DISTINCT FROM false AND strpos(t.granted, l.command) > 0
    )
    SELECT CASE WHEN bool_or(f.command <> 'r') THEN 'warning' ELSE 'notice' END, f.object,
        CASE WHEN bool_or(f.command <> 'r') THEN 'whoever is not signed in may write it' ELSE 'whoever is not signed in may read it' END,
        format('Role %s may %s, by %s.', f.role::regrole, string_agg(DISTINCT CASE f.command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, ', '), string_agg(DISTINCT format('policy %I', f.name), ', ')), NULL::text
    FROM found f
    WHERE has_schema_privilege(f.role, f.schema, 'USAGE') AND CASE f.command WHEN 'd' THEN has_table_privilege(f.role, f.relation, 'DELETE')
        ELSE has_any_column_privilege(f.role, f.relation, CASE f.command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' ELSE 'UPDATE' END) END
    GROUP BY f.object, f.role
$$;
COMMENT ON FUNCTION tenancy.audit_anonymous_writes(tenancy.audit_scope) IS 'Rule anonymous_writes of tenancy.audit().';

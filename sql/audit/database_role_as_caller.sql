-- owner = current_user: apps connect through a pool with one role, so that role is everybody, and each caller sees what any
-- other does.
CREATE FUNCTION tenancy.audit_database_role_as_caller(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.query, n.type, n.function, n.fields,
            -- (SQLValueFunctionOp of src/include/nodes/primnodes.h)
            CASE n.fields ->> 'op' WHEN '9' THEN 'current_role' WHEN '10' THEN 'current_user' WHEN '11' THEN 'user' WHEN '12' THEN 'session_user' END AS role
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('SQLVALUEFUNCTION', 'VAR', 'RANGETBLENTRY', 'FUNCEXPR') OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR')
    ), roles AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.query, n.role FROM nodes n WHERE n.type = 'SQLVALUEFUNCTION' AND n.role IS NOT NULL
        UNION ALL
        SELECT n.tree, n.id, n.ancestors, n.query, p.proname FROM nodes n JOIN pg_proc p ON p.oid = n.function
        WHERE n.type = 'FUNCEXPR' AND p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('current_user', 'session_user', 'getpgusername')
        UNION ALL
        SELECT c.tree, c.reader, n.ancestors, n.query, format('current_setting(%L)', c.setting)
        FROM unnest(scope.claims) c JOIN nodes n ON n.tree = c.tree AND n.id = c.reader WHERE lower(c.setting) IN ('role', 'session_authorization')
    ), compared AS MATERIALIZED (
        -- The innermost comparison, and what it is with: a constant, or a role in the catalog, is a matter of rights.
        SELECT r.tree, r.id, r.query, r.role, max(c.id) AS comparison FROM roles r
        JOIN nodes c ON c.tree = r.tree AND c.id = ANY (r.ancestors) JOIN pg_operator o ON o.oid = (c.fields ->> 'opno')::oid AND o.oprresult = 'bool'::regtype
        WHERE NOT EXISTS (SELECT FROM nodes f JOIN pg_proc p ON p.oid = f.function AND p.pronamespace = 'pg_catalog'::regnamespace
            AND p.proname ~ '^(pg_has_role|has_.*_privilege)$'
            WHERE f.tree = r.tree AND f.type = 'FUNCEXPR' AND f.id = ANY (r.ancestors))
        GROUP BY 1, 2, 3, 4
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.role FROM compared c
        WHERE EXISTS (SELECT FROM nodes v WHERE v.tree = c.tree AND v.type = 'VAR' AND c.comparison = ANY (v.ancestors))
            AND NOT EXISTS (SELECT FROM nodes t WHERE t.tree = c.tree AND t.query = c.query AND t.type = 'RANGETBLENTRY'
                AND (t.fields ->> 'relid')::oid::int8 < 16384)
    )
    SELECT 'warning', p.object, 'it takes the database role for the caller, and behind a pooler that is everybody',
        format('It compares %s.', string_agg(DISTINCT f.role, ', ' ORDER BY f.role)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_database_role_as_caller(tenancy.audit_scope) IS 'Rule database_role_as_caller of tenancy.audit().';

-- tenant_id IN (SELECT ...) and EXISTS (SELECT ... WHERE tenant_id = ...): Postgres never makes a join of a policy's sub-select, so
-- the table is read whole. tenant_id = ANY (ARRAY(SELECT ...)) takes the index.
CREATE FUNCTION tenancy.audit_membership_by_subselect(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.query, n.own_column, n.fields ->> 'sublinktype' AS link, n.fields ->> 'boolop' AS boolop
        FROM unnest(scope.nodes) n WHERE n.type IN ('SUBLINK', 'QUERY', 'BOOLEXPR', 'OPEXPR', 'RANGETBLENTRY') OR n.own_column IS NOT NULL
    ), links AS MATERIALIZED (
        -- (What is not to be in a list has to be looked for in any case.)
        SELECT s.tree, s.id, s.link, q.id AS query FROM nodes s JOIN nodes q ON q.tree = s.tree AND q.parent = s.id AND q.type = 'QUERY'
        WHERE s.type = 'SUBLINK' AND s.query IS NULL AND s.link IN ('0', '2')
            AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = s.tree AND b.boolop = 'not' AND b.id = ANY (s.ancestors))
    ), memberships AS MATERIALIZED (
        -- IN: column = a column of the sub-select, which reads no other of the row
        SELECT l.tree, l.id, l.link, v.own_column FROM links l
        JOIN nodes o ON o.tree = l.tree AND o.parent = l.id AND o.field = 'testexpr' AND o.type = 'OPEXPR'
        JOIN nodes v ON v.tree = l.tree AND o.id = ANY (v.ancestors) AND v.own_column > 0
        WHERE l.link = '2' AND NOT EXISTS (SELECT FROM nodes c WHERE c.tree = l.tree AND c.own_column IS NOT NULL AND c.query = l.query)
        UNION ALL
        -- EXISTS: of a table, and bound to the row by one column
        SELECT l.tree, l.id, l.link, min(v.own_column) FROM links l JOIN nodes v ON v.tree = l.tree AND v.query = l.query AND v.own_column IS NOT NULL
        WHERE l.link = '0' AND EXISTS (SELECT FROM nodes r WHERE r.tree = l.tree AND r.query = l.query AND r.type = 'RANGETBLENTRY')
        GROUP BY l.tree, l.id, l.link HAVING count(*) = 1
    ), found AS MATERIALIZED (
        -- (A floor that protect() wrote takes the index.)
        SELECT p.object, p.relation, m.own_column, m.link
        FROM unnest(scope.policies) p JOIN memberships m ON m.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND m.own_column IN (t.tenant_column, t.user_column)
        WHERE COALESCE(t.template, 'public_read') = 'public_read'
    )
    SELECT 'notice', f.object, 'membership is asked by a sub-select for each row, where an array would take the index',
        format('Column %s.', string_agg(DISTINCT format('%I, by %s', a.attname, CASE f.link WHEN '0' THEN 'EXISTS' ELSE 'IN (SELECT ...)' END), '; ')), NULL::text
    FROM found f JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column GROUP BY f.object
$$;
COMMENT ON FUNCTION tenancy.audit_membership_by_subselect(tenancy.audit_scope) IS 'Rule membership_by_subselect of tenancy.audit().';

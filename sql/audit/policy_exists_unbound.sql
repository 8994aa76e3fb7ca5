-- EXISTS (SELECT ... WHERE m.org_id = org_id): the name without a table is the sub-select's own column; IN (SELECT org_id FROM
-- owners): where owners has none it is the row's. Bound neither to the row nor to the caller, one row anywhere opens the table;
-- bound to the row alone, each row that has a counterpart is open to all.
CREATE FUNCTION tenancy.audit_policy_exists_unbound(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.own_column, n.function, n.reads_caller, n.fields FROM unnest(scope.nodes) n
    ), equalities AS MATERIALIZED (
        SELECT o.tree, o.id, o.ancestors, bool_or(v.own_column IS NOT NULL) AS of_row FROM nodes o JOIN nodes v ON v.tree = o.tree AND v.parent = o.id
        WHERE o.type = 'OPEXPR' AND o.depth > 0 AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=') GROUP BY 1, 2, 3
    ), selects AS MATERIALIZED (
        -- linked: to the row, by what an IN compares, or by an equality inside
        SELECT s.tree, s.id, s.ancestors, bool_or(n.own_column IS NOT NULL) AS of_row,
            bool_or(n.own_column IS NOT NULL AND (n.depth = 0 OR o.id IS NOT NULL)) AS linked,
            bool_or(n.own_column IS NOT NULL AND n.depth = 0) AS compares_row,
            COALESCE(bool_and(e.id IS NOT NULL) FILTER (WHERE n.own_column IS NOT NULL AND n.depth > 0), false) AS selects_row,
            bool_or(n.field = 'quals' AND q.id IS NULL) AS conditions,
            bool_or(n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR n.type = 'FUNCEXPR' AND p.pronamespace <> 'pg_catalog'::regnamespace) AS of_caller,
            bool_or(n.type = 'RANGETBLENTRY' AND n.fields ->> 'relid' IS NOT NULL) AS reads_tables,
            bool_or(n.type = 'RANGETBLENTRY' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity) AS reads_all,
            bool_or(n.type = 'RANGETBLENTRY' AND (n.fields ->> 'rtekind' <> '0' OR c.relkind NOT IN ('r', 'p') OR c.relrowsecurity)) AS reads_bound
        FROM nodes s JOIN nodes n ON n.tree = s.tree AND s.id = ANY (n.ancestors)
        LEFT JOIN pg_proc p ON p.oid = n.function LEFT JOIN pg_class c ON n.type = 'RANGETBLENTRY' AND c.oid = (n.fields ->> 'relid')::oid
        LEFT JOIN equalities o ON o.tree = n.tree AND o.id = n.parent LEFT JOIN equalities q ON q.tree = n.tree AND q.id = n.id AND q.of_row
        LEFT JOIN nodes e ON e.tree = n.tree AND e.id = n.parent AND e.type = 'TARGETENTRY' AND e.depth = 1
        WHERE s.type = 'SUBLINK' AND s.depth = 0 AND s.fields ->> 'sublinktype' IN ('0', '2') GROUP BY 1, 2, 3
    ), captured AS MATERIALIZED (
        -- A column of the sub-select compared with itself
        SELECT DISTINCT s.tree, s.id AS sublink FROM selects s
        JOIN equalities o ON o.tree = s.tree AND s.id = ANY (o.ancestors)
        JOIN nodes a ON a.tree = o.tree AND a.parent = o.id AND a.type = 'VAR' AND a.own_column IS NULL
        JOIN nodes b ON b.tree = o.tree AND b.parent = o.id AND b.type = 'VAR' AND b.id > a.id AND b.fields = a.fields
    ), judged AS MATERIALIZED (
        SELECT s.tree, s.id, s.ancestors, s.conditions, c.tree IS NOT NULL AS captured, s.reads_all, CASE
            WHEN c.tree IS NOT NULL AND (NOT s.linked OR NOT s.of_caller AND s.reads_all) OR NOT s.of_row AND NOT s.of_caller THEN 'unbound'
            WHEN s.compares_row AND s.selects_row THEN 'outward'
            WHEN c.tree IS NOT NULL THEN 'itself'
            WHEN s.linked AND NOT s.of_caller AND NOT s.reads_bound THEN 'row' END AS how
        FROM selects s LEFT JOIN captured c ON c.tree = s.tree AND c.sublink = s.id WHERE s.reads_tables
    ), unbound AS MATERIALIZED (
        SELECT s.tree, s.how, bool_or(s.captured) AS captured,
            bool_or(CASE s.how WHEN 'unbound' THEN s.captured OR s.reads_all WHEN 'outward' THEN true ELSE false END) AS clear, bool_or(s.conditions) AS conditions
        FROM judged s
        -- Under a NOT it closes. With another arm of an AND that names a column, or reads the caller beside it, it is one condition more.
        WHERE s.how IS NOT NULL AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'not')
            AND NOT EXISTS (
                SELECT FROM nodes b JOIN nodes v ON v.tree = b.tree AND v.own_column IS NOT NULL AND b.id = ANY (v.ancestors)
                WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'and'
                    AND v.ancestors[cardinality(b.ancestors) + 2] IS DISTINCT FROM (s.ancestors || s.id)[cardinality(b.ancestors) + 2])
        GROUP BY 1, 2
    ), found AS MATERIALIZED (
        -- (Where the tables that it reads have row security, that may bind it to the caller. What has a counterpart that fits a condition may be meant for all.)
        SELECT x.policy, x.object, u.how, NOT x.apart AND CASE u.how WHEN 'row' THEN NOT x.asks AND x.open ~ format('[%s-]', CASE WHEN u.conditions THEN translate(t.granted, 'r', '') ELSE t.granted END)
            ELSE u.clear AND x.open ~ format('[%s-]', t.granted) END AS clear
        FROM unbound u JOIN unnest(scope.tests) x ON x.tree = u.tree JOIN unnest(scope.tables) t ON t.relation = x.relation
        WHERE x.open <> '' AND (t.has_owners OR u.captured) AND (u.how <> 'row' OR NOT x.tied)
    )
    SELECT CASE WHEN bool_or(f.clear) THEN 'error' ELSE 'warning' END, f.object, CASE min(CASE f.how WHEN 'unbound' THEN 1 WHEN 'outward' THEN 2 WHEN 'row' THEN 3 ELSE 4 END)
            WHEN 1 THEN 'its sub-select is bound neither to the row nor to the caller' WHEN 2 THEN 'its sub-select selects a column of the row itself, so any row that it finds will do'
            WHEN 3 THEN 'its sub-select does not ask who is calling' ELSE 'its sub-select compares a column with itself' END,
        tenancy.policy_text(f.policy), NULL::text
    FROM found f GROUP BY f.policy, f.object
$$;
COMMENT ON FUNCTION tenancy.audit_policy_exists_unbound(tenancy.audit_scope) IS 'Rule policy_exists_unbound of tenancy.audit().';

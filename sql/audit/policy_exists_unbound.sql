-- EXISTS (SELECT ... WHERE m.org_id = org_id): the name without a table is the sub-select's own column. Bound neither to the row
-- nor to the caller, one row anywhere opens the table.
CREATE FUNCTION tenancy.audit_policy_exists_unbound(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.own_column, n.function, n.reads_caller, n.fields FROM unnest(scope.nodes) n
    ), selects AS MATERIALIZED (
        SELECT s.tree, s.id, s.ancestors, bool_or(n.own_column IS NOT NULL) AS of_row,
            bool_or(n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR n.type = 'FUNCEXPR' AND p.pronamespace <> 'pg_catalog'::regnamespace) AS of_caller,
            bool_or(n.type = 'RANGETBLENTRY' AND n.fields ->> 'relid' IS NOT NULL) AS reads_tables,
            bool_or(n.type = 'RANGETBLENTRY' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity) AS reads_all
        FROM nodes s JOIN nodes n ON n.tree = s.tree AND s.id = ANY (n.ancestors)
        LEFT JOIN pg_proc p ON p.oid = n.function LEFT JOIN pg_class c ON n.type = 'RANGETBLENTRY' AND c.oid = (n.fields ->> 'relid')::oid
        WHERE s.type = 'SUBLINK' AND s.depth = 0 AND s.fields ->> 'sublinktype' IN ('0', '2') GROUP BY 1, 2, 3
    ), captured AS MATERIALIZED (
        -- A column of the sub-select compared with itself
        SELECT DISTINCT s.tree, s.id AS sublink FROM selects s
        JOIN nodes o ON o.tree = s.tree AND o.type = 'OPEXPR' AND s.id = ANY (o.ancestors) AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=')
        JOIN nodes a ON a.tree = o.tree AND a.parent = o.id AND a.type = 'VAR' AND a.own_column IS NULL
        JOIN nodes b ON b.tree = o.tree AND b.parent = o.id AND b.type = 'VAR' AND b.id > a.id AND b.fields = a.fields
    ), unbound AS MATERIALIZED (
        SELECT s.tree, bool_or(c.tree IS NOT NULL) AS captured, bool_or(c.tree IS NOT NULL OR s.reads_all) AS clear FROM selects s LEFT JOIN captured c ON c.tree = s.tree AND c.sublink = s.id
        WHERE s.reads_tables AND NOT s.of_row AND (c.tree IS NOT NULL OR NOT s.of_caller)
            -- Under a NOT it closes. With another arm of an AND that names a column, or reads the caller beside it, it is one condition more.
            AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'not')
            AND NOT EXISTS (
                SELECT FROM nodes b JOIN nodes v ON v.tree = b.tree AND v.own_column IS NOT NULL AND b.id = ANY (v.ancestors)
                WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'and'
                    AND v.ancestors[cardinality(b.ancestors) + 2] IS DISTINCT FROM (s.ancestors || s.id)[cardinality(b.ancestors) + 2])
        GROUP BY 1
    )
    -- (Where the tables that it reads have row security, that may bind it to the caller.)
    SELECT CASE WHEN bool_or(u.clear AND NOT x.apart AND x.open ~ format('[%s-]', t.granted)) THEN 'error' ELSE 'warning' END, x.object,
        'its sub-select is bound neither to the row nor to the caller', tenancy.policy_text(x.policy), NULL::text
    FROM unbound u JOIN unnest(scope.tests) x ON x.tree = u.tree JOIN unnest(scope.tables) t ON t.relation = x.relation
    WHERE x.open <> '' AND (t.has_owners OR u.captured) GROUP BY x.policy, x.object
$$;
COMMENT ON FUNCTION tenancy.audit_policy_exists_unbound(tenancy.audit_scope) IS 'Rule policy_exists_unbound of tenancy.audit().';

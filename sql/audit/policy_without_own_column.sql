-- A policy that asks who is calling, and not whose the row is: whoever passes gets the rows of every tenant. An admin is one of
-- their own tenant only.
CREATE FUNCTION tenancy.audit_policy_without_own_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.fields FROM unnest(scope.nodes) n
        WHERE n.type IN ('BOOLEXPR', 'NULLTEST', 'VAR', 'OPEXPR', 'RANGETBLENTRY', 'FUNCEXPR')
    ), signed_in AS MATERIALIZED (
        -- An arm of an OR that asks no more than that somebody is calling
        SELECT DISTINCT t.tree FROM nodes t JOIN nodes r ON r.tree = t.tree AND r.reads_caller AND t.id = ANY (r.ancestors)
        LEFT JOIN nodes v ON v.tree = t.tree AND v.own_column IS NOT NULL AND t.id = ANY (v.ancestors)
        LEFT JOIN nodes b ON b.tree = t.tree AND b.id = ANY (t.ancestors) AND b.fields ->> 'boolop' = 'or'
        WHERE t.type = 'NULLTEST' AND t.fields ->> 'nulltesttype' = '1' AND v.tree IS NULL
        GROUP BY t.tree, t.id, t.ancestors HAVING count(DISTINCT b.id) = cardinality(t.ancestors)
    ), single AS MATERIALIZED (
        -- A sub-select over one table finds the caller in a column that is unique by itself: that is a list of people, and what
        -- it says of one holds in no tenant more than in another.
        SELECT DISTINCT e.tree FROM (
            SELECT t.tree, min(t.query) AS query, min((t.fields ->> 'relid')::oid) AS relid FROM nodes t WHERE t.type = 'RANGETBLENTRY' GROUP BY 1 HAVING count(*) = 1) e
        JOIN nodes o ON o.tree = e.tree AND o.query = e.query AND o.type = 'OPEXPR' AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=')
        JOIN nodes v ON v.tree = o.tree AND v.parent = o.id AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN nodes r ON r.tree = o.tree AND r.reads_caller AND o.id = ANY (r.ancestors)
        JOIN pg_index i ON i.indrelid = e.relid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
    ), unknown AS MATERIALIZED (
        -- What functions of the user's own ask is not known.
        SELECT DISTINCT f.tree FROM nodes f JOIN pg_proc p ON p.oid = f.function
        WHERE f.type = 'FUNCEXPR' AND NOT f.reads_caller AND p.pronamespace <> ALL ('{pg_catalog,tenancy,auth}'::regnamespace[]::oid[])
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, bool_or(NOT x.apart AND x.open ~ format('[%s-]', t.granted) AND (x.columns <> '{}' OR s.tree IS NULL AND u.tree IS NULL)) AS clear
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation
        LEFT JOIN signed_in a ON a.tree = x.tree LEFT JOIN single s ON s.tree = x.tree LEFT JOIN unknown u ON u.tree = x.tree
        WHERE t.has_owners AND x.clause = 'USING' AND x.open <> '' AND x.always IS NULL AND (x.columns = '{}' OR a.tree IS NOT NULL)
        GROUP BY 1, 2
    )
    SELECT CASE WHEN f.clear THEN 'error' ELSE 'warning' END, f.object, 'whoever passes it gets the rows of every tenant', tenancy.policy_text(f.policy), NULL::text FROM found f
$$;
COMMENT ON FUNCTION tenancy.audit_policy_without_own_column(tenancy.audit_scope) IS 'Rule policy_without_own_column of tenancy.audit().';

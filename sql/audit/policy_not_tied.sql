-- A policy that lets rows in without tying them to the caller: it asks nobody, or an arm of it does not, or what it compares is
-- no equality. What fits it is there for the callers of every tenant. Often it was meant to narrow ("not deleted"), and
-- permissive policies widen.
CREATE FUNCTION tenancy.audit_policy_not_tied(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(scope.tests) x WHERE NOT x.tied) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH tests AS MATERIALIZED (
        SELECT x.*, NOT x.apart AND x.open ~ format('[%s-]', translate(t.granted, 'r', '')) AS writes,
            NOT COALESCE(t.tenant_column = ANY (x.columns), false) AND NOT COALESCE(t.user_column = ANY (x.columns), false) AS of_nobody
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.has_owners
        -- (Who passes may be all, or nobody: other rules. A check that is wider than what its policy goes by is for write_check_missing.)
        WHERE NOT x.tied AND x.open <> '' AND x.always IS NULL AND x.columns <> '{}'
            AND NOT (x.clause = 'WITH CHECK' AND EXISTS (SELECT FROM unnest(scope.tests) u WHERE u.policy = x.policy AND u.clause = 'USING' AND u.tied))
    ), nodes AS MATERIALIZED (
        SELECT n.* FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT x.tree FROM tests x)
    ), withdrawn AS MATERIALIZED (
        -- NOT published, published = false
        SELECT DISTINCT v.tree, v.own_column FROM nodes v JOIN nodes p ON p.tree = v.tree AND p.id = v.parent LEFT JOIN nodes c ON c.tree = v.tree AND c.parent = v.parent AND c.value = 'false'
        WHERE v.own_column IS NOT NULL AND (p.fields ->> 'boolop' = 'not' OR p.fields ->> 'booltesttype' IN ('1', '2') OR p.type = 'OPEXPR' AND c.id IS NOT NULL)
    ), arms AS MATERIALIZED (
        -- Of an OR each, else the whole; an arm that asks the caller about the row is not what is published.
        SELECT r.tree, a.id, bool_or(n.reads_caller) AND bool_or(n.own_column IS NOT NULL) AS asks, bool_or(n.reads_caller) AS calls,
            bool_or(n.value ~* '^(public|published|shared|listed|global)$') AS says, array_agg(n.own_column) FILTER (WHERE n.own_column IS NOT NULL AND w.tree IS NULL) AS columns
        FROM nodes r JOIN nodes a ON a.tree = r.tree AND CASE r.fields ->> 'boolop' WHEN 'or' THEN a.parent = r.id ELSE a.id = r.id END
        JOIN nodes n ON n.tree = a.tree AND (n.id = a.id OR a.id = ANY (n.ancestors)) LEFT JOIN withdrawn w ON w.tree = n.tree AND w.own_column = n.own_column
        WHERE r.parent IS NULL GROUP BY 1, 2
    ), published AS MATERIALIZED (
        SELECT x.policy, x.clause FROM tests x JOIN arms m ON m.tree = x.tree
        GROUP BY x.policy, x.clause, x.relation HAVING bool_and(m.asks OR NOT m.calls AND (COALESCE(m.says, false) OR EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = x.relation AND a.attnum = ANY (m.columns) AND a.attname ~* '(public|publish|visib|shared|listed|global)'))) AND bool_or(NOT m.asks)
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, CASE WHEN bool_or(x.writes AND NOT x.asks) THEN 'error' WHEN bool_and(p.policy IS NOT NULL AND NOT x.writes) THEN 'notice' ELSE 'warning' END AS level,
            CASE WHEN bool_or(NOT x.asks AND x.of_nobody) THEN 'it asks neither whose a row is nor who is calling'
                WHEN bool_or(NOT x.asks) THEN 'it does not ask who is calling'
                WHEN bool_or(NOT x.partly) THEN 'it asks who is calling, and ties no row to them'
                ELSE 'part of it lets in rows that it does not tie to the caller' END AS message
        FROM tests x LEFT JOIN published p ON p.policy = x.policy AND p.clause = x.clause GROUP BY x.policy, x.object
    ), said AS MATERIALIZED (
        SELECT f.object, f.level FROM tenancy.audit_policy_without_own_column(scope) f UNION SELECT f.object, f.level FROM tenancy.audit_inverted_check(scope) f
        UNION SELECT f.object, f.level FROM tenancy.audit_policy_always_true(scope) f UNION SELECT f.object, f.level FROM tenancy.audit_literal_tenant(scope) f
        UNION SELECT f.object, f.level FROM tenancy.audit_policy_exists_unbound(scope) f
    )
    SELECT f.level, f.object, f.message, tenancy.policy_text(f.policy), NULL::text FROM found f
    -- (What another rule says of it is enough, if that is no milder.)
    WHERE NOT EXISTS (SELECT FROM said s WHERE s.object = f.object AND tenancy.level_place(s.level) <= tenancy.level_place(f.level));
END $$;
COMMENT ON FUNCTION tenancy.audit_policy_not_tied(tenancy.audit_scope) IS 'Rule policy_not_tied of tenancy.audit().';

-- A policy that says which rows, and asks neither whose they are nor who is calling: what fits it is there for the callers of
-- every tenant. It is mostly meant to narrow ("not deleted"), and permissive policies widen.
CREATE FUNCTION tenancy.audit_policy_without_caller(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH asking AS MATERIALIZED (
        -- What tables and functions of the user's own say is not known.
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n
        WHERE n.reads_caller OR n.type IN ('SQLVALUEFUNCTION', 'RANGETBLENTRY') OR n.function >= 16384
    ), published AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.value ~* '^(public|published|shared|listed|global)$'
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, bool_or(NOT x.apart AND x.open ~ format('[%s-]', translate(t.granted, 'r', ''))) AS writes,
            bool_and(b.tree IS NOT NULL OR EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = x.relation AND a.attnum = ANY (x.columns) AND a.attname ~* '(public|publish|visib|shared|listed|global)')) AS is_published
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.has_owners
        LEFT JOIN asking a ON a.tree = x.tree LEFT JOIN published b ON b.tree = x.tree
        WHERE a.tree IS NULL AND x.open <> '' AND x.always IS NULL AND x.columns <> '{}' AND NOT COALESCE(t.tenant_column = ANY (x.columns), false) AND NOT COALESCE(t.user_column = ANY (x.columns), false)
        GROUP BY 1, 2
    )
    SELECT CASE WHEN f.writes THEN 'error' WHEN f.is_published THEN 'notice' ELSE 'warning' END, f.object,
        'it asks neither whose a row is nor who is calling', tenancy.policy_text(f.policy), NULL::text
    FROM found f
$$;
COMMENT ON FUNCTION tenancy.audit_policy_without_caller(tenancy.audit_scope) IS 'Rule policy_without_caller of tenancy.audit().';

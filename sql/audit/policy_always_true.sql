-- A policy that is true for every row and every caller is no policy: whoever has the right on the table uses it on the rows of
-- all tenants.
CREATE FUNCTION tenancy.audit_policy_always_true(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH tests AS MATERIALIZED (SELECT * FROM unnest(scope.tests)
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, x.roles, t.has_owners, bool_and(x.apart) AS apart, bool_or(x.open ~ format('[%s-]', t.granted)) AS reached,
            bool_or(x.open ~ format('[%s-]', translate(t.granted, 'ra', ''))) AS changes,
            -- Everybody reads, and each writes their own: so profiles of users are often meant, though not rows of tenants.
            t.tenant_column IS NULL AND NOT EXISTS (
                SELECT FROM tests w WHERE w.relation = x.relation AND w.open ~ format('[%s-]', translate(t.granted, 'r', '')) AND NOT w.tied) AS reads_only
        FROM tests x JOIN unnest(scope.tables) t ON t.relation = x.relation
        -- (A check that is wider than what the policy goes by is for write_check_missing.)
        LEFT JOIN tests u ON u.policy = x.policy AND x.clause = 'WITH CHECK' AND u.clause = 'USING' AND u.columns <> '{}' AND u.always IS NULL
        WHERE x.always AND u.policy IS NULL AND CASE WHEN t.has_owners THEN x.open <> '' ELSE x.open ~ format('[%s-]', translate(t.granted, 'r', '')) END
        GROUP BY x.policy, x.object, x.roles, x.relation, t.has_owners, t.tenant_column, t.granted
    )
    -- (Where rows have no owner, an INSERT by everybody may be a form that everybody may fill in.)
    SELECT CASE WHEN NOT f.apart AND f.reached AND (f.has_owners AND NOT f.reads_only OR f.changes) THEN 'error' ELSE 'warning' END,
        f.object, CASE WHEN 0 = ANY (f.roles) THEN 'it is true for every row and every caller' ELSE 'it is true for every row' END, tenancy.policy_text(f.policy), NULL::text
    FROM found f
    UNION ALL
    SELECT 'notice', p.object, 'it is RESTRICTIVE, true for every row, and narrows nothing', tenancy.policy_text(p.policy), NULL
    FROM unnest(scope.policies) p LEFT JOIN unnest(scope.trees) u ON u.tree = p.using_tree LEFT JOIN unnest(scope.trees) c ON c.tree = p.check_tree
    WHERE NOT p.permissive AND (p.using_tree IS NULL OR u.always) AND (p.check_tree IS NULL OR c.always)
$$;
COMMENT ON FUNCTION tenancy.audit_policy_always_true(tenancy.audit_scope) IS 'Rule policy_always_true of tenancy.audit().';

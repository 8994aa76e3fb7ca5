-- The rows that a policy lets a caller write are not tested by any column: a row can be made in another tenant, or moved
-- there, or a row of this one given away.
CREATE FUNCTION tenancy.audit_write_check_missing(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    -- (An INSERT of whatever there is is for policy_always_true.)
    WITH tests AS MATERIALIZED (SELECT * FROM unnest(scope.tests)
    ), found AS MATERIALIZED (
        SELECT x.*, t.name AS table_name, t.granted, u.policy IS NOT NULL AS has_using FROM tests x
        JOIN unnest(scope.tables) t ON t.relation = x.relation
        LEFT JOIN tests u ON u.policy = x.policy AND u.clause = 'USING' AND u.columns <> '{}' AND u.always IS NULL
        WHERE x.clause = 'WITH CHECK' AND x.open <> '' AND (x.columns = '{}' OR x.always) AND x.always IS DISTINCT FROM false
            AND CASE x.command WHEN 'a' THEN t.has_owners AND x.always IS NULL ELSE u.policy IS NOT NULL END
    )
    SELECT CASE WHEN f.apart OR f.open !~ format('[%s-]', f.granted) THEN 'warning' ELSE 'error' END, f.object, 'its WITH CHECK lets rows of any tenant be written', tenancy.policy_text(f.policy),
        CASE WHEN f.has_using THEN format('ALTER POLICY %I ON %s WITH CHECK %s', f.name, f.table_name, tenancy.in_parentheses(pg_get_expr(p.polqual, p.polrelid))) END
    FROM found f JOIN pg_policy p ON p.oid = f.policy
$$;
COMMENT ON FUNCTION tenancy.audit_write_check_missing(tenancy.audit_scope) IS 'Rule write_check_missing of tenancy.audit().';

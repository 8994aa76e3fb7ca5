-- The rows that a policy lets a caller write are not tested by whose they are: a row can be made in another tenant, or moved
-- there, or a row of this one given away.
CREATE FUNCTION tenancy.audit_write_check_missing(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    -- (An INSERT of whatever there is is for policy_always_true.)
    WITH tests AS MATERIALIZED (SELECT * FROM unnest(scope.tests)
    ), led AS MATERIALIZED (
        -- A table or a function of the user's own may lead to the owner.
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY' OR n.function >= 16384 AND NOT n.reads_caller
    ), found AS MATERIALIZED (
        SELECT x.*, t.name AS table_name, t.granted, u.tied AS mendable, x.columns = '{}' OR x.always OR NOT x.tied AS bare FROM tests x
        JOIN unnest(scope.tables) t ON t.relation = x.relation
        LEFT JOIN tests u ON u.policy = x.policy AND u.clause = 'USING' AND u.columns <> '{}' AND u.always IS NULL
        LEFT JOIN led l ON l.tree = x.tree
        CROSS JOIN LATERAL (SELECT CASE WHEN t.tenant_column = ANY (u.columns) THEN t.tenant_column WHEN t.tenant_column IS NULL AND t.user_column = ANY (u.columns) THEN t.user_column END) o (owner)
        WHERE x.clause = 'WITH CHECK' AND x.open <> '' AND x.always IS DISTINCT FROM false AND CASE x.command
            WHEN 'a' THEN x.columns = '{}' AND t.has_owners AND x.always IS NULL
            ELSE u.policy IS NOT NULL AND (x.columns = '{}' OR x.always OR u.tied AND t.has_owners AND NOT x.tied
                OR u.tied AND o.owner IS NOT NULL AND NOT o.owner = ANY (x.columns) AND l.tree IS NULL) END
    )
    -- (A check that goes by the caller, and not by the tenant, may be enough where keys hold both. One of which a part goes by the caller needs somebody who passes the other.)
    SELECT CASE WHEN f.apart OR NOT f.bare OR f.partly AND f.always IS NULL OR f.open !~ format('[%s-]', f.granted) THEN 'warning' ELSE 'error' END, f.object,
        CASE WHEN f.bare THEN 'its WITH CHECK lets rows of any tenant be written' ELSE 'its USING says whose the rows are, and its WITH CHECK does not' END, tenancy.policy_text(f.policy),
        CASE WHEN f.mendable THEN format('ALTER POLICY %I ON %s WITH CHECK %s', f.name, f.table_name, tenancy.in_parentheses(pg_get_expr(p.polqual, p.polrelid))) END
    FROM found f JOIN pg_policy p ON p.oid = f.policy
$$;
COMMENT ON FUNCTION tenancy.audit_write_check_missing(tenancy.audit_scope) IS 'Rule write_check_missing of tenancy.audit().';

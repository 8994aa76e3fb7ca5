-- Row security does not bind the table's owner. An app that connects as its owner sees the rows of all tenants, and so do
-- views and functions that run with its rights.
CREATE FUNCTION tenancy.audit_rls_not_forced(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH helpers AS MATERIALIZED (
        -- Functions of the owner that policies rely on to read past row security: bound, they would find nothing, or themselves.
        SELECT d.target FROM unnest(scope.doors) d WHERE d.kind IN ('function', 'procedure')
    )
    -- (Where apps log in as the owner, no policy holds at all.)
    SELECT CASE WHEN t.owner = ANY (scope.apps) AND t.owner <> ALL (scope.owners) THEN 'error' ELSE 'warning' END, t.object, 'row security does not bind its owner', format('It belongs to role %s.', t.owner::regrole),
        CASE WHEN t.relation NOT IN (SELECT h.target FROM helpers h) THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END
    FROM unnest(scope.tables) t
    -- (What protect() was asked is for protection_drifted, children are for child_unprotected.)
    WHERE t.row_security AND NOT t.forced AND t.policies > 0 AND t.asked IS NULL
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.row_security AND (p.forced OR p.asked IS NOT NULL))
$$;
COMMENT ON FUNCTION tenancy.audit_rls_not_forced(tenancy.audit_scope) IS 'Rule rls_not_forced of tenancy.audit().';

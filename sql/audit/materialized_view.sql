-- A materialized view has no row security. It holds the rows that its owner saw at the last REFRESH, and shows them to all
-- who may read it.
CREATE FUNCTION tenancy.audit_materialized_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'error' ELSE 'warning' END, 'materialized view ' || d.object, 'it shows rows of tables past their row security', string_agg(DISTINCT d.why, '; '),
        -- (What nobody was granted directly is reached through a view; not to keep it at all is for a person to decide.)
        min(d.mend) FILTER (WHERE d.mend LIKE 'REVOKE %')
    FROM unnest(scope.doors) d WHERE d.kind = 'materialized view' GROUP BY d.object
$$;
COMMENT ON FUNCTION tenancy.audit_materialized_view(tenancy.audit_scope) IS 'Rule materialized_view of tenancy.audit().';

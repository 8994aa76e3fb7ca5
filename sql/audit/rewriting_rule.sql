-- A rule reads and writes tables as the owner of the table that it is on. Where row security does not bind that owner, it
-- does so for whoever may write there.
CREATE FUNCTION tenancy.audit_rewriting_rule(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'error' ELSE 'warning' END, 'rule ' || d.object, 'it reads or writes tables past their row security', string_agg(DISTINCT d.why, '; '), min(d.mend)
    FROM unnest(scope.doors) d WHERE d.kind = 'rule' GROUP BY d.object
$$;
COMMENT ON FUNCTION tenancy.audit_rewriting_rule(tenancy.audit_scope) IS 'Rule rewriting_rule of tenancy.audit().';

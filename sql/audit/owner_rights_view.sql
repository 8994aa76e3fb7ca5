-- A view reads its tables as its owner, unless it is made WITH (security_invoker). Where row security does not bind that
-- owner, the view shows the rows of all tenants to whoever may use it.
CREATE FUNCTION tenancy.audit_owner_rights_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'error', 'view ' || d.object, 'it shows rows of tables past their row security', string_agg(DISTINCT d.why, '; '), min(d.mend)
    FROM unnest(scope.doors) d WHERE d.kind = 'view' GROUP BY d.object
$$;
COMMENT ON FUNCTION tenancy.audit_owner_rights_view(tenancy.audit_scope) IS 'Rule owner_rights_view of tenancy.audit().';

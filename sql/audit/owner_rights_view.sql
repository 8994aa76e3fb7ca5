-- A view reads its tables as its owner, unless it is made WITH (security_invoker). Where row security does not bind that
-- owner, the view shows the rows of all tenants to whoever may use it.
CREATE FUNCTION tenancy.audit_owner_rights_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (One that asks who is calling, behind a barrier, may leave out what the caller is not to see.)
    SELECT CASE WHEN bool_or(d.by_apps) AND bool_or(a.asks) IS NOT TRUE THEN 'error' ELSE 'warning' END, 'view ' || d.object, 'it shows rows of tables past their row security', string_agg(DISTINCT d.why, '; '), min(d.mend)
    FROM unnest(scope.doors) d LEFT JOIN LATERAL (
        SELECT bool_or(w.ev_action::text ~ (':funcid (' || array_to_string(scope.readers, '|') || ') ')) AS asks FROM pg_class c JOIN pg_rewrite w ON w.ev_class = c.oid
        WHERE c.oid = to_regclass(d.object) AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'security_barrier' AND o.option_value::boolean)) a ON true
    WHERE d.kind = 'view' GROUP BY d.object
$$;
COMMENT ON FUNCTION tenancy.audit_owner_rights_view(tenancy.audit_scope) IS 'Rule owner_rights_view of tenancy.audit().';

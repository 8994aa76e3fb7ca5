-- A SECURITY DEFINER function runs as its owner. Where row security does not bind that owner, the function reads and writes
-- the rows of all tenants for whoever may call it: all that keeps them apart is what its text says.
CREATE FUNCTION tenancy.audit_definer_function(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'warning' ELSE 'notice' END, format('%s %s', d.kind, d.object), 'it runs with rights that pass by the row security of tables', string_agg(DISTINCT d.why, '; '),
        -- (Whether it can do its work with the rights of its caller, a person has to say.)
        NULL::text
    FROM unnest(scope.doors) d WHERE d.kind IN ('function', 'procedure') GROUP BY d.kind, d.object
$$;
COMMENT ON FUNCTION tenancy.audit_definer_function(tenancy.audit_scope) IS 'Rule definer_function of tenancy.audit().';

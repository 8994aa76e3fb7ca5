-- What stands in schema public is found by unqualified names, and an API that serves that schema serves the extension's functions.
CREATE FUNCTION tenancy.audit_extension_in_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', format('extension %I', e.extname), 'its objects stand in schema public', NULL::text, NULL::text
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE n.nspname = 'public' AND n.oid = ANY (scope.schemas)
$$;
COMMENT ON FUNCTION tenancy.audit_extension_in_public(tenancy.audit_scope) IS 'Rule extension_in_public of tenancy.audit().';

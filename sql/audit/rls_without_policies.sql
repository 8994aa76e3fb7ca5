-- Row security is on and no policy lets anybody in: whoever it binds sees an empty table, and takes that for the truth.
CREATE FUNCTION tenancy.audit_rls_without_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'row security is on without any policy: nobody whom it binds sees or writes a row', NULL::text, NULL::text
    FROM unnest(scope.tables) t
    -- A child that nobody is to ask directly is meant so, and a table on which callers have no rights is closed anyway.
    WHERE t.row_security AND t.policies = 0 AND t.granted ~ '[rawd]'
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.row_security)
$$;
COMMENT ON FUNCTION tenancy.audit_rls_without_policies(tenancy.audit_scope) IS 'Rule rls_without_policies of tenancy.audit().';

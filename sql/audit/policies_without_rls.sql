-- Somebody wrote policies, and row security is off: they say nothing, and whoever has a right on the table has it on all rows.
CREATE FUNCTION tenancy.audit_policies_without_rls(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'error', t.object, 'it has policies, and row security is off: they are not asked',
        format('Policies: %s.', (SELECT string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = t.relation)),
        format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)
    FROM unnest(scope.tables) t WHERE NOT t.row_security AND t.policies > 0
$$;
COMMENT ON FUNCTION tenancy.audit_policies_without_rls(tenancy.audit_scope) IS 'Rule policies_without_rls of tenancy.audit().';

-- RESTRICTIVE policies only take away from what permissive ones give. Alone they let nobody in.
CREATE FUNCTION tenancy.audit_only_restrictive_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'all its policies are RESTRICTIVE: nobody whom row security binds sees or writes a row',
        format('Policies: %s.', string_agg(quote_ident(p.name), ', ' ORDER BY p.name)), NULL::text
    FROM unnest(scope.tables) t JOIN unnest(scope.policies) p ON p.relation = t.relation
    WHERE t.row_security AND t.asked IS NULL
    GROUP BY t.object HAVING NOT bool_or(p.permissive)
$$;
COMMENT ON FUNCTION tenancy.audit_only_restrictive_policies(tenancy.audit_scope) IS 'Rule only_restrictive_policies of tenancy.audit().';

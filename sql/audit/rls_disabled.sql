-- Row security is off: whoever has a right on the table uses it on the rows of all tenants.
CREATE FUNCTION tenancy.audit_rls_disabled(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN g.by_some AND (t.has_owners OR t.granted ~ '[awdD]') THEN 'error' WHEN t.has_owners THEN 'warning' ELSE 'notice' END,
        t.object, CASE WHEN g.by_some THEN 'row security is off, and callers have rights on it' ELSE 'row security is off' END,
        CASE WHEN g.by_some THEN format('They may: %s.', (SELECT string_agg(p.name, ', ' ORDER BY p.place)
            FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'), (5, 'D', 'TRUNCATE'), (6, 'x', 'REFERENCES'), (7, 't', 'TRIGGER')) AS p (place, letter, name)
            WHERE strpos(t.granted, p.letter) > 0)) ELSE 'Nobody but its owner, and who bypasses row security, has rights on it.' END,
        CASE WHEN t.tenant_column IS NOT NULL THEN format('SELECT tenancy.protect(%L)', t.name)
            WHEN t.user_column IS NOT NULL THEN format('SELECT tenancy.protect(%L, ''user'')', t.name)
            WHEN t.granted ~ '^[rxt]+$' THEN format('SELECT tenancy.protect(%L, ''public_read'')', t.name) END
    FROM unnest(scope.tables) t, LATERAL (SELECT t.granted <> '') g (by_some)
    -- (Children are for child_unprotected; what policies say there, for policies_without_rls.)
    WHERE NOT t.row_security AND (g.by_some OR t.has_owners) AND t.policies = 0
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.row_security)
$$;
COMMENT ON FUNCTION tenancy.audit_rls_disabled(tenancy.audit_scope) IS 'Rule rls_disabled of tenancy.audit().';

-- ALTER DEFAULT PRIVILEGES ... GRANT ... ON TABLES: a table that somebody makes tomorrow is open to callers from the moment it is
-- made until somebody protects it.
CREATE FUNCTION tenancy.audit_default_privileges(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH granted AS (
        SELECT d.defaclrole, n.nspname, a.grantee, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
        FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        WHERE d.defaclobjtype = 'r' AND (d.defaclnamespace = 0 OR d.defaclnamespace = ANY (scope.schemas))
            AND a.grantee = ANY (scope.callers) AND a.grantee <> d.defaclrole AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        GROUP BY 1, 2, 3
    ), named AS (
        SELECT g.*, g.defaclrole::regrole AS maker, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS holder FROM granted g
        -- A watched schema protects new tables, or refuses them.
        WHERE g.nspname IS NULL OR NOT EXISTS (SELECT FROM tenancy.watched w WHERE w.schema = g.nspname)
            OR NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'tenancy_watch' AND evtenabled <> 'D')
    )
    SELECT 'warning', format('default privileges of %s', n.maker) || COALESCE(' in ' || quote_ident(n.nspname), ''),
        'new tables are open to callers before anybody protects them',
        format('Tables that %s makes are granted: %s.', n.maker, string_agg(format('%s to %s', n.privileges, n.holder), '; ' ORDER BY n.holder)),
        format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES FROM %s', n.maker,
            COALESCE(' IN SCHEMA ' || quote_ident(n.nspname), ''), string_agg(n.holder, ', ' ORDER BY n.holder))
    FROM named n GROUP BY n.maker, n.nspname
$$;
COMMENT ON FUNCTION tenancy.audit_default_privileges(tenancy.audit_scope) IS 'Rule default_privileges of tenancy.audit().';

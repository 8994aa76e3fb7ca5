-- The login of an app is not bound: no policy holds its sessions, or SET ROLE takes them where none does. Row security guards such
-- an app against forgetting, and against nobody who gets a statement in.
CREATE FUNCTION tenancy.audit_login_not_bound(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT CASE WHEN l.named OR why.text !~ '(administers pg_tenancy|owns protected tables or their schema|is staff)$' THEN 'error' ELSE 'warning' END,
        'role ' || l.login::regrole, 'sessions of this login are not bound by row security', format('What it is or may become with SET ROLE: %s.', why.text),
        CASE WHEN r.rolbypassrls AND NOT r.rolsuper AND r.oid <> tenancy.administrator() THEN format('ALTER ROLE %I NOBYPASSRLS', l.name) END
    FROM tenancy.audited_logins() l JOIN pg_roles r ON r.oid = l.login CROSS JOIN LATERAL (SELECT tenancy.not_bound_because(l.name)) why (text)
    WHERE why.text IS NOT NULL
    UNION ALL
    SELECT 'warning', 'setting app_logins', 'it names what is no login, so the app''s own may be another', format('There is no login %s.', string_agg(n, ', ' ORDER BY n)), NULL
    FROM unnest(tenancy.setting_names('app_logins')) n WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n AND r.rolcanlogin) HAVING count(*) > 0
$$;
COMMENT ON FUNCTION tenancy.audit_login_not_bound(tenancy.audit_scope) IS 'Rule login_not_bound of tenancy.audit().';

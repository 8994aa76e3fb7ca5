-- A policy for roles that no login can take, or that no policy binds: it does nothing, and whoever reads it thinks that it does.
CREATE FUNCTION tenancy.audit_policy_for_nobody(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE usable AS (
        -- (What the settings name is waiting for its logins.)
        SELECT r.oid FROM pg_roles r WHERE r.rolcanlogin OR r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) OR r.rolname = ANY (tenancy.staff_roles()) OR r.rolname ~ '^pg_'
        UNION
        SELECT m.roleid FROM usable u JOIN pg_auth_members m ON m.member = u.oid
        -- From 16 on whoever makes a role may hand it on, but not take it.
        WHERE COALESCE((to_jsonb(m) ->> 'set_option')::boolean OR (to_jsonb(m) ->> 'inherit_option')::boolean, true)
    ), usable_roles AS MATERIALIZED (SELECT array_agg(oid) || 0::oid AS roles FROM usable)
    SELECT 'notice', p.object, m.message, format(m.detail, (SELECT string_agg(r::regrole::text, ', ' ORDER BY r::regrole::text) FROM unnest(p.roles) r)), NULL::text
    FROM unnest(scope.policies) p, usable_roles u
    CROSS JOIN LATERAL (
        SELECT 'it is for roles that no policy binds', 'BYPASSRLS, or being a superuser: %s.' WHERE NOT EXISTS (
            SELECT FROM unnest(p.roles) x LEFT JOIN pg_roles r ON r.oid = x WHERE (r.rolbypassrls OR r.rolsuper) IS NOT TRUE)
        UNION ALL SELECT 'it is for roles that no login can take', 'No login is a member of %s.' WHERE NOT p.roles && u.roles
        LIMIT 1) m (message, detail)
$$;
COMMENT ON FUNCTION tenancy.audit_policy_for_nobody(tenancy.audit_scope) IS 'Rule policy_for_nobody of tenancy.audit().';

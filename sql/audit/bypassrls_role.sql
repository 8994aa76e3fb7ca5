-- A login with BYPASSRLS sees the rows of all tenants, whatever policies say. Migrations and back-ups need one; in the settings of
-- an app it undoes everything.
CREATE FUNCTION tenancy.audit_bypassrls_role(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'notice', 'role ' || r.oid::regrole, 'it is bound by no policy', 'It has LOGIN and BYPASSRLS.', NULL::text
    FROM pg_roles r WHERE r.rolcanlogin AND r.rolbypassrls AND NOT r.rolsuper AND r.oid NOT IN (SELECT l.login FROM tenancy.audited_logins() l)
$$;
COMMENT ON FUNCTION tenancy.audit_bypassrls_role(tenancy.audit_scope) IS 'Rule bypassrls_role of tenancy.audit().';

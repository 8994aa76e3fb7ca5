-- What PUBLIC may, every role may that there is or will be: whoever is not signed in, and the login of another app.
CREATE FUNCTION tenancy.audit_grant_to_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'warning', t.object, 'every role has rights on it', format('PUBLIC may: %s.', string_agg(DISTINCT a.privilege_type, ', ')), NULL::text
    FROM unnest(scope.tables) t CROSS JOIN LATERAL (
        SELECT x.privilege_type, x.grantee FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = t.relation
        UNION SELECT x.privilege_type, x.grantee FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = t.relation AND c.attacl IS NOT NULL
    ) a
    WHERE t.has_owners AND a.grantee = 0 AND t.granted <> '' GROUP BY t.object
$$;
COMMENT ON FUNCTION tenancy.audit_grant_to_public(tenancy.audit_scope) IS 'Rule grant_to_public of tenancy.audit().';

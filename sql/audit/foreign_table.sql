-- The server that holds a foreign table is asked as one user, whoever is calling here, and a foreign table can have no row
-- security of its own: callers see what that user sees.
CREATE FUNCTION tenancy.audit_foreign_table(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('foreign table %s', c.oid::regclass), 'callers may use it, and who is calling is not told to the server that holds it',
        format('Server %I is asked. They may: %s.', s.srvname, string_agg(DISTINCT g.privilege_type, ', ')), NULL::text
    FROM pg_class c JOIN pg_foreign_table f ON f.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = f.ftserver JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type FROM aclexplode(c.relacl) x
        UNION ALL SELECT x.grantee, x.privilege_type FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL
    ) g
    WHERE c.relkind = 'f' AND n.oid = ANY (scope.schemas) AND g.grantee = ANY (scope.callers) AND g.grantee <> c.relowner AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        AND EXISTS (SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.callers) AND a.grantee <> c.relowner)
        AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
    GROUP BY c.oid, s.srvname
$$;
COMMENT ON FUNCTION tenancy.audit_foreign_table(tenancy.audit_scope) IS 'Rule foreign_table of tenancy.audit().';

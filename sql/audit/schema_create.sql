-- Who may make things in a schema puts a function or an operator there that suits an argument better than the one that was meant,
-- and the next statement of somebody with more rights runs it.
CREATE FUNCTION tenancy.audit_schema_create(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('schema %I', n.nspname), 'callers may make objects in it', format('CREATE is granted to %s.', h.holders),
        CASE WHEN bool_and(a.grantor = n.nspowner) THEN format('REVOKE CREATE ON SCHEMA %I FROM %s', n.nspname, h.holders) END
    FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
        FROM aclexplode(n.nspacl) x WHERE x.privilege_type = 'CREATE' AND x.grantee = ANY (scope.callers) AND x.grantee <> n.nspowner AND x.grantee <> ALL (scope.owners)) h
    WHERE a.privilege_type = 'CREATE' AND a.grantee = ANY (scope.callers) AND a.grantee <> n.nspowner AND a.grantee <> ALL (scope.owners)
        AND (n.oid = ANY (scope.schemas) OR n.nspname IN ('auth', 'tenancy'))
    GROUP BY n.nspname, h.holders
$$;
COMMENT ON FUNCTION tenancy.audit_schema_create(tenancy.audit_scope) IS 'Rule schema_create of tenancy.audit().';

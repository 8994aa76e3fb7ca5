-- The identity provider keeps password hashes, session tokens and the key that signs all tokens in tables of this database. Who
-- reads them is anybody, and who writes them makes themself a member of any tenant.
CREATE FUNCTION tenancy.audit_identity_secrets(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH tables AS MATERIALIZED (
        SELECT c.oid, c.oid::regclass::text AS name, c.relacl, c.relowner, lower(replace(c.relname, '_', '')) AS plain
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = tenancy.setting('identity_schema') AND c.relkind IN ('r', 'p')
            -- (Where row security is on and no policy is, callers see and write nothing.)
            AND NOT (c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            AND EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.apps) AND a.grantee NOT IN (n.nspowner, c.relowner))
    ), secrets AS MATERIALIZED (
        -- What Better Auth, and its plugins, name so
        SELECT t.oid, a.attname, a.attacl FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN (VALUES ('accounts?', 'password|accesstoken|refreshtoken|idtoken'), ('sessions?', 'token'), ('jwks', 'privatekey'), ('verifications?', 'value'),
            ('twofactors?', 'secret|backupcodes'), ('apikeys?', 'key'),
            ('oauthapplications?', 'clientsecret'), ('oauthaccesstokens?', 'accesstoken|refreshtoken'),
            ('users?', 'encryptedpassword|confirmationtoken|recoverytoken')) AS s (named, columns)
            ON t.plain ~ format('^(%s)$', s.named) AND lower(replace(a.attname, '_', '')) ~ format('^(%s)$', s.columns)
    ), rights AS MATERIALIZED (
        SELECT t.oid, s.attname, 'SELECT' AS privilege, x.grantee, x.grantor, false AS of_column FROM tables t JOIN secrets s ON s.oid = t.oid
            CROSS JOIN LATERAL aclexplode(t.relacl) x WHERE x.privilege_type = 'SELECT'
        UNION ALL
        SELECT s.oid, s.attname, 'SELECT', x.grantee, x.grantor, true FROM secrets s CROSS JOIN LATERAL aclexplode(s.attacl) x WHERE x.privilege_type = 'SELECT'
        UNION ALL
        SELECT t.oid, NULL, x.privilege_type, x.grantee, x.grantor, false FROM tables t
            CROSS JOIN LATERAL aclexplode(t.relacl) x WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        UNION ALL
        SELECT t.oid, a.attname, x.privilege_type, x.grantee, x.grantor, true FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE x.privilege_type IN ('INSERT', 'UPDATE')
    ), found AS MATERIALIZED (
        SELECT t.name, r.privilege, r.attname, r.of_column, r.grantor = t.relowner AS by_owner,
            CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE r.grantee::regrole::text END AS holder
        FROM tables t JOIN rights r ON r.oid = t.oid WHERE r.grantee = ANY (scope.apps) AND r.grantee <> t.relowner
    ), revokes AS (
        SELECT f.name, string_agg(f.statement, E';\n' ORDER BY f.statement) AS statements
        FROM (SELECT DISTINCT name, format('REVOKE %s ON %s FROM %s',
            privilege || CASE WHEN of_column THEN format(' (%I)', attname) ELSE '' END, name, holder) AS statement FROM found) f GROUP BY 1
    )
    SELECT 'error', 'table ' || f.name,
        CASE WHEN bool_and(f.privilege = 'SELECT') THEN 'callers may read secrets of the identity provider' WHEN bool_or(f.privilege = 'SELECT')
            THEN 'callers may read secrets of the identity provider, and write what it believes' ELSE 'callers may write what the identity provider believes' END,
        concat_ws(' ', 'They may read ' ||
                string_agg(DISTINCT quote_ident(f.attname), ', ' ORDER BY quote_ident(f.attname)) FILTER (WHERE f.privilege = 'SELECT') || '.',
            'They may ' || string_agg(DISTINCT f.privilege, ', ' ORDER BY f.privilege) FILTER (WHERE f.privilege <> 'SELECT') || '.',
            format('They are %s.', string_agg(DISTINCT f.holder, ', ' ORDER BY f.holder))),
        CASE WHEN bool_and(f.by_owner) THEN r.statements END
    FROM found f JOIN revokes r ON r.name = f.name GROUP BY f.name, r.statements
$$;
COMMENT ON FUNCTION tenancy.audit_identity_secrets(tenancy.audit_scope) IS 'Rule identity_secrets of tenancy.audit().';

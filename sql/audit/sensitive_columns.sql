-- Passwords, tokens and keys in a table without row security are everybody's who may read it; and a visitor who is not signed in
-- has no business with them in any table.
CREATE FUNCTION tenancy.audit_sensitive_columns(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH anonymous AS MATERIALIZED (
        SELECT 0::oid AS oid UNION SELECT r.oid FROM pg_roles r WHERE r.rolname = tenancy.setting('anonymous')
    ), asking AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR n.type = 'FUNCEXPR' AND n.function >= 16384
    ), open AS MATERIALIZED (
        -- With row security, only where visitors see rows that are chosen without asking who they are
        SELECT DISTINCT p.relation FROM unnest(scope.policies) p LEFT JOIN asking a ON a.tree = p.using_tree
        WHERE p.permissive AND p.command IN ('r', '*') AND p.roles && ARRAY(SELECT oid FROM anonymous) AND a.tree IS NULL
    ), tables AS MATERIALIZED (
        SELECT t.relation, t.name, t.owner, t.row_security, t.granted FROM unnest(scope.tables) t
        WHERE t.granted LIKE '%r%' AND (NOT t.row_security OR t.template = 'public_read' OR t.relation IN (SELECT relation FROM open))
    ), columns AS MATERIALIZED (
        SELECT t.*, a.attname, a.attacl, c.relacl
        FROM tables t JOIN pg_class c ON c.oid = t.relation JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type y ON y.oid = a.atttypid
        -- apiKey is api_key. (A number of such a name counts something.)
        WHERE (y.typcategory = 'S' OR y.oid IN ('bytea'::regtype, 'uuid'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text[]'::regtype))
            AND lower(regexp_replace(a.attname, '([a-z0-9])([A-Z])', '\1_\2', 'g')) ~ (
                '(^|_)(password|passwd|passphrase|pwd|secret|secret_key|token|api_?key|private_?key|encryption_key|signing_key|'
                'ssn|social_security_(number|no)|credit_card(_number)?|card_number|cvv|cvc|bank_account(_number)?|passport_(number|no)|otp|totp|(recovery|backup)_codes?)(_hash|_digest|_encrypted)?$')
    ), found AS MATERIALIZED (
        SELECT c.name, c.attname, c.row_security, array_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END) AS readers
        FROM columns c CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(c.attacl)) x
        WHERE x.privilege_type = 'SELECT' AND x.grantee = ANY (scope.callers) AND x.grantee <> c.owner AND (NOT c.row_security OR x.grantee IN (SELECT oid FROM anonymous))
        GROUP BY 1, 2, 3
    )
    SELECT CASE WHEN f.row_security THEN 'warning' ELSE 'error' END, format('column %s.%I', f.name, f.attname),
        CASE WHEN f.row_security THEN 'by its name it holds secrets, and who is not signed in may read it'
            ELSE 'by its name it holds secrets, and callers may read it in every row' END,
        format('SELECT is granted to %s.', array_to_string(f.readers, ', ')), NULL::text
    FROM found f
$$;
COMMENT ON FUNCTION tenancy.audit_sensitive_columns(tenancy.audit_scope) IS 'Rule sensitive_columns of tenancy.audit().';

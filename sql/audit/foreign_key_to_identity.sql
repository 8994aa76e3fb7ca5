-- A key to something of a user that is unique but not their id (the e-mail address, a slug): the provider lets it change and
-- be given to somebody else, who then has the rows; and the provider may drop the constraint with any update of theirs.
CREATE FUNCTION tenancy.audit_foreign_key_to_identity(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('constraint %I on %s', k.conname, t.name), 'a foreign key refers to a column of the identity provider that is not the primary key',
        pg_get_constraintdef(k.oid), NULL::text
    FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
    JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (n.nspname = tenancy.setting('identity_schema') OR n.nspname = 'auth' AND c.relname = 'users')
        AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = k.confrelid AND p.contype = 'p' AND p.conkey @> k.confkey AND p.conkey <@ k.confkey)
$$;
COMMENT ON FUNCTION tenancy.audit_foreign_key_to_identity(tenancy.audit_scope) IS 'Rule foreign_key_to_identity of tenancy.audit().';

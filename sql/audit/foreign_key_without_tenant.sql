-- Postgres carries out foreign keys without asking any policy. One that leaves out the tenant lets a caller refer to another
-- tenant's row, learn whether it exists, keep it from being deleted; and ON DELETE and ON UPDATE change another tenant's rows.
CREATE FUNCTION tenancy.audit_foreign_key_without_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (That by which a row belongs to its parent, and those to or from rows that belong to no tenant, need none.)
    WITH owned AS MATERIALIZED (
        SELECT t.relation, t.name, t.template, t.tenant_column, t.asked FROM unnest(scope.tables) t
        WHERE t.has_owners AND (t.tenant_column IS NOT NULL OR t.template = 'via_parent')
    )
    SELECT 'warning', format('constraint %I on %s', k.conname, c.name), 'a foreign key leaves out the tenant, so a row may refer to another tenant''s', pg_get_constraintdef(k.oid), NULL::text
    FROM pg_constraint k JOIN owned c ON c.relation = k.conrelid JOIN owned p ON p.relation = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND p.template IS DISTINCT FROM 'tenant_root' AND c.asked ->> 'key' IS DISTINCT FROM k.conname
        AND NOT COALESCE(c.tenant_column = ANY (k.conkey), false) AND NOT COALESCE(p.tenant_column = ANY (k.confkey), false)
$$;
COMMENT ON FUNCTION tenancy.audit_foreign_key_without_tenant(tenancy.audit_scope) IS 'Rule foreign_key_without_tenant of tenancy.audit().';

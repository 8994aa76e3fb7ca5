-- Without a primary key nothing tells two rows apart: tools cannot name the one to change, logical replication refuses UPDATE
-- and DELETE, and the same row can be there twice.
CREATE FUNCTION tenancy.audit_no_primary_key(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'it has no primary key', NULL::text, NULL::text
    FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation
    -- (A partition's is its parent's.)
    WHERE NOT c.relispartition AND t.relation NOT IN (SELECT conrelid FROM pg_constraint WHERE contype = 'p')
$$;
COMMENT ON FUNCTION tenancy.audit_no_primary_key(tenancy.audit_scope) IS 'Rule no_primary_key of tenancy.audit().';

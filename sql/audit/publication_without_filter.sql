-- Logical replication asks no policy: whoever subscribes gets the rows of all tenants, unless the publication has a row filter.
CREATE FUNCTION tenancy.audit_publication_without_filter(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH published AS (
        SELECT p.oid, t.name FROM pg_publication p CROSS JOIN unnest(scope.tables) t WHERE p.puballtables AND t.has_owners
        UNION
        SELECT s.pnpubid, t.name FROM pg_publication_namespace s JOIN unnest(scope.tables) t ON t.schema = s.pnnspid AND t.has_owners
        UNION
        SELECT r.prpubid, t.name FROM pg_publication_rel r JOIN unnest(scope.tables) t ON t.relation = r.prrelid AND t.has_owners WHERE r.prqual IS NULL
    )
    SELECT 'warning', format('publication %I', p.pubname), 'it carries the rows of all tenants to whoever subscribes',
        format('It has no row filter for %s%s.', array_to_string((array_agg(x.name ORDER BY x.name))[:5], ', '), CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) END), NULL::text
    FROM published x JOIN pg_publication p ON p.oid = x.oid GROUP BY p.pubname
$$;
COMMENT ON FUNCTION tenancy.audit_publication_without_filter(tenancy.audit_scope) IS 'Rule publication_without_filter of tenancy.audit().';

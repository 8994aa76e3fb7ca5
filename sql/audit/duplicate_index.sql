-- Two indexes over the same columns: each write keeps both, and no query gains by the second.
CREATE FUNCTION tenancy.audit_duplicate_index(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH indexes AS MATERIALIZED (
        SELECT i.*, c.reloptions, k.conname, t.name AS table_name,
            EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS of_parent,
            i.indisreplident OR i.indisclustered OR f.conindid IS NOT NULL AS is_used,
            ROW(i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
                regexp_replace(i.indexprs::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'), regexp_replace(i.indpred::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g')) AS shape
        FROM pg_index i JOIN unnest(scope.tables) t ON t.relation = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
        LEFT JOIN (SELECT DISTINCT conindid FROM pg_constraint WHERE contype = 'f') f ON f.conindid = i.indexrelid
        WHERE i.indisvalid
    ), ranked AS (
        -- What something else goes by stays: partitions' indexes, keys that foreign keys refer to, constraints; then the unique; then the older.
        SELECT i.*, row_number() OVER (PARTITION BY i.shape ORDER BY i.of_parent DESC, i.indisexclusion DESC, i.indisprimary DESC, i.is_used DESC, i.conname IS NULL,
            i.indisunique DESC, i.indexrelid) AS place, count(*) OVER (PARTITION BY i.shape) AS shared
        FROM indexes i
    )
    SELECT 'notice', CASE WHEN r.conname IS NOT NULL THEN format('constraint %I on %s', r.conname, r.table_name) ELSE 'index ' || r.indexrelid::regclass END,
        'another index of the table does the same', format('Index %s: %s.', k.indexrelid::regclass, pg_get_indexdef(k.indexrelid)),
        CASE WHEN r.conname IS NULL AND NOT r.is_used THEN format('DROP INDEX %s', r.indexrelid::regclass) END
    FROM ranked r
    CROSS JOIN LATERAL (
        SELECT o.indexrelid FROM ranked o WHERE o.shape = r.shape AND o.place < r.place AND (NOT r.indisunique
            OR o.indisunique AND o.indimmediate = r.indimmediate AND o.indnullsnotdistinct = r.indnullsnotdistinct) ORDER BY o.place LIMIT 1) k
    WHERE r.shared > 1 AND NOT r.of_parent AND NOT r.indisexclusion
$$;
COMMENT ON FUNCTION tenancy.audit_duplicate_index(tenancy.audit_scope) IS 'Rule duplicate_index of tenancy.audit().';

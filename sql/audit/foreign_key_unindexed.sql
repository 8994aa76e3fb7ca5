-- Whoever deletes a row that others may refer to, or changes its key, waits for Postgres to read the whole table that refers,
-- all tenants' rows of it, unless an index leads with the key.
CREATE FUNCTION tenancy.audit_foreign_key_unindexed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH keys AS MATERIALIZED (
        SELECT k.*, t.name, t.tenant_column, ARRAY(SELECT c FROM unnest(k.conkey) c ORDER BY c) AS columns
        FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0
            -- (The owner's own column is for tenant_column_unindexed.)
            AND NOT (t.has_owners AND k.conkey = ARRAY[CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END])
    ), indexes AS MATERIALIZED (
        SELECT i.indrelid, (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns
        FROM pg_index i
        WHERE i.indisvalid AND i.indrelid IN (SELECT conrelid FROM keys) AND (i.indpred IS NULL
            OR i.indpred::text ~ format('^[({ ]*NULLTEST :arg \{VAR :varno 1 :varattno %s [^{}]*\} :nulltesttype 1 ', i.indkey[0]))
    ), unindexed AS (
        SELECT k.*, row_number() OVER (PARTITION BY k.conrelid, k.columns ORDER BY k.oid) AS place
        FROM keys k
        WHERE NOT EXISTS (SELECT FROM indexes i WHERE i.indrelid = k.conrelid AND (
            -- One that leads with a part of the key other than the tenant finds few rows, too.
            ARRAY(SELECT c FROM unnest(i.columns[:cardinality(k.conkey)]) c ORDER BY c) = k.columns
            OR i.columns[1] = ANY (k.conkey) AND i.columns[1] IS DISTINCT FROM k.tenant_column))
    )
    SELECT 'notice', format('constraint %I on %s', u.conname, u.name), 'no index leads with the columns of a foreign key',
        concat_ws(' ', pg_get_constraintdef(u.oid) || '.', CASE WHEN s.large THEN 'The table is large: the statement lets writers go on meanwhile, and has to be run outside a transaction.' END),
        CASE WHEN u.place = 1 THEN format('CREATE INDEX %sON %s (%s)', CASE WHEN s.large THEN 'CONCURRENTLY ' ELSE '' END, u.name,
            (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY c.position) FROM unnest(u.conkey) WITH ORDINALITY AS c (number, position)
                JOIN pg_attribute a ON a.attrelid = u.conrelid AND a.attnum = c.number)) END
    FROM unindexed u JOIN pg_class c ON c.oid = u.conrelid
    CROSS JOIN LATERAL (SELECT c.relkind = 'r' AND CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid)
        ELSE c.relpages * current_setting('block_size')::bigint END > 100 * 1024 * 1024) s (large)
$$;
COMMENT ON FUNCTION tenancy.audit_foreign_key_unindexed(tenancy.audit_scope) IS 'Rule foreign_key_unindexed of tenancy.audit().';

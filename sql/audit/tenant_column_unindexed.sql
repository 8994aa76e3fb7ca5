-- Every query of a table is a query for one owner's rows. Without an index that leads with the owner, each reads the rows of
-- all: it gets slower with every tenant that signs up, until somebody switches row security off.
CREATE FUNCTION tenancy.audit_tenant_column_unindexed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE owned AS MATERIALIZED (
        -- (A partition follows its parent. Where tenants have partitions of their own, these stand for the index.)
        SELECT t.relation, t.name, t.kind, a.attname
        FROM unnest(scope.tables) t
        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END
        JOIN pg_class c ON c.oid = t.relation LEFT JOIN pg_partitioned_table s ON s.partrelid = t.relation
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'via_parent' AND NOT c.relispartition
            AND NOT COALESCE(s.partstrat = 'l' AND s.partattrs[0] = a.attnum, false)
    ), family AS (
        SELECT relation AS root, relation, attname, kind FROM owned
        UNION ALL
        SELECT f.root, c.oid, f.attname, c.relkind FROM family f JOIN pg_inherits i ON i.inhparent = f.relation JOIN pg_class c ON c.oid = i.inhrelid
        WHERE f.kind = 'p'
    ), indexed AS MATERIALIZED (
        SELECT i.indrelid, a.attname
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indisvalid AND i.indpred IS NULL AND i.indrelid IN (SELECT relation FROM family)
    ), sizes AS MATERIALIZED (
        SELECT f.root, sum(CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid) ELSE c.relpages * current_setting('block_size')::bigint END) > 100 * 1024 * 1024 AS large
        FROM family f JOIN pg_class c ON c.oid = f.relation AND c.relkind = 'r' GROUP BY f.root
    ), lacking AS MATERIALIZED (
        SELECT f.root, f.relation, f.attname FROM family f
        WHERE f.kind = 'r' AND (f.relation, f.attname) NOT IN (SELECT indrelid, attname FROM indexed) OR f.kind = 'p' AND f.relation = f.root
    )
    SELECT 'warning', format('column %s.%I', o.name, o.attname), 'no index leads with the owner of rows, so every query reads the rows of all',
        CASE WHEN s.large THEN 'The table is large: the statement lets writers go on meanwhile, and has to be run outside a transaction.' END,
        CASE WHEN s.large IS NOT TRUE THEN format('CREATE INDEX ON %s (%I)', o.name, o.attname)
            ELSE (SELECT string_agg(format('CREATE INDEX CONCURRENTLY ON %s (%I)', l.relation::regclass, l.attname), E';\n' ORDER BY l.relation::regclass::text)
                FROM lacking l WHERE l.root = o.relation AND (l.relation <> o.relation OR o.kind = 'r'))
                -- Built on each partition first, so that the parent's only has to adopt them.
                || CASE o.kind WHEN 'p' THEN format(E';\nCREATE INDEX ON %s (%I)', o.name, o.attname) ELSE '' END END
    FROM owned o
    LEFT JOIN sizes s ON s.root = o.relation
    WHERE (o.relation, o.attname) NOT IN (SELECT indrelid, attname FROM indexed)
        AND (o.kind = 'r' OR EXISTS (SELECT FROM lacking l WHERE l.root = o.relation AND l.relation <> o.relation)
            OR NOT EXISTS (SELECT FROM family f WHERE f.root = o.relation AND f.relation <> o.relation))
$$;
COMMENT ON FUNCTION tenancy.audit_tenant_column_unindexed(tenancy.audit_scope) IS 'Rule tenant_column_unindexed of tenancy.audit().';

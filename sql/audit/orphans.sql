-- A row that refers to nothing, or to another tenant's row, is there already: a foreign key does not look at the rows that
-- were there before it while it is NOT VALID, or where its table has FORCE ROW LEVEL SECURITY and its owner sees no rows.
--
-- Rows are read as the current role, only where no row security hides any, only of small tables, and counted. Whoever reads
-- a table plans it too, which runs functions of its indexes and constraints: so where it has any but Postgres's own, only
-- its owner's session reads it.
CREATE FUNCTION tenancy.audit_orphans(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    -- (Each table read stays locked until the transaction ends, ACCESS SHARE, and there is room for so many locks.)
    keys_up_to CONSTANT int := 200;
    rows_up_to CONSTANT float8 := 200000;
    bytes_up_to CONSTANT float8 := 50 * 1024 * 1024;
    key record;
    lost bigint;
    strange bigint;
BEGIN
    RETURN QUERY
        SELECT 'warning', format('constraint %I on %s', k.conname, t.name), 'a foreign key does not hold for all rows: ' || CASE WHEN e.enforced THEN 'it is NOT VALID' ELSE 'it is NOT ENFORCED' END,
            CASE WHEN c.forced THEN 'While row security is FORCEd on its table, Postgres may mark it valid without having seen the rows: lift FORCE, validate it, and set FORCE again, in one transaction.'
                ELSE 'Where rows refer to nothing, the statement fails and names one.' END,
            CASE WHEN NOT c.forced THEN format(CASE WHEN e.enforced THEN 'ALTER TABLE %s VALIDATE CONSTRAINT %I' ELSE 'ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED' END, t.name, k.conname) END
        FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
        CROSS JOIN LATERAL (SELECT COALESCE((to_jsonb(k) ->> 'conenforced')::boolean, true)) e (enforced)
        CROSS JOIN LATERAL (SELECT bool_or(r.relrowsecurity AND r.relforcerowsecurity) FROM pg_class r WHERE r.oid IN (k.conrelid, k.confrelid)) c (forced)
        WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT k.convalidated;

    FOR key IN
        WITH RECURSIVE keys AS MATERIALIZED (
            SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey, k.conpfeqop, t.name,
                -- What compares tenants, where both tables have some and one is not all tenants' to refer to
                CASE WHEN t.template IS DISTINCT FROM 'tenant_root' AND p.template IS DISTINCT FROM 'tenant_root' AND p.has_owners AND t.has_owners THEN t.tenant_column END AS tenant,
                p.tenant_column AS parent_tenant
            FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid LEFT JOIN unnest(scope.tables) p ON p.relation = k.confrelid
            WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated AND (to_jsonb(k) ->> 'conperiod')::boolean IS NOT TRUE
        ), family AS (
            SELECT DISTINCT r.relation AS root, r.relation FROM keys k, LATERAL (VALUES (k.conrelid), (k.confrelid)) AS r (relation)
            UNION
            SELECT f.root, i.inhrelid FROM family f JOIN pg_class c ON c.oid = f.relation AND c.relkind = 'p' JOIN pg_inherits i ON i.inhparent = f.relation
        ), sizes AS MATERIALIZED (
            SELECT m.root, sum(m.bytes) AS bytes, sum(CASE WHEN m.reltuples < 0 OR m.reltuples = 0 AND m.bytes > 0 THEN m.bytes / 50 ELSE m.reltuples END) AS rows
            FROM (SELECT f.root, c.reltuples, CASE WHEN c.relkind <> 'r' THEN 0 WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid)
                ELSE c.relpages * current_setting('block_size')::bigint END::float8 AS bytes FROM family f JOIN pg_class c ON c.oid = f.relation) m
            GROUP BY m.root
        ), measured AS MATERIALIZED (
            SELECT k.*, row_number() OVER w AS place, sum(s.share) OVER w AS share
            FROM keys k JOIN sizes c ON c.root = k.conrelid JOIN sizes p ON p.root = k.confrelid
            CROSS JOIN LATERAL (SELECT GREATEST((c.bytes + p.bytes) / bytes_up_to, (GREATEST(c.rows, 0) + GREATEST(p.rows, 0)) / rows_up_to)) s (share)
            -- (Nothing in an empty table refers to anything.)
            WHERE c.bytes > 0 AND NOT row_security_active(k.conrelid) AND NOT row_security_active(k.confrelid)
            WINDOW w AS (ORDER BY s.share, k.oid)
        ), chosen AS MATERIALIZED (
            SELECT m.* FROM measured m WHERE m.place <= keys_up_to AND m.share <= 1
        ), own_code AS MATERIALIZED (
            -- Functions, operators and types that are not Postgres's own, in what the planner looks at
            SELECT DISTINCT s.relation FROM (
                SELECT i.indrelid AS relation, 'pg_class'::regclass AS class, i.indexrelid AS object FROM pg_index i
                UNION ALL SELECT k.conrelid, 'pg_constraint'::regclass, k.oid FROM pg_constraint k WHERE k.contype = 'c'
                UNION ALL SELECT e.stxrelid, 'pg_statistic_ext'::regclass, e.oid FROM pg_statistic_ext e
                UNION ALL SELECT d.adrelid, 'pg_attrdef'::regclass, d.oid FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
                UNION ALL SELECT p.partrelid, 'pg_class'::regclass, p.partrelid FROM pg_partitioned_table p) s
            JOIN pg_depend d ON d.classid = s.class AND d.objid = s.object AND d.objsubid = 0
                AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
            WHERE EXISTS (SELECT FROM chosen)
        ), readable AS MATERIALIZED (
            SELECT f.root
            FROM family f JOIN pg_class c ON c.oid = f.relation JOIN pg_roles owner ON owner.oid = c.relowner LEFT JOIN own_code o ON o.relation = c.oid
            WHERE f.root IN (SELECT m.conrelid FROM chosen m UNION SELECT m.confrelid FROM chosen m)
            GROUP BY f.root
            HAVING bool_and(c.relkind IN ('r', 'p') AND (owner.rolname = ALL (ARRAY[current_user, session_user]) OR owner.rolsuper OR o.relation IS NULL))
                AND bool_and(f.relation <> f.root OR has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
        )
        SELECT m.conname, m.name, format('SELECT count(*) FILTER (WHERE %s), count(*) FILTER (WHERE %s) FROM %s c LEFT JOIN %s p ON %s WHERE %s',
            (SELECT format('p.%I IS NULL', a.attname) FROM pg_attribute a WHERE a.attrelid = m.confrelid AND a.attnum = m.confkey[1]),
            COALESCE((SELECT format('NOT c.%I OPERATOR(pg_catalog.=) p.%I', a.attname, b.attname) FROM pg_attribute a, pg_attribute b
                WHERE a.attrelid = m.conrelid AND a.attnum = m.tenant AND b.attrelid = m.confrelid AND b.attnum = m.parent_tenant
                    AND (a.atttypid = b.atttypid AND a.atttypid IN ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype, 'bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
                        OR a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND b.atttypid IN ('text'::regtype, 'varchar'::regtype)
                        OR a.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype) AND b.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype))
                    AND (a.attcollation = b.attcollation)), 'false'),
            (SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || c.oid::regclass FROM pg_class c WHERE c.oid = m.conrelid),
            (SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || c.oid::regclass FROM pg_class c WHERE c.oid = m.confrelid),
            string_agg(format('p.%I OPERATOR(pg_catalog.%s) c.%I', b.attname, o.oprname, a.attname), ' AND '), string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ')) AS query
        FROM chosen m JOIN readable c ON c.root = m.conrelid JOIN readable p ON p.root = m.confrelid
        CROSS JOIN LATERAL unnest(m.conkey, m.confkey, m.conpfeqop) AS pair (referencing, referenced, operator)
        JOIN pg_attribute a ON a.attrelid = m.conrelid AND a.attnum = pair.referencing JOIN pg_type at ON at.oid = a.atttypid
        JOIN pg_attribute b ON b.attrelid = m.confrelid AND b.attnum = pair.referenced JOIN pg_type bt ON bt.oid = b.atttypid
        JOIN pg_operator o ON o.oid = pair.operator
        GROUP BY m.oid, m.conname, m.name, m.conrelid, m.confrelid, m.confkey, m.tenant, m.parent_tenant
        HAVING bool_and(o.oprnamespace = 'pg_catalog'::regnamespace AND at.typnamespace = 'pg_catalog'::regnamespace AND bt.typnamespace = 'pg_catalog'::regnamespace
            AND at.typtype = 'b' AND bt.typtype = 'b' AND a.attcollation = b.attcollation)
    LOOP
        EXECUTE key.query INTO lost, strange;
        IF lost > 0 OR strange > 0 THEN
            RETURN QUERY SELECT 'error', format('constraint %I on %s', key.conname, key.name),
                CASE WHEN strange > 0 THEN 'rows refer to rows of another tenant' ELSE 'rows refer to rows that are not there' END,
                concat_ws(' ', CASE WHEN strange > 0 THEN format('Rows that refer to another tenant''s: %s.', strange) END, CASE WHEN lost > 0 THEN format('Rows that refer to none: %s.', lost) END), NULL::text;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.audit_orphans(tenancy.audit_scope) IS 'Rule orphans of tenancy.audit(). Reads rows of small tables where no row security hides any, and tells how many.';

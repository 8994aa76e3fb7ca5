-- Some types take for equal what looks different: 'acme' and 'ACME' under a collation that ignores case or in a citext, 'a' and
-- 'a ' in a char(n), 1 and 1.0 in a numeric. Two tenants are then one. And where a type's equality is not leakproof, row
-- security keeps a query's own conditions on the column from using its index.
CREATE FUNCTION tenancy.audit_tenant_column_type(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH owner_columns AS MATERIALIZED (
        SELECT t.name, a.*, tenancy.base_type(a.atttypid) AS base
        FROM unnest(scope.tables) t
        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'via_parent' AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.has_owners)
    )
    SELECT 'error', format('column %s.%I', c.name, c.attname), 'its collation takes different texts for equal, so one owner may see another''s rows',
        format('Collation %s is nondeterministic.', c.attcollation::regcollation),
        -- (What depends on the column has to be dropped first: policies, views, keys.)
        CASE WHEN NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum
                AND (d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass)
                    OR EXISTS (SELECT FROM pg_constraint k WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid AND k.contype = 'f')))
            THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE %s COLLATE pg_catalog."C"', c.name, c.attname, format_type(c.atttypid, c.atttypmod)) END
    FROM owner_columns c JOIN pg_collation l ON l.oid = c.attcollation AND NOT l.collisdeterministic
    UNION ALL
    SELECT 'warning', format('column %s.%I', c.name, c.attname), 'it is of a type that does not tell owners apart reliably, or whose equality is not leakproof',
        format('It is of type %s. Types for an owner''s id are uuid, bigint, integer, smallint, text and varchar.', format_type(c.atttypid, c.atttypmod)), NULL
    FROM owner_columns c JOIN pg_type y ON y.oid = c.base LEFT JOIN pg_collation l ON l.oid = c.attcollation
    WHERE COALESCE(l.collisdeterministic, true) AND y.typname <> 'varchar' AND (y.typnamespace <> 'pg_catalog'::regnamespace OR y.typname = 'bpchar' OR NOT EXISTS (
        SELECT FROM pg_opclass o
        JOIN pg_amop m ON m.amopfamily = o.opcfamily AND m.amopstrategy = 3 AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype
        JOIN pg_operator e ON e.oid = m.amopopr JOIN pg_proc f ON f.oid = e.oprcode
        WHERE o.opcintype = y.oid AND o.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree') AND o.opcdefault AND f.proleakproof))
$$;
COMMENT ON FUNCTION tenancy.audit_tenant_column_type(tenancy.audit_scope) IS 'Rule tenant_column_type of tenancy.audit().';

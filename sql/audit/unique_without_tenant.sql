-- A unique key without the tenant tells a caller, by the error that an INSERT gets, that another tenant has such a row
-- (row security does not bind the index), and lets one tenant keep a name from all others.
CREATE FUNCTION tenancy.audit_unique_without_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH owned AS MATERIALIZED (
        SELECT t.relation, t.name, t.tenant_column, CASE t.template
            WHEN 'via_parent' THEN (SELECT k.conkey FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'f' AND k.conname = t.asked ->> 'key')
            WHEN 'user' THEN ARRAY[t.tenant_column, t.user_column] ELSE ARRAY[t.tenant_column] END AS owners
        FROM unnest(scope.tables) t
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'tenant_root' AND (t.tenant_column IS NOT NULL OR t.template = 'via_parent')
    ), keys AS MATERIALIZED (
        SELECT o.*, i.indexrelid, i.indisprimary, i.indexprs, i.indpred, (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns, (i.indkey::int2[])[i.indnkeyatts:] AS included
        FROM owned o JOIN pg_index i ON i.indrelid = o.relation AND (i.indisunique OR i.indisexclusion)
        WHERE NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
    ), loose AS MATERIALIZED (
        SELECT k.* FROM keys k
        WHERE NOT k.owners && k.columns
            -- (An expression or a condition may hold the tenant.)
            AND NOT ((k.indexprs IS NOT NULL OR k.indpred IS NOT NULL) AND k.tenant_column <> ALL (k.included) AND EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = k.indexrelid AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjid = k.relation AND d.refobjsubid = k.tenant_column))
    ), to_tenants AS MATERIALIZED (
        SELECT DISTINCT f.conrelid, c.number FROM pg_constraint f JOIN owned o ON o.relation = f.confrelid, unnest(f.conkey) AS c (number) WHERE f.contype = 'f'
    ), made_up AS MATERIALIZED (
        SELECT DISTINCT d.adrelid, d.adnum FROM pg_attrdef d, regexp_matches(d.adbin::text, ':funcid (\d+)', 'g') AS call JOIN pg_proc f ON f.oid = call[1]::oid AND f.provolatile = 'v'
        WHERE d.adrelid IN (SELECT l.relation FROM loose l)
    ), guessed AS MATERIALIZED (
        -- What the database makes up is not asked for, and what nobody can guess gives nothing away.
        SELECT l.indexrelid
        FROM loose l CROSS JOIN LATERAL unnest(l.columns) AS c (number)
        LEFT JOIN pg_attribute a ON a.attrelid = l.relation AND a.attnum = c.number AND a.attnum > 0
        LEFT JOIN made_up m ON m.adrelid = l.relation AND m.adnum = c.number AND a.attgenerated = ''
        LEFT JOIN to_tenants r ON r.conrelid = l.relation AND r.number = c.number
        CROSS JOIN LATERAL (SELECT COALESCE(a.attidentity <> '' OR m.adrelid IS NOT NULL, false)) g (is_generated)
        GROUP BY l.indexrelid
        HAVING NOT (bool_and(g.is_generated) OR bool_or(COALESCE(tenancy.base_type(a.atttypid) = 'uuid'::regtype AND (l.indisprimary OR g.is_generated OR r.conrelid IS NOT NULL), false)))
    )
    SELECT 'warning', CASE WHEN k.conname IS NOT NULL THEN format('constraint %I on %s', k.conname, l.name) ELSE 'index ' || l.indexrelid::regclass END,
        'a unique key leaves out whose the row is: its violation tells that another''s row exists', pg_get_indexdef(l.indexrelid), NULL::text
    FROM loose l JOIN guessed g ON g.indexrelid = l.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = l.indexrelid AND k.conrelid = l.relation AND k.contype IN ('p', 'u', 'x')
$$;
COMMENT ON FUNCTION tenancy.audit_unique_without_tenant(tenancy.audit_scope) IS 'Rule unique_without_tenant of tenancy.audit().';

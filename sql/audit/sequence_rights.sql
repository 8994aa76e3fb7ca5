-- With UPDATE on a sequence a caller sets it back, and the inserts of all tenants fail; without USAGE their own do, where the
-- column's default asks it.
CREATE FUNCTION tenancy.audit_sequence_rights(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH sequences AS MATERIALIZED (
        SELECT c.oid, c.oid::regclass::text AS name, c.relacl, c.relowner FROM pg_class c
        WHERE c.relkind = 'S' AND c.relnamespace = ANY (scope.schemas)
            AND NOT (c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
    ), rights AS MATERIALIZED (
        SELECT s.oid, x.grantee, x.privilege_type, x.grantor = s.relowner AS by_owner FROM sequences s CROSS JOIN LATERAL aclexplode(s.relacl) x
        WHERE x.privilege_type IN ('UPDATE', 'USAGE') AND x.grantee <> s.relowner
    ), inserters AS MATERIALIZED (
        SELECT t.relation, x.grantee FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation CROSS JOIN LATERAL aclexplode(c.relacl) x
        WHERE t.granted LIKE '%a%' AND x.privilege_type = 'INSERT' AND x.grantee = ANY (scope.callers) AND x.grantee <> t.owner
        UNION
        SELECT t.relation, x.grantee FROM unnest(scope.tables) t JOIN pg_attribute a ON a.attrelid = t.relation AND a.attacl IS NOT NULL
            CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE t.granted LIKE '%a%' AND x.privilege_type = 'INSERT' AND x.grantee = ANY (scope.callers) AND x.grantee <> t.owner
    ), needed AS MATERIALIZED (
        -- Sequences that a column's default asks. (An identity column needs no right on its own.)
        SELECT DISTINCT d.adrelid, s.oid FROM pg_attrdef d JOIN pg_depend e ON e.classid = 'pg_attrdef'::regclass AND e.objid = d.oid
            AND e.refclassid = 'pg_class'::regclass
        JOIN sequences s ON s.oid = e.refobjid
    ), found AS MATERIALIZED (
        SELECT r.oid, r.grantee, true AS too_much, r.by_owner AS mendable,
            EXISTS (SELECT FROM rights u WHERE u.oid = r.oid AND u.grantee IN (r.grantee, 0) AND u.privilege_type = 'USAGE') AS keeps
        FROM rights r WHERE r.privilege_type = 'UPDATE' AND r.grantee = ANY (scope.callers)
        UNION
        SELECT n.oid, i.grantee, false, true, true FROM needed n JOIN inserters i ON i.relation = n.adrelid
        WHERE NOT EXISTS (SELECT FROM rights r WHERE r.oid = n.oid AND r.grantee IN (0, i.grantee))
            AND NOT CASE i.grantee WHEN 0 THEN has_sequence_privilege('public', n.oid, 'USAGE, UPDATE')
                ELSE has_sequence_privilege(i.grantee, n.oid, 'USAGE, UPDATE') END
    ), named AS (
        SELECT s.name, f.*, CASE f.grantee WHEN 0 THEN 'PUBLIC' ELSE f.grantee::regrole::text END AS holder FROM found f JOIN sequences s ON s.oid = f.oid
    )
    SELECT 'notice', 'sequence ' || n.name,
        CASE WHEN bool_and(n.too_much) THEN 'callers may set it' WHEN bool_or(n.too_much) THEN 'some callers may set it, and others may not use it'
            ELSE 'callers may insert rows, and may not use the sequence that numbers them' END,
        concat_ws(' ', 'UPDATE is granted to ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE n.too_much) || '.',
            'USAGE is missing for ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE NOT n.too_much) || '.'),
        CASE WHEN bool_and(n.mendable) THEN concat_ws(E';\n',
            'GRANT USAGE ON SEQUENCE ' || n.name || ' TO ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE NOT n.too_much OR NOT n.keeps),
            'REVOKE UPDATE ON SEQUENCE ' || n.name || ' FROM ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE n.too_much)) END
    FROM named n GROUP BY n.name
$$;
COMMENT ON FUNCTION tenancy.audit_sequence_rights(tenancy.audit_scope) IS 'Rule sequence_rights of tenancy.audit().';

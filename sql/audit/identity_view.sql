-- A view reads the identity provider's tables with its owner's rights: what callers were not to see there they see through it,
-- the users of all tenants.
CREATE FUNCTION tenancy.audit_identity_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE identity AS MATERIALIZED (
        SELECT c.oid, c.oid AS base, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname = (SELECT tenancy.setting('identity_schema')) OR c.oid = (SELECT to_regclass('auth.users'))
    ), uses AS MATERIALIZED (
        -- Which view reads which relation, and which columns of it
        SELECT DISTINCT r.ev_class, d.refobjid, d.refobjsubid FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
        WHERE EXISTS (SELECT FROM identity)
    ), reading AS (
        SELECT u.ev_class AS view, i.base, i.relname FROM identity i JOIN uses u ON u.refobjid = i.oid
        UNION
        SELECT u.ev_class, r.base, r.relname FROM reading r JOIN uses u ON u.refobjid = r.view
    ), views AS MATERIALIZED (
        SELECT c.oid, c.relkind, c.oid::regclass::text AS name, c.relowner, c.relacl, array_agg(DISTINCT r.base) AS bases
        FROM reading r JOIN pg_class c ON c.oid = r.view JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relnamespace = ANY (scope.schemas) AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
            -- With the rights of who asks it shows no more than the tables do.
            AND (c.relkind = 'm' OR NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
                WHERE o.option_name = 'security_invoker' AND o.option_value::boolean))
            AND EXISTS (SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a
                WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.callers) AND a.grantee <> n.nspowner)
        GROUP BY c.oid
    ), granted AS MATERIALIZED (
        SELECT v.oid, x.grantee, x.grantor FROM views v CROSS JOIN LATERAL aclexplode(v.relacl) x WHERE x.privilege_type = 'SELECT'
        UNION
        SELECT v.oid, x.grantee, x.grantor FROM views v JOIN pg_attribute a ON a.attrelid = v.oid
            CROSS JOIN LATERAL aclexplode(a.attacl) x WHERE x.privilege_type = 'SELECT'
    ), found AS MATERIALIZED (
        SELECT v.oid, v.name, v.relkind, v.bases, bool_and(g.grantor = v.relowner) AS by_owner,
            string_agg(DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END, ', ') AS readers
        FROM views v JOIN granted g ON g.oid = v.oid AND g.grantee = ANY (scope.callers) AND g.grantee <> v.relowner GROUP BY 1, 2, 3, 4
    )
    SELECT 'error', CASE f.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || f.name, 'callers read the identity provider''s tables through it',
        format('It reads %s; readers are %s.', (SELECT string_agg(b::regclass::text, ', ' ORDER BY b::regclass::text) FROM unnest(f.bases) b), f.readers),
        CASE WHEN f.relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true)', f.name)
            WHEN f.by_owner THEN format('REVOKE SELECT ON %s FROM %s', f.name, f.readers) END
    FROM found f
    -- A view that asks who is calling, and shows no secret, may be what is meant; a materialized view cannot ask.
    WHERE f.relkind = 'm' OR NOT EXISTS (
            SELECT FROM pg_rewrite w WHERE w.ev_class = f.oid AND w.ev_action::text ~ (':funcid (' || array_to_string(scope.readers || ARRAY(
                SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'current_setting'), '|') || ') '))
        OR EXISTS (SELECT FROM uses u JOIN pg_attribute a ON a.attrelid = u.refobjid AND a.attnum = u.refobjsubid
            WHERE u.ev_class = f.oid AND u.refobjid = ANY (f.bases)
            AND lower(replace(a.attname, '_', '')) ~ '(password|secret|privatekey|token|backupcodes)$')
$$;
COMMENT ON FUNCTION tenancy.audit_identity_view(tenancy.audit_scope) IS 'Rule identity_view of tenancy.audit().';

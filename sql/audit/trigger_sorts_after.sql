-- tenancy_keep_tenant refuses to give a row to another tenant. BEFORE triggers run in the order of their names, and what one
-- that comes later does to the tenant column is not looked at any more: it can move a row between a caller's tenants.
CREATE FUNCTION tenancy.audit_trigger_sorts_after(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT DISTINCT 'notice', format('trigger %I on %s', t.tgname, COALESCE(above.tgrelid, t.tgrelid)::regclass),
        'it runs after tenancy_keep_tenant, and may give a row to another of the caller''s tenants',
        format('It calls %s, in which column %I or the whole row is written to.', t.tgfoid::regprocedure, c.attname), NULL::text
    FROM unnest(scope.tables) a
    JOIN pg_trigger k ON k.tgrelid = a.relation AND k.tgname = 'tenancy_keep_tenant'
    JOIN pg_attribute c ON c.attrelid = a.relation AND c.attnum = a.tenant_column
    -- BEFORE UPDATE FOR EACH ROW. (What a new row says is looked at by policies, after all triggers.)
    JOIN pg_trigger t ON t.tgrelid = a.relation AND t.tgtype & 83 = 19 AND t.tgname > 'tenancy_keep_tenant' AND t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal
    LEFT JOIN pg_trigger above ON above.oid = t.tgparentid
    JOIN pg_proc f ON f.oid = t.tgfoid JOIN pg_language l ON l.oid = f.prolang
    WHERE a.asked IS NOT NULL AND l.lanname NOT IN ('internal', 'c') AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
        AND (strpos(lower(f.prosrc), lower(c.attname)) > 0 OR f.prosrc ~* '\mnew\s*:?=|\minto\s+(strict\s+)?new\M|\mexecute\M|\mreturn\s+(?!new\s*;|null\s*;|old\s*;)')
$$;
COMMENT ON FUNCTION tenancy.audit_trigger_sorts_after(tenancy.audit_scope) IS 'Rule trigger_sorts_after of tenancy.audit().';

-- No table has the column by which every other rule knows whose rows are whose, and many have one that looks like it under
-- another name: a database whose setting was never made looks clean.
CREATE FUNCTION tenancy.audit_tenant_column_unknown(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH alike AS MATERIALIZED (
        SELECT a.attname, count(*) AS tables FROM unnest(scope.tables) t JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.granted <> '' AND a.attname ~* '^(tenant|org|organi[sz]ation|account|workspace|company|customer)_?id$' GROUP BY 1
    )
    SELECT CASE WHEN bool_or(w.has_users) THEN 'notice' ELSE 'warning' END, 'setting tenant_column', 'no table has a column of this name, so rules do not know whose rows are whose',
        format('Setting tenant_column is %I. These look like it: %s.', tenancy.setting('tenant_column'), string_agg(format('%I (in %s)', a.attname, a.tables), ', ' ORDER BY a.tables DESC, a.attname)), NULL::text
    FROM alike a, (SELECT bool_or(t.tenant_column IS NOT NULL) AS has_tenants, bool_or(t.user_column IS NOT NULL) AS has_users FROM unnest(scope.tables) t) w
    WHERE NOT w.has_tenants HAVING count(*) > 0
$$;
COMMENT ON FUNCTION tenancy.audit_tenant_column_unknown(tenancy.audit_scope) IS 'Rule tenant_column_unknown of tenancy.audit().';

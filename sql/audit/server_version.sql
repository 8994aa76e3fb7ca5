-- Row security itself had holes. They are mended in minor releases, which a server has to be given.
CREATE FUNCTION tenancy.unfixed_cves(server int, pg_ivm text) RETURNS TABLE (object text, cve text, about text, fixed_in text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT 'server', c.cve, c.about, format('%s.%s', m.major, m.minor) FROM (VALUES
            ('CVE-2023-2454', 'CREATE SCHEMA runs code with the rights of others', '{14.8,15.3}'),
            ('CVE-2023-2455', 'policies of another role are applied after a function was inlined', '{14.8,15.3}'),
            ('CVE-2023-39418', 'MERGE applies the wrong policies', '{15.4}'),
            ('CVE-2024-4317', 'statistics show values of rows that policies hide', '{14.12,15.7,16.3}'),
            ('CVE-2024-10976', 'plans of sub-queries keep the policies of another role', '{14.14,15.9,16.5,17.1}'),
            ('CVE-2024-10978', 'SET ROLE is undone to the wrong role', '{14.14,15.9,16.5,17.1}'),
            ('CVE-2025-8713', 'statistics of views, partitions and children show values of rows that policies hide', '{14.19,15.14,16.10,17.6}')
        ) AS c (cve, about, fixes), LATERAL (
            SELECT CAST(split_part(f, '.', 1) AS int), CAST(split_part(f, '.', 2) AS int) FROM unnest(CAST(c.fixes AS text[])) f
        ) AS m (major, minor)
        WHERE m.major = server / 10000 AND server % 10000 < m.minor
        UNION ALL
        SELECT 'extension pg_ivm', 'CVE-2023-22847', 'a materialized view that maintains itself shows rows that policies hide', '1.5.1'
        WHERE CAST(string_to_array(substring(pg_ivm FROM '^\d+(?:\.\d+)*'), '.') AS int[]) < CAST('{1,5,1}' AS int[]);
    END;
COMMENT ON FUNCTION tenancy.unfixed_cves(int, text) IS
'The security holes that let callers past row security in a server of this version (server_version_num) and with this version of the extension pg_ivm, NULL for none, and in which minor version each is mended.';

CREATE FUNCTION tenancy.audit_server_version(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', c.object, 'this version has known holes in row security',
        format('It is %s. %s', CASE c.object WHEN 'server' THEN current_setting('server_version') ELSE i.version END,
            string_agg(format('%s (mended in %s): %s.', c.cve, c.fixed_in, c.about), ' ' ORDER BY c.cve)), NULL::text
    FROM (SELECT (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'pg_ivm')) AS i (version),
        tenancy.unfixed_cves(current_setting('server_version_num')::int, i.version) c
    GROUP BY c.object, i.version
$$;
COMMENT ON FUNCTION tenancy.audit_server_version(tenancy.audit_scope) IS 'Rule server_version of tenancy.audit().';

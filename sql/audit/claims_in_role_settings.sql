-- ALTER ROLE ... SET request.jwt.claims: every session of that role begins as somebody, and whoever forgets to say who is calling
-- is that one.
CREATE FUNCTION tenancy.audit_claims_in_role_settings(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH settings AS MATERIALIZED (
        SELECT s.setrole, s.setdatabase, split_part(c, '=', 1) AS name, lower(split_part(c, '=', 1)) AS lower_name, substr(c, strpos(c, '=') + 1) AS value
        FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c
        -- A superuser is bound by nothing anyway.
        WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = s.setrole AND r.rolsuper)
    ), found AS MATERIALIZED (
        SELECT s.*, b.does, s.lower_name <> 'row_security' AS lets_in FROM settings s CROSS JOIN LATERAL (SELECT CASE
            WHEN s.lower_name ~ '^(request\.jwt\.|pg_tenancy\.)' AND s.value <> '' THEN 'it says who is calling'
            -- (It is common, and safe, to begin as the role of callers.)
            WHEN s.lower_name = 'role' AND s.value <> 'none' AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = s.value AND (r.oid <> ALL (scope.callers) OR r.oid = ANY (scope.owners)))
                THEN 'it begins as a role that row security does not bind as callers'
            WHEN (s.setrole = 0 OR s.setrole = ANY (scope.callers)) AND s.lower_name = 'session_replication_role'
                AND s.value <> 'origin' THEN 'triggers and foreign keys are off'
            WHEN (s.setrole = 0 OR s.setrole = ANY (scope.callers)) AND s.lower_name = 'row_security'
                AND NOT s.value::boolean THEN 'queries of tables with policies fail'
        END) b (does) WHERE b.does IS NOT NULL
    ), named AS (
        SELECT CASE f.setrole WHEN 0 THEN 'database' ELSE 'role ' || f.setrole::regrole END AS object, f.lets_in, f.name, f.does,
            CASE WHEN f.setrole = 0 AND f.setdatabase = 0 THEN 'ALTER ROLE ALL' WHEN f.setrole = 0 THEN format('ALTER DATABASE %I', current_database())
                ELSE format('ALTER ROLE %s', f.setrole::regrole) || CASE f.setdatabase WHEN 0 THEN '' ELSE format(' IN DATABASE %I', current_database()) END END
            || ' RESET ' || (SELECT string_agg(quote_ident(part), '.' ORDER BY place)
                FROM unnest(string_to_array(f.name, '.')) WITH ORDINALITY AS x (part, place)) AS statement
        FROM found f
    )
    SELECT CASE WHEN bool_or(n.lets_in) THEN 'error' ELSE 'warning' END, n.object, 'its sessions begin with settings that are for each request to make',
        string_agg(DISTINCT format('%s: %s.', n.name, n.does), ' ' ORDER BY format('%s: %s.', n.name, n.does)),
        string_agg(DISTINCT n.statement, E';\n' ORDER BY n.statement)
    FROM named n GROUP BY n.object
$$;
COMMENT ON FUNCTION tenancy.audit_claims_in_role_settings(tenancy.audit_scope) IS 'Rule claims_in_role_settings of tenancy.audit().';

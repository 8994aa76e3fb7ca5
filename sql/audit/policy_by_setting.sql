-- Any session may set app.tenant to what it likes: whoever gets one statement past the app, by an injection for example, chooses
-- whose rows it sees.
CREATE FUNCTION tenancy.audit_policy_by_setting(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH called AS MATERIALIZED (
        SELECT DISTINCT n.tree, n.function FROM unnest(scope.nodes) n WHERE n.type = 'FUNCEXPR' AND n.function >= 16384
    ), bodies AS MATERIALIZED (
        SELECT f.oid, m[1] AS setting
        FROM pg_proc f CROSS JOIN LATERAL regexp_matches(COALESCE(pg_get_function_sqlbody(f.oid), f.prosrc), 'current_setting\(\s*''([^'']+)''', 'gi') m
        WHERE f.oid IN (SELECT function FROM called) AND f.pronamespace NOT IN ('auth'::regnamespace, 'tenancy'::regnamespace)
            AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
    ), found AS MATERIALIZED (
        SELECT c.tree, c.setting, c.setting AS what FROM unnest(scope.claims) c
        UNION
        SELECT c.tree, b.setting, format('%s in function %s', b.setting, b.oid::regprocedure) FROM called c JOIN bodies b ON b.oid = c.function
    )
    SELECT 'notice', p.object, 'it goes by a setting, which any session may set',
        format('It goes by %s.', string_agg(DISTINCT f.what, ', ' ORDER BY f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    -- (The extension's modes are about request.jwt.claims.)
    WHERE f.setting LIKE '%.%' AND lower(f.setting) !~ '^(request\.jwt\.|pg_tenancy\.)'
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_policy_by_setting(tenancy.audit_scope) IS 'Rule policy_by_setting of tenancy.audit().';

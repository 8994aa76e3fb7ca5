-- auth.jwt() IS NOT NULL says that there are claims, and gateways set some for visitors too: {"role": "anonymous"}. Whoever is
-- not signed in passes.
CREATE FUNCTION tenancy.audit_signed_in_by_jwt(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.fields FROM unnest(scope.nodes) n WHERE n.type IN ('NULLTEST', 'BOOLEXPR')
    ), tests AS MATERIALIZED (
        SELECT t.tree, t.id FROM nodes t LEFT JOIN nodes b ON b.tree = t.tree AND b.id = t.parent
        WHERE t.fields ->> 'nulltesttype' = '1' OR t.fields ->> 'nulltesttype' = '0' AND b.fields ->> 'boolop' = 'not'
    ), found AS MATERIALIZED (
        SELECT c.tree, CASE WHEN c.setting IS NULL THEN c.function::regprocedure::text ELSE format('current_setting(%L)', c.setting) END AS what
        FROM unnest(scope.claims) c JOIN tests t ON t.tree = c.tree AND t.id = c.used_in JOIN pg_proc f ON f.oid = c.function
        -- All claims, and not one of them
        WHERE c.path = '{}' AND (lower(c.setting) = 'request.jwt.claims' OR c.setting IS NULL AND f.prorettype IN ('json'::regtype, 'jsonb'::regtype))
    )
    SELECT 'warning', p.object, 'it takes whoever has claims for somebody who is signed in', format('It asks whether %s is there.', min(f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    -- (To the role of those who are signed in alone it opens nothing.)
    WHERE p.roles IS DISTINCT FROM ARRAY[to_regrole(quote_ident(tenancy.setting('authenticated')))::oid]
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_signed_in_by_jwt(tenancy.audit_scope) IS 'Rule signed_in_by_jwt of tenancy.audit().';

-- What policies take of the claims, for the rules of an audit that ask whom policies believe.

-- auth.jwt() -> 'o' ->> 'id', auth.claim_text('o', 'id'), current_setting('request.jwt.claims', true)::json #>> '{o,id}' and
-- auth.organization() ->> 'id' say the same.
CREATE FUNCTION tenancy.audited_claims(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_claim
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH accessors AS MATERIALIZED (
        SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            AND proname IN ('json_object_field', 'json_object_field_text', 'json_extract_path',
            'json_extract_path_text', 'jsonb_object_field', 'jsonb_object_field_text', 'jsonb_extract_path', 'jsonb_extract_path_text')
    ), reading AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.function FROM unnest(scope.nodes) n WHERE n.reads_caller
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.field, n.type, n.value, n.fields ->> 'consttype' AS consttype, n.fields ->> 'sublinktype' AS link,
            n.type = 'SUBSCRIPTINGREF' OR n.type IN ('OPEXPR', 'FUNCEXPR') AND n.function IN (SELECT oid FROM accessors) AS is_access
        FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT r.tree FROM reading r)
    ), keys AS MATERIALIZED (
        -- The constants that a call or an operator is given, in a variadic array too
        SELECT k.tree, CASE p.type WHEN 'ARRAYEXPR' THEN p.parent ELSE p.id END AS holder, k.id, k.field,
            CASE k.consttype WHEN '1009' THEN k.value::text[] ELSE ARRAY[k.value] END AS keys
        FROM nodes k JOIN nodes p ON p.tree = k.tree AND p.id = k.parent WHERE k.type = 'CONST' AND k.value IS NOT NULL AND k.consttype IN ('25', '1009')
    ), around AS MATERIALIZED (
        -- What the call stands in, and whether that hands its value on, or a part of it
        SELECT x.tree, x.reader, a.id, a.is_access, c.id AS within,
            a.type IN ('COERCEVIAIO', 'RELABELTYPE', 'COALESCEEXPR', 'NULLIFEXPR', 'TARGETENTRY')
                OR a.type = 'QUERY' AND c.field = 'targetlist' OR COALESCE(a.link, '') IN ('4', '6')
                OR a.is_access AND (c.id = a.id + 1 OR c.field = 'refexpr') AS hands_on
        FROM (SELECT r.tree, r.id AS reader, unnest(r.ancestors) AS id, unnest(r.ancestors[2:] || r.id) AS within FROM reading r) x
        JOIN nodes a ON a.tree = x.tree AND a.id = x.id JOIN nodes c ON c.tree = x.tree AND c.id = x.within
    ), used AS MATERIALIZED (
        SELECT a.tree, a.reader, max(a.id) AS used_in FROM around a WHERE NOT a.hands_on GROUP BY 1, 2
    ), steps AS MATERIALIZED (
        SELECT a.tree, a.reader, array_agg(e.key ORDER BY a.id DESC, k.id, e.place) AS path
        FROM around a LEFT JOIN used u ON u.tree = a.tree AND u.reader = a.reader
        JOIN keys k ON k.tree = a.tree AND k.holder = a.id AND (k.id > a.within OR k.field = 'refupperindexpr')
        CROSS JOIN LATERAL unnest(k.keys) WITH ORDINALITY AS e (key, place)
        WHERE a.is_access AND a.id > COALESCE(u.used_in, 0) GROUP BY 1, 2
    ), given AS MATERIALIZED (
        SELECT r.tree, r.id, array_agg(e.key ORDER BY k.id, e.place) AS keys
        FROM reading r JOIN keys k ON k.tree = r.tree AND k.holder = r.id CROSS JOIN LATERAL unnest(k.keys) WITH ORDINALITY AS e (key, place) GROUP BY 1, 2
    )
    SELECT r.tree, r.id, r.function, s.setting,
        CASE WHEN p.pronamespace = 'auth'::regnamespace AND p.proname IN ('claim', 'claim_text') THEN COALESCE(g.keys, '{}')
            WHEN p.pronamespace = 'auth'::regnamespace AND p.proname IN ('email', 'role') THEN ARRAY[p.proname::text]
            WHEN p.pronamespace = 'auth'::regnamespace AND p.proname = 'organization' THEN '{o}'
            WHEN s.setting ILIKE 'request.jwt.claim.%' THEN ARRAY[substr(s.setting, 19)]
            ELSE '{}' END || COALESCE(t.path, '{}'), u.used_in
    FROM reading r JOIN pg_proc p ON p.oid = r.function
    LEFT JOIN given g ON g.tree = r.tree AND g.id = r.id
    LEFT JOIN steps t ON t.tree = r.tree AND t.reader = r.id
    LEFT JOIN used u ON u.tree = r.tree AND u.reader = r.id
    CROSS JOIN LATERAL (SELECT CASE p.proname WHEN 'current_setting' THEN g.keys[1] END) s (setting)
$$;
COMMENT ON FUNCTION tenancy.audited_claims(tenancy.audit_scope) IS
'Each call in hand-written policies that tells who is calling, with what is taken of its answer; scope has its nodes.';

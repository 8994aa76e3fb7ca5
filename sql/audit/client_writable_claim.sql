-- user_metadata and its like are what users write themselves, through the identity provider's own API. A policy that goes by
-- them lets a user choose the tenant or the role.
CREATE FUNCTION tenancy.audit_client_writable_claim(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH writable AS MATERIALIZED (
        -- (Auth0 has names such as https://acme.example/user_metadata.)
        SELECT '(^|/)(user_metadata|userMetadata|raw_user_meta_data|unsafe_metadata|unsafeMetadata|client_metadata|clientMetadata)$' AS names
    ), columns AS MATERIALIZED (
        -- What is the user's in the provider's own tables, and the organization's, whose admins write it
        SELECT a.attrelid, a.attnum, a.attrelid::regclass || '.' || quote_ident(a.attname) AS name
        FROM writable w, pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('auth', tenancy.setting('identity_schema')) AND a.attnum > 0
            AND (a.attname ~ w.names OR c.relname = 'organization' AND a.attname = 'metadata')
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.function, n.fields FROM unnest(scope.nodes) n
        WHERE n.type IN ('QUERY', 'FUNCEXPR') OR n.depth > 0 AND (n.type = 'RANGETBLENTRY' OR n.type = 'VAR' AND n.field <> 'joinaliasvars')
    ), tables AS (
        -- The tables of each sub-select, by their numbers there
        SELECT n.tree, n.parent AS query, (n.fields ->> 'relid')::oid AS relid, row_number() OVER (PARTITION BY n.tree, n.parent ORDER BY n.id) AS number
        FROM nodes n WHERE n.type = 'RANGETBLENTRY'
    ), variables AS (
        SELECT v.tree, (v.fields ->> 'varno')::int AS number, (v.fields ->> 'varattno')::int AS attnum, q.id AS query,
            row_number() OVER (PARTITION BY v.tree, v.id ORDER BY q.id DESC) - 1 = (v.fields ->> 'varlevelsup')::int AS is_its
        FROM nodes v JOIN nodes q ON q.tree = v.tree AND q.type = 'QUERY' AND q.id = ANY (v.ancestors) WHERE v.type = 'VAR'
    ), found AS MATERIALIZED (
        SELECT c.tree, 'claim ' || array_to_string(c.path, '.') AS what FROM unnest(scope.claims) c, writable w
        WHERE EXISTS (SELECT FROM unnest(c.path) key WHERE key ~ w.names)
        UNION
        SELECT v.tree, 'column ' || c.name FROM variables v JOIN tables t ON t.tree = v.tree AND t.query = v.query AND t.number = v.number
        JOIN columns c ON c.attrelid = t.relid AND c.attnum = v.attnum WHERE v.is_its
        UNION
        -- A function that reads them for the policy
        SELECT n.tree, format('%s in function %s', word[cardinality(word)], f.oid::regprocedure)
        FROM writable w, (SELECT DISTINCT tree, function FROM nodes WHERE type = 'FUNCEXPR') n
        JOIN pg_proc f ON f.oid = n.function AND f.pronamespace NOT IN ('pg_catalog'::regnamespace, 'auth'::regnamespace, 'tenancy'::regnamespace)
        CROSS JOIN LATERAL tenancy.words(COALESCE(pg_get_function_sqlbody(f.oid), f.prosrc)) word
        WHERE NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner) AND word[cardinality(word)] ~ w.names
    )
    SELECT CASE WHEN p.permissive THEN 'error' ELSE 'warning' END, p.object, 'it believes what users write themselves',
        format('It goes by %s.', string_agg(DISTINCT f.what, ', ' ORDER BY f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object, p.permissive
$$;
COMMENT ON FUNCTION tenancy.audit_client_writable_claim(tenancy.audit_scope) IS 'Rule client_writable_claim of tenancy.audit().';

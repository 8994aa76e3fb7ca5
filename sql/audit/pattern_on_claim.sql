-- path LIKE auth.user_id() || '/%': what the caller says is the pattern, so that whoever is called % matches every row; and 1 is
-- found in 12.
CREATE FUNCTION tenancy.audit_pattern_on_claim(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH matchers AS MATERIALIZED (
        SELECT o.oprcode::oid AS function, o.oprname = '^@' AS is_prefix FROM pg_operator o
        WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname IN ('~~', '~~*', '~', '~*', '^@') AND o.oprresult = 'bool'::regtype
            AND o.oprright = 'text'::regtype
        UNION
        SELECT p.oid, p.proname = 'starts_with' FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proargtypes[1] = 'text'::regtype
            AND p.proname IN ('like', 'texticlike', 'regexp_like', 'regexp_match', 'regexp_matches', 'regexp_count', 'regexp_instr', 'regexp_substr',
                'position', 'strpos', 'starts_with')
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.function, n.reads_caller, n.fields ->> 'resulttype' AS result
        FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT tree FROM unnest(scope.nodes) r WHERE r.reads_caller)
    ), reading AS MATERIALIZED (
        -- A uuid or a number holds no wildcards.
        SELECT n.tree, n.id, n.ancestors FROM nodes n JOIN pg_proc f ON f.oid = n.function JOIN pg_type t ON t.oid = f.prorettype
        WHERE n.reads_caller AND (t.typcategory IN ('S', 'A') OR t.oid IN ('json'::regtype, 'jsonb'::regtype))
            AND t.oid NOT IN ('uuid[]'::regtype, 'bigint[]'::regtype)
    ), found AS MATERIALIZED (
        SELECT DISTINCT m.tree, m.function, k.is_prefix
        FROM reading r
        JOIN nodes m ON m.tree = r.tree AND m.id = ANY (r.ancestors) AND m.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'FUNCEXPR')
        JOIN matchers k ON k.function = m.function
        JOIN unnest(scope.claims) c ON c.tree = r.tree AND c.reader = r.id
        -- In the second argument, and as it is
        WHERE NOT (m.id + 1 = r.id OR m.id + 1 = ANY (r.ancestors)) AND (NOT k.is_prefix OR c.used_in = m.id)
            AND NOT EXISTS (SELECT FROM nodes b LEFT JOIN pg_proc f ON f.oid = b.function AND b.type = 'FUNCEXPR'
                WHERE b.tree = r.tree AND b.id = ANY (r.ancestors) AND m.id = ANY (b.ancestors) AND (b.field = 'jointree'
                    OR b.type = 'COERCEVIAIO' AND b.result::oid IN ('uuid'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype)
                    OR f.proname IN ('replace', 'regexp_replace', 'translate', 'md5', 'encode', 'length')))
    )
    SELECT 'error', p.object, 'what the caller says is searched for as a pattern or a part, and finds the rows of others',
        format('In %s.', string_agg(DISTINCT pg_get_expr(e.expression, q.polrelid), ' and ')), NULL::text
    FROM unnest(scope.policies) p JOIN pg_policy q ON q.oid = p.policy
    CROSS JOIN LATERAL (VALUES (p.using_tree, q.polqual), (p.check_tree, q.polwithcheck)) AS e (tree, expression)
    WHERE e.tree IN (SELECT tree FROM found)
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_pattern_on_claim(tenancy.audit_scope) IS 'Rule pattern_on_claim of tenancy.audit().';

-- What hand-written policies come to, for the rules of an audit that judge what they say.

CREATE FUNCTION tenancy.policy_trees(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_tree
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.value,
            n.fields ->> 'boolop' AS boolop, n.fields ->> 'nulltesttype' AS nulltesttype, n.fields ->> 'sublinktype' AS sublinktype,
            CASE n.type WHEN 'CONST' THEN n.fields ->> 'consttype' END AS consttype, n.fields ->> 'constvalue' AS constvalue,
            n.type = 'OPEXPR' AND (n.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '=') AS equals
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('BOOLEXPR', 'CONST', 'OPEXPR', 'NULLTEST', 'VAR', 'COALESCEEXPR', 'SUBLINK', 'QUERY', 'TARGETENTRY', 'RANGETBLENTRY') OR n.field = 'quals' OR n.reads_caller
    ), columns AS MATERIALIZED (
        SELECT v.tree, array_agg(DISTINCT v.own_column) AS columns FROM nodes v WHERE v.own_column IS NOT NULL GROUP BY 1
    ), choices AS MATERIALIZED (
        -- Which of AND and OR a node is, seen from the top: a NOT above it turns it round.
        SELECT b.tree, b.id, b.boolop, CASE WHEN b.boolop = 'not' THEN 'not' WHEN (count(a.id) % 2 = 0) = (b.boolop = 'or') THEN 'or' ELSE 'and' END AS seen
        FROM nodes b LEFT JOIN nodes a ON a.tree = b.tree AND a.boolop = 'not' AND a.id = ANY (b.ancestors)
        WHERE b.type = 'BOOLEXPR' GROUP BY 1, 2, 3
    ), compared AS MATERIALIZED (
        SELECT e.tree, e.id, e.ancestors, count(*) = 2 AND min(a.own_column) = max(a.own_column) AND count(a.own_column) = 2 AS itself,
            count(*) = 2 AND count(a.constvalue) = 2 AND count(DISTINCT a.consttype) = 1 AS constants, count(DISTINCT a.constvalue) = 1 AS alike,
            bool_and(a.consttype::oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype, 'text'::regtype)) AS plain
        FROM nodes e JOIN nodes a ON a.tree = e.tree AND a.parent = e.id WHERE e.equals AND e.depth = 0 GROUP BY 1, 2, 3
    ), told AS MATERIALIZED (
        -- Of what it is known whether it is true, whatever the row; or is if a column is not null.
        SELECT c.tree, c.id, c.ancestors, c.value::boolean AS truth, NULL::smallint AS unless_null FROM nodes c WHERE c.type = 'CONST' AND c.depth = 0 AND c.consttype::oid = 'bool'::regtype AND c.value IS NOT NULL
        UNION ALL
        SELECT tree, id, ancestors, alike OR itself, NULL FROM compared WHERE itself OR constants AND plain
        UNION ALL
        SELECT t.tree, t.id, t.ancestors, t.nulltesttype = '1', v.own_column FROM nodes t JOIN nodes v ON v.tree = t.tree AND v.parent = t.id AND v.own_column > 0
        WHERE t.type = 'NULLTEST' AND t.depth = 0
        UNION ALL
        -- (SELECT true)
        SELECT s.tree, s.id, s.ancestors, c.value::boolean, NULL FROM nodes c
        JOIN nodes q ON q.tree = c.tree AND q.id = c.query AND q.depth = 0
        JOIN nodes s ON s.tree = c.tree AND s.id = q.parent AND s.sublinktype = '4'
        LEFT JOIN (SELECT DISTINCT n.tree, n.query FROM nodes n WHERE n.type = 'RANGETBLENTRY' OR n.field = 'quals') f ON f.tree = c.tree AND f.query = q.id
        WHERE c.type = 'CONST' AND c.consttype::oid = 'bool'::regtype AND c.value IS NOT NULL AND cardinality(c.ancestors) = cardinality(q.ancestors) + 2 AND f.tree IS NULL
    ), decided AS MATERIALIZED (
        SELECT * FROM told
        UNION ALL
        -- An AND of nothing but truths, an OR of nothing but falsehoods
        SELECT b.tree, b.id, b.ancestors, b.boolop = 'and', NULL FROM nodes b
        JOIN nodes a ON a.tree = b.tree AND a.parent = b.id
        LEFT JOIN told t ON t.tree = a.tree AND t.id = a.id AND t.unless_null IS NULL
        WHERE b.boolop IN ('and', 'or') GROUP BY 1, 2, 3, b.boolop HAVING bool_and(t.truth IS NOT NULL AND t.truth = (b.boolop = 'and'))
    ), outcomes AS MATERIALIZED (
        -- One such arm decides the whole under nothing but ORs if it is true, under nothing but ANDs if it is false.
        SELECT d.tree, d.unless_null, d.truth = (count(*) FILTER (WHERE c.seen = 'not') % 2 = 0) AS truth, bool_and(c.seen IS DISTINCT FROM 'and') AS under_or, bool_and(c.seen IS DISTINCT FROM 'or') AS under_and
        FROM decided d LEFT JOIN choices c ON c.tree = d.tree AND c.id = ANY (d.ancestors)
        GROUP BY d.tree, d.id, d.ancestors, d.truth, d.unless_null HAVING count(c.id) = cardinality(d.ancestors)
    ), facts AS MATERIALIZED (
        SELECT o.tree, CASE WHEN bool_or(o.truth AND o.under_or) FILTER (WHERE o.unless_null IS NULL) THEN true
                WHEN bool_or(NOT o.truth AND o.under_and) FILTER (WHERE o.unless_null IS NULL) THEN false END AS always,
            array_agg(o.unless_null) FILTER (WHERE o.unless_null IS NOT NULL AND o.truth AND o.under_or) AS always_unless_null
        FROM outcomes o GROUP BY 1
    ), nobody AS MATERIALIZED (
        -- "There is no caller": IS NULL or = '' over what tells who is calling, and no column
        SELECT DISTINCT t.tree, t.id, t.parent, t.ancestors, r.function FROM nodes t
        JOIN nodes r ON r.tree = t.tree AND r.reads_caller AND t.id = ANY (r.ancestors)
        LEFT JOIN nodes e ON e.tree = t.tree AND e.parent = t.id AND e.type = 'CONST' AND e.value = ''
        WHERE (t.nulltesttype = '0' OR t.equals AND e.id IS NOT NULL)
            AND NOT EXISTS (SELECT FROM nodes v WHERE v.tree = t.tree AND v.own_column IS NOT NULL AND t.id = ANY (v.ancestors))
    ), nobodies AS MATERIALIZED (
        SELECT * FROM nobody
        UNION ALL
        SELECT b.tree, b.id, b.parent, b.ancestors, min(n.function) FROM nodes b JOIN nodes a ON a.tree = b.tree AND a.parent = b.id LEFT JOIN nobody n ON n.tree = a.tree AND n.id = a.id
        WHERE b.boolop = 'and' GROUP BY 1, 2, 3, 4 HAVING bool_and(n.id IS NOT NULL)
    ), inverted AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM nobodies n
        JOIN nodes o ON o.tree = n.tree AND o.boolop = 'or' AND o.depth = 0 AND o.id = ANY (n.ancestors)
        -- An arm of the same OR names a column,
        WHERE EXISTS (SELECT FROM nodes v WHERE v.tree = o.tree AND v.own_column IS NOT NULL AND o.id = ANY (v.ancestors)
                AND v.ancestors[cardinality(o.ancestors) + 2] IS DISTINCT FROM (n.ancestors || n.id)[cardinality(o.ancestors) + 2])
            -- between it and the test there is nothing but ORs and a sub-select without tables, and above it no NOT,
            AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = n.tree AND b.id = ANY (n.ancestors) AND (b.boolop = 'not' OR b.id > o.id AND b.type NOT IN ('SUBLINK', 'QUERY', 'TARGETENTRY') AND b.boolop IS DISTINCT FROM 'or'))
            -- nor an AND with another arm that nobody does not pass.
            AND NOT EXISTS (
                SELECT FROM nodes b JOIN nodes arm ON arm.tree = b.tree AND arm.parent = b.id AND arm.type <> 'BOOLEXPR' AND arm.id <> o.id AND arm.nulltesttype IS DISTINCT FROM '0'
                JOIN nodes r ON r.tree = arm.tree AND r.reads_caller AND (r.id = arm.id OR arm.id = ANY (r.ancestors))
                WHERE b.tree = o.tree AND b.boolop = 'and' AND b.id = ANY (o.ancestors) AND (r.function = n.function OR EXISTS (
                    SELECT FROM nodes v WHERE v.tree = arm.tree AND v.own_column IS NOT NULL AND arm.id = ANY (v.ancestors))))
        UNION
        -- COALESCE(caller, column) = column
        SELECT c.tree FROM nodes c
        JOIN nodes r ON r.tree = c.tree AND r.reads_caller AND c.id = ANY (r.ancestors)
        JOIN nodes v ON v.tree = c.tree AND v.own_column > 0 AND c.id = ANY (v.ancestors)
        JOIN nodes e ON e.tree = c.tree AND e.equals AND e.depth = 0 AND e.id = ANY (c.ancestors)
        JOIN nodes w ON w.tree = c.tree AND w.own_column = v.own_column AND e.id = ANY (w.ancestors) AND NOT c.id = ANY (w.ancestors)
        WHERE c.type = 'COALESCEEXPR'
    )
    SELECT t.tree, COALESCE(c.columns, '{}'), f.always, COALESCE(f.always_unless_null, '{}'), i.tree IS NOT NULL, b.tied, b.partly, b.asks
    FROM (SELECT p.using_tree AS tree FROM unnest(scope.policies) p WHERE p.using_tree IS NOT NULL UNION SELECT p.check_tree FROM unnest(scope.policies) p WHERE p.check_tree IS NOT NULL) t
    LEFT JOIN columns c ON c.tree = t.tree LEFT JOIN facts f ON f.tree = t.tree LEFT JOIN inverted i ON i.tree = t.tree LEFT JOIN tenancy.tied_trees(scope) b ON b.tree = t.tree
$$;
COMMENT ON FUNCTION tenancy.policy_trees(tenancy.audit_scope) IS
'Each expression of hand-written policies, with what is known of its outcome; scope has its policies and nodes.';

CREATE FUNCTION tenancy.policy_tests(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_test
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off
AS $$
    WITH settings AS MATERIALIZED (
        -- Whom apps act as: what they may take, where that is known
        SELECT ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) OR r.rolname = ANY (tenancy.setting_names('app_logins')))
            || CASE WHEN EXISTS (SELECT FROM tenancy.audited_logins() l WHERE l.login = ANY (scope.callers)) THEN scope.apps ELSE '{0}' END AS customers
    ), tests AS MATERIALIZED (
        -- (Each letter is a command for which the expression is tested: of the rows there are, or of those written.)
        SELECT p.policy, p.object, p.name, p.relation, p.permissive, p.roles, p.command, e.clause, e.tree, e.there, e.written, r.callers, t.columns, t.inverted, t.tied, t.partly, t.asks,
            CASE WHEN t.always_unless_null <> '{}' AND EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = p.relation AND a.attnum = ANY (t.always_unless_null) AND a.attnotnull) THEN true ELSE t.always END AS always
        FROM unnest(scope.policies) p
        CROSS JOIN LATERAL (VALUES
            ('USING', p.using_tree, CASE p.command WHEN '*' THEN 'rwd' ELSE p.command::text END, CASE WHEN p.check_tree IS NULL THEN CASE p.command WHEN '*' THEN 'aw' WHEN 'w' THEN 'w' END END),
            ('WITH CHECK', p.check_tree, NULL, CASE p.command WHEN '*' THEN 'aw' ELSE p.command::text END)
        ) e (clause, tree, there, written)
        JOIN unnest(scope.trees) t ON t.tree = e.tree
        JOIN (SELECT b.relation, CASE WHEN b.owner = ANY (scope.owners) THEN array_remove(scope.callers, b.owner) ELSE scope.callers END AS callers FROM unnest(scope.tables) b) r ON r.relation = p.relation
    ), narrow AS MATERIALIZED (
        SELECT relation, roles, there, written FROM tests WHERE NOT permissive AND tied AND always IS DISTINCT FROM true AND NOT inverted
        UNION ALL
        SELECT t.relation, '{0}', 'rwd', 'aw' FROM unnest(scope.tables) t WHERE t.asked IS NOT NULL
    ), closed AS MATERIALIZED (
        SELECT x.policy, x.clause, string_agg(CASE x.clause WHEN 'USING' THEN concat(n.there, translate(n.written, 'w', '')) ELSE n.written END, '') AS letters
        FROM tests x JOIN narrow n ON n.relation = x.relation
        WHERE x.permissive AND (0 = ANY (n.roles) OR x.roles <@ n.roles OR NOT EXISTS (
            -- It narrows for all whom the other lets in, be it because nobody else was granted anything.
            SELECT FROM unnest(x.callers) e
            WHERE e = ANY (CASE WHEN 0 = ANY (x.roles) THEN ARRAY(
                    SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = x.relation
                    UNION SELECT a.grantee FROM pg_attribute c, aclexplode(c.attacl) a WHERE c.attrelid = x.relation) ELSE x.roles END)
                AND NOT e = ANY (n.roles) AND NOT EXISTS (SELECT FROM unnest(n.roles) r WHERE e <> 0 AND pg_has_role(e, r, 'USAGE'))))
        GROUP BY 1, 2
    ), apart AS MATERIALIZED (
        SELECT DISTINCT x.policy FROM settings s, tests x JOIN tests o ON o.relation = x.relation
        WHERE x.permissive AND NOT x.roles && s.customers AND o.permissive AND o.columns <> '{}' AND o.always IS NULL AND NOT o.roles <@ x.roles
    )
    SELECT x.policy, x.object, x.name, x.relation, x.roles, x.command, x.clause, x.tree, x.columns, x.always, l.commands, translate(l.commands, concat(c.letters), ''), a.policy IS NOT NULL, x.tied, x.partly, x.asks
    FROM tests x LEFT JOIN closed c ON c.policy = x.policy AND c.clause = x.clause LEFT JOIN apart a ON a.policy = x.policy
    CROSS JOIN LATERAL (SELECT CASE x.clause WHEN 'USING' THEN concat(x.there, translate(x.written, 'w', '')) ELSE x.written END) l (commands)
    WHERE x.permissive AND x.roles && x.callers
$$;
COMMENT ON FUNCTION tenancy.policy_tests(tenancy.audit_scope) IS
'Each expression of hand-written permissive policies for callers, with for which commands it decides; scope has its tables and trees.';

CREATE FUNCTION tenancy.policy_text(policy oid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT concat_ws(' ', CASE WHEN NOT p.polpermissive THEN 'RESTRICTIVE' END,
        'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        'TO ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text) FROM unnest(p.polroles) r),
        'USING ' || tenancy.in_parentheses(regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s*\n\s*', ' ', 'g')),
        'WITH CHECK ' || tenancy.in_parentheses(regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s*\n\s*', ' ', 'g')))
    FROM pg_policy p WHERE p.oid = policy
$$;
COMMENT ON FUNCTION tenancy.policy_text(oid) IS 'What a policy says, as CREATE POLICY would; NULL where there is no such policy.';

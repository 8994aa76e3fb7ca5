-- Whether what a policy says ties the row to whoever is calling, for the rules of an audit: of tenant_id = auth.tenant_id() that
-- is so, of auth.has_role('admin') OR tenant_id = auth.tenant_id() it is not, as one arm lets in rows of anybody.
--
-- An expression is AND, OR, NOT, and what is like them (CASE, COALESCE, IS TRUE, a sub-select without tables), over atoms. Of an
-- AND one arm has to tie the row, of an OR each; NOT turns that round. An atom ties a row if it names a column of the policy's
-- table, asks who is calling, and compares them by something like equality. What is not known to be otherwise ties: functions
-- of the user's own, operators that nothing is known of. What is found not to be tied is meant to be right.

-- The atoms and what joins them, parents first. positive: it ties the row if it is true; negative: it does if it is false.
CREATE FUNCTION tenancy.audited_atoms(scope tenancy.audit_scope) RETURNS TABLE (tree int, id int, parent int, role "char", code "char", positive boolean, negative boolean, asks boolean)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.value, n.fields FROM unnest(scope.nodes) n
    ), owners AS MATERIALIZED (
        -- Where that is NULL a row is nobody's
        SELECT DISTINCT e.tree, COALESCE(t.tenant_column, t.user_column) AS owner FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)
        JOIN unnest(scope.tables) t ON t.relation = p.relation
    ), readings AS MATERIALIZED (
        -- Sub-selects that read tables, or have a condition
        SELECT n.tree, n.query FROM nodes n WHERE n.query IS NOT NULL AND (n.type = 'RANGETBLENTRY' OR n.field = 'quals') GROUP BY 1, 2
    ), joints AS MATERIALIZED (
        -- What may join atoms, wherever it stands
        SELECT n.tree, n.id, CASE n.type
            WHEN 'BOOLEXPR' THEN CASE n.fields ->> 'boolop' WHEN 'and' THEN '&' WHEN 'or' THEN '|' ELSE '!' END
            WHEN 'BOOLEANTEST' THEN substr('TNFMUU', (n.fields ->> 'booltesttype')::int + 1, 1)
            WHEN 'COALESCEEXPR' THEN 'C' WHEN 'CASEEXPR' THEN 'K' WHEN 'CASEWHEN' THEN 'W' ELSE 'P' END AS code
        FROM nodes n LEFT JOIN readings r ON r.tree = n.tree AND r.query = COALESCE(n.query, n.id + 1)
        LEFT JOIN nodes g ON n.type = 'CASEEXPR' AND g.tree = n.tree AND g.parent = n.id AND g.field = 'arg'
        WHERE n.type IN ('BOOLEXPR', 'BOOLEANTEST', 'COALESCEEXPR', 'CASEWHEN') OR n.type = 'CASEEXPR' AND g.id IS NULL
            OR r.tree IS NULL AND (n.type = 'SUBLINK' AND n.fields ->> 'sublinktype' = '4' OR n.type IN ('QUERY', 'TARGETENTRY'))
    ), steps AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, CASE n.field WHEN 'expr' THEN 'e' WHEN 'defresult' THEN 'd' END AS role, j.code, p.code AS within FROM nodes n
        LEFT JOIN joints j ON j.tree = n.tree AND j.id = n.id
        LEFT JOIN joints p ON p.tree = n.tree AND p.id = n.parent
        WHERE n.parent IS NULL OR p.code IS NOT NULL AND n.type NOT IN ('FROMEXPR')
    ), formula AS (
        SELECT s.* FROM steps s WHERE s.parent IS NULL
        UNION ALL
        SELECT s.* FROM formula f JOIN steps s ON s.tree = f.tree AND s.parent = f.id WHERE f.code IS NOT NULL
    ), leaves AS MATERIALIZED (
        SELECT f.tree, f.id, f.parent, f.role, f.within FROM formula f WHERE f.code IS NULL
    ), placed AS MATERIALIZED (
        -- (Nodes are numbered parents first, so those of an atom follow it, and those of a side of it that.)
        SELECT n.*, max(f.id) FILTER (WHERE f.code IS NULL) OVER (PARTITION BY n.tree ORDER BY n.id) AS atom, f.code IS NOT NULL OR n.type = 'FROMEXPR' AS between_atoms
        FROM nodes n LEFT JOIN formula f ON f.tree = n.tree AND f.id = n.id
    ), sided AS MATERIALIZED (
        SELECT p.*, max(CASE WHEN p.parent = p.atom THEN p.id END) OVER (PARTITION BY p.tree, p.atom ORDER BY p.id) AS side, r.tree IS NOT NULL AS reading,
            f.oid IS NOT NULL AND NOT p.reads_caller AS unknown,
            p.reads_caller OR p.type = 'SQLVALUEFUNCTION' AND p.fields ->> 'op' IN ('9', '10', '11', '12') OR g.oid IS NOT NULL AS calls,
            p.type = 'RANGETBLENTRY' AND p.fields ->> 'relid' IS NOT NULL AND (c.oid IS NULL OR c.relrowsecurity OR c.relkind NOT IN ('r', 'p')) AS bound
        FROM placed p LEFT JOIN readings r ON r.tree = p.tree AND r.query = p.query
        LEFT JOIN pg_class c ON p.type = 'RANGETBLENTRY' AND c.oid = (p.fields ->> 'relid')::oid
        -- A function of the user's own, or an operator that is made of one; those of extensions ask nobody.
        LEFT JOIN pg_proc f ON f.oid = p.function AND f.oid >= 16384 AND (p.type = 'FUNCEXPR' OR NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner))
        LEFT JOIN pg_proc g ON g.oid = p.function AND g.pronamespace = 'pg_catalog'::regnamespace AND g.proname ~ '^(pg_has_role|has_\w+_privilege|current_user|session_user)$'
        WHERE p.atom IS NOT NULL AND NOT p.between_atoms
    ), sides AS MATERIALIZED (
        SELECT s.tree, s.atom, s.side, min(s.own_column) FILTER (WHERE NOT s.reading) AS lowest, max(s.own_column) FILTER (WHERE NOT s.reading) AS highest,
            bool_or(s.own_column IS NOT NULL) AS owned, bool_or(s.calls OR s.unknown OR s.bound) AS asks,
            bool_and(s.type IN ('VAR', 'RELABELTYPE', 'COERCEVIAIO', 'ARRAYCOERCEEXPR')) AS bare
        FROM sided s WHERE s.id > s.atom GROUP BY 1, 2, 3
    ), compared AS MATERIALIZED (
        SELECT s.tree, s.atom,
            count(*) = 2 AND bool_and(s.lowest IS NOT NULL AND s.lowest = s.highest) AND min(s.lowest) = max(s.lowest) AS itself,
            -- The caller on one side, the column on the other
            count(*) = 2 AND count(*) FILTER (WHERE s.owned AND NOT s.asks) = 1 AND count(*) FILTER (WHERE s.asks AND NOT s.owned) = 1 AS opposed,
            (array_agg(s.bare AND s.owned ORDER BY s.side))[1] AS left_bare, (array_agg(s.bare AND s.owned ORDER BY s.side DESC))[1] AS right_bare
        FROM sides s GROUP BY 1, 2
    ), facts AS MATERIALIZED (
        SELECT s.tree, s.atom, bool_or(s.own_column IS NOT NULL) AS owned, bool_or(s.calls) AS calls, bool_or(s.reads_caller) AS reads, bool_or(s.unknown) AS unknown, bool_or(s.bound) AS bound,
            bool_or(s.type = 'RANGETBLENTRY') AS tables, count(*) FILTER (WHERE s.type = 'RANGETBLENTRY') = 1 AS one_table,
            -- Nothing in it but what is equal
            bool_and(s.type NOT IN ('DISTINCTEXPR', 'NULLTEST', 'BOOLEANTEST') AND s.fields ->> 'boolop' IS DISTINCT FROM 'not'
                AND (s.fields ->> 'opno' IS NULL OR (s.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '='))) AS plain,
            array_agg(s.value) FILTER (WHERE s.type = 'CONST' AND s.value IS NOT NULL) AS constants
        FROM sided s GROUP BY 1, 2
    ), lists AS MATERIALIZED (
        -- A sub-select over one table finds the caller in a column that is unique by itself: a list of people.
        SELECT DISTINCT f.tree, f.atom FROM facts f
        JOIN sided t ON t.tree = f.tree AND t.atom = f.atom AND t.type = 'RANGETBLENTRY' AND t.fields ->> 'relid' IS NOT NULL
        JOIN sided v ON v.tree = f.tree AND v.atom = f.atom AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN sided o ON o.tree = v.tree AND o.id = v.parent AND (o.type = 'OPEXPR' AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=') OR o.type = 'TARGETENTRY')
        JOIN pg_index i ON i.indrelid = (t.fields ->> 'relid')::oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
        WHERE f.one_table AND f.calls AND NOT f.owned AND CASE o.type WHEN 'TARGETENTRY' THEN o.query = f.atom
            ELSE EXISTS (SELECT FROM sided r WHERE r.tree = o.tree AND r.atom = o.atom AND r.calls AND o.id = ANY (r.ancestors)) END
    ), listed AS MATERIALIZED (
        -- caller IN (SELECT unique column FROM list)
        SELECT * FROM lists
        UNION
        SELECT f.tree, f.atom FROM facts f
        JOIN nodes l ON l.tree = f.tree AND l.id = f.atom AND l.type = 'SUBLINK' AND l.fields ->> 'sublinktype' = '2'
        JOIN sided t ON t.tree = f.tree AND t.atom = f.atom AND t.type = 'RANGETBLENTRY' AND t.fields ->> 'relid' IS NOT NULL
        JOIN sided e ON e.tree = f.tree AND e.atom = f.atom AND e.type = 'TARGETENTRY' AND e.depth = 1
        JOIN sided v ON v.tree = e.tree AND v.parent = e.id AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN pg_index i ON i.indrelid = (t.fields ->> 'relid')::oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
        WHERE f.one_table AND f.calls AND NOT f.owned
    ), outward AS MATERIALIZED (
        -- The sub-select of an IN names the row in what it selects, and nowhere else.
        SELECT v.tree, v.atom FROM sided v LEFT JOIN sided e ON e.tree = v.tree AND e.id = v.parent AND e.type = 'TARGETENTRY' AND (e.depth = 1
            OR EXISTS (SELECT FROM sided u WHERE u.tree = e.tree AND u.atom = e.atom AND u.type = 'SETOPERATIONSTMT'))
        WHERE v.own_column IS NOT NULL AND v.depth > 0 GROUP BY 1, 2 HAVING bool_and(e.id IS NOT NULL)
    ), slips AS MATERIALIZED (
        -- EXISTS (SELECT ... WHERE m.tenant_id = docs.tenant_id OR m.user_id = caller): an arm does not name the row, and any row will do.
        SELECT DISTINCT a.tree, a.atom FROM (
            SELECT q.tree, q.atom, arm.id FROM sided q JOIN facts f ON f.tree = q.tree AND f.atom = q.atom AND f.one_table JOIN sided arm ON arm.tree = q.tree AND arm.parent = q.id
            LEFT JOIN sided v ON v.tree = arm.tree AND v.atom = arm.atom AND (v.own_column IS NOT NULL OR v.unknown) AND (v.id = arm.id OR arm.id = ANY (v.ancestors))
            WHERE q.field = 'quals' AND q.depth = 1 AND q.fields ->> 'boolop' = 'or' GROUP BY 1, 2, 3 HAVING count(v.id) = 0) a
    ), bounds AS MATERIALIZED (
        -- BETWEEN, or any two bounds
        SELECT l.tree, l.parent FROM leaves l JOIN nodes n ON n.tree = l.tree AND n.id = l.id AND n.type = 'OPEXPR' JOIN pg_operator o ON o.oid = (n.fields ->> 'opno')::oid
        JOIN facts a ON a.tree = l.tree AND a.atom = l.id
        WHERE l.within = '&' AND o.oprname IN ('<', '>', '<=', '>=') AND a.owned AND (a.calls OR a.unknown OR a.bound) GROUP BY 1, 2 HAVING count(*) > 1
    ), roles AS MATERIALIZED (
        SELECT ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.oid = ANY (scope.apps)) AS apps, '{service_role}' || tenancy.staff_roles()::text[] AS staff
    )
    SELECT f.tree, f.id, f.parent, f.role::"char", f.code::"char", NULL::boolean, NULL::boolean, NULL::boolean FROM formula f WHERE f.code IS NOT NULL
    UNION ALL
    SELECT l.tree, l.id, l.parent, l.role::"char", NULL, COALESCE(v.positive, false), COALESCE(v.negative, false), x.asks
    FROM leaves l
    JOIN nodes n ON n.tree = l.tree AND n.id = l.id
    JOIN facts a ON a.tree = l.tree AND a.atom = l.id
    CROSS JOIN roles s
    LEFT JOIN compared c ON c.tree = l.tree AND c.atom = l.id
    LEFT JOIN listed p ON p.tree = l.tree AND p.atom = l.id
    LEFT JOIN pg_operator o ON o.oid = (n.fields ->> 'opno')::oid
    LEFT JOIN nodes g ON n.type = 'NULLTEST' AND g.tree = n.tree AND g.id = n.id + 1
    LEFT JOIN owners w ON w.tree = g.tree AND w.owner = g.own_column
    LEFT JOIN outward ON outward.tree = l.tree AND outward.atom = l.id
    LEFT JOIN slips ON slips.tree = l.tree AND slips.atom = l.id
    LEFT JOIN bounds b ON b.tree = l.tree AND b.parent = l.parent
    CROSS JOIN LATERAL (SELECT a.calls OR a.unknown OR a.bound AS asks, n.fields ->> 'sublinktype' AS link) x
    CROSS JOIN LATERAL (SELECT a.owned AND x.asks AS both,
        CASE WHEN n.type = 'DISTINCTEXPR' OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('<>', '!~~', '!~~*', '!~', '!~*') AND n.function <> 'boolne'::regproc THEN 'unequal'
            WHEN n.type = 'ROWCOMPAREEXPR' OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('<', '>', '<=', '>=') THEN 'order'
            WHEN n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('=', '~~', '~~*', '~', '~*') THEN 'equal' ELSE n.type END AS kind) y
    CROSS JOIN LATERAL (SELECT
        CASE WHEN n.type = 'CONST' THEN n.value IS DISTINCT FROM 'true'
            -- Operators of the app, and what is not known
            WHEN NOT a.owned AND (a.unknown OR p.atom IS NOT NULL OR a.calls AND CASE WHEN a.reads THEN a.constants && s.staff ELSE a.constants IS NULL OR NOT a.constants && s.apps END) THEN true
            WHEN y.kind IN ('unequal', 'order') AND (c.opposed AND b.tree IS NULL OR n.type = 'ROWCOMPAREEXPR' AND NOT a.tables) THEN false
            WHEN c.itself AND NOT a.unknown THEN false
            WHEN n.type = 'NULLTEST' THEN w.tree IS NOT NULL AND n.fields ->> 'nulltesttype' = '0'
                OR y.both AND n.fields ->> 'nulltesttype' = '1' AND g.type NOT IN ('NULLIFEXPR', 'COALESCEEXPR')
            WHEN x.link = '1' AND a.tables THEN false
            WHEN x.link = '2' AND outward.tree IS NOT NULL OR x.link = '0' AND slips.tree IS NOT NULL THEN false
            -- An empty array, or an empty object, is contained in any.
            WHEN o.oprcode IN ('arraycontained'::regproc, 'jsonb_contained'::regproc) AND c.left_bare OR o.oprcode IN ('arraycontains'::regproc, 'jsonb_contains'::regproc) AND c.right_bare THEN false
            ELSE y.both END AS positive,
        CASE WHEN n.type = 'CONST' THEN n.value IS DISTINCT FROM 'false'
            WHEN a.unknown THEN true
            WHEN y.kind IN ('equal', 'order') AND c.opposed OR c.itself THEN false
            WHEN n.type = 'NULLTEST' THEN w.tree IS NOT NULL AND n.fields ->> 'nulltesttype' = '1' OR y.both AND n.fields ->> 'nulltesttype' = '0'
            WHEN x.link IN ('0', '2') AND a.plain THEN false
            ELSE y.both END AS negative) v
$$;
COMMENT ON FUNCTION tenancy.audited_atoms(tenancy.audit_scope) IS
'What the expressions of hand-written policies are made of, for tenancy.tied_trees(); scope has its policies and nodes.';

CREATE FUNCTION tenancy.tied_trees(scope tenancy.audit_scope) RETURNS TABLE (tree int, tied boolean, partly boolean, asks boolean)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trees int[];
    parents int[];
    roles "char"[];
    codes "char"[];
    positives boolean[];
    negatives boolean[];
    asking boolean[];
    -- Of each that joins others: whether one of these ties the row, and whether all do, if it is true and if it is false.
    -- (Of a CASE: its ELSE, and whether all of its WHENs do.)
    one_positive boolean[];
    one_negative boolean[];
    all_positive boolean[];
    all_negative boolean[];
    passed boolean[]; -- of a CASE: a WHEN ties the row if it is not true, and so for what comes after it
    p int;
BEGIN
    WITH atoms AS MATERIALIZED (
        SELECT a.*, row_number() OVER (ORDER BY a.tree, a.id)::int AS place FROM tenancy.audited_atoms(scope) a
    )
    SELECT array_agg(a.tree ORDER BY a.place), array_agg(b.place ORDER BY a.place), array_agg(a.role ORDER BY a.place), array_agg(a.code ORDER BY a.place),
        array_agg(a.positive ORDER BY a.place), array_agg(a.negative ORDER BY a.place), array_agg(a.asks ORDER BY a.place)
    INTO trees, parents, roles, codes, positives, negatives, asking
    FROM atoms a LEFT JOIN atoms b ON b.tree = a.tree AND b.id = a.parent;
    one_positive := array_fill(false, ARRAY[cardinality(trees)]);
    one_negative := one_positive;
    all_positive := array_fill(true, ARRAY[cardinality(trees)]);
    all_negative := all_positive;
    passed := one_positive;
    -- What is joined comes after what joins it.
    FOR i IN REVERSE COALESCE(cardinality(trees), 0) .. 1 LOOP
        CASE codes[i]
            WHEN '&' THEN positives[i] := one_positive[i]; negatives[i] := all_negative[i];
            WHEN '|' THEN positives[i] := all_positive[i]; negatives[i] := one_negative[i];
            WHEN '!' THEN positives[i] := one_negative[i]; negatives[i] := one_positive[i];
            -- IS TRUE, IS NOT TRUE, IS FALSE, IS NOT FALSE, and whether it is known: of these only what NULL does not pass
            WHEN 'T' THEN positives[i] := one_positive[i]; negatives[i] := false;
            WHEN 'N' THEN positives[i] := false; negatives[i] := one_positive[i];
            WHEN 'F' THEN positives[i] := one_negative[i]; negatives[i] := false;
            WHEN 'M' THEN positives[i] := false; negatives[i] := one_negative[i];
            WHEN 'U' THEN positives[i] := false; negatives[i] := false;
            WHEN 'C' THEN positives[i] := all_positive[i]; negatives[i] := all_negative[i];
            WHEN 'K' THEN positives[i] := passed[i] OR all_positive[i] AND one_positive[i]; negatives[i] := passed[i] OR all_negative[i] AND one_negative[i];
            WHEN 'W', 'P' THEN positives[i] := one_positive[i]; negatives[i] := one_negative[i];
            ELSE NULL;
        END CASE;
        p := parents[i];
        CONTINUE WHEN p IS NULL;
        IF codes[p] = 'W' AND roles[i] = 'e' THEN
            one_positive[p] := one_positive[p] OR positives[i];
            one_negative[p] := one_negative[p] OR positives[i];
            passed[parents[p]] := passed[parents[p]] OR negatives[i];
        ELSE
            IF codes[p] <> 'K' OR roles[i] = 'd' THEN
                one_positive[p] := one_positive[p] OR positives[i];
                one_negative[p] := one_negative[p] OR negatives[i];
            END IF;
            IF codes[p] <> 'K' OR roles[i] IS NULL THEN
                all_positive[p] := all_positive[p] AND positives[i];
                all_negative[p] := all_negative[p] AND negatives[i];
            END IF;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT a.tree, bool_or(a.parent IS NULL AND a.positive), bool_or(a.code IS NULL AND a.asks AND a.positive), bool_or(COALESCE(a.asks, false))
        FROM unnest(trees, parents, codes, positives, asking) a (tree, parent, code, positive, asks) GROUP BY 1;
END $$;
COMMENT ON FUNCTION tenancy.tied_trees(tenancy.audit_scope) IS
'Of each expression of hand-written policies: whether it ties the row to the caller, whether at least a part of it does, and whether anything in it may ask who is calling.';

-- What tenancy.protect() was asked and is no longer so: a policy that somebody changed or dropped, row security switched off,
-- a partition attached since, a grant too many, settings that say something else today.
--
-- The answer is the statements that protect() would run now. Asking that takes 2 to 3 ms a table, so it is asked once for
-- all tables that are alike in everything that it goes by.

CREATE FUNCTION tenancy.alike_protected(scope tenancy.audit_scope) RETURNS TABLE (relation oid, name text, asked jsonb, likeness text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- of what stands in WITH the planner expects a few rows, not thousands
    SET enable_sort = off
AS $$
    WITH RECURSIVE protected AS MATERIALIZED (
        SELECT t.relation, t.name, t.asked FROM unnest(scope.tables) t WHERE t.asked IS NOT NULL
    ), ancestor AS (
        SELECT i.inhrelid AS relation, i.inhparent AS ancestor FROM pg_inherits i WHERE i.inhrelid IN (SELECT p.relation FROM protected p)
        UNION SELECT a.relation, i.inhparent FROM ancestor a JOIN pg_inherits i ON i.inhrelid = a.ancestor
    ), root AS MATERIALIZED (
        -- (A child's protection is its parent's.)
        SELECT * FROM protected p WHERE NOT EXISTS (
            SELECT FROM ancestor a JOIN pg_policy f ON f.polrelid = a.ancestor AND f.polname = 'tenancy_floor' WHERE a.relation = p.relation)
    ), family AS (
        SELECT r.relation AS root, r.relation FROM root r
        UNION SELECT f.root, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.relation
    ), chain AS (
        -- To whom rows belong that belong to rows of another table, step by step.
        SELECT r.relation AS root, 0 AS level, r.relation, r.asked, NULL::smallint[] AS referencing, NULL::smallint[] AS referenced, NULL::oid[] AS operators, false AS outdated
        FROM root r
        UNION ALL
        SELECT c.root, c.level + 1, k.confrelid, n.asked, k.conkey, k.confkey, k.conpfeqop, c.asked -> 'above' IS DISTINCT FROM (
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(n.asked) WHERE key IN ('template', 'tenant_column', 'user_column', 'key', 'above', 'authenticated'))
        FROM chain c JOIN pg_constraint k ON k.conrelid = c.relation AND k.contype = 'f' AND k.conname = c.asked ->> 'key'
        LEFT JOIN protected p ON p.relation = k.confrelid
        CROSS JOIN LATERAL (SELECT CASE WHEN p.relation IS NULL THEN tenancy.asked(k.confrelid) ELSE p.asked END) n (asked)
        WHERE c.level < 5
    ), step AS MATERIALIZED (
        -- The columns that matter of each of them.
        SELECT c.*, ARRAY[c.asked ->> 'tenant_column', c.asked ->> 'user_column'] || CASE WHEN c.asked -> 'made' ? 'columns' THEN ARRAY(SELECT jsonb_object_keys(c.asked #> '{made,columns}')) END
            || CASE WHEN COALESCE(c.referenced, n.referencing) IS NOT NULL THEN
                ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.relation AND a.attnum = ANY (c.referenced || n.referencing)) END AS names
        FROM chain c LEFT JOIN chain n ON n.root = c.root AND n.level = c.level + 1
    ), above AS MATERIALIZED (
        SELECT s.root, array_agg(s.relation ORDER BY s.level) FILTER (WHERE s.level > 0) AS parents,
            -- (Names in the conditions on parents, which are compared as text.)
            bool_or(s.outdated OR c.relname !~ '^[A-Za-z_][A-Za-z_0-9$]*$' OR n.nspname !~ '^[A-Za-z_][A-Za-z_0-9$]*$' OR c.relname LIKE 'tenancy%') AS odd
        FROM step s JOIN pg_class c ON c.oid = s.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        GROUP BY s.root HAVING count(*) > 1
    ), member AS MATERIALIZED (
        SELECT f.root, f.relation, 0 AS level, s.names FROM family f JOIN step s ON s.root = f.root AND s.level = 0
        UNION ALL SELECT s.root, s.relation, s.level, s.names FROM step s WHERE s.level > 0
    ), indexed AS MATERIALIZED (
        SELECT x.indrelid, k.number, bool_or(k.place = 1 AND x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree') AS leads, bool_or(x.indisprimary) AS in_primary_key
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am m ON m.oid = c.relam, unnest(x.indkey) WITH ORDINALITY AS k (number, place)
        WHERE x.indrelid IN (SELECT m.relation FROM member m) GROUP BY 1, 2
    ), columns AS MATERIALIZED (
        SELECT m.root, m.relation, m.level, bool_or(a.attname !~ '^[A-Za-z_][A-Za-z_0-9$]*$') AS odd, bool_and(COALESCE(i.leads, false)) AS all_lead,
            string_agg(ROW(a.attname, a.attnum, a.atttypid, a.attcollation, a.attgenerated, a.attidentity, a.attnotnull, COALESCE(i.leads, false), COALESCE(i.in_primary_key, false),
                EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated),
                regexp_replace(d.adbin::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'))::text, ' ' ORDER BY a.attname) AS facts
        FROM member m
        JOIN pg_attribute a ON a.attrelid = m.relation AND a.attname = ANY (m.names) AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN indexed i ON i.indrelid = a.attrelid AND i.number = a.attnum
        GROUP BY m.root, m.relation, m.level
    ), tree AS MATERIALIZED (
        -- (Most expressions stand in many tables: their text is gone through once, without where in a statement it stood.)
        SELECT md5(regexp_replace(e.trees, ':(stmt_)?loc(ation)? -?\d+', '', 'g')) AS hash, e.roots, e.relations, e.policies
        FROM (
            SELECT CASE WHEN a.root IS NULL THEN x.tree ELSE
                    -- (There are four parents at most.)
                    replace(replace(replace(replace(x.tree, ':relid ' || a.parents[1] || ' ', ':relid parent '), COALESCE(':relid ' || a.parents[2] || ' ', ''), ':relid parent of parent '),
                        COALESCE(':relid ' || a.parents[3] || ' ', ''), ':relid third '), COALESCE(':relid ' || a.parents[4] || ' ', ''), ':relid fourth ') END AS trees,
                array_agg(f.root) AS roots, array_agg(f.relation) AS relations, array_agg(ROW(p.polname, p.polcmd, p.polpermissive, p.polroles)::text) AS policies
            FROM family f JOIN pg_policy p ON p.polrelid = f.relation AND p.polname = ANY (tenancy.policy_names()) LEFT JOIN above a ON a.root = f.root,
                LATERAL (SELECT concat(p.polqual::text, ' / ', p.polwithcheck::text)) AS x (tree)
            GROUP BY 1
        ) e
    ), policies AS MATERIALIZED (
        SELECT x.root, x.relation, string_agg(concat(x.policy, ' ', t.hash), ' ' ORDER BY x.policy COLLATE "C") AS facts
        FROM tree t, unnest(t.roots, t.relations, t.policies) AS x (root, relation, policy) GROUP BY x.root, x.relation
    ), triggers AS MATERIALIZED (
        SELECT t.tgrelid, string_agg(ROW(t.tgname, t.tgfoid, t.tgtype, t.tgenabled IN ('O', 'A'), t.tgattr, t.tgargs, t.tgconstraint <> 0, t.tgdeferrable, t.tginitdeferred,
            t.tgoldtable, t.tgnewtable, regexp_replace(t.tgqual::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'))::text, ' ' ORDER BY t.tgname) AS facts
        FROM pg_trigger t WHERE t.tgname IN ('tenancy_truncate', 'tenancy_keep_tenant') AND t.tgparentid = 0 GROUP BY t.tgrelid
    ), column_acls AS MATERIALIZED (
        SELECT a.attrelid, string_agg(DISTINCT a.attacl::text, ' ') AS facts FROM pg_attribute a WHERE a.attacl IS NOT NULL GROUP BY a.attrelid
    ), sequences AS MATERIALIZED (
        SELECT d.refobjid, string_agg(DISTINCT ROW(s.relowner, s.relacl)::text, ' ') AS facts FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' GROUP BY d.refobjid
    ), facts AS MATERIALIZED (
        SELECT f.root, f.relation, c.all_lead, COALESCE(c.odd, false) AS odd, ROW(r.relkind, r.relispartition, r.relrowsecurity, r.relforcerowsecurity, r.relowner, r.relacl,
            c.facts, p.facts, t.facts, a.facts, CASE WHEN f.root = f.relation THEN s.facts END)::text AS facts
        FROM family f JOIN pg_class r ON r.oid = f.relation
        LEFT JOIN columns c ON c.root = f.root AND c.relation = f.relation AND c.level = 0
        LEFT JOIN policies p ON p.root = f.root AND p.relation = f.relation
        LEFT JOIN triggers t ON t.tgrelid = f.relation
        LEFT JOIN column_acls a ON a.attrelid = f.relation
        LEFT JOIN sequences s ON s.refobjid = f.relation
    ), families AS MATERIALIZED (
        SELECT f.root, bool_or(f.odd) AS odd, string_agg(DISTINCT md5(f.facts), ' ') FILTER (WHERE f.root <> f.relation) AS children,
            -- (Above this size, indexes are for a person to make: tenancy.prepare_columns().)
            CASE WHEN NOT bool_and(f.all_lead) THEN (SELECT sum(pg_table_size(m)) > 100 * 1024 * 1024 FROM tenancy.family(f.root) m) END AS large
        FROM facts f GROUP BY f.root
    ), parents AS MATERIALIZED (
        SELECT s.root, COALESCE(bool_or(c.odd), false) AS odd, string_agg(ROW(s.level, s.asked - '{key,above,made,read,write,remove}'::text[], s.referencing, s.referenced, s.operators, c.facts)::text,
            ' ' ORDER BY s.level) AS facts
        FROM step s LEFT JOIN columns c ON c.root = s.root AND c.relation = s.relation AND c.level = s.level WHERE s.level > 0 GROUP BY s.root
    )
    SELECT r.relation, r.name, r.asked, concat(
        CASE WHEN f.odd OR p.odd OR a.odd THEN r.relation END,
        md5(ROW((r.asked - '{key,above}'::text[]) #- '{made,indexes}', r.asked ? 'key', n.nspowner, n.nspacl, o.facts, f.children, f.large, p.facts)::text))
    FROM root r
    JOIN pg_class c ON c.oid = r.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN facts o ON o.root = r.relation AND o.relation = r.relation
    JOIN families f ON f.root = r.relation
    LEFT JOIN parents p ON p.root = r.relation
    LEFT JOIN above a ON a.root = r.relation
$$;
COMMENT ON FUNCTION tenancy.alike_protected(tenancy.audit_scope) IS
'The protected tables of an audit that are no children of such, what was asked for each, and a text that is the same only for tables for which tenancy.protect() would run the same statements now, apart from names.';

CREATE FUNCTION tenancy.drift(target regclass, asked jsonb, OUT statements text[], OUT problem text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    again jsonb := tenancy.asked_again(asked);
BEGIN
    IF again ? 'key' THEN
        again := again || jsonb_build_object('above', tenancy.asked_above(target, again));
    END IF;
    statements := ARRAY(
        SELECT s FROM unnest((tenancy.protect_statements(target, again)).statements) s
        -- Bookkeeping; and rights that protect() found there are their giver's to take. (A partition that was detached has none.)
        WHERE s !~ '^COMMENT ON POLICY ' AND (s !~ '^GRANT ' OR asked -> 'made' ? 'grants'));
EXCEPTION WHEN OTHERS THEN
    statements := '{}';
    problem := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
END $$;
COMMENT ON FUNCTION tenancy.drift(regclass, jsonb) IS
'The statements that tenancy.protect() would run now for what was asked before, without those that only keep that in mind; or why it would fail.';

CREATE FUNCTION tenancy.protect_call(target regclass, asked jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE
        -- protect() refuses a child of an unprotected table, and takes a tenant column for asked that was not there then.
        WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = target) OR asked ->> 'template' IN ('user', 'public_read')
            AND NOT asked ? 'tenant_column' AND tenancy.has_column(target, tenancy.setting('tenant_column')::name) THEN NULL
        ELSE format('SELECT tenancy.protect(%s)', concat_ws(', ', quote_literal(target::text),
            CASE WHEN asked ->> 'template' <> 'tenant' THEN format('template => %L', asked ->> 'template') END,
            CASE WHEN asked ->> 'template' = 'tenant_root' OR asked ->> 'tenant_column' <> tenancy.setting('tenant_column') THEN format('tenant_column => %L', asked ->> 'tenant_column') END,
            CASE WHEN asked ->> 'user_column' <> tenancy.setting('user_column') THEN format('user_column => %L', asked ->> 'user_column') END,
            (SELECT string_agg(format('%s => %L', n, ARRAY(SELECT jsonb_array_elements_text(asked -> n))), ', ' ORDER BY place)
             FROM unnest('{read,write,remove}'::text[]) WITH ORDINALITY AS x (n, place)
             WHERE asked ? n AND NOT (asked ->> 'template' = 'tenant_root' AND n <> 'read' AND asked -> n = '[]')),
            CASE WHEN asked -> 'force' = 'false' THEN 'force => false' END,
            CASE WHEN asked ? 'movable' THEN 'movable => true' END)) END
$$;
COMMENT ON FUNCTION tenancy.protect_call(regclass, jsonb) IS
'The call of tenancy.protect() that asks again what was asked; NULL where no call does. (The foreign key of template via_parent is taken again without being named.)';

CREATE FUNCTION tenancy.audit_protection_drifted(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    -- A setting that was changed has every table drift: then the rest is told by the first of those that are alike.
    may_ask int := 200;
    alike record;
    drift record;
    place int;
    first text;
BEGIN
    FOR alike IN
        SELECT array_agg(a.relation ORDER BY a.name) AS relations, array_agg(a.name ORDER BY a.name) AS names, array_agg(a.asked ORDER BY a.name) AS asked
        FROM tenancy.alike_protected(scope) a GROUP BY a.likeness ORDER BY 2
    LOOP
        FOR place IN 1 .. cardinality(alike.relations) LOOP
            IF place = 1 OR may_ask > 0 THEN
                drift := tenancy.drift(alike.relations[place], alike.asked[place]);
                EXIT WHEN drift.problem IS NULL AND drift.statements = '{}';
                may_ask := may_ask - 1;
                first := alike.names[place];
            END IF;
            level := CASE WHEN drift.problem IS NULL AND NOT EXISTS (SELECT FROM unnest(drift.statements) s
                WHERE s ~ '^(CREATE|DROP) (POLICY|TRIGGER) |^REVOKE |^ALTER TABLE .* (ENABLE|FORCE) ROW LEVEL SECURITY$' AND s !~ ' NO FORCE ROW LEVEL SECURITY$')
                THEN 'warning' ELSE 'error' END;
            object := 'table ' || alike.names[place];
            message := CASE WHEN drift.problem IS NOT NULL THEN 'what tenancy.protect() was asked cannot be had any more'
                WHEN level = 'warning' THEN 'defaults, indexes or rights that tenancy.protect() was asked for are missing'
                ELSE 'the guard that tenancy.protect() was asked for is not as it made it' END;
            detail := CASE WHEN first <> alike.names[place] THEN format('It is as with %s.', first)
                ELSE COALESCE(drift.problem, 'It would run: ' || array_to_string(drift.statements, '; ')) END;
            -- (Somebody chose columns: protect() would grant the table.)
            fix := CASE WHEN drift.problem IS NULL AND NOT (array_to_string(drift.statements, ';') ~ 'GRANT ' AND EXISTS (
                    SELECT FROM pg_attribute a WHERE a.attrelid = alike.relations[place] AND a.attacl IS NOT NULL)) THEN tenancy.protect_call(alike.relations[place], alike.asked[place]) END;
            RETURN NEXT;
        END LOOP;
    END LOOP;

    -- What is left where the floor is gone, and with it what was asked.
    RETURN QUERY
        WITH left_over AS MATERIALIZED (
            SELECT p.polrelid AS relation, format('policy %I', p.polname) AS what, p.polname = 'tenancy_floor' AS floor,
                p.polname = 'tenancy_floor' AND NOT p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}' AND p.polqual IS NOT NULL AS holds FROM pg_policy p WHERE p.polname = ANY (tenancy.policy_names())
            UNION ALL
            SELECT t.tgrelid, format('trigger %I', t.tgname), false, false FROM pg_trigger t
            WHERE (t.tgname, t.tgfoid) IN (('tenancy_truncate', 'tenancy.refuse_truncate()'::regprocedure), ('tenancy_keep_tenant', 'tenancy.refuse_move()'::regprocedure))
        )
        SELECT CASE WHEN bool_or(l.holds) THEN 'warning' ELSE 'error' END, t.object,
            CASE WHEN bool_or(l.floor AND NOT l.holds) THEN 'policy tenancy_floor is not as tenancy.protect() makes it, and holds nobody' WHEN bool_or(l.floor) THEN 'the comment of policy tenancy_floor, which says what tenancy.protect() was asked, is gone or is another' ELSE 'policy tenancy_floor is gone, and other parts of tenancy.protect() are left' END,
            format('It has %s.', string_agg(l.what, ', ' ORDER BY l.what)), NULL::text
        FROM unnest(scope.tables) t JOIN left_over l ON l.relation = t.relation
        WHERE t.asked IS NULL AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.asked IS NOT NULL)
        GROUP BY t.object;
END $$;
COMMENT ON FUNCTION tenancy.audit_protection_drifted(tenancy.audit_scope) IS 'Rule protection_drifted of tenancy.audit().';

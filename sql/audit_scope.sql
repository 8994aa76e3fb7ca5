-- What an audit looks at, put together once for all rules: tables with what callers may do to them, policies with the parse
-- trees of their expressions, who callers are, and what lets them around row security.
--
-- Callers are all whom row security would bind: PUBLIC, and every role that is no superuser, has neither BYPASSRLS nor
-- REPLICATION, is not staff and not the administrator; predefined roles if somebody was given them. A table's owner is no caller
-- where it is about that table. Whatever any of them may do, some session will do. No role of any name has to exist.

CREATE TYPE tenancy.audited_table AS (
    relation oid,
    object text,             -- as findings name it: table app.docs
    name text,               -- app.docs
    schema oid,
    kind "char",             -- r or p, as in pg_class.relkind
    owner oid,
    parent oid,              -- of which it is a partition or an inheritance child; NULL
    asked jsonb,             -- what tenancy.protect() was asked; NULL where it was not
    template text,
    tenant_column smallint,  -- its number: the column that was asked for, else the one that setting tenant_column names; NULL where there is none
    user_column smallint,
    has_owners boolean,      -- its rows belong to tenants or users
    row_security boolean,
    forced boolean,
    policies int,
    granted text             -- what callers may do to it or to columns of it: letters of rawdDxt, as in an ACL; all of them where apps log in as its owner
);
COMMENT ON TYPE tenancy.audited_table IS 'A table as an audit looks at it: tenancy.audit_scope.';

CREATE TYPE tenancy.audited_policy AS (
    policy oid,
    object text,             -- policy "everybody" on app.docs
    name name,
    relation oid,
    permissive boolean,
    command "char",          -- as in pg_policy.polcmd
    roles oid[],             -- 0 is PUBLIC
    ours boolean,            -- written by tenancy.protect(); rule protection_drifted compares it with what was asked
    using_tree int,          -- its expressions, as audited_node.tree; NULL where there is none, and for ours
    check_tree int
);
COMMENT ON TYPE tenancy.audited_policy IS 'A policy as an audit looks at it: tenancy.audit_scope.';

-- Trees that differ in nothing but where they stood in a statement are one.
CREATE TYPE tenancy.audited_node AS (
    tree int, id int, parent int, ancestors int[], field text, type text, depth int, query int, own_column smallint,
    per_row boolean, function oid, value text, fields jsonb,
    reads_caller boolean     -- a call that tells who is calling: one of audit_scope.readers, or current_setting()
);
COMMENT ON TYPE tenancy.audited_node IS 'A node of a policy''s expression (tenancy.expression_node) in one of the trees of an audit.';

CREATE TYPE tenancy.audited_tree AS (
    tree int,
    columns smallint[],      -- those of the policy's table that it names
    always boolean,          -- true or false where it is that for every row and caller
    always_unless_null smallint[], -- columns that make it true for every row if one of them is NOT NULL
    inverted boolean,        -- lets in whoever is nobody
    tied boolean,            -- ties the row to the caller; partly: an arm of it does; asks: it may ask at least who is calling
    partly boolean,
    asks boolean
);
COMMENT ON TYPE tenancy.audited_tree IS 'An expression of policies written by hand: tenancy.policy_trees().';

CREATE TYPE tenancy.audited_test AS (
    policy oid, object text, name name, relation oid, roles oid[], command "char",
    clause text,             -- USING or WITH CHECK
    tree int, columns smallint[], always boolean,
    commands text,           -- for which it is tested, letters as in pg_policy.polcmd; a USING that is the check of INSERT too has that
    open text,               -- those of them that no RESTRICTIVE policy, for all whom this one lets in, narrows by a column of the table
    apart boolean,           -- for roles of its own, beside a policy that shows others rows by their columns
    tied boolean, partly boolean, asks boolean -- as in audited_tree
);
COMMENT ON TYPE tenancy.audited_test IS 'An expression of a permissive policy for callers, written by hand: tenancy.policy_tests().';

CREATE TYPE tenancy.audited_claim AS (
    tree int, reader int, function oid,
    setting text,            -- that it reads, if it is current_setting()
    path text[],             -- of the claim that is taken from what it returns, as far as its keys are constants; {} is all of it
    used_in int              -- the innermost node that does something else with it; NULL where that is the policy
);
COMMENT ON TYPE tenancy.audited_claim IS 'A call in a policy that tells who is calling: tenancy.audited_claims().';

CREATE TYPE tenancy.audited_door AS (target oid, object text, kind text, why text, mend text, by_apps boolean);
COMMENT ON TYPE tenancy.audited_door IS 'What tenancy.doors() finds of the tables with row security, and whether apps may use it.';

CREATE TYPE tenancy.audit_scope AS (
    schemas oid[],
    callers oid[],           -- 0 is PUBLIC
    apps oid[],              -- those of them that apps log in as and act with, as far as that is known; else all
    apps_named boolean,      -- setting app_logins names their logins: nobody else is an app
    owners oid[],            -- those of them that own tables and are not known to be an app's
    readers oid[],           -- functions that tell who is calling: those of schema auth and of setting caller_functions
    native_readers oid[],    -- those of them that cost next to nothing per row
    tables tenancy.audited_table[],
    policies tenancy.audited_policy[],      -- written by hand
    pack_policies tenancy.audited_policy[], -- written by tenancy.protect()
    nodes tenancy.audited_node[],           -- of those written by hand
    trees tenancy.audited_tree[],
    tests tenancy.audited_test[],
    claims tenancy.audited_claim[],
    doors tenancy.audited_door[]
);
COMMENT ON TYPE tenancy.audit_scope IS 'What every rule of an audit is given: tenancy.make_audit_scope().';

CREATE FUNCTION tenancy.setting_names(name text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(array_agg(btrim(s)), '{}') FROM unnest(string_to_array(tenancy.setting(name), ',')) s WHERE btrim(s) <> '');
COMMENT ON FUNCTION tenancy.setting_names(text) IS 'The names, separated by commas, that a setting holds.';

CREATE FUNCTION tenancy.audited_schemas(named name[]) RETURNS oid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text[] := COALESCE(named::text[], NULLIF(tenancy.setting_names('audit_schemas'), '{}'));
    missing text := (SELECT min(w) FROM unnest(wanted) w WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = w));
BEGIN
    IF cardinality(wanted) = 0 OR array_position(wanted, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'no schema is named' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'NULL, and not an empty array or one of NULLs, audits every schema, or those of setting audit_schemas.';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', missing USING ERRCODE = 'invalid_schema_name',
            HINT = 'Names are not quoted. They come from the argument or, where that is NULL, from setting audit_schemas.';
    END IF;
    RETURN ARRAY(
        SELECT n.oid FROM pg_namespace n WHERE CASE WHEN wanted IS NOT NULL THEN n.nspname = ANY (wanted)
            ELSE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'auth', 'tenancy')
                -- (In schema public there are other tables beside the provider's.)
                AND (n.nspname <> tenancy.setting('identity_schema') OR n.nspname = 'public')
                AND NOT tenancy.of_extension('pg_namespace'::regclass, n.oid, n.nspowner) END);
END $$;
COMMENT ON FUNCTION tenancy.audited_schemas(name[]) IS
'The schemas that an audit looks at: those named, else those of setting audit_schemas, else all but the system''s, those of extensions and that of the identity provider. Errors: 3F000 no such schema; 22023 none is named.';

CREATE FUNCTION tenancy.audited_logins() RETURNS TABLE (login oid, name name, named boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE taken AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
        UNION
        -- (From 16 on whoever makes a role may hand it on, but not take it.)
        SELECT m.member FROM taken t JOIN pg_auth_members m ON m.roleid = t.oid WHERE COALESCE((to_jsonb(m) ->> 'set_option')::boolean, true)
    )
    SELECT r.oid, r.rolname, s.names <> '{}' FROM pg_roles r, (SELECT tenancy.setting_names('app_logins')) s (names)
    WHERE r.rolcanlogin AND CASE s.names WHEN '{}' THEN r.oid IN (SELECT oid FROM taken) ELSE r.rolname = ANY (s.names) END
$$;
COMMENT ON FUNCTION tenancy.audited_logins() IS
'The login roles that apps connect with: those of setting app_logins (named), else all that were given the role authenticated or anonymous and may take it.';

CREATE FUNCTION tenancy.audited_tables(schemas oid[], callers oid[], apps oid[]) RETURNS SETOF tenancy.audited_table
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (Settings are asked once, and not for each of thousands of tables.)
    WITH config AS MATERIALIZED (
        SELECT tenancy.setting('tenant_column') AS tenant_column, tenancy.setting('user_column') AS user_column
    ), reached AS MATERIALIZED (
        -- Without USAGE on the schema nobody gets at its tables.
        SELECT n.oid FROM pg_namespace n WHERE n.oid = ANY (schemas) AND EXISTS (
            SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a
            WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (callers) AND (a.grantee <> n.nspowner OR a.grantee = ANY (apps)))
    ), columns_granted AS MATERIALIZED (
        SELECT a.attrelid, string_agg(DISTINCT CASE x.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE 'x' END, '') AS letters
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x
        WHERE a.attacl IS NOT NULL AND x.grantee = ANY (callers) AND x.grantee <> c.relowner GROUP BY 1
    ), floors AS MATERIALIZED (
        SELECT p.polrelid, tenancy.asked(p.polrelid) AS asked FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'tenancy_floor' AND c.relnamespace = ANY (schemas)
    ), tables AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relnamespace, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relacl,
            (SELECT min(i.inhparent) FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parent, f.asked,
            COALESCE(f.asked ->> 'tenant_column', s.tenant_column) AS tenant_name, COALESCE(f.asked ->> 'user_column', s.user_column) AS user_name
        FROM config s, pg_class c LEFT JOIN floors f ON f.polrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (schemas) AND c.relpersistence <> 't'
            AND NOT (c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
    )
    SELECT t.oid, 'table ' || t.name, t.name, t.relnamespace, t.relkind, t.relowner, t.parent, t.asked, t.asked ->> 'template', tenant.attnum, owner.attnum,
        COALESCE(t.asked ->> 'template' <> 'public_read', tenant.attnum IS NOT NULL OR owner.attnum IS NOT NULL),
        t.relrowsecurity, t.relforcerowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid)::int,
        CASE WHEN t.relowner = ANY (apps) THEN 'rawdDxt' WHEN t.relnamespace IN (SELECT oid FROM reached) THEN concat((
            SELECT string_agg(DISTINCT CASE a.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd'
                WHEN 'TRUNCATE' THEN 'D' WHEN 'REFERENCES' THEN 'x' WHEN 'TRIGGER' THEN 't' ELSE '' END, '')
            FROM aclexplode(t.relacl) a WHERE a.grantee = ANY (callers) AND a.grantee <> t.relowner), g.letters) ELSE '' END
    FROM tables t
    LEFT JOIN columns_granted g ON g.attrelid = t.oid
    LEFT JOIN pg_attribute tenant ON tenant.attrelid = t.oid AND tenant.attname = t.tenant_name AND tenant.attnum > 0 AND NOT tenant.attisdropped
    LEFT JOIN pg_attribute owner ON owner.attrelid = t.oid AND owner.attname = t.user_name AND owner.attnum > 0 AND NOT owner.attisdropped
$$;
COMMENT ON FUNCTION tenancy.audited_tables(oid[], oid[], oid[]) IS 'The tables of these schemas as an audit looks at them, with what these callers may do to them; apps are those of them that apps log in as.';

CREATE FUNCTION tenancy.make_audit_scope(named name[]) RETURNS tenancy.audit_scope
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET jit = off
AS $$
DECLARE
    scope tenancy.audit_scope;
    administrator CONSTANT oid := tenancy.administrator();
    staff CONSTANT name[] := tenancy.staff_roles();
    names_of_ours CONSTANT name[] := tenancy.policy_names();
    named_readers CONSTANT text[] := tenancy.setting_names('caller_functions');
    trees text[];
    known_apps oid[];
BEGIN
    scope.schemas := tenancy.audited_schemas(named);
    SELECT 0::oid || COALESCE(array_agg(r.oid), '{}') INTO scope.callers FROM pg_roles r
    WHERE NOT (r.rolsuper OR r.rolbypassrls OR r.rolreplication) AND r.oid <> administrator AND r.rolname <> ALL (staff)
        AND (r.rolname !~ '^pg_' OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid));
    WITH known AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
        UNION SELECT l.login FROM tenancy.audited_logins() l
    )
    SELECT COALESCE(array_agg(r.oid), '{}') INTO known_apps FROM pg_roles r WHERE r.oid = ANY (scope.callers) AND EXISTS (SELECT FROM known k WHERE pg_has_role(k.oid, r.oid, 'MEMBER'));
    scope.apps_named := tenancy.setting_names('app_logins') <> '{}';
    scope.apps := CASE known_apps WHEN '{}' THEN scope.callers ELSE 0::oid || known_apps END;
    scope.owners := ARRAY(SELECT DISTINCT c.relowner FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (scope.schemas) AND c.relowner <> ALL (known_apps));
    scope.readers := ARRAY(
        SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace AND p.proname NOT IN ('login', 'set_claims', 'use_tenant', 'logout')
        UNION SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE concat(n.nspname, '.', p.proname) = ANY (named_readers));
    scope.native_readers := ARRAY(SELECT p.oid FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
        WHERE p.oid = ANY (scope.readers) AND l.lanname = 'c' AND e.extname = 'pg_tenancy');
    scope.tables := ARRAY(SELECT t FROM tenancy.audited_tables(scope.schemas, scope.callers, known_apps) t);
    scope.pack_policies := ARRAY(
        SELECT ROW(p.oid, NULL, p.polname, p.polrelid, p.polpermissive, p.polcmd, p.polroles, true, NULL, NULL)::tenancy.audited_policy
        FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid AND t.asked IS NOT NULL WHERE p.polname = ANY (names_of_ours));
    WITH expressions AS MATERIALIZED (
        SELECT p.oid, p.polname, p.polrelid, p.polpermissive, p.polcmd, p.polroles, t.name,
            regexp_replace(p.polqual::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g') AS using_text, regexp_replace(p.polwithcheck::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g') AS check_text
        FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid
        -- (What is larger is for policy_too_large: the time it takes grows with the square of its size.)
        WHERE (t.asked IS NULL OR p.polname <> ALL (names_of_ours)) AND length(concat(p.polqual::text, p.polwithcheck::text)) <= 65536
    ), distinct_trees AS MATERIALIZED (
        SELECT tree, row_number() OVER ()::int AS number FROM (SELECT using_text FROM expressions UNION SELECT check_text FROM expressions) e (tree) WHERE tree IS NOT NULL
    )
    SELECT (SELECT array_agg(tree ORDER BY number) FROM distinct_trees), array_agg(ROW(e.oid, format('policy %I on %s', e.polname, e.name), e.polname, e.polrelid,
        e.polpermissive, e.polcmd, e.polroles, false, u.number, c.number)::tenancy.audited_policy)
    INTO trees, scope.policies
    FROM expressions e LEFT JOIN distinct_trees u ON u.tree = e.using_text LEFT JOIN distinct_trees c ON c.tree = e.check_text;
    scope.nodes := ARRAY(
        SELECT ROW(t.number, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.per_row, n.function, n.value, n.fields,
            COALESCE(n.type = 'FUNCEXPR' AND (n.function = ANY (scope.readers) OR n.function IN (SELECT oid FROM pg_proc WHERE proname = 'current_setting')), false))::tenancy.audited_node
        FROM unnest(trees) WITH ORDINALITY AS t (tree, number), tenancy.expression_nodes(t.tree) n);
    scope.trees := ARRAY(SELECT t FROM tenancy.policy_trees(scope) t);
    scope.tests := ARRAY(SELECT t FROM tenancy.policy_tests(scope) t);
    scope.claims := ARRAY(SELECT c FROM tenancy.audited_claims(scope) c);
    scope.doors := ARRAY(
        SELECT ROW(d.target, d.object, d.kind, d.why, d.mend, NOT scope.apps_named OR d.users && scope.apps)::tenancy.audited_door
        FROM tenancy.doors(scope.callers, ARRAY(SELECT t.relation::regclass FROM unnest(scope.tables) t
            WHERE t.row_security AND NOT EXISTS (SELECT FROM pg_class above WHERE above.oid = t.parent AND above.relrowsecurity))) d);
    RETURN scope;
END $$;
COMMENT ON FUNCTION tenancy.make_audit_scope(name[]) IS
'What an audit of these schemas looks at; NULL as for tenancy.audited_schemas(), whose error it raises.';

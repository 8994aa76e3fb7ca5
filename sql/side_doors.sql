-- What lets callers around the row security of a table: views, materialized views, rules and functions that read or
-- write it as somebody whom its policies do not bind.
--
-- What only others than callers may use is no side door.
-- Of a view's table the policies of the view's owner apply, while current_user is still the caller: an owner who is
-- bound shows nobody a foreign row, so such a view is none either; but for a policy of its own that lets the owner in.
-- A view WITH (security_invoker) reads as the current user, however deep it lies beneath others; its rules other than
-- SELECT's do not. Within a SECURITY DEFINER function current_user is its owner, and a staff role sees everything.

CREATE FUNCTION tenancy.passes_row_security(role oid, relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT r.rolsuper OR r.rolbypassrls OR (NOT c.relforcerowsecurity AND pg_has_role(role, c.relowner, 'USAGE'))
        FROM pg_catalog.pg_class c, pg_catalog.pg_roles r WHERE c.oid = relation AND r.oid = role;
    END;
COMMENT ON FUNCTION tenancy.passes_row_security(oid, regclass) IS
'Whether a table''s row security, where it is enabled, leaves this role free: a superuser, a role with BYPASSRLS, or the owner of a table without FORCE.';

-- (ALTER EXTENSION ... ADD leaves an object to its owner: one that is no superuser's is the user's own still.)
CREATE FUNCTION tenancy.of_extension(class oid, object oid, owner oid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = class AND d.objid = object AND d.deptype = 'e')
        AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = owner AND r.rolsuper);
COMMENT ON FUNCTION tenancy.of_extension(oid, oid, oid) IS 'Whether an object belongs to an extension, and to a superuser: then it is not the user''s to mend.';

-- (RESTRICTIVE policies that bind the role are taken to hold.)
CREATE FUNCTION tenancy.has_own_policy(role oid, relation regclass, callers oid[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT bool_or(p.polpermissive AND o.own) AND NOT bool_or(NOT p.polpermissive AND p.polqual IS NOT NULL AND (0 = ANY (p.polroles) OR o.own)) IS TRUE
    FROM pg_policy p CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(role, r, 'USAGE')
        AND NOT EXISTS (SELECT FROM unnest(callers) c WHERE c NOT IN (0, role) AND pg_has_role(c, r, 'USAGE')))) o (own)
    WHERE p.polrelid = relation
$$;
COMMENT ON FUNCTION tenancy.has_own_policy(oid, regclass, oid[]) IS
'Whether a policy of the table lets this role in by name, and no other of these callers, while no RESTRICTIVE policy binds it; NULL without policies.';

CREATE FUNCTION tenancy.words(source text) RETURNS SETOF text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Comments are left out, what is between quotes is not: it may be run by EXECUTE. Where quotes are written in ways that
    -- hide where they end, comments are not looked for. (The classes name the ASCII characters that no identifier has, so
    -- that they mean the same in every encoding. Nothing longer than a few names is one.)
    BEGIN ATOMIC
        SELECT DISTINCT parse_ident(found[1], false)
        FROM regexp_matches(CASE WHEN source ~ '\$[^\s$]*\$|\\' THEN source
                ELSE regexp_replace(source, '(''(?:[^'']|'''')*(?:''|$)|"(?:[^"]|"")*(?:"|$))|--[^\n]*|/\*([^*]|\*+[^*/])*(?:\*+/|$)', '\1 ', 'g') END,
            '((?:"(?:[^"\n]|"")+"|[^\x01-\x40\x5b-\x5e\x60\x7b-\x7f][^\x01-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*)'
            '(?:\s*\.\s*(?:"(?:[^"\n]|"")+"|[^\x01-\x40\x5b-\x5e\x60\x7b-\x7f][^\x01-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*))*)',
            'g') AS found
        WHERE length(found[1]) < 500;
    END;
COMMENT ON FUNCTION tenancy.words(text) IS
'The identifiers in the text of a function, each with what qualifies it: {app,docs} for app.docs.';

CREATE FUNCTION tenancy.doors(callers oid[], targets regclass[])
    RETURNS TABLE (target regclass, object text, kind text, why text, mend text, users oid[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE caller AS MATERIALIZED (
        -- (Whatever is granted to PUBLIC, they all have.)
        SELECT 0::oid AS oid, 'PUBLIC' AS name, 'public'::name AS role UNION ALL
        SELECT oid, quote_ident(rolname), rolname FROM pg_roles WHERE oid = ANY (callers)
    ), reached AS (
        -- The tables, and what reads or writes them, step by step. rows_of: whose rows it shows, those of its reader (as
        -- the table itself does), of an owner who is bound, or everybody's. door: the view, materialized view or rule
        -- that has it show everybody's, as long as its reader needs no rights on that one; source: what the door reads.
        SELECT t.target, f.relation::oid AS guarded, f.relation::oid, 't'::"char" AS kind, 'reader' AS rows_of,
            NULL::oid AS door, NULL::oid AS rule, NULL::oid AS source
        FROM unnest(targets) t (target), tenancy.family(t.target) f (relation)
        JOIN pg_class c ON c.oid = f.relation AND c.relrowsecurity
        UNION
        SELECT b.target, b.guarded, c.oid, CASE WHEN c.relkind IN ('v', 'm') AND w.ev_type = '1' THEN c.relkind ELSE 'x' END,
            CASE WHEN b.kind = 'm' OR n.opens THEN 'everybody'
                WHEN b.kind = 't' AND NOT i.invoker THEN 'owner' ELSE b.rows_of END,
            CASE WHEN n.opens THEN c.oid WHEN NOT i.invoker THEN b.door END,
            CASE WHEN n.opens AND w.ev_type <> '1' THEN w.oid END,
            CASE WHEN n.opens THEN b.relation WHEN NOT i.invoker THEN b.source END
        FROM reached b
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = b.relation
        JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> b.relation
        JOIN pg_class c ON c.oid = w.ev_class
        CROSS JOIN LATERAL (SELECT c.relkind = 'v' AND w.ev_type = '1' AND COALESCE((SELECT bool_or(option_value::boolean)
            FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), false)) i (invoker)
        CROSS JOIN LATERAL (SELECT c.relkind = 'm' OR NOT i.invoker AND CASE b.kind WHEN 'm' THEN true
            WHEN 't' THEN tenancy.passes_row_security(c.relowner, b.guarded) OR COALESCE(tenancy.has_own_policy(c.relowner, b.guarded, callers), false) ELSE false END) n (opens)
        WHERE b.kind <> 'x' AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
    ), relations AS MATERIALIZED (
        SELECT r.*, c.relname, c.relowner, s.nspname FROM reached r
        JOIN pg_class c ON c.oid = r.relation JOIN pg_namespace s ON s.oid = c.relnamespace
    ), usable AS MATERIALIZED (
        -- Who may use which of them.
        SELECT r.relation, r.kind, COALESCE(min(u.name) FILTER (WHERE u.role = 'public'), string_agg(u.name, ' and ' ORDER BY u.name DESC)) AS by, array_agg(u.oid) AS users
        FROM (SELECT DISTINCT relation, kind, nspname, relowner FROM relations WHERE door IS NOT NULL) r, caller u
        WHERE (u.oid = 0 OR NOT pg_has_role(u.oid, r.relowner, 'USAGE')) AND has_schema_privilege(u.role, r.nspname, 'USAGE') AND CASE r.kind
            WHEN 'm' THEN has_any_column_privilege(u.role, r.relation, 'SELECT')
            WHEN 'v' THEN has_table_privilege(u.role, r.relation, 'DELETE') OR has_any_column_privilege(u.role, r.relation, 'SELECT, INSERT, UPDATE')
            ELSE has_table_privilege(u.role, r.relation, 'DELETE') OR has_any_column_privilege(u.role, r.relation, 'INSERT, UPDATE') END
        GROUP BY r.relation, r.kind
    ), definers AS MATERIALIZED (
        -- The functions that callers run with rights of others, themselves or by writing to a table.
        SELECT p.oid, p.proowner, p.prokind, p.prosrc, p.prosqlbody IS NULL AND l.lanname NOT IN ('internal', 'c') AS has_text,
            (SELECT ARRAY(SELECT word[1] FROM tenancy.words(substr(setting, 13)) word) FROM unnest(p.proconfig) setting
                WHERE setting LIKE 'search\_path=%') AS path,
            b.by, b.users
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        CROSS JOIN LATERAL (
            (SELECT format('a trigger of %s runs it, and %s may write there', t.tgrelid::regclass, (array_agg(u.name ORDER BY u.role <> 'public', u.role DESC))[1]), array_agg(u.oid)
                 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid, caller u
                 WHERE p.prorettype = 'trigger'::regtype AND (u.oid = 0 OR NOT pg_has_role(u.oid, c.relowner, 'USAGE')) AND t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND has_schema_privilege(u.role, c.relnamespace, 'USAGE')
                     AND (has_table_privilege(u.role, c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(u.role, c.oid, 'INSERT, UPDATE'))
                 GROUP BY t.tgrelid ORDER BY t.tgrelid::regclass::text LIMIT 1)
            UNION ALL
            SELECT COALESCE(min(u.name) FILTER (WHERE u.role = 'public'), string_agg(u.name, ' and ' ORDER BY u.name DESC)) || ' may call it', array_agg(u.oid)
            FROM caller u
            WHERE p.prorettype <> 'trigger'::regtype AND (u.oid = 0 OR NOT pg_has_role(u.oid, p.proowner, 'USAGE')) AND has_schema_privilege(u.role, p.pronamespace, 'USAGE') AND has_function_privilege(u.role, p.oid, 'EXECUTE')
            HAVING count(*) > 0) b (by, users)
        WHERE p.prosecdef AND NOT tenancy.of_extension('pg_proc'::regclass, p.oid, p.proowner)
    ), written AS MATERIALIZED (
        -- Looking for a few names is quicker than reading every text for all its words.
        SELECT d.oid, w.word FROM definers d, tenancy.words(d.prosrc) w (word)
        WHERE d.has_text AND ((SELECT count(*) > 50 FROM relations) OR EXISTS (
            SELECT FROM relations r WHERE strpos(lower(d.prosrc), lower(replace(r.relname, '"', '""'))) > 0))
    ), uses AS (
        SELECT d.oid AS function, r.*, false AS in_text FROM relations r
        JOIN pg_depend p ON p.classid = 'pg_proc'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = r.relation
        JOIN definers d ON d.oid = p.objid
        UNION ALL
        SELECT w.oid, r.*, true FROM written w JOIN relations r ON r.relname = w.word[2] AND r.nspname = w.word[1]
        UNION ALL
        SELECT w.oid, r.*, true FROM written w JOIN relations r ON r.relname = w.word[1]
        JOIN definers d ON d.oid = w.oid AND (d.path IS NULL OR d.path && ARRAY[r.nspname::text, '$user'])
    )
    (SELECT DISTINCT ON (r.target, r.door, r.rule) r.target, CASE WHEN w.oid IS NULL THEN d.name ELSE format('%I on %s', w.rulename, d.name) END,
        CASE WHEN w.oid IS NOT NULL THEN 'rule' WHEN d.relkind = 'm' THEN 'materialized view' ELSE 'view' END,
        CASE WHEN d.relkind = 'm' THEN format('holds rows of %s from its last REFRESH, without row security', r.guarded::regclass)
            ELSE format('uses %s with the rights of %s, %s', r.source::regclass, d.owner, CASE WHEN r.source = r.guarded
                THEN CASE WHEN tenancy.passes_row_security(d.relowner, r.guarded) THEN 'whom its row security does not bind' ELSE 'whom a policy of it lets in' END
                ELSE 'and a materialized view has no row security' END) END
        || format('; %s may %s', u.by, CASE WHEN r.kind = 'x' THEN format('write to %s', r.relation::regclass)
            WHEN r.relation = r.door THEN 'use it' ELSE format('use it through %s', r.relation::regclass) END),
        CASE WHEN w.oid IS NOT NULL THEN format('DROP RULE %I ON %s', w.rulename, d.name)
            WHEN d.relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true)', d.name)
            ELSE COALESCE(format('REVOKE ALL ON %s FROM ', d.name) || (
                SELECT string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ', ')
                FROM (SELECT d.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = r.door) l (acl), aclexplode(l.acl) a
                WHERE a.grantee <> d.relowner AND (a.grantee = 0 OR EXISTS (
                    SELECT FROM caller c WHERE c.role <> 'public' AND pg_has_role(c.role, a.grantee, 'USAGE')))),
                format('DROP MATERIALIZED VIEW %s', d.name)) END,
        u.users
    FROM relations r JOIN usable u ON u.relation = r.relation AND u.kind = r.kind
    JOIN (SELECT oid, oid::regclass::text AS name, relkind, relacl, relowner, relowner::regrole AS owner FROM pg_class) d ON d.oid = r.door
    LEFT JOIN pg_rewrite w ON w.oid = r.rule
    ORDER BY r.target, r.door, r.rule, r.relation <> r.door, r.guarded <> r.target, r.guarded, r.relation)
    UNION ALL
    (SELECT DISTINCT ON (u.target, f.oid) u.target, f.oid::regprocedure::text, CASE f.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
        format('SECURITY DEFINER: uses %s with the rights of %s, %s', u.relation::regclass, f.proowner::regrole, CASE
            WHEN u.rows_of = 'everybody' THEN 'and that shows the rows of all tenants'
            WHEN tenancy.passes_row_security(f.proowner, u.guarded) THEN 'whom its row security does not bind'
            WHEN tenancy.has_own_policy(f.proowner, u.guarded, callers) THEN 'whom a policy of it lets in' ELSE 'who is staff' END)
        || CASE WHEN u.in_text THEN ' (found by the name in its text)' ELSE '' END || '; ' || f.by,
        format('ALTER %s %s SECURITY INVOKER', CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, f.oid::regprocedure), f.users
    FROM uses u JOIN definers f ON f.oid = u.function
    WHERE u.kind <> 'x' AND (u.rows_of = 'everybody' OR u.rows_of = 'reader' AND (
        tenancy.passes_row_security(f.proowner, u.guarded) OR tenancy.has_own_policy(f.proowner, u.guarded, callers) OR EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = ANY (tenancy.staff_roles()) AND pg_has_role(f.proowner, s.oid, 'USAGE'))))
    ORDER BY u.target, f.oid, u.in_text, u.kind <> 't', u.guarded <> u.target, u.relation)
    ORDER BY 1, 3, 2
$$;
COMMENT ON FUNCTION tenancy.doors(oid[], regclass[]) IS
'What tenancy.side_doors() finds for these callers, PUBLIC besides; users are those of them who may use it, 0 for PUBLIC.';

CREATE FUNCTION tenancy.side_doors(VARIADIC targets regclass[])
    RETURNS TABLE (target regclass, object text, kind text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT d.target, d.object, d.kind, d.why, d.mend
        FROM tenancy.doors(ARRAY(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))), targets) d
        ORDER BY 1, 3, 2;
    END;
COMMENT ON FUNCTION tenancy.side_doors(regclass[]) IS
'What lets callers around the row security of these tables and their children, whoever they are: views and rules that read or write as an owner whom it does not bind, materialized views, SECURITY DEFINER functions; and for each the statement, for its owner, that ends this. Callers are the roles of settings authenticated and anonymous, and PUBLIC; objects of extensions are left out. A function whose body is text is found by the table''s name in it, and functions that it calls are not followed.';

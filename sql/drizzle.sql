-- tenancy.drizzle(): what drizzle-kit must find in schema.ts to leave a protected table's protection alone.
--
-- drizzle-kit makes the database match schema.ts. Of what protect() makes it knows policies, ENABLE ROW LEVEL SECURITY,
-- indexes, defaults and NOT NULL, and takes away what schema.ts does not name; FORCE, triggers, grants and comments it
-- does not know, and leaves. So everything of the first kind is printed, as the catalog has it now.

CREATE FUNCTION tenancy.typescript_string(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN '''' || replace(substr(to_json(value)::text, 2, length(to_json(value)::text) - 2), '''', '\''') || '''';
COMMENT ON FUNCTION tenancy.typescript_string(text) IS
'A TypeScript string literal in single quotes.';

CREATE FUNCTION tenancy.typescript_sql(expression text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    -- A carriage return, left as it is, would be read as a line feed.
    RETURN 'sql`' || replace(replace(replace(replace(expression, '\', '\\'), '`', '\`'), '${', '\${'), chr(13), '\r') || '`';
COMMENT ON FUNCTION tenancy.typescript_sql(text) IS
'A TypeScript template literal, tagged with drizzle''s sql, that stands for this SQL.';

CREATE FUNCTION tenancy.typescript_column(column_name name) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN (
        SELECT CASE WHEN key ~ '^[A-Za-z_$][A-Za-z0-9_$]*$' THEN 'table.' || key
            ELSE 'table[' || tenancy.typescript_string(column_name) || ']' END
        FROM (SELECT string_agg(CASE position WHEN 1 THEN part ELSE upper(left(part, 1)) || substr(part, 2) END, '' ORDER BY position) AS key
              FROM string_to_table(column_name::text, '_') WITH ORDINALITY AS p (part, position)) AS k);
COMMENT ON FUNCTION tenancy.typescript_column(name) IS
'The property of a table that a schema.ts most often has for this column: table.tenantId for tenant_id.';

CREATE FUNCTION tenancy.drizzle(target regclass) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    kind "char";
    partition boolean;
    asked jsonb;
    entries text[];
    columns text[];
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'target must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT relkind, relispartition INTO kind, partition FROM pg_class WHERE oid = target;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % does not exist', target USING ERRCODE = 'undefined_table';
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is not a table', target USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Only tables and partitioned tables are protected.';
    ELSIF kind = 'p' OR partition THEN
        RAISE EXCEPTION '% is %', target, CASE kind WHEN 'p' THEN 'a partitioned table' ELSE 'a partition' END USING ERRCODE = 'feature_not_supported',
            DETAIL = 'drizzle-kit does not see partitioned tables, takes their partitions for tables, and drops those.',
            HINT = 'Name the table and its partitions in drizzle.config.ts: tablesFilter: [''*'', ''!...''].';
    END IF;
    asked := tenancy.asked(target);
    IF asked IS NULL THEN
        RAISE EXCEPTION 'table % is not protected', target USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'It has no policy tenancy_floor whose comment says what was asked.',
            HINT = format('First: SELECT tenancy.protect(%L)', target);
    END IF;

    -- The index that protect() makes, known by its name, since one that drizzle-kit made from these lines is not in the
    -- record of what protect() made. All others are in schema.ts already.
    SELECT array_agg(format('index(%s).on(%s),', tenancy.typescript_string(c.relname), keys.list) ORDER BY c.relname)
    INTO entries
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid,
        LATERAL (SELECT string_agg(tenancy.typescript_column(a.attname), ', ' ORDER BY k.position) AS list
                 FROM unnest(i.indkey) WITH ORDINALITY k (attnum, position)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS keys
    WHERE i.indrelid = target AND c.relname ~ '_tenancy_idx[0-9]*$' AND i.indexprs IS NULL AND i.indpred IS NULL;

    -- Every policy, whoever made it: those that schema.ts does not name are dropped.
    SELECT entries || array_agg(format('pgPolicy(%s, { %s }),', tenancy.typescript_string(p.polname), concat_ws(', ',
            'as: ' || CASE WHEN p.polpermissive THEN '''permissive''' ELSE '''restrictive''' END,
            'for: ' || CASE p.polcmd WHEN 'r' THEN '''select''' WHEN 'a' THEN '''insert''' WHEN 'w' THEN '''update'''
                WHEN 'd' THEN '''delete''' ELSE '''all''' END,
            'to: ' || CASE cardinality(p.polroles) WHEN 1 THEN roles.list ELSE '[' || roles.list || ']' END,
            'using: ' || tenancy.typescript_sql(pg_get_expr(p.polqual, p.polrelid)),
            'withCheck: ' || tenancy.typescript_sql(pg_get_expr(p.polwithcheck, p.polrelid))))
        ORDER BY p.polpermissive DESC, p.polname)
    INTO entries
    FROM pg_policy p,
        LATERAL (SELECT string_agg(tenancy.typescript_string(role), ', ' ORDER BY role) AS list
                 FROM (SELECT CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END FROM unnest(p.polroles) r) AS r (role)) AS roles
    WHERE p.polrelid = target;

    -- The columns that the policies go by, and every other that is filled from the caller. drizzle-kit reads a default without the cast at
    -- its end, so with it the default would be set again at each push.
    SELECT array_agg(replace(format('//   %s: %s', regexp_replace(a.attname, '[^ -~[:alnum:]]', ' ', 'g'), concat_ws('', CASE WHEN a.attnotnull THEN '.notNull()' END,
        '.default(' || tenancy.typescript_sql(regexp_replace(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[\w ".]+$', ''), '[^ -~\n[:alnum:]]', ' ', 'g')) || ')')), chr(10), '\n') ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND (a.attnotnull OR d.oid IS NOT NULL)
        AND (a.attname = asked ->> 'tenant_column' OR a.attname = asked ->> 'user_column' OR EXISTS (
            SELECT FROM pg_depend x JOIN pg_proc f ON f.oid = x.refobjid
            WHERE x.classid = 'pg_attrdef'::regclass AND x.objid = d.oid AND x.refclassid = 'pg_proc'::regclass
                AND f.pronamespace = 'auth'::regnamespace));

    RETURN QUERY SELECT string_to_table(array_to_string(
        ARRAY[format('// %s as drizzle-kit must know it. Imports:', regexp_replace(target::text, '[^ -~[:alnum:]]', ' ', 'g')),
            '//   import { sql } from ''drizzle-orm''',
            '//   import { index, pgPolicy } from ''drizzle-orm/pg-core''']
        || CASE WHEN columns IS NOT NULL THEN '// Columns end with:'::text || columns END
        || '// .enableRLS() behind pgTable(...) keeps row security on, should the policies ever get lost. Third argument:'::text
        || '(table) => ['::text
        || ARRAY(SELECT '  ' || e FROM unnest(entries) WITH ORDINALITY AS e (e, position) ORDER BY position)
        || ']'::text, chr(10)), chr(10));
END $$;
COMMENT ON FUNCTION tenancy.drizzle(regclass) IS
'The lines of schema.ts by which drizzle-kit leaves a protected table''s protection alone: all its policies, the index that protect() makes, and how the columns end that are filled from the caller. Errors: 55000 the table is not protected; 0A000 a partitioned table, or a partition; 42809 no table; 42P01; 22004.';

-- Expressions of the catalog (pg_policy.polqual and the like) as rows, one for each node of the parse tree, so that a rule
-- can ask what an expression does, and not how it is spelt.
--
-- The text of a pg_node_tree is what src/backend/nodes/outfuncs.c writes: {TYPE :field value ...}, lists in (), bytes of
-- constants in [], nothing as <>, and a backslash before what would mean something else.

CREATE TYPE tenancy.expression_node AS (
    id int,              -- counted from 1, parents first
    parent int,          -- the node that this one stands in; NULL for the first
    ancestors int[],     -- all of those, the outermost first
    field text,          -- in which field of it
    type text,           -- VAR, FUNCEXPR, OPEXPR, SUBLINK, QUERY, ... as in src/include/nodes
    depth int,           -- how many queries it stands in: 0 outside every sub-select
    query int,           -- the outermost of those; NULL at depth 0
    own_column smallint, -- the number of the column, if it is one of the policy's own table
    per_row boolean,     -- evaluated for each row: not in a sub-select, or in one that reads a column of the policy's own table
    function oid,        -- what it calls: a function, or that of an operator
    value text,          -- of a constant that is text, a name, boolean or text[]
    fields jsonb         -- its fields that are no nodes, as text: funcid, opno, varattno, relid, boolop, sublinktype, ...
);
COMMENT ON TYPE tenancy.expression_node IS 'A node of an expression''s parse tree: tenancy.expression_nodes().';

-- (src/include/utils/array.h: a length, the dimensions, where the elements begin if some are NULL, their type; for each dimension
-- its size, then its first number; the elements, each with its length before it and aligned to four bytes.)
CREATE FUNCTION tenancy.expression_array(bytes bytea) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    elements text[] := '{}';
    place int := 24;
    size int;
BEGIN
    IF length(bytes) = 16 THEN
        RETURN elements;
    ELSIF substr(bytes, 5, 12) <> '\x010000000000000019000000' THEN
        RETURN NULL;
    END IF;
    WHILE place < length(bytes) LOOP
        -- (A quarter of the number: its lowest two bits are flags, and 0 here.)
        size := (get_byte(bytes, place) + 256 * get_byte(bytes, place + 1) + 65536 * get_byte(bytes, place + 2)) / 4;
        IF size < 4 THEN
            RETURN NULL;
        END IF;
        elements := elements || convert_from(substr(bytes, place + 5, size - 4), getdatabaseencoding())::text;
        place := place + (size + 3) / 4 * 4;
    END LOOP;
    RETURN elements;
END $$;
COMMENT ON FUNCTION tenancy.expression_array(bytea) IS
'The text[] that is stored as these bytes; NULL where an element is NULL, where it has several dimensions, and on big-endian machines.';

CREATE FUNCTION tenancy.expression_constant(type text, bytes text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hex text := (SELECT string_agg(lpad(to_hex(b::int & 255), 2, '0'), '' ORDER BY n)
        FROM regexp_split_to_table(substring(bytes FROM '\[ *(.*?) *\]'), ' +') WITH ORDINALITY AS x (b, n));
BEGIN
    RETURN CASE
        WHEN type::oid = 'bool'::regtype THEN (left(hex, 2) <> '00')::text
        WHEN type::oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN
            -- (Four bytes tell the length.)
            convert_from(decode(substr(hex, 9), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'unknown'::regtype THEN convert_from(decode(left(hex, -2), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'name'::regtype THEN convert_from(decode(regexp_replace(hex, '(00)+$', ''), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'text[]'::regtype THEN tenancy.expression_array(decode(hex, 'hex'))::text
    END;
END $$;
COMMENT ON FUNCTION tenancy.expression_constant(text, text) IS
'The text, name, boolean or text[], as text, that the bytes of a constant in a pg_node_tree stand for; NULL for other types.';

CREATE FUNCTION tenancy.expression_nodes(tree text) RETURNS SETOF tenancy.expression_node
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept CONSTANT text[] := '{funcid,opno,opfuncid,hashfuncid,varno,varattno,varlevelsup,consttype,constisnull,constvalue,useor,boolop,sublinktype,
        nulltesttype,booltesttype,argisrow,relid,rtekind,op,resulttype,aggfnoid,winfnoid,ctename,type,commandtype,hasaggs,jointype,resno,resjunk}';
    token text;
    first "char";
    current int := 0;          -- the node that is open
    field text;
    types text[] := '{}';
    parents int[] := '{}';
    named text[] := '{}';      -- in which field each stands
    fields jsonb[] := '{}';
    open_fields text[] := '{}';
BEGIN
    FOR token IN SELECT m[1] FROM regexp_matches(tree, '(\{[A-Z_]+|[}()]|:[A-Za-z_][A-Za-z_0-9.]*|\d+ \[[^]]*\]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}\\])+)', 'g') AS m LOOP
        first := token;
        CASE first
            WHEN '{' THEN
                types := types || substr(token, 2);
                parents := parents || NULLIF(current, 0);
                named := named || field;
                fields := fields || '{}'::jsonb;
                open_fields := open_fields || field;
                current := cardinality(types);
            WHEN '}' THEN
                current := COALESCE(parents[current], 0);
                field := open_fields[cardinality(open_fields)];
                open_fields := open_fields[:cardinality(open_fields) - 1];
            WHEN ':' THEN field := lower(substr(token, 2));
            WHEN '(', ')' THEN NULL;
            ELSE
                IF field = ANY (kept) AND token <> '<>' THEN
                    fields[current] := fields[current] || jsonb_build_object(field, token);
                END IF;
        END CASE;
    END LOOP;
    RETURN QUERY
        WITH RECURSIVE node AS MATERIALIZED (
            SELECT * FROM unnest(types, parents, named, fields) WITH ORDINALITY AS n (type, parent, field, fields, id)
        ), placed AS (
            SELECT n.*, '{}'::int[] AS ancestors, 0 AS depth, NULL::int AS query FROM node n WHERE n.parent IS NULL
            UNION ALL
            SELECT n.*, p.ancestors || p.id::int, p.depth + (p.type = 'QUERY')::int, COALESCE(p.query, CASE p.type WHEN 'QUERY' THEN p.id::int END)
            FROM placed p JOIN node n ON n.parent = p.id
        ), owned AS (
            SELECT p.*, CASE WHEN p.type = 'VAR' AND (p.fields ->> 'varlevelsup')::int = p.depth THEN (p.fields ->> 'varattno')::smallint END AS own_column FROM placed p
        )
        SELECT o.id::int, o.parent, o.ancestors, o.field, o.type, o.depth, o.query, o.own_column,
            o.query IS NULL OR EXISTS (SELECT FROM owned w WHERE w.query = o.query AND w.own_column IS NOT NULL),
            NULLIF(COALESCE(o.fields ->> 'funcid', o.fields ->> 'opfuncid'), '0')::oid,
            CASE WHEN o.type = 'CONST' AND o.fields ->> 'constisnull' = 'false' THEN tenancy.expression_constant(o.fields ->> 'consttype', o.fields ->> 'constvalue') END,
            o.fields
        FROM owned o ORDER BY o.id;
END $$;
COMMENT ON FUNCTION tenancy.expression_nodes(text) IS
'The nodes of a pg_node_tree, given as text, that is an expression over the columns of one table; parents come before what stands in them.';

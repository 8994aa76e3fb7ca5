-- What a protected table's columns are like: NOT NULL, filled from the caller, leading an index.

CREATE FUNCTION tenancy.column_default(relation regclass, column_name name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE a.attrelid = relation AND a.attname = column_name
$$;
COMMENT ON FUNCTION tenancy.column_default(regclass, name) IS 'The default of a column as pg_get_expr() prints it; NULL where there is none.';

CREATE FUNCTION tenancy.has_leading_index(relation regclass, column_name name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_am m ON m.oid = c.relam
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation AND a.attname = column_name AND m.amname = 'btree'
            AND i.indisvalid AND i.indpred IS NULL);
COMMENT ON FUNCTION tenancy.has_leading_index(regclass, name) IS
'Whether a valid B-tree index over all rows of the table leads with the column.';

CREATE FUNCTION tenancy.free_index_name(relation regclass, column_name name, taken jsonb) RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stem text;
    schema oid;
    candidate name;
    attempt int := 0;
BEGIN
    SELECT format('%s_%s', relname, column_name), relnamespace INTO stem, schema FROM pg_class WHERE oid = relation;
    -- A name has 63 bytes; some are kept for the ending.
    WHILE octet_length(stem) > 48 LOOP
        stem := left(stem, -1);
    END LOOP;
    LOOP
        candidate := stem || '_tenancy_idx' || COALESCE(NULLIF(attempt, 0)::text, '');
        EXIT WHEN NOT COALESCE(taken ? candidate, false)
            AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = schema AND relname = candidate);
        attempt := attempt + 1;
    END LOOP;
    RETURN candidate;
END $$;
COMMENT ON FUNCTION tenancy.free_index_name(regclass, name, jsonb) IS
'A name for an index on the table that no relation of its schema has, nor any of those in the array.';

CREATE FUNCTION tenancy.prepare_columns(target regclass, columns jsonb, made jsonb, OUT statements text[], OUT by_hand text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    -- Building an index locks out writers: about a second for this much on a small machine.
    build_up_to CONSTANT bigint := 100 * 1024 * 1024;
    run_index CONSTANT text := 'for you to run, outside a transaction: CREATE INDEX ';
    large boolean;
    wanted record;
    before jsonb;
    default_now text;
    relation record;
    index_name name;
BEGIN
    now_made := made;
    statements := '{}';
    by_hand := '{}';
    IF made ? 'indexes' THEN
        -- Those that somebody has dropped since are forgotten.
        now_made := jsonb_set(now_made, '{indexes}', (SELECT COALESCE(jsonb_agg(name ORDER BY position), '[]')
            FROM jsonb_array_elements_text(made -> 'indexes') WITH ORDINALITY AS i (name, position)
            WHERE EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                          WHERE indrelid IN (SELECT tenancy.family(target)) AND c.relname = i.name)));
    END IF;
    SELECT sum(pg_table_size(f)) > build_up_to INTO large FROM tenancy.family(target) f;
    FOR wanted IN SELECT * FROM jsonb_to_recordset(columns) AS w (name name, "default" text, required boolean, indexed boolean) LOOP
        before := COALESCE(now_made #> ARRAY['columns', wanted.name], '{}');
        -- (From 18 on, NOT NULL may be there and not yet valid for the rows there are.)
        IF wanted.required AND EXISTS (
            SELECT FROM tenancy.family(target) f JOIN pg_attribute a ON a.attrelid = f AND a.attname = wanted.name
            WHERE NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f AND k.contype = 'n'
                AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated))
        THEN
            statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, wanted.name);
            before := before || '{"not_null": true}';
        END IF;
        default_now := tenancy.column_default(target, wanted.name);
        IF wanted.default IS NOT NULL AND default_now IS DISTINCT FROM wanted.default THEN
            statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', target, wanted.name, wanted.default);
            before := jsonb_build_object('default', default_now) || before;
        END IF;
        IF before <> '{}' THEN
            now_made := jsonb_set(now_made, '{columns}', COALESCE(now_made -> 'columns', '{}') || jsonb_build_object(wanted.name, before));
        END IF;
        CONTINUE WHEN NOT wanted.indexed;
        FOR relation IN SELECT c.oid::regclass AS name, c.relkind
            FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
            WHERE NOT c.relispartition AND NOT tenancy.has_leading_index(c.oid, wanted.name)
            ORDER BY f.position
        LOOP
            IF NOT large THEN
                index_name := tenancy.free_index_name(relation.name, wanted.name, now_made -> 'indexes');
                statements := statements || format('CREATE INDEX %I ON %s (%I)', index_name, relation.name, wanted.name);
                now_made := jsonb_set(now_made, '{indexes}', COALESCE(now_made -> 'indexes', '[]') || to_jsonb(index_name));
            ELSIF relation.relkind = 'p' THEN
                -- Built on each partition first, so that the parent's index only has to adopt them.
                SELECT by_hand || COALESCE(array_agg(format(run_index || 'CONCURRENTLY ON %s (%I)', f.relation, wanted.name)
                    ORDER BY f.position), '{}')
                INTO by_hand FROM tenancy.family(relation.name) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
                WHERE c.relkind = 'r' AND NOT tenancy.has_leading_index(f.relation, wanted.name);
                by_hand := by_hand || format(run_index || 'ON %s (%I)', relation.name, wanted.name);
            ELSE
                by_hand := by_hand || format(run_index || 'CONCURRENTLY ON %s (%I)', relation.name, wanted.name);
            END IF;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.prepare_columns(regclass, jsonb, jsonb) IS
'The statements that make a table''s columns as a template wants them (tenancy.wanted_column), those that are for a person to run, and what was made before, made, with what these make.';

-- Takes back what was made of columns that are not wanted so any more.
CREATE FUNCTION tenancy.release_columns(target regclass, asked jsonb, wanted jsonb, OUT statements text[], OUT left_alone text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute name;
    was jsonb;
    was_made jsonb := asked -> 'made';
    is_wanted jsonb;
    default_made text;
BEGIN
    statements := '{}';
    left_alone := '{}';
    now_made := COALESCE(was_made, '{}');
    FOR attribute, was IN SELECT key, value FROM jsonb_each(was_made -> 'columns') LOOP
        CONTINUE WHEN NOT tenancy.has_column(target, attribute);
        is_wanted := (SELECT w FROM jsonb_array_elements(wanted) w WHERE w ->> 'name' = attribute);
        IF was ? 'default' AND is_wanted ->> 'default' IS NULL THEN
            default_made := (SELECT w ->> 'default' FROM jsonb_array_elements((tenancy.template(target, target, NULL, asked)).columns) w WHERE w ->> 'name' = attribute);
            IF tenancy.column_default(target, attribute) IS DISTINCT FROM default_made THEN
                left_alone := left_alone || format('the default of column %I: it was changed', attribute);
            ELSIF was ->> 'default' IS NULL THEN
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, attribute);
            ELSE
                -- The comment was the owner's to write, and the table may have got another since: what it says is not
                -- to run with anybody else's rights.
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, attribute);
                left_alone := left_alone || format('column %I had another default before, %s: set it if it is good', attribute, was -> 'default');
            END IF;
            was := was - 'default';
        END IF;
        IF was ? 'not_null' AND NOT COALESCE((is_wanted ->> 'required')::boolean, false) THEN
            IF EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                       WHERE i.indrelid = target AND i.indisprimary AND a.attname = attribute) THEN
                left_alone := left_alone || format('NOT NULL of column %I: it is in the primary key', attribute);
            ELSE
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', target, attribute);
            END IF;
            was := was - 'not_null';
        END IF;
        now_made := CASE WHEN was = '{}' THEN now_made #- ARRAY['columns', attribute] ELSE jsonb_set(now_made, ARRAY['columns', attribute], was) END;
    END LOOP;
    IF now_made -> 'columns' = '{}' THEN
        now_made := now_made - 'columns';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.release_columns(regclass, jsonb, jsonb) IS
'The statements that take back what was made of columns and is not wanted any more, what is left as it is and why, and what of made remains. asked is what tenancy.asked() returns.';

-- Which tables a change of protection is about: a table with its partitions and children, whose they are, and the lock
-- under which they change.

CREATE FUNCTION tenancy.family(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
    BEGIN ATOMIC
        WITH RECURSIVE family AS (
            SELECT target::oid AS relation, 0 AS depth
            UNION ALL
            SELECT i.inhrelid, f.depth + 1 FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.relation
        )
        SELECT relation::regclass FROM family GROUP BY relation ORDER BY min(depth), relation;
    END;
COMMENT ON FUNCTION tenancy.family(regclass) IS
'A table and all its partitions and inheritance children, parents first. Each needs policies of its own: asked directly, a child is not guarded by its parent''s.';

CREATE FUNCTION tenancy.has_column(target regclass, column_name name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = target AND attname = column_name AND attnum > 0 AND NOT attisdropped);
COMMENT ON FUNCTION tenancy.has_column(regclass, name) IS 'Whether the table has a column of this name.';

-- A line for a person. (Names may hold line breaks, and what follows one would be run by whoever pastes it.)
CREATE FUNCTION tenancy.remark(line text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '-- ' || regexp_replace(line, '[\r\n]+', ' ', 'g');
COMMENT ON FUNCTION tenancy.remark(text) IS 'A line for a person among the statements: -- and the text, on one line.';

CREATE FUNCTION tenancy.unguarded_parents(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT DISTINCT i.inhparent::regclass FROM tenancy.family(target) f JOIN pg_catalog.pg_inherits i ON i.inhrelid = f
        WHERE i.inhparent NOT IN (SELECT tenancy.family(target)) AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = i.inhparent AND p.polname = 'tenancy_floor');
    END;
COMMENT ON FUNCTION tenancy.unguarded_parents(regclass) IS
'Tables outside the family through which its rows are reached, and which are not protected.';

CREATE FUNCTION tenancy.require_protectable(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation record;
    kind text;
    outside text;
    found_any boolean := false;
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'target must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR relation IN
        SELECT c.oid::regclass AS name, c.*, n.nspname FROM tenancy.family(target) f
        JOIN pg_class c ON c.oid = f JOIN pg_namespace n ON n.oid = c.relnamespace
        ORDER BY c.oid <> target, name
    LOOP
        kind := CASE relation.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
            WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index' WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a composite type'
            WHEN 't' THEN 'a TOAST table' END;
        IF kind IS NOT NULL THEN
            RAISE EXCEPTION '% is %', relation.name, kind USING ERRCODE = 'wrong_object_type',
                DETAIL = 'Only tables and partitioned tables have row security.',
                HINT = CASE relation.relkind WHEN 'v' THEN 'Protect the tables beneath it, and make the view WITH (security_invoker = true).'
                    WHEN 'f' THEN 'Protect the table where it really is.' ELSE 'Protect the tables beneath it.' END;
        ELSIF relation.nspname IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') THEN
            RAISE EXCEPTION '% is a system table', relation.name USING ERRCODE = 'reserved_name',
                DETAIL = format('Schema %I is not for the rows of tenants.', relation.nspname);
        ELSIF relation.relpersistence = 't' THEN
            RAISE EXCEPTION '% is a temporary table', relation.name USING ERRCODE = 'invalid_table_definition',
                DETAIL = 'It belongs to one session and ends with it.';
        ELSIF NOT pg_has_role(current_user, relation.relowner, 'USAGE') THEN
            RAISE EXCEPTION 'must be owner of table %', relation.name USING ERRCODE = 'insufficient_privilege',
                DETAIL = format('It belongs to role "%s".', pg_get_userbyid(relation.relowner));
        END IF;
        found_any := true;
        CONTINUE WHEN relation.oid <> target;
        SELECT min(i.inhparent::regclass::text) INTO outside FROM pg_inherits i
        WHERE i.inhrelid = target AND (relation.relispartition OR NOT EXISTS (
            SELECT FROM pg_policy p WHERE p.polrelid = i.inhparent AND p.polname = 'tenancy_floor'));
        IF outside IS NOT NULL THEN
            RAISE EXCEPTION '% is a %', target, CASE WHEN relation.relispartition THEN 'partition' ELSE 'child of another table' END
                USING ERRCODE = 'wrong_object_type',
                DETAIL = 'Rows reached through its parent are guarded by the parent''s policies, not by its own.',
                HINT = format('Name the parent: %s.', outside);
        END IF;
    END LOOP;
    IF NOT found_any THEN
        RAISE EXCEPTION 'table % does not exist', target USING ERRCODE = 'undefined_table';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.require_protectable(regclass) IS
'Raises unless the table and all its children can be protected by the current role. Errors: 22004 NULL; 42P01 no such table; 42809 no table, or one with a parent; 42939 a system table; 42P16 a temporary table; 42501 another owner''s.';

-- One change at a time; readers and writers go on until the first ALTER TABLE. Above READ COMMITTED the catalog would be
-- read as it was before the lock, and what somebody else has undone since would pass for done.
CREATE FUNCTION tenancy.lock_for_change(target regclass) RETURNS text[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'protection cannot be changed at isolation level %', current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state',
            DETAIL = 'What others have changed since the transaction began would not be seen.',
            HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED';
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE', target);
    -- The name was looked up again after any wait: whose table is it now? And whose are the children?
    IF EXISTS (SELECT f::oid FROM tenancy.family(target) f EXCEPT SELECT l.relation FROM pg_locks l
               WHERE l.pid = pg_backend_pid() AND l.granted AND l.mode = 'ShareUpdateExclusiveLock') THEN
        RAISE EXCEPTION 'table % was renamed or replaced meanwhile', target USING ERRCODE = 'object_in_use',
            HINT = 'Look at what there is now, and try again.';
    END IF;
    PERFORM tenancy.require_protectable(target);
    RETURN ARRAY(SELECT f::text FROM tenancy.family(target) f);
END $$;
COMMENT ON FUNCTION tenancy.lock_for_change(regclass) IS
'Locks a table and its children against any other change of their protection, and returns their names. Errors: those of tenancy.require_protectable(); 25000 above READ COMMITTED; 55006 the table was replaced while waiting for the lock.';

CREATE FUNCTION tenancy.carry_out(statements text[], target regclass, names text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    statement text;
    attribute text;
BEGIN
    -- (So that tenancy.watch() does not see to a table that is half protected.)
    PERFORM set_config('tenancy.at_work', 'yes', true);
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM set_config('tenancy.at_work', '', true);
    -- The lock keeps tables from being renamed, not their schemas: what was done elsewhere is undone with this error.
    IF names IS DISTINCT FROM ARRAY(SELECT f::text FROM tenancy.family(target) f) THEN
        RAISE EXCEPTION 'the schema of table % was renamed or replaced meanwhile', target USING ERRCODE = 'object_in_use',
            HINT = 'Look at what there is now, and try again.';
    END IF;
EXCEPTION WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS attribute = COLUMN_NAME;
    RAISE EXCEPTION 'column "%" of table % contains NULLs', attribute, target USING ERRCODE = 'not_null_violation',
        DETAIL = 'A row without an owner would belong to nobody.',
        HINT = format('Find them: SELECT * FROM %s WHERE %I IS NULL', target, attribute);
END $$;
COMMENT ON FUNCTION tenancy.carry_out(text[], regclass, text[]) IS
'Runs the statements on a table whose family was locked under these names. Errors: those of the statements; 23502 NULLs in the tenant column; 55006 the names mean something else by now.';

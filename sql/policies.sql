-- What protection consists of: the policies a protected table has, and how they are recognised again.

CREATE FUNCTION tenancy.family(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE
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

CREATE FUNCTION tenancy.require_protectable(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation record;
    kind text;
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
        ELSIF relation.oid = target AND relation.relispartition THEN
            RAISE EXCEPTION '% is a partition', relation.name USING ERRCODE = 'wrong_object_type',
                DETAIL = 'Rows reached through its parent are guarded by the parent''s policies, not by its own.',
                HINT = format('Name the parent: %s.', (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = target));
        END IF;
    END LOOP;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % does not exist', target USING ERRCODE = 'undefined_table';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.require_protectable(regclass) IS
'Raises unless the table and all its children can be protected by the current role. Errors: 22004 NULL; 42P01 no such table; 42809 no table, or a partition; 42939 a system table; 42P16 a temporary table; 42501 another owner''s.';

-- One change at a time; readers and writers go on until the first ALTER TABLE. Above READ COMMITTED the catalog would be
-- read as it was before the lock, and what somebody else has undone since would pass for done.
CREATE FUNCTION tenancy.lock_for_change(target regclass) RETURNS void
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
END $$;
COMMENT ON FUNCTION tenancy.lock_for_change(regclass) IS
'Locks a table and its children against other protect() and unprotect(), until the transaction ends. Error 25000 above READ COMMITTED.';

-- What protect() was asked, kept where it is dumped with the table: as JSON in the comment of its floor.
CREATE FUNCTION tenancy.asked(relation regclass) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked jsonb;
BEGIN
    SELECT obj_description(p.oid, 'pg_policy') INTO asked FROM pg_policy p
    WHERE p.polrelid = relation AND p.polname = 'tenancy_floor';
    RETURN CASE WHEN asked ->> 'template' IS NOT NULL THEN asked END;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character OR numeric_value_out_of_range THEN
    RETURN NULL; -- somebody has put a comment of their own there
END $$;
COMMENT ON FUNCTION tenancy.asked(regclass) IS
'What tenancy.protect() was asked for this table and what it made, a jsonb object. NULL where the table is not protected, or its floor''s comment is not ours.';

CREATE FUNCTION tenancy.acts_as(roles name[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Evaluated once per statement. The planner takes a bare boolean to be true for half of the rows, and
    -- IS DISTINCT FROM false for 0.995 of them, which leaves the estimate of the rest as it is. It is never NULL;
    -- COALESCE, which the planner does not know to be leakproof, has it tested after the tenant, so that other
    -- tenants' rows are spared it. (A scan for 1 % of the rows: 1.10 times a literal's cost, and 1.26 without.)
    RETURN (
        SELECT format(CASE count(*) WHEN 1 THEN 'COALESCE(( SELECT %s AS pg_has_role), false)' ELSE 'COALESCE(( SELECT (%s)), false)' END
            || ' IS DISTINCT FROM false',
            string_agg(format('pg_catalog.pg_has_role(CURRENT_USER, %L::name, ''USAGE''::text)', role), ' OR ' ORDER BY position))
        FROM unnest(roles) WITH ORDINALITY AS r (role, position));
COMMENT ON FUNCTION tenancy.acts_as(name[]) IS
'The expression of a policy that asks whether the current role has the rights of one of these.';

CREATE FUNCTION tenancy.wanted_policies(relation regclass, asked jsonb)
    RETURNS TABLE (name name, permissive boolean, command "char", roles name[], using_expression text, check_expression text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    callers name[] := ARRAY[asked ->> 'authenticated'];
    staff name[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'staff'));
    everybody CONSTANT name[] := '{public}';
    own text;
    floor text;
BEGIN
    SELECT t.expression INTO own FROM tenancy.template_tenant(relation, (asked ->> 'tenant_column')::name) t;
    floor := own;
    IF staff <> '{}' THEN
        floor := format('(%s) OR (%s)', tenancy.acts_as(staff), own);
    END IF;

    RETURN QUERY VALUES
        ('tenancy_select'::name, true, 'r'::"char", callers, own, NULL),
        ('tenancy_insert', true, 'a', callers, NULL, own),
        ('tenancy_update', true, 'w', callers, own, own),
        ('tenancy_delete', true, 'd', callers, own, NULL),
        -- No later permissive policy widens these two. TO PUBLIC, for the policies of a view's table are chosen by
        -- the view's owner while current_user is still the caller: TO authenticated, a floor would be left out
        -- there, and a gate alone lets every caller through. The floor repeats the expression of the four above,
        -- which the planner then evaluates once.
        ('tenancy_floor', false, '*', everybody, floor, floor),
        ('tenancy_gate', false, '*', everybody, tenancy.acts_as(callers || staff), NULL);
    IF staff <> '{}' THEN
        RETURN QUERY VALUES ('tenancy_staff'::name, true, '*'::"char", staff, 'true', 'true');
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.wanted_policies(regclass, jsonb) IS
'The policies that a table protected as asked has: name, permissive or restrictive, command as in pg_policy.polcmd, roles, expressions.';

CREATE FUNCTION tenancy.same_expression(printed text, written text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT COALESCE(printed IN (bare, '(' || bare || ')'), printed IS NULL AND bare IS NULL)
        FROM (SELECT replace(replace(written, 'OPERATOR(pg_catalog.=)', '='), 'pg_catalog.', '') AS bare) AS w);
COMMENT ON FUNCTION tenancy.same_expression(text, text) IS
'Whether pg_get_expr(), with pg_catalog as the search_path, printed this for an expression that was written so.';

CREATE FUNCTION tenancy.policy_is(relation regclass, name name, permissive boolean, command "char", roles name[],
    using_expression text, check_expression text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT p.polpermissive = permissive AND p.polcmd = command
        AND ARRAY(SELECT CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END FROM unnest(p.polroles) role ORDER BY 1)
            = ARRAY(SELECT role FROM unnest(roles) role ORDER BY 1)
        AND tenancy.same_expression(pg_get_expr(p.polqual, p.polrelid), using_expression)
        AND tenancy.same_expression(pg_get_expr(p.polwithcheck, p.polrelid), check_expression)
    FROM pg_policy p WHERE p.polrelid = relation AND p.polname = name
$$;
COMMENT ON FUNCTION tenancy.policy_is(regclass, name, boolean, "char", name[], text, text) IS
'Whether the table''s policy of this name is just so; NULL where there is none.';

-- The comment is the table owner's to write, and protect() may run as a superuser: of what it says only these four
-- words ever become part of a statement.
CREATE FUNCTION tenancy.revoke_statement(granted jsonb, relation regclass, role name) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(
        SELECT format('REVOKE %s ON %s FROM %I', string_agg(privilege, ', ' ORDER BY position), relation, role)
        FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) WITH ORDINALITY AS p (privilege, position)
        WHERE granted ? privilege HAVING count(*) > 0);
COMMENT ON FUNCTION tenancy.revoke_statement(jsonb, regclass, name) IS
'The statement that takes back what protect() granted to a role; an empty array where that is nothing.';

CREATE FUNCTION tenancy.refuse_truncate() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(TG_RELID) THEN
        RAISE EXCEPTION 'cannot truncate table %', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('TRUNCATE ignores row security, which binds role "%s".', current_user),
            HINT = 'DELETE removes the rows this role may delete; a role with BYPASSRLS may TRUNCATE.';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tenancy.refuse_truncate() IS
'Trigger function: refuses TRUNCATE (42501) to every role that row security binds.';

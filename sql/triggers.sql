-- What policies cannot refuse, triggers do: TRUNCATE, and a row's move to another tenant.

CREATE FUNCTION tenancy.wanted_triggers(relation regclass, columns jsonb, asked jsonb) RETURNS TABLE (name name, definition text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    fixed name := (SELECT c ->> 'name' FROM jsonb_array_elements(columns) c WHERE (c ->> 'fixed')::boolean);
BEGIN
    RETURN QUERY VALUES ('tenancy_truncate'::name,
        format('BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_truncate()', relation));
    -- Each partition has its own: one of the parent's would be copied to them, and a table that has it could not be attached.
    IF fixed IS NOT NULL AND NOT asked ? 'movable' AND (SELECT relkind = 'r' FROM pg_class WHERE oid = relation) THEN
        RETURN QUERY VALUES ('tenancy_keep_tenant'::name,
            format('BEFORE UPDATE ON %s FOR EACH ROW WHEN ((%s IS DISTINCT FROM %s)) EXECUTE FUNCTION tenancy.refuse_move()',
                relation, tenancy.operand(relation, fixed, 'old'), tenancy.operand(relation, fixed, 'new')));
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.wanted_triggers(regclass, jsonb, jsonb) IS
'The triggers of a table protected as asked: name, and what follows it in CREATE TRIGGER.';

CREATE FUNCTION tenancy.trigger_statements(relation regclass, columns jsonb, asked jsonb) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT COALESCE(t.tgname, w.name) AS name, w.definition, t.oid IS NOT NULL AS there,
            w.name IS NOT NULL AND t.tgenabled IN ('O', 'A') AND pg_get_triggerdef(t.oid) = format('CREATE TRIGGER %I %s', w.name, w.definition) AS same
        FROM tenancy.wanted_triggers(relation, columns, asked) w
        FULL JOIN (SELECT * FROM pg_trigger WHERE tgrelid = relation AND tgparentid = 0 AND tgname IN ('tenancy_truncate', 'tenancy_keep_tenant')) t
            ON t.tgname = w.name
        ORDER BY 1
    LOOP
        IF item.there AND NOT item.same THEN
            RETURN NEXT format('DROP TRIGGER %I ON %s', item.name, relation);
        END IF;
        IF item.definition IS NOT NULL AND item.same IS NOT TRUE THEN
            RETURN NEXT format('CREATE TRIGGER %I %s', item.name, item.definition);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.trigger_statements(regclass, jsonb, jsonb) IS
'The statements that make a table''s triggers as they are for one protected as asked.';

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

CREATE FUNCTION tenancy.refuse_move() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(TG_RELID) THEN
        RAISE EXCEPTION 'a row of table % cannot be given to another tenant', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('Row security binds role "%s".', current_user),
            HINT = 'Make a new row there; or tenancy.protect(..., movable => true) lets members of both tenants move rows.';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tenancy.refuse_move() IS
'Trigger function, for rows whose tenant an UPDATE changes: refuses that (42501) to every role that row security binds.';

-- A trigger runs in the sessions of other callers, as they. GRANT ALL gives the right to make one; this takes it back.
CREATE FUNCTION tenancy.refuse_triggers() RETURNS event_trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    foreign_table regclass := (
        SELECT c.oid FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenancy_floor'
        WHERE NOT pg_has_role(current_user, c.relowner, 'USAGE') LIMIT 1);
BEGIN
    IF foreign_table IS NOT NULL AND row_security_active(foreign_table) THEN
        RAISE EXCEPTION 'only the owner of table % makes triggers on it', foreign_table USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'The table is protected, and a trigger runs in the sessions of other callers.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.refuse_triggers() IS
'Event trigger function: refuses a trigger on a protected table (42501) to whom its row security binds, unless the table is theirs.';

DO $$
BEGIN
    CREATE EVENT TRIGGER tenancy_triggers ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER')
        EXECUTE FUNCTION tenancy.refuse_triggers();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'without a superuser there are no event triggers: callers with the privilege TRIGGER can make triggers on protected tables';
END $$;

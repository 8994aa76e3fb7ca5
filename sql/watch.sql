-- tenancy.watch(): tables and partitions that are made later are protected by their schema's rules, or refused.
--
-- Event triggers run for everybody's DDL, with the rights of whoever runs it. Until a schema is watched they look into one
-- empty table.

CREATE TABLE tenancy.watched (
    schema regnamespace PRIMARY KEY,
    action text NOT NULL CHECK (action IN ('protect', 'refuse')),
    tenant_column name,
    user_column name,
    force boolean NOT NULL
);
COMMENT ON TABLE tenancy.watched IS
'The schemas that tenancy.watch() was asked to watch, what is done about new tables there, and how they are protected.';
GRANT SELECT ON tenancy.watched TO PUBLIC;

CREATE FUNCTION tenancy.watch(schema name, action text DEFAULT 'protect', tenant_column name DEFAULT NULL, user_column name DEFAULT NULL,
    force boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    of_schema oid := (SELECT oid FROM pg_namespace WHERE nspname = watch.schema);
BEGIN
    IF watch.schema IS NULL OR watch.force IS NULL THEN
        RAISE EXCEPTION 'schema and force must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF of_schema IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', watch.schema USING ERRCODE = 'invalid_schema_name';
    ELSIF watch.schema IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') THEN
        RAISE EXCEPTION 'schema "%" is a system schema', watch.schema USING ERRCODE = 'reserved_name';
    ELSIF watch.action IS NULL OR watch.action NOT IN ('protect', 'refuse', 'off') THEN
        RAISE EXCEPTION 'unknown action: %', COALESCE(quote_literal(watch.action), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is protect, refuse or off.';
    ELSIF watch.action <> 'off' AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'tenancy_watch' AND evtenabled <> 'D') THEN
        RAISE EXCEPTION 'nothing would watch the schema' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'There is no event trigger tenancy_watch, or it is disabled.',
            HINT = 'Only a superuser makes one: the extension''s installation did; the pure-SQL edition''s, if a superuser ran it.';
    END IF;
    DELETE FROM tenancy.watched w WHERE w.schema = of_schema OR w.schema NOT IN (SELECT oid FROM pg_namespace);
    INSERT INTO tenancy.watched SELECT of_schema, watch.action, watch.tenant_column, watch.user_column, watch.force WHERE watch.action <> 'off';
END $$;
COMMENT ON FUNCTION tenancy.watch(name, text, name, name, boolean) IS
'From now on tables that are made in the schema (or moved there, or attached to a protected table as a partition) are protected as tenancy.protect_schema() would (action protect; where no rule fits there is a WARNING), or refused (refuse); off ends that. For the administrator. Errors: 3F000 no such schema; 42939 a system schema; 22023 an unknown action; 22004; 55000 the event trigger is missing or disabled; 42501.';
REVOKE EXECUTE ON FUNCTION tenancy.watch(name, text, name, name, boolean) FROM PUBLIC;

CREATE FUNCTION tenancy.watch_table(target regclass, created boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- What is protected is the topmost table of a family.
    root regclass := (WITH RECURSIVE up AS (
            SELECT target AS relation, 0 AS level UNION ALL SELECT i.inhparent::regclass, up.level + 1 FROM up JOIN pg_inherits i ON i.inhrelid = up.relation)
        SELECT relation FROM up ORDER BY level DESC LIMIT 1);
    asked jsonb := tenancy.asked(root);
    watched record;
    template text;
BEGIN
    SELECT w.* INTO watched FROM tenancy.watched w JOIN pg_class c ON c.relnamespace = w.schema
    WHERE c.oid IN (root, target) ORDER BY c.oid = root DESC LIMIT 1;
    IF NOT FOUND OR asked IS NOT NULL AND NOT EXISTS (
        SELECT FROM tenancy.family(root) f WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = f AND polname = 'tenancy_floor'))
    THEN
        RETURN;
    END IF;
    IF watched.action = 'refuse' THEN
        IF created OR asked IS NOT NULL THEN
            RAISE EXCEPTION 'schema "%" takes no new tables or partitions', watched.schema USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = format('Nothing would protect table %s.', target),
                HINT = format('SELECT tenancy.watch(%L, ''protect'') has new tables protected; to make one by hand, watch(%1$L, ''off''), protect it, and watch again, in one transaction.', watched.schema::text);
        END IF;
        RETURN;
    END IF;
    IF asked IS NULL THEN
        watched.tenant_column := COALESCE(watched.tenant_column, tenancy.setting('tenant_column')::name);
        watched.user_column := COALESCE(watched.user_column, tenancy.setting('user_column')::name);
        template := CASE WHEN tenancy.has_column(root, watched.tenant_column) THEN 'tenant' WHEN tenancy.has_column(root, watched.user_column) THEN 'user'
            WHEN (SELECT count(*) FROM tenancy.parent_keys(root) k WHERE k.protected) = 1 THEN 'via_parent' END;
        IF template IS NULL THEN
            IF created THEN
                RAISE WARNING 'table % is not protected', root USING
                    DETAIL = format('It has neither column %I nor %I, and not one foreign key to a table whose rows have owners.', watched.tenant_column, watched.user_column),
                    HINT = format('SELECT tenancy.protect(%L, template => ...) says what it is.', root);
            END IF;
            RETURN;
        END IF;
        PERFORM tenancy.require_roles();
        asked := tenancy.asked_by_rule(root, template, watched.tenant_column, watched.user_column, NULL, NULL, NULL, watched.force);
    END IF;
    PERFORM tenancy.require_protectable(root);
    PERFORM tenancy.protect_as(root, asked - 'made', false);
END $$;
COMMENT ON FUNCTION tenancy.watch_table(regclass, boolean) IS
'What tenancy.watch() does about a table that was created or altered: protects its family, refuses it, or warns. Errors: 55000 the schema takes no new tables; those of tenancy.protect().';

-- Nothing else than what protect() and unprotect() themselves do is left to them while they do it.
CREATE FUNCTION tenancy.watch_ddl() RETURNS event_trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    command record;
BEGIN
    IF COALESCE(current_setting('tenancy.at_work', true), '') <> '' OR NOT EXISTS (SELECT FROM tenancy.watched) THEN
        RETURN;
    END IF;
    FOR command IN
        SELECT c.oid::regclass AS relation, bool_or(d.command_tag <> 'ALTER TABLE') AS created
        FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE NOT d.in_extension AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' GROUP BY c.oid ORDER BY c.oid
    LOOP
        PERFORM tenancy.watch_table(command.relation, command.created);
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.watch_ddl() IS 'Event trigger function of tenancy.watch().';

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
    CREATE EVENT TRIGGER tenancy_watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
        EXECUTE FUNCTION tenancy.watch_ddl();
    CREATE EVENT TRIGGER tenancy_triggers ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER')
        EXECUTE FUNCTION tenancy.refuse_triggers();
EXCEPTION WHEN insufficient_privilege THEN
    -- The pure-SQL edition on a host where nobody is superuser does without.
    RAISE NOTICE 'without a superuser there are no event triggers: tenancy.watch() does not work here';
END $$;

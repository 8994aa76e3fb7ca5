-- tenancy.watch(): tables and partitions that are made later are protected by their schema's rules, or refused.
--
-- Event triggers run for everybody's DDL, with the rights of whoever runs it. Until a schema is watched they look into one
-- empty table.

CREATE TABLE tenancy.watched (
    schema name PRIMARY KEY,
    action text NOT NULL CHECK (action IN ('protect', 'refuse')),
    tenant_column name,
    user_column name,
    force boolean NOT NULL
);
COMMENT ON TABLE tenancy.watched IS
'The schemas that tenancy.watch() was asked to watch, what is done about new tables there, and how they are protected. It is not dumped: a restore makes its own policies, and would find ours there already.';
GRANT SELECT ON tenancy.watched TO PUBLIC;

CREATE FUNCTION tenancy.watch(schema name, action text DEFAULT 'protect', tenant_column name DEFAULT NULL, user_column name DEFAULT NULL,
    force boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    owner oid := (SELECT nspowner FROM pg_namespace WHERE nspname = watch.schema);
BEGIN
    IF watch.schema IS NULL OR watch.force IS NULL THEN
        RAISE EXCEPTION 'schema and force must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF owner IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', watch.schema USING ERRCODE = 'invalid_schema_name';
    ELSIF watch.schema IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') THEN
        RAISE EXCEPTION 'schema "%" is a system schema', watch.schema USING ERRCODE = 'reserved_name';
    ELSIF NOT pg_has_role(current_user, owner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of schema %', watch.schema USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('It belongs to role "%s".', pg_get_userbyid(owner));
    ELSIF watch.action IS NULL OR watch.action NOT IN ('protect', 'refuse', 'off') THEN
        RAISE EXCEPTION 'unknown action: %', COALESCE(quote_literal(watch.action), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is protect, refuse or off.';
    ELSIF watch.action <> 'off' AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'tenancy_watch' AND evtenabled <> 'D') THEN
        RAISE EXCEPTION 'nothing would watch the schema' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'There is no event trigger tenancy_watch, or it is disabled.',
            HINT = 'Only a superuser makes one: the extension''s installation did; the pure-SQL edition''s, if a superuser ran it.';
    END IF;
    DELETE FROM tenancy.watched w WHERE w.schema = watch.schema OR w.schema NOT IN (SELECT nspname FROM pg_namespace);
    INSERT INTO tenancy.watched SELECT watch.schema, watch.action, watch.tenant_column, watch.user_column, watch.force WHERE watch.action <> 'off';
END $$;
COMMENT ON FUNCTION tenancy.watch(name, text, name, name, boolean) IS
'From now on tables that are made in the schema (or moved there, or attached to a protected table as a partition) are protected as tenancy.protect_schema() would (action protect; where no rule fits there is a WARNING), or refused (refuse); off ends that. For the administrator, who owns the schema; tables of others than the administrator and roles that the administrator has are left alone, with a WARNING. A schema that is renamed is to be named again, as after a restore. Errors: 3F000 no such schema; 42939 a system schema; 22023 an unknown action; 22004; 55000 the event trigger is missing or disabled; 42501.';
REVOKE EXECUTE ON FUNCTION tenancy.watch(name, text, name, name, boolean) FROM PUBLIC;

-- What is protected is the topmost table of a family, and a child may have several parents.
CREATE FUNCTION tenancy.roots(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        WITH RECURSIVE up AS (
            SELECT target::oid AS relation
            UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.relation
        )
        SELECT relation::regclass FROM up WHERE relation NOT IN (SELECT inhrelid FROM pg_catalog.pg_inherits) ORDER BY 1;
    END;
COMMENT ON FUNCTION tenancy.roots(regclass) IS 'The topmost tables that a table is a partition or child of; itself where it is none.';

CREATE FUNCTION tenancy.watch_table(target regclass, created boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    administrator oid := tenancy.administrator();
    root regclass;
    asked jsonb;
    owner oid;
    unguarded oid[];
    watched record;
    template text;
BEGIN
    FOR root, asked, owner IN SELECT c.oid::regclass, tenancy.asked(c.oid), c.relowner FROM tenancy.roots(target) r JOIN pg_class c ON c.oid = r LOOP
        unguarded := ARRAY(SELECT f::oid FROM tenancy.family(root) f
            WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = f AND polname = 'tenancy_floor'));
        -- A schema is watched for as long as the administrator has its owner's rights.
        SELECT w.* INTO watched FROM tenancy.watched w JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid
        WHERE c.oid = ANY (unguarded || root::oid || target::oid) AND pg_has_role(administrator, n.nspowner, 'USAGE') ORDER BY c.oid = root DESC LIMIT 1;
        CONTINUE WHEN NOT FOUND OR (asked IS NULL AND root <> target);
        -- (A foreign key may have got another parent.)
        CONTINUE WHEN unguarded = '{}' AND (watched.action = 'refuse' OR NOT EXISTS (SELECT FROM tenancy.parent_keys(root) k WHERE k.key = asked ->> 'key' AND k.protected));
        -- Nor does it give the administrator anybody else's table: protecting grants.
        IF NOT pg_has_role(administrator, owner, 'USAGE') THEN
            RAISE WARNING 'table % is not protected', root USING DETAIL = format('It belongs to role "%s", whose rights the administrator of pg_tenancy does not have.', pg_get_userbyid(owner)),
                HINT = format('GRANT %I TO %I, or have its owner protect it.', pg_get_userbyid(owner), pg_get_userbyid(administrator));
            CONTINUE;
        ELSIF watched.action = 'refuse' THEN
            CONTINUE WHEN NOT created AND asked IS NULL;
            RAISE EXCEPTION 'schema "%" takes no new tables or partitions', watched.schema USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = format('Nothing would protect table %s.', unguarded[1]::regclass),
                HINT = format('SELECT tenancy.watch(%L, ''protect'') has new tables protected; to make one by hand, watch(%1$L, ''off''), protect it, and watch again, in one transaction.', watched.schema);
        ELSIF asked IS NULL THEN
            watched.tenant_column := COALESCE(watched.tenant_column, tenancy.setting('tenant_column')::name);
            watched.user_column := COALESCE(watched.user_column, tenancy.setting('user_column')::name);
            template := CASE WHEN tenancy.has_column(root, watched.tenant_column) THEN 'tenant' WHEN tenancy.has_column(root, watched.user_column) THEN 'user'
                WHEN (SELECT count(*) FROM tenancy.parent_keys(root) k WHERE k.protected) = 1 THEN 'via_parent' END;
            IF template IS NULL THEN
                CONTINUE WHEN NOT created;
                RAISE WARNING 'table % is not protected', root USING
                    DETAIL = format('It has neither column %I nor %I, nor exactly one foreign key to a table whose rows have owners.', watched.tenant_column, watched.user_column),
                    HINT = format('SELECT tenancy.protect(%L, template => ...) says what it is.', root);
                CONTINUE;
            END IF;
            PERFORM tenancy.require_roles();
            PERFORM tenancy.warn_of_loss(root);
            asked := tenancy.asked_by_rule(root, template, watched.tenant_column, watched.user_column, NULL, NULL, NULL, watched.force);
        END IF;
        PERFORM tenancy.require_protectable(root);
        PERFORM tenancy.protect_as(root, tenancy.asked_again(asked), false);
        IF unguarded <> '{}' THEN
            RAISE NOTICE 'table % is protected now, by template %', (SELECT string_agg(u::regclass::text, ', ') FROM unnest(unguarded) u), asked ->> 'template';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.watch_table(regclass, boolean) IS
'What tenancy.watch() does about a table that was created or altered: protects its family, refuses it, or warns. Errors: 55000 the schema takes no new tables; those of tenancy.protect().';

-- Nothing else than what protect() and unprotect() themselves do is left to them while they do it. (Whoever makes tables
-- can say as well that they are at work. This guards against forgetting.)
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
    IF TG_TAG = 'ALTER SCHEMA' THEN
        FOR command IN SELECT w.schema FROM tenancy.watched w WHERE w.schema NOT IN (SELECT nspname FROM pg_namespace) LOOP
            RAISE WARNING 'schema "%" is not watched any more: it has another name now', command.schema
                USING HINT = 'SELECT tenancy.watch(''...''), with its new name.';
        END LOOP;
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

DO $$
BEGIN
    CREATE EVENT TRIGGER tenancy_watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'ALTER SCHEMA')
        EXECUTE FUNCTION tenancy.watch_ddl();
EXCEPTION WHEN insufficient_privilege THEN
    -- The pure-SQL edition on a host where nobody is superuser does without.
    RAISE NOTICE 'without a superuser there are no event triggers: tenancy.watch() does not work here';
END $$;

-- tenancy.protect(): puts a table under row security, and puts right what has drifted since.
--
-- It compares what the catalog holds with what was asked and runs the difference, so running it again changes
-- nothing. Every statement it returns names its objects in full and can be run by hand.

CREATE FUNCTION tenancy.asked_by_settings(template text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object('authenticated', tenancy.setting('authenticated'), 'staff', to_jsonb(tenancy.staff_roles()),
        'anonymous', CASE template WHEN 'public_read' THEN (SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = tenancy.setting('anonymous')) END,
        'on_missing_tenant', CASE tenancy.setting('on_missing_tenant') WHEN 'error' THEN 'error' END));
COMMENT ON FUNCTION tenancy.asked_by_settings(text) IS 'What the settings ask for every table protected by this template, as it is kept.';

-- A table's comment is its owner's to write: which database roles get in is never taken from there.
CREATE FUNCTION tenancy.asked_again(asked jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN asked - CAST('{made,staff,authenticated,anonymous,on_missing_tenant}' AS text[]) || tenancy.asked_by_settings(asked ->> 'template');
COMMENT ON FUNCTION tenancy.asked_again(jsonb) IS 'What was asked for a table before, by the settings of today; NULL for NULL.';

-- What was asked, as it is kept. Only what is not the default is in it.
CREATE FUNCTION tenancy.make_asked(target regclass, template text, tenant_column name, user_column name, parent regclass,
    read text[], write text[], remove text[], force boolean, movable boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant name := COALESCE(tenant_column, tenancy.setting('tenant_column')::name);
    refused text;
    key_columns name[];
    chosen_key name;
BEGIN
    IF template IS NULL OR template <> ALL (tenancy.templates()) THEN
        RAISE EXCEPTION 'unknown template: %', COALESCE(quote_literal(template), 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = format('Templates are: %s.', array_to_string(tenancy.templates(), ', '));
    END IF;
    IF force IS NULL OR movable IS NULL THEN
        RAISE EXCEPTION 'force, movable and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    refused := CASE WHEN tenant_column IS NOT NULL AND template = 'via_parent' THEN 'tenant_column'
        WHEN user_column IS NOT NULL AND template <> 'user' THEN 'user_column'
        WHEN parent IS NOT NULL AND template <> 'via_parent' THEN 'parent'
        WHEN read IS NOT NULL AND template = 'public_read' THEN 'read' END;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'template % takes no %', template, refused USING ERRCODE = 'invalid_parameter_value',
            HINT = CASE refused WHEN 'read' THEN 'Everybody reads there. Template tenant with read => ... lets some.' ELSE format('Leave %s out, or name the template that takes it.', refused) END;
    END IF;
    CASE template
        WHEN 'tenant_root' THEN
            IF tenant_column IS NULL THEN
                SELECT array_agg(a.attname) INTO key_columns FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                WHERE i.indrelid = target AND i.indisprimary;
                IF cardinality(key_columns) IS DISTINCT FROM 1 THEN
                    RAISE EXCEPTION 'which column of table % is the tenant''s id?', target USING ERRCODE = 'invalid_parameter_value',
                        DETAIL = 'It has no primary key of one column.', HINT = 'Name it with tenant_column => ''...''.';
                END IF;
                tenant := key_columns[1];
            END IF;
            -- A tenant's row is its name to everybody in it, and all its rows may go with it: who may is to be said.
            write := COALESCE(write, '{}');
            remove := COALESCE(remove, '{}');
        WHEN 'via_parent' THEN
            tenant := NULL;
            chosen_key := tenancy.choose_parent(target, parent);
        WHEN 'user', 'public_read' THEN
            IF tenant_column IS NULL AND NOT tenancy.has_column(target, tenant) THEN
                tenant := NULL;
            END IF;
        ELSE NULL;
    END CASE;
    IF (write IS NULL OR remove IS NULL) AND NOT (template = 'public_read' AND tenant IS NULL) AND tenancy.says_who_belongs(target) THEN
        RAISE EXCEPTION 'who may write to table % is to be said', target USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It says who belongs to which tenant, with which roles: every caller could give themself any role.',
            HINT = 'With write => ''{}'', remove => ''{}'' no caller may, with ''{admin}'' those with that role. The table itself, or what its rows follow by inheritance or ON UPDATE CASCADE, is named by tenancy.use_members().';
    END IF;
    IF COALESCE(write, '{x}') || COALESCE(remove, '{x}') <> '{}' AND tenancy.member_tenant_column(target) <> COALESCE(tenant, '') THEN
        RAISE EXCEPTION 'callers write to table % by column "%" or not at all', target, tenancy.member_tenant_column(target) USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is the table of members, whose tenants column "%s" names: somebody could make themself a member of any tenant.', tenancy.member_tenant_column(target)),
            HINT = format('tenant_column => %L; or write => ''{}'', remove => ''{}''.', tenancy.member_tenant_column(target));
    END IF;
    IF template = 'public_read' AND tenant IS NULL AND COALESCE(write, remove) IS NOT NULL THEN
        RAISE EXCEPTION 'callers do not write to table %', target USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It has no tenant column, so under template public_read its rows belong to nobody.',
            HINT = 'Name the tenant column, or leave write and remove out; staff write there, and roles that row security does not bind.';
    END IF;
    RETURN jsonb_build_object('force', force) || tenancy.asked_by_settings(template)
        || jsonb_strip_nulls(jsonb_build_object('template', template, 'tenant_column', tenant,
            'user_column', CASE template WHEN 'user' THEN COALESCE(user_column, tenancy.setting('user_column')::name) END,
            'key', chosen_key,
            'read', tenancy.elements('read', read), 'write', tenancy.elements('write', write), 'remove', tenancy.elements('remove', remove),
            'movable', CASE WHEN movable THEN true END));
END $$;
COMMENT ON FUNCTION tenancy.make_asked(regclass, text, name, name, regclass, text[], text[], text[], boolean, boolean) IS
'What tenancy.protect() is asked, as it is kept in the comment of the floor. Errors: 22023 an argument that does not go with the template, or write and remove missing for the table of members; 22004; those of tenancy.choose_parent() and tenancy.elements().';

-- The statements for a table and its children, in the order in which they are run.
CREATE FUNCTION tenancy.protect_statements(target regclass, asked jsonb, OUT statements text[], OUT by_hand text[], OUT newly_forced boolean)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    template record := tenancy.template(target, target, NULL, asked);
    before jsonb := tenancy.asked(target);
    made jsonb;
    step record;
    relation record;
    policy record;
    new_floor boolean;
    argument text;
BEGIN
    newly_forced := false;
    -- A column that was renamed and is asked for by its new name is the one it was.
    FOREACH argument IN ARRAY '{tenant_column,user_column}'::text[] LOOP
        IF before ? argument AND asked ? argument AND NOT tenancy.has_column(target, (before ->> argument)::name) THEN
            before := before || jsonb_build_object(argument, asked -> argument, 'made', (before -> 'made')
                || jsonb_build_object('columns', (SELECT COALESCE(jsonb_object_agg(CASE key WHEN before ->> argument THEN asked ->> argument ELSE key END, value), '{}')
                    FROM jsonb_each(before #> '{made,columns}'))));
        END IF;
    END LOOP;
    step := tenancy.release_columns(target, before, template.columns);
    statements := step.statements;
    by_hand := ARRAY(SELECT 'left as it is: ' || l FROM unnest(step.left_alone) l);
    step := tenancy.prepare_columns(target, template.columns, step.now_made);
    statements := statements || step.statements;
    by_hand := by_hand || step.by_hand;
    made := step.now_made;

    FOR relation IN SELECT c.oid::regclass AS name, c.oid = target AS is_target, c.relrowsecurity, c.relforcerowsecurity
        FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
        ORDER BY f.position
    LOOP
        IF NOT relation.is_target THEN
            made := COALESCE(tenancy.asked(relation.name) -> 'made', '{}');
        END IF;
        IF NOT relation.relrowsecurity THEN
            statements := statements || format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation.name);
            made := made || '{"row_security": true}';
        END IF;
        IF (asked ->> 'force')::boolean AND NOT relation.relforcerowsecurity THEN
            statements := statements || format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation.name);
            made := made || '{"force": true}';
            newly_forced := newly_forced OR relation.is_target;
        ELSIF NOT (asked ->> 'force')::boolean AND relation.relforcerowsecurity THEN
            statements := statements || format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation.name);
            made := made - 'force';
        END IF;
        new_floor := false;
        FOR policy IN
            SELECT w.*, tenancy.policy_is(relation.name, w.name, w.permissive, w.command, w.roles, w.using_expression, w.check_expression) AS same
            FROM tenancy.wanted_policies(target, relation.name, asked) w
        LOOP
            CONTINUE WHEN policy.same;
            new_floor := new_floor OR policy.name = 'tenancy_floor';
            IF NOT policy.same THEN
                statements := statements || format('DROP POLICY %I ON %s', policy.name, relation.name);
            END IF;
            statements := statements || concat_ws(' ',
                format('CREATE POLICY %I ON %s', policy.name, relation.name),
                CASE WHEN NOT policy.permissive THEN 'AS RESTRICTIVE' END,
                CASE policy.command WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' END,
                'TO ' || (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ') FROM unnest(policy.roles) r),
                'USING ' || tenancy.in_parentheses(policy.using_expression),
                'WITH CHECK ' || tenancy.in_parentheses(policy.check_expression));
        END LOOP;
        -- What an earlier call asked for and this one does not, after what it does ask for is there. (Where what was asked
        -- has been lost, what narrows stays.)
        statements := statements || ARRAY(
            SELECT format('DROP POLICY %I ON %s', p.polname, relation.name) FROM pg_policy p
            WHERE p.polrelid = relation.name AND p.polname = ANY (tenancy.policy_names()) AND (p.polpermissive OR before IS NOT NULL)
                AND p.polname NOT IN (SELECT w.name FROM tenancy.wanted_policies(target, relation.name, asked) w) ORDER BY p.polname);
        statements := statements || ARRAY(SELECT tenancy.trigger_statements(relation.name, template.columns, asked));
        -- Callers reach children through their parent, so grants are for the table asked alone.
        IF relation.is_target THEN
            step := tenancy.grant_statements(target, asked, template.commands, made);
            statements := statements || step.statements;
            by_hand := by_hand || step.by_hand;
            made := step.now_made;
        END IF;
        statements := statements || ARRAY(SELECT tenancy.excess_statements(relation.name));
        IF new_floor OR tenancy.asked(relation.name) IS DISTINCT FROM asked || jsonb_build_object('made', made) THEN
            statements := statements || format('COMMENT ON POLICY tenancy_floor ON %s IS %L', relation.name,
                (asked || jsonb_build_object('made', made))::text);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.protect_statements(regclass, jsonb) IS
'The statements that make a table protected as asked, none where it is; lines for a person to run; and whether they put the owner under row security.';

-- What row security does not cover.
CREATE FUNCTION tenancy.warn_of_keys(target regclass, asked jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_there text;
BEGIN
    SELECT string_agg(p::text, ', ') INTO found_there FROM tenancy.unguarded_parents(target) p;
    IF found_there IS NOT NULL THEN
        RAISE WARNING 'rows of children of % are reached through tables that are not protected: %', target, found_there
            USING HINT = 'Protect those too.';
    END IF;
    SELECT string_agg(k, ', ') INTO found_there FROM tenancy.loose_foreign_keys(target, (asked ->> 'tenant_column')::name) k;
    IF found_there IS NOT NULL THEN
        RAISE WARNING 'foreign keys of % leave out the tenant: %', target, found_there
            USING DETAIL = 'Postgres carries them out without row security: they let a row refer to another tenant''s, and ON DELETE and ON UPDATE change another tenant''s rows.',
            HINT = format('Put the tenant into both sides: FOREIGN KEY (%I, ...) REFERENCES ... (tenant, ...).', COALESCE(asked ->> 'tenant_column', tenancy.setting('tenant_column')));
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.warn_of_keys(regclass, jsonb) IS
'Warns of inheritance and foreign keys that pass by the row security of a table that is protected as asked.';

CREATE FUNCTION tenancy.warn_of_side_doors(VARIADIC targets regclass[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    door record;
BEGIN
    FOR door IN SELECT d.target, string_agg(format('%s %s: %s', d.kind, d.object, d.why), E'\n') AS what, string_agg(d.mend, E';\n') AS mends,
            d.kind IN ('function', 'procedure') AS deliberate
        FROM tenancy.side_doors(VARIADIC targets) d GROUP BY d.target, 4 ORDER BY 1, 4
    LOOP
        -- A SECURITY DEFINER function may well be meant so.
        IF door.deliberate THEN
            RAISE NOTICE 'functions go around the row security of %', door.target USING DETAIL = door.what, HINT = door.mends;
        ELSE
            RAISE WARNING 'row security of % does not cover what is made of it', door.target USING DETAIL = door.what, HINT = door.mends;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.warn_of_side_doors(regclass[]) IS
'Warns of the views, materialized views and rules that let callers around the row security of tables, and notices such functions, with the statements that mend them: tenancy.side_doors().';

-- Locks, runs and tells. The same for a table and for each of a schema's.
CREATE FUNCTION tenancy.protect_as(target regclass, asked jsonb, dry_run boolean) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names text[];
    step record;
BEGIN
    IF NOT dry_run THEN
        names := tenancy.lock_for_change(target);
    END IF;
    IF asked ? 'key' THEN
        asked := asked || jsonb_build_object('above', tenancy.asked_above(target, asked));
    END IF;
    step := tenancy.protect_statements(target, asked);
    IF NOT dry_run THEN
        PERFORM tenancy.carry_out(step.statements, target, names);
    END IF;
    RETURN QUERY SELECT s FROM unnest(step.statements) s;
    RETURN QUERY SELECT tenancy.remark(h) FROM unnest(step.by_hand) h;
    IF EXISTS (SELECT FROM unnest(step.by_hand) h WHERE starts_with(h, 'for ')) AND NOT dry_run THEN
        RAISE NOTICE 'table % needs more: see the lines that begin with "-- for"', target
            USING HINT = 'An index on a large table is built CONCURRENTLY, which does not block writers and takes no transaction.';
    END IF;
    IF step.newly_forced AND NOT dry_run THEN
        RAISE NOTICE 'row security now binds the owner of % too', target
            USING DETAIL = 'Its owner sees no rows, in back-fills and in the validation of new foreign keys either.',
            HINT = 'For those use a role with BYPASSRLS, or lift FORCE on both tables for the transaction; force => false leaves the owner free.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.protect_as(regclass, jsonb, boolean) IS
'tenancy.protect() of what tenancy.make_asked() made.';

CREATE FUNCTION tenancy.protect(target regclass, template text DEFAULT 'tenant', tenant_column name DEFAULT NULL,
    user_column name DEFAULT NULL, parent regclass DEFAULT NULL, read text[] DEFAULT NULL, write text[] DEFAULT NULL,
    remove text[] DEFAULT NULL, force boolean DEFAULT true, dry_run boolean DEFAULT false, movable boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked jsonb;
BEGIN
    PERFORM tenancy.require_protectable(target);
    IF dry_run IS NULL THEN
        RAISE EXCEPTION 'force, movable and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM tenancy.require_roles();
    asked := tenancy.make_asked(target, template, tenant_column, user_column, parent, read, write, remove, force, movable);
    RETURN QUERY SELECT tenancy.protect_as(target, asked, dry_run);
    IF FOUND OR dry_run THEN
        PERFORM tenancy.warn_of_keys(target, asked);
        PERFORM tenancy.warn_of_side_doors(target);
        IF NOT force THEN
            RAISE NOTICE 'row security does not bind the owner of %', target
                USING DETAIL = 'Views and SECURITY DEFINER functions of the owner show the rows of all tenants to whoever may use them.',
                HINT = 'Make such views WITH (security_invoker = true), or protect with force => true.';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, name, regclass, text[], text[], text[], boolean, boolean, boolean) IS
'Protects a table and all its children: row security, policies by the template (docs/templates.md), columns NOT NULL, filled from the caller and indexed, grants to callers, no TRUNCATE, and no row''s move to another tenant (unless movable). read, write (INSERT and UPDATE) and remove name the roles and, with a dot, permissions of which a caller needs one; NULL is every member, an empty array nobody. Returns the statements it ran (with dry_run, would run), none when all is as asked; a line that begins with -- is a remark, one with "-- for" a statement for you to run. For the table''s owner. What was asked is kept in the comment of policy tenancy_floor. Errors: those of tenancy.require_protectable() and the template; 22023 an unknown template, or an argument that does not go with it; 42704 a database role is missing; 55000 callers have a staff role; those of tenancy.choose_parent(), tenancy.lock_for_change() and tenancy.carry_out(); 22004. dry_run reads no rows, so it does not notice NULLs in a column.';

-- tenancy.protect_schema(): protects every table of a schema, each by what it looks like.

-- A table with the tenant column is of template tenant, else one with the user column of template user, else one with
-- one foreign key to a table whose rows have owners, once all of these are protected, of template via_parent.
CREATE FUNCTION tenancy.schema_plan(schema oid, tenant_column name, user_column name)
    RETURNS TABLE (target regclass, template text, reason text, round int)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    tables oid[];
    owned oid[];
    reached oid[];
    found_now oid[];
    ambiguous oid[] := '{}';
    rounds jsonb;
    item record;
BEGIN
    -- Partitions and children are protected with their parents.
    tables := ARRAY(SELECT c.oid FROM pg_class c
        WHERE c.relnamespace = schema AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
            AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.oid::regclass::text);
    FOR item IN SELECT t, tenancy.asked(t) AS asked, c.relowner FROM unnest(tables) t JOIN pg_class c ON c.oid = t LOOP
        target := item.t;
        -- (What belongs to the row of another table comes after that.)
        round := (SELECT count(*) FROM regexp_matches(COALESCE(item.asked ->> 'above', ''), '"key"', 'g')) + COALESCE((item.asked ? 'key')::int, 0);
        IF NOT pg_has_role(current_user, item.relowner, 'USAGE') THEN
            template := NULL;
            reason := format('it belongs to role "%s"', pg_get_userbyid(item.relowner));
        ELSIF item.asked IS NOT NULL AND NOT item.asked ? 'by_schema' THEN
            template := item.asked ->> 'template';
            reason := 'as protect() was asked for it';
        ELSIF tenancy.has_column(item.t, tenant_column) OR tenancy.has_column(item.t, user_column) THEN
            round := 0;
            template := CASE WHEN tenancy.has_column(item.t, tenant_column) THEN 'tenant' ELSE 'user' END;
            reason := format('it has column %I', CASE template WHEN 'tenant' THEN tenant_column ELSE user_column END);
        ELSIF EXISTS (SELECT FROM tenancy.parent_keys(item.t) k WHERE k.key = item.asked ->> 'key' AND k.protected) THEN
            template := 'via_parent';
            reason := (SELECT format('it refers to %s by %I', k.parent, k.key) FROM tenancy.parent_keys(item.t) k WHERE k.key = item.asked ->> 'key');
        ELSE
            CONTINUE;
        END IF;
        tables := array_remove(tables, item.t);
        owned := owned || CASE WHEN template <> 'public_read' THEN item.t END;
        RETURN NEXT;
    END LOOP;
    owned := array_remove(owned, NULL) || ARRAY(SELECT p.polrelid FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'tenancy_floor' AND c.relnamespace <> schema AND tenancy.asked(p.polrelid) ->> 'template' <> 'public_read');

    -- Which of the others lead to these, in how many steps. Who leads there in two ways leads nowhere; then all anew.
    LOOP
        reached := owned;
        rounds := '{}';
        FOR round IN 1 .. cardinality(tables) LOOP
            found_now := ARRAY(SELECT DISTINCT k.conrelid FROM pg_constraint k
                WHERE k.contype = 'f' AND k.conparentid = 0 AND (to_jsonb(k) ->> 'conperiod')::boolean IS NOT TRUE AND k.convalidated AND k.conrelid = ANY (tables) AND k.conrelid <> k.confrelid
                    AND k.confrelid = ANY (reached) AND k.conrelid <> ALL (reached || ambiguous));
            EXIT WHEN found_now = '{}';
            rounds := rounds || (SELECT jsonb_object_agg(f, round) FROM unnest(found_now) f);
            reached := reached || found_now;
        END LOOP;
        found_now := ARRAY(SELECT k.conrelid FROM pg_constraint k
            WHERE k.contype = 'f' AND k.conparentid = 0 AND (to_jsonb(k) ->> 'conperiod')::boolean IS NOT TRUE AND k.convalidated AND k.conrelid = ANY (tables) AND k.conrelid <> k.confrelid
                AND k.confrelid = ANY (reached) AND k.conrelid <> ALL (ambiguous)
            GROUP BY k.conrelid HAVING count(*) > 1);
        EXIT WHEN found_now = '{}';
        ambiguous := ambiguous || found_now;
    END LOOP;
    RETURN QUERY
        SELECT t::regclass, CASE WHEN rounds ? t::text THEN 'via_parent' END,
            CASE WHEN rounds ? t::text THEN 'it refers to ' || keys.parents WHEN t = ANY (ambiguous) THEN 'there is more than one path to an owner: ' || keys.parents
                ELSE format('it has neither column %I nor %I, and no foreign key leads to an owner', tenant_column, user_column) END,
            COALESCE((rounds ->> t::text)::int, 0)
        FROM unnest(tables) t, LATERAL (SELECT string_agg(format('%s by %I', k.confrelid::regclass, k.conname), ', ' ORDER BY k.conname) AS parents
            FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = t AND k.confrelid <> t AND k.confrelid = ANY (reached || ambiguous)) keys;
END $$;
COMMENT ON FUNCTION tenancy.schema_plan(oid, name, name) IS
'Which template tenancy.protect_schema() takes for each table of a schema and why, NULL where none fits; round is how many foreign keys it is away from one that has an owner of its own.';

-- What was asked goes with the floor, where somebody (drizzle-kit push, say) drops that and leaves the trigger.
CREATE FUNCTION tenancy.warn_of_loss(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenancy.asked(target) IS NULL AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'tenancy_truncate') THEN
        RAISE WARNING 'what was asked for table % has been lost', target USING
            DETAIL = 'It was protected before, and somebody has dropped its policy tenancy_floor. It is protected by its schema''s rules now.',
            HINT = 'If more was asked (a template, read, write, remove), call tenancy.protect() with that again.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.warn_of_loss(regclass) IS 'Warns where a table that was protected has lost what was asked for it.';

CREATE FUNCTION tenancy.asked_by_rule(target regclass, template text, tenant_column name, user_column name,
    read text[], write text[], remove text[], force boolean) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL UNSAFE
    RETURN tenancy.make_asked(target, template, CASE template WHEN 'tenant' THEN tenant_column END, CASE template WHEN 'user' THEN user_column END, NULL, read,
        CASE WHEN tenancy.says_who_belongs(target) THEN '{}' ELSE write END, CASE WHEN tenancy.says_who_belongs(target) THEN '{}' ELSE remove END, force, false)
        || CAST('{"by_schema": true}' AS jsonb);
COMMENT ON FUNCTION tenancy.asked_by_rule(regclass, text, name, name, text[], text[], text[], boolean) IS
'What is asked for a table for which its schema''s rules take this template. Nobody writes to the table of members by rule.';

CREATE FUNCTION tenancy.protect_schema(schema name, tenant_column name DEFAULT NULL, user_column name DEFAULT NULL,
    read text[] DEFAULT NULL, write text[] DEFAULT NULL, remove text[] DEFAULT NULL, force boolean DEFAULT true, dry_run boolean DEFAULT false)
    RETURNS TABLE (target regclass, template text, reason text, statements text[])
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    of_schema oid := (SELECT oid FROM pg_namespace WHERE nspname = protect_schema.schema);
    messages text := current_setting('client_min_messages');
    item record;
    asked jsonb;
    changed regclass[] := '{}';
    left_out text := '';
    newly_forced boolean := false;
BEGIN
    IF protect_schema.schema IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'schema and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF of_schema IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', protect_schema.schema USING ERRCODE = 'invalid_schema_name';
    ELSIF protect_schema.schema IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') THEN
        RAISE EXCEPTION 'schema "%" is a system schema', protect_schema.schema USING ERRCODE = 'reserved_name';
    END IF;
    tenant_column := COALESCE(tenant_column, tenancy.setting('tenant_column')::name);
    user_column := COALESCE(user_column, tenancy.setting('user_column')::name);
    PERFORM tenancy.require_roles();
    -- What protect() notices of each table would be too much of a thousand; it warns as ever.
    PERFORM set_config('client_min_messages', 'warning', true) WHERE messages IN ('notice', 'log', 'info') OR messages LIKE 'debug%';
    FOR item IN SELECT p.* FROM tenancy.schema_plan(of_schema, tenant_column, user_column) p ORDER BY p.template IS NULL, p.round, p.target::text LOOP
        target := item.target;
        template := item.template;
        reason := item.reason;
        statements := '{}';
        IF template IS NULL THEN
            left_out := concat_ws(E'\n', NULLIF(left_out, ''), format('%s: %s.', target, reason));
        ELSIF dry_run AND template = 'via_parent' AND NOT EXISTS (SELECT FROM tenancy.parent_keys(target) k WHERE k.protected) THEN
            statements := NULL; -- they follow from what its parent's will be
        ELSE
            PERFORM tenancy.require_protectable(target);
            asked := tenancy.asked_again(tenancy.asked(target));
            IF asked IS NULL OR asked ? 'by_schema' THEN
                PERFORM tenancy.warn_of_loss(target);
                asked := tenancy.asked_by_rule(target, template, tenant_column, user_column, read, write, remove, force);
                reason := reason || CASE WHEN tenancy.says_who_belongs(target) THEN '; it says who belongs where, so callers do not write to it' ELSE '' END;
            END IF;
            statements := ARRAY(SELECT tenancy.protect_as(target, asked, dry_run));
            newly_forced := newly_forced OR EXISTS (SELECT FROM unnest(statements) s WHERE s ~ '[^O] FORCE ROW LEVEL SECURITY$');
            changed := changed || CASE WHEN statements <> '{}' THEN target END;
        END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM tenancy.warn_of_keys(c, COALESCE(tenancy.asked(c), jsonb_build_object('tenant_column', CASE WHEN tenancy.has_column(c, tenant_column) THEN tenant_column END)))
    FROM unnest(changed) c WHERE c IS NOT NULL;
    PERFORM tenancy.warn_of_side_doors(VARIADIC array_remove(changed, NULL));
    PERFORM set_config('client_min_messages', messages, true);
    IF left_out <> '' THEN
        RAISE WARNING 'tables of schema "%" are left as they are', protect_schema.schema USING DETAIL = left_out,
            HINT = 'SELECT tenancy.protect(''...'', template => ...) says what they are: tenant_root for the tenants'' own table, public_read for what everybody reads, via_parent with parent => ''...'' where there are several paths.';
    END IF;
    IF newly_forced AND NOT dry_run THEN
        RAISE NOTICE 'row security now binds the owner of these tables too' USING
            DETAIL = 'Their owner sees no rows, in back-fills and in the validation of new foreign keys either.',
            HINT = 'For those use a role with BYPASSRLS, or lift FORCE for the transaction; force => false leaves the owner free.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.protect_schema(name, name, name, text[], text[], text[], boolean, boolean) IS
'Protects every table of a schema: one with the tenant column by template tenant, else one with the user column by template user, else one with a single path along foreign keys to an owner by template via_parent; tables that protect() was called for stay as it was asked. One row for each table: its template, NULL where it is left as it is, why, and the statements that were run (with dry_run would be; NULL where they follow from another table''s). All or nothing. For the tables'' owner. Errors: those of tenancy.protect(); 3F000 no such schema; 42939 a system schema; 22004.';

-- tenancy.unprotect(): takes back what protect() made and nobody has changed since, and says what it left.

CREATE FUNCTION tenancy.unprotect(target regclass, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    statements text[] := '{}';
    left_alone text[] := '{}';
    statement text;
    names text[];
    asked jsonb;
    made jsonb;
    relation record;
    policy record;
    item text;
    privileges jsonb;
    step record;
    strangers text;
BEGIN
    PERFORM tenancy.require_protectable(target);
    IF dry_run IS NULL THEN
        RAISE EXCEPTION 'dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT dry_run THEN
        names := tenancy.lock_for_change(target);
    END IF;
    IF tenancy.asked(target) IS NULL THEN
        RAISE NOTICE 'table % is not protected', target
            USING DETAIL = 'It has no policy tenancy_floor whose comment says what was asked.';
        RETURN;
    END IF;

    FOR relation IN SELECT c.oid::regclass AS name, c.oid = target AS is_target, c.relrowsecurity, c.relforcerowsecurity
        FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
        ORDER BY f.position
    LOOP
        asked := tenancy.asked(relation.name);
        CONTINUE WHEN asked IS NULL;
        made := asked -> 'made';

        -- Grants first: while policies go, nobody is to gain anything.
        FOR item, privileges IN SELECT * FROM jsonb_each(COALESCE(made -> 'grants', '{}')) LOOP
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = item) THEN
                statements := statements || tenancy.revoke_statement(privileges, relation.name, item);
            END IF;
        END LOOP;

        FOR policy IN SELECT w.*, tenancy.policy_is(relation.name, w.name, w.permissive, w.command, w.roles,
                w.using_expression, w.check_expression) AS same
            FROM tenancy.wanted_policies(target, relation.name, asked) w
        LOOP
            IF policy.same THEN
                statements := statements || format('DROP POLICY %I ON %s', policy.name, relation.name);
            ELSIF NOT policy.same THEN
                left_alone := left_alone || format('policy %I on %s: it was changed', policy.name, relation.name);
            END IF;
        END LOOP;
        statements := statements || ARRAY(SELECT format('DROP TRIGGER %I ON %s', tgname, relation.name) FROM pg_trigger
            WHERE tgrelid = relation.name AND tgparentid = 0 AND (tgname, tgfoid::regprocedure::text) IN
                (('tenancy_truncate', 'tenancy.refuse_truncate()'), ('tenancy_keep_tenant', 'tenancy.refuse_move()')) ORDER BY tgname DESC);

        SELECT string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) INTO strangers FROM pg_policy p
        WHERE p.polrelid = relation.name
            AND format('DROP POLICY %I ON %s', p.polname, relation.name) <> ALL (statements);
        IF strangers IS NOT NULL AND made ? 'row_security' THEN
            left_alone := left_alone || format('row security on %s: there are policies left, %s', relation.name, strangers);
        ELSE
            IF made ? 'force' AND relation.relforcerowsecurity THEN
                statements := statements || format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation.name);
            END IF;
            IF made ? 'row_security' AND relation.relrowsecurity THEN
                statements := statements || format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', relation.name);
            END IF;
        END IF;

        CONTINUE WHEN NOT relation.is_target;
        step := tenancy.release_columns(target, asked, '[]');
        statements := statements || step.statements;
        left_alone := left_alone || step.left_alone;
        FOR item IN SELECT jsonb_array_elements_text(made -> 'indexes') LOOP
            SELECT format('DROP INDEX %s', i.indexrelid::regclass) INTO statement
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid IN (SELECT tenancy.family(target)) AND c.relname = item::name AND i.indnatts = 1
                AND a.attname IN (SELECT w ->> 'name' FROM jsonb_array_elements((tenancy.template(target, target, NULL, asked)).columns) w) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid);
            IF FOUND THEN
                statements := statements || statement;
            ELSE
                left_alone := left_alone || format('index %I: it was renamed, changed or dropped', item);
            END IF;
        END LOOP;
    END LOOP;

    IF NOT dry_run THEN
        PERFORM tenancy.carry_out(statements, target, names);
    END IF;
    RETURN QUERY SELECT unnest(statements);
    SELECT left_alone || COALESCE(array_agg(format('table %s, whose rows belong to those of %s', k.conrelid::regclass, target) ORDER BY k.conrelid::regclass::text), '{}')
    INTO left_alone FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = target AND tenancy.asked(k.conrelid) ->> 'key' = k.conname;
    FOREACH statement IN ARRAY left_alone || '{"USAGE on the schema and on sequences: others may need it"}'::text[] LOOP
        RETURN NEXT tenancy.remark('left as it is: ' || statement);
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean) IS
'Undoes tenancy.protect() on a table and its children: grants, policies, trigger, row security, default, NOT NULL and index, each only if protect() made it and it is still as it was made. Returns the statements it ran (with dry_run, would run) and, in lines that begin with --, what it left and why. For the table''s owner. A table that is not protected is a NOTICE. Errors: those of tenancy.require_protectable(); those of tenancy.lock_for_change() and tenancy.carry_out(); 22004.';

-- tenancy.protect(): puts a table under row security, and puts right what has drifted since.
--
-- It compares what the catalog holds with what was asked and runs the difference, so running it again changes
-- nothing. Every statement it returns names its objects in full and can be run by hand.

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

CREATE FUNCTION tenancy.protect(target regclass, template text DEFAULT 'tenant', tenant_column name DEFAULT NULL,
    force boolean DEFAULT true, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    -- Building an index locks out writers: about a second for this much on a small machine.
    build_up_to CONSTANT bigint := 100 * 1024 * 1024;
    run_index CONSTANT text := '-- for you to run, outside a transaction: CREATE INDEX ';
    statements text[] := '{}';
    by_hand text[] := '{}';
    statement text;
    names text[];
    asked jsonb;
    made jsonb;
    relation record;
    policy record;
    role name;
    privileges text[];
    granted jsonb;
    default_value text;
    default_now text;
    index_name name;
    large boolean;
    newly_forced boolean := false;
    new_floor boolean;
    refuses_truncate boolean;
    loose text;
    may_grant boolean;
BEGIN
    PERFORM tenancy.require_protectable(target);
    IF template IS DISTINCT FROM 'tenant' THEN
        RAISE EXCEPTION 'unknown template: %', COALESCE(quote_literal(template), 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Templates are: tenant.';
    END IF;
    IF force IS NULL OR dry_run IS NULL THEN
        RAISE EXCEPTION 'force and dry_run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    asked := jsonb_build_object('template', template, 'force', force,
        'tenant_column', COALESCE(tenant_column, tenancy.setting('tenant_column')::name),
        'authenticated', tenancy.setting('authenticated'), 'staff', to_jsonb(tenancy.staff_roles()));
    FOREACH role IN ARRAY tenancy.staff_roles() || tenancy.setting('authenticated')::name LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object',
                HINT = CASE WHEN role = tenancy.setting('authenticated') THEN 'SELECT tenancy.bootstrap_roles() makes it.'
                    ELSE 'Make it (CREATE ROLE ... NOLOGIN), or take it out with tenancy.configure(''staff_roles'', ...).' END;
        END IF;
    END LOOP;
    FOREACH role IN ARRAY tenancy.staff_roles() LOOP
        IF pg_has_role(tenancy.setting('authenticated')::name, role, 'MEMBER') THEN
            RAISE EXCEPTION 'role "%" cannot be staff: callers have it', role USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Every caller would see the rows of all tenants.',
                HINT = format('REVOKE %I FROM %I, or take it out with tenancy.configure(''staff_roles'', ...).', role, tenancy.setting('authenticated'));
        END IF;
    END LOOP;
    IF NOT dry_run THEN
        names := tenancy.lock_for_change(target);
    END IF;
    tenant_column := asked ->> 'tenant_column';
    default_value := (tenancy.template_tenant(target, tenant_column)).default_value;
    made := COALESCE(tenancy.asked(target) -> 'made', '{}');
    IF made ? 'indexes' THEN
        -- Those that somebody has dropped since are forgotten.
        made := jsonb_set(made, '{indexes}', (SELECT COALESCE(jsonb_agg(name ORDER BY position), '[]')
            FROM jsonb_array_elements_text(made -> 'indexes') WITH ORDINALITY AS i (name, position)
            WHERE EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                          WHERE indrelid IN (SELECT tenancy.family(target)) AND c.relname = i.name)));
    END IF;

    -- The column: never NULL, filled from the caller, and leading an index.
    -- (From 18 on, NOT NULL may be there and not yet valid for the rows there are.)
    IF EXISTS (SELECT FROM tenancy.family(target) f JOIN pg_attribute a ON a.attrelid = f AND a.attname = tenant_column
               WHERE NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f AND k.contype = 'n'
                   AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)) THEN
        statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, tenant_column);
        made := made || '{"not_null": true}';
    END IF;
    SELECT pg_get_expr(d.adbin, d.adrelid) INTO default_now FROM pg_attrdef d JOIN pg_attribute a
        ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attrelid = target AND a.attname = tenant_column;
    IF default_now IS DISTINCT FROM default_value THEN
        statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', target, tenant_column, default_value);
        made := jsonb_build_object('default', default_now) || made;
    END IF;
    SELECT sum(pg_table_size(f)) > build_up_to INTO large FROM tenancy.family(target) f;
    FOR relation IN SELECT c.oid::regclass AS name, c.relkind
        FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
        WHERE NOT c.relispartition AND NOT tenancy.has_leading_index(c.oid, tenant_column)
        ORDER BY f.position
    LOOP
        IF NOT large THEN
            index_name := tenancy.free_index_name(relation.name, tenant_column, made -> 'indexes');
            statements := statements || format('CREATE INDEX %I ON %s (%I)', index_name, relation.name, tenant_column);
            made := jsonb_set(made, '{indexes}', COALESCE(made -> 'indexes', '[]') || to_jsonb(index_name));
        ELSIF relation.relkind = 'p' THEN
            -- Built on each partition first, so that the parent's index only has to adopt them.
            SELECT by_hand || COALESCE(array_agg(format(run_index || 'CONCURRENTLY ON %s (%I)', f.relation, tenant_column)
                ORDER BY f.position), '{}')
            INTO by_hand FROM tenancy.family(relation.name) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
            WHERE c.relkind = 'r' AND NOT tenancy.has_leading_index(f.relation, tenant_column);
            by_hand := by_hand || format(run_index || 'ON %s (%I)', relation.name, tenant_column);
        ELSE
            by_hand := by_hand || format(run_index || 'CONCURRENTLY ON %s (%I)', relation.name, tenant_column);
        END IF;
    END LOOP;

    -- The table and each child: row security, policies, no TRUNCATE.
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
        IF force AND NOT relation.relforcerowsecurity THEN
            statements := statements || format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation.name);
            made := made || '{"force": true}';
            newly_forced := true;
        ELSIF NOT force AND relation.relforcerowsecurity THEN
            statements := statements || format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation.name);
            made := made - 'force';
        END IF;
        new_floor := false;
        FOR policy IN SELECT w.*, tenancy.policy_is(relation.name, w.name, w.permissive, w.command, w.roles,
                w.using_expression, w.check_expression) AS same
            FROM tenancy.wanted_policies(relation.name, asked) w
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
                'USING ' || '(' || policy.using_expression || ')',
                'WITH CHECK ' || '(' || policy.check_expression || ')');
        END LOOP;
        IF asked -> 'staff' = '[]' AND EXISTS (SELECT FROM pg_policy WHERE polrelid = relation.name AND polname = 'tenancy_staff') THEN
            statements := statements || format('DROP POLICY tenancy_staff ON %s', relation.name);
        END IF;
        -- 34: BEFORE (2) TRUNCATE (32), for each statement.
        SELECT tgtype = 34 AND tgqual IS NULL AND tgfoid = 'tenancy.refuse_truncate()'::regprocedure AND tgenabled IN ('O', 'A')
        INTO refuses_truncate FROM pg_trigger WHERE tgrelid = relation.name AND tgname = 'tenancy_truncate';
        IF NOT refuses_truncate THEN
            statements := statements || format('DROP TRIGGER tenancy_truncate ON %s', relation.name);
        END IF;
        IF refuses_truncate IS NOT TRUE THEN
            statements := statements || format('CREATE TRIGGER tenancy_truncate BEFORE TRUNCATE ON %s '
                'FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_truncate()', relation.name);
        END IF;
        IF relation.is_target THEN
            -- Who is no longer a caller or staff keeps nothing that was granted here.
            FOR role, granted IN SELECT * FROM jsonb_each(COALESCE(made -> 'grants', '{}')) LOOP
                CONTINUE WHEN role = asked ->> 'authenticated' OR asked -> 'staff' ? role;
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    statements := statements || tenancy.revoke_statement(granted, target, role);
                END IF;
                made := made #- ARRAY['grants', role];
            END LOOP;
            -- Callers reach children through their parent, so grants are for the table asked alone.
            FOR role IN SELECT jsonb_array_elements_text(jsonb_build_array(asked -> 'authenticated') || (asked -> 'staff')) LOOP
                privileges := ARRAY(SELECT p FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p
                                    WHERE NOT has_table_privilege(role, target, p));
                IF privileges <> '{}' THEN
                    statements := statements || format('GRANT %s ON %s TO %I', array_to_string(privileges, ', '), target, role);
                    made := jsonb_set(made, '{grants}', COALESCE(made -> 'grants', '{}'));
                    made := jsonb_set(made, ARRAY['grants', role], (SELECT jsonb_agg(p) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p
                        WHERE p = ANY (privileges) OR made -> 'grants' -> role ? p));
                END IF;
                SELECT statements || COALESCE(array_agg(format('GRANT USAGE ON SEQUENCE %s TO %I', s.oid::regclass, role) ORDER BY s.oid), '{}')
                INTO statements FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
                WHERE d.classid = 'pg_class'::regclass AND d.refobjid = target AND d.deptype = 'a'
                    AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(role, s.oid, 'USAGE') END;
                SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, role), has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
                INTO statement, may_grant FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
                WHERE c.oid = target AND NOT has_schema_privilege(role, n.oid, 'USAGE');
                IF may_grant THEN
                    statements := statements || statement;
                ELSIF NOT may_grant THEN
                    by_hand := by_hand || ('-- for the schema''s owner to run: ' || statement);
                END IF;
            END LOOP;
        END IF;
        IF new_floor OR tenancy.asked(relation.name) IS DISTINCT FROM asked || jsonb_build_object('made', made) THEN
            statements := statements || format('COMMENT ON POLICY tenancy_floor ON %s IS %L', relation.name,
                (asked || jsonb_build_object('made', made))::text);
        END IF;
    END LOOP;

    IF NOT dry_run THEN
        PERFORM tenancy.carry_out(statements, target, names);
    END IF;
    RETURN QUERY SELECT unnest(statements || by_hand);

    IF by_hand <> '{}' AND NOT dry_run THEN
        RAISE NOTICE 'table % needs more: see the lines that begin with "-- for"', target
            USING HINT = 'An index on a large table is built CONCURRENTLY, which does not block writers and takes no transaction.';
    END IF;
    SELECT string_agg(p::text, ', ') INTO loose FROM tenancy.unguarded_parents(target) p;
    IF loose IS NOT NULL THEN
        RAISE WARNING 'rows of children of % are reached through tables that are not protected: %', target, loose
            USING HINT = 'Protect those too.';
    END IF;
    SELECT string_agg(k, ', ') INTO loose FROM tenancy.loose_foreign_keys(target, tenant_column) k;
    IF loose IS NOT NULL AND (statements <> '{}' OR dry_run) THEN
        RAISE WARNING 'foreign keys of % leave out the tenant: %', target, loose
            USING DETAIL = 'Postgres carries them out without row security: they let a row refer to another tenant''s, and ON DELETE and ON UPDATE change another tenant''s rows.',
            HINT = format('Put the tenant into both sides: FOREIGN KEY (%I, ...) REFERENCES ... (tenant, ...).', tenant_column);
    END IF;
    IF NOT force AND (statements <> '{}' OR dry_run) THEN
        RAISE NOTICE 'row security does not bind the owner of %', target
            USING DETAIL = 'Views and SECURITY DEFINER functions of the owner show the rows of all tenants to whoever may use them.',
            HINT = 'Make such views WITH (security_invoker = true), or protect with force => true.';
    END IF;
    IF newly_forced AND NOT dry_run THEN
        RAISE NOTICE 'row security now binds the owner of % too', target
            USING DETAIL = 'Its owner sees no rows, in back-fills and in the validation of new foreign keys either.',
            HINT = 'For those use a role with BYPASSRLS, or lift FORCE on both tables for the transaction; force => false leaves the owner free.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, boolean, boolean) IS
'Protects a table: row security on it and all its children, policies that let a caller touch only rows of their tenant, the tenant column NOT NULL, filled from the caller and indexed, grants to callers, no TRUNCATE. Returns the statements it ran (with dry_run, would run), none when all is as asked; a line that begins with -- is for you to run. For the table''s owner. What was asked is kept in the comment of policy tenancy_floor. Errors: those of tenancy.require_protectable() and the template; 22023 an unknown template; 42704 a database role is missing; 55000 callers have a staff role; those of tenancy.lock_for_change() and tenancy.carry_out(); 22004. dry_run reads no rows, so it does not notice NULLs in the tenant column.';

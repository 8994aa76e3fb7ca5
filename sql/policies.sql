-- What protection consists of: the policies a protected table has, and how they are recognised again.

-- What protect() was asked, kept where it is dumped with the table: as JSON in the comment of its floor.
CREATE FUNCTION tenancy.asked(relation regclass) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked jsonb;
    made jsonb;
BEGIN
    SELECT obj_description(p.oid, 'pg_policy') INTO asked FROM pg_policy p
    WHERE p.polrelid = relation AND p.polname = 'tenancy_floor';
    made := asked -> 'made';
    IF jsonb_typeof(asked) = 'object' AND jsonb_typeof(made) = 'object'
        AND jsonb_typeof(asked -> 'staff') = 'array' AND asked ->> 'authenticated' IS NOT NULL
        AND asked ->> 'template' = ANY (tenancy.templates())
        AND (asked ->> 'template' <> 'via_parent' OR jsonb_typeof(asked -> 'above') = 'object')
        AND COALESCE(jsonb_typeof(asked -> 'read'), 'array') = 'array'
        AND COALESCE(jsonb_typeof(asked -> 'write'), 'array') = 'array'
        AND COALESCE(jsonb_typeof(asked -> 'remove'), 'array') = 'array'
        AND COALESCE(jsonb_typeof(made -> 'grants'), 'object') = 'object'
        AND COALESCE(jsonb_typeof(made -> 'columns'), 'object') = 'object'
        AND COALESCE(jsonb_typeof(made -> 'indexes'), 'array') = 'array'
    THEN
        -- As version 0.1.0 wrote it
        IF made ?| '{default,not_null}' THEN
            asked := jsonb_set(asked, '{made}', made - '{default,not_null}'::text[]
                || jsonb_build_object('columns', jsonb_build_object(asked ->> 'tenant_column',
                    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(made) WHERE key IN ('default', 'not_null')))));
        END IF;
        RETURN asked;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL; -- somebody has put a comment of their own there, which jsonb refuses for one of its many reasons
END $$;
COMMENT ON FUNCTION tenancy.asked(regclass) IS
'What tenancy.protect() was asked for this table and what it made, a jsonb object. NULL where the table is not protected, or its floor''s comment is not ours.';

CREATE FUNCTION tenancy.templates() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{tenant,tenant_or_global,tenant_root,user,any_tenant,via_parent,public_read}'::text[];
COMMENT ON FUNCTION tenancy.templates() IS 'The templates that tenancy.protect() knows.';

CREATE FUNCTION tenancy.template(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF asked ->> 'template' = ANY (tenancy.templates()) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown template: %', COALESCE(quote_literal(asked ->> 'template'), 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('SELECT t.* FROM tenancy.%I($1, $2, $3, $4) t', 'template_' || (asked ->> 'template'))
    INTO reads, writes, active, commands, columns USING target, relation, of_row, asked;
END $$;
COMMENT ON FUNCTION tenancy.template(regclass, regclass, text, jsonb) IS
'What the template that was asked for target writes for relation, target itself or a child of it. reads and writes: the expressions of rows that a caller may read, and may make, change or delete; of_row is the alias by which they name the row, NULL in a policy of the table itself. active: those of the active tenant, where these go beyond it. commands: which there are for callers, as in pg_policy.polcmd. columns: an array of what tenancy.wanted_column() makes.';

CREATE FUNCTION tenancy.allowed_commands(commands text, asked jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(commands, concat(CASE asked -> 'read' WHEN '[]' THEN 'r' END, CASE asked -> 'write' WHEN '[]' THEN 'aw' END,
        CASE asked -> 'remove' WHEN '[]' THEN 'd' END), '');
COMMENT ON FUNCTION tenancy.allowed_commands(text, jsonb) IS
'Those of a template''s commands that are not for nobody.';

CREATE FUNCTION tenancy.wanted_policies(target regclass, relation regclass, asked jsonb)
    RETURNS TABLE (name name, permissive boolean, command "char", roles name[], using_expression text, check_expression text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    callers name[] := ARRAY[asked ->> 'authenticated'];
    readers name[] := callers || CASE WHEN asked ? 'anonymous' THEN ARRAY[asked ->> 'anonymous']::name[] ELSE '{}' END;
    staff name[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'staff'));
    everybody CONSTANT name[] := '{public}';
    rows record := tenancy.template(target, relation, NULL, asked);
    -- (For staff, that no tenant is bound is no error, and the planner would raise it from the second arm of an OR.)
    floor record := tenancy.template(target, relation, NULL, CASE staff WHEN '{}' THEN asked ELSE asked - 'on_missing_tenant' END);
    needs record;
    condition text;
    commands "char"[] := string_to_array(tenancy.allowed_commands(rows.commands, asked), NULL);
BEGIN
    -- Which rows there are for callers. Each command that there is for anybody:
    RETURN QUERY SELECT * FROM (VALUES
        ('tenancy_select'::name, true, 'r'::"char", readers, rows.reads, NULL),
        ('tenancy_insert', true, 'a', callers, NULL, rows.writes),
        ('tenancy_update', true, 'w', callers, rows.writes, rows.writes),
        ('tenancy_delete', true, 'd', callers, rows.writes, NULL)
    ) AS p (name, permissive, command, roles, using_expression, check_expression)
    WHERE p.command = ANY (commands);

    -- No later permissive policy widens these. TO PUBLIC, for the policies of a view's table are chosen by the view's
    -- owner while current_user is still the caller: TO authenticated, a floor would be left out there, and a gate alone
    -- lets every caller through. The floor repeats the expressions of the four above, which Postgres then tests once.
    RETURN QUERY VALUES
        ('tenancy_floor'::name, false, '*'::"char", everybody, tenancy.or_staff(staff, floor.reads), tenancy.or_staff(staff, floor.writes));
    IF rows.reads <> 'true' THEN
        RETURN QUERY VALUES ('tenancy_gate'::name, false, '*'::"char", everybody, tenancy.policy_acts_as(callers || staff), NULL::text);
    END IF;
    IF rows.writes <> rows.reads THEN
        RETURN QUERY SELECT * FROM (VALUES
            ('tenancy_floor_update'::name, false, 'w'::"char", everybody, tenancy.or_staff(staff, floor.writes), NULL::text),
            ('tenancy_floor_delete', false, 'd', everybody, tenancy.or_staff(staff, floor.writes), NULL)
        ) AS p (name, permissive, command, roles, using_expression, check_expression)
        WHERE p.command = ANY (commands);
    END IF;

    -- Which callers may do what to them. Roles and permissions are those in the active tenant.
    FOR needs IN SELECT * FROM (VALUES
        ('tenancy_may_select'::name, 'r'::"char", 'read'), ('tenancy_may_insert', 'a', 'write'),
        ('tenancy_may_update', 'w', 'write'), ('tenancy_may_delete', 'd', 'remove')) AS n (policy, command, argument)
    LOOP
        condition := CASE WHEN needs.command = ANY (commands) THEN tenancy.condition(asked -> needs.argument) ELSE 'false' END;
        CONTINUE WHEN condition IS NULL;
        condition := tenancy.or_staff(staff, tenancy.all_of(CASE WHEN condition <> 'false' THEN floor.active END, condition));
        RETURN QUERY VALUES (needs.policy, false, needs.command, everybody,
            CASE WHEN needs.command <> 'a' THEN condition END, CASE needs.command WHEN 'a' THEN condition END);
    END LOOP;
    IF staff <> '{}' THEN
        RETURN QUERY VALUES ('tenancy_staff'::name, true, '*'::"char", staff, 'true', 'true');
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.wanted_policies(regclass, regclass, jsonb) IS
'The policies that a table has which was protected as asked, or is a child of one (target): name, permissive or restrictive, command as in pg_policy.polcmd, roles, expressions.';

CREATE FUNCTION tenancy.same_expression(printed text, written text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT COALESCE(w.printed IN (bare, '(' || bare || ')'), w.printed IS NULL AND bare IS NULL)
        FROM (SELECT regexp_replace(printed, '\s*\n\s*', ' ', 'g') AS printed,
                     regexp_replace(replace(replace(written, 'OPERATOR(pg_catalog.=)', '='), 'pg_catalog.', ''), '\s*\n\s*', ' ', 'g') AS bare) AS w);
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

CREATE FUNCTION tenancy.policy_names() RETURNS name[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{tenancy_select,tenancy_insert,tenancy_update,tenancy_delete,tenancy_floor,tenancy_gate,tenancy_floor_update,tenancy_floor_delete,
        tenancy_may_select,tenancy_may_insert,tenancy_may_update,tenancy_may_delete,tenancy_staff}'::name[];
COMMENT ON FUNCTION tenancy.policy_names() IS 'The names of all policies that tenancy.protect() writes.';

CREATE FUNCTION tenancy.in_parentheses(expression text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN expression LIKE '(%' THEN expression ELSE '(' || expression || ')' END;
COMMENT ON FUNCTION tenancy.in_parentheses(text) IS 'The expression in one pair of parentheses; those of a template are, unless they are a constant.';

-- Postgres carries out foreign keys without asking any policy. (That by which a row belongs to its parent, and one from or
-- to rows that have no owner, need no tenant.)
CREATE FUNCTION tenancy.loose_foreign_keys(target regclass, tenant_column name) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT format('%I on %s', k.conname, k.conrelid::regclass)
        FROM pg_catalog.pg_constraint k
        CROSS JOIN LATERAL (SELECT CAST(CASE target WHEN k.conrelid THEN k.confrelid ELSE k.conrelid END AS regclass)) AS other (relation)
        WHERE k.contype = 'f' AND k.conparentid = 0 AND target IN (k.conrelid, k.confrelid)
            AND (tenancy.asked(other.relation) IS NOT NULL OR tenancy.has_column(other.relation, COALESCE(tenant_column, CAST(tenancy.setting('tenant_column') AS name))))
            AND NOT EXISTS (
                SELECT FROM unnest(k.conkey, k.confkey) AS pair (referencing, referenced)
                JOIN pg_catalog.pg_attribute a ON a.attname = tenant_column AND a.attrelid = target
                    AND ((k.conrelid = target AND a.attnum = pair.referencing) OR (k.confrelid = target AND a.attnum = pair.referenced)))
            AND tenancy.asked(k.conrelid::regclass) ->> 'key' IS DISTINCT FROM k.conname
            AND tenancy.asked(k.confrelid::regclass) ->> 'template' IS DISTINCT FROM 'public_read'
        ORDER BY 1;
    END;
COMMENT ON FUNCTION tenancy.loose_foreign_keys(regclass, name) IS
'The foreign keys from and to a table whose columns leave out its tenant column: through them a caller''s change may reach rows of another tenant.';

\echo Use "ALTER EXTENSION pg_tenancy UPDATE TO '0.2.0'" to load this file. \quit

-- Made by tools/update_script. Functions that are replaced keep their owner, their rights and what depends on them.

SELECT set_config('tenancy_update.known', ARRAY(SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy') AND deptype = 'e'
    AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass))::text, true);

DROP FUNCTION tenancy.protect(regclass, text, name, boolean, boolean);

DROP FUNCTION tenancy.wanted_policies(regclass, jsonb);

DROP FUNCTION tenancy.template_tenant(regclass, name);

DROP FUNCTION tenancy.policy_acts_as(name[]);

-- protect() runs as a table's owner, and is to know what it must not make everybody's to write.
GRANT SELECT ON tenancy.member_source TO PUBLIC;

-- Policies are evaluated with their caller's rights, so every caller must be able to reach both schemas.
GRANT USAGE ON SCHEMA tenancy TO PUBLIC;

-- For prove() and explain_access().
CREATE FUNCTION tenancy.stored_rows(sample anyelement, columns text[], sought text[], most int) RETURNS anyarray
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_stored_rows';

COMMENT ON FUNCTION tenancy.stored_rows(anyelement, text[], text[], int) IS
'At most so many rows of the ordinary table whose row type sample is of, whatever its row security, for its owner: those in whose first column the first of the texts sought is (and perhaps others), or any. NULL where the table or the columns cannot be read so. Error 42501 for who has not the rights of its owner.';

CREATE FUNCTION tenancy.run_as(database_role name, statement text, argument jsonb) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_run_as';

COMMENT ON FUNCTION tenancy.run_as(name, text, jsonb) IS
'Runs a statement, whose $1 is argument, with the rights of a role that the session could take with SET ROLE, or whose rights it has, and with no way back from it (a security-restricted operation). Returns the first column of the first row or, where there are no columns, how many rows there were. Errors: those of the statement; 42501 a role that the session may not take, or from within such code; 42704 no such role.';

CREATE FUNCTION tenancy.strange_code(target regclass) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CAST(NULL AS text) WHERE false;
    END;

COMMENT ON FUNCTION tenancy.strange_code(regclass) IS
'Whose code reading and writing a table would run with rights that it should not have: none, since tenancy.run_as() takes them away.';

-- Only act(), which asks who wants it, and stop_acting() can set what they set.
CREATE FUNCTION tenancy.act(roles text[], claims text) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_act';

CREATE FUNCTION tenancy.stop_acting() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_stop_acting';

-- How a policy asks whether the current role has the rights of one of these. IS NOT NULL, which the planner takes to
-- be true for 0.995 of the rows, leaves the estimate of the rest as it is; a bare boolean would halve it.
CREATE FUNCTION tenancy.policy_acts_as(roles name[], or_else text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE count(*) WHEN 1 THEN min(condition) ELSE '(' || string_agg(condition, ' OR ' ORDER BY position) || ')' END
            FROM (SELECT format('(tenancy.held_role(%L::name) IS NOT NULL)', role), position FROM unnest(roles) WITH ORDINALITY AS r (role, position)
                  UNION ALL SELECT or_else, cardinality(roles) + 1 WHERE or_else IS NOT NULL) AS c (condition, position));

CREATE OR REPLACE FUNCTION tenancy.setting_defaults() RETURNS TABLE (setting text, value text, description text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM (VALUES
        ('mode', 'claims', 'who may say who is calling; claims: whoever sets request.jwt.claims is believed; gateway: only the login roles of gateway_roles are, everybody else needs a token; verified: everybody needs a token'),
        ('gateway_roles', '', 'login roles, separated by commas, whose request.jwt.claims are believed in mode gateway'),
        ('audit_log', 'off', 'on writes a line to the server''s log where the caller of a session is another than before, once that is asked for'),
        ('authenticated', 'authenticated', 'the database role of callers; policies are written for it'),
        ('anonymous', 'anonymous', 'the database role of those who are not signed in'),
        ('staff_roles', '', 'database roles, separated by commas, that see the rows of all tenants'),
        ('tenant_column', 'tenant_id', 'the tenant column that protect() takes if none is named'),
        ('user_column', 'user_id', 'the user column that protect() takes if none is named'),
        ('on_missing_tenant', 'empty', 'what a query of a protected table does where no tenant is bound; empty: it sees no rows; error: it is refused'),
        ('layout', 'auto', 'where claims that no token carries name tenant, roles and permissions: one of tenancy.layouts(), or auto, which goes by what the claims look like'),
        ('tenant_path', '', 'the claim that names the tenant instead of what the layout says, as an array of keys: {app_metadata,tenant}'),
        ('roles_path', '', 'the claim that holds the roles, likewise'),
        ('permissions_path', '', 'the claim that holds the permissions, likewise'),
        ('members', '', 'the table of members: tenancy.use_members(), tenancy.drop_members()'),
        ('require_membership', 'on', 'off has a tenant that claims name count where the table of members has no such row, too'),
        ('pinned_tenant', '', 'the one tenant that this database serves; all others have no tenant here'),
        ('audit_schemas', '', 'the schemas, separated by commas, that tenancy.audit() looks at; none are all but the system''s'),
        ('app_logins', '', 'the login roles, separated by commas, that apps connect with, for tenancy.audit(); none are those that may take the role authenticated or anonymous'),
        ('caller_functions', '', 'functions of yours that tell who is calling, with their schemas, separated by commas, for tenancy.audit(): app.current_tenant'),
        ('identity_schema', 'neon_auth', 'the schema of the identity provider''s own tables, for tenancy.audit()')
        ) AS defaults (setting, value, description)
        WHERE setting NOT IN ('gateway_roles', 'audit_log', 'members', 'require_membership') OR cardinality(tenancy.modes()) > 1;
    END;

CREATE OR REPLACE FUNCTION tenancy.configure(setting text, value text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    role text;
    function text;
BEGIN
    IF NOT EXISTS (SELECT FROM tenancy.setting_defaults() d WHERE d.setting = configure.setting) THEN
        RAISE EXCEPTION 'unknown setting: %', COALESCE(quote_literal(configure.setting), 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Settings are %s.', (SELECT string_agg(d.setting, ', ') FROM tenancy.setting_defaults() d));
    END IF;
    CASE
        WHEN configure.setting = 'gateway_roles' THEN
            FOREACH role IN ARRAY string_to_array(COALESCE(configure.value, ''), ',') LOOP
                PERFORM FROM pg_roles WHERE rolname = btrim(role);
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'role "%" does not exist', btrim(role) USING ERRCODE = 'undefined_object',
                        HINT = 'Make it first (CREATE ROLE ... LOGIN); names are separated by commas and not quoted.';
                END IF;
            END LOOP;
            PERFORM tenancy.set_gateway_roles(ARRAY(SELECT oid::regrole FROM pg_roles
                WHERE rolname = ANY (ARRAY(SELECT btrim(r) FROM unnest(string_to_array(configure.value, ',')) AS r))));
            RETURN;
        WHEN configure.setting = 'members' THEN
            RAISE EXCEPTION 'setting members is not for configure()' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'tenancy.use_members() names a table of members, tenancy.drop_members() goes without one.';
        WHEN configure.value IS NULL THEN
            DELETE FROM tenancy.config WHERE setting = configure.setting;
            RETURN;
        WHEN configure.setting = 'mode' AND configure.value <> ALL (tenancy.modes()) THEN
            RAISE EXCEPTION 'invalid value for setting mode: %', quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value',
                HINT = format('Modes are %s.', array_to_string(tenancy.modes(), ', '));
        WHEN configure.setting = 'audit_log' AND configure.value NOT IN ('on', 'off') THEN
            RAISE EXCEPTION 'invalid value for setting audit_log: %', quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is on or off.';
        WHEN configure.setting = 'require_membership' AND configure.value NOT IN ('on', 'off') THEN
            RAISE EXCEPTION 'invalid value for setting require_membership: %', quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is on or off.';
        WHEN configure.setting = 'on_missing_tenant' AND configure.value NOT IN ('empty', 'error') THEN
            RAISE EXCEPTION 'invalid value for setting on_missing_tenant: %', quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is empty or error.';
        WHEN configure.setting = 'layout' AND configure.value <> 'auto' AND NOT EXISTS (SELECT FROM tenancy.layouts() l WHERE l.layout = configure.value) THEN
            RAISE EXCEPTION 'invalid value for setting layout: %', quote_literal(configure.value) USING ERRCODE = 'invalid_parameter_value',
                HINT = format('Layouts are auto, %s; tenant_path names any other place.', (SELECT string_agg(l.layout, ', ') FROM tenancy.layouts() l));
        WHEN configure.setting IN ('tenant_path', 'roles_path', 'permissions_path') THEN
            configure.value := to_json(tenancy.as_path(configure.setting, configure.value))::text;
        WHEN configure.setting = 'pinned_tenant' AND configure.value = '' THEN
            RAISE EXCEPTION 'invalid value for setting pinned_tenant: %', quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is the id of a tenant; NULL serves all.';
        WHEN configure.setting = 'app_logins' THEN
            FOREACH role IN ARRAY string_to_array(configure.value, ',') LOOP
                PERFORM FROM pg_roles WHERE rolname = btrim(role);
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'role "%" does not exist', btrim(role) USING ERRCODE = 'undefined_object',
                        HINT = 'Make it first (CREATE ROLE ... LOGIN); names are separated by commas and not quoted.';
                END IF;
            END LOOP;
        WHEN configure.setting = 'caller_functions' THEN
            FOREACH function IN ARRAY string_to_array(configure.value, ',') LOOP
                PERFORM FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE concat(n.nspname, '.', p.proname) = btrim(function);
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'function "%" does not exist', btrim(function) USING ERRCODE = 'undefined_function',
                        HINT = 'Functions are named with their schema, as app.current_tenant, without arguments; names are separated by commas and not quoted.';
                END IF;
            END LOOP;
        WHEN configure.setting = 'staff_roles' THEN
            FOREACH role IN ARRAY string_to_array(configure.value, ',') LOOP
                PERFORM FROM pg_roles WHERE rolname = btrim(role);
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'role "%" does not exist', btrim(role) USING ERRCODE = 'undefined_object',
                        HINT = 'Make it first (CREATE ROLE ... NOLOGIN); names are separated by commas and not quoted.';
                END IF;
                IF EXISTS (SELECT FROM pg_roles WHERE rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
                           AND pg_has_role(oid, btrim(role)::name, 'MEMBER')) THEN
                    RAISE EXCEPTION 'role "%" cannot be staff: callers have it', btrim(role)
                        USING ERRCODE = 'invalid_parameter_value',
                        DETAIL = 'Every caller would see the rows of all tenants.',
                        HINT = 'Staff are a database role of their own, which authenticated and anonymous are no members of.';
                END IF;
            END LOOP;
        WHEN configure.setting IN ('authenticated', 'anonymous', 'tenant_column', 'user_column')
            AND (btrim(configure.value) = '' OR octet_length(configure.value) > 63) THEN
            RAISE EXCEPTION 'invalid value for setting %: %', configure.setting, quote_literal(configure.value)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is a name of 1 to 63 bytes, not quoted.';
        ELSE NULL;
    END CASE;
    INSERT INTO tenancy.config VALUES (configure.setting, configure.value)
    ON CONFLICT (setting) DO UPDATE SET value = excluded.value;
END $$;

COMMENT ON FUNCTION tenancy.configure(text, text) IS
'Changes a setting; NULL gives back the default. For the administrator. Errors: 22023 an unknown setting or a value it cannot have; 42704 staff_roles, gateway_roles or app_logins names a role that does not exist; 42883 caller_functions names no function; 42501 not the administrator. Policies already written keep the names they were written with until tenancy.protect() runs again.';

CREATE OR REPLACE FUNCTION auth.set_claims(claims jsonb, tenant text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    database_role CONSTANT text := tenancy.setting('authenticated');
BEGIN
    IF NOT tenancy.in_transaction_block() THEN
        RAISE EXCEPTION 'auth.set_claims() can only be used in a transaction block'
            USING ERRCODE = 'no_active_sql_transaction',
            DETAIL = 'The caller it sets is forgotten when the transaction ends.',
            HINT = 'Send BEGIN first, then auth.set_claims() as a statement of its own, then the queries.';
    END IF;
    IF NOT tenancy.claims_believed() THEN
        RAISE EXCEPTION 'claims are not believed here: the mode is %', tenancy.setting('mode')
            USING ERRCODE = 'insufficient_privilege',
            DETAIL = CASE tenancy.setting('mode') WHEN 'gateway' THEN format('Login role "%s" is not one of gateway_roles.', session_user)
                ELSE 'Nobody''s claims are, without a token.' END,
            HINT = 'Present a token: auth.login(token).';
    END IF;
    IF claims IS NULL OR jsonb_typeof(claims) <> 'object' THEN
        RAISE EXCEPTION 'claims must be a JSON object' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'To speak for nobody, call auth.logout().';
    END IF;
    IF tenant = '' THEN
        RAISE EXCEPTION 'tenant must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave it out, or give NULL, to use the tenant that the claims name.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = database_role) THEN
        RAISE EXCEPTION 'role "%" does not exist', database_role USING ERRCODE = 'undefined_object',
            HINT = 'SELECT tenancy.bootstrap_roles() makes it.';
    END IF;
    IF NOT pg_has_role(session_user, database_role, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
        RAISE EXCEPTION 'role "%" may not act as "%"', session_user, database_role
            USING ERRCODE = 'insufficient_privilege',
            HINT = format('GRANT %I TO %I;', database_role, session_user);
    END IF;
    -- A token would win, and an administrator who acts as somebody.
    PERFORM tenancy.stop_acting();
    PERFORM set_config('pg_tenancy.token', '', true);
    PERFORM set_config('request.jwt.claims', claims::text, true);
    IF auth.jwt() IS NULL THEN
        RAISE EXCEPTION 'the claims %', tenancy.claims_problem() USING ERRCODE = 'program_limit_exceeded';
    END IF;
    PERFORM tenancy.choose(tenant);
    IF tenant IS NOT NULL AND auth.tenant_id() IS NULL THEN
        RAISE EXCEPTION 'the caller is no member of the tenant asked for' USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('The reason: %s.', tenancy.tenant_problem()),
            HINT = 'Leave tenant out to use the one that the claims name, or the caller''s only one.';
    END IF;
    PERFORM set_config('role', database_role, true);
END $$;

CREATE OR REPLACE FUNCTION auth.logout() RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
        SELECT set_config('request.jwt.claims', '', false), set_config('pg_tenancy.token', '', false),
            set_config('pg_tenancy.tenant', '', false), tenancy.stop_acting();
    END;

COMMENT ON FUNCTION tenancy.policy_acts_as(name[], text) IS
'The expression by which policies written by tenancy.protect() ask whether the current role has the rights of one of these, or the other expression, if one is given, holds.';

-- (STABLE, for policies: setting on_missing_tenant.)
CREATE FUNCTION tenancy.no_tenant() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'no tenant is bound' USING ERRCODE = 'insufficient_privilege',
        DETAIL = format('The reason: %s.', COALESCE(tenancy.tenant_problem(), 'nobody is signed in')),
        HINT = 'SELECT * FROM tenancy.whoami() tells who the database thinks is calling.';
END $$;

COMMENT ON FUNCTION tenancy.no_tenant() IS 'Error 42501, which says why the caller has no active tenant.';

CREATE OR REPLACE FUNCTION auth.require_tenant() RETURNS text
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN COALESCE(auth.tenant_id(), tenancy.no_tenant());

CREATE FUNCTION tenancy.member_tenant_column(target regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenant_column FROM tenancy.member_source WHERE source = target);

COMMENT ON FUNCTION tenancy.member_tenant_column(regclass) IS
'The column that names the tenant in the table of members that is in use; NULL for any other table.';

CREATE FUNCTION tenancy.says_who_belongs(target regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM tenancy.member_source m, unnest(ARRAY[m.source, m.users]) AS t (source)
                   WHERE t.source IS NOT NULL AND (target = t.source OR target IN (SELECT tenancy.written_through(t.source))));

COMMENT ON FUNCTION tenancy.says_who_belongs(regclass) IS
'Whether this is the table of members that is in use, or the table of users beside it, or one through which rows of those can be written.';

CREATE OR REPLACE FUNCTION tenancy.family(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
    BEGIN ATOMIC
        WITH RECURSIVE family AS (
            SELECT target::oid AS relation, 0 AS depth
            UNION ALL
            SELECT i.inhrelid, f.depth + 1 FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.relation
        )
        SELECT relation::regclass FROM family GROUP BY relation ORDER BY min(depth), relation;
    END;

CREATE FUNCTION tenancy.has_column(target regclass, column_name name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = target AND attname = column_name AND attnum > 0 AND NOT attisdropped);

COMMENT ON FUNCTION tenancy.has_column(regclass, name) IS 'Whether the table has a column of this name.';

-- A line for a person. (Names may hold line breaks, and what follows one would be run by whoever pastes it.)
CREATE FUNCTION tenancy.remark(line text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '-- ' || regexp_replace(line, '[\r\n]+', ' ', 'g');

COMMENT ON FUNCTION tenancy.remark(text) IS 'A line for a person among the statements: -- and the text, on one line.';

CREATE OR REPLACE FUNCTION tenancy.carry_out(statements text[], target regclass, names text[]) RETURNS void
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

-- What protect() was asked, kept where it is dumped with the table: as JSON in the comment of its floor.
CREATE OR REPLACE FUNCTION tenancy.asked(relation regclass) RETURNS jsonb
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

CREATE OR REPLACE FUNCTION tenancy.same_expression(printed text, written text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT COALESCE(w.printed IN (bare, '(' || bare || ')'), w.printed IS NULL AND bare IS NULL)
        FROM (SELECT regexp_replace(printed, '\s*\n\s*', ' ', 'g') AS printed,
                     regexp_replace(replace(replace(written, 'OPERATOR(pg_catalog.=)', '='), 'pg_catalog.', ''), '\s*\n\s*', ' ', 'g') AS bare) AS w);

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
CREATE OR REPLACE FUNCTION tenancy.loose_foreign_keys(target regclass, tenant_column name) RETURNS SETOF text
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

CREATE FUNCTION tenancy.base_type(type oid) RETURNS oid
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        WITH RECURSIVE base AS (
            SELECT type AS oid
            UNION ALL
            SELECT t.typbasetype FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype = 'd'
        )
        SELECT b.oid FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd';
    END;

COMMENT ON FUNCTION tenancy.base_type(oid) IS 'The type that a domain, or a domain over one, is made of; any other type itself.';

-- (Texts are compared as text, domains as what they are made of.)
CREATE FUNCTION tenancy.operand(relation regclass, column_name name, of_row text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    declared oid := (SELECT atttypid FROM pg_attribute WHERE attrelid = relation AND attname = column_name);
    base oid := tenancy.base_type(declared);
    written text := COALESCE(of_row || '.', '') || quote_ident(column_name);
BEGIN
    RETURN CASE WHEN base = 'varchar'::regtype THEN format('(%s)::text', written)
        WHEN base <> declared THEN format('(%s)::%s', written, format_type(base, NULL)) ELSE written END;
END $$;

COMMENT ON FUNCTION tenancy.operand(regclass, name, text) IS
'How a policy names a column to compare it; of_row is the alias of its row, NULL for the policy''s own table.';

CREATE FUNCTION tenancy.owning_column(target regclass, column_name name, owner text, of_row text, required boolean,
    OUT comparison text, OUT default_value text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute pg_attribute;
    base oid;
    many boolean := owner = 'tenants';
    what text := CASE owner WHEN 'user' THEN 'a user' ELSE 'a tenant' END;
    setting text := CASE owner WHEN 'user' THEN 'user_column' ELSE 'tenant_column' END;
    reader text;
    caller text;
    wrapped boolean;
BEGIN
    SELECT * INTO attribute FROM pg_attribute
    WHERE attrelid = target AND attname = column_name AND attnum > 0 AND NOT attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', column_name, target
            USING ERRCODE = 'undefined_column',
            HINT = format('Name it with %s => ''...'', or for all tables with tenancy.configure(''%1$s'', ...).', setting);
    END IF;

    base := tenancy.base_type(attribute.atttypid);
    reader := CASE
        WHEN base = 'uuid'::regtype THEN CASE owner WHEN 'user' THEN 'uid' ELSE 'tenant_uuid' END
        WHEN base IN ('text'::regtype, 'varchar'::regtype) THEN CASE owner WHEN 'user' THEN 'user_id' ELSE 'tenant_id' END
        WHEN owner <> 'user' AND base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'tenant_bigint'
    END;
    IF reader IS NULL THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: it is of type %', column_name, target, what,
            format_type(attribute.atttypid, attribute.atttypmod) USING ERRCODE = 'datatype_mismatch',
            DETAIL = CASE WHEN owner = 'user' AND base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
                THEN 'A caller''s id is what their claim sub says: a text, or a uuid.'
                ELSE 'Equality of a type must be leakproof, or a query''s own conditions could see rows before the policy does.' END,
            HINT = CASE owner WHEN 'user' THEN 'Use uuid, text or varchar.' ELSE 'Use uuid, bigint, integer, smallint, text or varchar.' END;
    END IF;
    IF NOT COALESCE((SELECT collisdeterministic FROM pg_collation WHERE oid = attribute.attcollation), true) THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: its collation is nondeterministic', column_name, target, what
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Under it different texts are equal, so one %s could see another''s rows.', ltrim(what, 'a ')),
            HINT = format('ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"', target, column_name);
    END IF;
    IF attribute.attgenerated <> '' OR attribute.attidentity <> '' THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: it is generated', column_name, target, what
            USING ERRCODE = 'invalid_table_definition',
            HINT = format('The %s must be a plain column, filled by its default or by the app.', ltrim(what, 'a '));
    END IF;

    caller := tenancy.policy_call(reader || CASE WHEN many THEN 's' ELSE '' END);
    wrapped := starts_with(caller, '( SELECT');
    IF many THEN
        -- (The cast tells ANY of an array from ANY of a sub-select's rows.)
        caller := format(CASE WHEN wrapped AND required THEN '( SELECT COALESCE(NULLIF(auth.%3$I(), ''{}''::%2$s[]), (tenancy.no_tenant())::%2$s[]) AS "coalesce")::%2$s[]'
            WHEN required THEN 'COALESCE(NULLIF(%1$s, ''{}''::%2$s[]), (tenancy.no_tenant())::%2$s[])'
            WHEN wrapped THEN '%1$s::%2$s[]' ELSE '%1$s' END, caller,
            CASE reader WHEN 'tenant_uuid' THEN 'uuid' WHEN 'tenant_bigint' THEN 'bigint' ELSE 'text' END, reader || 's');
    ELSIF required THEN
        -- (Inside the sub-select, where there is one: outside, the planner would ask what it does not know yet.)
        caller := format(CASE WHEN wrapped THEN '( SELECT COALESCE(auth.%3$I(), %2$s) AS "coalesce")' ELSE 'COALESCE(%1$s, %2$s)' END, caller,
            CASE reader WHEN 'tenant_uuid' THEN '(tenancy.no_tenant())::uuid' WHEN 'tenant_bigint' THEN '(tenancy.no_tenant())::bigint' ELSE 'tenancy.no_tenant()' END, reader);
    END IF;
    comparison := format(CASE WHEN many THEN '(%s OPERATOR(pg_catalog.=) ANY (%s))' ELSE '(%s OPERATOR(pg_catalog.=) %s)' END,
        tenancy.operand(target, column_name, of_row), caller);
    default_value := format('auth.%I()', reader);
    IF base IN ('smallint'::regtype, 'integer'::regtype) THEN
        default_value := format('(%s)::%s', default_value, format_type(base, NULL));
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.owning_column(regclass, name, text, text, boolean) IS
'How a policy compares a column with the caller, and the default that fills it in. owner is tenant, tenants (any of the caller''s) or user; of_row the alias of its row, NULL for the policy''s own table; with required, a caller without a tenant is an error. Errors: 42703 no such column; 42804 a type or collation that cannot hold an owner; 42P16 a generated column.';

CREATE FUNCTION tenancy.all_of(VARIADIC conditions text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE count(*) WHEN 1 THEN min(c) ELSE '(' || string_agg(c, ' AND ' ORDER BY position) || ')' END
            FROM unnest(conditions) WITH ORDINALITY AS x (c, position) WHERE c IS NOT NULL);

COMMENT ON FUNCTION tenancy.all_of(text[]) IS 'The expression that is true where all of these are; those that are NULL do not count.';

CREATE FUNCTION tenancy.wanted_column(name name, default_value text, required boolean DEFAULT true, indexed boolean DEFAULT true,
    fixed boolean DEFAULT true) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('name', name, 'default', default_value, 'required', required, 'indexed', indexed, 'fixed', fixed);

COMMENT ON FUNCTION tenancy.wanted_column(name, text, boolean, boolean, boolean) IS
'What a template wants of a column: the default that fills it in (NULL leaves it alone), whether it is to be NOT NULL, whether an index is to lead with it, and whether no update may change it.';

CREATE FUNCTION tenancy.condition(needed jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    question text;
    questions int;
BEGIN
    SELECT count(*), string_agg(format('auth.%s(VARIADIC ARRAY[%s])', asks, elements), ' OR ' ORDER BY asks DESC) INTO questions, question
    FROM (SELECT CASE WHEN tenancy.is_permission(e) THEN 'has_permission' ELSE 'has_role' END, string_agg(quote_literal(e) || '::text', ', ' ORDER BY position)
          FROM jsonb_array_elements_text(needed) WITH ORDINALITY AS n (e, position) GROUP BY 1) AS asked (asks, elements);
    -- The sub-select is evaluated once per statement. IS NOT NULL, which the planner takes to be true for 0.995 of the
    -- rows, leaves the estimate of the rest as it is, where a bare boolean would halve it. And what is made of the answer
    -- costs more than the comparison of a tenant, so that it is looked at for the caller's rows only.
    RETURN CASE WHEN needed IS NULL THEN NULL WHEN question IS NULL THEN 'false'
        ELSE format(CASE WHEN questions > 1 THEN '(NULLIF((( SELECT (%s)))::integer, 0) IS NOT NULL)'
            ELSE '(NULLIF((( SELECT %s AS %s))::integer, 0) IS NOT NULL)' END, question, substring(question FROM 'auth\.(\w+)')) END;
END $$;

COMMENT ON FUNCTION tenancy.condition(jsonb) IS
'The expression that is true for callers with one of these roles or permissions, a JSON array; false for an empty one, NULL for NULL.';

CREATE FUNCTION tenancy.is_permission(element text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- (Clerk writes a permission as org:feature:action.)
    RETURN strpos(element, '.') > 0 OR element ~ '^[^:]+:[^:]+:[^:]+$';

COMMENT ON FUNCTION tenancy.is_permission(text) IS
'Whether an element of read, write or remove is a permission: one with a dot, or with two colons; any other is a role.';

CREATE FUNCTION tenancy.elements(argument text, elements text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(elements) e WHERE e IS NULL OR btrim(e) = '') THEN
        RAISE EXCEPTION '% names an empty role or permission', argument USING ERRCODE = 'invalid_parameter_value',
            HINT = format('NULL is every member, ''{}'' nobody: %s => ''{admin,docs.%s}''', argument, argument);
    ELSIF EXISTS (SELECT FROM unnest(elements) e WHERE e ~ '[[:cntrl:]]|pg_catalog\.|OPERATOR\(') THEN
        -- (By which a policy as written could not be told from one as printed.)
        RAISE EXCEPTION '% names what can be no role or permission', argument USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Names hold no control characters, nor pg_catalog.';
    END IF;
    RETURN CASE WHEN elements IS NOT NULL THEN
        (SELECT COALESCE(jsonb_agg(DISTINCT e), '[]') FROM unnest(elements) AS e) END;
END $$;

COMMENT ON FUNCTION tenancy.elements(text, text[]) IS
'What read, write or remove name, each once and sorted, as a JSON array; NULL for NULL. Error 22023 an element that is empty, or no name.';

CREATE FUNCTION tenancy.or_staff(staff name[], expression text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN staff = '{}' OR expression = 'true' OR expression IS NULL THEN expression ELSE tenancy.policy_acts_as(staff, expression) END;

COMMENT ON FUNCTION tenancy.or_staff(name[], text) IS 'The expression that is true for staff too; NULL for NULL.';

CREATE FUNCTION tenancy.require_roles() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role name;
    callers name := tenancy.setting('authenticated');
BEGIN
    FOREACH role IN ARRAY tenancy.staff_roles() || callers LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object',
                HINT = CASE WHEN role = callers THEN 'SELECT tenancy.bootstrap_roles() makes it.'
                    ELSE 'Make it (CREATE ROLE ... NOLOGIN), or take it out with tenancy.configure(''staff_roles'', ...).' END;
        END IF;
    END LOOP;
    FOREACH role IN ARRAY tenancy.staff_roles() LOOP
        IF pg_has_role(callers, role, 'MEMBER') THEN
            RAISE EXCEPTION 'role "%" cannot be staff: callers have it', role USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Every caller would see the rows of all tenants.',
                HINT = format('REVOKE %I FROM %I, or take it out with tenancy.configure(''staff_roles'', ...).', role, callers);
        END IF;
    END LOOP;
END $$;

COMMENT ON FUNCTION tenancy.require_roles() IS
'Raises unless the database roles that policies are written for are there. Errors: 42704 one is missing; 55000 callers have a staff role.';

CREATE FUNCTION tenancy.template_tenant(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
BEGIN
    reads := tenant.comparison;
    writes := reads;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value));
END $$;

COMMENT ON FUNCTION tenancy.template_tenant(regclass, regclass, text, jsonb) IS
'Template tenant: see tenancy.template().';

CREATE FUNCTION tenancy.template_tenant_or_global(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, false);
BEGIN
    reads := format('(%s OR ((%s IS NULL) AND (%s IS NOT NULL)))', tenant.comparison,
        COALESCE(of_row || '.', '') || quote_ident(asked ->> 'tenant_column'), tenancy.policy_call('user_id'));
    writes := tenant.comparison;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value, required => false));
END $$;

COMMENT ON FUNCTION tenancy.template_tenant_or_global(regclass, regclass, text, jsonb) IS
'Template tenant_or_global: see tenancy.template().';

CREATE FUNCTION tenancy.template_tenant_root(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id name := asked ->> 'tenant_column';
BEGIN
    reads := (tenancy.owning_column(target, id, 'tenants', of_row, false)).comparison;
    writes := (tenancy.owning_column(target, id, 'tenant', of_row, false)).comparison;
    active := writes;
    commands := 'rwd';
    columns := jsonb_build_array(tenancy.wanted_column(id, NULL));
END $$;

COMMENT ON FUNCTION tenancy.template_tenant_root(regclass, regclass, text, jsonb) IS
'Template tenant_root: see tenancy.template().';

CREATE FUNCTION tenancy.template_user(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner record := tenancy.owning_column(target, asked ->> 'user_column', 'user', of_row, false);
    tenant record;
BEGIN
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'user_column', owner.default_value, fixed => false));
    reads := owner.comparison;
    IF asked ? 'tenant_column' THEN
        tenant := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
        reads := tenancy.all_of(reads, tenant.comparison);
        columns := columns || tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value, indexed => false);
    END IF;
    writes := reads;
    commands := 'rawd';
END $$;

COMMENT ON FUNCTION tenancy.template_user(regclass, regclass, text, jsonb) IS
'Template user: see tenancy.template().';

CREATE FUNCTION tenancy.template_any_tenant(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenants record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenants', of_row, asked ? 'on_missing_tenant');
BEGIN
    reads := tenants.comparison;
    writes := reads;
    active := (tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, false)).comparison;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenants.default_value));
END $$;

COMMENT ON FUNCTION tenancy.template_any_tenant(regclass, regclass, text, jsonb) IS
'Template any_tenant: see tenancy.template().';

CREATE FUNCTION tenancy.template_public_read(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record;
BEGIN
    reads := 'true';
    writes := 'false';
    commands := 'r';
    columns := '[]';
    IF asked ? 'tenant_column' THEN
        tenant := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
        -- There is no gate, which a scan of all rows would feel. Who is not signed in writes nothing, whatever claims
        -- they come with.
        writes := tenancy.all_of(tenant.comparison, tenancy.policy_acts_as(ARRAY[asked ->> 'authenticated']));
        commands := 'rawd';
        columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value));
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.template_public_read(regclass, regclass, text, jsonb) IS
'Template public_read: see tenancy.template().';

CREATE FUNCTION tenancy.parent_keys(target regclass, OUT key name, OUT parent regclass, OUT columns name[], OUT protected boolean) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT k.conname, k.confrelid::regclass,
            ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS c (number, position)
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number ORDER BY c.position),
            COALESCE(tenancy.asked(k.confrelid::regclass) ->> 'template' <> 'public_read', false)
        FROM pg_catalog.pg_constraint k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = target AND k.confrelid <> target AND k.convalidated
            AND CAST(to_jsonb(k) ->> 'conperiod' AS boolean) IS NOT TRUE -- (from 18 on; by a period a row can belong to several)
        ORDER BY k.conname;
    END;

COMMENT ON FUNCTION tenancy.parent_keys(regclass) IS
'The valid foreign keys of a table to other tables: name, table, columns, and whether that table is protected, so that its rows have owners.';

CREATE FUNCTION tenancy.choose_parent(target regclass, parent regclass) RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    candidates text[];
    found_keys name[];
    unprotected text;
BEGIN
    SELECT array_agg(k.key), array_agg(format('%s (%s)', k.parent, array_to_string(k.columns, ', ')))
    INTO found_keys, candidates FROM tenancy.parent_keys(target) k
    WHERE k.protected AND (choose_parent.parent IS NULL OR k.parent = choose_parent.parent);
    IF parent IS NULL AND tenancy.asked(target) ->> 'key' = ANY (found_keys) THEN
        RETURN tenancy.asked(target) ->> 'key'; -- chosen before
    ELSIF cardinality(found_keys) = 1 THEN
        RETURN found_keys[1];
    ELSIF cardinality(found_keys) > 1 THEN
        RAISE EXCEPTION 'table % has more than one path to an owner', target USING ERRCODE = 'ambiguous_column',
            DETAIL = format('It refers to: %s.', array_to_string(candidates, ', ')),
            HINT = CASE WHEN parent IS NULL THEN 'Choose one with parent => ''...''.'
                ELSE 'Give the table a tenant column of its own, and protect it with template tenant.' END;
    END IF;
    SELECT string_agg(DISTINCT k.parent::text, ', ') INTO unprotected FROM tenancy.parent_keys(target) k
    WHERE choose_parent.parent IS NULL OR k.parent = choose_parent.parent;
    RAISE EXCEPTION 'table % has no path to an owner', target USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = CASE WHEN unprotected IS NOT NULL THEN format('It refers to %s, where rows have no owner.', unprotected)
            WHEN parent IS NOT NULL THEN format('It has no valid foreign key to %s.', parent)
            ELSE 'It has no valid foreign key to another table.' END,
        HINT = CASE WHEN unprotected IS NOT NULL THEN format('Protect that first: SELECT tenancy.protect(%L).', split_part(unprotected, ', ', 1))
            ELSE 'Make a foreign key to the table whose rows these belong to, or give this one a tenant column.' END;
END $$;

COMMENT ON FUNCTION tenancy.choose_parent(regclass, regclass) IS
'The foreign key by which a table''s rows belong to rows of a protected table; that to parent, unless it is NULL; then the one that was chosen before, if any. Errors: 55000 there is none; 42702 there are several.';

-- What was asked for the parent, as far as the child's policies follow from it, is kept with the child: they can be told
-- from others when the parent's are gone.
CREATE FUNCTION tenancy.asked_above(target regclass, asked jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent regclass := (SELECT confrelid FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f');
    above jsonb := tenancy.asked(parent);
    ancestor regclass := parent;
BEGIN
    FOR level IN 1 .. 4 LOOP
        ancestor := (SELECT confrelid FROM pg_constraint WHERE conrelid = ancestor AND conname = tenancy.asked(ancestor) ->> 'key' AND contype = 'f');
        EXIT WHEN ancestor IS NULL;
        IF ancestor = target OR level = 4 THEN
            RAISE EXCEPTION 'table % is more than four foreign keys away from an owner, or its parents go in a circle', target
                USING ERRCODE = 'invalid_object_definition',
                HINT = 'Give the table a tenant column of its own, and protect it with template tenant.';
        END IF;
    END LOOP;
    IF parent IS NOT NULL AND COALESCE(above ->> 'template', 'public_read') = 'public_read' THEN
        RAISE EXCEPTION 'rows of table % have no owner', parent USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Those of table %s belong to them, by foreign key %I.', target, asked ->> 'key'),
            HINT = format('Protect that table first: SELECT tenancy.protect(%L).', parent);
    END IF;
    RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(above)
            WHERE key IN ('template', 'tenant_column', 'user_column', 'key', 'above', 'authenticated'));
END $$;

COMMENT ON FUNCTION tenancy.asked_above(regclass, jsonb) IS
'What was asked for the table that rows of this one, protected as asked, belong to; NULL if it has no such foreign key. Errors: 55000 that table is not protected, or for everybody to read; 42P17 a circle.';

CREATE FUNCTION tenancy.template_via_parent(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    key pg_constraint;
    referenced regclass;
    own_row text := COALESCE(of_row, quote_ident((SELECT relname FROM pg_class WHERE oid = relation)));
    parent_row text;
    level int := COALESCE(substring(of_row FROM '\d+$')::int, 0) + 1;
    joined text;
    owner record;
    above jsonb := asked -> 'above';
BEGIN
    SELECT * INTO key FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'foreign key "%" of table % does not exist', asked ->> 'key', target USING ERRCODE = 'undefined_object',
            DETAIL = 'By it rows belonged to those of another table, when this one was protected.',
            HINT = format('SELECT tenancy.protect(%L, ...) says to whom they belong now.', target);
    END IF;
    referenced := key.confrelid;
    -- An alias that the policy's own table, which is named inside the sub-select, cannot have.
    parent_row := format('%s_%s', COALESCE(substring(of_row FROM '^(.*)_\d+$'),
        CASE WHEN (SELECT relname FROM pg_class WHERE oid = relation) LIKE 'tenancy_parent%' THEN 'tenancy_ancestor' ELSE 'tenancy_parent' END), level);
    SELECT string_agg(format('(%s OPERATOR(%s) %s)', tenancy.operand(referenced, p.attname, parent_row),
            (SELECT format('%I.%s', n.nspname, o.oprname) FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = pair.operator),
            tenancy.operand(target, c.attname, own_row)), ' AND ' ORDER BY pair.position)
    INTO joined
    FROM unnest(key.conkey, key.confkey, key.conpfeqop) WITH ORDINALITY AS pair (referencing, referenced, operator, position)
    JOIN pg_attribute c ON c.attrelid = target AND c.attnum = pair.referencing
    JOIN pg_attribute p ON p.attrelid = key.confrelid AND p.attnum = pair.referenced;

    owner := tenancy.template(referenced, referenced, parent_row, above
        || CASE WHEN asked ? 'on_missing_tenant' THEN '{"on_missing_tenant": "error"}' ELSE '{}' END::jsonb);
    reads := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.reads);
    writes := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.writes);
    active := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.active);
    active := CASE WHEN owner.active IS NOT NULL THEN active END;
    -- Else a row could be moved to another of the caller's tenants by its key, which is no tenant column.
    IF active IS NOT NULL AND NOT asked ? 'movable' THEN
        writes := active;
    END IF;
    commands := 'rawd';
    columns := (SELECT jsonb_build_array(tenancy.wanted_column(a.attname, NULL, required => false, fixed => false))
        FROM pg_attribute a WHERE a.attrelid = target AND a.attnum = key.conkey[1]);
END $$;

COMMENT ON FUNCTION tenancy.template_via_parent(regclass, regclass, text, jsonb) IS
'Template via_parent: see tenancy.template(). Error 42704 the foreign key is gone.';

CREATE FUNCTION tenancy.column_default(relation regclass, column_name name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE a.attrelid = relation AND a.attname = column_name
$$;

COMMENT ON FUNCTION tenancy.column_default(regclass, name) IS 'The default of a column as pg_get_expr() prints it; NULL where there is none.';

CREATE FUNCTION tenancy.prepare_columns(target regclass, columns jsonb, made jsonb, OUT statements text[], OUT by_hand text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    -- Building an index locks out writers: about a second for this much on a small machine.
    build_up_to CONSTANT bigint := 100 * 1024 * 1024;
    run_index CONSTANT text := 'for you to run, outside a transaction: CREATE INDEX ';
    large boolean;
    wanted record;
    before jsonb;
    default_now text;
    relation record;
    index_name name;
BEGIN
    now_made := made;
    statements := '{}';
    by_hand := '{}';
    IF made ? 'indexes' THEN
        -- Those that somebody has dropped since are forgotten.
        now_made := jsonb_set(now_made, '{indexes}', (SELECT COALESCE(jsonb_agg(name ORDER BY position), '[]')
            FROM jsonb_array_elements_text(made -> 'indexes') WITH ORDINALITY AS i (name, position)
            WHERE EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                          WHERE indrelid IN (SELECT tenancy.family(target)) AND c.relname = i.name)));
    END IF;
    SELECT sum(pg_table_size(f)) > build_up_to INTO large FROM tenancy.family(target) f;
    FOR wanted IN SELECT * FROM jsonb_to_recordset(columns) AS w (name name, "default" text, required boolean, indexed boolean) LOOP
        before := COALESCE(now_made #> ARRAY['columns', wanted.name], '{}');
        -- (From 18 on, NOT NULL may be there and not yet valid for the rows there are.)
        IF wanted.required AND EXISTS (
            SELECT FROM tenancy.family(target) f JOIN pg_attribute a ON a.attrelid = f AND a.attname = wanted.name
            WHERE NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f AND k.contype = 'n'
                AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated))
        THEN
            statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, wanted.name);
            before := before || '{"not_null": true}';
        END IF;
        default_now := tenancy.column_default(target, wanted.name);
        IF wanted.default IS NOT NULL AND default_now IS DISTINCT FROM wanted.default THEN
            statements := statements || format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', target, wanted.name, wanted.default);
            before := jsonb_build_object('default', default_now) || before;
        END IF;
        IF before <> '{}' THEN
            now_made := jsonb_set(now_made, '{columns}', COALESCE(now_made -> 'columns', '{}') || jsonb_build_object(wanted.name, before));
        END IF;
        CONTINUE WHEN NOT wanted.indexed;
        FOR relation IN SELECT c.oid::regclass AS name, c.relkind
            FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
            WHERE NOT c.relispartition AND NOT tenancy.has_leading_index(c.oid, wanted.name)
            ORDER BY f.position
        LOOP
            IF NOT large THEN
                index_name := tenancy.free_index_name(relation.name, wanted.name, now_made -> 'indexes');
                statements := statements || format('CREATE INDEX %I ON %s (%I)', index_name, relation.name, wanted.name);
                now_made := jsonb_set(now_made, '{indexes}', COALESCE(now_made -> 'indexes', '[]') || to_jsonb(index_name));
            ELSIF relation.relkind = 'p' THEN
                -- Built on each partition first, so that the parent's index only has to adopt them.
                SELECT by_hand || COALESCE(array_agg(format(run_index || 'CONCURRENTLY ON %s (%I)', f.relation, wanted.name)
                    ORDER BY f.position), '{}')
                INTO by_hand FROM tenancy.family(relation.name) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation
                WHERE c.relkind = 'r' AND NOT tenancy.has_leading_index(f.relation, wanted.name);
                by_hand := by_hand || format(run_index || 'ON %s (%I)', relation.name, wanted.name);
            ELSE
                by_hand := by_hand || format(run_index || 'CONCURRENTLY ON %s (%I)', relation.name, wanted.name);
            END IF;
        END LOOP;
    END LOOP;
END $$;

COMMENT ON FUNCTION tenancy.prepare_columns(regclass, jsonb, jsonb) IS
'The statements that make a table''s columns as a template wants them (tenancy.wanted_column), those that are for a person to run, and what was made before, made, with what these make.';

-- Takes back what was made of columns that are not wanted so any more.
CREATE FUNCTION tenancy.release_columns(target regclass, asked jsonb, wanted jsonb, OUT statements text[], OUT left_alone text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute name;
    was jsonb;
    was_made jsonb := asked -> 'made';
    is_wanted jsonb;
    default_made text;
BEGIN
    statements := '{}';
    left_alone := '{}';
    now_made := COALESCE(was_made, '{}');
    FOR attribute, was IN SELECT key, value FROM jsonb_each(was_made -> 'columns') LOOP
        CONTINUE WHEN NOT tenancy.has_column(target, attribute);
        is_wanted := (SELECT w FROM jsonb_array_elements(wanted) w WHERE w ->> 'name' = attribute);
        IF was ? 'default' AND is_wanted ->> 'default' IS NULL THEN
            default_made := (SELECT w ->> 'default' FROM jsonb_array_elements((tenancy.template(target, target, NULL, asked)).columns) w WHERE w ->> 'name' = attribute);
            IF tenancy.column_default(target, attribute) IS DISTINCT FROM default_made THEN
                left_alone := left_alone || format('the default of column %I: it was changed', attribute);
            ELSIF was ->> 'default' IS NULL THEN
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, attribute);
            ELSE
                -- The comment was the owner's to write, and the table may have got another since: what it says is not
                -- to run with anybody else's rights.
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, attribute);
                left_alone := left_alone || format('column %I had another default before, %s: set it if it is good', attribute, was -> 'default');
            END IF;
            was := was - 'default';
        END IF;
        IF was ? 'not_null' AND NOT COALESCE((is_wanted ->> 'required')::boolean, false) THEN
            IF EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                       WHERE i.indrelid = target AND i.indisprimary AND a.attname = attribute) THEN
                left_alone := left_alone || format('NOT NULL of column %I: it is in the primary key', attribute);
            ELSE
                statements := statements || format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', target, attribute);
            END IF;
            was := was - 'not_null';
        END IF;
        now_made := CASE WHEN was = '{}' THEN now_made #- ARRAY['columns', attribute] ELSE jsonb_set(now_made, ARRAY['columns', attribute], was) END;
    END LOOP;
    IF now_made -> 'columns' = '{}' THEN
        now_made := now_made - 'columns';
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.release_columns(regclass, jsonb, jsonb) IS
'The statements that take back what was made of columns and is not wanted any more, what is left as it is and why, and what of made remains. asked is what tenancy.asked() returns.';

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

CREATE FUNCTION tenancy.wanted_privileges(asked jsonb, commands text) RETURNS TABLE (role name, privileges text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CAST(asked ->> 'authenticated' AS name), ARRAY(
            SELECT p.privilege FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS p (position, command, privilege)
            WHERE strpos(tenancy.allowed_commands(commands, asked), p.command) > 0 ORDER BY p.position)
        UNION ALL
        SELECT CAST(asked ->> 'anonymous' AS name), CAST('{SELECT}' AS text[]) WHERE asked ? 'anonymous'
        UNION ALL
        SELECT CAST(s AS name), CAST('{SELECT,INSERT,UPDATE,DELETE}' AS text[]) FROM jsonb_array_elements_text(asked -> 'staff') s;
    END;

COMMENT ON FUNCTION tenancy.wanted_privileges(jsonb, text) IS
'Which privileges on a table protected as asked each role has; commands are those that its template has.';

CREATE FUNCTION tenancy.grant_statements(target regclass, asked jsonb, commands text, made jsonb,
    OUT statements text[], OUT by_hand text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    holder name;
    granted jsonb;
    wanted record;
    missing text[];
    statement text;
    may_grant boolean;
BEGIN
    statements := '{}';
    by_hand := '{}';
    now_made := made;
    -- Who is no longer to have what was granted here keeps nothing of it.
    FOR holder, granted IN SELECT * FROM jsonb_each(COALESCE(made -> 'grants', '{}')) LOOP
        granted := (SELECT COALESCE(jsonb_agg(g), '[]') FROM jsonb_array_elements_text(granted) g WHERE NOT EXISTS (
            SELECT FROM tenancy.wanted_privileges(asked, commands) w WHERE w.role = holder AND g = ANY (w.privileges)));
        CONTINUE WHEN granted = '[]';
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = holder) THEN
            statements := statements || tenancy.revoke_statement(granted, target, holder);
        END IF;
        granted := (SELECT jsonb_agg(g) FROM jsonb_array_elements(made #> ARRAY['grants', holder]) g WHERE NOT granted @> g);
        now_made := CASE WHEN granted IS NULL THEN now_made #- ARRAY['grants', holder] ELSE jsonb_set(now_made, ARRAY['grants', holder], granted) END;
    END LOOP;
    FOR wanted IN SELECT * FROM tenancy.wanted_privileges(asked, commands) LOOP
        missing := ARRAY(SELECT p FROM unnest(wanted.privileges) p WHERE NOT has_table_privilege(wanted.role, target, p));
        IF missing <> '{}' THEN
            statements := statements || format('GRANT %s ON %s TO %I', array_to_string(missing, ', '), target, wanted.role);
            now_made := jsonb_set(now_made, '{grants}', COALESCE(now_made -> 'grants', '{}'));
            now_made := jsonb_set(now_made, ARRAY['grants', wanted.role], (SELECT jsonb_agg(p) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p
                WHERE p = ANY (missing) OR now_made -> 'grants' -> wanted.role ? p));
        END IF;
        IF 'INSERT' = ANY (wanted.privileges) THEN
            SELECT statements || COALESCE(array_agg(format('GRANT USAGE ON SEQUENCE %s TO %I', s.oid::regclass, wanted.role) ORDER BY s.oid), '{}')
            INTO statements FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
            WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target AND d.deptype = 'a'
                AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(wanted.role, s.oid, 'USAGE') END;
        END IF;
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, wanted.role), has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
        INTO statement, may_grant FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
        WHERE c.oid = target AND NOT has_schema_privilege(wanted.role, n.oid, 'USAGE');
        IF may_grant THEN
            statements := statements || statement;
        ELSIF NOT may_grant THEN
            by_hand := by_hand || ('for the schema''s owner to run: ' || statement);
        END IF;
    END LOOP;
    IF now_made -> 'grants' = '{}' THEN
        now_made := now_made - 'grants';
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.grant_statements(regclass, jsonb, text, jsonb) IS
'The statements that give each role its privileges on a table and take back those it is no longer to have, those that are for a schema''s owner to run, and what was made before, made, with what these make.';

-- TRUNCATE and foreign keys ask no policy, and a trigger runs in the sessions of other callers.
CREATE FUNCTION tenancy.excess_statements(relation regclass) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH callers AS (
        SELECT oid FROM pg_roles WHERE rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
    ), excess AS (
        SELECT a.*, c.relowner, NULL::name AS attname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = relation AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
        UNION ALL
        SELECT x.*, c.relowner, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
        WHERE c.oid = relation AND x.privilege_type = 'REFERENCES'
    )
    -- What somebody else granted goes with their right to grant it.
    SELECT CASE WHEN e.grantor = e.relowner THEN format('REVOKE %s ON %s FROM %s', privileges, relation, grantee)
        ELSE format('REVOKE GRANT OPTION FOR %s ON %s FROM %I CASCADE', privileges, relation, pg_get_userbyid(e.grantor)) END
    FROM (
        SELECT grantor, relowner, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee,
            string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname) AS privileges
        FROM excess e
        WHERE e.grantee = 0 OR NOT pg_has_role(e.grantee, e.relowner, 'MEMBER') AND EXISTS (
            SELECT FROM callers WHERE pg_has_role(e.grantee, callers.oid, 'MEMBER') OR pg_has_role(callers.oid, e.grantee, 'MEMBER'))
        GROUP BY 1, 2, 3
    ) e ORDER BY 1
$$;

COMMENT ON FUNCTION tenancy.excess_statements(regclass) IS
'The statements that take TRUNCATE, REFERENCES and TRIGGER on a table from everybody and from the database roles of callers, whoever granted them before.';

CREATE FUNCTION tenancy.passes_row_security(role oid, relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT r.rolsuper OR r.rolbypassrls OR (NOT c.relforcerowsecurity AND pg_has_role(role, c.relowner, 'USAGE'))
        FROM pg_catalog.pg_class c, pg_catalog.pg_roles r WHERE c.oid = relation AND r.oid = role;
    END;

COMMENT ON FUNCTION tenancy.passes_row_security(oid, regclass) IS
'Whether a table''s row security, where it is enabled, leaves this role free: a superuser, a role with BYPASSRLS, or the owner of a table without FORCE.';

-- (ALTER EXTENSION ... ADD leaves an object to its owner: one that is no superuser's is the user's own still.)
CREATE FUNCTION tenancy.of_extension(class oid, object oid, owner oid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = class AND d.objid = object AND d.deptype = 'e')
        AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = owner AND r.rolsuper);

COMMENT ON FUNCTION tenancy.of_extension(oid, oid, oid) IS 'Whether an object belongs to an extension, and to a superuser: then it is not the user''s to mend.';

-- (RESTRICTIVE policies that bind the role are taken to hold.)
CREATE FUNCTION tenancy.has_own_policy(role oid, relation regclass, callers oid[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT bool_or(p.polpermissive AND o.own) AND NOT bool_or(NOT p.polpermissive AND p.polqual IS NOT NULL AND (0 = ANY (p.polroles) OR o.own)) IS TRUE
    FROM pg_policy p CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(role, r, 'USAGE')
        AND NOT EXISTS (SELECT FROM unnest(callers) c WHERE c NOT IN (0, role) AND pg_has_role(c, r, 'USAGE')))) o (own)
    WHERE p.polrelid = relation
$$;

COMMENT ON FUNCTION tenancy.has_own_policy(oid, regclass, oid[]) IS
'Whether a policy of the table lets this role in by name, and no other of these callers, while no RESTRICTIVE policy binds it; NULL without policies.';

CREATE FUNCTION tenancy.words(source text) RETURNS SETOF text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- Comments are left out, what is between quotes is not: it may be run by EXECUTE. Where quotes are written in ways that
    -- hide where they end, comments are not looked for. (The classes name the ASCII characters that no identifier has, so
    -- that they mean the same in every encoding. Nothing longer than a few names is one.)
    BEGIN ATOMIC
        SELECT DISTINCT parse_ident(found[1], false)
        FROM regexp_matches(CASE WHEN source ~ '\$[^\s$]*\$|\\' THEN source
                ELSE regexp_replace(source, '(''(?:[^'']|'''')*(?:''|$)|"(?:[^"]|"")*(?:"|$))|--[^\n]*|/\*([^*]|\*+[^*/])*(?:\*+/|$)', '\1 ', 'g') END,
            '((?:"(?:[^"\n]|"")+"|[^\x01-\x40\x5b-\x5e\x60\x7b-\x7f][^\x01-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*)'
            '(?:\s*\.\s*(?:"(?:[^"\n]|"")+"|[^\x01-\x40\x5b-\x5e\x60\x7b-\x7f][^\x01-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*))*)',
            'g') AS found
        WHERE length(found[1]) < 500;
    END;

COMMENT ON FUNCTION tenancy.words(text) IS
'The identifiers in the text of a function, each with what qualifies it: {app,docs} for app.docs.';

CREATE FUNCTION tenancy.doors(callers oid[], targets regclass[])
    RETURNS TABLE (target regclass, object text, kind text, why text, mend text, users oid[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE caller AS MATERIALIZED (
        -- (Whatever is granted to PUBLIC, they all have.)
        SELECT 0::oid AS oid, 'PUBLIC' AS name, 'public'::name AS role UNION ALL
        SELECT oid, quote_ident(rolname), rolname FROM pg_roles WHERE oid = ANY (callers)
    ), reached AS (
        -- The tables, and what reads or writes them, step by step. rows_of: whose rows it shows, those of its reader (as
        -- the table itself does), of an owner who is bound, or everybody's. door: the view, materialized view or rule
        -- that has it show everybody's, as long as its reader needs no rights on that one; source: what the door reads.
        SELECT t.target, f.relation::oid AS guarded, f.relation::oid, 't'::"char" AS kind, 'reader' AS rows_of,
            NULL::oid AS door, NULL::oid AS rule, NULL::oid AS source
        FROM unnest(targets) t (target), tenancy.family(t.target) f (relation)
        JOIN pg_class c ON c.oid = f.relation AND c.relrowsecurity
        UNION
        SELECT b.target, b.guarded, c.oid, CASE WHEN c.relkind IN ('v', 'm') AND w.ev_type = '1' THEN c.relkind ELSE 'x' END,
            CASE WHEN b.kind = 'm' OR n.opens THEN 'everybody'
                WHEN b.kind = 't' AND NOT i.invoker THEN 'owner' ELSE b.rows_of END,
            CASE WHEN n.opens THEN c.oid WHEN NOT i.invoker THEN b.door END,
            CASE WHEN n.opens AND w.ev_type <> '1' THEN w.oid END,
            CASE WHEN n.opens THEN b.relation WHEN NOT i.invoker THEN b.source END
        FROM reached b
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = b.relation
        JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> b.relation
        JOIN pg_class c ON c.oid = w.ev_class
        CROSS JOIN LATERAL (SELECT c.relkind = 'v' AND w.ev_type = '1' AND COALESCE((SELECT bool_or(option_value::boolean)
            FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), false)) i (invoker)
        CROSS JOIN LATERAL (SELECT c.relkind = 'm' OR NOT i.invoker AND CASE b.kind WHEN 'm' THEN true
            WHEN 't' THEN tenancy.passes_row_security(c.relowner, b.guarded) OR COALESCE(tenancy.has_own_policy(c.relowner, b.guarded, callers), false) ELSE false END) n (opens)
        WHERE b.kind <> 'x' AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
    ), relations AS MATERIALIZED (
        SELECT r.*, c.relname, c.relowner, s.nspname FROM reached r
        JOIN pg_class c ON c.oid = r.relation JOIN pg_namespace s ON s.oid = c.relnamespace
    ), usable AS MATERIALIZED (
        -- Who may use which of them.
        SELECT r.relation, r.kind, COALESCE(min(u.name) FILTER (WHERE u.role = 'public'), string_agg(u.name, ' and ' ORDER BY u.name DESC)) AS by, array_agg(u.oid) AS users
        FROM (SELECT DISTINCT relation, kind, nspname, relowner FROM relations WHERE door IS NOT NULL) r, caller u
        WHERE (u.oid = 0 OR NOT pg_has_role(u.oid, r.relowner, 'USAGE')) AND has_schema_privilege(u.role, r.nspname, 'USAGE') AND CASE r.kind
            WHEN 'm' THEN has_any_column_privilege(u.role, r.relation, 'SELECT')
            WHEN 'v' THEN has_table_privilege(u.role, r.relation, 'DELETE') OR has_any_column_privilege(u.role, r.relation, 'SELECT, INSERT, UPDATE')
            ELSE has_table_privilege(u.role, r.relation, 'DELETE') OR has_any_column_privilege(u.role, r.relation, 'INSERT, UPDATE') END
        GROUP BY r.relation, r.kind
    ), definers AS MATERIALIZED (
        -- The functions that callers run with rights of others, themselves or by writing to a table.
        SELECT p.oid, p.proowner, p.prokind, p.prosrc, p.prosqlbody IS NULL AND l.lanname NOT IN ('internal', 'c') AS has_text,
            (SELECT ARRAY(SELECT word[1] FROM tenancy.words(substr(setting, 13)) word) FROM unnest(p.proconfig) setting
                WHERE setting LIKE 'search\_path=%') AS path,
            b.by, b.users
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        CROSS JOIN LATERAL (
            (SELECT format('a trigger of %s runs it, and %s may write there', t.tgrelid::regclass, (array_agg(u.name ORDER BY u.role <> 'public', u.role DESC))[1]), array_agg(u.oid)
                 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid, caller u
                 WHERE p.prorettype = 'trigger'::regtype AND (u.oid = 0 OR NOT pg_has_role(u.oid, c.relowner, 'USAGE')) AND t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND has_schema_privilege(u.role, c.relnamespace, 'USAGE')
                     AND (has_table_privilege(u.role, c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(u.role, c.oid, 'INSERT, UPDATE'))
                 GROUP BY t.tgrelid ORDER BY t.tgrelid::regclass::text LIMIT 1)
            UNION ALL
            SELECT COALESCE(min(u.name) FILTER (WHERE u.role = 'public'), string_agg(u.name, ' and ' ORDER BY u.name DESC)) || ' may call it', array_agg(u.oid)
            FROM caller u
            WHERE p.prorettype <> 'trigger'::regtype AND (u.oid = 0 OR NOT pg_has_role(u.oid, p.proowner, 'USAGE')) AND has_schema_privilege(u.role, p.pronamespace, 'USAGE') AND has_function_privilege(u.role, p.oid, 'EXECUTE')
            HAVING count(*) > 0) b (by, users)
        WHERE p.prosecdef AND NOT tenancy.of_extension('pg_proc'::regclass, p.oid, p.proowner)
    ), written AS MATERIALIZED (
        -- Looking for a few names is quicker than reading every text for all its words.
        SELECT d.oid, w.word FROM definers d, tenancy.words(d.prosrc) w (word)
        WHERE d.has_text AND ((SELECT count(*) > 50 FROM relations) OR EXISTS (
            SELECT FROM relations r WHERE strpos(lower(d.prosrc), lower(replace(r.relname, '"', '""'))) > 0))
    ), uses AS (
        SELECT d.oid AS function, r.*, false AS in_text FROM relations r
        JOIN pg_depend p ON p.classid = 'pg_proc'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = r.relation
        JOIN definers d ON d.oid = p.objid
        UNION ALL
        SELECT w.oid, r.*, true FROM written w JOIN relations r ON r.relname = w.word[2] AND r.nspname = w.word[1]
        UNION ALL
        SELECT w.oid, r.*, true FROM written w JOIN relations r ON r.relname = w.word[1]
        JOIN definers d ON d.oid = w.oid AND (d.path IS NULL OR d.path && ARRAY[r.nspname::text, '$user'])
    )
    (SELECT DISTINCT ON (r.target, r.door, r.rule) r.target, CASE WHEN w.oid IS NULL THEN d.name ELSE format('%I on %s', w.rulename, d.name) END,
        CASE WHEN w.oid IS NOT NULL THEN 'rule' WHEN d.relkind = 'm' THEN 'materialized view' ELSE 'view' END,
        CASE WHEN d.relkind = 'm' THEN format('holds rows of %s from its last REFRESH, without row security', r.guarded::regclass)
            ELSE format('uses %s with the rights of %s, %s', r.source::regclass, d.owner, CASE WHEN r.source = r.guarded
                THEN CASE WHEN tenancy.passes_row_security(d.relowner, r.guarded) THEN 'whom its row security does not bind' ELSE 'whom a policy of it lets in' END
                ELSE 'and a materialized view has no row security' END) END
        || format('; %s may %s', u.by, CASE WHEN r.kind = 'x' THEN format('write to %s', r.relation::regclass)
            WHEN r.relation = r.door THEN 'use it' ELSE format('use it through %s', r.relation::regclass) END),
        CASE WHEN w.oid IS NOT NULL THEN format('DROP RULE %I ON %s', w.rulename, d.name)
            WHEN d.relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true)', d.name)
            ELSE COALESCE(format('REVOKE ALL ON %s FROM ', d.name) || (
                SELECT string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ', ')
                FROM (SELECT d.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = r.door) l (acl), aclexplode(l.acl) a
                WHERE a.grantee <> d.relowner AND (a.grantee = 0 OR EXISTS (
                    SELECT FROM caller c WHERE c.role <> 'public' AND pg_has_role(c.role, a.grantee, 'USAGE')))),
                format('DROP MATERIALIZED VIEW %s', d.name)) END,
        u.users
    FROM relations r JOIN usable u ON u.relation = r.relation AND u.kind = r.kind
    JOIN (SELECT oid, oid::regclass::text AS name, relkind, relacl, relowner, relowner::regrole AS owner FROM pg_class) d ON d.oid = r.door
    LEFT JOIN pg_rewrite w ON w.oid = r.rule
    ORDER BY r.target, r.door, r.rule, r.relation <> r.door, r.guarded <> r.target, r.guarded, r.relation)
    UNION ALL
    (SELECT DISTINCT ON (u.target, f.oid) u.target, f.oid::regprocedure::text, CASE f.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
        format('SECURITY DEFINER: uses %s with the rights of %s, %s', u.relation::regclass, f.proowner::regrole, CASE
            WHEN u.rows_of = 'everybody' THEN 'and that shows the rows of all tenants'
            WHEN tenancy.passes_row_security(f.proowner, u.guarded) THEN 'whom its row security does not bind'
            WHEN tenancy.has_own_policy(f.proowner, u.guarded, callers) THEN 'whom a policy of it lets in' ELSE 'who is staff' END)
        || CASE WHEN u.in_text THEN ' (found by the name in its text)' ELSE '' END || '; ' || f.by,
        format('ALTER %s %s SECURITY INVOKER', CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, f.oid::regprocedure), f.users
    FROM uses u JOIN definers f ON f.oid = u.function
    WHERE u.kind <> 'x' AND (u.rows_of = 'everybody' OR u.rows_of = 'reader' AND (
        tenancy.passes_row_security(f.proowner, u.guarded) OR tenancy.has_own_policy(f.proowner, u.guarded, callers) OR EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = ANY (tenancy.staff_roles()) AND pg_has_role(f.proowner, s.oid, 'USAGE'))))
    ORDER BY u.target, f.oid, u.in_text, u.kind <> 't', u.guarded <> u.target, u.relation)
    ORDER BY 1, 3, 2
$$;

COMMENT ON FUNCTION tenancy.doors(oid[], regclass[]) IS
'What tenancy.side_doors() finds for these callers, PUBLIC besides; users are those of them who may use it, 0 for PUBLIC.';

CREATE FUNCTION tenancy.side_doors(VARIADIC targets regclass[])
    RETURNS TABLE (target regclass, object text, kind text, why text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT d.target, d.object, d.kind, d.why, d.mend
        FROM tenancy.doors(ARRAY(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))), targets) d
        ORDER BY 1, 3, 2;
    END;

COMMENT ON FUNCTION tenancy.side_doors(regclass[]) IS
'What lets callers around the row security of these tables and their children, whoever they are: views and rules that read or write as an owner whom it does not bind, materialized views, SECURITY DEFINER functions; and for each the statement, for its owner, that ends this. Callers are the roles of settings authenticated and anonymous, and PUBLIC; objects of extensions are left out. A function whose body is text is found by the table''s name in it, and functions that it calls are not followed.';

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

CREATE OR REPLACE FUNCTION tenancy.unprotect(target regclass, dry_run boolean DEFAULT false) RETURNS SETOF text
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

CREATE FUNCTION tenancy.typescript_string(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN '''' || replace(substr(to_json(value)::text, 2, length(to_json(value)::text) - 2), '''', '\''') || '''';

COMMENT ON FUNCTION tenancy.typescript_string(text) IS
'A TypeScript string literal in single quotes.';

CREATE FUNCTION tenancy.typescript_sql(expression text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    -- A carriage return, left as it is, would be read as a line feed.
    RETURN 'sql`' || replace(replace(replace(replace(expression, '\', '\\'), '`', '\`'), '${', '\${'), chr(13), '\r') || '`';

COMMENT ON FUNCTION tenancy.typescript_sql(text) IS
'A TypeScript template literal, tagged with drizzle''s sql, that stands for this SQL.';

CREATE FUNCTION tenancy.typescript_column(column_name name) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN (
        SELECT CASE WHEN key ~ '^[A-Za-z_$][A-Za-z0-9_$]*$' THEN 'table.' || key
            ELSE 'table[' || tenancy.typescript_string(column_name) || ']' END
        FROM (SELECT string_agg(CASE position WHEN 1 THEN part ELSE upper(left(part, 1)) || substr(part, 2) END, '' ORDER BY position) AS key
              FROM string_to_table(column_name::text, '_') WITH ORDINALITY AS p (part, position)) AS k);

COMMENT ON FUNCTION tenancy.typescript_column(name) IS
'The property of a table that a schema.ts most often has for this column: table.tenantId for tenant_id.';

CREATE FUNCTION tenancy.drizzle(target regclass) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    kind "char";
    partition boolean;
    asked jsonb;
    entries text[];
    columns text[];
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'target must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT relkind, relispartition INTO kind, partition FROM pg_class WHERE oid = target;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % does not exist', target USING ERRCODE = 'undefined_table';
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is not a table', target USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Only tables and partitioned tables are protected.';
    ELSIF kind = 'p' OR partition THEN
        RAISE EXCEPTION '% is %', target, CASE kind WHEN 'p' THEN 'a partitioned table' ELSE 'a partition' END USING ERRCODE = 'feature_not_supported',
            DETAIL = 'drizzle-kit does not see partitioned tables, takes their partitions for tables, and drops those.',
            HINT = 'Name the table and its partitions in drizzle.config.ts: tablesFilter: [''*'', ''!...''].';
    END IF;
    asked := tenancy.asked(target);
    IF asked IS NULL THEN
        RAISE EXCEPTION 'table % is not protected', target USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'It has no policy tenancy_floor whose comment says what was asked.',
            HINT = format('First: SELECT tenancy.protect(%L)', target);
    END IF;

    -- The index that protect() makes, known by its name, since one that drizzle-kit made from these lines is not in the
    -- record of what protect() made. All others are in schema.ts already.
    SELECT array_agg(format('index(%s).on(%s),', tenancy.typescript_string(c.relname), keys.list) ORDER BY c.relname)
    INTO entries
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid,
        LATERAL (SELECT string_agg(tenancy.typescript_column(a.attname), ', ' ORDER BY k.position) AS list
                 FROM unnest(i.indkey) WITH ORDINALITY k (attnum, position)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS keys
    WHERE i.indrelid = target AND c.relname ~ '_tenancy_idx[0-9]*$' AND i.indexprs IS NULL AND i.indpred IS NULL;

    -- Every policy, whoever made it: those that schema.ts does not name are dropped.
    SELECT entries || array_agg(format('pgPolicy(%s, { %s }),', tenancy.typescript_string(p.polname), concat_ws(', ',
            'as: ' || CASE WHEN p.polpermissive THEN '''permissive''' ELSE '''restrictive''' END,
            'for: ' || CASE p.polcmd WHEN 'r' THEN '''select''' WHEN 'a' THEN '''insert''' WHEN 'w' THEN '''update'''
                WHEN 'd' THEN '''delete''' ELSE '''all''' END,
            'to: ' || CASE cardinality(p.polroles) WHEN 1 THEN roles.list ELSE '[' || roles.list || ']' END,
            'using: ' || tenancy.typescript_sql(pg_get_expr(p.polqual, p.polrelid)),
            'withCheck: ' || tenancy.typescript_sql(pg_get_expr(p.polwithcheck, p.polrelid))))
        ORDER BY p.polpermissive DESC, p.polname)
    INTO entries
    FROM pg_policy p,
        LATERAL (SELECT string_agg(tenancy.typescript_string(role), ', ' ORDER BY role) AS list
                 FROM (SELECT CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END FROM unnest(p.polroles) r) AS r (role)) AS roles
    WHERE p.polrelid = target;

    -- The columns that the policies go by, and every other that is filled from the caller. drizzle-kit reads a default without the cast at
    -- its end, so with it the default would be set again at each push.
    SELECT array_agg(replace(format('//   %s: %s', regexp_replace(a.attname, '[^ -~[:alnum:]]', ' ', 'g'), concat_ws('', CASE WHEN a.attnotnull THEN '.notNull()' END,
        '.default(' || tenancy.typescript_sql(regexp_replace(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[\w ".]+$', ''), '[^ -~\n[:alnum:]]', ' ', 'g')) || ')')), chr(10), '\n') ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND (a.attnotnull OR d.oid IS NOT NULL)
        AND (a.attname = asked ->> 'tenant_column' OR a.attname = asked ->> 'user_column' OR EXISTS (
            SELECT FROM pg_depend x JOIN pg_proc f ON f.oid = x.refobjid
            WHERE x.classid = 'pg_attrdef'::regclass AND x.objid = d.oid AND x.refclassid = 'pg_proc'::regclass
                AND f.pronamespace = 'auth'::regnamespace));

    RETURN QUERY SELECT string_to_table(array_to_string(
        ARRAY[format('// %s as drizzle-kit must know it. Imports:', regexp_replace(target::text, '[^ -~[:alnum:]]', ' ', 'g')),
            '//   import { sql } from ''drizzle-orm''',
            '//   import { index, pgPolicy } from ''drizzle-orm/pg-core''']
        || CASE WHEN columns IS NOT NULL THEN '// Columns end with:'::text || columns END
        || '// .enableRLS() behind pgTable(...) keeps row security on, should the policies ever get lost. Third argument:'::text
        || '(table) => ['::text
        || ARRAY(SELECT '  ' || e FROM unnest(entries) WITH ORDINALITY AS e (e, position) ORDER BY position)
        || ']'::text, chr(10)), chr(10));
END $$;

COMMENT ON FUNCTION tenancy.drizzle(regclass) IS
'The lines of schema.ts by which drizzle-kit leaves a protected table''s protection alone: all its policies, the index that protect() makes, and how the columns end that are filled from the caller. Errors: 55000 the table is not protected; 0A000 a partitioned table, or a partition; 42809 no table; 42P01; 22004.';

COMMENT ON FUNCTION tenancy.act(text[], text) IS
'Has this transaction speak for the caller of these claims, a JSON object, or for nobody, in any mode; roles, if given, are those in the active tenant. Returns the database role of the issuer that the claims name, NULL where it is that of all callers. What tenancy.act_as() calls; for tests. Errors: 42501 the login role does not administer pg_tenancy or, to begin, the current role does not; 22023 claims that are no object; 54000 claims, or roles, over 64 KB or 64 levels.';

COMMENT ON FUNCTION tenancy.stop_acting() IS
'Ends what tenancy.act() began; nothing else. The database role stays.';

CREATE FUNCTION tenancy.require_role(role name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object',
            HINT = 'SELECT tenancy.bootstrap_roles() makes the roles of callers; an issuer may name another.';
    ELSIF NOT pg_has_role(session_user, role, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
        RAISE EXCEPTION 'role "%" may not act as "%"', session_user, role USING ERRCODE = 'insufficient_privilege',
            HINT = format('GRANT %I TO %I;', role, session_user);
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.require_role(name) IS
'Raises unless the session''s login role may become this database role. Errors: 42704 no such role; 42501.';

CREATE FUNCTION tenancy.take_role(role name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM tenancy.require_role(role), set_config('role', role, true);
END $$;

COMMENT ON FUNCTION tenancy.take_role(name) IS
'SET LOCAL ROLE. Errors: as tenancy.require_role().';

CREATE FUNCTION tenancy.require_block(caller text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT tenancy.in_transaction_block() THEN
        RAISE EXCEPTION '%() can only be used in a transaction block', caller USING ERRCODE = 'no_active_sql_transaction',
            DETAIL = 'The caller it sets is forgotten when the transaction ends.',
            HINT = format('Send BEGIN first, then %s() as a statement of its own, then the queries.', caller);
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.require_block(text) IS 'Error 25P01 outside a transaction block, which names the function that is called.';

CREATE FUNCTION tenancy.act_as(sub text, tenant text DEFAULT NULL, roles text[] DEFAULT NULL, claims jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    database_role name;
BEGIN
    PERFORM tenancy.require_block('tenancy.act_as');
    IF sub IS NULL OR sub = '' THEN
        RAISE EXCEPTION 'sub must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is the caller''s id. To act as nobody, call tenancy.act_as_anonymous().';
    ELSIF tenant = '' THEN
        RAISE EXCEPTION 'tenant must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave it out, or give NULL, to use the tenant that the claims name, or the caller''s only one.';
    ELSIF cardinality(roles) > 0 AND NOT tenancy.is_list(roles) THEN
        RAISE EXCEPTION 'roles must be a list of names' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give ''{}'' for no roles, and NULL for those that the claims or the table of members give.';
    ELSIF claims IS NULL OR jsonb_typeof(claims) <> 'object' THEN
        RAISE EXCEPTION 'claims must be a JSON object' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give those that the caller''s token would have, besides sub; or leave them out.';
    END IF;
    database_role := tenancy.act(roles, (claims || jsonb_build_object('sub', sub))::text);
    PERFORM tenancy.choose(tenant);
    IF tenant IS NOT NULL AND auth.tenant_id() IS NULL THEN
        RAISE EXCEPTION 'the caller is no member of the tenant asked for' USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('The reason: %s.', tenancy.tenant_problem()),
            HINT = 'Leave tenant out to use the one that the claims name, or the caller''s only one.';
    END IF;
    PERFORM tenancy.take_role(COALESCE(database_role, tenancy.setting('authenticated')));
END $$;

COMMENT ON FUNCTION tenancy.act_as(text, text, text[], jsonb) IS
'For tests: has this transaction speak for a caller, in any mode and without a token, and takes the database role authenticated, or the one of the issuer that claim iss names, with SET LOCAL ROLE. sub is the caller''s id, claims the rest of what their token would say, read by the layout of that issuer, else as settings have it. tenant, if given, is the active tenant; where a table of members is in use, one the caller is a member of. roles, if given, are the caller''s in the active tenant. Until the transaction ends claims and tokens set otherwise do not count; auth.login(), auth.set_claims() and auth.logout() end it. For administrators: the login role and, to begin, the current role must be one; called again while acting it acts as somebody else. Errors: 25P01 outside a transaction block; 22023 no sub, an empty tenant, or roles or claims that are none; 42501 not an administrator, no member of tenant, or the login may not take the role; 42704 the role does not exist; 54000 claims, or roles, over 64 KB or 64 levels.';

CREATE FUNCTION tenancy.act_as_anonymous() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM tenancy.require_block('tenancy.act_as_anonymous');
    PERFORM tenancy.act(NULL, NULL);
    PERFORM tenancy.choose(NULL);
    PERFORM tenancy.take_role(tenancy.setting('anonymous'));
END $$;

COMMENT ON FUNCTION tenancy.act_as_anonymous() IS
'For tests: has this transaction speak for nobody, whatever claims or token are set, and takes the database role anonymous with SET LOCAL ROLE. For administrators, as tenancy.act_as(), and with its errors.';

CREATE FUNCTION tenancy.act_as_myself() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM tenancy.stop_acting();
    PERFORM tenancy.choose(NULL);
    PERFORM set_config('role', 'none', true);
END $$;

COMMENT ON FUNCTION tenancy.act_as_myself() IS
'Ends acting (tenancy.act_as) and the choice of a tenant, and gives back the login role as the database role, for the rest of the transaction.';

CREATE FUNCTION tenancy.is_native() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_regprocedure('auth.login(text,text)') IS NOT NULL;

COMMENT ON FUNCTION tenancy.is_native() IS 'Whether this is the edition with native code, which reads rows past FORCE for their owner.';

CREATE FUNCTION tenancy.require_trial(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation pg_class;
    strange text;
BEGIN
    SELECT * INTO relation FROM pg_class WHERE oid = target;
    IF relation.oid IS NULL THEN
        RAISE EXCEPTION 'table % does not exist', COALESCE(target::text, 'NULL') USING ERRCODE = 'undefined_table';
    ELSIF relation.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is not a table', target USING ERRCODE = 'wrong_object_type', DETAIL = 'Only tables and partitioned tables have row security.';
    ELSIF NOT pg_has_role(current_user, relation.relowner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of table %', target USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('It belongs to role "%s".', pg_get_userbyid(relation.relowner));
    END IF;
    SELECT string_agg(s, ', ') INTO strange FROM tenancy.strange_code(target) s;
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'table % would run code of others as role "%"', target, session_user USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('Its policies, triggers, keys or types use: %s.', strange),
            HINT = 'Log in as the owner of that code, or of the table, who has no more rights than it.';
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.require_trial(regclass) IS
'Raises unless the current role may try out a table''s row security: for its owner, and only where the code that runs is of somebody who could act as the session''s role anyway. Errors: 42P01 no such table; 42809 no table; 42501.';

-- A row as jsonb, for the rows of children come in their own order of columns.
CREATE FUNCTION tenancy.rows_of(target regclass, key jsonb, most int) RETURNS SETOF jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    native CONSTANT boolean := tenancy.is_native();
    owner CONSTANT oid := (SELECT relowner FROM pg_class WHERE oid = target);
    -- Those of the primary key first: by the first column an index is looked for.
    names text[] := ARRAY(SELECT k FROM jsonb_object_keys(key) k ORDER BY NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = target AND i.indisprimary AND a.attname = k), k);
    condition text := COALESCE((SELECT string_agg(format('r.%I = k.%1$I', n), ' AND ') FROM unnest(names) n), 'true');
    leaf regclass;
BEGIN
    IF tenancy.passes_row_security(owner, target) OR NOT (SELECT relrowsecurity FROM pg_class WHERE oid = target) OR NOT native AND NOT row_security_active(target) THEN
        RETURN QUERY SELECT jsonb_array_elements(tenancy.run_as(CASE WHEN row_security_active(target) OR native THEN pg_get_userbyid(owner) ELSE current_user END,
            format('SELECT jsonb_agg(x.j) FROM (SELECT to_jsonb(r.*) AS j FROM %1$s r, jsonb_populate_record(NULL::%1$s, $1) k WHERE ', target) || condition || format(' LIMIT %s) x', most), key)::jsonb);
        RETURN;
    END IF;
    FOR leaf IN SELECT c.oid FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation WHERE c.relkind = 'r' AND native ORDER BY f.position LOOP
        -- (What is found by an index may be more than was asked for, and by a column of some other type nothing is.)
        RETURN QUERY SELECT jsonb_array_elements(tenancy.run_as(pg_get_userbyid(owner),
            format('SELECT jsonb_agg(x.j) FROM (SELECT to_jsonb(r.*) AS j FROM jsonb_populate_record(NULL::%1$s, $1) k, unnest(COALESCE(tenancy.stored_rows(NULL::%1$s, %2$L, %3$L, %4$s),
                tenancy.stored_rows(NULL::%1$s, ''{}'', ''{}'', 100000))) r WHERE ', leaf, names, ARRAY(SELECT key ->> n FROM unnest(names) n), CASE names WHEN '{}' THEN most ELSE 1000 END)
            || condition || format(' LIMIT %s) x', most), key)::jsonb);
    END LOOP;
END $$;

COMMENT ON FUNCTION tenancy.rows_of(regclass, jsonb, int) IS
'At most so many rows of a table (of each partition, where row security binds its owner) that have the values of key in its columns, as jsonb objects; read with the rights of the table''s owner. None where row security binds the owner and the edition cannot read past it.';

CREATE FUNCTION tenancy.may_act() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN pg_has_role(session_user, tenancy.administrator(), 'USAGE') AND pg_has_role(current_user, tenancy.administrator(), 'USAGE');

COMMENT ON FUNCTION tenancy.may_act() IS 'Whether the session is the administrator''s, or a superuser''s, and acts with these rights.';

-- Claims NULL is nobody. Whoever calls this undoes it, with the subtransaction in which it does.
CREATE FUNCTION tenancy.become(claims jsonb, tenant text, roles text[], database_role name) RETURNS name
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenancy.may_act() THEN
        database_role := COALESCE(tenancy.act(roles, claims::text), database_role);
    ELSIF tenancy.claims_believed() THEN
        PERFORM set_config('pg_tenancy.token', '', true),
            set_config('request.jwt.claims', COALESCE((claims || CASE WHEN roles IS NULL THEN '{}' ELSE jsonb_build_object('roles', roles) END)::text, ''), true);
    ELSE
        RAISE EXCEPTION 'only the administrator tries out callers here: the mode is %', tenancy.setting('mode') USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Nobody else is believed to be a caller without a token.', HINT = format('Ask as role "%s".', pg_get_userbyid(tenancy.administrator()));
    END IF;
    PERFORM tenancy.choose(tenant);
    PERFORM tenancy.require_role(database_role);
    RETURN database_role;
END $$;

COMMENT ON FUNCTION tenancy.become(jsonb, text, text[], name) IS
'Makes the session a caller with these claims (NULL: nobody), this chosen tenant and these roles until the transaction or subtransaction ends: for administrators, and where claims are believed for everybody. Returns the database role for tenancy.run_as(): this one, or that of the issuer that the claims name. Errors: 42704 no such role; 42501.';

-- Whose a row is, by the columns of the table or of those that it belongs to.
CREATE FUNCTION tenancy.owner_of_row(target regclass, stored jsonb, asked jsonb, OUT tenant text, OUT usr text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key pg_constraint;
    parent jsonb;
BEGIN
    IF asked ? 'key' THEN
        SELECT * INTO key FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f';
        SELECT r INTO parent FROM tenancy.rows_of(key.confrelid, (
            SELECT jsonb_object_agg(p.attname, stored -> c.attname)
            FROM unnest(key.conkey, key.confkey) AS pair (referencing, referenced)
            JOIN pg_attribute c ON c.attrelid = target AND c.attnum = pair.referencing JOIN pg_attribute p ON p.attrelid = key.confrelid AND p.attnum = pair.referenced), 1) r;
        SELECT o.tenant, o.usr INTO tenant, usr FROM tenancy.owner_of_row(key.confrelid, parent, asked -> 'above') o;
        RETURN;
    END IF;
    tenant := stored ->> COALESCE(asked ->> 'tenant_column', CASE WHEN asked IS NULL THEN tenancy.setting('tenant_column') END);
    usr := stored ->> COALESCE(asked ->> 'user_column', CASE WHEN asked IS NULL THEN tenancy.setting('user_column') END);
END $$;

COMMENT ON FUNCTION tenancy.owner_of_row(regclass, jsonb, jsonb) IS
'The tenant and the user whose a row of the table, a jsonb object, is, as asked of tenancy.protect(), or by the columns of settings tenant_column and user_column; NULL where it has none.';

-- A user who may act for the tenant, and for none of the others: as the table of members has it, if there is one.
CREATE FUNCTION tenancy.user_of(tenant text, others text[]) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source record;
    member text;
BEGIN
    IF to_regclass('tenancy.member_source') IS NULL OR tenancy.setting('members') = '' OR tenancy.setting('require_membership') = 'off' THEN
        RETURN 'somebody';
    END IF;
    EXECUTE 'SELECT * FROM tenancy.member_source' INTO source;
    IF source.source IS NULL OR NOT has_table_privilege(source.source, 'SELECT') THEN
        RETURN NULL;
    END IF;
    WITH members AS MATERIALIZED (
        SELECT r ->> source.user_column AS usr, r ->> source.tenant_column AS of_tenant
        FROM tenancy.rows_of(source.source, '{}', 100000) r
        WHERE (source.active_column IS NULL OR r ->> source.active_column NOT IN ('false', 'inactive'))
            AND (source.inactive_column IS NULL OR COALESCE(r ->> source.inactive_column, 'false') = 'false'))
    SELECT m.usr INTO member FROM members m WHERE m.of_tenant = tenant AND m.usr IS NOT NULL AND NOT EXISTS (SELECT FROM members o WHERE o.usr = m.usr AND o.of_tenant = ANY (others)) LIMIT 1;
    IF source.users IS NOT NULL THEN
        SELECT r ->> source.subject_column INTO member FROM tenancy.rows_of(source.users, jsonb_build_object(source.key_column, member), 1) r;
    END IF;
    RETURN member;
END $$;

COMMENT ON FUNCTION tenancy.user_of(text, text[]) IS
'The sub of a member of the tenant who is a member of none of the others, or any word where no table of members is in use; NULL where nobody is found.';

-- (A choice of a tenant counts for the active one alone; template any_tenant asks for all that the claims name.)
CREATE FUNCTION tenancy.claims_naming(sub text, tenant text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place jsonb := COALESCE(NULLIF(tenancy.setting('tenant_path'), '')::jsonb, (
        SELECT path FROM jsonb_array_elements(tenancy.layout_data()) l, jsonb_array_elements(l -> 'tenant') WITH ORDINALITY AS p (path, position)
        WHERE l ->> 'name' = tenancy.setting('layout') AND path <> 'null' ORDER BY position LIMIT 1), '["tenant_id"]');
    claims jsonb := to_jsonb(tenant);
BEGIN
    FOR level IN REVERSE jsonb_array_length(place) - 1 .. 0 LOOP
        claims := jsonb_build_object(place ->> level, claims);
    END LOOP;
    RETURN COALESCE(claims, '{}') || jsonb_build_object('sub', sub);
END $$;

COMMENT ON FUNCTION tenancy.claims_naming(text, text) IS 'Claims of a user that name this tenant (NULL: none) where the settings have it looked for.';

-- Runs a statement as a caller and undoes it. The answer: how many rows, or the error.
CREATE FUNCTION tenancy.attempt(statement text, argument jsonb, claims jsonb, tenant text, roles text[], database_role name, malformed boolean) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    affected text;
    became boolean := false;
    undone CONSTANT text := gen_random_uuid();
BEGIN
    database_role := tenancy.become(claims, tenant, roles, database_role);
    IF malformed THEN
        PERFORM tenancy.stop_acting(), set_config('pg_tenancy.token', '', true), set_config('request.jwt.claims', '{"sub": "somebody', true);
    END IF;
    -- (What a deferred constraint waits for would be the end of the transaction.)
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config('lock_timeout', '2s', true);
    became := true;
    affected := tenancy.run_as(database_role, statement, argument);
    RAISE EXCEPTION USING ERRCODE = 'TN000', MESSAGE = undone;
EXCEPTION
    WHEN OTHERS THEN
        IF NOT became THEN
            RAISE;
        ELSIF SQLSTATE = 'TN000' AND SQLERRM = undone THEN
            RETURN format('%s %s', affected, CASE affected WHEN '1' THEN 'row' ELSE 'rows' END);
        END IF;
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
END $$;

COMMENT ON FUNCTION tenancy.attempt(text, jsonb, jsonb, text, text[], name, boolean) IS
'How many rows a statement finds or changes for a caller, or the error that it raises, as text; everything is undone. Errors: those of tenancy.become().';

CREATE FUNCTION tenancy.prove(target regclass, with_triggers boolean DEFAULT false)
    RETURNS TABLE (caller text, command text, attempt text, expected text, observed text, passed boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    asked jsonb := tenancy.asked(target);
    -- (Whose a row is may have to be looked up, in its parents.)
    look_at CONSTANT int := CASE WHEN asked ? 'key' THEN 1000 ELSE 10000 END;
    looked jsonb[];
    root jsonb := asked;
    by_user boolean;
    triggers text;
    own record;
    theirs record;
    swap record;
    subject text;
    needed text[] := ARRAY(SELECT DISTINCT e FROM unnest('{read,write,remove}'::text[]) a, jsonb_array_elements_text(asked -> a) e);
    roles text[];
    permissions jsonb;
    owning text[];     -- the columns by which a row is somebody's
    identity text[];   -- those of the primary key
    columns text[];    -- those that an INSERT names
    settable text;     -- one that an UPDATE sets to itself
    relation CONSTANT text := target::text;
    records CONSTANT text := format('jsonb_populate_record(NULL::%1$s, $1 -> ''own'') own, jsonb_populate_record(NULL::%1$s, $1 -> ''theirs'') theirs', relation);
    is_own text;       -- that r is this row, as a condition
    is_theirs text;
    listed text;       -- columns, for an INSERT
    of_theirs text;    -- the values of the other's row for them
    mixed text;        -- the same, but in the own tenant
    tried record;
    sees_own boolean;
    may_change boolean := true;
    may_remove boolean := true;
    own_rows int;      -- how many rows there are of the owner of the own row; NULL where they are many, or not all were looked at
    allowed int;
    leaf regclass;
    -- (With row_security off, a query that it would narrow is an error.)
    row_security_is_on CONSTANT boolean := current_setting('row_security')::boolean;
BEGIN
    PERFORM tenancy.require_trial(target);
    IF with_triggers IS NULL THEN
        RAISE EXCEPTION 'with_triggers must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH RECURSIVE reached AS (
        SELECT f.relation::oid AS relation FROM tenancy.family(target) f (relation)
        UNION
        -- What ON DELETE and ON UPDATE change, and their partitions
        SELECT n.relation FROM reached r CROSS JOIN LATERAL (
            SELECT k.conrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = r.relation AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r'))
            UNION ALL SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = r.relation) n (relation)
    )
    SELECT string_agg(t.what, ', ' ORDER BY t.what) INTO triggers FROM (
        SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid IN (SELECT relation FROM reached) AND t.tgfoid NOT IN (SELECT oid FROM pg_proc WHERE pronamespace = 'tenancy'::regnamespace)
        UNION ALL SELECT format('rule %I on %s', w.rulename, w.ev_class::regclass) FROM pg_rewrite w WHERE w.ev_class IN (SELECT relation FROM reached)) t (what);
    IF triggers IS NOT NULL AND NOT with_triggers THEN
        RAISE EXCEPTION 'table % has triggers or rules, which attempts would run', target USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('They are: %s.', triggers),
            HINT = 'Where all they do is undone by a rollback: tenancy.prove(..., with_triggers => true).';
    END IF;

    PERFORM tenancy.require_role(tenancy.setting('authenticated'));
    WHILE root -> 'above' <> 'null' LOOP
        root := root -> 'above';
    END LOOP;
    by_user := root ->> 'template' = 'user' OR root IS NULL AND NOT tenancy.has_column(target, tenancy.setting('tenant_column')::name);
    looked := ARRAY(SELECT jsonb_build_object('stored', r, 'tenant', o.tenant, 'usr', o.usr, 'of', CASE WHEN by_user THEN o.usr ELSE o.tenant END)
        FROM tenancy.rows_of(target, '{}', look_at) r, tenancy.owner_of_row(target, r, asked) o);
    SELECT l -> 'stored' AS stored, l ->> 'tenant' AS tenant, l ->> 'usr' AS usr, l ->> 'of' AS of INTO own FROM unnest(looked) l WHERE l ->> 'of' IS NOT NULL LIMIT 1;
    SELECT l -> 'stored' AS stored, l ->> 'tenant' AS tenant, l ->> 'usr' AS usr, l ->> 'of' AS of INTO theirs FROM unnest(looked) l WHERE l ->> 'of' <> own.of LIMIT 1;
    IF theirs.stored IS NULL THEN
        RETURN QUERY SELECT NULL::text, NULL::text, 'find rows of two owners', 'two rows', format('not provable: %s', CASE
            WHEN row_security_active(target) AND NOT tenancy.is_native() THEN 'row security hides the rows from the current role; ask as one with BYPASSRLS'
            WHEN asked IS NULL AND NOT tenancy.has_column(target, tenancy.setting('tenant_column')::name) AND NOT tenancy.has_column(target, tenancy.setting('user_column')::name)
                THEN format('it is not protected, and has neither column %I nor %I, which settings tenant_column and user_column name', tenancy.setting('tenant_column'), tenancy.setting('user_column'))
            WHEN own.stored IS NULL THEN 'no row that belongs to anybody is found'
            WHEN cardinality(looked) < look_at THEN 'all rows are of one owner'
            ELSE format('the first %s rows are all of one owner', look_at) END), NULL::boolean;
        RETURN;
    END IF;
    subject := CASE WHEN by_user THEN own.usr ELSE tenancy.user_of(own.tenant, ARRAY[theirs.tenant]) END;
    IF subject IS NULL THEN
        swap := own;
        own := theirs;
        theirs := swap;
        subject := tenancy.user_of(own.tenant, ARRAY[theirs.tenant]);
    END IF;
    IF subject IS NULL THEN
        RETURN QUERY SELECT NULL::text, NULL::text, 'find a member of one tenant who is none of the other', 'a member',
            'not provable: the table of members has none that the current role may read', NULL::boolean;
        RETURN;
    END IF;
    roles := NULLIF(ARRAY(SELECT e FROM unnest(needed) e WHERE NOT tenancy.is_permission(e)), '{}');
    permissions := to_jsonb(ARRAY(SELECT e FROM unnest(needed) e WHERE tenancy.is_permission(e)));
    IF permissions <> '[]' AND tenancy.may_act() THEN
        -- Acting with roles, it is these that permissions come from: one that has them all by definition.
        roles := COALESCE((SELECT COALESCE(roles, '{}') || d.role FROM tenancy.role_definition d WHERE NOT EXISTS (
            SELECT FROM unnest(needed) n WHERE tenancy.is_permission(n) AND NOT EXISTS (SELECT FROM unnest(tenancy.role_permissions(d.role, own.tenant)) g
                WHERE g IN (n, '*.*') OR g LIKE '%.*' AND starts_with(n, left(g, -1)))) ORDER BY d.role <> 'owner', d.role LIMIT 1), roles);
    END IF;

    owning := CASE WHEN asked ? 'key' THEN ARRAY(SELECT a.attname::text FROM pg_constraint k, unnest(k.conkey) c JOIN pg_attribute a ON a.attnum = c
            WHERE k.conrelid = target AND k.conname = asked ->> 'key' AND a.attrelid = target)
        ELSE ARRAY(SELECT c FROM unnest(ARRAY[COALESCE(asked ->> 'tenant_column', tenancy.setting('tenant_column')), COALESCE(asked ->> 'user_column', CASE WHEN by_user THEN tenancy.setting('user_column') END)]) c
            WHERE tenancy.has_column(target, c::name)) END;
    SELECT COALESCE(array_agg(a.attname::text), '{}') INTO identity FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
    WHERE i.indrelid = target AND i.indisprimary;
    -- Columns that callers may write: where they may write some only, an attempt at another would be refused for that.
    SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO columns FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND (has_column_privilege(tenancy.setting('authenticated'), target, a.attnum, 'INSERT') OR NOT has_any_column_privilege(tenancy.setting('authenticated'), target, 'INSERT'));
    SELECT a.attname INTO settable FROM pg_attribute a
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a' AND a.attname::text <> ALL (identity || owning)
        AND (has_column_privilege(tenancy.setting('authenticated'), target, a.attnum, 'UPDATE') OR NOT has_any_column_privilege(tenancy.setting('authenticated'), target, 'UPDATE'))
    ORDER BY EXISTS (SELECT FROM pg_index i WHERE i.indrelid = target AND i.indisunique AND a.attnum = ANY (i.indkey)), a.attnum LIMIT 1;
    settable := COALESCE(settable, owning[1]);
    is_own := CASE identity WHEN '{}' THEN 'to_jsonb(r.*) = ($1 -> ''own'')' ELSE (SELECT string_agg(format('r.%I = own.%1$I', i), ' AND ') FROM unnest(identity) i) END;
    is_theirs := CASE identity WHEN '{}' THEN 'to_jsonb(r.*) = ($1 -> ''theirs'')' ELSE (SELECT string_agg(format('r.%I = theirs.%1$I', i), ' AND ') FROM unnest(identity) i) END;
    SELECT string_agg(quote_ident(n), ', ' ORDER BY p), string_agg(format('theirs.%I', n), ', ' ORDER BY p),
        string_agg(format('%I.%I', CASE WHEN n = ANY (owning) THEN 'own' ELSE 'theirs' END, n), ', ' ORDER BY p)
    INTO listed, of_theirs, mixed FROM unnest(columns) WITH ORDINALITY AS x (n, p);

    -- (Rows that an attempt reaches are locked until it is undone.)
    own_rows := CASE WHEN cardinality(looked) <= 1000 THEN (SELECT count(*) FROM unnest(looked) l WHERE l ->> 'of' = own.of) END;

    FOR tried IN
        WITH callers (place, caller, claims, tenant, roles, role, malformed) AS (VALUES
            (1, CASE WHEN by_user THEN 'another user' ELSE 'a caller of another tenant' END,
                tenancy.claims_naming(subject, own.tenant) || CASE permissions WHEN '[]' THEN '{}' ELSE jsonb_build_object('permissions', permissions) END,
                own.tenant, roles, tenancy.setting('authenticated'), false),
            (2, 'signed in, without a tenant', '{"sub": "nobody in particular"}', NULL, NULL, tenancy.setting('authenticated'), false),
            (3, 'a tenant that there is not', tenancy.claims_naming('nobody in particular', 'no such tenant'), 'no such tenant', NULL, tenancy.setting('authenticated'), false),
            (4, 'nobody', NULL, NULL, NULL, tenancy.setting('authenticated'), false),
            (5, 'malformed claims', NULL, NULL, NULL, tenancy.setting('authenticated'), true),
            (6, 'anonymous', NULL, NULL, NULL, tenancy.setting('anonymous'), false)
        ), attempts (place, command, attempt, expected, everybody, statement) AS (VALUES
            (1, 'SELECT', 'read the own row', '1 row', false, 'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_own),
            (1.1, 'UPDATE', 'change the own row', '1 row', false, CASE WHEN has_any_column_privilege(tenancy.setting('authenticated'), target, 'UPDATE') THEN
                'UPDATE ' || relation || format(' r SET %I = own.%1$I FROM ', settable) || records || ' WHERE ' || is_own END),
            (1.2, 'DELETE', 'delete the own row', '1 row', false, CASE WHEN has_table_privilege(tenancy.setting('authenticated'), target, 'DELETE') THEN
                'DELETE FROM ' || relation || ' r USING ' || records || ' WHERE ' || is_own END),
            (2, 'SELECT', 'read the other''s row', CASE asked ->> 'template' WHEN 'public_read' THEN '1 row' ELSE 'nothing' END, true,
                'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_theirs),
            (3, 'SELECT', 'lock the other''s row', 'nothing', false, 'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_theirs || ' FOR UPDATE OF r'),
            (4, 'INSERT', 'write a row of the other''s', 'nothing', true,
                'INSERT INTO ' || relation || ' (' || listed || ') OVERRIDING SYSTEM VALUE SELECT ' || of_theirs || ' FROM ' || records),
            (5, 'INSERT', 'write over the other''s row by its key', 'nothing', false, CASE WHEN identity <> '{}' AND NOT identity && owning THEN
                'INSERT INTO ' || relation || ' (' || listed || ') OVERRIDING SYSTEM VALUE SELECT ' || mixed || ' FROM ' || records || ' ON CONFLICT ('
                || (SELECT string_agg(quote_ident(i), ', ') FROM unnest(identity) i) || format(') DO UPDATE SET %I = excluded.%1$I', settable) END),
            (6, 'UPDATE', 'change the other''s row', 'nothing', true,
                'UPDATE ' || relation || format(' r SET %I = theirs.%1$I FROM ', settable) || records || ' WHERE ' || is_theirs),
            (7, 'UPDATE', 'give the own row to the other', 'nothing', false,
                'UPDATE ' || relation || ' r SET ' || (SELECT string_agg(format('%I = theirs.%1$I', o), ', ') FROM unnest(owning) o) || ' FROM ' || records || ' WHERE ' || is_own),
            (8, 'DELETE', 'delete the other''s row', 'nothing', true, 'DELETE FROM ' || relation || ' r USING ' || records || ' WHERE ' || is_theirs),
            (9, 'MERGE', 'delete the other''s row', 'nothing', false,
                'MERGE INTO ' || relation || ' r USING (SELECT theirs.* FROM ' || records || ') theirs ON ' || is_theirs || ' WHEN MATCHED THEN DELETE'),
            -- (These name no column, so that no right to read is asked, and no policy for it.)
            (10, 'UPDATE', 'change all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN
                'UPDATE ' || relation || format(' SET %I = (SELECT own.%1$I FROM ', settable) || records || ')' END),
            (11, 'DELETE', 'delete all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN 'DELETE FROM ' || relation END),
            (12, 'UPDATE', 'make all rows one''s own', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN
                'UPDATE ' || relation || ' SET ' || (SELECT string_agg(format('%I = (SELECT own.%1$I FROM ', o) || records || ')', ', ') FROM unnest(owning) o) END),
            (13, 'SELECT', 'read all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL AND COALESCE(asked ->> 'template', '') NOT IN ('public_read', 'tenant_or_global') THEN 'SELECT FROM ' || relation END)
        )
        SELECT c.*, a.place AS step, a.command, a.attempt, a.expected, a.statement
        FROM callers c JOIN attempts a ON c.place = 1 OR a.everybody
        WHERE a.statement IS NOT NULL AND (c.place < 6 OR EXISTS (SELECT FROM pg_roles WHERE rolname = tenancy.setting('anonymous')))
        ORDER BY c.place, a.place
    LOOP
        caller := tried.caller;
        command := tried.command;
        attempt := tried.attempt;
        allowed := CASE WHEN tried.expected = 'the own rows' AND tried.place = 1 THEN own_rows ELSE 0 END;
        expected := CASE WHEN tried.expected <> 'the own rows' THEN tried.expected WHEN allowed = 0 THEN 'nothing' ELSE format('%s at most', allowed) END;
        observed := tenancy.attempt(tried.statement, jsonb_build_object('own', own.stored, 'theirs', theirs.stored), tried.claims, tried.tenant, tried.roles, tried.role, tried.malformed);
        passed := CASE WHEN tried.expected ~ 'row$' THEN observed = tried.expected
            WHEN starts_with(observed, '42501') AND row_security_is_on THEN true
            WHEN observed ~ '^[0-9]+ rows?$' THEN split_part(observed, ' ', 1)::bigint <= allowed
            -- A constraint is asked once row security has let the row through; any other error tells nothing.
            WHEN starts_with(observed, '23') AND allowed = 0 THEN false END;
        IF tried.step < 2 THEN
            -- The controls: who can do nothing at all proves nothing by it.
            passed := NULLIF(passed OR starts_with(observed, '23'), false);
            CASE tried.step WHEN 1 THEN sees_own := passed IS NOT NULL; WHEN 1.1 THEN may_change := passed IS NOT NULL; ELSE may_remove := passed IS NOT NULL; END CASE;
        ELSIF tried.place = 1 AND NOT (sees_own AND (may_change OR tried.command <> 'UPDATE') AND (may_remove OR tried.command NOT IN ('DELETE', 'MERGE'))) THEN
            passed := NULLIF(passed, true);
        END IF;
        RETURN NEXT;
    END LOOP;
    -- Partitions and children that callers may ask by themselves
    FOR leaf IN SELECT f FROM tenancy.family(target) f WHERE f <> target AND has_any_column_privilege(tenancy.setting('authenticated'), f, 'SELECT') LOOP
        caller := CASE WHEN by_user THEN 'another user' ELSE 'a caller of another tenant' END;
        command := 'SELECT';
        attempt := format('read the rows of others in %s', leaf);
        expected := 'nothing';
        observed := tenancy.attempt('SELECT FROM ' || leaf || ' r, ' || records || ' WHERE ' || is_theirs, jsonb_build_object('own', own.stored, 'theirs', theirs.stored),
            tenancy.claims_naming(subject, own.tenant), own.tenant, roles, tenancy.setting('authenticated'), false);
        passed := CASE WHEN observed = '0 rows' OR starts_with(observed, '42501') THEN true WHEN observed ~ 'rows?$' THEN false END;
        RETURN NEXT;
    END LOOP;
    RETURN QUERY SELECT CASE WHEN r.rolname = tenancy.setting('authenticated') THEN 'signed in' ELSE 'anonymous' END, 'TRUNCATE', 'hold the privilege', 'nothing',
        CASE WHEN has_table_privilege(r.oid, target, 'TRUNCATE') THEN 'granted' ELSE 'not granted' END, NOT has_table_privilege(r.oid, target, 'TRUNCATE')
    FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) ORDER BY 1 DESC;
END $$;

COMMENT ON FUNCTION tenancy.prove(regclass, boolean) IS
'Tries to cross the border of a table with two of its rows that belong to different tenants (or users), as a caller of one, without a tenant, with one that there is not, as nobody, with malformed claims and as anonymous: caller, command, attempt, expected (nothing: no row is found or changed, or 42501), observed, passed; NULL where it cannot be proved (observed says why; where the control, a caller''s own row, is not seen either). What it writes and sets is undone: each attempt takes ROW EXCLUSIVE and is rolled back; the rows that it reaches are locked meanwhile. TRUNCATE goes by privilege. Callers are the roles authenticated (or an issuer''s) and anonymous; policies for other roles are not tried. For the table''s owner; where claims are not believed for the administrator. Looks at the first 10,000 rows for two owners (1,000 under via_parent); what reaches all rows is tried on tables of at most 1,000. Errors: those of tenancy.require_trial() and tenancy.become(); 55000 triggers or rules of others would run, unless with_triggers; 22004.';

CREATE TYPE tenancy.expression_node AS (
    id int,              -- counted from 1, parents first
    parent int,          -- the node that this one stands in; NULL for the first
    ancestors int[],     -- all of those, the outermost first
    field text,          -- in which field of it
    type text,           -- VAR, FUNCEXPR, OPEXPR, SUBLINK, QUERY, ... as in src/include/nodes
    depth int,           -- how many queries it stands in: 0 outside every sub-select
    query int,           -- the outermost of those; NULL at depth 0
    own_column smallint, -- the number of the column, if it is one of the policy's own table
    per_row boolean,     -- evaluated for each row: not in a sub-select, or in one that reads a column of the policy's own table
    function oid,        -- what it calls: a function, or that of an operator
    value text,          -- of a constant that is text, a name, boolean or text[]
    fields jsonb         -- its fields that are no nodes, as text: funcid, opno, varattno, relid, boolop, sublinktype, ...
);

COMMENT ON TYPE tenancy.expression_node IS 'A node of an expression''s parse tree: tenancy.expression_nodes().';

-- (src/include/utils/array.h: a length, the dimensions, where the elements begin if some are NULL, their type; for each dimension
-- its size, then its first number; the elements, each with its length before it and aligned to four bytes.)
CREATE FUNCTION tenancy.expression_array(bytes bytea) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    elements text[] := '{}';
    place int := 24;
    size int;
BEGIN
    IF length(bytes) = 16 THEN
        RETURN elements;
    ELSIF substr(bytes, 5, 12) <> '\x010000000000000019000000' THEN
        RETURN NULL;
    END IF;
    WHILE place < length(bytes) LOOP
        -- (A quarter of the number: its lowest two bits are flags, and 0 here.)
        size := (get_byte(bytes, place) + 256 * get_byte(bytes, place + 1) + 65536 * get_byte(bytes, place + 2)) / 4;
        IF size < 4 THEN
            RETURN NULL;
        END IF;
        elements := elements || convert_from(substr(bytes, place + 5, size - 4), getdatabaseencoding())::text;
        place := place + (size + 3) / 4 * 4;
    END LOOP;
    RETURN elements;
END $$;

COMMENT ON FUNCTION tenancy.expression_array(bytea) IS
'The text[] that is stored as these bytes; NULL where an element is NULL, where it has several dimensions, and on big-endian machines.';

CREATE FUNCTION tenancy.expression_constant(type text, bytes text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hex text := (SELECT string_agg(lpad(to_hex(b::int & 255), 2, '0'), '' ORDER BY n)
        FROM regexp_split_to_table(substring(bytes FROM '\[ *(.*?) *\]'), ' +') WITH ORDINALITY AS x (b, n));
BEGIN
    RETURN CASE
        WHEN type::oid = 'bool'::regtype THEN (left(hex, 2) <> '00')::text
        WHEN type::oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN
            -- (Four bytes tell the length.)
            convert_from(decode(substr(hex, 9), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'unknown'::regtype THEN convert_from(decode(left(hex, -2), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'name'::regtype THEN convert_from(decode(regexp_replace(hex, '(00)+$', ''), 'hex'), getdatabaseencoding())
        WHEN type::oid = 'text[]'::regtype THEN tenancy.expression_array(decode(hex, 'hex'))::text
    END;
END $$;

COMMENT ON FUNCTION tenancy.expression_constant(text, text) IS
'The text, name, boolean or text[], as text, that the bytes of a constant in a pg_node_tree stand for; NULL for other types.';

CREATE FUNCTION tenancy.expression_nodes(tree text) RETURNS SETOF tenancy.expression_node
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept CONSTANT text[] := '{funcid,opno,opfuncid,hashfuncid,varno,varattno,varlevelsup,consttype,constisnull,constvalue,useor,boolop,sublinktype,
        nulltesttype,booltesttype,argisrow,relid,rtekind,op,resulttype,aggfnoid,winfnoid,ctename,type,commandtype,hasaggs,jointype,resno,resjunk}';
    token text;
    first "char";
    current int := 0;          -- the node that is open
    field text;
    types text[] := '{}';
    parents int[] := '{}';
    named text[] := '{}';      -- in which field each stands
    fields jsonb[] := '{}';
    open_fields text[] := '{}';
BEGIN
    FOR token IN SELECT m[1] FROM regexp_matches(tree, '(\{[A-Z_]+|[}()]|:[A-Za-z_][A-Za-z_0-9.]*|\d+ \[[^]]*\]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}\\])+)', 'g') AS m LOOP
        first := token;
        CASE first
            WHEN '{' THEN
                types := types || substr(token, 2);
                parents := parents || NULLIF(current, 0);
                named := named || field;
                fields := fields || '{}'::jsonb;
                open_fields := open_fields || field;
                current := cardinality(types);
            WHEN '}' THEN
                current := COALESCE(parents[current], 0);
                field := open_fields[cardinality(open_fields)];
                open_fields := open_fields[:cardinality(open_fields) - 1];
            WHEN ':' THEN field := lower(substr(token, 2));
            WHEN '(', ')' THEN NULL;
            ELSE
                IF field = ANY (kept) AND token <> '<>' THEN
                    fields[current] := fields[current] || jsonb_build_object(field, token);
                END IF;
        END CASE;
    END LOOP;
    RETURN QUERY
        WITH RECURSIVE node AS MATERIALIZED (
            SELECT * FROM unnest(types, parents, named, fields) WITH ORDINALITY AS n (type, parent, field, fields, id)
        ), placed AS (
            SELECT n.*, '{}'::int[] AS ancestors, 0 AS depth, NULL::int AS query FROM node n WHERE n.parent IS NULL
            UNION ALL
            SELECT n.*, p.ancestors || p.id::int, p.depth + (p.type = 'QUERY')::int, COALESCE(p.query, CASE p.type WHEN 'QUERY' THEN p.id::int END)
            FROM placed p JOIN node n ON n.parent = p.id
        ), owned AS (
            SELECT p.*, CASE WHEN p.type = 'VAR' AND (p.fields ->> 'varlevelsup')::int = p.depth THEN (p.fields ->> 'varattno')::smallint END AS own_column FROM placed p
        )
        SELECT o.id::int, o.parent, o.ancestors, o.field, o.type, o.depth, o.query, o.own_column,
            o.query IS NULL OR EXISTS (SELECT FROM owned w WHERE w.query = o.query AND w.own_column IS NOT NULL),
            NULLIF(COALESCE(o.fields ->> 'funcid', o.fields ->> 'opfuncid'), '0')::oid,
            CASE WHEN o.type = 'CONST' AND o.fields ->> 'constisnull' = 'false' THEN tenancy.expression_constant(o.fields ->> 'consttype', o.fields ->> 'constvalue') END,
            o.fields
        FROM owned o ORDER BY o.id;
END $$;

COMMENT ON FUNCTION tenancy.expression_nodes(text) IS
'The nodes of a pg_node_tree, given as text, that is an expression over the columns of one table; parents come before what stands in them.';

CREATE FUNCTION tenancy.policies_asked(target regclass, command "char", database_role oid)
    RETURNS TABLE (policy name, permissive boolean, command "char", roles text, applies boolean, reads boolean, using_expression text, check_expression text, needs_row boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- To change or remove a row that a query names by its columns, it must be seen as well.
    SELECT p.polname, p.polpermissive, p.polcmd, r.names, r.applies, p.polcmd = 'r' AND command <> 'r',
        CASE WHEN command <> 'a' THEN pg_get_expr(p.polqual, p.polrelid) END,
        CASE WHEN command IN ('a', 'w') AND p.polcmd <> 'r' THEN pg_get_expr(COALESCE(p.polwithcheck, p.polqual), p.polrelid) END,
        EXISTS (SELECT FROM tenancy.expression_nodes(concat(CASE WHEN command <> 'a' THEN p.polqual::text END, CASE WHEN command IN ('a', 'w') AND p.polcmd <> 'r' THEN COALESCE(p.polwithcheck, p.polqual)::text END)) n
            WHERE n.own_column IS NOT NULL)
    FROM pg_policy p CROSS JOIN LATERAL (
        SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role)::text END, ', ' ORDER BY position),
            bool_or(CASE role WHEN 0 THEN true ELSE pg_has_role(database_role, role, 'USAGE') END)
        FROM unnest(p.polroles) WITH ORDINALITY AS r (role, position)) r (names, applies)
    WHERE p.polrelid = target AND (p.polcmd IN ('*', command) OR p.polcmd = 'r' AND command IN ('w', 'd'))
    ORDER BY NOT p.polpermissive, p.polname
$$;

COMMENT ON FUNCTION tenancy.policies_asked(regclass, "char", oid) IS
'The policies of a table that Postgres asks for a command (as in pg_policy.polcmd): whether each applies to the database role, whether it is asked for reading the row alone, its expressions where they count for the command, and whether these need a row.';

-- The value of an expression for a row, as a role: true, false, NULL, or the error. No value where it is not known.
CREATE FUNCTION tenancy.value_for(target regclass, expression text, stored jsonb, database_role name) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
BEGIN
    RETURN COALESCE(tenancy.run_as(database_role, 'SELECT ' || expression || '::boolean::text FROM (SELECT (jsonb_populate_record(NULL::' || target || ', $1)).*) AS '
        || (SELECT quote_ident(relname) FROM pg_class WHERE oid = target), stored), 'NULL');
EXCEPTION
    -- The expression is parsed anew, by a role that may not name what its owner did: a schema, or a column of the system.
    WHEN undefined_column THEN
        RETURN NULL;
    WHEN insufficient_privilege THEN
        IF SQLERRM ~ ' schema ' THEN
            RETURN NULL;
        END IF;
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
    WHEN OTHERS THEN
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
END $$;

COMMENT ON FUNCTION tenancy.value_for(regclass, text, jsonb, name) IS
'What an expression over the columns of a table gives for a row, a jsonb object, to a database role: true, false, NULL, or SQLSTATE and message of the error it raises; SQL NULL where that role cannot write the expression itself.';

-- The row as it would be inserted: what is not given is what the default gives the caller. (A sequence keeps its numbers.)
CREATE FUNCTION tenancy.with_defaults(target regclass, given jsonb, database_role name) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute record;
    filled jsonb := given;
BEGIN
    FOR attribute IN SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = target AND a.attgenerated = '' AND NOT given ? a.attname AND pg_get_expr(d.adbin, d.adrelid) !~ 'nextval\('
    LOOP
        BEGIN
            filled := filled || jsonb_build_object(attribute.attname, tenancy.run_as(database_role, 'SELECT to_jsonb(' || attribute.expression || ')', NULL)::jsonb);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- one that this role may not write
        END;
    END LOOP;
    RETURN filled;
END $$;

COMMENT ON FUNCTION tenancy.with_defaults(regclass, jsonb, name) IS
'A row to be inserted with the defaults, as a database role gets them, of the columns that it lacks; those that a sequence fills stay out.';

CREATE FUNCTION tenancy.explain_access(target regclass, command text, claims jsonb, key jsonb DEFAULT NULL)
    RETURNS TABLE (part text, policy name, kind text, roles text, expression text, value text, verdict text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    letter "char" := CASE upper(command) WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' END;
    acts_as name := tenancy.setting(CASE WHEN claims IS NULL THEN 'anonymous' ELSE 'authenticated' END);
    acting_role oid;
    relation pg_class;
    stored jsonb;
    seen record;
    free text;
    asked_policies jsonb;
    item jsonb;
    results jsonb := '[]';
    step text;
    refusals text[] := '{}';
    unknown boolean := false;
    lets_through boolean;
    may_enter boolean;
BEGIN
    PERFORM tenancy.require_trial(target);
    IF letter IS NULL THEN
        RAISE EXCEPTION 'unknown command: %', COALESCE(quote_literal(command), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is SELECT, INSERT, UPDATE or DELETE. TRUNCATE asks no policy.';
    ELSIF jsonb_typeof(claims) <> 'object' OR jsonb_typeof(key) <> 'object' THEN
        RAISE EXCEPTION 'claims and key must be JSON objects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'claims NULL is nobody; key names a row by its columns: {"id": 1}. For INSERT it is the row to be.';
    END IF;
    SELECT min(k) INTO step FROM jsonb_object_keys(key) k WHERE NOT tenancy.has_column(target, k::name);
    IF step IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', step, target USING ERRCODE = 'undefined_column';
    END IF;
    SELECT * INTO relation FROM pg_class WHERE oid = target;
    BEGIN
        PERFORM tenancy.run_as(CASE WHEN tenancy.is_native() THEN pg_get_userbyid(relation.relowner) ELSE current_user END, format('SELECT to_jsonb(r) FROM jsonb_populate_record(NULL::%s, $1) r', target), key) WHERE key IS NOT NULL;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION 'key does not fit the columns of table %: %', target, SQLERRM USING ERRCODE = SQLSTATE;
    END;
    IF letter <> 'a' AND key IS NOT NULL THEN
        SELECT r INTO stored FROM tenancy.rows_of(target, key, 1) r;
    END IF;

    -- As the caller; all that is set for it is undone.
    BEGIN
        acts_as := tenancy.become(claims, NULL, NULL, acts_as);
        SELECT oid, has_schema_privilege(oid, relation.relnamespace, 'USAGE') INTO acting_role, may_enter FROM pg_roles WHERE rolname = acts_as;
        SELECT w.* INTO seen FROM jsonb_to_record(tenancy.run_as(acts_as, 'SELECT to_jsonb(w) FROM tenancy.whoami() w', NULL)::jsonb)
            AS w (user_id text, tenant_id text, roles text[], sees_nothing_because text);
        IF letter = 'a' AND key IS NOT NULL AND may_enter THEN
            stored := tenancy.with_defaults(target, key, acts_as);
        END IF;
        SELECT COALESCE(jsonb_agg(p), '[]') INTO asked_policies FROM tenancy.policies_asked(target, letter, acting_role) p;
        FOR item IN SELECT jsonb_array_elements(asked_policies) LOOP
            FOREACH step IN ARRAY '{using,check}'::text[] LOOP
                CONTINUE WHEN item ->> (step || '_expression') IS NULL;
                results := results || jsonb_build_object('step', step, 'policy', item, 'value', CASE
                    WHEN may_enter AND (item -> 'applies')::boolean AND (stored IS NOT NULL OR NOT (item -> 'needs_row')::boolean) THEN tenancy.value_for(target, item ->> (step || '_expression'), stored, acts_as) END);
            END LOOP;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'TN000', MESSAGE = 'done';
    EXCEPTION WHEN SQLSTATE 'TN000' THEN NULL;
    END;

    RETURN QUERY SELECT 'caller', NULL::name, NULL::text, acts_as::text, NULL::text, seen.tenant_id, concat_ws('; ',
        COALESCE('user ' || seen.user_id, 'nobody'), COALESCE('tenant ' || seen.tenant_id, 'no tenant'),
        'roles ' || array_to_string(NULLIF(seen.roles, '{}'), ', '), seen.sees_nothing_because);

    IF NOT may_enter THEN
        step := format('role "%s" has no USAGE on schema %s', acts_as, relation.relnamespace::regnamespace);
    ELSIF NOT (has_table_privilege(acting_role, target, upper(command)) OR letter <> 'd' AND has_any_column_privilege(acting_role, target, upper(command))) THEN
        step := format('role "%s" has no %s on %s', acts_as, upper(command), target);
    ELSIF letter <> 'a' AND EXISTS (SELECT FROM jsonb_object_keys(key) k WHERE NOT has_column_privilege(acting_role, target, k, 'SELECT')) THEN
        step := format('role "%s" may not read the columns of the key in %s', acts_as, target);
    ELSE
        step := NULL;
    END IF;
    refusals := array_remove(ARRAY[step], NULL);
    RETURN QUERY SELECT 'rights', NULL::name, NULL::text, acts_as::text, NULL::text, (step IS NULL)::text, COALESCE(step, 'granted');

    SELECT CASE WHEN NOT relation.relrowsecurity THEN 'row security is off: every row is anybody''s who has the right'
        WHEN r.rolsuper THEN format('role "%s" is a superuser', acts_as) WHEN r.rolbypassrls THEN format('role "%s" has BYPASSRLS', acts_as)
        WHEN NOT relation.relforcerowsecurity AND pg_has_role(r.oid, relation.relowner, 'USAGE') THEN format('role "%s" has the rights of the owner, and there is no FORCE', acts_as) END
    INTO free FROM pg_roles r WHERE r.oid = acting_role;
    RETURN QUERY SELECT 'row security', NULL::name, NULL::text, acts_as::text, NULL::text, (free IS NULL)::text,
        COALESCE('does not bind: ' || free, format('binds role "%s"', acts_as));

    IF key IS NOT NULL AND letter <> 'a' THEN
        RETURN QUERY SELECT 'row', NULL::name, NULL::text, NULL::text, key::text, (stored IS NOT NULL)::text, CASE WHEN stored IS NOT NULL THEN 'there is such a row'
            WHEN row_security_active(target) AND NOT tenancy.is_native() THEN 'row security hides the rows from the current role; ask as one with BYPASSRLS'
            ELSE 'there is no such row' END;
    END IF;
    IF free IS NULL THEN
        RETURN QUERY SELECT 'policy', (r #>> '{policy,policy}')::name, CASE WHEN (r #> '{policy,permissive}')::boolean THEN 'permissive' ELSE 'restrictive' END
                || CASE WHEN r ->> 'step' = 'check' THEN ', of the new row' WHEN (r #> '{policy,reads}')::boolean THEN ', to see the row' ELSE '' END,
            r #>> '{policy,roles}', r #>> ARRAY['policy', (r ->> 'step') || '_expression'], r ->> 'value', CASE
                WHEN NOT (r #> '{policy,applies}')::boolean THEN format('is not for role "%s"', acts_as)
                WHEN NOT may_enter THEN 'is not asked' WHEN r ->> 'value' IS NULL AND stored IS NOT NULL THEN 'is not known: callers may not write this expression themselves'
                WHEN r ->> 'value' IS NULL THEN 'depends on the row' WHEN r ->> 'value' = 'true' THEN 'lets it through'
                WHEN r ->> 'value' = 'NULL' THEN 'does not: NULL counts as no' WHEN r ->> 'value' = 'false' THEN 'does not' ELSE 'raises an error' END
        FROM jsonb_array_elements(results) WITH ORDINALITY AS x (r, place) ORDER BY place;
        -- For each thing that is asked: one permissive policy at least, and every restrictive one.
        FOR item IN
            SELECT jsonb_build_object('what', x.what,
                'permissive', bool_or(x.value = 'true') FILTER (WHERE x.permissive AND x.applies), 'open', bool_or(x.value IS NULL) FILTER (WHERE x.applies),
                'any', count(*) FILTER (WHERE x.permissive AND x.applies),
                'against', string_agg(DISTINCT x.policy, ', ') FILTER (WHERE NOT x.permissive AND x.applies AND x.value <> 'true'))
            FROM (SELECT w.what, r ->> 'value' AS value, r #>> '{policy,policy}' AS policy, (r #> '{policy,permissive}')::boolean AS permissive, (r #> '{policy,applies}')::boolean AS applies
                  FROM (SELECT unnest(CASE letter WHEN 'r' THEN '{SELECT}' WHEN 'a' THEN '{the new row}' WHEN 'w' THEN '{to see the row,UPDATE,the new row}' ELSE '{to see the row,DELETE}' END::text[])) w (what)
                  LEFT JOIN jsonb_array_elements(results) r ON CASE w.what WHEN 'the new row' THEN r ->> 'step' = 'check'
                      WHEN 'to see the row' THEN r ->> 'step' = 'using' AND ((r #> '{policy,reads}')::boolean OR r #>> '{policy,command}' = '*')
                      ELSE r ->> 'step' = 'using' AND NOT (r #> '{policy,reads}')::boolean END) x
            GROUP BY x.what
        LOOP
            unknown := unknown OR COALESCE((item ->> 'open')::boolean, false);
            IF (item ->> 'any')::int = 0 THEN
                refusals := refusals || format('no permissive policy is for role "%s" (%s)', acts_as, item ->> 'what');
            ELSIF item ->> 'against' IS NOT NULL THEN
                refusals := refusals || format('%s: restrictive policy %s', item ->> 'what', item ->> 'against');
            ELSIF item ->> 'permissive' IS DISTINCT FROM 'true' AND NOT COALESCE((item ->> 'open')::boolean, false) THEN
                refusals := refusals || format('%s: no permissive policy lets it through', item ->> 'what');
            END IF;
        END LOOP;
        IF cardinality(refusals) > 0 AND seen.sees_nothing_because IS NOT NULL THEN
            refusals := refusals || seen.sees_nothing_because;
        END IF;
    END IF;
    IF key IS NOT NULL AND letter <> 'a' AND stored IS NULL AND cardinality(refusals) = 0 THEN
        RETURN QUERY SELECT 'verdict', NULL::name, NULL::text, NULL::text, NULL::text, NULL::text, 'nothing: the row was not found';
        RETURN;
    END IF;
    lets_through := CASE WHEN cardinality(refusals) > 0 THEN false WHEN unknown AND free IS NULL THEN NULL ELSE true END;
    RETURN QUERY SELECT 'verdict', NULL::name, NULL::text, NULL::text, NULL::text, lets_through::text, CASE WHEN lets_through THEN 'allowed' || COALESCE(': ' || free, '')
        WHEN lets_through IS NULL THEN concat_ws('; ', CASE WHEN stored IS NULL THEN 'goes by the row: give its key' ELSE 'not known' END, seen.sees_nothing_because)
        ELSE 'refused: ' || array_to_string(refusals, '; ') END;
END $$;

COMMENT ON FUNCTION tenancy.explain_access(regclass, text, jsonb, jsonb) IS
'Why a caller with these claims (NULL: nobody, as role anonymous) may or may not SELECT, INSERT, UPDATE or DELETE a row, which key names by columns (for INSERT, key is the row to be; NULL: whichever row). Rows in this order: caller; rights; row security, and why it does not bind; row; each policy that is asked, with its expression and its value for this caller and row; verdict, with value true, false, or NULL where it goes by the row. An UPDATE is taken to leave the row as it is. Only what row security says: constraints and triggers are not asked. For the table''s owner; where claims are not believed for the administrator. Everything is undone. Errors: those of tenancy.require_trial() and tenancy.become(); 22023; 42703 key names a column that there is not; 22xxx a value of it is none of its column.';

CREATE TYPE tenancy.audited_table AS (
    relation oid,
    object text,             -- as findings name it: table app.docs
    name text,               -- app.docs
    schema oid,
    kind "char",             -- r or p, as in pg_class.relkind
    owner oid,
    parent oid,              -- of which it is a partition or an inheritance child; NULL
    asked jsonb,             -- what tenancy.protect() was asked; NULL where it was not
    template text,
    tenant_column smallint,  -- its number: the column that was asked for, else the one that setting tenant_column names; NULL where there is none
    user_column smallint,
    has_owners boolean,      -- its rows belong to tenants or users
    row_security boolean,
    forced boolean,
    policies int,
    granted text             -- what callers may do to it or to columns of it: letters of rawdDxt, as in an ACL; all of them where apps log in as its owner
);

COMMENT ON TYPE tenancy.audited_table IS 'A table as an audit looks at it: tenancy.audit_scope.';

CREATE TYPE tenancy.audited_policy AS (
    policy oid,
    object text,             -- policy "everybody" on app.docs
    name name,
    relation oid,
    permissive boolean,
    command "char",          -- as in pg_policy.polcmd
    roles oid[],             -- 0 is PUBLIC
    ours boolean,            -- written by tenancy.protect(); rule protection_drifted compares it with what was asked
    using_tree int,          -- its expressions, as audited_node.tree; NULL where there is none, and for ours
    check_tree int
);

COMMENT ON TYPE tenancy.audited_policy IS 'A policy as an audit looks at it: tenancy.audit_scope.';

-- Trees that differ in nothing but where they stood in a statement are one.
CREATE TYPE tenancy.audited_node AS (
    tree int, id int, parent int, ancestors int[], field text, type text, depth int, query int, own_column smallint,
    per_row boolean, function oid, value text, fields jsonb,
    reads_caller boolean     -- a call that tells who is calling: one of audit_scope.readers, or current_setting()
);

COMMENT ON TYPE tenancy.audited_node IS 'A node of a policy''s expression (tenancy.expression_node) in one of the trees of an audit.';

CREATE TYPE tenancy.audited_tree AS (
    tree int,
    columns smallint[],      -- those of the policy's table that it names
    always boolean,          -- true or false where it is that for every row and caller
    always_unless_null smallint[], -- columns that make it true for every row if one of them is NOT NULL
    inverted boolean,        -- lets in whoever is nobody
    tied boolean,            -- ties the row to the caller; partly: an arm of it does; asks: it may ask at least who is calling
    partly boolean,
    asks boolean
);

COMMENT ON TYPE tenancy.audited_tree IS 'An expression of policies written by hand: tenancy.policy_trees().';

CREATE TYPE tenancy.audited_test AS (
    policy oid, object text, name name, relation oid, roles oid[], command "char",
    clause text,             -- USING or WITH CHECK
    tree int, columns smallint[], always boolean,
    commands text,           -- for which it is tested, letters as in pg_policy.polcmd; a USING that is the check of INSERT too has that
    open text,               -- those of them that no RESTRICTIVE policy, for all whom this one lets in, narrows by a column of the table
    apart boolean,           -- for roles of its own, beside a policy that shows others rows by their columns
    tied boolean, partly boolean, asks boolean -- as in audited_tree
);

COMMENT ON TYPE tenancy.audited_test IS 'An expression of a permissive policy for callers, written by hand: tenancy.policy_tests().';

CREATE TYPE tenancy.audited_claim AS (
    tree int, reader int, function oid,
    setting text,            -- that it reads, if it is current_setting()
    path text[],             -- of the claim that is taken from what it returns, as far as its keys are constants; {} is all of it
    used_in int              -- the innermost node that does something else with it; NULL where that is the policy
);

COMMENT ON TYPE tenancy.audited_claim IS 'A call in a policy that tells who is calling: tenancy.audited_claims().';

CREATE TYPE tenancy.audited_door AS (target oid, object text, kind text, why text, mend text, by_apps boolean);

COMMENT ON TYPE tenancy.audited_door IS 'What tenancy.doors() finds of the tables with row security, and whether apps may use it.';

CREATE TYPE tenancy.audit_scope AS (
    schemas oid[],
    callers oid[],           -- 0 is PUBLIC
    apps oid[],              -- those of them that apps log in as and act with, as far as that is known; else all
    apps_named boolean,      -- setting app_logins names their logins: nobody else is an app
    owners oid[],            -- those of them that own tables and are not known to be an app's
    readers oid[],           -- functions that tell who is calling: those of schema auth and of setting caller_functions
    native_readers oid[],    -- those of them that cost next to nothing per row
    tables tenancy.audited_table[],
    policies tenancy.audited_policy[],      -- written by hand
    pack_policies tenancy.audited_policy[], -- written by tenancy.protect()
    nodes tenancy.audited_node[],           -- of those written by hand
    trees tenancy.audited_tree[],
    tests tenancy.audited_test[],
    claims tenancy.audited_claim[],
    doors tenancy.audited_door[]
);

COMMENT ON TYPE tenancy.audit_scope IS 'What every rule of an audit is given: tenancy.make_audit_scope().';

CREATE FUNCTION tenancy.setting_names(name text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(array_agg(btrim(s)), '{}') FROM unnest(string_to_array(tenancy.setting(name), ',')) s WHERE btrim(s) <> '');

COMMENT ON FUNCTION tenancy.setting_names(text) IS 'The names, separated by commas, that a setting holds.';

CREATE FUNCTION tenancy.audited_schemas(named name[]) RETURNS oid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text[] := COALESCE(named::text[], NULLIF(tenancy.setting_names('audit_schemas'), '{}'));
    missing text := (SELECT min(w) FROM unnest(wanted) w WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = w));
BEGIN
    IF cardinality(wanted) = 0 OR array_position(wanted, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'no schema is named' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'NULL, and not an empty array or one of NULLs, audits every schema, or those of setting audit_schemas.';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', missing USING ERRCODE = 'invalid_schema_name',
            HINT = 'Names are not quoted. They come from the argument or, where that is NULL, from setting audit_schemas.';
    END IF;
    RETURN ARRAY(
        SELECT n.oid FROM pg_namespace n WHERE CASE WHEN wanted IS NOT NULL THEN n.nspname = ANY (wanted)
            ELSE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'auth', 'tenancy')
                -- (In schema public there are other tables beside the provider's.)
                AND (n.nspname <> tenancy.setting('identity_schema') OR n.nspname = 'public')
                AND NOT tenancy.of_extension('pg_namespace'::regclass, n.oid, n.nspowner) END);
END $$;

COMMENT ON FUNCTION tenancy.audited_schemas(name[]) IS
'The schemas that an audit looks at: those named, else those of setting audit_schemas, else all but the system''s, those of extensions and that of the identity provider. Errors: 3F000 no such schema; 22023 none is named.';

CREATE FUNCTION tenancy.audited_logins() RETURNS TABLE (login oid, name name, named boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE taken AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
        UNION
        -- (From 16 on whoever makes a role may hand it on, but not take it.)
        SELECT m.member FROM taken t JOIN pg_auth_members m ON m.roleid = t.oid WHERE COALESCE((to_jsonb(m) ->> 'set_option')::boolean, true)
    )
    SELECT r.oid, r.rolname, s.names <> '{}' FROM pg_roles r, (SELECT tenancy.setting_names('app_logins')) s (names)
    WHERE r.rolcanlogin AND CASE s.names WHEN '{}' THEN r.oid IN (SELECT oid FROM taken) ELSE r.rolname = ANY (s.names) END
$$;

COMMENT ON FUNCTION tenancy.audited_logins() IS
'The login roles that apps connect with: those of setting app_logins (named), else all that were given the role authenticated or anonymous and may take it.';

CREATE FUNCTION tenancy.audited_tables(schemas oid[], callers oid[], apps oid[]) RETURNS SETOF tenancy.audited_table
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (Settings are asked once, and not for each of thousands of tables.)
    WITH config AS MATERIALIZED (
        SELECT tenancy.setting('tenant_column') AS tenant_column, tenancy.setting('user_column') AS user_column
    ), reached AS MATERIALIZED (
        -- Without USAGE on the schema nobody gets at its tables.
        SELECT n.oid FROM pg_namespace n WHERE n.oid = ANY (schemas) AND EXISTS (
            SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a
            WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (callers) AND (a.grantee <> n.nspowner OR a.grantee = ANY (apps)))
    ), columns_granted AS MATERIALIZED (
        SELECT a.attrelid, string_agg(DISTINCT CASE x.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE 'x' END, '') AS letters
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x
        WHERE a.attacl IS NOT NULL AND x.grantee = ANY (callers) AND x.grantee <> c.relowner GROUP BY 1
    ), floors AS MATERIALIZED (
        SELECT p.polrelid, tenancy.asked(p.polrelid) AS asked FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'tenancy_floor' AND c.relnamespace = ANY (schemas)
    ), tables AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relnamespace, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relacl,
            (SELECT min(i.inhparent) FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parent, f.asked,
            COALESCE(f.asked ->> 'tenant_column', s.tenant_column) AS tenant_name, COALESCE(f.asked ->> 'user_column', s.user_column) AS user_name
        FROM config s, pg_class c LEFT JOIN floors f ON f.polrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (schemas) AND c.relpersistence <> 't'
            AND NOT (c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
    )
    SELECT t.oid, 'table ' || t.name, t.name, t.relnamespace, t.relkind, t.relowner, t.parent, t.asked, t.asked ->> 'template', tenant.attnum, owner.attnum,
        COALESCE(t.asked ->> 'template' <> 'public_read', tenant.attnum IS NOT NULL OR owner.attnum IS NOT NULL),
        t.relrowsecurity, t.relforcerowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid)::int,
        CASE WHEN t.relowner = ANY (apps) THEN 'rawdDxt' WHEN t.relnamespace IN (SELECT oid FROM reached) THEN concat((
            SELECT string_agg(DISTINCT CASE a.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd'
                WHEN 'TRUNCATE' THEN 'D' WHEN 'REFERENCES' THEN 'x' WHEN 'TRIGGER' THEN 't' ELSE '' END, '')
            FROM aclexplode(t.relacl) a WHERE a.grantee = ANY (callers) AND a.grantee <> t.relowner), g.letters) ELSE '' END
    FROM tables t
    LEFT JOIN columns_granted g ON g.attrelid = t.oid
    LEFT JOIN pg_attribute tenant ON tenant.attrelid = t.oid AND tenant.attname = t.tenant_name AND tenant.attnum > 0 AND NOT tenant.attisdropped
    LEFT JOIN pg_attribute owner ON owner.attrelid = t.oid AND owner.attname = t.user_name AND owner.attnum > 0 AND NOT owner.attisdropped
$$;

COMMENT ON FUNCTION tenancy.audited_tables(oid[], oid[], oid[]) IS 'The tables of these schemas as an audit looks at them, with what these callers may do to them; apps are those of them that apps log in as.';

CREATE FUNCTION tenancy.make_audit_scope(named name[]) RETURNS tenancy.audit_scope
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET jit = off
AS $$
DECLARE
    scope tenancy.audit_scope;
    administrator CONSTANT oid := tenancy.administrator();
    staff CONSTANT name[] := tenancy.staff_roles();
    names_of_ours CONSTANT name[] := tenancy.policy_names();
    named_readers CONSTANT text[] := tenancy.setting_names('caller_functions');
    trees text[];
    known_apps oid[];
BEGIN
    scope.schemas := tenancy.audited_schemas(named);
    SELECT 0::oid || COALESCE(array_agg(r.oid), '{}') INTO scope.callers FROM pg_roles r
    WHERE NOT (r.rolsuper OR r.rolbypassrls OR r.rolreplication) AND r.oid <> administrator AND r.rolname <> ALL (staff)
        AND (r.rolname !~ '^pg_' OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid));
    WITH known AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
        UNION SELECT l.login FROM tenancy.audited_logins() l
    )
    SELECT COALESCE(array_agg(r.oid), '{}') INTO known_apps FROM pg_roles r WHERE r.oid = ANY (scope.callers) AND EXISTS (SELECT FROM known k WHERE pg_has_role(k.oid, r.oid, 'MEMBER'));
    scope.apps_named := tenancy.setting_names('app_logins') <> '{}';
    scope.apps := CASE known_apps WHEN '{}' THEN scope.callers ELSE 0::oid || known_apps END;
    scope.owners := ARRAY(SELECT DISTINCT c.relowner FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (scope.schemas) AND c.relowner <> ALL (known_apps));
    scope.readers := ARRAY(
        SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace AND p.proname NOT IN ('login', 'set_claims', 'use_tenant', 'logout')
        UNION SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE concat(n.nspname, '.', p.proname) = ANY (named_readers));
    scope.native_readers := ARRAY(SELECT p.oid FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
        WHERE p.oid = ANY (scope.readers) AND l.lanname = 'c' AND e.extname = 'pg_tenancy');
    scope.tables := ARRAY(SELECT t FROM tenancy.audited_tables(scope.schemas, scope.callers, known_apps) t);
    scope.pack_policies := ARRAY(
        SELECT ROW(p.oid, NULL, p.polname, p.polrelid, p.polpermissive, p.polcmd, p.polroles, true, NULL, NULL)::tenancy.audited_policy
        FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid AND t.asked IS NOT NULL WHERE p.polname = ANY (names_of_ours));
    WITH expressions AS MATERIALIZED (
        SELECT p.oid, p.polname, p.polrelid, p.polpermissive, p.polcmd, p.polroles, t.name,
            regexp_replace(p.polqual::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g') AS using_text, regexp_replace(p.polwithcheck::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g') AS check_text
        FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid
        -- (What is larger is for policy_too_large: the time it takes grows with the square of its size.)
        WHERE (t.asked IS NULL OR p.polname <> ALL (names_of_ours)) AND length(concat(p.polqual::text, p.polwithcheck::text)) <= 65536
    ), distinct_trees AS MATERIALIZED (
        SELECT tree, row_number() OVER ()::int AS number FROM (SELECT using_text FROM expressions UNION SELECT check_text FROM expressions) e (tree) WHERE tree IS NOT NULL
    )
    SELECT (SELECT array_agg(tree ORDER BY number) FROM distinct_trees), array_agg(ROW(e.oid, format('policy %I on %s', e.polname, e.name), e.polname, e.polrelid,
        e.polpermissive, e.polcmd, e.polroles, false, u.number, c.number)::tenancy.audited_policy)
    INTO trees, scope.policies
    FROM expressions e LEFT JOIN distinct_trees u ON u.tree = e.using_text LEFT JOIN distinct_trees c ON c.tree = e.check_text;
    scope.nodes := ARRAY(
        SELECT ROW(t.number, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.per_row, n.function, n.value, n.fields,
            COALESCE(n.type = 'FUNCEXPR' AND (n.function = ANY (scope.readers) OR n.function IN (SELECT oid FROM pg_proc WHERE proname = 'current_setting')), false))::tenancy.audited_node
        FROM unnest(trees) WITH ORDINALITY AS t (tree, number), tenancy.expression_nodes(t.tree) n);
    scope.trees := ARRAY(SELECT t FROM tenancy.policy_trees(scope) t);
    scope.tests := ARRAY(SELECT t FROM tenancy.policy_tests(scope) t);
    scope.claims := ARRAY(SELECT c FROM tenancy.audited_claims(scope) c);
    scope.doors := ARRAY(
        SELECT ROW(d.target, d.object, d.kind, d.why, d.mend, NOT scope.apps_named OR d.users && scope.apps)::tenancy.audited_door
        FROM tenancy.doors(scope.callers, ARRAY(SELECT t.relation::regclass FROM unnest(scope.tables) t
            WHERE t.row_security AND NOT EXISTS (SELECT FROM pg_class above WHERE above.oid = t.parent AND above.relrowsecurity))) d);
    RETURN scope;
END $$;

COMMENT ON FUNCTION tenancy.make_audit_scope(name[]) IS
'What an audit of these schemas looks at; NULL as for tenancy.audited_schemas(), whose error it raises.';

-- The atoms and what joins them, parents first. positive: it ties the row if it is true; negative: it does if it is false.
CREATE FUNCTION tenancy.audited_atoms(scope tenancy.audit_scope) RETURNS TABLE (tree int, id int, parent int, role "char", code "char", positive boolean, negative boolean, asks boolean)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.value, n.fields FROM unnest(scope.nodes) n
    ), owners AS MATERIALIZED (
        -- Where that is NULL a row is nobody's
        SELECT DISTINCT e.tree, COALESCE(t.tenant_column, t.user_column) AS owner FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)
        JOIN unnest(scope.tables) t ON t.relation = p.relation
    ), readings AS MATERIALIZED (
        -- Sub-selects that read tables, or have a condition
        SELECT n.tree, n.query FROM nodes n WHERE n.query IS NOT NULL AND (n.type = 'RANGETBLENTRY' OR n.field = 'quals') GROUP BY 1, 2
    ), joints AS MATERIALIZED (
        -- What may join atoms, wherever it stands
        SELECT n.tree, n.id, CASE n.type
            WHEN 'BOOLEXPR' THEN CASE n.fields ->> 'boolop' WHEN 'and' THEN '&' WHEN 'or' THEN '|' ELSE '!' END
            WHEN 'BOOLEANTEST' THEN substr('TNFMUU', (n.fields ->> 'booltesttype')::int + 1, 1)
            WHEN 'COALESCEEXPR' THEN 'C' WHEN 'CASEEXPR' THEN 'K' WHEN 'CASEWHEN' THEN 'W' ELSE 'P' END AS code
        FROM nodes n LEFT JOIN readings r ON r.tree = n.tree AND r.query = COALESCE(n.query, n.id + 1)
        LEFT JOIN nodes g ON n.type = 'CASEEXPR' AND g.tree = n.tree AND g.parent = n.id AND g.field = 'arg'
        WHERE n.type IN ('BOOLEXPR', 'BOOLEANTEST', 'COALESCEEXPR', 'CASEWHEN') OR n.type = 'CASEEXPR' AND g.id IS NULL
            OR r.tree IS NULL AND (n.type = 'SUBLINK' AND n.fields ->> 'sublinktype' = '4' OR n.type IN ('QUERY', 'TARGETENTRY'))
    ), steps AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, CASE n.field WHEN 'expr' THEN 'e' WHEN 'defresult' THEN 'd' END AS role, j.code, p.code AS within FROM nodes n
        LEFT JOIN joints j ON j.tree = n.tree AND j.id = n.id
        LEFT JOIN joints p ON p.tree = n.tree AND p.id = n.parent
        WHERE n.parent IS NULL OR p.code IS NOT NULL AND n.type NOT IN ('FROMEXPR')
    ), formula AS (
        SELECT s.* FROM steps s WHERE s.parent IS NULL
        UNION ALL
        SELECT s.* FROM formula f JOIN steps s ON s.tree = f.tree AND s.parent = f.id WHERE f.code IS NOT NULL
    ), leaves AS MATERIALIZED (
        SELECT f.tree, f.id, f.parent, f.role, f.within FROM formula f WHERE f.code IS NULL
    ), placed AS MATERIALIZED (
        -- (Nodes are numbered parents first, so those of an atom follow it, and those of a side of it that.)
        SELECT n.*, max(f.id) FILTER (WHERE f.code IS NULL) OVER (PARTITION BY n.tree ORDER BY n.id) AS atom, f.code IS NOT NULL OR n.type = 'FROMEXPR' AS between_atoms
        FROM nodes n LEFT JOIN formula f ON f.tree = n.tree AND f.id = n.id
    ), sided AS MATERIALIZED (
        SELECT p.*, max(CASE WHEN p.parent = p.atom THEN p.id END) OVER (PARTITION BY p.tree, p.atom ORDER BY p.id) AS side, r.tree IS NOT NULL AS reading,
            f.oid IS NOT NULL AND NOT p.reads_caller AS unknown,
            p.reads_caller OR p.type = 'SQLVALUEFUNCTION' AND p.fields ->> 'op' IN ('9', '10', '11', '12') OR g.oid IS NOT NULL AS calls,
            p.type = 'RANGETBLENTRY' AND p.fields ->> 'relid' IS NOT NULL AND (c.oid IS NULL OR c.relrowsecurity OR c.relkind NOT IN ('r', 'p')) AS bound
        FROM placed p LEFT JOIN readings r ON r.tree = p.tree AND r.query = p.query
        LEFT JOIN pg_class c ON p.type = 'RANGETBLENTRY' AND c.oid = (p.fields ->> 'relid')::oid
        -- A function of the user's own, or an operator that is made of one; those of extensions ask nobody.
        LEFT JOIN pg_proc f ON f.oid = p.function AND f.oid >= 16384 AND (p.type = 'FUNCEXPR' OR NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner))
        LEFT JOIN pg_proc g ON g.oid = p.function AND g.pronamespace = 'pg_catalog'::regnamespace AND g.proname ~ '^(pg_has_role|has_\w+_privilege|current_user|session_user)$'
        WHERE p.atom IS NOT NULL AND NOT p.between_atoms
    ), sides AS MATERIALIZED (
        SELECT s.tree, s.atom, s.side, min(s.own_column) FILTER (WHERE NOT s.reading) AS lowest, max(s.own_column) FILTER (WHERE NOT s.reading) AS highest,
            bool_or(s.own_column IS NOT NULL) AS owned, bool_or(s.calls OR s.unknown OR s.bound) AS asks,
            bool_and(s.type IN ('VAR', 'RELABELTYPE', 'COERCEVIAIO', 'ARRAYCOERCEEXPR')) AS bare
        FROM sided s WHERE s.id > s.atom GROUP BY 1, 2, 3
    ), compared AS MATERIALIZED (
        SELECT s.tree, s.atom,
            count(*) = 2 AND bool_and(s.lowest IS NOT NULL AND s.lowest = s.highest) AND min(s.lowest) = max(s.lowest) AS itself,
            -- The caller on one side, the column on the other
            count(*) = 2 AND count(*) FILTER (WHERE s.owned AND NOT s.asks) = 1 AND count(*) FILTER (WHERE s.asks AND NOT s.owned) = 1 AS opposed,
            (array_agg(s.bare AND s.owned ORDER BY s.side))[1] AS left_bare, (array_agg(s.bare AND s.owned ORDER BY s.side DESC))[1] AS right_bare
        FROM sides s GROUP BY 1, 2
    ), facts AS MATERIALIZED (
        SELECT s.tree, s.atom, bool_or(s.own_column IS NOT NULL) AS owned, bool_or(s.calls) AS calls, bool_or(s.reads_caller) AS reads, bool_or(s.unknown) AS unknown, bool_or(s.bound) AS bound,
            bool_or(s.type = 'RANGETBLENTRY') AS tables, count(*) FILTER (WHERE s.type = 'RANGETBLENTRY') = 1 AS one_table,
            -- Nothing in it but what is equal
            bool_and(s.type NOT IN ('DISTINCTEXPR', 'NULLTEST', 'BOOLEANTEST') AND s.fields ->> 'boolop' IS DISTINCT FROM 'not'
                AND (s.fields ->> 'opno' IS NULL OR (s.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '='))) AS plain,
            array_agg(s.value) FILTER (WHERE s.type = 'CONST' AND s.value IS NOT NULL) AS constants
        FROM sided s GROUP BY 1, 2
    ), lists AS MATERIALIZED (
        -- A sub-select over one table finds the caller in a column that is unique by itself: a list of people.
        SELECT DISTINCT f.tree, f.atom FROM facts f
        JOIN sided t ON t.tree = f.tree AND t.atom = f.atom AND t.type = 'RANGETBLENTRY' AND t.fields ->> 'relid' IS NOT NULL
        JOIN sided v ON v.tree = f.tree AND v.atom = f.atom AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN sided o ON o.tree = v.tree AND o.id = v.parent AND (o.type = 'OPEXPR' AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=') OR o.type = 'TARGETENTRY')
        JOIN pg_index i ON i.indrelid = (t.fields ->> 'relid')::oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
        WHERE f.one_table AND f.calls AND NOT f.owned AND CASE o.type WHEN 'TARGETENTRY' THEN o.query = f.atom
            ELSE EXISTS (SELECT FROM sided r WHERE r.tree = o.tree AND r.atom = o.atom AND r.calls AND o.id = ANY (r.ancestors)) END
    ), listed AS MATERIALIZED (
        -- caller IN (SELECT unique column FROM list)
        SELECT * FROM lists
        UNION
        SELECT f.tree, f.atom FROM facts f
        JOIN nodes l ON l.tree = f.tree AND l.id = f.atom AND l.type = 'SUBLINK' AND l.fields ->> 'sublinktype' = '2'
        JOIN sided t ON t.tree = f.tree AND t.atom = f.atom AND t.type = 'RANGETBLENTRY' AND t.fields ->> 'relid' IS NOT NULL
        JOIN sided e ON e.tree = f.tree AND e.atom = f.atom AND e.type = 'TARGETENTRY' AND e.depth = 1
        JOIN sided v ON v.tree = e.tree AND v.parent = e.id AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN pg_index i ON i.indrelid = (t.fields ->> 'relid')::oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
        WHERE f.one_table AND f.calls AND NOT f.owned
    ), outward AS MATERIALIZED (
        -- The sub-select of an IN names the row in what it selects, and nowhere else.
        SELECT v.tree, v.atom FROM sided v LEFT JOIN sided e ON e.tree = v.tree AND e.id = v.parent AND e.type = 'TARGETENTRY' AND (e.depth = 1
            OR EXISTS (SELECT FROM sided u WHERE u.tree = e.tree AND u.atom = e.atom AND u.type = 'SETOPERATIONSTMT'))
        WHERE v.own_column IS NOT NULL AND v.depth > 0 GROUP BY 1, 2 HAVING bool_and(e.id IS NOT NULL)
    ), slips AS MATERIALIZED (
        -- EXISTS (SELECT ... WHERE m.tenant_id = docs.tenant_id OR m.user_id = caller): an arm does not name the row, and any row will do.
        SELECT DISTINCT a.tree, a.atom FROM (
            SELECT q.tree, q.atom, arm.id FROM sided q JOIN facts f ON f.tree = q.tree AND f.atom = q.atom AND f.one_table JOIN sided arm ON arm.tree = q.tree AND arm.parent = q.id
            LEFT JOIN sided v ON v.tree = arm.tree AND v.atom = arm.atom AND (v.own_column IS NOT NULL OR v.unknown) AND (v.id = arm.id OR arm.id = ANY (v.ancestors))
            WHERE q.field = 'quals' AND q.depth = 1 AND q.fields ->> 'boolop' = 'or' GROUP BY 1, 2, 3 HAVING count(v.id) = 0) a
    ), bounds AS MATERIALIZED (
        -- BETWEEN, or any two bounds
        SELECT l.tree, l.parent FROM leaves l JOIN nodes n ON n.tree = l.tree AND n.id = l.id AND n.type = 'OPEXPR' JOIN pg_operator o ON o.oid = (n.fields ->> 'opno')::oid
        JOIN facts a ON a.tree = l.tree AND a.atom = l.id
        WHERE l.within = '&' AND o.oprname IN ('<', '>', '<=', '>=') AND a.owned AND (a.calls OR a.unknown OR a.bound) GROUP BY 1, 2 HAVING count(*) > 1
    ), roles AS MATERIALIZED (
        SELECT ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.oid = ANY (scope.apps)) AS apps, '{service_role}' || tenancy.staff_roles()::text[] AS staff
    )
    SELECT f.tree, f.id, f.parent, f.role::"char", f.code::"char", NULL::boolean, NULL::boolean, NULL::boolean FROM formula f WHERE f.code IS NOT NULL
    UNION ALL
    SELECT l.tree, l.id, l.parent, l.role::"char", NULL, COALESCE(v.positive, false), COALESCE(v.negative, false), x.asks
    FROM leaves l
    JOIN nodes n ON n.tree = l.tree AND n.id = l.id
    JOIN facts a ON a.tree = l.tree AND a.atom = l.id
    CROSS JOIN roles s
    LEFT JOIN compared c ON c.tree = l.tree AND c.atom = l.id
    LEFT JOIN listed p ON p.tree = l.tree AND p.atom = l.id
    LEFT JOIN pg_operator o ON o.oid = (n.fields ->> 'opno')::oid
    LEFT JOIN nodes g ON n.type = 'NULLTEST' AND g.tree = n.tree AND g.id = n.id + 1
    LEFT JOIN owners w ON w.tree = g.tree AND w.owner = g.own_column
    LEFT JOIN outward ON outward.tree = l.tree AND outward.atom = l.id
    LEFT JOIN slips ON slips.tree = l.tree AND slips.atom = l.id
    LEFT JOIN bounds b ON b.tree = l.tree AND b.parent = l.parent
    CROSS JOIN LATERAL (SELECT a.calls OR a.unknown OR a.bound AS asks, n.fields ->> 'sublinktype' AS link) x
    CROSS JOIN LATERAL (SELECT a.owned AND x.asks AS both,
        CASE WHEN n.type = 'DISTINCTEXPR' OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('<>', '!~~', '!~~*', '!~', '!~*') AND n.function <> 'boolne'::regproc THEN 'unequal'
            WHEN n.type = 'ROWCOMPAREEXPR' OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('<', '>', '<=', '>=') THEN 'order'
            WHEN n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.oprname IN ('=', '~~', '~~*', '~', '~*') THEN 'equal' ELSE n.type END AS kind) y
    CROSS JOIN LATERAL (SELECT
        CASE WHEN n.type = 'CONST' THEN n.value IS DISTINCT FROM 'true'
            -- Operators of the app, and what is not known
            WHEN NOT a.owned AND (a.unknown OR p.atom IS NOT NULL OR a.calls AND CASE WHEN a.reads THEN a.constants && s.staff ELSE a.constants IS NULL OR NOT a.constants && s.apps END) THEN true
            WHEN y.kind IN ('unequal', 'order') AND (c.opposed AND b.tree IS NULL OR n.type = 'ROWCOMPAREEXPR' AND NOT a.tables) THEN false
            WHEN c.itself AND NOT a.unknown THEN false
            WHEN n.type = 'NULLTEST' THEN w.tree IS NOT NULL AND n.fields ->> 'nulltesttype' = '0'
                OR y.both AND n.fields ->> 'nulltesttype' = '1' AND g.type NOT IN ('NULLIFEXPR', 'COALESCEEXPR')
            WHEN x.link = '1' AND a.tables THEN false
            WHEN x.link = '2' AND outward.tree IS NOT NULL OR x.link = '0' AND slips.tree IS NOT NULL THEN false
            -- An empty array, or an empty object, is contained in any.
            WHEN o.oprcode IN ('arraycontained'::regproc, 'jsonb_contained'::regproc) AND c.left_bare OR o.oprcode IN ('arraycontains'::regproc, 'jsonb_contains'::regproc) AND c.right_bare THEN false
            ELSE y.both END AS positive,
        CASE WHEN n.type = 'CONST' THEN n.value IS DISTINCT FROM 'false'
            WHEN a.unknown THEN true
            WHEN y.kind IN ('equal', 'order') AND c.opposed OR c.itself THEN false
            WHEN n.type = 'NULLTEST' THEN w.tree IS NOT NULL AND n.fields ->> 'nulltesttype' = '1' OR y.both AND n.fields ->> 'nulltesttype' = '0'
            WHEN x.link IN ('0', '2') AND a.plain THEN false
            ELSE y.both END AS negative) v
$$;

COMMENT ON FUNCTION tenancy.audited_atoms(tenancy.audit_scope) IS
'What the expressions of hand-written policies are made of, for tenancy.tied_trees(); scope has its policies and nodes.';

CREATE FUNCTION tenancy.tied_trees(scope tenancy.audit_scope) RETURNS TABLE (tree int, tied boolean, partly boolean, asks boolean)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trees int[];
    parents int[];
    roles "char"[];
    codes "char"[];
    positives boolean[];
    negatives boolean[];
    asking boolean[];
    -- Of each that joins others: whether one of these ties the row, and whether all do, if it is true and if it is false.
    -- (Of a CASE: its ELSE, and whether all of its WHENs do.)
    one_positive boolean[];
    one_negative boolean[];
    all_positive boolean[];
    all_negative boolean[];
    passed boolean[]; -- of a CASE: a WHEN ties the row if it is not true, and so for what comes after it
    p int;
BEGIN
    WITH atoms AS MATERIALIZED (
        SELECT a.*, row_number() OVER (ORDER BY a.tree, a.id)::int AS place FROM tenancy.audited_atoms(scope) a
    )
    SELECT array_agg(a.tree ORDER BY a.place), array_agg(b.place ORDER BY a.place), array_agg(a.role ORDER BY a.place), array_agg(a.code ORDER BY a.place),
        array_agg(a.positive ORDER BY a.place), array_agg(a.negative ORDER BY a.place), array_agg(a.asks ORDER BY a.place)
    INTO trees, parents, roles, codes, positives, negatives, asking
    FROM atoms a LEFT JOIN atoms b ON b.tree = a.tree AND b.id = a.parent;
    one_positive := array_fill(false, ARRAY[cardinality(trees)]);
    one_negative := one_positive;
    all_positive := array_fill(true, ARRAY[cardinality(trees)]);
    all_negative := all_positive;
    passed := one_positive;
    -- What is joined comes after what joins it.
    FOR i IN REVERSE COALESCE(cardinality(trees), 0) .. 1 LOOP
        CASE codes[i]
            WHEN '&' THEN positives[i] := one_positive[i]; negatives[i] := all_negative[i];
            WHEN '|' THEN positives[i] := all_positive[i]; negatives[i] := one_negative[i];
            WHEN '!' THEN positives[i] := one_negative[i]; negatives[i] := one_positive[i];
            -- IS TRUE, IS NOT TRUE, IS FALSE, IS NOT FALSE, and whether it is known: of these only what NULL does not pass
            WHEN 'T' THEN positives[i] := one_positive[i]; negatives[i] := false;
            WHEN 'N' THEN positives[i] := false; negatives[i] := one_positive[i];
            WHEN 'F' THEN positives[i] := one_negative[i]; negatives[i] := false;
            WHEN 'M' THEN positives[i] := false; negatives[i] := one_negative[i];
            WHEN 'U' THEN positives[i] := false; negatives[i] := false;
            WHEN 'C' THEN positives[i] := all_positive[i]; negatives[i] := all_negative[i];
            WHEN 'K' THEN positives[i] := passed[i] OR all_positive[i] AND one_positive[i]; negatives[i] := passed[i] OR all_negative[i] AND one_negative[i];
            WHEN 'W', 'P' THEN positives[i] := one_positive[i]; negatives[i] := one_negative[i];
            ELSE NULL;
        END CASE;
        p := parents[i];
        CONTINUE WHEN p IS NULL;
        IF codes[p] = 'W' AND roles[i] = 'e' THEN
            one_positive[p] := one_positive[p] OR positives[i];
            one_negative[p] := one_negative[p] OR positives[i];
            passed[parents[p]] := passed[parents[p]] OR negatives[i];
        ELSE
            IF codes[p] <> 'K' OR roles[i] = 'd' THEN
                one_positive[p] := one_positive[p] OR positives[i];
                one_negative[p] := one_negative[p] OR negatives[i];
            END IF;
            IF codes[p] <> 'K' OR roles[i] IS NULL THEN
                all_positive[p] := all_positive[p] AND positives[i];
                all_negative[p] := all_negative[p] AND negatives[i];
            END IF;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT a.tree, bool_or(a.parent IS NULL AND a.positive), bool_or(a.code IS NULL AND a.asks AND a.positive), bool_or(COALESCE(a.asks, false))
        FROM unnest(trees, parents, codes, positives, asking) a (tree, parent, code, positive, asks) GROUP BY 1;
END $$;

COMMENT ON FUNCTION tenancy.tied_trees(tenancy.audit_scope) IS
'Of each expression of hand-written policies: whether it ties the row to the caller, whether at least a part of it does, and whether anything in it may ask who is calling.';

CREATE FUNCTION tenancy.policy_trees(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_tree
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.value,
            n.fields ->> 'boolop' AS boolop, n.fields ->> 'nulltesttype' AS nulltesttype, n.fields ->> 'sublinktype' AS sublinktype,
            CASE n.type WHEN 'CONST' THEN n.fields ->> 'consttype' END AS consttype, n.fields ->> 'constvalue' AS constvalue,
            n.type = 'OPEXPR' AND (n.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '=') AS equals
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('BOOLEXPR', 'CONST', 'OPEXPR', 'NULLTEST', 'VAR', 'COALESCEEXPR', 'SUBLINK', 'QUERY', 'TARGETENTRY', 'RANGETBLENTRY') OR n.field = 'quals' OR n.reads_caller
    ), columns AS MATERIALIZED (
        SELECT v.tree, array_agg(DISTINCT v.own_column) AS columns FROM nodes v WHERE v.own_column IS NOT NULL GROUP BY 1
    ), choices AS MATERIALIZED (
        -- Which of AND and OR a node is, seen from the top: a NOT above it turns it round.
        SELECT b.tree, b.id, b.boolop, CASE WHEN b.boolop = 'not' THEN 'not' WHEN (count(a.id) % 2 = 0) = (b.boolop = 'or') THEN 'or' ELSE 'and' END AS seen
        FROM nodes b LEFT JOIN nodes a ON a.tree = b.tree AND a.boolop = 'not' AND a.id = ANY (b.ancestors)
        WHERE b.type = 'BOOLEXPR' GROUP BY 1, 2, 3
    ), compared AS MATERIALIZED (
        SELECT e.tree, e.id, e.ancestors, count(*) = 2 AND min(a.own_column) = max(a.own_column) AND count(a.own_column) = 2 AS itself,
            count(*) = 2 AND count(a.constvalue) = 2 AND count(DISTINCT a.consttype) = 1 AS constants, count(DISTINCT a.constvalue) = 1 AS alike,
            bool_and(a.consttype::oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype, 'text'::regtype)) AS plain
        FROM nodes e JOIN nodes a ON a.tree = e.tree AND a.parent = e.id WHERE e.equals AND e.depth = 0 GROUP BY 1, 2, 3
    ), told AS MATERIALIZED (
        -- Of what it is known whether it is true, whatever the row; or is if a column is not null.
        SELECT c.tree, c.id, c.ancestors, c.value::boolean AS truth, NULL::smallint AS unless_null FROM nodes c WHERE c.type = 'CONST' AND c.depth = 0 AND c.consttype::oid = 'bool'::regtype AND c.value IS NOT NULL
        UNION ALL
        SELECT tree, id, ancestors, alike OR itself, NULL FROM compared WHERE itself OR constants AND plain
        UNION ALL
        SELECT t.tree, t.id, t.ancestors, t.nulltesttype = '1', v.own_column FROM nodes t JOIN nodes v ON v.tree = t.tree AND v.parent = t.id AND v.own_column > 0
        WHERE t.type = 'NULLTEST' AND t.depth = 0
        UNION ALL
        -- (SELECT true)
        SELECT s.tree, s.id, s.ancestors, c.value::boolean, NULL FROM nodes c
        JOIN nodes q ON q.tree = c.tree AND q.id = c.query AND q.depth = 0
        JOIN nodes s ON s.tree = c.tree AND s.id = q.parent AND s.sublinktype = '4'
        LEFT JOIN (SELECT DISTINCT n.tree, n.query FROM nodes n WHERE n.type = 'RANGETBLENTRY' OR n.field = 'quals') f ON f.tree = c.tree AND f.query = q.id
        WHERE c.type = 'CONST' AND c.consttype::oid = 'bool'::regtype AND c.value IS NOT NULL AND cardinality(c.ancestors) = cardinality(q.ancestors) + 2 AND f.tree IS NULL
    ), decided AS MATERIALIZED (
        SELECT * FROM told
        UNION ALL
        -- An AND of nothing but truths, an OR of nothing but falsehoods
        SELECT b.tree, b.id, b.ancestors, b.boolop = 'and', NULL FROM nodes b
        JOIN nodes a ON a.tree = b.tree AND a.parent = b.id
        LEFT JOIN told t ON t.tree = a.tree AND t.id = a.id AND t.unless_null IS NULL
        WHERE b.boolop IN ('and', 'or') GROUP BY 1, 2, 3, b.boolop HAVING bool_and(t.truth IS NOT NULL AND t.truth = (b.boolop = 'and'))
    ), outcomes AS MATERIALIZED (
        -- One such arm decides the whole under nothing but ORs if it is true, under nothing but ANDs if it is false.
        SELECT d.tree, d.unless_null, d.truth = (count(*) FILTER (WHERE c.seen = 'not') % 2 = 0) AS truth, bool_and(c.seen IS DISTINCT FROM 'and') AS under_or, bool_and(c.seen IS DISTINCT FROM 'or') AS under_and
        FROM decided d LEFT JOIN choices c ON c.tree = d.tree AND c.id = ANY (d.ancestors)
        GROUP BY d.tree, d.id, d.ancestors, d.truth, d.unless_null HAVING count(c.id) = cardinality(d.ancestors)
    ), facts AS MATERIALIZED (
        SELECT o.tree, CASE WHEN bool_or(o.truth AND o.under_or) FILTER (WHERE o.unless_null IS NULL) THEN true
                WHEN bool_or(NOT o.truth AND o.under_and) FILTER (WHERE o.unless_null IS NULL) THEN false END AS always,
            array_agg(o.unless_null) FILTER (WHERE o.unless_null IS NOT NULL AND o.truth AND o.under_or) AS always_unless_null
        FROM outcomes o GROUP BY 1
    ), nobody AS MATERIALIZED (
        -- "There is no caller": IS NULL or = '' over what tells who is calling, and no column
        SELECT DISTINCT t.tree, t.id, t.parent, t.ancestors, r.function FROM nodes t
        JOIN nodes r ON r.tree = t.tree AND r.reads_caller AND t.id = ANY (r.ancestors)
        LEFT JOIN nodes e ON e.tree = t.tree AND e.parent = t.id AND e.type = 'CONST' AND e.value = ''
        WHERE (t.nulltesttype = '0' OR t.equals AND e.id IS NOT NULL)
            AND NOT EXISTS (SELECT FROM nodes v WHERE v.tree = t.tree AND v.own_column IS NOT NULL AND t.id = ANY (v.ancestors))
    ), nobodies AS MATERIALIZED (
        SELECT * FROM nobody
        UNION ALL
        SELECT b.tree, b.id, b.parent, b.ancestors, min(n.function) FROM nodes b JOIN nodes a ON a.tree = b.tree AND a.parent = b.id LEFT JOIN nobody n ON n.tree = a.tree AND n.id = a.id
        WHERE b.boolop = 'and' GROUP BY 1, 2, 3, 4 HAVING bool_and(n.id IS NOT NULL)
    ), inverted AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM nobodies n
        JOIN nodes o ON o.tree = n.tree AND o.boolop = 'or' AND o.depth = 0 AND o.id = ANY (n.ancestors)
        -- An arm of the same OR names a column,
        WHERE EXISTS (SELECT FROM nodes v WHERE v.tree = o.tree AND v.own_column IS NOT NULL AND o.id = ANY (v.ancestors)
                AND v.ancestors[cardinality(o.ancestors) + 2] IS DISTINCT FROM (n.ancestors || n.id)[cardinality(o.ancestors) + 2])
            -- between it and the test there is nothing but ORs and a sub-select without tables, and above it no NOT,
            AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = n.tree AND b.id = ANY (n.ancestors) AND (b.boolop = 'not' OR b.id > o.id AND b.type NOT IN ('SUBLINK', 'QUERY', 'TARGETENTRY') AND b.boolop IS DISTINCT FROM 'or'))
            -- nor an AND with another arm that nobody does not pass.
            AND NOT EXISTS (
                SELECT FROM nodes b JOIN nodes arm ON arm.tree = b.tree AND arm.parent = b.id AND arm.type <> 'BOOLEXPR' AND arm.id <> o.id AND arm.nulltesttype IS DISTINCT FROM '0'
                JOIN nodes r ON r.tree = arm.tree AND r.reads_caller AND (r.id = arm.id OR arm.id = ANY (r.ancestors))
                WHERE b.tree = o.tree AND b.boolop = 'and' AND b.id = ANY (o.ancestors) AND (r.function = n.function OR EXISTS (
                    SELECT FROM nodes v WHERE v.tree = arm.tree AND v.own_column IS NOT NULL AND arm.id = ANY (v.ancestors))))
        UNION
        -- COALESCE(caller, column) = column
        SELECT c.tree FROM nodes c
        JOIN nodes r ON r.tree = c.tree AND r.reads_caller AND c.id = ANY (r.ancestors)
        JOIN nodes v ON v.tree = c.tree AND v.own_column > 0 AND c.id = ANY (v.ancestors)
        JOIN nodes e ON e.tree = c.tree AND e.equals AND e.depth = 0 AND e.id = ANY (c.ancestors)
        JOIN nodes w ON w.tree = c.tree AND w.own_column = v.own_column AND e.id = ANY (w.ancestors) AND NOT c.id = ANY (w.ancestors)
        WHERE c.type = 'COALESCEEXPR'
    )
    SELECT t.tree, COALESCE(c.columns, '{}'), f.always, COALESCE(f.always_unless_null, '{}'), i.tree IS NOT NULL, b.tied, b.partly, b.asks
    FROM (SELECT p.using_tree AS tree FROM unnest(scope.policies) p WHERE p.using_tree IS NOT NULL UNION SELECT p.check_tree FROM unnest(scope.policies) p WHERE p.check_tree IS NOT NULL) t
    LEFT JOIN columns c ON c.tree = t.tree LEFT JOIN facts f ON f.tree = t.tree LEFT JOIN inverted i ON i.tree = t.tree LEFT JOIN tenancy.tied_trees(scope) b ON b.tree = t.tree
$$;

COMMENT ON FUNCTION tenancy.policy_trees(tenancy.audit_scope) IS
'Each expression of hand-written policies, with what is known of its outcome; scope has its policies and nodes.';

CREATE FUNCTION tenancy.policy_tests(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_test
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off
AS $$
    WITH settings AS MATERIALIZED (
        -- Whom apps act as: what they may take, where that is known
        SELECT ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) OR r.rolname = ANY (tenancy.setting_names('app_logins')))
            || CASE WHEN EXISTS (SELECT FROM tenancy.audited_logins() l WHERE l.login = ANY (scope.callers)) THEN scope.apps ELSE '{0}' END AS customers
    ), tests AS MATERIALIZED (
        -- (Each letter is a command for which the expression is tested: of the rows there are, or of those written.)
        SELECT p.policy, p.object, p.name, p.relation, p.permissive, p.roles, p.command, e.clause, e.tree, e.there, e.written, r.callers, t.columns, t.inverted, t.tied, t.partly, t.asks,
            CASE WHEN t.always_unless_null <> '{}' AND EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = p.relation AND a.attnum = ANY (t.always_unless_null) AND a.attnotnull) THEN true ELSE t.always END AS always
        FROM unnest(scope.policies) p
        CROSS JOIN LATERAL (VALUES
            ('USING', p.using_tree, CASE p.command WHEN '*' THEN 'rwd' ELSE p.command::text END, CASE WHEN p.check_tree IS NULL THEN CASE p.command WHEN '*' THEN 'aw' WHEN 'w' THEN 'w' END END),
            ('WITH CHECK', p.check_tree, NULL, CASE p.command WHEN '*' THEN 'aw' ELSE p.command::text END)
        ) e (clause, tree, there, written)
        JOIN unnest(scope.trees) t ON t.tree = e.tree
        JOIN (SELECT b.relation, CASE WHEN b.owner = ANY (scope.owners) THEN array_remove(scope.callers, b.owner) ELSE scope.callers END AS callers FROM unnest(scope.tables) b) r ON r.relation = p.relation
    ), narrow AS MATERIALIZED (
        SELECT relation, roles, there, written FROM tests WHERE NOT permissive AND tied AND always IS DISTINCT FROM true AND NOT inverted
        UNION ALL
        SELECT t.relation, '{0}', 'rwd', 'aw' FROM unnest(scope.tables) t WHERE t.asked IS NOT NULL
    ), closed AS MATERIALIZED (
        SELECT x.policy, x.clause, string_agg(CASE x.clause WHEN 'USING' THEN concat(n.there, translate(n.written, 'w', '')) ELSE n.written END, '') AS letters
        FROM tests x JOIN narrow n ON n.relation = x.relation
        WHERE x.permissive AND (0 = ANY (n.roles) OR x.roles <@ n.roles OR NOT EXISTS (
            -- It narrows for all whom the other lets in, be it because nobody else was granted anything.
            SELECT FROM unnest(x.callers) e
            WHERE e = ANY (CASE WHEN 0 = ANY (x.roles) THEN ARRAY(
                    SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = x.relation
                    UNION SELECT a.grantee FROM pg_attribute c, aclexplode(c.attacl) a WHERE c.attrelid = x.relation) ELSE x.roles END)
                AND NOT e = ANY (n.roles) AND NOT EXISTS (SELECT FROM unnest(n.roles) r WHERE e <> 0 AND pg_has_role(e, r, 'USAGE'))))
        GROUP BY 1, 2
    ), apart AS MATERIALIZED (
        SELECT DISTINCT x.policy FROM settings s, tests x JOIN tests o ON o.relation = x.relation
        WHERE x.permissive AND NOT x.roles && s.customers AND o.permissive AND o.columns <> '{}' AND o.always IS NULL AND NOT o.roles <@ x.roles
    )
    SELECT x.policy, x.object, x.name, x.relation, x.roles, x.command, x.clause, x.tree, x.columns, x.always, l.commands, translate(l.commands, concat(c.letters), ''), a.policy IS NOT NULL, x.tied, x.partly, x.asks
    FROM tests x LEFT JOIN closed c ON c.policy = x.policy AND c.clause = x.clause LEFT JOIN apart a ON a.policy = x.policy
    CROSS JOIN LATERAL (SELECT CASE x.clause WHEN 'USING' THEN concat(x.there, translate(x.written, 'w', '')) ELSE x.written END) l (commands)
    WHERE x.permissive AND x.roles && x.callers
$$;

COMMENT ON FUNCTION tenancy.policy_tests(tenancy.audit_scope) IS
'Each expression of hand-written permissive policies for callers, with for which commands it decides; scope has its tables and trees.';

CREATE FUNCTION tenancy.policy_text(policy oid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT concat_ws(' ', CASE WHEN NOT p.polpermissive THEN 'RESTRICTIVE' END,
        'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        'TO ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text) FROM unnest(p.polroles) r),
        'USING ' || tenancy.in_parentheses(regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s*\n\s*', ' ', 'g')),
        'WITH CHECK ' || tenancy.in_parentheses(regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s*\n\s*', ' ', 'g')))
    FROM pg_policy p WHERE p.oid = policy
$$;

COMMENT ON FUNCTION tenancy.policy_text(oid) IS 'What a policy says, as CREATE POLICY would; NULL where there is no such policy.';

-- auth.jwt() -> 'o' ->> 'id', auth.claim_text('o', 'id'), current_setting('request.jwt.claims', true)::json #>> '{o,id}' and
-- auth.organization() ->> 'id' say the same.
CREATE FUNCTION tenancy.audited_claims(scope tenancy.audit_scope) RETURNS SETOF tenancy.audited_claim
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH accessors AS MATERIALIZED (
        SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            AND proname IN ('json_object_field', 'json_object_field_text', 'json_extract_path',
            'json_extract_path_text', 'jsonb_object_field', 'jsonb_object_field_text', 'jsonb_extract_path', 'jsonb_extract_path_text')
    ), reading AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.function FROM unnest(scope.nodes) n WHERE n.reads_caller
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.field, n.type, n.value, n.fields ->> 'consttype' AS consttype, n.fields ->> 'sublinktype' AS link,
            n.type = 'SUBSCRIPTINGREF' OR n.type IN ('OPEXPR', 'FUNCEXPR') AND n.function IN (SELECT oid FROM accessors) AS is_access
        FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT r.tree FROM reading r)
    ), keys AS MATERIALIZED (
        -- The constants that a call or an operator is given, in a variadic array too
        SELECT k.tree, CASE p.type WHEN 'ARRAYEXPR' THEN p.parent ELSE p.id END AS holder, k.id, k.field,
            CASE k.consttype WHEN '1009' THEN k.value::text[] ELSE ARRAY[k.value] END AS keys
        FROM nodes k JOIN nodes p ON p.tree = k.tree AND p.id = k.parent WHERE k.type = 'CONST' AND k.value IS NOT NULL AND k.consttype IN ('25', '1009')
    ), around AS MATERIALIZED (
        -- What the call stands in, and whether that hands its value on, or a part of it
        SELECT x.tree, x.reader, a.id, a.is_access, c.id AS within,
            a.type IN ('COERCEVIAIO', 'RELABELTYPE', 'COALESCEEXPR', 'NULLIFEXPR', 'TARGETENTRY')
                OR a.type = 'QUERY' AND c.field = 'targetlist' OR COALESCE(a.link, '') IN ('4', '6')
                OR a.is_access AND (c.id = a.id + 1 OR c.field = 'refexpr') AS hands_on
        FROM (SELECT r.tree, r.id AS reader, unnest(r.ancestors) AS id, unnest(r.ancestors[2:] || r.id) AS within FROM reading r) x
        JOIN nodes a ON a.tree = x.tree AND a.id = x.id JOIN nodes c ON c.tree = x.tree AND c.id = x.within
    ), used AS MATERIALIZED (
        SELECT a.tree, a.reader, max(a.id) AS used_in FROM around a WHERE NOT a.hands_on GROUP BY 1, 2
    ), steps AS MATERIALIZED (
        SELECT a.tree, a.reader, array_agg(e.key ORDER BY a.id DESC, k.id, e.place) AS path
        FROM around a LEFT JOIN used u ON u.tree = a.tree AND u.reader = a.reader
        JOIN keys k ON k.tree = a.tree AND k.holder = a.id AND (k.id > a.within OR k.field = 'refupperindexpr')
        CROSS JOIN LATERAL unnest(k.keys) WITH ORDINALITY AS e (key, place)
        WHERE a.is_access AND a.id > COALESCE(u.used_in, 0) GROUP BY 1, 2
    ), given AS MATERIALIZED (
        SELECT r.tree, r.id, array_agg(e.key ORDER BY k.id, e.place) AS keys
        FROM reading r JOIN keys k ON k.tree = r.tree AND k.holder = r.id CROSS JOIN LATERAL unnest(k.keys) WITH ORDINALITY AS e (key, place) GROUP BY 1, 2
    )
    SELECT r.tree, r.id, r.function, s.setting,
        CASE WHEN p.pronamespace = 'auth'::regnamespace AND p.proname IN ('claim', 'claim_text') THEN COALESCE(g.keys, '{}')
            WHEN p.pronamespace = 'auth'::regnamespace AND p.proname IN ('email', 'role') THEN ARRAY[p.proname::text]
            WHEN p.pronamespace = 'auth'::regnamespace AND p.proname = 'organization' THEN '{o}'
            WHEN s.setting ILIKE 'request.jwt.claim.%' THEN ARRAY[substr(s.setting, 19)]
            ELSE '{}' END || COALESCE(t.path, '{}'), u.used_in
    FROM reading r JOIN pg_proc p ON p.oid = r.function
    LEFT JOIN given g ON g.tree = r.tree AND g.id = r.id
    LEFT JOIN steps t ON t.tree = r.tree AND t.reader = r.id
    LEFT JOIN used u ON u.tree = r.tree AND u.reader = r.id
    CROSS JOIN LATERAL (SELECT CASE p.proname WHEN 'current_setting' THEN g.keys[1] END) s (setting)
$$;

COMMENT ON FUNCTION tenancy.audited_claims(tenancy.audit_scope) IS
'Each call in hand-written policies that tells who is calling, with what is taken of its answer; scope has its nodes.';

CREATE FUNCTION tenancy.audit_rules() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{anonymous_writes,bypassrls_role,cast_on_column,child_unprotected,claim_setting_form,claims_in_role_settings,client_writable_claim,
        command_without_policy,correlated_call,database_role_as_caller,default_privileges,definer_function,duplicate_index,
        email_as_identity,excess_grants,extension_in_public,foreign_key_to_identity,foreign_key_unindexed,foreign_key_without_tenant,
        foreign_table,function_of_row,function_search_path,grant_to_public,identity_secrets,identity_view,immutable_reader,inverted_check,
        leakproof_function,literal_tenant,login_not_bound,materialized_view,membership_by_subselect,multiple_permissive_policies,
        no_primary_key,no_restrictive_floor,only_restrictive_policies,or_without_column,orphans,owner_rights_view,parameter_logging,
        pattern_on_claim,policies_without_rls,policy_always_false,policy_always_true,policy_by_setting,policy_exists_unbound,
        policy_for_nobody,policy_not_tied,policy_reads_unprotected,policy_recursion,policy_to_public,policy_too_large,
        policy_without_own_column,protection_drifted,publication_without_filter,rewriting_rule,rights_self_granted,rls_disabled,
        rls_not_forced,rls_without_policies,role_claim_as_right,schema_create,sensitive_columns,sequence_rights,server_version,
        signed_in_by_jwt,tenant_column_nullable,tenant_column_type,tenant_column_unindexed,tenant_column_unknown,trigger_sorts_after,
        unique_without_tenant,unscoped_owner_column,unwrapped_call,volatile_in_policy,wrapped_call_skewed,write_check_missing}'::text[];

COMMENT ON FUNCTION tenancy.audit_rules() IS 'The codes of the rules of tenancy.audit(). docs/audit has a page for each.';

-- A finding that is meant so, with the reason and until when.
CREATE TABLE tenancy.waiver (
    code text,
    object text,
    reason text NOT NULL,
    until date,
    level text, -- that it had when it was waived; NULL where it was not found then
    PRIMARY KEY (code, object)
);

COMMENT ON TABLE tenancy.waiver IS 'Findings that tenancy.audit() leaves out: tenancy.waive().';

-- Whoever audits reads it.
GRANT SELECT ON tenancy.waiver TO PUBLIC;

CREATE FUNCTION tenancy.all_findings(schemas name[]) RETURNS TABLE (level text, code text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET jit = off -- Rules switch off how the planner joins, and to compile what then looks expensive takes longer than to run it.
AS $$
#variable_conflict use_column
DECLARE
    scope tenancy.audit_scope := tenancy.make_audit_scope(schemas);
    rule text;
BEGIN
    FOREACH rule IN ARRAY tenancy.audit_rules() LOOP
        BEGIN
            RETURN QUERY EXECUTE format('SELECT f.level, %L, f.object, f.message, f.detail, f.fix FROM tenancy.%I($1) f', rule, 'audit_' || rule) USING scope;
        EXCEPTION WHEN OTHERS THEN
            -- What could not be looked at is not known to be good, and is no reason not to look at the rest.
            RETURN QUERY SELECT 'error', rule, 'database', format('rule %s could not be tried: %s', rule, SQLERRM), format('SQLSTATE %s', SQLSTATE), NULL::text;
        END;
    END LOOP;
END $$;

COMMENT ON FUNCTION tenancy.all_findings(name[]) IS 'tenancy.audit() without regard to what was waived.';

CREATE FUNCTION tenancy.level_place(level text) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_position('{error,warning,notice}'::text[], level);

COMMENT ON FUNCTION tenancy.level_place(text) IS 'The place of a level of tenancy.audit(), 1 for the worst; NULL where there is no such level.';

CREATE FUNCTION tenancy.audit(schemas name[] DEFAULT NULL) RETURNS TABLE (level text, code text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    BEGIN ATOMIC
        SELECT f.level, f.code, f.object, f.message,
            NULLIF(concat_ws(' ', f.detail, CASE WHEN w.until < CURRENT_DATE THEN format('Waived until %s: %s', w.until, w.reason)
                WHEN w.code IS NOT NULL THEN format('Waived when it was a %s: %s', w.level, w.reason) END), ''), f.fix
        FROM tenancy.all_findings(schemas) f LEFT JOIN tenancy.waiver w ON w.code = f.code AND w.object = f.object
        WHERE w.code IS NULL OR w.until < CURRENT_DATE OR tenancy.level_place(f.level) < tenancy.level_place(w.level)
        ORDER BY tenancy.level_place(f.level), f.code, f.object, f.message;
    END;

COMMENT ON FUNCTION tenancy.audit(name[]) IS
'What is wrong with the isolation of tenants in these schemas; NULL is those of setting audit_schemas, or all but the system''s. level: error, rows of others can be reached, or a guard that was asked for is not there; warning, they can under circumstances, or a mistake that is often made; notice, worth knowing. code is the rule (docs/audit has a page for each), object what it is about, fix SQL that mends it as it stands; NULL where a person has to choose. What tenancy.waive() names is left out, unless it has become worse. Reads the catalog as the current role, and writes nothing; small tables are read for orphans where row security does not hide them. Errors: 3F000 no such schema; 22023 an empty array.';

CREATE FUNCTION tenancy.assert_isolated(schemas name[] DEFAULT NULL, level text DEFAULT 'error') RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    findings int;
    listed text;
BEGIN
    IF tenancy.level_place(level) IS NULL THEN
        RAISE EXCEPTION 'unknown level: %', COALESCE(quote_literal(level), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Levels are error, warning, notice.';
    END IF;
    SELECT count(*), string_agg(format('%s %s: %s: %s', f.level, f.code, f.object, f.message), E'\n' ORDER BY f.place) INTO findings, listed
    FROM tenancy.audit(schemas) WITH ORDINALITY AS f (level, code, object, message, detail, fix, place)
    WHERE tenancy.level_place(f.level) <= tenancy.level_place(assert_isolated.level);
    IF findings > 0 THEN
        RAISE EXCEPTION 'tenants are not isolated: % %', findings, CASE findings WHEN 1 THEN 'finding' ELSE 'findings' END
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = listed,
            HINT = 'SELECT * FROM tenancy.audit() has the statements that mend them; tenancy.waive() leaves out what is meant so.';
    END IF;
END $$;

COMMENT ON FUNCTION tenancy.assert_isolated(name[], text) IS
'For CI, and after migrations: nothing where tenancy.audit() has no finding of this level or above, else error 55000 with the findings in DETAIL. Errors besides: 3F000 no such schema; 22023 no such level, or an empty array.';

CREATE FUNCTION tenancy.waive(code text, object text, reason text, until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found text;
BEGIN
    IF waive.code IS NULL OR waive.code <> ALL (tenancy.audit_rules()) THEN
        RAISE EXCEPTION 'unknown rule: %', COALESCE(quote_literal(waive.code), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'SELECT unnest(tenancy.audit_rules()) lists them.';
    ELSIF waive.object !~ '\S' IS NOT FALSE OR waive.reason !~ '\S' IS NOT FALSE THEN
        RAISE EXCEPTION 'object and reason must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'object is written as tenancy.audit() writes it; the reason is for whoever asks later.';
    ELSIF waive.until < CURRENT_DATE THEN
        RAISE EXCEPTION 'until lies in the past: %', waive.until USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is the last day of the waiver; NULL is for ever. tenancy.unwaive() ends one.';
    END IF;
    SELECT f.level INTO found FROM tenancy.all_findings(NULL) f WHERE f.code = waive.code AND f.object = waive.object ORDER BY tenancy.level_place(f.level) LIMIT 1;
    IF found IS NULL THEN
        RAISE NOTICE 'there is no such finding now' USING DETAIL = format('Rule %s finds nothing of %s.', waive.code, waive.object),
            HINT = 'object is written as tenancy.audit() writes it.';
    END IF;
    INSERT INTO tenancy.waiver VALUES (waive.code, waive.object, waive.reason, waive.until, found)
    ON CONFLICT (code, object) DO UPDATE SET reason = excluded.reason, until = excluded.until, level = excluded.level;
END $$;

COMMENT ON FUNCTION tenancy.waive(text, text, text, date) IS
'Leaves a finding out of tenancy.audit(), with the reason, to the end of a day (NULL: for ever); then it is there again, with the reason; and so it is when its level becomes worse. object is written as the audit writes it. For the administrator. Errors: 22023 no such rule, no object or reason, a day that has passed; 42501. A NOTICE where there is no such finding now.';

CREATE FUNCTION tenancy.unwaive(code text, object text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM tenancy.waiver w WHERE w.code = unwaive.code AND w.object = unwaive.object;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such waiver' USING ERRCODE = 'undefined_object', HINT = 'TABLE tenancy.waiver lists them.';
    END IF;
END $$;

REVOKE EXECUTE ON FUNCTION tenancy.waive(text, text, text, date), tenancy.unwaive(text, text) FROM PUBLIC;

COMMENT ON FUNCTION tenancy.unwaive(text, text) IS 'Ends a waiver: tenancy.audit() has the finding again. For the administrator. Errors: 42704 no such waiver; 42501.';

-- A policy lets whoever is not signed in write rows that belong to tenants, or read them.
CREATE FUNCTION tenancy.audit_anonymous_writes(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.fields ->> 'boolop' AS boolop,
            n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR p.pronamespace <> 'pg_catalog'::regnamespace AS asks
        FROM unnest(scope.nodes) n LEFT JOIN pg_proc p ON p.oid = n.function WHERE n.type IN ('BOOLEXPR', 'FUNCEXPR', 'SQLVALUEFUNCTION', 'NULLTEST') OR n.ancestors = '{}' OR n.field = 'args'
    ), arms AS MATERIALIZED (
        -- What the whole needs: each of its arms if it is an AND (any one that asks for the caller closes it), one if it is an OR.
        SELECT r.tree, r.boolop, a.id, COALESCE(bool_or(n.asks), false) AS asks FROM nodes r
        JOIN nodes a ON a.tree = r.tree AND (CASE WHEN r.boolop IN ('and', 'or') THEN a.parent = r.id ELSE a.id = r.id END)
        LEFT JOIN nodes n ON n.tree = a.tree AND n.asks AND (n.id = a.id OR a.id = ANY (n.ancestors))
        WHERE r.ancestors = '{}' GROUP BY 1, 2, 3
    ), unasked AS MATERIALIZED (
        SELECT a.tree FROM arms a GROUP BY a.tree, a.boolop HAVING CASE a.boolop WHEN 'or' THEN bool_or(NOT a.asks) ELSE NOT bool_or(a.asks) END
    ), anonymous AS MATERIALIZED (
        SELECT r.oid AS role, ARRAY(SELECT o.oid FROM pg_roles o WHERE pg_has_role(r.oid, o.oid, 'USAGE')) || 0::oid AS roles FROM pg_roles r
        WHERE r.rolname = tenancy.setting('anonymous') AND r.oid = ANY (scope.callers)
    ), found AS MATERIALIZED (
        SELECT DISTINCT t.object, t.relation, t.schema, x.name, x.clause, l.command, a.role
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.has_owners AND t.row_security AND t.asked IS NULL
        JOIN unasked u ON u.tree = x.tree JOIN anonymous a ON a.roles && x.roles
        CROSS JOIN LATERAL regexp_split_to_table(x.commands, '') l (command)
        WHERE x.always IS DISTINCT FROM false AND strpos(t.granted, l.command) > 0
    )
    SELECT CASE WHEN bool_or(f.command <> 'r') THEN 'warning' ELSE 'notice' END, f.object,
        CASE WHEN bool_or(f.command <> 'r') THEN 'whoever is not signed in may write it' ELSE 'whoever is not signed in may read it' END,
        format('Role %s may %s, by %s.', f.role::regrole, string_agg(DISTINCT CASE f.command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, ', '), string_agg(DISTINCT format('policy %I', f.name), ', ')), NULL::text
    FROM found f
    WHERE has_schema_privilege(f.role, f.schema, 'USAGE') AND CASE f.command WHEN 'd' THEN has_table_privilege(f.role, f.relation, 'DELETE')
        ELSE has_any_column_privilege(f.role, f.relation, CASE f.command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' ELSE 'UPDATE' END) END
    GROUP BY f.object, f.role
$$;

COMMENT ON FUNCTION tenancy.audit_anonymous_writes(tenancy.audit_scope) IS 'Rule anonymous_writes of tenancy.audit().';

-- A login with BYPASSRLS sees the rows of all tenants, whatever policies say. Migrations and back-ups need one; in the settings of
-- an app it undoes everything.
CREATE FUNCTION tenancy.audit_bypassrls_role(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'notice', 'role ' || r.oid::regrole, 'it is bound by no policy', 'It has LOGIN and BYPASSRLS.', NULL::text
    FROM pg_roles r WHERE r.rolcanlogin AND r.rolbypassrls AND NOT r.rolsuper AND r.oid NOT IN (SELECT l.login FROM tenancy.audited_logins() l)
$$;

COMMENT ON FUNCTION tenancy.audit_bypassrls_role(tenancy.audit_scope) IS 'Rule bypassrls_role of tenancy.audit().';

-- tenant_id::text = ...: the index is on the column as it is. Cast, or passed through a function, the column has none, and every
-- query reads all rows.
CREATE FUNCTION tenancy.audit_cast_on_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.own_column, n.function, n.reads_caller, (n.fields ->> 'opno')::oid AS operator FROM unnest(scope.nodes) n
        WHERE n.query IS NULL OR n.reads_caller
    ), paths AS MATERIALIZED (
        -- From the first node down to the column: where is it compared, and what stands between?
        SELECT v.tree, v.id AS var, v.own_column, n.id, n.type, a.position, max(a.position) FILTER (WHERE e.operator IS NOT NULL) OVER (PARTITION BY v.tree, v.id) AS compared,
            n.type = 'FUNCEXPR' AND f.provolatile <> 'i' AND f.pronamespace <> 'pg_catalog'::regnamespace AS may_read
        FROM nodes v CROSS JOIN LATERAL unnest(v.ancestors) WITH ORDINALITY AS a (id, position) JOIN nodes n ON n.tree = v.tree AND n.id = a.id
        LEFT JOIN (SELECT DISTINCT o.amopopr AS operator FROM pg_amop o JOIN pg_am m ON m.oid = o.amopmethod AND m.amname = 'btree' WHERE o.amopstrategy = 3) e
            ON e.operator = n.operator AND n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR')
        LEFT JOIN pg_proc f ON f.oid = n.function
        WHERE v.own_column > 0
    ), changed AS MATERIALIZED (
        -- RELABELTYPE changes the type, not the value: an index serves that. A function that may read tables is for function_of_row.
        SELECT p.tree, p.own_column, min(p.id) AS made FROM paths p WHERE p.position > p.compared GROUP BY p.tree, p.own_column, p.var
        HAVING bool_or(p.type <> 'RELABELTYPE') AND bool_and(p.type <> 'SUBLINK') AND NOT bool_or(COALESCE(p.may_read, false))
    ), found AS MATERIALIZED (
        -- A floor that protect() wrote takes the index. So does the tenant beside a user.
        SELECT p.policy, p.object, p.relation, c.own_column
        FROM unnest(scope.policies) p JOIN changed c ON c.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND c.own_column IN (t.tenant_column, t.user_column)
        WHERE COALESCE(t.template, 'public_read') = 'public_read'
            AND (c.own_column = COALESCE(t.tenant_column, t.user_column) OR NOT EXISTS (SELECT FROM nodes o WHERE o.tree = c.tree AND o.own_column = t.tenant_column))
            -- (COALESCE(caller, column) = column is for inverted_check.)
            AND NOT EXISTS (SELECT FROM nodes r WHERE r.tree = c.tree AND r.reads_caller AND c.made = ANY (r.ancestors))
    )
    SELECT DISTINCT 'warning', f.object, 'the column is cast or passed through a function before it is compared, so no index serves',
        format('Column %I, in %s', a.attname, pg_get_expr(q.polqual, q.polrelid)), NULL::text
    FROM found f JOIN pg_policy q ON q.oid = f.policy JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column
    -- An index on an expression of the column may serve.
    WHERE NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
        WHERE i.indrelid = f.relation AND d.refobjsubid = f.own_column AND i.indkey[0] = 0)
$$;

COMMENT ON FUNCTION tenancy.audit_cast_on_column(tenancy.audit_scope) IS 'Rule cast_on_column of tenancy.audit().';

-- Row security of a parent guards rows that are reached through the parent. Who names the partition or the child itself is
-- bound by that one's own row security alone.
CREATE FUNCTION tenancy.audit_child_unprotected(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE audited AS MATERIALIZED (
        SELECT t.* FROM unnest(scope.tables) t
    ), under AS (
        SELECT t.relation, p.relation AS above, p.parent, p.row_security, p.forced, p.template FROM audited t JOIN audited p ON p.relation = t.parent
        UNION SELECT u.relation, p.relation, p.parent, p.row_security, p.forced, p.template FROM under u JOIN audited p ON p.relation = u.parent
    ), guarded AS (
        SELECT u.relation, bool_or(u.forced) AS forced, bool_and(u.template = 'public_read') AS public, string_agg(u.above::regclass::text, ', ' ORDER BY u.above) AS parents
        FROM under u WHERE u.row_security GROUP BY u.relation
    )
    SELECT CASE WHEN NOT t.row_security AND (t.granted ~ '[awdD]' OR t.granted <> '' AND g.public IS NOT TRUE) THEN 'error' ELSE 'warning' END, t.object,
        CASE WHEN t.row_security THEN 'row security binds the owner of its parent''s rows, and not where they are asked for here'
            ELSE 'row security is off, and its parent''s does not guard it where it is asked directly' END,
        format('Row security is on for %s. %s', g.parents, CASE WHEN t.granted <> '' THEN 'Callers have rights on the child itself.' ELSE 'Callers have no rights on the child itself.' END),
        concat_ws(E';\n', CASE WHEN NOT t.row_security THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) END,
            CASE WHEN g.forced AND NOT t.forced THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END)
    FROM audited t JOIN guarded g ON g.relation = t.relation
    -- (One with row security and without policies is closed to all but its owner, as may be meant.)
    WHERE NOT t.row_security OR g.forced AND NOT t.forced
$$;

COMMENT ON FUNCTION tenancy.audit_child_unprotected(tenancy.audit_scope) IS 'Rule child_unprotected of tenancy.audit().';

-- current_setting('app.x') is an error wherever x was never set, and after a transaction that used SET LOCAL it is '', which is no
-- uuid: the queries of whoever gets that connection next fail.
CREATE FUNCTION tenancy.audit_claim_setting_form(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.value, n.reads_caller, n.function, n.fields ->> 'resulttype' AS result
        FROM unnest(scope.nodes) n
        WHERE n.reads_caller OR n.type IN ('COERCEVIAIO', 'NULLIFEXPR', 'CASEEXPR', 'FUNCEXPR', 'OPEXPR', 'CONST', 'FROMEXPR')
    ), settings AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, s.value AS setting, f.pronargs = 1 OR m.value = 'false' AS fails,
            -- A custom setting without a period cannot be set.
            strpos(s.value, '.') = 0 AS is_none
        FROM nodes n JOIN pg_proc f ON f.oid = n.function AND f.proname = 'current_setting'
        JOIN nodes s ON s.tree = n.tree AND s.parent = n.id AND s.id = n.id + 1 AND (strpos(s.value, '.') > 0 OR current_setting(s.value, true) IS NULL)
        LEFT JOIN nodes m ON m.tree = n.tree AND m.parent = n.id AND m.id = n.id + 2
        WHERE n.reads_caller
    ), first_uses AS MATERIALIZED (
        -- What its value goes into first, other than COALESCE, which '' passes
        SELECT s.tree, s.id, (array_agg(n.type = 'COERCEVIAIO' AND t.typcategory <> 'S' ORDER BY n.id DESC))[1] AND NOT bool_or(n.type = 'CASEEXPR') AS is_cast
        FROM settings s JOIN nodes n ON n.tree = s.tree AND n.id = ANY (s.ancestors) LEFT JOIN pg_type t ON t.oid = n.result::oid GROUP BY 1, 2
    ), found AS MATERIALIZED (
        SELECT s.tree, s.setting, s.is_none, s.fails AND NOT s.is_none AS fails, COALESCE(u.is_cast, false) AND NOT s.is_none AS is_cast
        FROM settings s LEFT JOIN first_uses u ON u.tree = s.tree AND u.id = s.id WHERE s.fails OR u.is_cast OR s.is_none
    )
    SELECT 'warning', p.object, CASE WHEN bool_and(f.is_none) THEN 'it reads a setting that nobody can set' ELSE 'it fails where the setting is not set, or is empty' END,
        string_agg(DISTINCT concat_ws(' ', CASE WHEN f.is_none THEN format('There is no setting %s, and none of one''s own can be set whose name has no period.', f.setting) END,
            CASE WHEN f.fails THEN format('current_setting(%L) without its second argument, true, is an error where nothing is set.', f.setting) END,
            CASE WHEN f.is_cast THEN format('Setting %s is cast without NULLIF(..., '''').', f.setting) END), ' '), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_claim_setting_form(tenancy.audit_scope) IS 'Rule claim_setting_form of tenancy.audit().';

-- ALTER ROLE ... SET request.jwt.claims: every session of that role begins as somebody, and whoever forgets to say who is calling
-- is that one.
CREATE FUNCTION tenancy.audit_claims_in_role_settings(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH settings AS MATERIALIZED (
        SELECT s.setrole, s.setdatabase, split_part(c, '=', 1) AS name, lower(split_part(c, '=', 1)) AS lower_name, substr(c, strpos(c, '=') + 1) AS value
        FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c
        -- A superuser is bound by nothing anyway.
        WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = s.setrole AND r.rolsuper)
    ), found AS MATERIALIZED (
        SELECT s.*, b.does, s.lower_name <> 'row_security' AS lets_in FROM settings s CROSS JOIN LATERAL (SELECT CASE
            WHEN s.lower_name ~ '^(request\.jwt\.|pg_tenancy\.)' AND s.value <> '' THEN 'it says who is calling'
            -- (It is common, and safe, to begin as the role of callers.)
            WHEN s.lower_name = 'role' AND s.value <> 'none' AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = s.value AND (r.oid <> ALL (scope.callers) OR r.oid = ANY (scope.owners)))
                THEN 'it begins as a role that row security does not bind as callers'
            WHEN (s.setrole = 0 OR s.setrole = ANY (scope.callers)) AND s.lower_name = 'session_replication_role'
                AND s.value <> 'origin' THEN 'triggers and foreign keys are off'
            WHEN (s.setrole = 0 OR s.setrole = ANY (scope.callers)) AND s.lower_name = 'row_security'
                AND NOT s.value::boolean THEN 'queries of tables with policies fail'
        END) b (does) WHERE b.does IS NOT NULL
    ), named AS (
        SELECT CASE f.setrole WHEN 0 THEN 'database' ELSE 'role ' || f.setrole::regrole END AS object, f.lets_in, f.name, f.does,
            CASE WHEN f.setrole = 0 AND f.setdatabase = 0 THEN 'ALTER ROLE ALL' WHEN f.setrole = 0 THEN format('ALTER DATABASE %I', current_database())
                ELSE format('ALTER ROLE %s', f.setrole::regrole) || CASE f.setdatabase WHEN 0 THEN '' ELSE format(' IN DATABASE %I', current_database()) END END
            || ' RESET ' || (SELECT string_agg(quote_ident(part), '.' ORDER BY place)
                FROM unnest(string_to_array(f.name, '.')) WITH ORDINALITY AS x (part, place)) AS statement
        FROM found f
    )
    SELECT CASE WHEN bool_or(n.lets_in) THEN 'error' ELSE 'warning' END, n.object, 'its sessions begin with settings that are for each request to make',
        string_agg(DISTINCT format('%s: %s.', n.name, n.does), ' ' ORDER BY format('%s: %s.', n.name, n.does)),
        string_agg(DISTINCT n.statement, E';\n' ORDER BY n.statement)
    FROM named n GROUP BY n.object
$$;

COMMENT ON FUNCTION tenancy.audit_claims_in_role_settings(tenancy.audit_scope) IS 'Rule claims_in_role_settings of tenancy.audit().';

-- user_metadata and its like are what users write themselves, through the identity provider's own API. A policy that goes by
-- them lets a user choose the tenant or the role.
CREATE FUNCTION tenancy.audit_client_writable_claim(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH writable AS MATERIALIZED (
        -- (Auth0 has names such as https://acme.example/user_metadata.)
        SELECT '(^|/)(user_metadata|userMetadata|raw_user_meta_data|unsafe_metadata|unsafeMetadata|client_metadata|clientMetadata)$' AS names
    ), columns AS MATERIALIZED (
        -- What is the user's in the provider's own tables, and the organization's, whose admins write it
        SELECT a.attrelid, a.attnum, a.attrelid::regclass || '.' || quote_ident(a.attname) AS name
        FROM writable w, pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('auth', tenancy.setting('identity_schema')) AND a.attnum > 0
            AND (a.attname ~ w.names OR c.relname = 'organization' AND a.attname = 'metadata')
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.function, n.fields FROM unnest(scope.nodes) n
        WHERE n.type IN ('QUERY', 'FUNCEXPR') OR n.depth > 0 AND (n.type = 'RANGETBLENTRY' OR n.type = 'VAR' AND n.field <> 'joinaliasvars')
    ), tables AS (
        -- The tables of each sub-select, by their numbers there
        SELECT n.tree, n.parent AS query, (n.fields ->> 'relid')::oid AS relid, row_number() OVER (PARTITION BY n.tree, n.parent ORDER BY n.id) AS number
        FROM nodes n WHERE n.type = 'RANGETBLENTRY'
    ), variables AS (
        SELECT v.tree, (v.fields ->> 'varno')::int AS number, (v.fields ->> 'varattno')::int AS attnum, q.id AS query,
            row_number() OVER (PARTITION BY v.tree, v.id ORDER BY q.id DESC) - 1 = (v.fields ->> 'varlevelsup')::int AS is_its
        FROM nodes v JOIN nodes q ON q.tree = v.tree AND q.type = 'QUERY' AND q.id = ANY (v.ancestors) WHERE v.type = 'VAR'
    ), found AS MATERIALIZED (
        SELECT c.tree, 'claim ' || array_to_string(c.path, '.') AS what FROM unnest(scope.claims) c, writable w
        WHERE EXISTS (SELECT FROM unnest(c.path) key WHERE key ~ w.names)
        UNION
        SELECT v.tree, 'column ' || c.name FROM variables v JOIN tables t ON t.tree = v.tree AND t.query = v.query AND t.number = v.number
        JOIN columns c ON c.attrelid = t.relid AND c.attnum = v.attnum WHERE v.is_its
        UNION
        -- A function that reads them for the policy
        SELECT n.tree, format('%s in function %s', word[cardinality(word)], f.oid::regprocedure)
        FROM writable w, (SELECT DISTINCT tree, function FROM nodes WHERE type = 'FUNCEXPR') n
        JOIN pg_proc f ON f.oid = n.function AND f.pronamespace NOT IN ('pg_catalog'::regnamespace, 'auth'::regnamespace, 'tenancy'::regnamespace)
        CROSS JOIN LATERAL tenancy.words(COALESCE(pg_get_function_sqlbody(f.oid), f.prosrc)) word
        WHERE NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner) AND word[cardinality(word)] ~ w.names
    )
    SELECT CASE WHEN p.permissive THEN 'error' ELSE 'warning' END, p.object, 'it believes what users write themselves',
        format('It goes by %s.', string_agg(DISTINCT f.what, ', ' ORDER BY f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object, p.permissive
$$;

COMMENT ON FUNCTION tenancy.audit_client_writable_claim(tenancy.audit_scope) IS 'Rule client_writable_claim of tenancy.audit().';

-- Callers are granted a command that no policy lets them use: it finds no rows or is refused, where the grant says otherwise.
-- Mostly a policy was forgotten, and the next to come along adds one in a hurry.
CREATE FUNCTION tenancy.audit_command_without_policy(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH open AS MATERIALIZED (
        SELECT p.relation, string_agg(DISTINCT CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, '') AS commands
        FROM unnest(scope.policies) p WHERE p.permissive GROUP BY p.relation
    )
    SELECT 'notice', t.object, 'callers are granted what no policy lets them do',
        format('There is no permissive policy for: %s.', string_agg(c.name, ', ' ORDER BY c.place)), NULL::text
    FROM unnest(scope.tables) t JOIN open o ON o.relation = t.relation
    JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS c (place, letter, name)
        ON strpos(t.granted, c.letter) > 0 AND strpos(o.commands, c.letter) = 0
    WHERE t.row_security AND t.asked IS NULL
    GROUP BY t.object
$$;

COMMENT ON FUNCTION tenancy.audit_command_without_policy(tenancy.audit_scope) IS 'Rule command_without_policy of tenancy.audit().';

-- (SELECT f() = column): the sub-select reads a column of the row, so it is run once for each, and no index helps. It is
-- written so by those who were told to wrap calls into (SELECT ...), and wrapped too much.
CREATE FUNCTION tenancy.audit_correlated_call(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller FROM unnest(scope.nodes) n
    ), found AS MATERIALIZED (
        SELECT DISTINCT query.tree, call.function, var.own_column FROM nodes query
        JOIN nodes call ON call.tree = query.tree AND call.query = query.id AND call.reads_caller
        JOIN nodes var ON var.tree = query.tree AND var.query = query.id AND var.own_column > 0
        WHERE query.type = 'QUERY' AND query.depth = 0
            -- (One that reads tables is another matter: membership_by_subselect.)
            AND NOT EXISTS (SELECT FROM nodes t WHERE t.tree = query.tree AND t.query = query.id AND t.type = 'RANGETBLENTRY')
    )
    SELECT DISTINCT 'warning', p.object, 'a sub-select holds a call and a column of the row together, and runs once per row',
        format('It calls %s beside column %I.', f.function::regprocedure, a.attname), NULL::text
    FROM found f JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = f.tree
    JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum = f.own_column
$$;

COMMENT ON FUNCTION tenancy.audit_correlated_call(tenancy.audit_scope) IS 'Rule correlated_call of tenancy.audit().';

-- owner = current_user: apps connect through a pool with one role, so that role is everybody, and each caller sees what any
-- other does.
CREATE FUNCTION tenancy.audit_database_role_as_caller(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.query, n.type, n.function, n.fields,
            -- (SQLValueFunctionOp of src/include/nodes/primnodes.h)
            CASE n.fields ->> 'op' WHEN '9' THEN 'current_role' WHEN '10' THEN 'current_user' WHEN '11' THEN 'user' WHEN '12' THEN 'session_user' END AS role
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('SQLVALUEFUNCTION', 'VAR', 'RANGETBLENTRY', 'FUNCEXPR') OR n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR')
    ), roles AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.query, n.role FROM nodes n WHERE n.type = 'SQLVALUEFUNCTION' AND n.role IS NOT NULL
        UNION ALL
        SELECT n.tree, n.id, n.ancestors, n.query, p.proname FROM nodes n JOIN pg_proc p ON p.oid = n.function
        WHERE n.type = 'FUNCEXPR' AND p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('current_user', 'session_user', 'getpgusername')
        UNION ALL
        SELECT c.tree, c.reader, n.ancestors, n.query, format('current_setting(%L)', c.setting)
        FROM unnest(scope.claims) c JOIN nodes n ON n.tree = c.tree AND n.id = c.reader WHERE lower(c.setting) IN ('role', 'session_authorization')
    ), compared AS MATERIALIZED (
        -- The innermost comparison, and what it is with: a constant, or a role in the catalog, is a matter of rights.
        SELECT r.tree, r.id, r.query, r.role, max(c.id) AS comparison FROM roles r
        JOIN nodes c ON c.tree = r.tree AND c.id = ANY (r.ancestors) JOIN pg_operator o ON o.oid = (c.fields ->> 'opno')::oid AND o.oprresult = 'bool'::regtype
        WHERE NOT EXISTS (SELECT FROM nodes f JOIN pg_proc p ON p.oid = f.function AND p.pronamespace = 'pg_catalog'::regnamespace
            AND p.proname ~ '^(pg_has_role|has_.*_privilege)$'
            WHERE f.tree = r.tree AND f.type = 'FUNCEXPR' AND f.id = ANY (r.ancestors))
        GROUP BY 1, 2, 3, 4
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.role FROM compared c
        WHERE EXISTS (SELECT FROM nodes v WHERE v.tree = c.tree AND v.type = 'VAR' AND c.comparison = ANY (v.ancestors))
            AND NOT EXISTS (SELECT FROM nodes t WHERE t.tree = c.tree AND t.query = c.query AND t.type = 'RANGETBLENTRY'
                AND (t.fields ->> 'relid')::oid::int8 < 16384)
    )
    SELECT 'warning', p.object, 'it takes the database role for the caller, and behind a pooler that is everybody',
        format('It compares %s.', string_agg(DISTINCT f.role, ', ' ORDER BY f.role)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_database_role_as_caller(tenancy.audit_scope) IS 'Rule database_role_as_caller of tenancy.audit().';

-- ALTER DEFAULT PRIVILEGES ... GRANT ... ON TABLES: a table that somebody makes tomorrow is open to callers from the moment it is
-- made until somebody protects it.
CREATE FUNCTION tenancy.audit_default_privileges(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH granted AS (
        SELECT d.defaclrole, n.nspname, a.grantee, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
        FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        WHERE d.defaclobjtype = 'r' AND (d.defaclnamespace = 0 OR d.defaclnamespace = ANY (scope.schemas))
            AND a.grantee = ANY (scope.callers) AND a.grantee <> d.defaclrole AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        GROUP BY 1, 2, 3
    ), named AS (
        SELECT g.*, g.defaclrole::regrole AS maker, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS holder FROM granted g
        -- A watched schema protects new tables, or refuses them.
        WHERE g.nspname IS NULL OR NOT EXISTS (SELECT FROM tenancy.watched w WHERE w.schema = g.nspname)
            OR NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'tenancy_watch' AND evtenabled <> 'D')
    )
    SELECT 'warning', format('default privileges of %s', n.maker) || COALESCE(' in ' || quote_ident(n.nspname), ''),
        'new tables are open to callers before anybody protects them',
        format('Tables that %s makes are granted: %s.', n.maker, string_agg(format('%s to %s', n.privileges, n.holder), '; ' ORDER BY n.holder)),
        format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES FROM %s', n.maker,
            COALESCE(' IN SCHEMA ' || quote_ident(n.nspname), ''), string_agg(n.holder, ', ' ORDER BY n.holder))
    FROM named n GROUP BY n.maker, n.nspname
$$;

COMMENT ON FUNCTION tenancy.audit_default_privileges(tenancy.audit_scope) IS 'Rule default_privileges of tenancy.audit().';

-- A SECURITY DEFINER function runs as its owner. Where row security does not bind that owner, the function reads and writes
-- the rows of all tenants for whoever may call it: all that keeps them apart is what its text says.
CREATE FUNCTION tenancy.audit_definer_function(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'warning' ELSE 'notice' END, format('%s %s', d.kind, d.object), 'it runs with rights that pass by the row security of tables', string_agg(DISTINCT d.why, '; '),
        -- (Whether it can do its work with the rights of its caller, a person has to say.)
        NULL::text
    FROM unnest(scope.doors) d WHERE d.kind IN ('function', 'procedure') GROUP BY d.kind, d.object
$$;

COMMENT ON FUNCTION tenancy.audit_definer_function(tenancy.audit_scope) IS 'Rule definer_function of tenancy.audit().';

-- Two indexes over the same columns: each write keeps both, and no query gains by the second.
CREATE FUNCTION tenancy.audit_duplicate_index(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH indexes AS MATERIALIZED (
        SELECT i.*, c.reloptions, k.conname, t.name AS table_name,
            EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS of_parent,
            i.indisreplident OR i.indisclustered OR f.conindid IS NOT NULL AS is_used,
            ROW(i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
                regexp_replace(i.indexprs::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'), regexp_replace(i.indpred::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g')) AS shape
        FROM pg_index i JOIN unnest(scope.tables) t ON t.relation = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
        LEFT JOIN (SELECT DISTINCT conindid FROM pg_constraint WHERE contype = 'f') f ON f.conindid = i.indexrelid
        WHERE i.indisvalid
    ), ranked AS (
        -- What something else goes by stays: partitions' indexes, keys that foreign keys refer to, constraints; then the unique; then the older.
        SELECT i.*, row_number() OVER (PARTITION BY i.shape ORDER BY i.of_parent DESC, i.indisexclusion DESC, i.indisprimary DESC, i.is_used DESC, i.conname IS NULL,
            i.indisunique DESC, i.indexrelid) AS place, count(*) OVER (PARTITION BY i.shape) AS shared
        FROM indexes i
    )
    SELECT 'notice', CASE WHEN r.conname IS NOT NULL THEN format('constraint %I on %s', r.conname, r.table_name) ELSE 'index ' || r.indexrelid::regclass END,
        'another index of the table does the same', format('Index %s: %s.', k.indexrelid::regclass, pg_get_indexdef(k.indexrelid)),
        CASE WHEN r.conname IS NULL AND NOT r.is_used THEN format('DROP INDEX %s', r.indexrelid::regclass) END
    FROM ranked r
    CROSS JOIN LATERAL (
        SELECT o.indexrelid FROM ranked o WHERE o.shape = r.shape AND o.place < r.place AND (NOT r.indisunique
            OR o.indisunique AND o.indimmediate = r.indimmediate AND o.indnullsnotdistinct = r.indnullsnotdistinct) ORDER BY o.place LIMIT 1) k
    WHERE r.shared > 1 AND NOT r.of_parent AND NOT r.indisexclusion
$$;

COMMENT ON FUNCTION tenancy.audit_duplicate_index(tenancy.audit_scope) IS 'Rule duplicate_index of tenancy.audit().';

-- An address can be given to somebody else, changed by its user, and with some providers claimed without proof. Whoever has it
-- then is, for this policy, whoever had it before.
CREATE FUNCTION tenancy.audit_email_as_identity(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.fields ->> 'sublinktype' IN ('1', '2', '3') AS is_in, (n.fields ->> 'opno')::oid AS operator
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR', 'SUBLINK') OR n.reads_caller
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.path[cardinality(c.path)] AS claim
        FROM unnest(scope.claims) c JOIN nodes r ON r.tree = c.tree AND r.id = c.reader
        WHERE c.path[cardinality(c.path)] IN ('email', 'phone', 'phone_number', 'preferred_username')
            -- Compared, and not only looked whether it is there
            AND EXISTS (SELECT FROM nodes o LEFT JOIN pg_operator p ON p.oid = o.operator
                WHERE o.tree = c.tree AND o.id = ANY (r.ancestors) AND (p.oprresult = 'bool'::regtype OR o.is_in AND o.id = c.used_in))
    )
    SELECT 'warning', p.object, 'it knows the caller by something that can pass to somebody else',
        format('It compares the claim %s.', string_agg(DISTINCT f.claim, ', ' ORDER BY f.claim)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_email_as_identity(tenancy.audit_scope) IS 'Rule email_as_identity of tenancy.audit().';

-- TRUNCATE empties a table of the rows of all tenants, and asks no policy. REFERENCES lets a foreign key ask whether a row of
-- another tenant exists, and a TRIGGER runs in the sessions of other callers.
CREATE FUNCTION tenancy.audit_excess_grants(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH privileges AS MATERIALIZED (
        SELECT t.relation, t.object, t.name AS table_name, t.owner, a.grantee, a.grantor, a.privilege_type, NULL::name AS attname, g.tgname IS NOT NULL AS refused
        FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        LEFT JOIN pg_trigger g ON g.tgrelid = t.relation AND g.tgname = 'tenancy_truncate' AND g.tgenabled <> 'D' AND t.asked IS NOT NULL
        WHERE t.row_security AND t.granted ~ '[Dxt]' AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner
        UNION ALL
        SELECT t.relation, t.object, t.name, t.owner, a.grantee, a.grantor, a.privilege_type, c.attname, false
        FROM unnest(scope.tables) t JOIN pg_attribute c ON c.attrelid = t.relation AND c.attacl IS NOT NULL
        CROSS JOIN LATERAL aclexplode(c.attacl) a
        WHERE t.row_security AND t.granted LIKE '%x%' AND a.privilege_type = 'REFERENCES' AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner
    ), revokes AS MATERIALIZED (
        SELECT relation, object, bool_or(privilege_type = 'TRUNCATE' AND NOT refused) AS empties,
            format('%s: %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, string_agg(concat_ws(' of ', privilege_type, quote_ident(attname)), ', ' ORDER BY privilege_type, attname)) AS listed,
            -- (What somebody else granted goes with their right to grant it.)
            CASE WHEN grantor = owner THEN format('REVOKE %s ON %s FROM %s', string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname), table_name,
                    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
                ELSE format('REVOKE GRANT OPTION FOR %s ON %s FROM %s CASCADE', string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname), table_name, grantor::regrole) END AS statement
        FROM privileges GROUP BY relation, object, table_name, owner, grantee, grantor
    )
    SELECT CASE WHEN bool_or(empties) THEN 'error' ELSE 'warning' END, object, 'callers have rights on it that ask no policy', string_agg(listed, '; ' ORDER BY listed), string_agg(statement, E';\n' ORDER BY statement)
    FROM revokes GROUP BY object
$$;

COMMENT ON FUNCTION tenancy.audit_excess_grants(tenancy.audit_scope) IS 'Rule excess_grants of tenancy.audit().';

-- What stands in schema public is found by unqualified names, and an API that serves that schema serves the extension's functions.
CREATE FUNCTION tenancy.audit_extension_in_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', format('extension %I', e.extname), 'its objects stand in schema public', NULL::text, NULL::text
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE n.nspname = 'public' AND n.oid = ANY (scope.schemas)
$$;

COMMENT ON FUNCTION tenancy.audit_extension_in_public(tenancy.audit_scope) IS 'Rule extension_in_public of tenancy.audit().';

-- A key to something of a user that is unique but not their id (the e-mail address, a slug): the provider lets it change and
-- be given to somebody else, who then has the rows; and the provider may drop the constraint with any update of theirs.
CREATE FUNCTION tenancy.audit_foreign_key_to_identity(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('constraint %I on %s', k.conname, t.name), 'a foreign key refers to a column of the identity provider that is not the primary key',
        pg_get_constraintdef(k.oid), NULL::text
    FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
    JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (n.nspname = tenancy.setting('identity_schema') OR n.nspname = 'auth' AND c.relname = 'users')
        AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = k.confrelid AND p.contype = 'p' AND p.conkey @> k.confkey AND p.conkey <@ k.confkey)
$$;

COMMENT ON FUNCTION tenancy.audit_foreign_key_to_identity(tenancy.audit_scope) IS 'Rule foreign_key_to_identity of tenancy.audit().';

-- Whoever deletes a row that others may refer to, or changes its key, waits for Postgres to read the whole table that refers,
-- all tenants' rows of it, unless an index leads with the key.
CREATE FUNCTION tenancy.audit_foreign_key_unindexed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH keys AS MATERIALIZED (
        SELECT k.*, t.name, t.tenant_column, ARRAY(SELECT c FROM unnest(k.conkey) c ORDER BY c) AS columns
        FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0
            -- (The owner's own column is for tenant_column_unindexed.)
            AND NOT (t.has_owners AND k.conkey = ARRAY[CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END])
    ), indexes AS MATERIALIZED (
        SELECT i.indrelid, (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns
        FROM pg_index i
        WHERE i.indisvalid AND i.indrelid IN (SELECT conrelid FROM keys) AND (i.indpred IS NULL
            OR i.indpred::text ~ format('^[({ ]*NULLTEST :arg \{VAR :varno 1 :varattno %s [^{}]*\} :nulltesttype 1 ', i.indkey[0]))
    ), unindexed AS (
        SELECT k.*, row_number() OVER (PARTITION BY k.conrelid, k.columns ORDER BY k.oid) AS place
        FROM keys k
        WHERE NOT EXISTS (SELECT FROM indexes i WHERE i.indrelid = k.conrelid AND (
            -- One that leads with a part of the key other than the tenant finds few rows, too.
            ARRAY(SELECT c FROM unnest(i.columns[:cardinality(k.conkey)]) c ORDER BY c) = k.columns
            OR i.columns[1] = ANY (k.conkey) AND i.columns[1] IS DISTINCT FROM k.tenant_column))
    )
    SELECT 'notice', format('constraint %I on %s', u.conname, u.name), 'no index leads with the columns of a foreign key',
        concat_ws(' ', pg_get_constraintdef(u.oid) || '.', CASE WHEN s.large THEN 'The table is large: the statement lets writers go on meanwhile, and has to be run outside a transaction.' END),
        CASE WHEN u.place = 1 THEN format('CREATE INDEX %sON %s (%s)', CASE WHEN s.large THEN 'CONCURRENTLY ' ELSE '' END, u.name,
            (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY c.position) FROM unnest(u.conkey) WITH ORDINALITY AS c (number, position)
                JOIN pg_attribute a ON a.attrelid = u.conrelid AND a.attnum = c.number)) END
    FROM unindexed u JOIN pg_class c ON c.oid = u.conrelid
    CROSS JOIN LATERAL (SELECT c.relkind = 'r' AND CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid)
        ELSE c.relpages * current_setting('block_size')::bigint END > 100 * 1024 * 1024) s (large)
$$;

COMMENT ON FUNCTION tenancy.audit_foreign_key_unindexed(tenancy.audit_scope) IS 'Rule foreign_key_unindexed of tenancy.audit().';

-- Postgres carries out foreign keys without asking any policy. One that leaves out the tenant lets a caller refer to another
-- tenant's row, learn whether it exists, keep it from being deleted; and ON DELETE and ON UPDATE change another tenant's rows.
CREATE FUNCTION tenancy.audit_foreign_key_without_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (That by which a row belongs to its parent, and those to or from rows that belong to no tenant, need none.)
    WITH owned AS MATERIALIZED (
        SELECT t.relation, t.name, t.template, t.tenant_column, t.asked FROM unnest(scope.tables) t
        WHERE t.has_owners AND (t.tenant_column IS NOT NULL OR t.template = 'via_parent')
    )
    SELECT 'warning', format('constraint %I on %s', k.conname, c.name), 'a foreign key leaves out the tenant, so a row may refer to another tenant''s', pg_get_constraintdef(k.oid), NULL::text
    FROM pg_constraint k JOIN owned c ON c.relation = k.conrelid JOIN owned p ON p.relation = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND p.template IS DISTINCT FROM 'tenant_root' AND c.asked ->> 'key' IS DISTINCT FROM k.conname
        AND NOT COALESCE(c.tenant_column = ANY (k.conkey), false) AND NOT COALESCE(p.tenant_column = ANY (k.confkey), false)
$$;

COMMENT ON FUNCTION tenancy.audit_foreign_key_without_tenant(tenancy.audit_scope) IS 'Rule foreign_key_without_tenant of tenancy.audit().';

-- The server that holds a foreign table is asked as one user, whoever is calling here, and a foreign table can have no row
-- security of its own: callers see what that user sees.
CREATE FUNCTION tenancy.audit_foreign_table(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('foreign table %s', c.oid::regclass), 'callers may use it, and who is calling is not told to the server that holds it',
        format('Server %I is asked. They may: %s.', s.srvname, string_agg(DISTINCT g.privilege_type, ', ')), NULL::text
    FROM pg_class c JOIN pg_foreign_table f ON f.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = f.ftserver JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type FROM aclexplode(c.relacl) x
        UNION ALL SELECT x.grantee, x.privilege_type FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL
    ) g
    WHERE c.relkind = 'f' AND n.oid = ANY (scope.schemas) AND g.grantee = ANY (scope.callers) AND g.grantee <> c.relowner AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        AND EXISTS (SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.callers) AND a.grantee <> c.relowner)
        AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
    GROUP BY c.oid, s.srvname
$$;

COMMENT ON FUNCTION tenancy.audit_foreign_table(tenancy.audit_scope) IS 'Rule foreign_table of tenancy.audit().';

-- A function that takes a column of the row, is_member(tenant_id), is called for each row that is looked at, and no index helps:
-- wrapped into (SELECT ...) or not. It reads the same few memberships a million times.
CREATE FUNCTION tenancy.audit_function_of_row(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.own_column, n.function FROM unnest(scope.nodes) n
        WHERE n.type = 'FUNCEXPR' AND n.per_row AND n.function <> ALL (scope.native_readers) OR n.own_column IS NOT NULL
    ), calls AS MATERIALIZED (
        -- What is IMMUTABLE reads no tables, and may have an index of its own.
        SELECT DISTINCT n.tree, n.function
        FROM nodes n JOIN pg_proc f ON f.oid = n.function
        WHERE n.type = 'FUNCEXPR' AND f.provolatile <> 'i' AND f.pronamespace <> 'pg_catalog'::regnamespace
            AND EXISTS (SELECT FROM nodes v WHERE v.tree = n.tree AND v.own_column IS NOT NULL AND n.id = ANY (v.ancestors))
    )
    SELECT 'warning', p.object, 'a function of a column of the row is called once per row, and no index helps',
        format('It calls %s.', string_agg(DISTINCT c.function::regprocedure::text, ', ' ORDER BY c.function::regprocedure::text)), NULL::text
    FROM unnest(scope.policies) p JOIN calls c ON c.tree = p.using_tree GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_function_of_row(tenancy.audit_scope) IS 'Rule function_of_row of tenancy.audit().';

-- Without SET search_path the names in a function's text are looked up on its caller's path, where the caller's own temporary
-- tables come first: a SECURITY DEFINER function, or one that a policy asks, can be made to read a table of theirs. So they do on
-- a path of its own that does not put pg_temp last.
CREATE FUNCTION tenancy.audit_function_search_path(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH called AS MATERIALIZED (
        SELECT DISTINCT n.function FROM unnest(scope.nodes) n WHERE n.function >= 16384
    ), candidates AS MATERIALIZED (
        SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, p.prosecdef, p.prosrc, p.prosecdef OR l.lanname <> 'sql' AS stands_alone,
            (SELECT substr(c, length('search_path=') + 1) FROM unnest(p.proconfig) c WHERE c LIKE 'search\_path=%') AS path
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE (p.prosecdef AND n.oid = ANY (scope.schemas) OR p.oid IN (SELECT c.function FROM called c))
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') AND l.lanname NOT IN ('internal', 'c') AND p.prosqlbody IS NULL
            AND NOT tenancy.of_extension('pg_proc'::regclass, p.oid, p.proowner)
    ), found AS MATERIALIZED (
        SELECT c.*, ARRAY(SELECT w[1] FROM tenancy.words(c.prosrc) w WHERE cardinality(w) = 1) AS names FROM candidates c WHERE c.path IS NULL OR c.path !~ '\mpg_temp"?\s*$'
    ), known AS MATERIALIZED (
        -- What would not be found any more with pg_catalog alone.
        SELECT x.name, x.is_table FROM (SELECT relname, relnamespace, relkind IN ('r', 'p', 'v', 'm', 'f') FROM pg_class UNION ALL SELECT proname, pronamespace, false FROM pg_proc
            UNION ALL SELECT typname, typnamespace, false FROM pg_type) AS x (name, schema, is_table)
        JOIN pg_namespace n ON n.oid = x.schema AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    )
    SELECT 'warning', format('%s %s', f.kind, f.oid::regprocedure),
        CASE WHEN f.prosecdef THEN 'it is SECURITY DEFINER, and its caller chooses where names in it are looked up' ELSE 'policies call it, and its caller chooses where names in it are looked up' END,
        'It has no SET search_path.',
        -- (With SET, Postgres does not write a SQL function's body into the query that calls it any more: BEGIN ATOMIC is better there.)
        CASE WHEN f.stands_alone AND NOT EXISTS (SELECT FROM known k WHERE k.name = ANY (f.names))
            AND NOT EXISTS (SELECT FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE n.nspname <> 'pg_catalog' AND strpos(f.prosrc, o.oprname) > 0)
            THEN format('ALTER %s %s SET search_path = pg_catalog, pg_temp', upper(f.kind), f.oid::regprocedure) END
    FROM found f WHERE f.path IS NULL
    UNION ALL
    SELECT 'warning', format('%s %s', f.kind, f.oid::regprocedure), CASE WHEN f.prosecdef THEN 'it is SECURITY DEFINER' ELSE 'policies call it' END
            || ', and its caller''s temporary tables are taken for those that it names', format('Its search_path is %s; it names %s without a schema.', f.path, string_agg(DISTINCT quote_ident(k.name), ', ')),
        -- (SET ... FROM CURRENT keeps whatever set_config() was given, which need not be quoted.)
        CASE WHEN f.path !~ '\mpg_temp\M' AND f.path ~ '^(\s*("([^"]|"")*"|[a-z_][a-z_0-9]*)\s*(,(?=.)|$))+$' THEN format('ALTER %s %s SET search_path = %s, pg_temp', upper(f.kind), f.oid::regprocedure, f.path) END
    FROM found f JOIN known k ON k.is_table AND k.name = ANY (f.names) WHERE f.path <> '""' GROUP BY f.oid, f.kind, f.prosecdef, f.path
$$;

COMMENT ON FUNCTION tenancy.audit_function_search_path(tenancy.audit_scope) IS 'Rule function_search_path of tenancy.audit().';

-- What PUBLIC may, every role may that there is or will be: whoever is not signed in, and the login of another app.
CREATE FUNCTION tenancy.audit_grant_to_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'warning', t.object, 'every role has rights on it', format('PUBLIC may: %s.', string_agg(DISTINCT a.privilege_type, ', ')), NULL::text
    FROM unnest(scope.tables) t CROSS JOIN LATERAL (
        SELECT x.privilege_type, x.grantee FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = t.relation
        UNION SELECT x.privilege_type, x.grantee FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = t.relation AND c.attacl IS NOT NULL
    ) a
    WHERE t.has_owners AND a.grantee = 0 AND t.granted <> '' GROUP BY t.object
$$;

COMMENT ON FUNCTION tenancy.audit_grant_to_public(tenancy.audit_scope) IS 'Rule grant_to_public of tenancy.audit().';

-- The identity provider keeps password hashes, session tokens and the key that signs all tokens in tables of this database. Who
-- reads them is anybody, and who writes them makes themself a member of any tenant.
CREATE FUNCTION tenancy.audit_identity_secrets(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH tables AS MATERIALIZED (
        SELECT c.oid, c.oid::regclass::text AS name, c.relacl, c.relowner, lower(replace(c.relname, '_', '')) AS plain
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = tenancy.setting('identity_schema') AND c.relkind IN ('r', 'p')
            -- (Where row security is on and no policy is, callers see and write nothing.)
            AND NOT (c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            AND EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.apps) AND a.grantee NOT IN (n.nspowner, c.relowner))
    ), secrets AS MATERIALIZED (
        -- What Better Auth, and its plugins, name so
        SELECT t.oid, a.attname, a.attacl FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN (VALUES ('accounts?', 'password|accesstoken|refreshtoken|idtoken'), ('sessions?', 'token'), ('jwks', 'privatekey'), ('verifications?', 'value'),
            ('twofactors?', 'secret|backupcodes'), ('apikeys?', 'key'),
            ('oauthapplications?', 'clientsecret'), ('oauthaccesstokens?', 'accesstoken|refreshtoken'),
            ('users?', 'encryptedpassword|confirmationtoken|recoverytoken')) AS s (named, columns)
            ON t.plain ~ format('^(%s)$', s.named) AND lower(replace(a.attname, '_', '')) ~ format('^(%s)$', s.columns)
    ), rights AS MATERIALIZED (
        SELECT t.oid, s.attname, 'SELECT' AS privilege, x.grantee, x.grantor, false AS of_column FROM tables t JOIN secrets s ON s.oid = t.oid
            CROSS JOIN LATERAL aclexplode(t.relacl) x WHERE x.privilege_type = 'SELECT'
        UNION ALL
        SELECT s.oid, s.attname, 'SELECT', x.grantee, x.grantor, true FROM secrets s CROSS JOIN LATERAL aclexplode(s.attacl) x WHERE x.privilege_type = 'SELECT'
        UNION ALL
        SELECT t.oid, NULL, x.privilege_type, x.grantee, x.grantor, false FROM tables t
            CROSS JOIN LATERAL aclexplode(t.relacl) x WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        UNION ALL
        SELECT t.oid, a.attname, x.privilege_type, x.grantee, x.grantor, true FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE x.privilege_type IN ('INSERT', 'UPDATE')
    ), found AS MATERIALIZED (
        SELECT t.name, r.privilege, r.attname, r.of_column, r.grantor = t.relowner AS by_owner,
            CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE r.grantee::regrole::text END AS holder
        FROM tables t JOIN rights r ON r.oid = t.oid WHERE r.grantee = ANY (scope.apps) AND r.grantee <> t.relowner
    ), revokes AS (
        SELECT f.name, string_agg(f.statement, E';\n' ORDER BY f.statement) AS statements
        FROM (SELECT DISTINCT name, format('REVOKE %s ON %s FROM %s',
            privilege || CASE WHEN of_column THEN format(' (%I)', attname) ELSE '' END, name, holder) AS statement FROM found) f GROUP BY 1
    )
    SELECT 'error', 'table ' || f.name,
        CASE WHEN bool_and(f.privilege = 'SELECT') THEN 'callers may read secrets of the identity provider' WHEN bool_or(f.privilege = 'SELECT')
            THEN 'callers may read secrets of the identity provider, and write what it believes' ELSE 'callers may write what the identity provider believes' END,
        concat_ws(' ', 'They may read ' ||
                string_agg(DISTINCT quote_ident(f.attname), ', ' ORDER BY quote_ident(f.attname)) FILTER (WHERE f.privilege = 'SELECT') || '.',
            'They may ' || string_agg(DISTINCT f.privilege, ', ' ORDER BY f.privilege) FILTER (WHERE f.privilege <> 'SELECT') || '.',
            format('They are %s.', string_agg(DISTINCT f.holder, ', ' ORDER BY f.holder))),
        CASE WHEN bool_and(f.by_owner) THEN r.statements END
    FROM found f JOIN revokes r ON r.name = f.name GROUP BY f.name, r.statements
$$;

COMMENT ON FUNCTION tenancy.audit_identity_secrets(tenancy.audit_scope) IS 'Rule identity_secrets of tenancy.audit().';

-- A view reads the identity provider's tables with its owner's rights: what callers were not to see there they see through it,
-- the users of all tenants.
CREATE FUNCTION tenancy.audit_identity_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE identity AS MATERIALIZED (
        SELECT c.oid, c.oid AS base, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname = (SELECT tenancy.setting('identity_schema')) OR c.oid = (SELECT to_regclass('auth.users'))
    ), uses AS MATERIALIZED (
        -- Which view reads which relation, and which columns of it
        SELECT DISTINCT r.ev_class, d.refobjid, d.refobjsubid FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
        WHERE EXISTS (SELECT FROM identity)
    ), reading AS (
        SELECT u.ev_class AS view, i.base, i.relname FROM identity i JOIN uses u ON u.refobjid = i.oid
        UNION
        SELECT u.ev_class, r.base, r.relname FROM reading r JOIN uses u ON u.refobjid = r.view
    ), views AS MATERIALIZED (
        SELECT c.oid, c.relkind, c.oid::regclass::text AS name, c.relowner, c.relacl, array_agg(DISTINCT r.base) AS bases
        FROM reading r JOIN pg_class c ON c.oid = r.view JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relnamespace = ANY (scope.schemas) AND NOT tenancy.of_extension('pg_class'::regclass, c.oid, c.relowner)
            -- With the rights of who asks it shows no more than the tables do.
            AND (c.relkind = 'm' OR NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
                WHERE o.option_name = 'security_invoker' AND o.option_value::boolean))
            AND EXISTS (SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a
                WHERE a.privilege_type = 'USAGE' AND a.grantee = ANY (scope.callers) AND a.grantee <> n.nspowner)
        GROUP BY c.oid
    ), granted AS MATERIALIZED (
        SELECT v.oid, x.grantee, x.grantor FROM views v CROSS JOIN LATERAL aclexplode(v.relacl) x WHERE x.privilege_type = 'SELECT'
        UNION
        SELECT v.oid, x.grantee, x.grantor FROM views v JOIN pg_attribute a ON a.attrelid = v.oid
            CROSS JOIN LATERAL aclexplode(a.attacl) x WHERE x.privilege_type = 'SELECT'
    ), found AS MATERIALIZED (
        SELECT v.oid, v.name, v.relkind, v.bases, bool_and(g.grantor = v.relowner) AS by_owner,
            string_agg(DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END, ', ') AS readers
        FROM views v JOIN granted g ON g.oid = v.oid AND g.grantee = ANY (scope.callers) AND g.grantee <> v.relowner GROUP BY 1, 2, 3, 4
    )
    SELECT 'error', CASE f.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || f.name, 'callers read the identity provider''s tables through it',
        format('It reads %s; readers are %s.', (SELECT string_agg(b::regclass::text, ', ' ORDER BY b::regclass::text) FROM unnest(f.bases) b), f.readers),
        CASE WHEN f.relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true)', f.name)
            WHEN f.by_owner THEN format('REVOKE SELECT ON %s FROM %s', f.name, f.readers) END
    FROM found f
    -- A view that asks who is calling, and shows no secret, may be what is meant; a materialized view cannot ask.
    WHERE f.relkind = 'm' OR NOT EXISTS (
            SELECT FROM pg_rewrite w WHERE w.ev_class = f.oid AND w.ev_action::text ~ (':funcid (' || array_to_string(scope.readers || ARRAY(
                SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'current_setting'), '|') || ') '))
        OR EXISTS (SELECT FROM uses u JOIN pg_attribute a ON a.attrelid = u.refobjid AND a.attnum = u.refobjsubid
            WHERE u.ev_class = f.oid AND u.refobjid = ANY (f.bases)
            AND lower(replace(a.attname, '_', '')) ~ '(password|secret|privatekey|token|backupcodes)$')
$$;

COMMENT ON FUNCTION tenancy.audit_identity_view(tenancy.audit_scope) IS 'Rule identity_view of tenancy.audit().';

-- What is IMMUTABLE may be computed once, when a statement is planned, and a plan is kept for the session: through a pooler the
-- next caller's query goes by who was calling before.
CREATE FUNCTION tenancy.audit_immutable_reader(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH readers AS MATERIALIZED (
        SELECT p.oid, n.nspname::text AS schema, p.proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = ANY (scope.readers) OR n.nspname = 'pg_catalog' AND p.proname = 'current_setting'
    ), suspects AS MATERIALIZED (
        SELECT f.oid, f.proname, f.prosrc, f.prosqlbody::text AS body FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
        WHERE f.provolatile = 'i' AND l.lanname NOT IN ('c', 'internal')
            AND (f.pronamespace = ANY (scope.schemas) OR f.oid IN (
                SELECT n.function FROM unnest(scope.nodes) n WHERE n.type = 'FUNCEXPR' AND n.function >= 16384))
            AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
    ), found AS MATERIALIZED (
        SELECT s.oid, format('%I.%I()', r.schema, r.name) AS what FROM suspects s JOIN readers r ON r.oid <> s.oid AND s.body ~ (':funcid ' || r.oid || ' ')
        UNION
        SELECT s.oid, 'the database role' FROM suspects s WHERE s.body ~ '\{SQLVALUEFUNCTION :op (9|10|11|12) '
        UNION
        SELECT s.oid, CASE WHEN word[1] IN ('current_user', 'session_user', 'current_role') THEN 'the database role' ELSE format('%I.%I()', r.schema, r.name) END
        FROM suspects s CROSS JOIN LATERAL tenancy.words(s.prosrc) word
        LEFT JOIN readers r ON r.oid <> s.oid AND r.name = word[cardinality(word)]
            AND (r.schema = word[cardinality(word) - 1] OR r.name = 'current_setting' AND cardinality(word) = 1)
        WHERE s.body IS NULL AND (r.oid IS NOT NULL OR cardinality(word) = 1 AND word[1] IN ('current_user', 'session_user', 'current_role'))
    )
    SELECT 'error', format('function %s', f.oid::regprocedure), 'it is declared IMMUTABLE and tells who is calling, so plans keep the answer for callers that come later',
        format('It reads %s.', string_agg(f.what, ', ' ORDER BY f.what)),
        -- (Not where an index or a column is made of it.)
        CASE WHEN NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
            AND d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass))
            THEN format('ALTER FUNCTION %s STABLE', f.oid::regprocedure) END
    FROM found f GROUP BY f.oid
$$;

COMMENT ON FUNCTION tenancy.audit_immutable_reader(tenancy.audit_scope) IS 'Rule immutable_reader of tenancy.audit().';

-- caller() IS NULL OR tenant_id = caller(): whoever is nobody sees every row. So does a session of which the claims were
-- forgotten or are malformed.
CREATE FUNCTION tenancy.audit_inverted_check(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH inverted AS MATERIALIZED (SELECT t.tree FROM unnest(scope.trees) t WHERE t.inverted)
    SELECT CASE WHEN bool_or(x.granted <> '' AND NOT x.apart) THEN 'error' ELSE 'warning' END, x.object, 'it lets in whoever is nobody', tenancy.policy_text(x.policy), NULL::text
    FROM inverted i JOIN (
        SELECT s.policy, s.object, s.tree, s.apart, t.granted FROM unnest(scope.tests) s JOIN unnest(scope.tables) t ON t.relation = s.relation WHERE s.open <> ''
        UNION ALL
        -- (A RESTRICTIVE one lets in nobody by itself, and narrows nothing for nobody.)
        SELECT p.policy, p.object, e.tree, true, '' FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree) WHERE NOT p.permissive
    ) x ON x.tree = i.tree
    GROUP BY x.policy, x.object
$$;

COMMENT ON FUNCTION tenancy.audit_inverted_check(tenancy.audit_scope) IS 'Rule inverted_check of tenancy.audit().';

-- LEAKPROOF is a promise that a function tells nothing of its arguments, so that Postgres calls it before a policy has said who
-- may see the row. Where it raises an error or a notice it tells of the rows of others.
CREATE FUNCTION tenancy.audit_leakproof_function(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('function %s', f.oid::regprocedure), 'it is declared LEAKPROOF, and so may be called with rows that its caller may not see',
        format('Language %s.', l.lanname), format('ALTER FUNCTION %s NOT LEAKPROOF', f.oid::regprocedure)
    FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
    WHERE f.proleakproof AND f.pronamespace = ANY (scope.schemas) AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
$$;

COMMENT ON FUNCTION tenancy.audit_leakproof_function(tenancy.audit_scope) IS 'Rule leakproof_function of tenancy.audit().';

-- The tenant column compared with a constant: a tenant that is written into a policy is not the caller's.
CREATE FUNCTION tenancy.audit_literal_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.depth, n.own_column, n.fields ->> 'constisnull' AS is_null,
            (n.fields ->> 'opno')::oid IN (SELECT o.oid FROM pg_operator o WHERE o.oprname = '=') AS equals,
            n.type IN ('CONST', 'RELABELTYPE', 'COERCEVIAIO', 'ARRAYEXPR', 'ARRAYCOERCEEXPR') OR n.type = 'FUNCEXPR' AND f.provolatile = 'i' AS constant,
            n.type IN ('RELABELTYPE', 'COERCEVIAIO') OR n.type = 'FUNCEXPR' AND n.function IN (SELECT c.castfunc FROM pg_cast c) AS is_cast
        FROM unnest(scope.nodes) n LEFT JOIN pg_proc f ON f.oid = n.function
    ), constants AS MATERIALIZED (
        -- The sides of comparisons that are nothing but constants
        SELECT o.tree, o.id AS comparison FROM nodes o JOIN nodes side ON side.tree = o.tree AND side.parent = o.id
        JOIN nodes n ON n.tree = side.tree AND (n.id = side.id OR side.id = ANY (n.ancestors))
        WHERE o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND o.equals
        GROUP BY 1, 2, side.id
        HAVING bool_and(n.constant) AND bool_or(n.type = 'CONST' AND n.is_null = 'false')
    ), itself AS MATERIALIZED (
        -- The column as it is, or cast
        SELECT v.tree, v.id, v.own_column, o.id AS comparison FROM nodes v JOIN nodes o ON o.tree = v.tree AND o.id = ANY (v.ancestors) AND o.depth = v.depth
        WHERE v.own_column IS NOT NULL AND o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR') AND NOT EXISTS (
            SELECT FROM nodes b WHERE b.tree = v.tree AND b.id = ANY (v.ancestors[cardinality(o.ancestors) + 2:]) AND NOT b.is_cast)
    )
    SELECT DISTINCT 'warning', p.object, 'it names a tenant', tenancy.policy_text(p.policy), NULL::text
    FROM constants c JOIN itself v ON v.tree = c.tree AND v.comparison = c.comparison
    JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = v.tree
    JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.tenant_column = v.own_column
$$;

COMMENT ON FUNCTION tenancy.audit_literal_tenant(tenancy.audit_scope) IS 'Rule literal_tenant of tenancy.audit().';

-- The login of an app is not bound: no policy holds its sessions, or SET ROLE takes them where none does. Row security guards such
-- an app against forgetting, and against nobody who gets a statement in.
CREATE FUNCTION tenancy.audit_login_not_bound(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT CASE WHEN l.named OR why.text !~ '(administers pg_tenancy|owns protected tables or their schema|is staff)$' THEN 'error' ELSE 'warning' END,
        'role ' || l.login::regrole, 'sessions of this login are not bound by row security', format('What it is or may become with SET ROLE: %s.', why.text),
        CASE WHEN r.rolbypassrls AND NOT r.rolsuper AND r.oid <> tenancy.administrator() THEN format('ALTER ROLE %I NOBYPASSRLS', l.name) END
    FROM tenancy.audited_logins() l JOIN pg_roles r ON r.oid = l.login CROSS JOIN LATERAL (SELECT tenancy.not_bound_because(l.name)) why (text)
    WHERE why.text IS NOT NULL
    UNION ALL
    SELECT 'warning', 'setting app_logins', 'it names what is no login, so the app''s own may be another', format('There is no login %s.', string_agg(n, ', ' ORDER BY n)), NULL
    FROM unnest(tenancy.setting_names('app_logins')) n WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n AND r.rolcanlogin) HAVING count(*) > 0
$$;

COMMENT ON FUNCTION tenancy.audit_login_not_bound(tenancy.audit_scope) IS 'Rule login_not_bound of tenancy.audit().';

-- A materialized view has no row security. It holds the rows that its owner saw at the last REFRESH, and shows them to all
-- who may read it.
CREATE FUNCTION tenancy.audit_materialized_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'error' ELSE 'warning' END, 'materialized view ' || d.object, 'it shows rows of tables past their row security', string_agg(DISTINCT d.why, '; '),
        -- (What nobody was granted directly is reached through a view; not to keep it at all is for a person to decide.)
        min(d.mend) FILTER (WHERE d.mend LIKE 'REVOKE %')
    FROM unnest(scope.doors) d WHERE d.kind = 'materialized view' GROUP BY d.object
$$;

COMMENT ON FUNCTION tenancy.audit_materialized_view(tenancy.audit_scope) IS 'Rule materialized_view of tenancy.audit().';

-- tenant_id IN (SELECT ...) and EXISTS (SELECT ... WHERE tenant_id = ...): Postgres never makes a join of a policy's sub-select, so
-- the table is read whole. tenant_id = ANY (ARRAY(SELECT ...)) takes the index.
CREATE FUNCTION tenancy.audit_membership_by_subselect(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.query, n.own_column, n.fields ->> 'sublinktype' AS link, n.fields ->> 'boolop' AS boolop
        FROM unnest(scope.nodes) n WHERE n.type IN ('SUBLINK', 'QUERY', 'BOOLEXPR', 'OPEXPR', 'RANGETBLENTRY') OR n.own_column IS NOT NULL
    ), links AS MATERIALIZED (
        -- (What is not to be in a list has to be looked for in any case.)
        SELECT s.tree, s.id, s.link, q.id AS query FROM nodes s JOIN nodes q ON q.tree = s.tree AND q.parent = s.id AND q.type = 'QUERY'
        WHERE s.type = 'SUBLINK' AND s.query IS NULL AND s.link IN ('0', '2')
            AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = s.tree AND b.boolop = 'not' AND b.id = ANY (s.ancestors))
    ), memberships AS MATERIALIZED (
        -- IN: column = a column of the sub-select, which reads no other of the row
        SELECT l.tree, l.id, l.link, v.own_column FROM links l
        JOIN nodes o ON o.tree = l.tree AND o.parent = l.id AND o.field = 'testexpr' AND o.type = 'OPEXPR'
        JOIN nodes v ON v.tree = l.tree AND o.id = ANY (v.ancestors) AND v.own_column > 0
        WHERE l.link = '2' AND NOT EXISTS (SELECT FROM nodes c WHERE c.tree = l.tree AND c.own_column IS NOT NULL AND c.query = l.query)
        UNION ALL
        -- EXISTS: of a table, and bound to the row by one column
        SELECT l.tree, l.id, l.link, min(v.own_column) FROM links l JOIN nodes v ON v.tree = l.tree AND v.query = l.query AND v.own_column IS NOT NULL
        WHERE l.link = '0' AND EXISTS (SELECT FROM nodes r WHERE r.tree = l.tree AND r.query = l.query AND r.type = 'RANGETBLENTRY')
        GROUP BY l.tree, l.id, l.link HAVING count(*) = 1
    ), found AS MATERIALIZED (
        -- (A floor that protect() wrote takes the index.)
        SELECT p.object, p.relation, m.own_column, m.link
        FROM unnest(scope.policies) p JOIN memberships m ON m.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND m.own_column IN (t.tenant_column, t.user_column)
        WHERE COALESCE(t.template, 'public_read') = 'public_read'
    )
    SELECT 'notice', f.object, 'membership is asked by a sub-select for each row, where an array would take the index',
        format('Column %s.', string_agg(DISTINCT format('%I, by %s', a.attname, CASE f.link WHEN '0' THEN 'EXISTS' ELSE 'IN (SELECT ...)' END), '; ')), NULL::text
    FROM found f JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column GROUP BY f.object
$$;

COMMENT ON FUNCTION tenancy.audit_membership_by_subselect(tenancy.audit_scope) IS 'Rule membership_by_subselect of tenancy.audit().';

-- Several permissive policies of one role and command: each is tested for every row, and what they let in adds up.
CREATE FUNCTION tenancy.audit_multiple_permissive_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH pairs AS MATERIALIZED (
        SELECT a.relation, a.object AS first, a.name AS name, b.name AS other FROM unnest(scope.policies) a
        JOIN unnest(scope.policies || scope.pack_policies) b ON b.relation = a.relation AND b.permissive AND (b.ours OR b.policy > a.policy) AND (a.command = b.command OR '*' IN (a.command, b.command))
            AND (a.roles && b.roles OR 0 = ANY (a.roles) OR 0 = ANY (b.roles))
        WHERE a.permissive AND a.roles && scope.callers AND b.roles && scope.callers
    )
    SELECT 'notice', t.object, 'several permissive policies are for the same role and command', format('Those are: %s.', string_agg(DISTINCT quote_ident(n), ', ')), NULL::text
    FROM pairs p JOIN unnest(scope.tables) t ON t.relation = p.relation CROSS JOIN LATERAL (VALUES (p.name), (p.other)) x (n)
    GROUP BY t.object
$$;

COMMENT ON FUNCTION tenancy.audit_multiple_permissive_policies(tenancy.audit_scope) IS 'Rule multiple_permissive_policies of tenancy.audit().';

-- Without a primary key nothing tells two rows apart: tools cannot name the one to change, logical replication refuses UPDATE
-- and DELETE, and the same row can be there twice.
CREATE FUNCTION tenancy.audit_no_primary_key(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'it has no primary key', NULL::text, NULL::text
    FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation
    -- (A partition's is its parent's.)
    WHERE NOT c.relispartition AND t.relation NOT IN (SELECT conrelid FROM pg_constraint WHERE contype = 'p')
$$;

COMMENT ON FUNCTION tenancy.audit_no_primary_key(tenancy.audit_scope) IS 'Rule no_primary_key of tenancy.audit().';

-- Permissive policies add up: one that is written too wide, next year, opens the table, and nothing stands under it.
CREATE FUNCTION tenancy.audit_no_restrictive_floor(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'notice', t.object, 'no RESTRICTIVE policy holds when a permissive one is too wide', NULL::text, NULL::text
    FROM unnest(scope.tables) t
    JOIN (
        SELECT p.relation FROM unnest(scope.policies) p LEFT JOIN unnest(scope.trees) e ON NOT p.permissive AND e.tree = COALESCE(p.using_tree, p.check_tree) AND e.tied
        GROUP BY 1 HAVING bool_or(p.permissive AND p.roles && scope.callers) AND count(e.tree) = 0
    ) p ON p.relation = t.relation
    WHERE t.has_owners AND t.row_security AND t.asked IS NULL AND t.granted <> ''
$$;

COMMENT ON FUNCTION tenancy.audit_no_restrictive_floor(tenancy.audit_scope) IS 'Rule no_restrictive_floor of tenancy.audit().';

-- RESTRICTIVE policies only take away from what permissive ones give. Alone they let nobody in.
CREATE FUNCTION tenancy.audit_only_restrictive_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'all its policies are RESTRICTIVE: nobody whom row security binds sees or writes a row',
        format('Policies: %s.', string_agg(quote_ident(p.name), ', ' ORDER BY p.name)), NULL::text
    FROM unnest(scope.tables) t JOIN unnest(scope.policies) p ON p.relation = t.relation
    WHERE t.row_security AND t.asked IS NULL
    GROUP BY t.object HAVING NOT bool_or(p.permissive)
$$;

COMMENT ON FUNCTION tenancy.audit_only_restrictive_policies(tenancy.audit_scope) IS 'Rule only_restrictive_policies of tenancy.audit().';

-- is_staff() OR tenant_id = ...: an arm that names no column of the table may let every row in, so Postgres has to be ready to
-- read them all, for callers too who are no staff.
CREATE FUNCTION tenancy.audit_or_without_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.query, n.own_column, n.fields ->> 'boolop' AS boolop FROM unnest(scope.nodes) n
        WHERE n.query IS NULL OR n.own_column IS NOT NULL
    ), arms AS MATERIALIZED (
        -- (A constant arm is for policy_always_true, or falls away.)
        SELECT a.tree, o.id AS choice, array_remove(array_agg(v.own_column), NULL) AS columns
        FROM nodes o JOIN nodes a ON a.tree = o.tree AND a.parent = o.id AND a.type <> 'CONST'
        LEFT JOIN nodes v ON v.tree = a.tree AND v.own_column IS NOT NULL AND (v.id = a.id OR a.id = ANY (v.ancestors))
        WHERE o.boolop = 'or' AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = o.tree AND b.boolop = 'not' AND b.id = ANY (o.ancestors))
        GROUP BY a.tree, o.id, a.id
    )
    SELECT DISTINCT 'notice', p.object, 'an arm of an OR names no column of the table, which costs the others the index', pg_get_expr(q.polqual, q.polrelid), NULL::text
    FROM unnest(scope.policies) p
    JOIN arms bare ON bare.tree = p.using_tree AND bare.columns = '{}'
    JOIN unnest(scope.tables) t ON t.relation = p.relation
    JOIN arms other ON other.tree = bare.tree AND other.choice = bare.choice AND (t.tenant_column = ANY (other.columns) OR t.user_column = ANY (other.columns))
    JOIN pg_policy q ON q.oid = p.policy
    -- (A floor that protect() wrote takes the index.)
    WHERE COALESCE(t.template, 'public_read') = 'public_read'
$$;

COMMENT ON FUNCTION tenancy.audit_or_without_column(tenancy.audit_scope) IS 'Rule or_without_column of tenancy.audit().';

-- A row that refers to nothing, or to another tenant's row, is there already: a foreign key does not look at the rows that
-- were there before it while it is NOT VALID, or where its table has FORCE ROW LEVEL SECURITY and its owner sees no rows.
--
-- Rows are read as the current role, only where no row security hides any, only of small tables, and counted. Whoever reads
-- a table plans it too, which runs functions of its indexes and constraints: so where it has any but Postgres's own, only
-- its owner's session reads it.
CREATE FUNCTION tenancy.audit_orphans(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    -- (Each table read stays locked until the transaction ends, ACCESS SHARE, and there is room for so many locks.)
    keys_up_to CONSTANT int := 200;
    rows_up_to CONSTANT float8 := 200000;
    bytes_up_to CONSTANT float8 := 50 * 1024 * 1024;
    key record;
    lost bigint;
    strange bigint;
BEGIN
    RETURN QUERY
        SELECT 'warning', format('constraint %I on %s', k.conname, t.name), 'a foreign key does not hold for all rows: ' || CASE WHEN e.enforced THEN 'it is NOT VALID' ELSE 'it is NOT ENFORCED' END,
            CASE WHEN c.forced THEN 'While row security is FORCEd on its table, Postgres may mark it valid without having seen the rows: lift FORCE, validate it, and set FORCE again, in one transaction.'
                ELSE 'Where rows refer to nothing, the statement fails and names one.' END,
            CASE WHEN NOT c.forced THEN format(CASE WHEN e.enforced THEN 'ALTER TABLE %s VALIDATE CONSTRAINT %I' ELSE 'ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED' END, t.name, k.conname) END
        FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid
        CROSS JOIN LATERAL (SELECT COALESCE((to_jsonb(k) ->> 'conenforced')::boolean, true)) e (enforced)
        CROSS JOIN LATERAL (SELECT bool_or(r.relrowsecurity AND r.relforcerowsecurity) FROM pg_class r WHERE r.oid IN (k.conrelid, k.confrelid)) c (forced)
        WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT k.convalidated;

    FOR key IN
        WITH RECURSIVE keys AS MATERIALIZED (
            SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey, k.conpfeqop, t.name,
                -- What compares tenants, where both tables have some and one is not all tenants' to refer to
                CASE WHEN t.template IS DISTINCT FROM 'tenant_root' AND p.template IS DISTINCT FROM 'tenant_root' AND p.has_owners AND t.has_owners THEN t.tenant_column END AS tenant,
                p.tenant_column AS parent_tenant
            FROM pg_constraint k JOIN unnest(scope.tables) t ON t.relation = k.conrelid LEFT JOIN unnest(scope.tables) p ON p.relation = k.confrelid
            WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated AND (to_jsonb(k) ->> 'conperiod')::boolean IS NOT TRUE
        ), family AS (
            SELECT DISTINCT r.relation AS root, r.relation FROM keys k, LATERAL (VALUES (k.conrelid), (k.confrelid)) AS r (relation)
            UNION
            SELECT f.root, i.inhrelid FROM family f JOIN pg_class c ON c.oid = f.relation AND c.relkind = 'p' JOIN pg_inherits i ON i.inhparent = f.relation
        ), sizes AS MATERIALIZED (
            SELECT m.root, sum(m.bytes) AS bytes, sum(CASE WHEN m.reltuples < 0 OR m.reltuples = 0 AND m.bytes > 0 THEN m.bytes / 50 ELSE m.reltuples END) AS rows
            FROM (SELECT f.root, c.reltuples, CASE WHEN c.relkind <> 'r' THEN 0 WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid)
                ELSE c.relpages * current_setting('block_size')::bigint END::float8 AS bytes FROM family f JOIN pg_class c ON c.oid = f.relation) m
            GROUP BY m.root
        ), measured AS MATERIALIZED (
            SELECT k.*, row_number() OVER w AS place, sum(s.share) OVER w AS share
            FROM keys k JOIN sizes c ON c.root = k.conrelid JOIN sizes p ON p.root = k.confrelid
            CROSS JOIN LATERAL (SELECT GREATEST((c.bytes + p.bytes) / bytes_up_to, (GREATEST(c.rows, 0) + GREATEST(p.rows, 0)) / rows_up_to)) s (share)
            -- (Nothing in an empty table refers to anything.)
            WHERE c.bytes > 0 AND NOT row_security_active(k.conrelid) AND NOT row_security_active(k.confrelid)
            WINDOW w AS (ORDER BY s.share, k.oid)
        ), chosen AS MATERIALIZED (
            SELECT m.* FROM measured m WHERE m.place <= keys_up_to AND m.share <= 1
        ), own_code AS MATERIALIZED (
            -- Functions, operators and types that are not Postgres's own, in what the planner looks at
            SELECT DISTINCT s.relation FROM (
                SELECT i.indrelid AS relation, 'pg_class'::regclass AS class, i.indexrelid AS object FROM pg_index i
                UNION ALL SELECT k.conrelid, 'pg_constraint'::regclass, k.oid FROM pg_constraint k WHERE k.contype = 'c'
                UNION ALL SELECT e.stxrelid, 'pg_statistic_ext'::regclass, e.oid FROM pg_statistic_ext e
                UNION ALL SELECT d.adrelid, 'pg_attrdef'::regclass, d.oid FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
                UNION ALL SELECT p.partrelid, 'pg_class'::regclass, p.partrelid FROM pg_partitioned_table p) s
            JOIN pg_depend d ON d.classid = s.class AND d.objid = s.object AND d.objsubid = 0
                AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
            WHERE EXISTS (SELECT FROM chosen)
        ), readable AS MATERIALIZED (
            SELECT f.root
            FROM family f JOIN pg_class c ON c.oid = f.relation JOIN pg_roles owner ON owner.oid = c.relowner LEFT JOIN own_code o ON o.relation = c.oid
            WHERE f.root IN (SELECT m.conrelid FROM chosen m UNION SELECT m.confrelid FROM chosen m)
            GROUP BY f.root
            HAVING bool_and(c.relkind IN ('r', 'p') AND (owner.rolname = ALL (ARRAY[current_user, session_user]) OR owner.rolsuper OR o.relation IS NULL))
                AND bool_and(f.relation <> f.root OR has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
        )
        SELECT m.conname, m.name, format('SELECT count(*) FILTER (WHERE %s), count(*) FILTER (WHERE %s) FROM %s c LEFT JOIN %s p ON %s WHERE %s',
            (SELECT format('p.%I IS NULL', a.attname) FROM pg_attribute a WHERE a.attrelid = m.confrelid AND a.attnum = m.confkey[1]),
            COALESCE((SELECT format('NOT c.%I OPERATOR(pg_catalog.=) p.%I', a.attname, b.attname) FROM pg_attribute a, pg_attribute b
                WHERE a.attrelid = m.conrelid AND a.attnum = m.tenant AND b.attrelid = m.confrelid AND b.attnum = m.parent_tenant
                    AND (a.atttypid = b.atttypid AND a.atttypid IN ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype, 'bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
                        OR a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND b.atttypid IN ('text'::regtype, 'varchar'::regtype)
                        OR a.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype) AND b.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype))
                    AND (a.attcollation = b.attcollation)), 'false'),
            (SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || c.oid::regclass FROM pg_class c WHERE c.oid = m.conrelid),
            (SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || c.oid::regclass FROM pg_class c WHERE c.oid = m.confrelid),
            string_agg(format('p.%I OPERATOR(pg_catalog.%s) c.%I', b.attname, o.oprname, a.attname), ' AND '), string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ')) AS query
        FROM chosen m JOIN readable c ON c.root = m.conrelid JOIN readable p ON p.root = m.confrelid
        CROSS JOIN LATERAL unnest(m.conkey, m.confkey, m.conpfeqop) AS pair (referencing, referenced, operator)
        JOIN pg_attribute a ON a.attrelid = m.conrelid AND a.attnum = pair.referencing JOIN pg_type at ON at.oid = a.atttypid
        JOIN pg_attribute b ON b.attrelid = m.confrelid AND b.attnum = pair.referenced JOIN pg_type bt ON bt.oid = b.atttypid
        JOIN pg_operator o ON o.oid = pair.operator
        GROUP BY m.oid, m.conname, m.name, m.conrelid, m.confrelid, m.confkey, m.tenant, m.parent_tenant
        HAVING bool_and(o.oprnamespace = 'pg_catalog'::regnamespace AND at.typnamespace = 'pg_catalog'::regnamespace AND bt.typnamespace = 'pg_catalog'::regnamespace
            AND at.typtype = 'b' AND bt.typtype = 'b' AND a.attcollation = b.attcollation)
    LOOP
        EXECUTE key.query INTO lost, strange;
        IF lost > 0 OR strange > 0 THEN
            RETURN QUERY SELECT 'error', format('constraint %I on %s', key.conname, key.name),
                CASE WHEN strange > 0 THEN 'rows refer to rows of another tenant' ELSE 'rows refer to rows that are not there' END,
                concat_ws(' ', CASE WHEN strange > 0 THEN format('Rows that refer to another tenant''s: %s.', strange) END, CASE WHEN lost > 0 THEN format('Rows that refer to none: %s.', lost) END), NULL::text;
        END IF;
    END LOOP;
END $$;

COMMENT ON FUNCTION tenancy.audit_orphans(tenancy.audit_scope) IS 'Rule orphans of tenancy.audit(). Reads rows of small tables where no row security hides any, and tells how many.';

-- A view reads its tables as its owner, unless it is made WITH (security_invoker). Where row security does not bind that
-- owner, the view shows the rows of all tenants to whoever may use it.
CREATE FUNCTION tenancy.audit_owner_rights_view(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- (One that asks who is calling, behind a barrier, may leave out what the caller is not to see.)
    SELECT CASE WHEN bool_or(d.by_apps) AND bool_or(a.asks) IS NOT TRUE THEN 'error' ELSE 'warning' END, 'view ' || d.object, 'it shows rows of tables past their row security', string_agg(DISTINCT d.why, '; '), min(d.mend)
    FROM unnest(scope.doors) d LEFT JOIN LATERAL (
        SELECT bool_or(w.ev_action::text ~ (':funcid (' || array_to_string(scope.readers, '|') || ') ')) AS asks FROM pg_class c JOIN pg_rewrite w ON w.ev_class = c.oid
        WHERE c.oid = to_regclass(d.object) AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'security_barrier' AND o.option_value::boolean)) a ON true
    WHERE d.kind = 'view' GROUP BY d.object
$$;

COMMENT ON FUNCTION tenancy.audit_owner_rights_view(tenancy.audit_scope) IS 'Rule owner_rights_view of tenancy.audit().';

-- auth.login($1): where the server logs the parameters of statements its log fills with tokens, each good for some minutes for
-- whoever reads the log, and for as long as it lasts in every copy.
CREATE FUNCTION tenancy.audit_parameter_logging(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH settings AS (
        SELECT EXISTS (SELECT FROM pg_settings s WHERE s.name = 'log_parameter_max_length' AND s.setting <> '0') AS of_statements,
            EXISTS (SELECT FROM pg_settings s WHERE s.name = 'log_parameter_max_length_on_error' AND s.setting <> '0') AS of_errors,
            ARRAY(SELECT format('%s is %s', s.name, current_setting(s.name)) FROM pg_settings s
                WHERE s.name = 'log_statement' AND s.setting = 'all'
                    OR s.name = 'log_min_duration_statement' AND s.setting <> '-1'
                    OR s.name = 'log_min_duration_sample' AND s.setting <> '-1' AND current_setting('log_statement_sample_rate')::float8 > 0
                    OR s.name = 'log_transaction_sample_rate' AND s.setting::float8 > 0
                ORDER BY s.name) AS logging
    )
    SELECT 'warning', v.object, 'tokens are presented here, and the server writes the parameters of statements to its log', v.detail, NULL::text
    FROM settings s CROSS JOIN LATERAL (VALUES
        (s.of_statements AND s.logging <> '{}', 'setting log_parameter_max_length', format('It is %s, and %s.',
            current_setting('log_parameter_max_length'), array_to_string(s.logging, ', '))),
        (s.of_errors, 'setting log_parameter_max_length_on_error', format('It is %s: the parameters of statements that fail are logged.',
            current_setting('log_parameter_max_length_on_error')))
    ) AS v (holds, object, detail)
    -- In mode claims nobody needs a token.
    WHERE v.holds AND tenancy.setting('mode') <> 'claims'
$$;

COMMENT ON FUNCTION tenancy.audit_parameter_logging(tenancy.audit_scope) IS 'Rule parameter_logging of tenancy.audit().';

-- path LIKE auth.user_id() || '/%': what the caller says is the pattern, so that whoever is called % matches every row; and 1 is
-- found in 12.
CREATE FUNCTION tenancy.audit_pattern_on_claim(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH matchers AS MATERIALIZED (
        SELECT o.oprcode::oid AS function, o.oprname = '^@' AS is_prefix FROM pg_operator o
        WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname IN ('~~', '~~*', '~', '~*', '^@') AND o.oprresult = 'bool'::regtype
            AND o.oprright = 'text'::regtype
        UNION
        SELECT p.oid, p.proname = 'starts_with' FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proargtypes[1] = 'text'::regtype
            AND p.proname IN ('like', 'texticlike', 'regexp_like', 'regexp_match', 'regexp_matches', 'regexp_count', 'regexp_instr', 'regexp_substr',
                'position', 'strpos', 'starts_with')
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.function, n.reads_caller, n.fields ->> 'resulttype' AS result
        FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT tree FROM unnest(scope.nodes) r WHERE r.reads_caller)
    ), reading AS MATERIALIZED (
        -- A uuid or a number holds no wildcards.
        SELECT n.tree, n.id, n.ancestors FROM nodes n JOIN pg_proc f ON f.oid = n.function JOIN pg_type t ON t.oid = f.prorettype
        WHERE n.reads_caller AND (t.typcategory IN ('S', 'A') OR t.oid IN ('json'::regtype, 'jsonb'::regtype))
            AND t.oid NOT IN ('uuid[]'::regtype, 'bigint[]'::regtype)
    ), found AS MATERIALIZED (
        SELECT DISTINCT m.tree, m.function, k.is_prefix
        FROM reading r
        JOIN nodes m ON m.tree = r.tree AND m.id = ANY (r.ancestors) AND m.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'FUNCEXPR')
        JOIN matchers k ON k.function = m.function
        JOIN unnest(scope.claims) c ON c.tree = r.tree AND c.reader = r.id
        -- In the second argument, and as it is
        WHERE NOT (m.id + 1 = r.id OR m.id + 1 = ANY (r.ancestors)) AND (NOT k.is_prefix OR c.used_in = m.id)
            AND NOT EXISTS (SELECT FROM nodes b LEFT JOIN pg_proc f ON f.oid = b.function AND b.type = 'FUNCEXPR'
                WHERE b.tree = r.tree AND b.id = ANY (r.ancestors) AND m.id = ANY (b.ancestors) AND (b.field = 'jointree'
                    OR b.type = 'COERCEVIAIO' AND b.result::oid IN ('uuid'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype)
                    OR f.proname IN ('replace', 'regexp_replace', 'translate', 'md5', 'encode', 'length')))
    )
    SELECT 'error', p.object, 'what the caller says is searched for as a pattern or a part, and finds the rows of others',
        format('In %s.', string_agg(DISTINCT pg_get_expr(e.expression, q.polrelid), ' and ')), NULL::text
    FROM unnest(scope.policies) p JOIN pg_policy q ON q.oid = p.policy
    CROSS JOIN LATERAL (VALUES (p.using_tree, q.polqual), (p.check_tree, q.polwithcheck)) AS e (tree, expression)
    WHERE e.tree IN (SELECT tree FROM found)
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_pattern_on_claim(tenancy.audit_scope) IS 'Rule pattern_on_claim of tenancy.audit().';

-- Somebody wrote policies, and row security is off: they say nothing, and whoever has a right on the table has it on all rows.
CREATE FUNCTION tenancy.audit_policies_without_rls(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'error', t.object, 'it has policies, and row security is off: they are not asked',
        format('Policies: %s.', (SELECT string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = t.relation)),
        format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)
    FROM unnest(scope.tables) t WHERE NOT t.row_security AND t.policies > 0
$$;

COMMENT ON FUNCTION tenancy.audit_policies_without_rls(tenancy.audit_scope) IS 'Rule policies_without_rls of tenancy.audit().';

-- A policy that is never true. A permissive one takes nothing away from what other policies allow, and whoever wrote it may
-- have meant it to.
CREATE FUNCTION tenancy.audit_policy_always_false(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT DISTINCT 'notice', p.object, CASE WHEN p.permissive THEN 'it is never true, so it lets nobody in; it keeps out nobody whom another policy lets in' ELSE 'it is never true, so nobody gets in' END,
        tenancy.policy_text(p.policy), NULL::text
    FROM unnest(scope.trees) t
    JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = t.tree
    WHERE t.always = false
    UNION ALL
    SELECT 'notice', p.object, 'it has no expression, so it lets nobody in', tenancy.policy_text(p.policy), NULL
    FROM unnest(scope.policies) p WHERE p.permissive AND p.using_tree IS NULL AND p.check_tree IS NULL
$$;

COMMENT ON FUNCTION tenancy.audit_policy_always_false(tenancy.audit_scope) IS 'Rule policy_always_false of tenancy.audit().';

-- A policy that is true for every row and every caller is no policy: whoever has the right on the table uses it on the rows of
-- all tenants.
CREATE FUNCTION tenancy.audit_policy_always_true(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH tests AS MATERIALIZED (SELECT * FROM unnest(scope.tests)
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, x.roles, t.has_owners, bool_and(x.apart) AS apart, bool_or(x.open ~ format('[%s-]', t.granted)) AS reached,
            bool_or(x.open ~ format('[%s-]', translate(t.granted, 'ra', ''))) AS changes,
            -- Everybody reads, and each writes their own: so profiles of users are often meant, though not rows of tenants.
            t.tenant_column IS NULL AND NOT EXISTS (
                SELECT FROM tests w WHERE w.relation = x.relation AND w.open ~ format('[%s-]', translate(t.granted, 'r', '')) AND NOT w.tied) AS reads_only
        FROM tests x JOIN unnest(scope.tables) t ON t.relation = x.relation
        -- (A check that is wider than what the policy goes by is for write_check_missing.)
        LEFT JOIN tests u ON u.policy = x.policy AND x.clause = 'WITH CHECK' AND u.clause = 'USING' AND u.columns <> '{}' AND u.always IS NULL
        WHERE x.always AND u.policy IS NULL AND CASE WHEN t.has_owners THEN x.open <> '' ELSE x.open ~ format('[%s-]', translate(t.granted, 'r', '')) END
        GROUP BY x.policy, x.object, x.roles, x.relation, t.has_owners, t.tenant_column, t.granted
    )
    -- (Where rows have no owner, an INSERT by everybody may be a form that everybody may fill in.)
    SELECT CASE WHEN NOT f.apart AND f.reached AND (f.has_owners AND NOT f.reads_only OR f.changes) THEN 'error' ELSE 'warning' END,
        f.object, CASE WHEN 0 = ANY (f.roles) THEN 'it is true for every row and every caller' ELSE 'it is true for every row' END, tenancy.policy_text(f.policy), NULL::text
    FROM found f
    UNION ALL
    SELECT 'notice', p.object, 'it is RESTRICTIVE, true for every row, and narrows nothing', tenancy.policy_text(p.policy), NULL
    FROM unnest(scope.policies) p LEFT JOIN unnest(scope.trees) u ON u.tree = p.using_tree LEFT JOIN unnest(scope.trees) c ON c.tree = p.check_tree
    WHERE NOT p.permissive AND (p.using_tree IS NULL OR u.always) AND (p.check_tree IS NULL OR c.always)
$$;

COMMENT ON FUNCTION tenancy.audit_policy_always_true(tenancy.audit_scope) IS 'Rule policy_always_true of tenancy.audit().';

-- Any session may set app.tenant to what it likes: whoever gets one statement past the app, by an injection for example, chooses
-- whose rows it sees.
CREATE FUNCTION tenancy.audit_policy_by_setting(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH called AS MATERIALIZED (
        SELECT DISTINCT n.tree, n.function FROM unnest(scope.nodes) n WHERE n.type = 'FUNCEXPR' AND n.function >= 16384
    ), bodies AS MATERIALIZED (
        SELECT f.oid, m[1] AS setting
        FROM pg_proc f CROSS JOIN LATERAL regexp_matches(COALESCE(pg_get_function_sqlbody(f.oid), f.prosrc), 'current_setting\(\s*''([^'']+)''', 'gi') m
        WHERE f.oid IN (SELECT function FROM called) AND f.pronamespace NOT IN ('auth'::regnamespace, 'tenancy'::regnamespace)
            AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
    ), found AS MATERIALIZED (
        SELECT c.tree, c.setting, c.setting AS what FROM unnest(scope.claims) c
        UNION
        SELECT c.tree, b.setting, format('%s in function %s', b.setting, b.oid::regprocedure) FROM called c JOIN bodies b ON b.oid = c.function
    )
    SELECT 'notice', p.object, 'it goes by a setting, which any session may set',
        format('It goes by %s.', string_agg(DISTINCT f.what, ', ' ORDER BY f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    -- (The extension's modes are about request.jwt.claims.)
    WHERE f.setting LIKE '%.%' AND lower(f.setting) !~ '^(request\.jwt\.|pg_tenancy\.)'
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_policy_by_setting(tenancy.audit_scope) IS 'Rule policy_by_setting of tenancy.audit().';

-- EXISTS (SELECT ... WHERE m.org_id = org_id): the name without a table is the sub-select's own column; IN (SELECT org_id FROM
-- owners): where owners has none it is the row's. Bound neither to the row nor to the caller, one row anywhere opens the table;
-- bound to the row alone, each row that has a counterpart is open to all.
CREATE FUNCTION tenancy.audit_policy_exists_unbound(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.field, n.type, n.depth, n.own_column, n.function, n.reads_caller, n.fields FROM unnest(scope.nodes) n
    ), equalities AS MATERIALIZED (
        SELECT o.tree, o.id, o.ancestors, bool_or(v.own_column IS NOT NULL) AS of_row FROM nodes o JOIN nodes v ON v.tree = o.tree AND v.parent = o.id
        WHERE o.type = 'OPEXPR' AND o.depth > 0 AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=') GROUP BY 1, 2, 3
    ), selects AS MATERIALIZED (
        -- linked: to the row, by what an IN compares, or by an equality inside
        SELECT s.tree, s.id, s.ancestors, bool_or(n.own_column IS NOT NULL) AS of_row,
            bool_or(n.own_column IS NOT NULL AND (n.depth = 0 OR o.id IS NOT NULL)) AS linked,
            bool_or(n.own_column IS NOT NULL AND n.depth = 0) AS compares_row,
            COALESCE(bool_and(e.id IS NOT NULL) FILTER (WHERE n.own_column IS NOT NULL AND n.depth > 0), false) AS selects_row,
            bool_or(n.field = 'quals' AND q.id IS NULL) AS conditions,
            bool_or(n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR n.type = 'FUNCEXPR' AND p.pronamespace <> 'pg_catalog'::regnamespace) AS of_caller,
            bool_or(n.type = 'RANGETBLENTRY' AND n.fields ->> 'relid' IS NOT NULL) AS reads_tables,
            bool_or(n.type = 'RANGETBLENTRY' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity) AS reads_all,
            bool_or(n.type = 'RANGETBLENTRY' AND (n.fields ->> 'rtekind' <> '0' OR c.relkind NOT IN ('r', 'p') OR c.relrowsecurity)) AS reads_bound
        FROM nodes s JOIN nodes n ON n.tree = s.tree AND s.id = ANY (n.ancestors)
        LEFT JOIN pg_proc p ON p.oid = n.function LEFT JOIN pg_class c ON n.type = 'RANGETBLENTRY' AND c.oid = (n.fields ->> 'relid')::oid
        LEFT JOIN equalities o ON o.tree = n.tree AND o.id = n.parent LEFT JOIN equalities q ON q.tree = n.tree AND q.id = n.id AND q.of_row
        LEFT JOIN nodes e ON e.tree = n.tree AND e.id = n.parent AND e.type = 'TARGETENTRY' AND e.depth = 1
        WHERE s.type = 'SUBLINK' AND s.depth = 0 AND s.fields ->> 'sublinktype' IN ('0', '2') GROUP BY 1, 2, 3
    ), captured AS MATERIALIZED (
        -- A column of the sub-select compared with itself
        SELECT DISTINCT s.tree, s.id AS sublink FROM selects s
        JOIN equalities o ON o.tree = s.tree AND s.id = ANY (o.ancestors)
        JOIN nodes a ON a.tree = o.tree AND a.parent = o.id AND a.type = 'VAR' AND a.own_column IS NULL
        JOIN nodes b ON b.tree = o.tree AND b.parent = o.id AND b.type = 'VAR' AND b.id > a.id AND b.fields = a.fields
    ), judged AS MATERIALIZED (
        SELECT s.tree, s.id, s.ancestors, s.conditions, c.tree IS NOT NULL AS captured, s.reads_all, CASE
            WHEN c.tree IS NOT NULL AND (NOT s.linked OR NOT s.of_caller AND s.reads_all) OR NOT s.of_row AND NOT s.of_caller THEN 'unbound'
            WHEN s.compares_row AND s.selects_row THEN 'outward'
            WHEN c.tree IS NOT NULL THEN 'itself'
            WHEN s.linked AND NOT s.of_caller AND NOT s.reads_bound THEN 'row' END AS how
        FROM selects s LEFT JOIN captured c ON c.tree = s.tree AND c.sublink = s.id WHERE s.reads_tables
    ), unbound AS MATERIALIZED (
        SELECT s.tree, s.how, bool_or(s.captured) AS captured,
            bool_or(CASE s.how WHEN 'unbound' THEN s.captured OR s.reads_all WHEN 'outward' THEN true ELSE false END) AS clear, bool_or(s.conditions) AS conditions
        FROM judged s
        -- Under a NOT it closes. With another arm of an AND that names a column, or reads the caller beside it, it is one condition more.
        WHERE s.how IS NOT NULL AND NOT EXISTS (SELECT FROM nodes b WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'not')
            AND NOT EXISTS (
                SELECT FROM nodes b JOIN nodes v ON v.tree = b.tree AND v.own_column IS NOT NULL AND b.id = ANY (v.ancestors)
                WHERE b.tree = s.tree AND b.id = ANY (s.ancestors) AND b.fields ->> 'boolop' = 'and'
                    AND v.ancestors[cardinality(b.ancestors) + 2] IS DISTINCT FROM (s.ancestors || s.id)[cardinality(b.ancestors) + 2])
        GROUP BY 1, 2
    ), found AS MATERIALIZED (
        -- (Where the tables that it reads have row security, that may bind it to the caller. What has a counterpart that fits a condition may be meant for all.)
        SELECT x.policy, x.object, u.how, NOT x.apart AND CASE u.how WHEN 'row' THEN NOT x.asks AND x.open ~ format('[%s-]', CASE WHEN u.conditions THEN translate(t.granted, 'r', '') ELSE t.granted END)
            ELSE u.clear AND x.open ~ format('[%s-]', t.granted) END AS clear
        FROM unbound u JOIN unnest(scope.tests) x ON x.tree = u.tree JOIN unnest(scope.tables) t ON t.relation = x.relation
        WHERE x.open <> '' AND (t.has_owners OR u.captured) AND (u.how <> 'row' OR NOT x.tied)
    )
    SELECT CASE WHEN bool_or(f.clear) THEN 'error' ELSE 'warning' END, f.object, CASE min(CASE f.how WHEN 'unbound' THEN 1 WHEN 'outward' THEN 2 WHEN 'row' THEN 3 ELSE 4 END)
            WHEN 1 THEN 'its sub-select is bound neither to the row nor to the caller' WHEN 2 THEN 'its sub-select selects a column of the row itself, so any row that it finds will do'
            WHEN 3 THEN 'its sub-select does not ask who is calling' ELSE 'its sub-select compares a column with itself' END,
        tenancy.policy_text(f.policy), NULL::text
    FROM found f GROUP BY f.policy, f.object
$$;

COMMENT ON FUNCTION tenancy.audit_policy_exists_unbound(tenancy.audit_scope) IS 'Rule policy_exists_unbound of tenancy.audit().';

-- A policy for roles that no login can take, or that no policy binds: it does nothing, and whoever reads it thinks that it does.
CREATE FUNCTION tenancy.audit_policy_for_nobody(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE usable AS (
        -- (What the settings name is waiting for its logins.)
        SELECT r.oid FROM pg_roles r WHERE r.rolcanlogin OR r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) OR r.rolname = ANY (tenancy.staff_roles()) OR r.rolname ~ '^pg_'
        UNION
        SELECT m.roleid FROM usable u JOIN pg_auth_members m ON m.member = u.oid
        -- From 16 on whoever makes a role may hand it on, but not take it.
        WHERE COALESCE((to_jsonb(m) ->> 'set_option')::boolean OR (to_jsonb(m) ->> 'inherit_option')::boolean, true)
    ), usable_roles AS MATERIALIZED (SELECT array_agg(oid) || 0::oid AS roles FROM usable)
    SELECT 'notice', p.object, m.message, format(m.detail, (SELECT string_agg(r::regrole::text, ', ' ORDER BY r::regrole::text) FROM unnest(p.roles) r)), NULL::text
    FROM unnest(scope.policies) p, usable_roles u
    CROSS JOIN LATERAL (
        SELECT 'it is for roles that no policy binds', 'BYPASSRLS, or being a superuser: %s.' WHERE NOT EXISTS (
            SELECT FROM unnest(p.roles) x LEFT JOIN pg_roles r ON r.oid = x WHERE (r.rolbypassrls OR r.rolsuper) IS NOT TRUE)
        UNION ALL SELECT 'it is for roles that no login can take', 'No login is a member of %s.' WHERE NOT p.roles && u.roles
        LIMIT 1) m (message, detail)
$$;

COMMENT ON FUNCTION tenancy.audit_policy_for_nobody(tenancy.audit_scope) IS 'Rule policy_for_nobody of tenancy.audit().';

-- A policy that lets rows in without tying them to the caller: it asks nobody, or an arm of it does not, or what it compares is
-- no equality. What fits it is there for the callers of every tenant. Often it was meant to narrow ("not deleted"), and
-- permissive policies widen.
CREATE FUNCTION tenancy.audit_policy_not_tied(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(scope.tests) x WHERE NOT x.tied) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH tests AS MATERIALIZED (
        SELECT x.*, NOT x.apart AND x.open ~ format('[%s-]', translate(t.granted, 'r', '')) AS writes,
            NOT COALESCE(t.tenant_column = ANY (x.columns), false) AND NOT COALESCE(t.user_column = ANY (x.columns), false) AS of_nobody
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.has_owners
        -- (Who passes may be all, or nobody: other rules. A check that is wider than what its policy goes by is for write_check_missing.)
        WHERE NOT x.tied AND x.open <> '' AND x.always IS NULL AND x.columns <> '{}'
            AND NOT (x.clause = 'WITH CHECK' AND EXISTS (SELECT FROM unnest(scope.tests) u WHERE u.policy = x.policy AND u.clause = 'USING' AND u.tied))
    ), nodes AS MATERIALIZED (
        SELECT n.* FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT x.tree FROM tests x)
    ), withdrawn AS MATERIALIZED (
        -- NOT published, published = false
        SELECT DISTINCT v.tree, v.own_column FROM nodes v JOIN nodes p ON p.tree = v.tree AND p.id = v.parent LEFT JOIN nodes c ON c.tree = v.tree AND c.parent = v.parent AND c.value = 'false'
        WHERE v.own_column IS NOT NULL AND (p.fields ->> 'boolop' = 'not' OR p.fields ->> 'booltesttype' IN ('1', '2') OR p.type = 'OPEXPR' AND c.id IS NOT NULL)
    ), arms AS MATERIALIZED (
        -- Of an OR each, else the whole; an arm that asks the caller about the row is not what is published.
        SELECT r.tree, a.id, bool_or(n.reads_caller) AND bool_or(n.own_column IS NOT NULL) AS asks, bool_or(n.reads_caller) AS calls,
            bool_or(n.value ~* '^(public|published|shared|listed|global)$') AS says, array_agg(n.own_column) FILTER (WHERE n.own_column IS NOT NULL AND w.tree IS NULL) AS columns
        FROM nodes r JOIN nodes a ON a.tree = r.tree AND CASE r.fields ->> 'boolop' WHEN 'or' THEN a.parent = r.id ELSE a.id = r.id END
        JOIN nodes n ON n.tree = a.tree AND (n.id = a.id OR a.id = ANY (n.ancestors)) LEFT JOIN withdrawn w ON w.tree = n.tree AND w.own_column = n.own_column
        WHERE r.parent IS NULL GROUP BY 1, 2
    ), published AS MATERIALIZED (
        SELECT x.policy, x.clause FROM tests x JOIN arms m ON m.tree = x.tree
        GROUP BY x.policy, x.clause, x.relation HAVING bool_and(m.asks OR NOT m.calls AND (COALESCE(m.says, false) OR EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = x.relation AND a.attnum = ANY (m.columns) AND a.attname ~* '(public|publish|visib|shared|listed|global)'))) AND bool_or(NOT m.asks)
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, CASE WHEN bool_or(x.writes AND NOT x.asks) THEN 'error' WHEN bool_and(p.policy IS NOT NULL AND NOT x.writes) THEN 'notice' ELSE 'warning' END AS level,
            CASE WHEN bool_or(NOT x.asks AND x.of_nobody) THEN 'it asks neither whose a row is nor who is calling'
                WHEN bool_or(NOT x.asks) THEN 'it does not ask who is calling'
                WHEN bool_or(NOT x.partly) THEN 'it asks who is calling, and ties no row to them'
                ELSE 'part of it lets in rows that it does not tie to the caller' END AS message
        FROM tests x LEFT JOIN published p ON p.policy = x.policy AND p.clause = x.clause GROUP BY x.policy, x.object
    ), said AS MATERIALIZED (
        SELECT f.object, f.level FROM tenancy.audit_policy_without_own_column(scope) f UNION SELECT f.object, f.level FROM tenancy.audit_inverted_check(scope) f
        UNION SELECT f.object, f.level FROM tenancy.audit_policy_always_true(scope) f UNION SELECT f.object, f.level FROM tenancy.audit_literal_tenant(scope) f
        UNION SELECT f.object, f.level FROM tenancy.audit_policy_exists_unbound(scope) f
    )
    SELECT f.level, f.object, f.message, tenancy.policy_text(f.policy), NULL::text FROM found f
    -- (What another rule says of it is enough, if that is no milder.)
    WHERE NOT EXISTS (SELECT FROM said s WHERE s.object = f.object AND tenancy.level_place(s.level) <= tenancy.level_place(f.level));
END $$;

COMMENT ON FUNCTION tenancy.audit_policy_not_tied(tenancy.audit_scope) IS 'Rule policy_not_tied of tenancy.audit().';

-- A policy asks another table who may, and that table has no row security: whoever may write there lets themselves in.
CREATE FUNCTION tenancy.audit_policy_reads_unprotected(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH reads AS MATERIALIZED (
        SELECT DISTINCT n.tree, c.oid AS relation, c.relnamespace, c.relacl FROM unnest(scope.nodes) n JOIN pg_class c ON c.oid = (n.fields ->> 'relid')::oid
        WHERE n.type = 'RANGETBLENTRY' AND n.fields ->> 'rtekind' = '0' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
            AND c.relnamespace <> ALL ('{pg_catalog,information_schema,tenancy,auth}'::regnamespace[]::oid[])
    ), rights AS MATERIALIZED (
        SELECT r.relation, bool_or(a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')) AS writes, string_agg(DISTINCT a.privilege_type, ', ') AS listed
        FROM (SELECT DISTINCT relation, relnamespace FROM reads) r
        JOIN pg_namespace s ON s.oid = r.relnamespace
        CROSS JOIN LATERAL (
            SELECT x.privilege_type, x.grantee FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = r.relation AND x.grantee <> c.relowner
            UNION ALL SELECT x.privilege_type, x.grantee FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = r.relation
        ) a
        WHERE a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND a.grantee = ANY (scope.callers)
            AND EXISTS (SELECT FROM aclexplode(COALESCE(s.nspacl, acldefault('n', s.nspowner))) u WHERE u.privilege_type = 'USAGE' AND u.grantee = ANY (scope.callers) AND u.grantee <> s.nspowner)
        GROUP BY 1
    )
    SELECT CASE WHEN bool_or(g.writes) THEN 'error' ELSE 'notice' END, p.object,
        CASE WHEN bool_or(g.writes) THEN 'it goes by a table without row security, which callers may write' ELSE 'it goes by a table without row security, which callers may read' END,
        format('Callers may: %s.', string_agg(DISTINCT format('%s on table %s', g.listed, g.relation::regclass), '; ')), NULL::text
    FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree) JOIN reads r ON r.tree = e.tree JOIN rights g ON g.relation = r.relation
    WHERE p.roles && scope.callers AND r.relation <> p.relation
    GROUP BY p.policy, p.object
$$;

COMMENT ON FUNCTION tenancy.audit_policy_reads_unprotected(tenancy.audit_scope) IS 'Rule policy_reads_unprotected of tenancy.audit().';

-- The sub-select of a policy is itself subject to the policies of the table it reads. Where these lead back to the policy's own
-- table, every query that has to ask it fails, and soon somebody switches row security off.
CREATE FUNCTION tenancy.audit_policy_recursion(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH RECURSIVE guarded AS MATERIALIZED (
        SELECT t.relation FROM unnest(scope.tables) t WHERE t.row_security
    ), policies AS MATERIALIZED (
        SELECT p.* FROM unnest(scope.policies || scope.pack_policies) p JOIN guarded g ON g.relation = p.relation
    ), sublinks AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'SUBLINK'
    ), reads AS MATERIALIZED (
        -- Which policies have a sub-select over which tables with row security; those of protect() as the catalog says
        SELECT DISTINCT p.policy, p.relation, p.command, p.roles, g.relation AS target, e.is_using
        FROM unnest(scope.nodes) n JOIN guarded g ON g.relation = (n.fields ->> 'relid')::oid
        JOIN (policies p CROSS JOIN LATERAL (VALUES (p.using_tree, true), (p.check_tree, false)) e (tree, is_using)) ON e.tree = n.tree
        WHERE n.type = 'RANGETBLENTRY' AND n.fields ->> 'rtekind' = '0'
        UNION
        SELECT p.policy, p.relation, p.command, p.roles, g.relation, true FROM policies p
        JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.policy AND d.refclassid = 'pg_class'::regclass
        JOIN guarded g ON g.relation = d.refobjid AND g.relation <> p.relation
        WHERE p.ours
    ), steps AS MATERIALIZED (
        -- A sub-select asks the policies for SELECT, if any of them lets anybody in.
        SELECT DISTINCT r.relation, r.target, r.roles FROM reads r
        WHERE r.command IN ('r', '*') AND r.is_using AND EXISTS (SELECT FROM policies p WHERE p.relation = r.relation AND p.permissive AND p.command IN ('r', '*'))
    ), asking AS MATERIALIZED (
        -- Postgres calls it a recursion if the table that it comes back to has any sub-select in these. (A gate is one.)
        SELECT p.relation, p.roles FROM policies p LEFT JOIN sublinks s ON s.tree = p.using_tree
        WHERE p.command IN ('r', '*') AND (s.tree IS NOT NULL OR p.name = 'tenancy_gate' AND p.ours)
    ), reached AS (
        SELECT DISTINCT r.policy, r.relation AS start, r.target AS first, r.target, CASE WHEN 0 = ANY (r.roles) THEN '{0}' ELSE r.roles END AS roles
        FROM reads r WHERE NOT r.command IN ('r', '*') OR NOT r.is_using OR EXISTS (SELECT FROM steps s WHERE s.relation = r.relation)
        UNION
        SELECT r.policy, r.start, r.first, s.target, b.roles
        FROM reached r JOIN steps s ON s.relation = r.target AND r.target <> r.start
        CROSS JOIN LATERAL (SELECT CASE WHEN 0 = ANY (s.roles) THEN r.roles WHEN 0 = ANY (r.roles) THEN s.roles ELSE ARRAY(SELECT unnest(s.roles) INTERSECT SELECT unnest(r.roles) ORDER BY 1) END) b (roles)
        WHERE b.roles <> '{}'
    )
    SELECT 'error', p.object, 'queries that ask it fail with infinite recursion',
        CASE WHEN bool_or(r.first = r.start) THEN 'Its sub-select reads its own table.'
            ELSE format('Its sub-select reads %s, of which the policies lead back.', string_agg(DISTINCT 'table ' || r.first::regclass, ', ')) END, NULL::text
    FROM reached r JOIN policies p ON p.policy = r.policy
    WHERE r.target = r.start AND NOT p.ours AND EXISTS (
        SELECT FROM asking a WHERE a.relation = r.start AND (a.roles && r.roles OR 0 = ANY (a.roles) OR 0 = ANY (r.roles)))
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_policy_recursion(tenancy.audit_scope) IS 'Rule policy_recursion of tenancy.audit().';

-- A policy TO PUBLIC is for every role there is and every one that will be made, for whoever is not signed in too.
CREATE FUNCTION tenancy.audit_policy_to_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH gates AS MATERIALIZED (
        SELECT p.relation, string_agg(CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, '') AS commands FROM unnest(scope.policies || scope.pack_policies) p
        WHERE NOT p.permissive AND 0 = ANY (p.roles) GROUP BY 1
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, t.relation, t.name AS table_name, t.owner, t.forced FROM unnest(scope.policies) p
        JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.has_owners AND t.granted <> ''
        LEFT JOIN gates g ON g.relation = p.relation
        WHERE p.permissive AND 0 = ANY (p.roles) AND translate(CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, concat(g.commands), '') <> ''
    ), holders AS MATERIALIZED (
        SELECT f.policy, a.grantee FROM found f JOIN pg_class c ON c.oid = f.relation, aclexplode(c.relacl) a WHERE a.grantee <> f.owner
        UNION SELECT f.policy, a.grantee FROM found f JOIN pg_attribute c ON c.attrelid = f.relation, aclexplode(c.attacl) a WHERE a.grantee <> f.owner
        UNION SELECT f.policy, f.owner FROM found f JOIN pg_roles r ON r.oid = f.owner WHERE f.forced AND NOT r.rolsuper AND NOT r.rolbypassrls
    ), mended AS MATERIALIZED (
        -- It stays a policy for all who have rights on the table now.
        SELECT h.policy, string_agg(h.grantee::regrole::text, ', ' ORDER BY h.grantee::regrole::text) AS roles FROM holders h GROUP BY 1 HAVING bool_and(h.grantee <> 0)
            -- (Predefined roles give rights that no table knows of.)
            AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles p ON p.oid = m.roleid WHERE p.rolname IN ('pg_read_all_data', 'pg_write_all_data') AND m.member = ANY (scope.callers))
    )
    SELECT 'warning', f.object, 'it is for every role, whoever that is', tenancy.policy_text(f.policy), 'ALTER POLICY ' || quote_ident(f.name) || ' ON ' || f.table_name || ' TO ' || m.roles
    FROM found f LEFT JOIN mended m ON m.policy = f.policy
$$;

COMMENT ON FUNCTION tenancy.audit_policy_to_public(tenancy.audit_scope) IS 'Rule policy_to_public of tenancy.audit().';

-- A policy so large that no other rule has looked at it: make_audit_scope() leaves it out.
CREATE FUNCTION tenancy.audit_policy_too_large(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'error', format('policy %I on %s', p.polname, t.name), 'it is too large to be looked at',
        format('Its expressions take %s characters in the catalog; what has more than 65536 is left out by all other rules.', length(concat(p.polqual::text, p.polwithcheck::text))), NULL::text
    FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid
    WHERE p.oid NOT IN (SELECT o.policy FROM unnest(scope.policies || scope.pack_policies) o)
$$;

COMMENT ON FUNCTION tenancy.audit_policy_too_large(tenancy.audit_scope) IS 'Rule policy_too_large of tenancy.audit().';

-- A policy that asks who is calling, and not whose the row is: whoever passes gets the rows of every tenant. An admin is one of
-- their own tenant only.
CREATE FUNCTION tenancy.audit_policy_without_own_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.depth, n.query, n.own_column, n.function, n.reads_caller, n.fields FROM unnest(scope.nodes) n
        WHERE n.type IN ('BOOLEXPR', 'NULLTEST', 'VAR', 'OPEXPR', 'RANGETBLENTRY', 'FUNCEXPR')
    ), signed_in AS MATERIALIZED (
        -- An arm of an OR that asks no more than that somebody is calling
        SELECT DISTINCT t.tree FROM nodes t JOIN nodes r ON r.tree = t.tree AND r.reads_caller AND t.id = ANY (r.ancestors)
        LEFT JOIN nodes v ON v.tree = t.tree AND v.own_column IS NOT NULL AND t.id = ANY (v.ancestors)
        LEFT JOIN nodes b ON b.tree = t.tree AND b.id = ANY (t.ancestors) AND b.fields ->> 'boolop' = 'or'
        WHERE t.type = 'NULLTEST' AND t.fields ->> 'nulltesttype' = '1' AND v.tree IS NULL
        GROUP BY t.tree, t.id, t.ancestors HAVING count(DISTINCT b.id) = cardinality(t.ancestors)
    ), single AS MATERIALIZED (
        -- A sub-select over one table finds the caller in a column that is unique by itself: that is a list of people, and what
        -- it says of one holds in no tenant more than in another.
        SELECT DISTINCT e.tree FROM (
            SELECT t.tree, min(t.query) AS query, min((t.fields ->> 'relid')::oid) AS relid FROM nodes t WHERE t.type = 'RANGETBLENTRY' GROUP BY 1 HAVING count(*) = 1) e
        JOIN nodes o ON o.tree = e.tree AND o.query = e.query AND o.type = 'OPEXPR' AND (o.fields ->> 'opno')::oid IN (SELECT p.oid FROM pg_operator p WHERE p.oprname = '=')
        JOIN nodes v ON v.tree = o.tree AND v.parent = o.id AND v.type = 'VAR' AND v.own_column IS NULL
        JOIN nodes r ON r.tree = o.tree AND r.reads_caller AND o.id = ANY (r.ancestors)
        JOIN pg_index i ON i.indrelid = e.relid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = (v.fields ->> 'varattno')::smallint
    ), unknown AS MATERIALIZED (
        -- What functions of the user's own ask is not known.
        SELECT DISTINCT f.tree FROM nodes f JOIN pg_proc p ON p.oid = f.function
        WHERE f.type = 'FUNCEXPR' AND NOT f.reads_caller AND p.pronamespace <> ALL ('{pg_catalog,tenancy,auth}'::regnamespace[]::oid[])
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, bool_or(NOT x.apart AND x.open ~ format('[%s-]', t.granted) AND (x.columns <> '{}' OR s.tree IS NULL AND u.tree IS NULL)) AS clear
        FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation
        LEFT JOIN signed_in a ON a.tree = x.tree LEFT JOIN single s ON s.tree = x.tree LEFT JOIN unknown u ON u.tree = x.tree
        WHERE t.has_owners AND x.clause = 'USING' AND x.open <> '' AND x.always IS NULL AND (x.columns = '{}' OR a.tree IS NOT NULL)
        GROUP BY 1, 2
    )
    SELECT CASE WHEN f.clear THEN 'error' ELSE 'warning' END, f.object, 'whoever passes it gets the rows of every tenant', tenancy.policy_text(f.policy), NULL::text FROM found f
$$;

COMMENT ON FUNCTION tenancy.audit_policy_without_own_column(tenancy.audit_scope) IS 'Rule policy_without_own_column of tenancy.audit().';

CREATE FUNCTION tenancy.alike_protected(scope tenancy.audit_scope) RETURNS TABLE (relation oid, name text, asked jsonb, likeness text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- of what stands in WITH the planner expects a few rows, not thousands
    SET enable_sort = off
AS $$
    WITH RECURSIVE protected AS MATERIALIZED (
        SELECT t.relation, t.name, t.asked FROM unnest(scope.tables) t WHERE t.asked IS NOT NULL
    ), ancestor AS (
        SELECT i.inhrelid AS relation, i.inhparent AS ancestor FROM pg_inherits i WHERE i.inhrelid IN (SELECT p.relation FROM protected p)
        UNION SELECT a.relation, i.inhparent FROM ancestor a JOIN pg_inherits i ON i.inhrelid = a.ancestor
    ), root AS MATERIALIZED (
        -- (A child's protection is its parent's.)
        SELECT * FROM protected p WHERE NOT EXISTS (
            SELECT FROM ancestor a JOIN pg_policy f ON f.polrelid = a.ancestor AND f.polname = 'tenancy_floor' WHERE a.relation = p.relation)
    ), family AS (
        SELECT r.relation AS root, r.relation FROM root r
        UNION SELECT f.root, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.relation
    ), chain AS (
        -- To whom rows belong that belong to rows of another table, step by step.
        SELECT r.relation AS root, 0 AS level, r.relation, r.asked, NULL::smallint[] AS referencing, NULL::smallint[] AS referenced, NULL::oid[] AS operators, false AS outdated
        FROM root r
        UNION ALL
        SELECT c.root, c.level + 1, k.confrelid, n.asked, k.conkey, k.confkey, k.conpfeqop, c.asked -> 'above' IS DISTINCT FROM (
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(n.asked) WHERE key IN ('template', 'tenant_column', 'user_column', 'key', 'above', 'authenticated'))
        FROM chain c JOIN pg_constraint k ON k.conrelid = c.relation AND k.contype = 'f' AND k.conname = c.asked ->> 'key'
        LEFT JOIN protected p ON p.relation = k.confrelid
        CROSS JOIN LATERAL (SELECT CASE WHEN p.relation IS NULL THEN tenancy.asked(k.confrelid) ELSE p.asked END) n (asked)
        WHERE c.level < 5
    ), step AS MATERIALIZED (
        -- The columns that matter of each of them.
        SELECT c.*, ARRAY[c.asked ->> 'tenant_column', c.asked ->> 'user_column'] || CASE WHEN c.asked -> 'made' ? 'columns' THEN ARRAY(SELECT jsonb_object_keys(c.asked #> '{made,columns}')) END
            || CASE WHEN COALESCE(c.referenced, n.referencing) IS NOT NULL THEN
                ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.relation AND a.attnum = ANY (c.referenced || n.referencing)) END AS names
        FROM chain c LEFT JOIN chain n ON n.root = c.root AND n.level = c.level + 1
    ), above AS MATERIALIZED (
        SELECT s.root, array_agg(s.relation ORDER BY s.level) FILTER (WHERE s.level > 0) AS parents,
            -- (Names in the conditions on parents, which are compared as text.)
            bool_or(s.outdated OR c.relname !~ '^[A-Za-z_][A-Za-z_0-9$]*$' OR n.nspname !~ '^[A-Za-z_][A-Za-z_0-9$]*$' OR c.relname LIKE 'tenancy%') AS odd
        FROM step s JOIN pg_class c ON c.oid = s.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        GROUP BY s.root HAVING count(*) > 1
    ), member AS MATERIALIZED (
        SELECT f.root, f.relation, 0 AS level, s.names FROM family f JOIN step s ON s.root = f.root AND s.level = 0
        UNION ALL SELECT s.root, s.relation, s.level, s.names FROM step s WHERE s.level > 0
    ), indexed AS MATERIALIZED (
        SELECT x.indrelid, k.number, bool_or(k.place = 1 AND x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree') AS leads, bool_or(x.indisprimary) AS in_primary_key
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am m ON m.oid = c.relam, unnest(x.indkey) WITH ORDINALITY AS k (number, place)
        WHERE x.indrelid IN (SELECT m.relation FROM member m) GROUP BY 1, 2
    ), columns AS MATERIALIZED (
        SELECT m.root, m.relation, m.level, bool_or(a.attname !~ '^[A-Za-z_][A-Za-z_0-9$]*$') AS odd, bool_and(COALESCE(i.leads, false)) AS all_lead,
            string_agg(ROW(a.attname, a.attnum, a.atttypid, a.attcollation, a.attgenerated, a.attidentity, a.attnotnull, COALESCE(i.leads, false), COALESCE(i.in_primary_key, false),
                EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated),
                regexp_replace(d.adbin::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'))::text, ' ' ORDER BY a.attname) AS facts
        FROM member m
        JOIN pg_attribute a ON a.attrelid = m.relation AND a.attname = ANY (m.names) AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN indexed i ON i.indrelid = a.attrelid AND i.number = a.attnum
        GROUP BY m.root, m.relation, m.level
    ), tree AS MATERIALIZED (
        -- (Most expressions stand in many tables: their text is gone through once, without where in a statement it stood.)
        SELECT md5(regexp_replace(e.trees, ':(stmt_)?loc(ation)? -?\d+', '', 'g')) AS hash, e.roots, e.relations, e.policies
        FROM (
            SELECT CASE WHEN a.root IS NULL THEN x.tree ELSE
                    -- (There are four parents at most.)
                    replace(replace(replace(replace(x.tree, ':relid ' || a.parents[1] || ' ', ':relid parent '), COALESCE(':relid ' || a.parents[2] || ' ', ''), ':relid parent of parent '),
                        COALESCE(':relid ' || a.parents[3] || ' ', ''), ':relid third '), COALESCE(':relid ' || a.parents[4] || ' ', ''), ':relid fourth ') END AS trees,
                array_agg(f.root) AS roots, array_agg(f.relation) AS relations, array_agg(ROW(p.polname, p.polcmd, p.polpermissive, p.polroles)::text) AS policies
            FROM family f JOIN pg_policy p ON p.polrelid = f.relation AND p.polname = ANY (tenancy.policy_names()) LEFT JOIN above a ON a.root = f.root,
                LATERAL (SELECT concat(p.polqual::text, ' / ', p.polwithcheck::text)) AS x (tree)
            GROUP BY 1
        ) e
    ), policies AS MATERIALIZED (
        SELECT x.root, x.relation, string_agg(concat(x.policy, ' ', t.hash), ' ' ORDER BY x.policy COLLATE "C") AS facts
        FROM tree t, unnest(t.roots, t.relations, t.policies) AS x (root, relation, policy) GROUP BY x.root, x.relation
    ), triggers AS MATERIALIZED (
        SELECT t.tgrelid, string_agg(ROW(t.tgname, t.tgfoid, t.tgtype, t.tgenabled IN ('O', 'A'), t.tgattr, t.tgargs, t.tgconstraint <> 0, t.tgdeferrable, t.tginitdeferred,
            t.tgoldtable, t.tgnewtable, regexp_replace(t.tgqual::text, ':(stmt_)?loc(ation)? -?\d+', '', 'g'))::text, ' ' ORDER BY t.tgname) AS facts
        FROM pg_trigger t WHERE t.tgname IN ('tenancy_truncate', 'tenancy_keep_tenant') AND t.tgparentid = 0 GROUP BY t.tgrelid
    ), column_acls AS MATERIALIZED (
        SELECT a.attrelid, string_agg(DISTINCT a.attacl::text, ' ') AS facts FROM pg_attribute a WHERE a.attacl IS NOT NULL GROUP BY a.attrelid
    ), sequences AS MATERIALIZED (
        SELECT d.refobjid, string_agg(DISTINCT ROW(s.relowner, s.relacl)::text, ' ') AS facts FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' GROUP BY d.refobjid
    ), facts AS MATERIALIZED (
        SELECT f.root, f.relation, c.all_lead, COALESCE(c.odd, false) AS odd, ROW(r.relkind, r.relispartition, r.relrowsecurity, r.relforcerowsecurity, r.relowner, r.relacl,
            c.facts, p.facts, t.facts, a.facts, CASE WHEN f.root = f.relation THEN s.facts END)::text AS facts
        FROM family f JOIN pg_class r ON r.oid = f.relation
        LEFT JOIN columns c ON c.root = f.root AND c.relation = f.relation AND c.level = 0
        LEFT JOIN policies p ON p.root = f.root AND p.relation = f.relation
        LEFT JOIN triggers t ON t.tgrelid = f.relation
        LEFT JOIN column_acls a ON a.attrelid = f.relation
        LEFT JOIN sequences s ON s.refobjid = f.relation
    ), families AS MATERIALIZED (
        SELECT f.root, bool_or(f.odd) AS odd, string_agg(DISTINCT md5(f.facts), ' ') FILTER (WHERE f.root <> f.relation) AS children,
            -- (Above this size, indexes are for a person to make: tenancy.prepare_columns().)
            CASE WHEN NOT bool_and(f.all_lead) THEN (SELECT sum(pg_table_size(m)) > 100 * 1024 * 1024 FROM tenancy.family(f.root) m) END AS large
        FROM facts f GROUP BY f.root
    ), parents AS MATERIALIZED (
        SELECT s.root, COALESCE(bool_or(c.odd), false) AS odd, string_agg(ROW(s.level, s.asked - '{key,above,made,read,write,remove}'::text[], s.referencing, s.referenced, s.operators, c.facts)::text,
            ' ' ORDER BY s.level) AS facts
        FROM step s LEFT JOIN columns c ON c.root = s.root AND c.relation = s.relation AND c.level = s.level WHERE s.level > 0 GROUP BY s.root
    )
    SELECT r.relation, r.name, r.asked, concat(
        CASE WHEN f.odd OR p.odd OR a.odd THEN r.relation END,
        md5(ROW((r.asked - '{key,above}'::text[]) #- '{made,indexes}', r.asked ? 'key', n.nspowner, n.nspacl, o.facts, f.children, f.large, p.facts)::text))
    FROM root r
    JOIN pg_class c ON c.oid = r.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN facts o ON o.root = r.relation AND o.relation = r.relation
    JOIN families f ON f.root = r.relation
    LEFT JOIN parents p ON p.root = r.relation
    LEFT JOIN above a ON a.root = r.relation
$$;

COMMENT ON FUNCTION tenancy.alike_protected(tenancy.audit_scope) IS
'The protected tables of an audit that are no children of such, what was asked for each, and a text that is the same only for tables for which tenancy.protect() would run the same statements now, apart from names.';

CREATE FUNCTION tenancy.drift(target regclass, asked jsonb, OUT statements text[], OUT problem text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    again jsonb := tenancy.asked_again(asked);
BEGIN
    IF again ? 'key' THEN
        again := again || jsonb_build_object('above', tenancy.asked_above(target, again));
    END IF;
    statements := ARRAY(
        SELECT s FROM unnest((tenancy.protect_statements(target, again)).statements) s
        -- Bookkeeping; and rights that protect() found there are their giver's to take. (A partition that was detached has none.)
        WHERE s !~ '^COMMENT ON POLICY ' AND (s !~ '^GRANT ' OR asked -> 'made' ? 'grants'));
EXCEPTION WHEN OTHERS THEN
    statements := '{}';
    problem := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
END $$;

COMMENT ON FUNCTION tenancy.drift(regclass, jsonb) IS
'The statements that tenancy.protect() would run now for what was asked before, without those that only keep that in mind; or why it would fail.';

CREATE FUNCTION tenancy.protect_call(target regclass, asked jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE
        -- protect() refuses a child of an unprotected table, and takes a tenant column for asked that was not there then.
        WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = target) OR asked ->> 'template' IN ('user', 'public_read')
            AND NOT asked ? 'tenant_column' AND tenancy.has_column(target, tenancy.setting('tenant_column')::name) THEN NULL
        ELSE format('SELECT tenancy.protect(%s)', concat_ws(', ', quote_literal(target::text),
            CASE WHEN asked ->> 'template' <> 'tenant' THEN format('template => %L', asked ->> 'template') END,
            CASE WHEN asked ->> 'template' = 'tenant_root' OR asked ->> 'tenant_column' <> tenancy.setting('tenant_column') THEN format('tenant_column => %L', asked ->> 'tenant_column') END,
            CASE WHEN asked ->> 'user_column' <> tenancy.setting('user_column') THEN format('user_column => %L', asked ->> 'user_column') END,
            (SELECT string_agg(format('%s => %L', n, ARRAY(SELECT jsonb_array_elements_text(asked -> n))), ', ' ORDER BY place)
             FROM unnest('{read,write,remove}'::text[]) WITH ORDINALITY AS x (n, place)
             WHERE asked ? n AND NOT (asked ->> 'template' = 'tenant_root' AND n <> 'read' AND asked -> n = '[]')),
            CASE WHEN asked -> 'force' = 'false' THEN 'force => false' END,
            CASE WHEN asked ? 'movable' THEN 'movable => true' END)) END
$$;

COMMENT ON FUNCTION tenancy.protect_call(regclass, jsonb) IS
'The call of tenancy.protect() that asks again what was asked; NULL where no call does. (The foreign key of template via_parent is taken again without being named.)';

CREATE FUNCTION tenancy.audit_protection_drifted(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    -- A setting that was changed has every table drift: then the rest is told by the first of those that are alike.
    may_ask int := 200;
    alike record;
    drift record;
    place int;
    first text;
BEGIN
    FOR alike IN
        SELECT array_agg(a.relation ORDER BY a.name) AS relations, array_agg(a.name ORDER BY a.name) AS names, array_agg(a.asked ORDER BY a.name) AS asked
        FROM tenancy.alike_protected(scope) a GROUP BY a.likeness ORDER BY 2
    LOOP
        FOR place IN 1 .. cardinality(alike.relations) LOOP
            IF place = 1 OR may_ask > 0 THEN
                drift := tenancy.drift(alike.relations[place], alike.asked[place]);
                EXIT WHEN drift.problem IS NULL AND drift.statements = '{}';
                may_ask := may_ask - 1;
                first := alike.names[place];
            END IF;
            level := CASE WHEN drift.problem IS NULL AND NOT EXISTS (SELECT FROM unnest(drift.statements) s
                WHERE s ~ '^(CREATE|DROP) (POLICY|TRIGGER) |^REVOKE |^ALTER TABLE .* (ENABLE|FORCE) ROW LEVEL SECURITY$' AND s !~ ' NO FORCE ROW LEVEL SECURITY$')
                THEN 'warning' ELSE 'error' END;
            object := 'table ' || alike.names[place];
            message := CASE WHEN drift.problem IS NOT NULL THEN 'what tenancy.protect() was asked cannot be had any more'
                WHEN level = 'warning' THEN 'defaults, indexes or rights that tenancy.protect() was asked for are missing'
                ELSE 'the guard that tenancy.protect() was asked for is not as it made it' END;
            detail := CASE WHEN first <> alike.names[place] THEN format('It is as with %s.', first)
                ELSE COALESCE(drift.problem, 'It would run: ' || array_to_string(drift.statements, '; ')) END;
            -- (Somebody chose columns: protect() would grant the table.)
            fix := CASE WHEN drift.problem IS NULL AND NOT (array_to_string(drift.statements, ';') ~ 'GRANT ' AND EXISTS (
                    SELECT FROM pg_attribute a WHERE a.attrelid = alike.relations[place] AND a.attacl IS NOT NULL)) THEN tenancy.protect_call(alike.relations[place], alike.asked[place]) END;
            RETURN NEXT;
        END LOOP;
    END LOOP;

    -- What is left where the floor is gone, and with it what was asked.
    RETURN QUERY
        WITH left_over AS MATERIALIZED (
            SELECT p.polrelid AS relation, format('policy %I', p.polname) AS what, p.polname = 'tenancy_floor' AS floor,
                p.polname = 'tenancy_floor' AND NOT p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}' AND p.polqual IS NOT NULL AS holds FROM pg_policy p WHERE p.polname = ANY (tenancy.policy_names())
            UNION ALL
            SELECT t.tgrelid, format('trigger %I', t.tgname), false, false FROM pg_trigger t
            WHERE (t.tgname, t.tgfoid) IN (('tenancy_truncate', 'tenancy.refuse_truncate()'::regprocedure), ('tenancy_keep_tenant', 'tenancy.refuse_move()'::regprocedure))
        )
        SELECT CASE WHEN bool_or(l.holds) THEN 'warning' ELSE 'error' END, t.object,
            CASE WHEN bool_or(l.floor AND NOT l.holds) THEN 'policy tenancy_floor is not as tenancy.protect() makes it, and holds nobody' WHEN bool_or(l.floor) THEN 'the comment of policy tenancy_floor, which says what tenancy.protect() was asked, is gone or is another' ELSE 'policy tenancy_floor is gone, and other parts of tenancy.protect() are left' END,
            format('It has %s.', string_agg(l.what, ', ' ORDER BY l.what)), NULL::text
        FROM unnest(scope.tables) t JOIN left_over l ON l.relation = t.relation
        WHERE t.asked IS NULL AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.asked IS NOT NULL)
        GROUP BY t.object;
END $$;

COMMENT ON FUNCTION tenancy.audit_protection_drifted(tenancy.audit_scope) IS 'Rule protection_drifted of tenancy.audit().';

-- Logical replication asks no policy: whoever subscribes gets the rows of all tenants, unless the publication has a row filter.
CREATE FUNCTION tenancy.audit_publication_without_filter(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH published AS (
        SELECT p.oid, t.name FROM pg_publication p CROSS JOIN unnest(scope.tables) t WHERE p.puballtables AND t.has_owners
        UNION
        SELECT s.pnpubid, t.name FROM pg_publication_namespace s JOIN unnest(scope.tables) t ON t.schema = s.pnnspid AND t.has_owners
        UNION
        SELECT r.prpubid, t.name FROM pg_publication_rel r JOIN unnest(scope.tables) t ON t.relation = r.prrelid AND t.has_owners WHERE r.prqual IS NULL
    )
    SELECT 'warning', format('publication %I', p.pubname), 'it carries the rows of all tenants to whoever subscribes',
        format('It has no row filter for %s%s.', array_to_string((array_agg(x.name ORDER BY x.name))[:5], ', '), CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) END), NULL::text
    FROM published x JOIN pg_publication p ON p.oid = x.oid GROUP BY p.pubname
$$;

COMMENT ON FUNCTION tenancy.audit_publication_without_filter(tenancy.audit_scope) IS 'Rule publication_without_filter of tenancy.audit().';

-- A rule reads and writes tables as the owner of the table that it is on. Where row security does not bind that owner, it
-- does so for whoever may write there.
CREATE FUNCTION tenancy.audit_rewriting_rule(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT CASE WHEN bool_or(d.by_apps) THEN 'error' ELSE 'warning' END, 'rule ' || d.object, 'it reads or writes tables past their row security', string_agg(DISTINCT d.why, '; '), min(d.mend)
    FROM unnest(scope.doors) d WHERE d.kind = 'rule' GROUP BY d.object
$$;

COMMENT ON FUNCTION tenancy.audit_rewriting_rule(tenancy.audit_scope) IS 'Rule rewriting_rule of tenancy.audit().';

-- Policies ask another table for the caller's tenant or role, and by a policy of that table callers write this themselves: user_id
-- = auth.user_id() says who they are, and they say where they are a member, or that they are an admin.
CREATE FUNCTION tenancy.audit_rights_self_granted(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH entries AS MATERIALIZED (
        -- A column's varno counts these.
        SELECT n.tree, n.parent, n.depth, (n.fields ->> 'relid')::oid AS relation, row_number() OVER (PARTITION BY n.tree, n.parent ORDER BY n.id) AS place
        FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY'
    ), sources AS MATERIALIZED (
        SELECT e.tree, e.parent, e.depth, e.place, t.relation, t.tenant_column, t.user_column FROM entries e
        JOIN unnest(scope.tables) t ON t.relation = e.relation AND t.row_security AND t.asked IS NULL AND t.granted ~ '[aw]'
    ), named AS MATERIALIZED (
        -- The columns of theirs that policies go by: the tenant, and what by its name is a right
        SELECT DISTINCT s.tree, s.relation, a.attnum, a.attname FROM sources s
        JOIN unnest(scope.nodes) v ON v.tree = s.tree AND v.type = 'VAR' AND v.own_column IS NULL AND (v.fields ->> 'varno')::int = s.place
            AND v.depth - (v.fields ->> 'varlevelsup')::int = s.depth AND s.parent = ANY (v.ancestors)
        JOIN pg_attribute a ON a.attrelid = s.relation AND a.attnum = (v.fields ->> 'varattno')::smallint
        WHERE a.attnum = s.tenant_column OR a.attnum IS DISTINCT FROM s.user_column AND a.attname ~* '(role|admin|staff|super|permission)'
    ), believing AS MATERIALIZED (
        -- Policies of other tables that find the caller there
        SELECT n.relation, n.attnum, n.attname, array_agg(DISTINCT p.object) AS policies FROM named n
        JOIN (unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) e (tree)) ON e.tree = n.tree AND p.relation <> n.relation AND p.roles && scope.callers
        WHERE n.tree IN (SELECT r.tree FROM unnest(scope.nodes) r WHERE r.reads_caller) GROUP BY 1, 2, 3
    ), found AS MATERIALIZED (
        SELECT x.policy, x.object, b.attname, b.policies FROM believing b
        JOIN unnest(scope.tests) x ON x.relation = b.relation AND x.tied AND x.always IS NULL AND NOT b.attnum = ANY (x.columns)
        JOIN unnest(scope.tables) t ON t.relation = x.relation AND t.user_column = ANY (x.columns)
        -- (A USING without a check tests what is written too.)
        WHERE (x.clause = 'WITH CHECK' OR NOT EXISTS (SELECT FROM unnest(scope.policies) p WHERE p.policy = x.policy AND p.check_tree IS NOT NULL)) AND EXISTS (
            SELECT FROM (SELECT g.privilege_type, g.grantee FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = b.relation
                UNION ALL SELECT g.privilege_type, g.grantee FROM pg_attribute c, aclexplode(c.attacl) g WHERE c.attrelid = b.relation AND c.attnum = b.attnum) g
            WHERE g.grantee = ANY (scope.callers) AND g.grantee <> t.owner AND strpos(x.open, CASE g.privilege_type WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE '-' END) > 0)
    )
    SELECT 'warning', f.object, 'callers write by it what other policies go by',
        format('They choose %s themselves. It is asked by %s.', string_agg(DISTINCT quote_ident(f.attname), ', '),
            (SELECT string_agg(DISTINCT p, ', ') FROM found o, unnest(o.policies) p WHERE o.policy = f.policy)), NULL::text
    FROM found f GROUP BY f.policy, f.object
$$;

COMMENT ON FUNCTION tenancy.audit_rights_self_granted(tenancy.audit_scope) IS 'Rule rights_self_granted of tenancy.audit().';

-- Row security is off: whoever has a right on the table uses it on the rows of all tenants.
CREATE FUNCTION tenancy.audit_rls_disabled(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE audited AS MATERIALIZED (
        SELECT t.* FROM unnest(scope.tables) t
    ), under AS (
        -- (Children of a table with row security are for child_unprotected.)
        SELECT t.relation, p.relation AS above, p.parent, p.row_security FROM audited t JOIN audited p ON p.relation = t.parent
        UNION SELECT u.relation, p.relation, p.parent, p.row_security FROM under u JOIN audited p ON p.relation = u.parent
    ), children AS (
        SELECT u.relation, bool_or(u.row_security) AS guarded, min(u.above) FILTER (WHERE u.parent IS NULL) AS root FROM under u GROUP BY u.relation
    ), grantees AS MATERIALIZED (
        SELECT t.relation, array_agg(DISTINCT a.grantee) AS grantees FROM audited t JOIN pg_class c ON c.oid = t.relation
        CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT x.* FROM pg_attribute k, aclexplode(k.attacl) x WHERE k.attrelid = t.relation) a
        WHERE NOT t.row_security AND t.granted <> '' AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner GROUP BY 1
    ), parents AS MATERIALIZED (
        -- To what their rows belong, it may be.
        SELECT DISTINCT ON (k.conrelid) k.conrelid, p.name FROM pg_constraint k JOIN audited p ON p.relation = k.confrelid AND p.tenant_column IS NOT NULL AND p.row_security
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] AND a.attnotnull
        WHERE k.contype = 'f' ORDER BY k.conrelid, p.name
    ), customers AS MATERIALIZED (
        SELECT array_agg(r.oid) || 0::oid AS roles, min(r.oid) FILTER (WHERE r.rolname = tenancy.setting('authenticated')) AS authenticated FROM pg_roles r
        WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
    ), found AS (
        SELECT t.*, t.granted <> '' AS by_some, t.granted <> '' AND (NOT scope.apps_named OR g.grantees IS NULL OR g.grantees && scope.apps) AS by_apps, g.grantees, c.relation IS NOT NULL AS child, r AS mended,
            -- (Of children of one that is found as well, only those that callers get at.)
            -- To protect() it gives rights to the role authenticated, and leaves other roles no rows.
            r.relation IS NOT NULL AND (c.root IS NULL OR r.policies = 0) AND g.grantees <@ m.roles AND g.grantees && ARRAY[m.authenticated, 0] AS mendable
        FROM customers m, audited t LEFT JOIN grantees g ON g.relation = t.relation LEFT JOIN children c ON c.relation = t.relation LEFT JOIN audited r ON r.relation = COALESCE(c.root, t.relation)
        WHERE NOT t.row_security AND t.policies = 0 AND c.guarded IS NOT TRUE AND (t.granted <> '' OR t.has_owners AND c.relation IS NULL)
    )
    -- (A login that no app has may well fill a table of its own.)
    SELECT CASE WHEN f.by_apps AND (f.has_owners OR EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = f.relation AND a.grantee = ANY (scope.apps) AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))) THEN 'error'
            WHEN f.has_owners OR f.by_apps AND b.name IS NOT NULL THEN 'warning' ELSE 'notice' END,
        f.object, CASE WHEN f.by_apps THEN 'row security is off, and callers have rights on it' WHEN f.by_some THEN 'row security is off, and roles that no app acts with have rights on it' ELSE 'row security is off' END,
        CASE WHEN f.by_some THEN COALESCE((SELECT string_agg(r::regrole::text, ', ' ORDER BY r::regrole::text) FROM unnest(f.grantees) r WHERE NOT f.by_apps), 'They') || format(' may: %s.', (SELECT string_agg(p.name, ', ' ORDER BY p.place)
            FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'), (5, 'D', 'TRUNCATE'), (6, 'x', 'REFERENCES'), (7, 't', 'TRIGGER')) AS p (place, letter, name)
            WHERE strpos(f.granted, p.letter) > 0)) ELSE 'No caller was granted rights on it.' END || CASE WHEN NOT f.has_owners AND b.name IS NOT NULL THEN format(' It refers to table %s, whose rows belong to tenants.', b.name) ELSE '' END,
        -- What nobody may do now is not to become possible, and what protect() takes no column of it is not to be tried.
        CASE WHEN f.by_some AND f.mendable AND (f.granted ~ 'a') = (f.granted ~ 'w') AND o.template IS NOT NULL THEN format('SELECT tenancy.protect(%s)', concat_ws(', ', quote_literal((f.mended).name),
                CASE o.template WHEN 'user' THEN '''user''' END, CASE WHEN f.granted !~ 'r' THEN 'read => ''{}''' END,
                CASE WHEN f.granted !~ '[aw]' THEN 'write => ''{}''' END, CASE WHEN f.granted !~ 'd' THEN 'remove => ''{}''' END))
            WHEN NOT f.by_some THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', f.name) END
    FROM found f LEFT JOIN parents b ON b.conrelid = f.relation LEFT JOIN LATERAL (
        SELECT CASE WHEN a.attnum = (f.mended).tenant_column THEN 'tenant' ELSE 'user' END AS template
        FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE a.attrelid = (f.mended).relation AND a.attnum = COALESCE((f.mended).tenant_column, (f.mended).user_column)
            AND a.attgenerated = '' AND a.attidentity = '' AND COALESCE(c.collisdeterministic, true)
            AND NOT EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = a.attrelid AND g.attacl IS NOT NULL)
            AND tenancy.base_type(a.atttypid) = ANY ('{uuid,text,varchar}'::regtype[]
                || CASE WHEN a.attnum = (f.mended).tenant_column THEN '{smallint,integer,bigint}'::regtype[] END)) o ON true
$$;

COMMENT ON FUNCTION tenancy.audit_rls_disabled(tenancy.audit_scope) IS 'Rule rls_disabled of tenancy.audit().';

-- Row security does not bind the table's owner. An app that connects as its owner sees the rows of all tenants, and so do
-- views and functions that run with its rights.
CREATE FUNCTION tenancy.audit_rls_not_forced(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH helpers AS MATERIALIZED (
        -- Functions of the owner that policies rely on to read past row security: bound, they would find nothing, or themselves.
        SELECT d.target FROM unnest(scope.doors) d WHERE d.kind IN ('function', 'procedure')
    )
    -- (Where apps log in as the owner, no policy holds at all.)
    SELECT CASE WHEN t.owner = ANY (scope.apps) AND t.owner <> ALL (scope.owners) THEN 'error' ELSE 'warning' END, t.object, 'row security does not bind its owner', format('It belongs to role %s.', t.owner::regrole),
        CASE WHEN t.relation NOT IN (SELECT h.target FROM helpers h) THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END
    FROM unnest(scope.tables) t
    -- (What protect() was asked is for protection_drifted, children are for child_unprotected.)
    WHERE t.row_security AND NOT t.forced AND t.policies > 0 AND t.asked IS NULL
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.row_security AND (p.forced OR p.asked IS NOT NULL))
$$;

COMMENT ON FUNCTION tenancy.audit_rls_not_forced(tenancy.audit_scope) IS 'Rule rls_not_forced of tenancy.audit().';

-- Row security is on and no policy lets anybody in: whoever it binds sees an empty table, and takes that for the truth.
CREATE FUNCTION tenancy.audit_rls_without_policies(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'notice', t.object, 'row security is on without any policy: nobody whom it binds sees or writes a row', NULL::text, NULL::text
    FROM unnest(scope.tables) t
    -- A child that nobody is to ask directly is meant so, and a table on which callers have no rights is closed anyway.
    WHERE t.row_security AND t.policies = 0 AND t.granted ~ '[rawd]'
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.row_security)
$$;

COMMENT ON FUNCTION tenancy.audit_rls_without_policies(tenancy.audit_scope) IS 'Rule rls_without_policies of tenancy.audit().';

-- The claim role is the name of a database role: gateways take it for SET ROLE. What a provider writes there of its own, admin
-- or member, is a business role of somewhere, with no tenant to it.
CREATE FUNCTION tenancy.audit_role_claim_as_right(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH claims AS MATERIALIZED (
        SELECT c.tree, c.used_in FROM unnest(scope.claims) c WHERE c.path = '{role}'
    ), nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.type, n.value, n.fields ->> 'consttype' AS consttype FROM unnest(scope.nodes) n WHERE n.tree IN (SELECT tree FROM claims)
    ), compared AS MATERIALIZED (
        -- With constants beside it, in a list too, or with a column
        SELECT c.tree, v.value FROM claims c
        JOIN nodes o ON o.tree = c.tree AND o.id = c.used_in AND o.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR')
        JOIN nodes a ON a.tree = c.tree AND a.parent = o.id
        JOIN nodes k ON k.tree = c.tree AND (k.id = a.id OR k.parent = a.id AND a.type IN ('ARRAYEXPR', 'RELABELTYPE')) AND k.type IN ('CONST', 'VAR')
        CROSS JOIN LATERAL unnest(CASE WHEN k.type = 'VAR' THEN ARRAY[NULL] WHEN k.consttype = '1009' THEN k.value::text[] ELSE ARRAY[k.value] END) v (value)
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.value FROM compared c
        WHERE c.value IS NULL
            OR c.value <> ALL (ARRAY['', 'authenticated', 'anon', 'anonymous', 'service_role', tenancy.setting('authenticated'),
                tenancy.setting('anonymous')] || tenancy.staff_roles()::text[])
    )
    SELECT 'warning', p.object, 'it takes the claim role for a right, which names a database role',
        format('It compares it with %s.', string_agg(DISTINCT COALESCE(quote_literal(f.value), 'a column'),
            ', ' ORDER BY COALESCE(quote_literal(f.value), 'a column'))), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_role_claim_as_right(tenancy.audit_scope) IS 'Rule role_claim_as_right of tenancy.audit().';

-- Who may make things in a schema puts a function or an operator there that suits an argument better than the one that was meant,
-- and the next statement of somebody with more rights runs it.
CREATE FUNCTION tenancy.audit_schema_create(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('schema %I', n.nspname), 'callers may make objects in it', format('CREATE is granted to %s.', h.holders),
        CASE WHEN bool_and(a.grantor = n.nspowner) THEN format('REVOKE CREATE ON SCHEMA %I FROM %s', n.nspname, h.holders) END
    FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
        FROM aclexplode(n.nspacl) x WHERE x.privilege_type = 'CREATE' AND x.grantee = ANY (scope.callers) AND x.grantee <> n.nspowner AND x.grantee <> ALL (scope.owners)) h
    WHERE a.privilege_type = 'CREATE' AND a.grantee = ANY (scope.callers) AND a.grantee <> n.nspowner AND a.grantee <> ALL (scope.owners)
        AND (n.oid = ANY (scope.schemas) OR n.nspname IN ('auth', 'tenancy'))
    GROUP BY n.nspname, h.holders
$$;

COMMENT ON FUNCTION tenancy.audit_schema_create(tenancy.audit_scope) IS 'Rule schema_create of tenancy.audit().';

-- Passwords, tokens and keys in a table without row security are everybody's who may read it; and a visitor who is not signed in
-- has no business with them in any table.
CREATE FUNCTION tenancy.audit_sensitive_columns(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH anonymous AS MATERIALIZED (
        SELECT 0::oid AS oid UNION SELECT r.oid FROM pg_roles r WHERE r.rolname = tenancy.setting('anonymous')
    ), asking AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.reads_caller OR n.type = 'SQLVALUEFUNCTION' OR n.type = 'FUNCEXPR' AND n.function >= 16384
    ), open AS MATERIALIZED (
        -- With row security, only where visitors see rows that are chosen without asking who they are
        SELECT DISTINCT p.relation FROM unnest(scope.policies) p LEFT JOIN asking a ON a.tree = p.using_tree
        WHERE p.permissive AND p.command IN ('r', '*') AND p.roles && ARRAY(SELECT oid FROM anonymous) AND a.tree IS NULL
    ), tables AS MATERIALIZED (
        SELECT t.relation, t.name, t.owner, t.row_security, t.granted FROM unnest(scope.tables) t
        WHERE t.granted LIKE '%r%' AND (NOT t.row_security OR t.template = 'public_read' OR t.relation IN (SELECT relation FROM open))
    ), columns AS MATERIALIZED (
        SELECT t.*, a.attname, a.attacl, c.relacl
        FROM tables t JOIN pg_class c ON c.oid = t.relation JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type y ON y.oid = a.atttypid
        -- apiKey is api_key. (A number of such a name counts something.)
        WHERE (y.typcategory = 'S' OR y.oid IN ('bytea'::regtype, 'uuid'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text[]'::regtype))
            AND lower(regexp_replace(a.attname, '([a-z0-9])([A-Z])', '\1_\2', 'g')) ~ (
                '(^|_)(password|passwd|passphrase|pwd|secret|secret_key|token|api_?key|private_?key|encryption_key|signing_key|'
                'ssn|social_security_(number|no)|credit_card(_number)?|card_number|cvv|cvc|bank_account(_number)?|passport_(number|no)|otp|totp|(recovery|backup)_codes?)(_hash|_digest|_encrypted)?$')
    ), found AS MATERIALIZED (
        SELECT c.name, c.attname, c.row_security, array_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END) AS readers
        FROM columns c CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(c.attacl)) x
        WHERE x.privilege_type = 'SELECT' AND x.grantee = ANY (scope.callers) AND x.grantee <> c.owner AND (NOT c.row_security OR x.grantee IN (SELECT oid FROM anonymous))
        GROUP BY 1, 2, 3
    )
    SELECT CASE WHEN f.row_security THEN 'warning' ELSE 'error' END, format('column %s.%I', f.name, f.attname),
        CASE WHEN f.row_security THEN 'by its name it holds secrets, and who is not signed in may read it'
            ELSE 'by its name it holds secrets, and callers may read it in every row' END,
        format('SELECT is granted to %s.', array_to_string(f.readers, ', ')), NULL::text
    FROM found f
$$;

COMMENT ON FUNCTION tenancy.audit_sensitive_columns(tenancy.audit_scope) IS 'Rule sensitive_columns of tenancy.audit().';

-- With UPDATE on a sequence a caller sets it back, and the inserts of all tenants fail; without USAGE their own do, where the
-- column's default asks it.
CREATE FUNCTION tenancy.audit_sequence_rights(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH sequences AS MATERIALIZED (
        SELECT c.oid, c.oid::regclass::text AS name, c.relacl, c.relowner FROM pg_class c
        WHERE c.relkind = 'S' AND c.relnamespace = ANY (scope.schemas)
            AND NOT (c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
    ), rights AS MATERIALIZED (
        SELECT s.oid, x.grantee, x.privilege_type, x.grantor = s.relowner AS by_owner FROM sequences s CROSS JOIN LATERAL aclexplode(s.relacl) x
        WHERE x.privilege_type IN ('UPDATE', 'USAGE') AND x.grantee <> s.relowner
    ), inserters AS MATERIALIZED (
        SELECT t.relation, x.grantee FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation CROSS JOIN LATERAL aclexplode(c.relacl) x
        WHERE t.granted LIKE '%a%' AND x.privilege_type = 'INSERT' AND x.grantee = ANY (scope.callers) AND x.grantee <> t.owner
        UNION
        SELECT t.relation, x.grantee FROM unnest(scope.tables) t JOIN pg_attribute a ON a.attrelid = t.relation AND a.attacl IS NOT NULL
            CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE t.granted LIKE '%a%' AND x.privilege_type = 'INSERT' AND x.grantee = ANY (scope.callers) AND x.grantee <> t.owner
    ), needed AS MATERIALIZED (
        -- Sequences that a column's default asks. (An identity column needs no right on its own.)
        SELECT DISTINCT d.adrelid, s.oid FROM pg_attrdef d JOIN pg_depend e ON e.classid = 'pg_attrdef'::regclass AND e.objid = d.oid
            AND e.refclassid = 'pg_class'::regclass
        JOIN sequences s ON s.oid = e.refobjid
    ), found AS MATERIALIZED (
        SELECT r.oid, r.grantee, true AS too_much, r.by_owner AS mendable,
            EXISTS (SELECT FROM rights u WHERE u.oid = r.oid AND u.grantee IN (r.grantee, 0) AND u.privilege_type = 'USAGE') AS keeps
        FROM rights r WHERE r.privilege_type = 'UPDATE' AND r.grantee = ANY (scope.callers)
        UNION
        SELECT n.oid, i.grantee, false, true, true FROM needed n JOIN inserters i ON i.relation = n.adrelid
        WHERE NOT EXISTS (SELECT FROM rights r WHERE r.oid = n.oid AND r.grantee IN (0, i.grantee))
            AND NOT CASE i.grantee WHEN 0 THEN has_sequence_privilege('public', n.oid, 'USAGE, UPDATE')
                ELSE has_sequence_privilege(i.grantee, n.oid, 'USAGE, UPDATE') END
    ), named AS (
        SELECT s.name, f.*, CASE f.grantee WHEN 0 THEN 'PUBLIC' ELSE f.grantee::regrole::text END AS holder FROM found f JOIN sequences s ON s.oid = f.oid
    )
    SELECT 'notice', 'sequence ' || n.name,
        CASE WHEN bool_and(n.too_much) THEN 'callers may set it' WHEN bool_or(n.too_much) THEN 'some callers may set it, and others may not use it'
            ELSE 'callers may insert rows, and may not use the sequence that numbers them' END,
        concat_ws(' ', 'UPDATE is granted to ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE n.too_much) || '.',
            'USAGE is missing for ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE NOT n.too_much) || '.'),
        CASE WHEN bool_and(n.mendable) THEN concat_ws(E';\n',
            'GRANT USAGE ON SEQUENCE ' || n.name || ' TO ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE NOT n.too_much OR NOT n.keeps),
            'REVOKE UPDATE ON SEQUENCE ' || n.name || ' FROM ' || string_agg(n.holder, ', ' ORDER BY n.holder) FILTER (WHERE n.too_much)) END
    FROM named n GROUP BY n.name
$$;

COMMENT ON FUNCTION tenancy.audit_sequence_rights(tenancy.audit_scope) IS 'Rule sequence_rights of tenancy.audit().';

-- Row security itself had holes. They are mended in minor releases, which a server has to be given.
CREATE FUNCTION tenancy.unfixed_cves(server int, pg_ivm text) RETURNS TABLE (object text, cve text, about text, fixed_in text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT 'server', c.cve, c.about, format('%s.%s', m.major, m.minor) FROM (VALUES
            ('CVE-2023-2454', 'CREATE SCHEMA runs code with the rights of others', '{14.8,15.3}'),
            ('CVE-2023-2455', 'policies of another role are applied after a function was inlined', '{14.8,15.3}'),
            ('CVE-2023-39418', 'MERGE applies the wrong policies', '{15.4}'),
            ('CVE-2024-4317', 'statistics show values of rows that policies hide', '{14.12,15.7,16.3}'),
            ('CVE-2024-10976', 'plans of sub-queries keep the policies of another role', '{14.14,15.9,16.5,17.1}'),
            ('CVE-2024-10978', 'SET ROLE is undone to the wrong role', '{14.14,15.9,16.5,17.1}'),
            ('CVE-2025-8713', 'statistics of views, partitions and children show values of rows that policies hide', '{14.19,15.14,16.10,17.6}')
        ) AS c (cve, about, fixes), LATERAL (
            SELECT CAST(split_part(f, '.', 1) AS int), CAST(split_part(f, '.', 2) AS int) FROM unnest(CAST(c.fixes AS text[])) f
        ) AS m (major, minor)
        WHERE m.major = server / 10000 AND server % 10000 < m.minor
        UNION ALL
        SELECT 'extension pg_ivm', 'CVE-2023-22847', 'a materialized view that maintains itself shows rows that policies hide', '1.5.1'
        WHERE CAST(string_to_array(substring(pg_ivm FROM '^\d+(?:\.\d+)*'), '.') AS int[]) < CAST('{1,5,1}' AS int[]);
    END;

COMMENT ON FUNCTION tenancy.unfixed_cves(int, text) IS
'The security holes that let callers past row security in a server of this version (server_version_num) and with this version of the extension pg_ivm, NULL for none, and in which minor version each is mended.';

CREATE FUNCTION tenancy.audit_server_version(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'error', c.object, 'this version has known holes in row security',
        format('It is %s. %s', CASE c.object WHEN 'server' THEN current_setting('server_version') ELSE i.version END,
            string_agg(format('%s (mended in %s): %s.', c.cve, c.fixed_in, c.about), ' ' ORDER BY c.cve)), NULL::text
    FROM (SELECT (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'pg_ivm')) AS i (version),
        tenancy.unfixed_cves(current_setting('server_version_num')::int, i.version) c
    GROUP BY c.object, i.version
$$;

COMMENT ON FUNCTION tenancy.audit_server_version(tenancy.audit_scope) IS 'Rule server_version of tenancy.audit().';

-- auth.jwt() IS NOT NULL says that there are claims, and gateways set some for visitors too: {"role": "anonymous"}. Whoever is
-- not signed in passes.
CREATE FUNCTION tenancy.audit_signed_in_by_jwt(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.fields FROM unnest(scope.nodes) n WHERE n.type IN ('NULLTEST', 'BOOLEXPR')
    ), tests AS MATERIALIZED (
        SELECT t.tree, t.id FROM nodes t LEFT JOIN nodes b ON b.tree = t.tree AND b.id = t.parent
        WHERE t.fields ->> 'nulltesttype' = '1' OR t.fields ->> 'nulltesttype' = '0' AND b.fields ->> 'boolop' = 'not'
    ), found AS MATERIALIZED (
        SELECT c.tree, CASE WHEN c.setting IS NULL THEN c.function::regprocedure::text ELSE format('current_setting(%L)', c.setting) END AS what
        FROM unnest(scope.claims) c JOIN tests t ON t.tree = c.tree AND t.id = c.used_in JOIN pg_proc f ON f.oid = c.function
        -- All claims, and not one of them
        WHERE c.path = '{}' AND (lower(c.setting) = 'request.jwt.claims' OR c.setting IS NULL AND f.prorettype IN ('json'::regtype, 'jsonb'::regtype))
    )
    SELECT 'warning', p.object, 'it takes whoever has claims for somebody who is signed in', format('It asks whether %s is there.', min(f.what)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    -- (To the role of those who are signed in alone it opens nothing.)
    WHERE p.roles IS DISTINCT FROM ARRAY[to_regrole(quote_ident(tenancy.setting('authenticated')))::oid]
    GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_signed_in_by_jwt(tenancy.audit_scope) IS 'Rule signed_in_by_jwt of tenancy.audit().';

-- A row without a tenant is nobody's: no caller sees it, a unique key or foreign key with the tenant does not hold for it
-- (Postgres takes NULLs for different, and keys with one for met), and a policy that compares with IS NOT DISTINCT FROM
-- shows it to whoever has no tenant.
CREATE FUNCTION tenancy.audit_tenant_column_nullable(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH says_what_null_means AS MATERIALIZED (
        SELECT p.relation, v.own_column
        FROM (SELECT * FROM unnest(scope.nodes) WHERE type IN ('NULLTEST', 'VAR')) v
        JOIN (SELECT * FROM unnest(scope.nodes) WHERE type = 'NULLTEST') n ON n.tree = v.tree AND n.id = v.parent AND n.fields ->> 'nulltesttype' = '0'
        JOIN unnest(scope.policies) p ON p.using_tree = v.tree AND p.permissive WHERE v.own_column > 0
    )
    SELECT 'warning', format('column %s.%I', t.name, a.attname), 'the tenant may be NULL, and such a row belongs to nobody',
        'Where rows have none yet, the statement fails: give them one first.', format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t.name, a.attname)
    FROM unnest(scope.tables) t
    JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = t.tenant_column
    JOIN pg_type y ON y.oid = a.atttypid
    WHERE t.has_owners AND COALESCE(t.template, '') NOT IN ('tenant_or_global', 'via_parent') AND NOT y.typnotnull
        -- (Children follow their parents. From 18 on, NOT NULL may be there and not hold for the rows there are.)
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.tenant_column IS NOT NULL)
        AND (NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated))
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'c' AND k.convalidated AND k.conkey = ARRAY[a.attnum]
            AND k.conbin::text ~ '^\{NULLTEST :arg \{VAR [^{}]*\} :nulltesttype 1 ')
        AND (t.relation, t.tenant_column) NOT IN (SELECT s.relation, s.own_column FROM says_what_null_means s)
$$;

COMMENT ON FUNCTION tenancy.audit_tenant_column_nullable(tenancy.audit_scope) IS 'Rule tenant_column_nullable of tenancy.audit().';

-- Some types take for equal what looks different: 'acme' and 'ACME' under a collation that ignores case or in a citext, 'a' and
-- 'a ' in a char(n), 1 and 1.0 in a numeric. Two tenants are then one. And where a type's equality is not leakproof, row
-- security keeps a query's own conditions on the column from using its index.
CREATE FUNCTION tenancy.audit_tenant_column_type(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH owner_columns AS MATERIALIZED (
        SELECT t.name, a.*, tenancy.base_type(a.atttypid) AS base
        FROM unnest(scope.tables) t
        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'via_parent' AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.has_owners)
    )
    SELECT 'error', format('column %s.%I', c.name, c.attname), 'its collation takes different texts for equal, so one owner may see another''s rows',
        format('Collation %s is nondeterministic.', c.attcollation::regcollation),
        -- (What depends on the column has to be dropped first: policies, views, keys.)
        CASE WHEN NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum
                AND (d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass)
                    OR EXISTS (SELECT FROM pg_constraint k WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid AND k.contype = 'f')))
            THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE %s COLLATE pg_catalog."C"', c.name, c.attname, format_type(c.atttypid, c.atttypmod)) END
    FROM owner_columns c JOIN pg_collation l ON l.oid = c.attcollation AND NOT l.collisdeterministic
    UNION ALL
    SELECT 'warning', format('column %s.%I', c.name, c.attname), 'it is of a type that does not tell owners apart reliably, or whose equality is not leakproof',
        format('It is of type %s. Types for an owner''s id are uuid, bigint, integer, smallint, text and varchar.', format_type(c.atttypid, c.atttypmod)), NULL
    FROM owner_columns c JOIN pg_type y ON y.oid = c.base LEFT JOIN pg_collation l ON l.oid = c.attcollation
    WHERE COALESCE(l.collisdeterministic, true) AND y.typname <> 'varchar' AND (y.typnamespace <> 'pg_catalog'::regnamespace OR y.typname = 'bpchar' OR NOT EXISTS (
        SELECT FROM pg_opclass o
        JOIN pg_amop m ON m.amopfamily = o.opcfamily AND m.amopstrategy = 3 AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype
        JOIN pg_operator e ON e.oid = m.amopopr JOIN pg_proc f ON f.oid = e.oprcode
        WHERE o.opcintype = y.oid AND o.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree') AND o.opcdefault AND f.proleakproof))
$$;

COMMENT ON FUNCTION tenancy.audit_tenant_column_type(tenancy.audit_scope) IS 'Rule tenant_column_type of tenancy.audit().';

-- Every query of a table is a query for one owner's rows. Without an index that leads with the owner, each reads the rows of
-- all: it gets slower with every tenant that signs up, until somebody switches row security off.
CREATE FUNCTION tenancy.audit_tenant_column_unindexed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE owned AS MATERIALIZED (
        -- (A partition follows its parent. Where tenants have partitions of their own, these stand for the index.)
        SELECT t.relation, t.name, t.kind, a.attname
        FROM unnest(scope.tables) t
        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = CASE WHEN t.template = 'user' THEN t.user_column ELSE COALESCE(t.tenant_column, t.user_column) END
        JOIN pg_class c ON c.oid = t.relation LEFT JOIN pg_partitioned_table s ON s.partrelid = t.relation
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'via_parent' AND NOT c.relispartition
            AND NOT COALESCE(s.partstrat = 'l' AND s.partattrs[0] = a.attnum, false)
    ), family AS (
        SELECT relation AS root, relation, attname, kind FROM owned
        UNION ALL
        SELECT f.root, c.oid, f.attname, c.relkind FROM family f JOIN pg_inherits i ON i.inhparent = f.relation JOIN pg_class c ON c.oid = i.inhrelid
        WHERE f.kind = 'p'
    ), indexed AS MATERIALIZED (
        SELECT i.indrelid, a.attname
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indisvalid AND i.indpred IS NULL AND i.indrelid IN (SELECT relation FROM family)
    ), sizes AS MATERIALIZED (
        SELECT f.root, sum(CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN pg_relation_size(c.oid) ELSE c.relpages * current_setting('block_size')::bigint END) > 100 * 1024 * 1024 AS large
        FROM family f JOIN pg_class c ON c.oid = f.relation AND c.relkind = 'r' GROUP BY f.root
    ), lacking AS MATERIALIZED (
        SELECT f.root, f.relation, f.attname FROM family f
        WHERE f.kind = 'r' AND (f.relation, f.attname) NOT IN (SELECT indrelid, attname FROM indexed) OR f.kind = 'p' AND f.relation = f.root
    )
    SELECT 'warning', format('column %s.%I', o.name, o.attname), 'no index leads with the owner of rows, so every query reads the rows of all',
        CASE WHEN s.large THEN 'The table is large: the statement lets writers go on meanwhile, and has to be run outside a transaction.' END,
        CASE WHEN s.large IS NOT TRUE THEN format('CREATE INDEX ON %s (%I)', o.name, o.attname)
            ELSE (SELECT string_agg(format('CREATE INDEX CONCURRENTLY ON %s (%I)', l.relation::regclass, l.attname), E';\n' ORDER BY l.relation::regclass::text)
                FROM lacking l WHERE l.root = o.relation AND (l.relation <> o.relation OR o.kind = 'r'))
                -- Built on each partition first, so that the parent's only has to adopt them.
                || CASE o.kind WHEN 'p' THEN format(E';\nCREATE INDEX ON %s (%I)', o.name, o.attname) ELSE '' END END
    FROM owned o
    LEFT JOIN sizes s ON s.root = o.relation
    WHERE (o.relation, o.attname) NOT IN (SELECT indrelid, attname FROM indexed)
        AND (o.kind = 'r' OR EXISTS (SELECT FROM lacking l WHERE l.root = o.relation AND l.relation <> o.relation)
            OR NOT EXISTS (SELECT FROM family f WHERE f.root = o.relation AND f.relation <> o.relation))
$$;

COMMENT ON FUNCTION tenancy.audit_tenant_column_unindexed(tenancy.audit_scope) IS 'Rule tenant_column_unindexed of tenancy.audit().';

-- No table has the column by which every other rule knows whose rows are whose, and many have one that looks like it under
-- another name: a database whose setting was never made looks clean.
CREATE FUNCTION tenancy.audit_tenant_column_unknown(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH alike AS MATERIALIZED (
        SELECT a.attname, count(*) AS tables FROM unnest(scope.tables) t JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.granted <> '' AND a.attname ~* '^(tenant|org|organi[sz]ation|account|workspace|company|customer)_?id$' GROUP BY 1
    )
    SELECT CASE WHEN bool_or(w.has_users) THEN 'notice' ELSE 'warning' END, 'setting tenant_column', 'no table has a column of this name, so rules do not know whose rows are whose',
        format('Setting tenant_column is %I. These look like it: %s.', tenancy.setting('tenant_column'), string_agg(format('%I (in %s)', a.attname, a.tables), ', ' ORDER BY a.tables DESC, a.attname)), NULL::text
    FROM alike a, (SELECT bool_or(t.tenant_column IS NOT NULL) AS has_tenants, bool_or(t.user_column IS NOT NULL) AS has_users FROM unnest(scope.tables) t) w
    WHERE NOT w.has_tenants HAVING count(*) > 0
$$;

COMMENT ON FUNCTION tenancy.audit_tenant_column_unknown(tenancy.audit_scope) IS 'Rule tenant_column_unknown of tenancy.audit().';

-- tenancy_keep_tenant refuses to give a row to another tenant. BEFORE triggers run in the order of their names, and what one
-- that comes later does to the tenant column is not looked at any more: it can move a row between a caller's tenants.
CREATE FUNCTION tenancy.audit_trigger_sorts_after(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT DISTINCT 'notice', format('trigger %I on %s', t.tgname, COALESCE(above.tgrelid, t.tgrelid)::regclass),
        'it runs after tenancy_keep_tenant, and may give a row to another of the caller''s tenants',
        format('It calls %s, in which column %I or the whole row is written to.', t.tgfoid::regprocedure, c.attname), NULL::text
    FROM unnest(scope.tables) a
    JOIN pg_trigger k ON k.tgrelid = a.relation AND k.tgname = 'tenancy_keep_tenant'
    JOIN pg_attribute c ON c.attrelid = a.relation AND c.attnum = a.tenant_column
    -- BEFORE UPDATE FOR EACH ROW. (What a new row says is looked at by policies, after all triggers.)
    JOIN pg_trigger t ON t.tgrelid = a.relation AND t.tgtype & 83 = 19 AND t.tgname > 'tenancy_keep_tenant' AND t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal
    LEFT JOIN pg_trigger above ON above.oid = t.tgparentid
    JOIN pg_proc f ON f.oid = t.tgfoid JOIN pg_language l ON l.oid = f.prolang
    WHERE a.asked IS NOT NULL AND l.lanname NOT IN ('internal', 'c') AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
        AND (strpos(lower(f.prosrc), lower(c.attname)) > 0 OR f.prosrc ~* '\mnew\s*:?=|\minto\s+(strict\s+)?new\M|\mexecute\M|\mreturn\s+(?!new\s*;|null\s*;|old\s*;)')
$$;

COMMENT ON FUNCTION tenancy.audit_trigger_sorts_after(tenancy.audit_scope) IS 'Rule trigger_sorts_after of tenancy.audit().';

-- A unique key without the tenant tells a caller, by the error that an INSERT gets, that another tenant has such a row
-- (row security does not bind the index), and lets one tenant keep a name from all others.
CREATE FUNCTION tenancy.audit_unique_without_tenant(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH owned AS MATERIALIZED (
        SELECT t.relation, t.name, t.tenant_column, CASE t.template
            WHEN 'via_parent' THEN (SELECT k.conkey FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'f' AND k.conname = t.asked ->> 'key')
            WHEN 'user' THEN ARRAY[t.tenant_column, t.user_column] ELSE ARRAY[t.tenant_column] END AS owners
        FROM unnest(scope.tables) t
        WHERE t.has_owners AND t.template IS DISTINCT FROM 'tenant_root' AND (t.tenant_column IS NOT NULL OR t.template = 'via_parent')
    ), keys AS MATERIALIZED (
        SELECT o.*, i.indexrelid, i.indisprimary, i.indexprs, i.indpred, (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns, (i.indkey::int2[])[i.indnkeyatts:] AS included
        FROM owned o JOIN pg_index i ON i.indrelid = o.relation AND (i.indisunique OR i.indisexclusion)
        WHERE NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
    ), loose AS MATERIALIZED (
        SELECT k.* FROM keys k
        WHERE NOT k.owners && k.columns
            -- (An expression or a condition may hold the tenant.)
            AND NOT ((k.indexprs IS NOT NULL OR k.indpred IS NOT NULL) AND k.tenant_column <> ALL (k.included) AND EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = k.indexrelid AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjid = k.relation AND d.refobjsubid = k.tenant_column))
    ), to_tenants AS MATERIALIZED (
        SELECT DISTINCT f.conrelid, c.number FROM pg_constraint f JOIN owned o ON o.relation = f.confrelid, unnest(f.conkey) AS c (number) WHERE f.contype = 'f'
    ), made_up AS MATERIALIZED (
        SELECT DISTINCT d.adrelid, d.adnum FROM pg_attrdef d, regexp_matches(d.adbin::text, ':funcid (\d+)', 'g') AS call JOIN pg_proc f ON f.oid = call[1]::oid AND f.provolatile = 'v'
        WHERE d.adrelid IN (SELECT l.relation FROM loose l)
    ), guessed AS MATERIALIZED (
        -- What the database makes up is not asked for, and what nobody can guess gives nothing away.
        SELECT l.indexrelid
        FROM loose l CROSS JOIN LATERAL unnest(l.columns) AS c (number)
        LEFT JOIN pg_attribute a ON a.attrelid = l.relation AND a.attnum = c.number AND a.attnum > 0
        LEFT JOIN made_up m ON m.adrelid = l.relation AND m.adnum = c.number AND a.attgenerated = ''
        LEFT JOIN to_tenants r ON r.conrelid = l.relation AND r.number = c.number
        CROSS JOIN LATERAL (SELECT COALESCE(a.attidentity <> '' OR m.adrelid IS NOT NULL, false)) g (is_generated)
        GROUP BY l.indexrelid
        HAVING NOT (bool_and(g.is_generated) OR bool_or(COALESCE(tenancy.base_type(a.atttypid) = 'uuid'::regtype AND (l.indisprimary OR g.is_generated OR r.conrelid IS NOT NULL), false)))
    )
    SELECT 'warning', CASE WHEN k.conname IS NOT NULL THEN format('constraint %I on %s', k.conname, l.name) ELSE 'index ' || l.indexrelid::regclass END,
        'a unique key leaves out whose the row is: its violation tells that another''s row exists', pg_get_indexdef(l.indexrelid), NULL::text
    FROM loose l JOIN guessed g ON g.indexrelid = l.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = l.indexrelid AND k.conrelid = l.relation AND k.contype IN ('p', 'u', 'x')
$$;

COMMENT ON FUNCTION tenancy.audit_unique_without_tenant(tenancy.audit_scope) IS 'Rule unique_without_tenant of tenancy.audit().';

-- Rows go by their user alone, or by what else the caller says, where the table has a tenant too: whoever is a member of two
-- tenants, or of one no longer, works with the rows of both; and two tenants may have a department of one name.
CREATE FUNCTION tenancy.audit_unscoped_owner_column(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH narrow AS MATERIALIZED (
        SELECT DISTINCT p.relation FROM unnest(scope.policies) p CROSS JOIN LATERAL (VALUES (p.using_tree), (p.check_tree)) x (tree)
        JOIN unnest(scope.trees) e ON e.tree = x.tree AND e.tied JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.tenant_column = ANY (e.columns)
        WHERE NOT p.permissive
    ), unknown AS MATERIALIZED (
        -- A table or a function of the user's own may lead to the tenant.
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY' OR n.function >= 16384 AND NOT n.reads_caller
    ), asking AS MATERIALIZED (
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.reads_caller
    )
    -- (By one that lets rows be written they are put into a tenant of the caller's choice.)
    SELECT CASE WHEN bool_or(x.open ~ format('[%s-]', translate(t.granted, 'rd', ''))) THEN 'warning' ELSE 'notice' END, x.object,
        CASE WHEN bool_or(COALESCE(t.user_column = ANY (x.columns), false)) THEN 'it goes by the user, and not by the tenant' ELSE 'it goes by other columns, and not by the tenant' END,
        tenancy.policy_text(x.policy), NULL::text
    FROM unnest(scope.tests) x JOIN unnest(scope.tables) t ON t.relation = x.relation
    LEFT JOIN narrow n ON n.relation = x.relation LEFT JOIN unknown u ON u.tree = x.tree LEFT JOIN asking a ON a.tree = x.tree
    WHERE (t.user_column = ANY (x.columns) OR x.columns <> '{}' AND a.tree IS NOT NULL AND u.tree IS NULL)
        AND NOT t.tenant_column = ANY (x.columns) AND x.always IS NULL AND n.relation IS NULL AND t.asked IS NULL
    GROUP BY x.policy, x.object
$$;

COMMENT ON FUNCTION tenancy.audit_unscoped_owner_column(tenancy.audit_scope) IS 'Rule unscoped_owner_column of tenancy.audit().';

-- A bare call that tells who is calling is made for each row that is looked at, and most such functions parse the claims anew
-- each time. In a sub-select of its own it is made once.
CREATE FUNCTION tenancy.audit_unwrapped_call(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.type, n.query, n.per_row, n.function, n.reads_caller FROM unnest(scope.nodes) n WHERE n.type IN ('FUNCEXPR', 'VAR', 'RANGETBLENTRY', 'QUERY')
    ), calls AS MATERIALIZED (
        -- What takes a column cannot be made once: function_of_row. What stands beside a column in a sub-select without tables
        -- is for correlated_call. Native functions of the extension cost next to nothing.
        SELECT n.tree, n.function, f.pronargs = 0 AND y.typcategory <> 'A' AS is_bare
        FROM nodes n JOIN pg_proc f ON f.oid = n.function JOIN pg_type y ON y.oid = f.prorettype
        LEFT JOIN (SELECT DISTINCT tree, query FROM nodes WHERE type = 'RANGETBLENTRY') r ON r.tree = n.tree AND r.query = n.query
        WHERE n.type = 'FUNCEXPR' AND n.per_row AND n.function <> ALL (scope.native_readers)
            AND (n.reads_caller OR f.provolatile = 's' AND f.pronamespace <> 'pg_catalog'::regnamespace
                AND NOT (f.pronamespace = 'tenancy'::regnamespace AND f.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')))
            AND NOT EXISTS (SELECT FROM nodes v WHERE v.tree = n.tree AND v.type = 'VAR' AND n.id = ANY (v.ancestors))
            AND (n.query IS NULL OR r.query IS NOT NULL)
            -- (Within another sub-select, too, it may be wrapped already.)
            AND NOT EXISTS (SELECT FROM nodes q WHERE q.tree = n.tree AND q.type = 'QUERY' AND q.id = ANY (n.ancestors)
                AND NOT EXISTS (SELECT FROM nodes i WHERE i.tree = q.tree AND i.type IN ('VAR', 'RANGETBLENTRY') AND q.id = ANY (i.ancestors)))
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, p.relation, array_agg(DISTINCT c.function) AS functions, bool_and(c.is_bare) AS all_bare,
            '(?<![[:alnum:]_".])(?:' || string_agg(DISTINCT regexp_replace(c.function::regproc::text, '([^[:alnum:]_])', '\\\1', 'g'), '|') || ')\(\)' AS pattern
        FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) AS e (tree) JOIN calls c ON c.tree = e.tree
        GROUP BY 1, 2, 3, 4
    ), mended AS MATERIALIZED (
        -- An array in a sub-select needs a cast, and of what takes arguments a person has to say what belongs inside.
        SELECT f.policy, string_agg(format(' %s (%s)', e.clause, regexp_replace(e.expression, '(?<!SELECT )' || f.pattern, '( SELECT \&)', 'g')), '' ORDER BY e.clause) AS clauses
        FROM found f JOIN pg_policy p ON p.oid = f.policy
        CROSS JOIN LATERAL (VALUES ('USING', pg_get_expr(p.polqual, p.polrelid), p.polqual::text), ('WITH CHECK', pg_get_expr(p.polwithcheck, p.polrelid), p.polwithcheck::text)) AS e (clause, expression, tree)
        WHERE f.all_bare AND e.expression IS NOT NULL
        GROUP BY 1
        -- (Not where a text in it looks like a call.)
        HAVING bool_and(regexp_count(e.expression, f.pattern) = regexp_count(e.tree, ':funcid (' || array_to_string(f.functions, '|') || ') '))
    )
    SELECT 'warning', f.object, 'a call that tells who is calling is made once per row',
        format('It calls %s.', (SELECT string_agg(c::regprocedure::text, ', ' ORDER BY c::regprocedure::text) FROM unnest(f.functions) c)),
        format('ALTER POLICY %I ON %s', f.name, f.relation::regclass) || m.clauses
    FROM found f LEFT JOIN mended m ON m.policy = f.policy
$$;

COMMENT ON FUNCTION tenancy.audit_unwrapped_call(tenancy.audit_scope) IS 'Rule unwrapped_call of tenancy.audit().';

-- A VOLATILE function in a policy is called for every row of the table, and no index is used for what it is compared with. One
-- that was not declared at all is VOLATILE.
CREATE FUNCTION tenancy.audit_volatile_in_policy(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH calls AS MATERIALIZED (
        SELECT DISTINCT n.tree, f.oid AS function FROM unnest(scope.nodes) n JOIN pg_proc f ON f.oid = n.function AND f.provolatile = 'v' WHERE n.per_row
    )
    SELECT 'warning', p.object, 'it calls a VOLATILE function, which is run once per row and keeps indexes out',
        format('VOLATILE: %s.', string_agg(DISTINCT c.function::regprocedure::text, ', ' ORDER BY c.function::regprocedure::text)), NULL::text
    FROM unnest(scope.policies) p, LATERAL (VALUES (p.using_tree), (p.check_tree)) AS e (tree) JOIN calls c ON c.tree = e.tree GROUP BY p.object
$$;

COMMENT ON FUNCTION tenancy.audit_volatile_in_policy(tenancy.audit_scope) IS 'Rule volatile_in_policy of tenancy.audit().';

-- Where one tenant has much of a table, the planner should know which one is asking. It evaluates a bare STABLE call to estimate,
-- and finds that tenant's share in its statistics; of a sub-select it assumes an average tenant, and reads half the table by index.
CREATE FUNCTION tenancy.most_common_share(schema name, table_name name, column_name name) RETURNS real
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_nestloop = on -- (What calls it switches that off.)
AS $$
    SELECT max(s.most_common_freqs[1]) FROM pg_stats s WHERE s.schemaname = schema AND s.tablename = table_name AND s.attname = column_name
$$;

COMMENT ON FUNCTION tenancy.most_common_share(name, name, name) IS
'Which share of a table''s rows has the most common value of a column, 0 to 1, as far as statistics that the current role may read tell; NULL where they do not.';

CREATE FUNCTION tenancy.audit_wrapped_call_skewed(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.query, n.depth, n.own_column, n.function, n.fields FROM unnest(scope.nodes) n
        WHERE cardinality(scope.native_readers) > 0 AND n.type IN ('OPEXPR', 'SUBLINK', 'QUERY', 'TARGETENTRY', 'FUNCEXPR', 'VAR', 'RELABELTYPE')
    ), wrapped AS MATERIALIZED (
        -- column = (SELECT reader()), nothing else in the sub-select
        SELECT v.tree, v.own_column, f.function
        FROM nodes f
        JOIN nodes e ON e.tree = f.tree AND e.id = f.parent AND e.type = 'TARGETENTRY'
        JOIN nodes q ON q.tree = f.tree AND q.id = e.parent AND q.type = 'QUERY' AND q.query IS NULL
        JOIN nodes s ON s.tree = f.tree AND s.id = q.parent AND s.fields ->> 'sublinktype' = '4'
        JOIN nodes o ON o.tree = f.tree AND o.id = s.parent AND o.type = 'OPEXPR'
        JOIN nodes v ON v.tree = f.tree AND v.own_column > 0 AND v.query IS NULL AND o.id = ANY (v.ancestors)
        LEFT JOIN nodes r ON r.tree = f.tree AND r.id = v.parent AND r.type = 'RELABELTYPE' AND r.parent = o.id
        WHERE f.type = 'FUNCEXPR' AND f.function = ANY (scope.native_readers) AND (v.parent = o.id OR r.id IS NOT NULL)
            AND EXISTS (SELECT FROM pg_amop a JOIN pg_am m ON m.oid = a.amopmethod AND m.amname = 'btree' WHERE a.amopopr = (o.fields ->> 'opno')::oid AND a.amopstrategy = 3)
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, p.relation, w.function, w.own_column
        FROM unnest(scope.policies) p JOIN wrapped w ON w.tree = p.using_tree JOIN unnest(scope.tables) t ON t.relation = p.relation AND w.own_column IN (t.tenant_column, t.user_column)
    ), named AS MATERIALIZED (
        SELECT f.*, a.attname, tenancy.most_common_share(n.nspname, c.relname, a.attname) AS share
        FROM found f JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.own_column JOIN pg_class c ON c.oid = f.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    )
    SELECT 'notice', f.object, 'one owner has much of the table, and the sub-select keeps the planner from knowing when it is theirs', format(
            'Column %I: the most common value is in %s %% of the rows. %s costs next to nothing per row.', f.attname, round((f.share * 100)::numeric), f.function::regprocedure),
        (SELECT format('ALTER POLICY %I ON %s', f.name, f.relation::regclass) || string_agg(format(' %s (%s)', e.clause, replace(e.expression, w.written, w.bare)), '' ORDER BY e.clause)
            FROM pg_policy p, LATERAL (VALUES ('USING', pg_get_expr(p.polqual, p.polrelid)), ('WITH CHECK', pg_get_expr(p.polwithcheck, p.polrelid))) AS e (clause, expression),
                LATERAL (SELECT f.function::regproc || '()', format('( SELECT %s() AS %I)', f.function::regproc, g.proname) FROM pg_proc g WHERE g.oid = f.function) w (bare, written)
            WHERE p.oid = f.policy AND e.expression IS NOT NULL
            -- (A text in it may look like a call.)
            HAVING bool_and(strpos(e.expression, '''') = 0))
    FROM named f WHERE f.share >= 0.3
$$;

COMMENT ON FUNCTION tenancy.audit_wrapped_call_skewed(tenancy.audit_scope) IS 'Rule wrapped_call_skewed of tenancy.audit().';

-- The rows that a policy lets a caller write are not tested by whose they are: a row can be made in another tenant, or moved
-- there, or a row of this one given away.
CREATE FUNCTION tenancy.audit_write_check_missing(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    -- (An INSERT of whatever there is is for policy_always_true.)
    WITH tests AS MATERIALIZED (SELECT * FROM unnest(scope.tests)
    ), led AS MATERIALIZED (
        -- A table or a function of the user's own may lead to the owner.
        SELECT DISTINCT n.tree FROM unnest(scope.nodes) n WHERE n.type = 'RANGETBLENTRY' OR n.function >= 16384 AND NOT n.reads_caller
    ), found AS MATERIALIZED (
        SELECT x.*, t.name AS table_name, t.granted, u.tied AS mendable, x.columns = '{}' OR x.always OR NOT x.tied AS bare FROM tests x
        JOIN unnest(scope.tables) t ON t.relation = x.relation
        LEFT JOIN tests u ON u.policy = x.policy AND u.clause = 'USING' AND u.columns <> '{}' AND u.always IS NULL
        LEFT JOIN led l ON l.tree = x.tree
        CROSS JOIN LATERAL (SELECT CASE WHEN t.tenant_column = ANY (u.columns) THEN t.tenant_column WHEN t.tenant_column IS NULL AND t.user_column = ANY (u.columns) THEN t.user_column END) o (owner)
        WHERE x.clause = 'WITH CHECK' AND x.open <> '' AND x.always IS DISTINCT FROM false AND CASE x.command
            WHEN 'a' THEN x.columns = '{}' AND t.has_owners AND x.always IS NULL
            ELSE u.policy IS NOT NULL AND (x.columns = '{}' OR x.always OR u.tied AND t.has_owners AND NOT x.tied
                OR u.tied AND o.owner IS NOT NULL AND NOT o.owner = ANY (x.columns) AND l.tree IS NULL) END
    )
    -- (A check that goes by the caller, and not by the tenant, may be enough where keys hold both. One of which a part goes by the caller needs somebody who passes the other.)
    SELECT CASE WHEN f.apart OR NOT f.bare OR f.partly AND f.always IS NULL OR f.open !~ format('[%s-]', f.granted) THEN 'warning' ELSE 'error' END, f.object,
        CASE WHEN f.bare THEN 'its WITH CHECK lets rows of any tenant be written' ELSE 'its USING says whose the rows are, and its WITH CHECK does not' END, tenancy.policy_text(f.policy),
        CASE WHEN f.mendable THEN format('ALTER POLICY %I ON %s WITH CHECK %s', f.name, f.table_name, tenancy.in_parentheses(pg_get_expr(p.polqual, p.polrelid))) END
    FROM found f JOIN pg_policy p ON p.oid = f.policy
$$;

COMMENT ON FUNCTION tenancy.audit_write_check_missing(tenancy.audit_scope) IS 'Rule write_check_missing of tenancy.audit().';

-- Who may do what with the extension's own objects.
--
-- A trusted extension's script runs as the bootstrap superuser, and everything in it stays theirs. Functions run with
-- their caller's rights (none is SECURITY DEFINER), so owning them gives no rights; but whoever owns one can have it find
-- other things first (ALTER FUNCTION ... SET search_path), and whoever owns a table can have it run code (triggers, rules),
-- and a superuser who later calls or touches it would run that. So the installer gets only what administration needs.
--
-- What ALTER DEFAULT PRIVILEGES has given or taken away here is undone.
DO $$
DECLARE
    object record;
    grantee text;
    -- What only the administrator may call.
    reserved CONSTANT text[] := '{configure,set_gateway_roles,add_issuer,set_jwks,drop_issuer,use_better_auth,check_token,token_verdict,
        use_members,drop_members,define_role,watch,waive,unwaive}';
    -- What whoami() reads as anybody, and protect() as a table's owner. They hold no secret.
    readable CONSTANT text[] := '{tenancy.config,tenancy.gateway_role,tenancy.member_source,tenancy.watched,tenancy.waiver}';
BEGIN
    FOR object IN
        SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS name, p.proname, p.proacl AS acl FROM pg_depend d
        JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.objid <> ALL (current_setting('tenancy_update.known')::oid[])
            AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
        UNION ALL
        SELECT 'TABLE', oid::regclass::text, relname, relacl FROM pg_class
        WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r' AND oid <> ALL (current_setting('tenancy_update.known')::oid[])
    LOOP
        FOR grantee IN SELECT DISTINCT a.grantee::regrole::text FROM aclexplode(object.acl) a
            WHERE a.grantee NOT IN (0, a.grantor)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', object.kind, object.name, grantee);
        END LOOP;
        -- (No ACL at all is the built-in default, which is the same.)
        IF object.proname = ANY (reserved) THEN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', object.name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', object.name, tenancy.administrator()::regrole);
        ELSIF object.kind = 'FUNCTION' AND object.acl IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', object.name);
        ELSIF object.kind = 'TABLE' THEN
            EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', object.name);
            IF object.name = ANY (readable) THEN
                EXECUTE format('GRANT SELECT ON %s TO PUBLIC', object.name);
            END IF;
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', object.name, tenancy.administrator()::regrole);
        END IF;
    END LOOP;
END $$;

-- Settings, issuers, members and definitions are the user's data: they go into dumps. (A role that is gone would come
-- back as another. What is pinned is this database, not its copies made from a dump.)
SELECT pg_extension_config_dump('tenancy.config', $$WHERE setting <> 'pinned_tenant'$$);
SELECT pg_extension_config_dump('tenancy.issuer', '');
SELECT pg_extension_config_dump('tenancy.waiver', '');
-- (A table that is gone would be dumped as a number, which may be another table's where it is restored.)
SELECT pg_extension_config_dump('tenancy.member_source', 'WHERE source IN (SELECT oid FROM pg_catalog.pg_class) AND (users IS NULL OR users IN (SELECT oid FROM pg_catalog.pg_class))');
SELECT pg_extension_config_dump('tenancy.role_definition', 'WHERE NOT shipped');
SELECT pg_extension_config_dump('tenancy.gateway_role', 'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)');

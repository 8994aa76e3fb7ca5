-- Settings: what tenancy.configure() has changed. Rows only where something was changed; the defaults are in
-- setting_defaults(), so that an update of the extension never writes to a table its owner can put triggers on.
CREATE TABLE tenancy.config (
    setting text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE tenancy.config IS
'What tenancy.configure() has changed. Read it with tenancy.status().';
-- protect() reads it as a table's owner, whoami() as anybody. It holds no secret.
GRANT SELECT ON tenancy.config TO PUBLIC;

CREATE FUNCTION tenancy.administrator() RETURNS oid
    LANGUAGE sql STABLE PARALLEL SAFE
    -- The pure-SQL edition is no extension: its administrator owns the tables.
    RETURN COALESCE((SELECT extowner FROM pg_catalog.pg_extension WHERE extname = 'pg_tenancy'),
                    (SELECT relowner FROM pg_catalog.pg_class WHERE oid = 'tenancy.config'::regclass));
COMMENT ON FUNCTION tenancy.administrator() IS 'The role that administers pg_tenancy: the owner of the extension.';

CREATE FUNCTION tenancy.setting_defaults() RETURNS TABLE (setting text, value text, description text)
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
COMMENT ON FUNCTION tenancy.setting_defaults() IS 'Every setting with its default value and what it means.';

CREATE FUNCTION tenancy.setting(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE((SELECT c.value FROM tenancy.config c WHERE c.setting = name),
                    CASE name WHEN 'gateway_roles' THEN tenancy.gateway_roles() END,
                    (SELECT d.value FROM tenancy.setting_defaults() d WHERE d.setting = name));
COMMENT ON FUNCTION tenancy.setting(text) IS 'The value of a setting in force; NULL for a name that is no setting.';

CREATE FUNCTION tenancy.staff_roles() RETURNS name[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(array_agg(btrim(role)::name), '{}')
            FROM unnest(string_to_array(tenancy.setting('staff_roles'), ',')) role WHERE btrim(role) <> '');
COMMENT ON FUNCTION tenancy.staff_roles() IS 'The database roles of setting staff_roles; an empty array where there are none.';

CREATE FUNCTION tenancy.status() RETURNS TABLE (setting text, value text, changed boolean, description text)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT d.setting, tenancy.setting(d.setting), c.value IS NOT NULL OR d.setting = 'gateway_roles' AND tenancy.gateway_roles() IS NOT NULL, d.description
        FROM tenancy.setting_defaults() d LEFT JOIN tenancy.config c ON c.setting = d.setting;
    END;
COMMENT ON FUNCTION tenancy.status() IS
'Every setting: its value in force, whether tenancy.configure() has changed it, and what it means.';

CREATE FUNCTION tenancy.configure(setting text, value text) RETURNS void
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
-- Only the administrator may write to tenancy.config; without this the refusal would name the table instead.
REVOKE EXECUTE ON FUNCTION tenancy.configure(text, text) FROM PUBLIC;

COMMENT ON FUNCTION tenancy.modes() IS 'The modes that tenancy.configure(''mode'', ...) accepts in this edition.';
COMMENT ON FUNCTION tenancy.gateway_roles() IS 'The login roles of setting gateway_roles, separated by commas; NULL where there are none.';

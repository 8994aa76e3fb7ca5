-- The database roles: authenticated and anonymous, and the login an app connects with.

-- Makes a role if it is missing. Two sessions that make it at once both succeed.
CREATE FUNCTION tenancy.ensure_role(role name, attributes text) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    existing pg_roles;
    statement text := format('CREATE ROLE %I %s', role, attributes);
BEGIN
    SELECT * INTO existing FROM pg_roles WHERE rolname = role;
    IF NOT FOUND THEN
        BEGIN
            EXECUTE statement;
            RETURN NEXT statement;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- somebody else has just made it
        END;
    END IF;
    -- A member of such a role becomes it with SET ROLE.
    SELECT r.* INTO existing FROM pg_roles r
    WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(role, r.oid, 'MEMBER') ORDER BY r.rolname <> role, r.rolname LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" is not bound by row security', role
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format(CASE WHEN existing.rolname = role THEN 'It has %s.' ELSE 'It may become role "%2$s", which has %1$s.' END,
                CASE WHEN existing.rolsuper THEN 'SUPERUSER' ELSE 'BYPASSRLS' END, existing.rolname),
            HINT = 'Choose another name, or take that away from it (ALTER ROLE, REVOKE).';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.ensure_role(name, text) IS
'Makes a role if it is missing and returns the statement that did. Error 55000 where it exists and is, or may become, SUPERUSER or BYPASSRLS.';

CREATE FUNCTION tenancy.bootstrap_roles(app name DEFAULT NULL) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role name;
    statement text;
BEGIN
    IF app = '' THEN
        RAISE EXCEPTION 'app must not be empty' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH role IN ARRAY ARRAY[tenancy.setting('authenticated'), tenancy.setting('anonymous')]::name[] LOOP
        RETURN QUERY SELECT tenancy.ensure_role(role, 'NOLOGIN NOINHERIT');
    END LOOP;
    IF app IS NULL THEN
        RETURN;
    END IF;
    -- NOINHERIT: before it takes the role authenticated, the login can do nothing.
    RETURN QUERY SELECT tenancy.ensure_role(app, 'LOGIN NOINHERIT NOBYPASSRLS');
    IF (SELECT rolinherit OR NOT rolcanlogin FROM pg_roles WHERE rolname = app) THEN
        statement := format('ALTER ROLE %I LOGIN NOINHERIT', app);
        EXECUTE statement;
        RETURN NEXT statement;
    END IF;
    FOREACH role IN ARRAY ARRAY[tenancy.setting('authenticated'), tenancy.setting('anonymous')]::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_auth_members
                       WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = role)
                           AND member = (SELECT oid FROM pg_roles WHERE rolname = app)) THEN
            statement := format('GRANT %I TO %I', role, app);
            EXECUTE statement;
            RETURN NEXT statement;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.bootstrap_roles(name) IS
'Makes the database roles authenticated and anonymous where they are missing and, if app is given, a login for an app: NOINHERIT, NOBYPASSRLS, a member of both, without a password (ALTER ROLE … PASSWORD sets one). Returns the statements it ran: none when all is as it should be. Needs CREATEROLE. Errors: 55000 a role of that name is, or may become, SUPERUSER or BYPASSRLS; 22023 an empty name; 42501.';

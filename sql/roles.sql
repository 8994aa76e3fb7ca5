-- The database roles: authenticated and anonymous, and the login an app connects with.

-- Makes a role if it is missing. Two sessions that make it at once both succeed.
CREATE FUNCTION tenancy.ensure_role(role name, attributes text) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unbound text;
    statement text := format('CREATE ROLE %I %s', role, attributes);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        BEGIN
            EXECUTE statement;
            RETURN NEXT statement;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- somebody else has just made it
        END;
    END IF;
    -- A member of such a role becomes it with SET ROLE.
    unbound := tenancy.not_bound_because(role);
    IF unbound IS NOT NULL THEN
        RAISE EXCEPTION 'role "%" is not bound by row security', role
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('What it is or may become with SET ROLE: %s.', unbound),
            HINT = 'Choose another name, or take that away from it (ALTER ROLE, REVOKE).';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.ensure_role(name, text) IS
'Makes a role if it is missing and returns the statement that did. Error 55000 where sessions of it would not be bound (tenancy.not_bound_because).';

CREATE FUNCTION tenancy.bootstrap_roles(app name DEFAULT NULL) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role name;
    statement text;
    inherited boolean;
BEGIN
    IF app = '' OR app IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) THEN
        RAISE EXCEPTION 'app must be a name of its own' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is the login of the app, a member of "%s" and "%s".', tenancy.setting('authenticated'), tenancy.setting('anonymous'));
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
        -- From 16 on, whether a membership is inherited is kept with it, in a column that 15 does not have.
        SELECT bool_or(COALESCE((to_jsonb(m) ->> 'inherit_option')::boolean, false)) INTO inherited FROM pg_auth_members m
        WHERE m.roleid = (SELECT oid FROM pg_roles WHERE rolname = role) AND m.member = (SELECT oid FROM pg_roles WHERE rolname = app);
        CONTINUE WHEN NOT inherited;
        statement := format('GRANT %I TO %I', role, app) || CASE WHEN inherited THEN ' WITH INHERIT FALSE' ELSE '' END;
        EXECUTE statement;
        RETURN NEXT statement;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.bootstrap_roles(name) IS
'Makes the database roles authenticated and anonymous where they are missing and, if app is given, a login for an app: NOINHERIT, NOBYPASSRLS, a member of both, without a password (ALTER ROLE ... PASSWORD sets one). Returns the statements it ran: none when all is as it should be. Needs CREATEROLE. Errors: 55000 sessions of a role of that name would not be bound; 22023 an empty name, or that of another role; 42501.';

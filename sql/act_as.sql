-- Acting as somebody, in tests: an administrator's session speaks for a caller for this transaction, in any mode, without
-- a token, and has the database role of callers. Who may is decided by tenancy.act(), which knows the login role.

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

-- Schema auth: who is calling. Nobody, a malformed value or a wrong shape is NULL, and tenancy.whoami() says why. The
-- readers raise one error, 28000, for a token that is refused.
--
-- SQL functions have bodies parsed at creation (RETURN ...), so no later search_path changes what they mean.

CREATE FUNCTION auth.claim(VARIADIC path text[]) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(jsonb_extract_path(auth.jwt(), VARIADIC path), 'null'::jsonb);

CREATE FUNCTION auth.claim_text(VARIADIC path text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_extract_path_text(auth.jwt(), VARIADIC path);

CREATE FUNCTION auth.organization() RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(auth.claim(VARIADIC ARRAY['o'])) = 'object' THEN auth.claim(VARIADIC ARRAY['o']) END;

COMMENT ON FUNCTION auth.user_id() IS
'The caller''s id: the claim sub (RFC 7519 section 4.1.2), as text. NULL for nobody, and where sub is not a string or empty. Error 28000, here and in every reader: the token presented is refused.';
COMMENT ON FUNCTION auth.uid() IS
'The caller''s id as uuid: the claim sub. NULL where it is not a uuid in its written form, 8-4-4-4-12 hexadecimal digits (RFC 9562 section 4).';
COMMENT ON FUNCTION auth.jwt() IS
'All claims of the caller, a jsonb object. SQL NULL for nobody and for malformed claims, so IS NOT NULL can be relied on.';
COMMENT ON FUNCTION auth.session() IS
'The same as auth.jwt(): all claims of the caller.';
COMMENT ON FUNCTION auth.role() IS
'The claim role, as text: what the identity provider wrote there. Never a business role, and not the database role, which is current_user. NULL where it is not a string.';
COMMENT ON FUNCTION auth.email() IS
'The claim email, as text. NULL where it is not a string. Whether it was verified is the provider''s matter.';
COMMENT ON FUNCTION auth.claim(text[]) IS
'One claim, by its path of keys or array positions: auth.claim(''o'', ''id''). NULL where it is absent or JSON null.';
COMMENT ON FUNCTION auth.claim_text(text[]) IS
'One claim as text, by its path of keys or array positions: auth.claim_text(''o'', ''id''). NULL where it is absent or JSON null.';
COMMENT ON FUNCTION auth.tenant_id() IS
'The active tenant, as text: the one chosen (auth.use_tenant, tenant of auth.login and auth.set_claims), else the one that the claims name, by the layout of the token''s issuer or of the setting, else the only one the caller belongs to. NULL for nobody, where there are none or several, where the caller does not belong to it, where the claims say pending, anonymous, restricted or banned, and where another tenant is pinned; tenancy.whoami() says why.';
COMMENT ON FUNCTION auth.tenant_uuid() IS
'The active tenant as uuid. NULL where auth.tenant_id() is not a uuid in its written form, 8-4-4-4-12 hexadecimal digits (RFC 9562 section 4).';
COMMENT ON FUNCTION auth.tenant_bigint() IS
'The active tenant as bigint. NULL where auth.tenant_id() is not an integer in its one written form (no plus sign, no leading zeros) or out of range.';
COMMENT ON FUNCTION auth.organization() IS
'The claim o, Neon Auth''s active organization, a jsonb object. NULL where it is not an object.';
COMMENT ON FUNCTION auth.organization_id() IS
'The claim o.id, Neon Auth''s active organization, as uuid. NULL where it is not a uuid in its written form.';

CREATE FUNCTION auth.set_claims(claims jsonb, tenant text DEFAULT NULL) RETURNS void
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
COMMENT ON FUNCTION auth.set_claims(jsonb, text) IS
'Sets the caller''s claims for this transaction, and the database role authenticated with SET LOCAL ROLE. tenant, if given, is the active tenant whatever the claims name; where a table of members is in use (tenancy.use_members), one the caller is a member of. Errors: 25P01 outside a transaction block; 22023 claims that are no object, or an empty tenant; 54000 claims over 64 KB or 64 levels; 42704 the role does not exist; 42501 the session may not take it, its claims are not believed in the present mode (tenancy.configure), or the caller is no member of tenant.';

CREATE FUNCTION auth.logout() RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
        SELECT set_config('request.jwt.claims', '', false), set_config('pg_tenancy.token', '', false),
            set_config('pg_tenancy.tenant', '', false), tenancy.stop_acting();
    END;
COMMENT ON FUNCTION auth.logout() IS
'Forgets the caller, for this session, whether claims or a token were set for it or for the transaction. Never changes the database role back; a rollback undoes it.';

COMMENT ON FUNCTION tenancy.token_problem() IS
'The rule by which the token now presented is refused, as words; NULL where it is accepted, or none is presented.';
COMMENT ON FUNCTION tenancy.claims_believed() IS
'Whether request.jwt.claims is believed in this session, as the mode has it.';
COMMENT ON FUNCTION tenancy.tenant_sought() IS
'The claims in which the caller''s tenant is looked for: paths separated by commas, the first that is present decides.';
COMMENT ON FUNCTION tenancy.claims_problem() IS
'Why the claims now set were refused, as words that follow "the claims"; NULL where they were not, or none are set.';
COMMENT ON FUNCTION tenancy.in_transaction_block() IS
'Whether a transaction block is open (BEGIN was sent), as against a statement that is a transaction of its own.';
COMMENT ON FUNCTION tenancy.policy_call(text) IS
'How policies written by tenancy.protect() call the named function of schema auth.';
COMMENT ON FUNCTION tenancy.policy_acts_as(name[], text) IS
'The expression by which policies written by tenancy.protect() ask whether the current role has the rights of one of these, or the other expression, if one is given, holds.';

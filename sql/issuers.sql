-- Issuers: who signs tokens, with which keys, and what their tokens must hold. For the native edition.

CREATE TABLE tenancy.issuer (
    iss text PRIMARY KEY CHECK (iss <> ''),
    jwks jsonb,
    -- Or the table in which the keys are, a row each, with the names of its columns.
    key_schema name,
    key_table name,
    key_id_column name,
    key_column name,
    key_expires_column name,
    key_grace bigint,
    audience text[],
    layout text NOT NULL,
    -- What was given by hand; NULL is what the layout says.
    tenant_path text[],
    roles_path text[],
    permissions_path text[],
    allow text[],
    algorithms text[],
    types text[],
    required jsonb NOT NULL,
    leeway bigint NOT NULL CHECK (leeway >= 0),
    max_age bigint CHECK (max_age > 0),
    require_exp boolean NOT NULL,
    database_role name,
    token_roles name[],
    CHECK ((jwks IS NULL) = (key_table IS NOT NULL))
);
COMMENT ON TABLE tenancy.issuer IS
'Whose tokens are accepted: tenancy.add_issuer(), tenancy.use_better_auth(). Public keys only; times in seconds.';

CREATE FUNCTION tenancy.jwks_problem(jwks text, algorithms text) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_jwks_problem';
COMMENT ON FUNCTION tenancy.jwks_problem(text, text) IS
'Why a JWKS (RFC 7517 section 5) cannot be used with these algorithms (names separated by commas, NULL for all), as words; NULL where it can.';

-- As an object with "keys", as an array of keys, or as one key alone.
CREATE FUNCTION tenancy.as_jwks(jwks jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN jsonb_typeof(jwks) = 'array' THEN jsonb_build_object('keys', jwks)
        WHEN jsonb_typeof(jwks) = 'object' AND jwks ? 'kty' AND NOT jwks ? 'keys' THEN jsonb_build_object('keys', jsonb_build_array(jwks))
        ELSE jwks END;
COMMENT ON FUNCTION tenancy.as_jwks(jsonb) IS 'A JWKS given as an object, as an array of keys or as one key, as an object.';

CREATE FUNCTION tenancy.require_jwks(jwks jsonb, algorithms text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem CONSTANT text := CASE WHEN jwks IS NULL THEN 'the key set is missing'
        ELSE tenancy.jwks_problem(tenancy.as_jwks(jwks)::text, array_to_string(algorithms, ',')) END;
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'these keys cannot be used' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('The reason: %s.', problem),
            HINT = 'Give the issuer''s public keys, as its JWKS address shows them, and algorithms that they are for.';
    END IF;
    RETURN tenancy.as_jwks(jwks);
END $$;
COMMENT ON FUNCTION tenancy.require_jwks(jsonb, text[]) IS
'The key set as an object. Error 22023 where it cannot be used: no usable key, a symmetric, private, weak or malformed key, a kid twice.';

-- The options of an issuer, checked.
CREATE FUNCTION tenancy.require_issuer_options(
    iss text, audience text[], layout text, tenant_path text[], roles_path text[], permissions_path text[], allow text[],
    algorithms text[], types text[], required jsonb, leeway interval, max_age interval, database_role name, token_roles name[]
) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known CONSTANT text := 'EdDSA, ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512';
    problem CONSTANT text[] := CASE
        WHEN iss IS NULL OR iss = '' THEN ARRAY['iss must not be empty', 'It is what the claim iss of its tokens says.']
        WHEN NOT tenancy.is_list(audience) AND audience IS NOT NULL
            THEN ARRAY['audience must be NULL or a list of names', 'NULL does not compare the claim aud.']
        WHEN layout = 'auto' THEN ARRAY['layout auto is for claims in mode claims only',
            'Name the layout of this issuer''s tokens: what is guessed could be a claim that users write. tenancy.detect_layout() suggests one.']
        WHEN NOT EXISTS (SELECT FROM tenancy.layouts() l WHERE l.layout = require_issuer_options.layout)
            THEN ARRAY[format('unknown layout: %s', COALESCE(quote_literal(layout), 'NULL')),
                format('Layouts are %s; tenant_path names any other place.', (SELECT string_agg(l.layout, ', ') FROM tenancy.layouts() l))]
        WHEN NOT (tenancy.is_list(allow) AND allow <@ '{pending,anonymous,restricted,banned}') AND allow IS NOT NULL
            THEN ARRAY['allow must be NULL or a list of those who may have a tenant', 'They are of pending, anonymous, restricted, banned. NULL allows none of them.']
        WHEN algorithms IS NOT NULL AND NOT (tenancy.is_list(algorithms) AND algorithms <@ string_to_array(known || ', Ed25519', ', '))
            THEN ARRAY['algorithms must be NULL or a list of those supported', format('They are %s. NULL allows all.', known)]
        WHEN NOT tenancy.is_list(types) AND types IS NOT NULL
            THEN ARRAY['types must be NULL or a list of names', 'NULL accepts tokens without typ, and the types JWT and at+jwt.']
        WHEN jsonb_typeof(required) IS DISTINCT FROM 'object'
            THEN ARRAY['required must be a JSON object', 'It holds claims and their values; null stands for any value.']
        WHEN leeway IS NULL OR leeway < '0' OR leeway > '10 min'
            THEN ARRAY['leeway must be between 0 and 10 minutes', 'It is how far apart the issuer''s clock and this server''s may be.']
        WHEN max_age < '1 s' THEN ARRAY['max_age must be NULL or at least a second', 'It is how long after its issue a token is good.']
        WHEN NOT tenancy.is_list(token_roles::text[]) AND token_roles IS NOT NULL
            THEN ARRAY['token_roles must be NULL or a list of roles', 'NULL takes no token''s role.']
    END;
    role name;
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem[1] USING ERRCODE = 'invalid_parameter_value', HINT = problem[2];
    END IF;
    PERFORM tenancy.require_path('tenant_path', tenant_path), tenancy.require_path('roles_path', roles_path),
        tenancy.require_path('permissions_path', permissions_path);
    FOREACH role IN ARRAY array_remove(database_role || COALESCE(token_roles, '{}'), NULL) LOOP
        PERFORM FROM pg_roles WHERE rolname = role;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object',
                HINT = 'Make it first: CREATE ROLE ... NOLOGIN.';
        END IF;
        -- Staff may log in by token; that is what a database role of an issuer is for.
        IF tenancy.not_bound_because(role) NOT LIKE '% is staff' THEN
            RAISE EXCEPTION 'role "%" is not bound by row security', role USING ERRCODE = 'insufficient_privilege',
                DETAIL = format('What it is or may become with SET ROLE: %s.', tenancy.not_bound_because(role)),
                HINT = 'A token must not make its bearer more than a caller or staff.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.require_issuer_options(text, text[], text, text[], text[], text[], text[], text[], text[], jsonb, interval, interval, name, name[]) IS
'Checks what tenancy.add_issuer() and tenancy.use_better_auth() were given. Errors: 22023 a value that an option cannot have; 42704 a role that does not exist; 42501 a role that row security does not bind.';

CREATE FUNCTION tenancy.add_issuer(
    iss text,
    jwks jsonb,
    audience text[],
    layout text DEFAULT 'plain',
    tenant_path text[] DEFAULT NULL,
    roles_path text[] DEFAULT NULL,
    permissions_path text[] DEFAULT NULL,
    allow text[] DEFAULT NULL,
    algorithms text[] DEFAULT NULL,
    types text[] DEFAULT NULL,
    required jsonb DEFAULT '{}',
    leeway interval DEFAULT '30 s',
    max_age interval DEFAULT NULL,
    require_exp boolean DEFAULT true,
    database_role name DEFAULT NULL,
    token_roles name[] DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
    PERFORM tenancy.require_issuer_options(iss, audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, types, required, leeway, max_age, database_role, token_roles);
    INSERT INTO tenancy.issuer (iss, jwks, audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, types, required, leeway, max_age, require_exp, database_role, token_roles)
    VALUES (iss, tenancy.require_jwks(jwks, algorithms), audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, types,
        required, extract(epoch FROM leeway), extract(epoch FROM max_age), COALESCE(require_exp, true), database_role, token_roles);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'issuer % is there already', quote_literal(iss) USING ERRCODE = 'duplicate_object',
        HINT = 'tenancy.set_jwks() changes its keys; to change options, tenancy.drop_issuer() it first, in the same transaction.';
END $$;
COMMENT ON FUNCTION tenancy.add_issuer(text, jsonb, text[], text, text[], text[], text[], text[], text[], text[], jsonb, interval, interval, boolean, name, name[]) IS
'Accepts tokens whose claim iss is this, byte by byte, signed with one of these public keys (JWKS, RFC 7517; an object, an array or one key). audience: one of these must be in the claim aud; NULL compares nothing. layout: where claims name the tenant and grant roles and permissions (tenancy.layouts). tenant_path, roles_path, permissions_path: paths of claims in the place of the layout''s: a string or an integer; a list of roles separated by commas, or an array; a list of permissions separated by blanks, or an array. allow: of pending, anonymous, restricted, banned, callers who otherwise get no tenant. algorithms: of EdDSA, ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512; NULL for all. types: accepted header typ; NULL for none, JWT and at+jwt. required: claims that must be there, with this value or, where it is null, any. leeway: of the clocks. max_age: since iat. require_exp: refuse tokens that do not expire. database_role: what auth.login() takes instead of authenticated. token_roles: values of the claim role that auth.login() takes as database role; no other ever is. For the administrator. Errors: 42710 the issuer is there already; 22023 a value that an option cannot have, keys that cannot be used; 42704 a role does not exist; 42501 a role that row security does not bind, or not the administrator.';

CREATE FUNCTION tenancy.set_jwks(iss text, jwks jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    issuer tenancy.issuer;
BEGIN
    SELECT i.* INTO issuer FROM tenancy.issuer i WHERE i.iss = iss FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown issuer: %', COALESCE(quote_literal(iss), 'NULL') USING ERRCODE = 'undefined_object',
            HINT = 'tenancy.add_issuer() adds it. It is compared byte by byte.';
    ELSIF issuer.key_table IS NOT NULL THEN
        RAISE EXCEPTION 'the keys of issuer % are those of table %', quote_literal(iss), format('%I.%I', issuer.key_schema, issuer.key_table)
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Change them there, or tenancy.drop_issuer() it and add it with keys.';
    END IF;
    UPDATE tenancy.issuer i SET jwks = tenancy.require_jwks(jwks, issuer.algorithms) WHERE i.iss = iss;
END $$;
COMMENT ON FUNCTION tenancy.set_jwks(text, jsonb) IS
'Replaces the keys of an issuer; tokens signed with a key that is gone are refused from the next snapshot on. For the administrator. Errors: 42704 an unknown issuer; 55000 its keys are in a table; 22023 keys that cannot be used; 42501.';

CREATE FUNCTION tenancy.drop_issuer(iss text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM tenancy.issuer i WHERE i.iss = iss;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown issuer: %', COALESCE(quote_literal(iss), 'NULL') USING ERRCODE = 'undefined_object',
            HINT = 'It is compared byte by byte.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.drop_issuer(text) IS
'Accepts no more tokens of an issuer, from the next snapshot on. For the administrator. Errors: 42704 an unknown issuer; 42501.';

CREATE FUNCTION tenancy.token_verdict(token text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE SUPPORT tenancy.token_support AS 'MODULE_PATHNAME', 'tenancy_token_verdict';
COMMENT ON FUNCTION tenancy.token_verdict(text) IS 'What tenancy.check_token() returns, as a JSON object. For the administrator.';

CREATE FUNCTION tenancy.check_token(token text, OUT accepted boolean, OUT rule text, OUT claims jsonb) RETURNS record
    LANGUAGE sql STABLE PARALLEL SAFE SUPPORT tenancy.token_support
    RETURN (SELECT ROW(COALESCE((verdict ->> 'accepted')::boolean, false), CASE WHEN token IS NULL THEN 'form' ELSE verdict ->> 'rule' END, NULLIF(verdict -> 'claims', 'null'))
            FROM (SELECT tenancy.token_verdict(token)::jsonb) AS v (verdict));
COMMENT ON FUNCTION tenancy.check_token(text) IS
'Whether a token would be accepted now; if not, the first rule it breaks; and its claims, not to be believed unless it is accepted, NULL where they cannot be read. For the administrator: the session stays as it is. Give the token as a parameter, for literals are logged.';

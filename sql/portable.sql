-- Stands in for native.sql in the pure-SQL edition: the same functions, from request.jwt.claims at each call.
--
-- Where the extension pg_session_jwt is installed, auth.user_id(), uid(), jwt(), session(), organization() and
-- organization_id() are its own. They stay as they are, and auth.session() is what all else goes by. Nothing goes by the others:
-- its auth.jwt() and auth.uid() read request.jwt.claims even where a key is set, and only a token is to be believed.
-- What the six are in this edition is left out then (tools/portable sees to that).

-- Why the text would be refused as claims, as words that follow "the claims". The limits are those of src/claims/.
CREATE FUNCTION tenancy.problem_of(value text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bare text;
    brackets text;
BEGIN
    IF octet_length(value) > 65536 THEN
        RETURN 'are longer than 65536 bytes';
    END IF;
    bare := regexp_replace(value, '"(\\.|[^"\\])*"?', '', 'g');
    -- Each round takes away the innermost level. What is too deep could overflow the stack of the JSON parser.
    brackets := translate(regexp_replace(bare, '[^][{}]', '', 'g'), '{}', '[]');
    FOR level IN 1..64 LOOP
        EXIT WHEN brackets = '';
        brackets := replace(brackets, '[]', '');
    END LOOP;
    IF strpos(brackets, '[]') > 0 OR length(brackets) > 64 THEN
        RETURN 'are nested deeper than 64 levels';
    END IF;
    -- More than 400 characters, an exponent beyond 400, or more than double precision holds.
    IF bare ~ '[0-9.]{200}|[0-9][eE]' AND EXISTS (
        SELECT FROM regexp_matches(bare, '[-0-9][-+.0-9eE]*', 'g') AS match,
            LATERAL (SELECT match[1] AS number, substring(match[1] FROM '[eE][-+]?0*([0-9]+)') AS exponent) AS parts
        WHERE CASE WHEN length(number) > 400 OR length(exponent) > 3 THEN true
            WHEN exponent::int > 400 THEN true
            WHEN number ~ '^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$' THEN abs(number::numeric) >= 1.797693134862315808e308 END)
    THEN
        RETURN 'hold a number out of range';
    END IF;
    IF current_setting('server_version_num')::int >= 160000 THEN
        IF NOT pg_input_is_valid(value, 'jsonb') THEN
            RETURN CASE (SELECT sql_error_code FROM pg_input_error_info(value, 'jsonb'))
                WHEN '22P05' THEN 'hold the character U+0000' WHEN '22003' THEN 'hold a number out of range'
                ELSE 'are not JSON' END;
        END IF;
    ELSE
        BEGIN
            PERFORM value::jsonb;
        EXCEPTION
            WHEN untranslatable_character THEN RETURN 'hold the character U+0000';
            WHEN numeric_value_out_of_range THEN RETURN 'hold a number out of range';
            WHEN OTHERS THEN RETURN 'are not JSON';
        END;
    END IF;
    RETURN CASE WHEN jsonb_typeof(value::jsonb) <> 'object' THEN 'are not a JSON object' END;
END $$;

COMMENT ON FUNCTION tenancy.problem_of(text) IS
'Why a text would be refused as claims, as words that follow "the claims"; NULL where it would not, or is NULL.';

-- Where claims come from is decided here, once. A function of pg_session_jwt's belongs to that extension; schemas.sql
-- has refused all others of these names.
DO $$
DECLARE
    missing text;
    version text := (
        SELECT extversion FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
        WHERE extname = 'pg_session_jwt' AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass AND d.objid = to_regprocedure('auth.session()'));
BEGIN
    IF version IS NULL THEN
        CREATE FUNCTION tenancy.uses_session_jwt() RETURNS boolean
            LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN false;
        CREATE FUNCTION tenancy.claims() RETURNS jsonb
            LANGUAGE plpgsql STABLE PARALLEL SAFE
            SET search_path = pg_catalog, pg_temp
        AS $claims$
        DECLARE
            value CONSTANT text := NULLIF(current_setting('request.jwt.claims', true), '');
        BEGIN
            IF tenancy.problem_of(value) IS NULL THEN
                RETURN value::jsonb;
            END IF;
            RETURN NULL;
        END $claims$;
        RETURN;
    END IF;
    CREATE FUNCTION tenancy.uses_session_jwt() RETURNS boolean
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN true;
    -- For nobody it is the JSON null. For a token that it refuses it raises an error, and the query ends there.
    CREATE FUNCTION tenancy.claims() RETURNS jsonb
        LANGUAGE sql STABLE PARALLEL SAFE
        RETURN (SELECT CASE jsonb_typeof(session) WHEN 'object' THEN session END FROM auth.session() AS session);
    -- Those that it lacks are not made: an update of it, which brings them, would find their names taken.
    SELECT string_agg(format('auth.%s()', name), ', ' ORDER BY place) INTO missing
    FROM unnest('{user_id,uid,jwt,organization,organization_id}'::text[]) WITH ORDINALITY AS f (name, place)
    WHERE to_regprocedure(format('auth.%I()', name)) IS NULL;
    RAISE NOTICE 'claims are those of extension pg_session_jwt %', version
        USING DETAIL = 'Its functions in schema auth stay as they are' || COALESCE(format(', and %s, which it lacks, is not made', missing), '') || '.';
END $$;
COMMENT ON FUNCTION tenancy.uses_session_jwt() IS
'Whether claims are taken from the extension pg_session_jwt: it was there when this edition was installed.';
COMMENT ON FUNCTION tenancy.claims() IS
'All claims of the caller, a jsonb object; NULL for nobody. Where pg_session_jwt is used they are what its auth.session() says, with its errors for a token that it refuses.';

-- json, unlike jsonb, keeps how a number was written. pg_session_jwt has no json.
CREATE FUNCTION tenancy.claims_as_written() RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN tenancy.uses_session_jwt() THEN tenancy.claims()::json ELSE current_setting('request.jwt.claims')::json END;
COMMENT ON FUNCTION tenancy.claims_as_written() IS 'The claims as json, if there are any.';

-- Who may say who is calling. With a key, which a connection begins with, pg_session_jwt ignores request.jwt.claims.
CREATE FUNCTION tenancy.claims_believed() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NOT tenancy.uses_session_jwt() OR COALESCE(current_setting('pg_session_jwt.jwk', true), '') = '';
CREATE FUNCTION tenancy.claims_problem() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (
        SELECT CASE WHEN NOT tenancy.uses_session_jwt() THEN tenancy.problem_of(value)
            WHEN value IS NOT NULL AND tenancy.claims() IS NULL THEN COALESCE(tenancy.problem_of(value), 'are not what pg_session_jwt believes') END
        FROM (SELECT NULLIF(current_setting('request.jwt.claims', true), '')) AS set (value));
-- (The words follow "the token is refused by". A parallel plan may not start the subtransaction: see tools/portable.)
CREATE FUNCTION tenancy.token_problem() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenancy.uses_session_jwt() THEN
        BEGIN
            PERFORM tenancy.claims();
        EXCEPTION WHEN OTHERS THEN
            RETURN format('pg_session_jwt: %s', SQLERRM);
        END;
    END IF;
    RETURN NULL;
END $$;
-- (Set to nothing instead of to its default, it would be a token that is refused.)
CREATE FUNCTION tenancy.forget_token() RETURNS text
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN CASE WHEN tenancy.uses_session_jwt() AND current_setting('pg_session_jwt.jwt', true) <> '' THEN set_config('pg_session_jwt.jwt', NULL, false) END;
COMMENT ON FUNCTION tenancy.forget_token() IS 'Has pg_session_jwt, where it is used, forget its token: pg_session_jwt.jwt is reset.';
-- A mode of its own, which cannot be left: who is believed is for pg_session_jwt to say.
CREATE FUNCTION tenancy.modes() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN tenancy.uses_session_jwt() THEN '{pg_session_jwt}'::text[] ELSE '{claims}'::text[] END;

CREATE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claims();
CREATE FUNCTION auth.session() RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claims();

-- A top-level claim that is a string and not empty.
CREATE FUNCTION tenancy.claim_string(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT NULLIF(claims ->> name, '') FROM tenancy.claims() AS claims
            WHERE jsonb_typeof(claims -> name) = 'string');
COMMENT ON FUNCTION tenancy.claim_string(text) IS 'A top-level claim that is a string and not empty, else NULL.';

-- A uuid, or a bigint, in its one written form.
CREATE FUNCTION tenancy.as_uuid(value text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value ~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$' THEN value::uuid END;
COMMENT ON FUNCTION tenancy.as_uuid(text) IS 'The uuid that a text is in its written form, else NULL.';
CREATE FUNCTION tenancy.as_bigint(value text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value ~ '^(0|-?[1-9][0-9]{0,18})$' THEN
        CASE WHEN value::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN value::bigint END END;
COMMENT ON FUNCTION tenancy.as_bigint(text) IS 'The bigint that a text is in its one written form, else NULL.';

CREATE FUNCTION tenancy.as_integer(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value ~ '^(0|-?[1-9][0-9]{0,19})$' THEN
        CASE WHEN value::numeric BETWEEN -9223372036854775808 AND 18446744073709551615 THEN value END END;
COMMENT ON FUNCTION tenancy.as_integer(text) IS 'The text, if it is an integer of 64 bits, signed or not, in its one written form; else NULL.';

CREATE FUNCTION tenancy.user_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('sub');
COMMENT ON FUNCTION tenancy.user_id() IS 'The caller''s id, whoever made auth.user_id(): the claim sub, if it is a string and not empty, else NULL.';
CREATE FUNCTION tenancy.uid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_uuid(tenancy.claim_string('sub'));
COMMENT ON FUNCTION tenancy.uid() IS 'The caller''s id as uuid, whoever made auth.uid(): the claim sub, if it is a uuid in its written form, else NULL.';
CREATE FUNCTION auth.user_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.user_id();
CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.uid();
CREATE FUNCTION auth.role() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('role');
CREATE FUNCTION auth.email() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('email');

-- What src/claims/layout.rs and src/standing.rs do, less what needs more than paths: Clerk's masks, and claims that list
-- several tenants. There is no table of members, and what claims grant counts in the tenant that they name.

CREATE FUNCTION tenancy.restriction() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT CASE WHEN claims -> 'sts' NOT IN ('"active"', 'null') THEN 'pending'
                WHEN claims -> 'is_anonymous' NOT IN ('false', 'null') OR claims #> '{firebase,sign_in_provider}' = '"anonymous"' THEN 'anonymous'
                WHEN claims -> 'is_restricted' NOT IN ('false', 'null') THEN 'restricted'
                WHEN claims -> 'banned' NOT IN ('false', 'null') THEN 'banned' END
            FROM tenancy.claims() AS claims);

-- A path of a claim, given as a JSON array, as Postgres takes it.
CREATE FUNCTION tenancy.keys(path jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT jsonb_array_elements_text(path));
COMMENT ON FUNCTION tenancy.keys(jsonb) IS 'A path of a claim, given as a JSON array, as text[].';

-- The layout that the setting names or, if that is auto, that the claims show by themselves; with the paths given by hand.
CREATE FUNCTION tenancy.present_layout(claims jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen CONSTANT text := tenancy.setting('layout');
    layout jsonb;
    kind text;
    path jsonb;
BEGIN
    SELECT l.layout INTO layout FROM jsonb_array_elements(tenancy.layout_data()) WITH ORDINALITY AS l (layout, place)
    WHERE l.layout ->> 'name' = chosen OR chosen = 'auto' AND (l.layout -> 'auto')::boolean AND tenancy.has_signs(claims, l.layout, true)
    ORDER BY place LIMIT 1;
    layout := COALESCE(layout, '{}');
    FOR kind, path IN SELECT name, NULLIF(tenancy.setting(name || '_path'), '') FROM unnest('{tenant,roles,permissions}'::text[]) AS name LOOP
        layout := CASE WHEN path IS NULL THEN layout ELSE layout || jsonb_build_object(kind, jsonb_build_array(path)) END;
    END LOOP;
    RETURN layout;
END $$;
COMMENT ON FUNCTION tenancy.present_layout(jsonb) IS
'The layout by which these claims are read: an element of tenancy.layout_data() with the settings tenant_path, roles_path and permissions_path in it.';

-- What the claims grant at these paths: the parts of a string, or the elements of an array of strings.
CREATE FUNCTION tenancy.granted(claims jsonb, paths jsonb, separator text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(
        SELECT word FROM jsonb_array_elements(paths) WITH ORDINALITY AS p (path, place), LATERAL (SELECT claims #> tenancy.keys(path)) AS c (claim),
            LATERAL unnest(CASE jsonb_typeof(claim)
                WHEN 'string' THEN regexp_split_to_array(claim #>> '{}', separator)
                WHEN 'array' THEN CASE WHEN NOT jsonb_path_exists(claim, 'strict $[*] ? (@.type() != "string")') THEN tenancy.keys(claim) END END)
                WITH ORDINALITY AS w (word, number)
        WHERE word <> '' AND NOT COALESCE(claims -> '_claim_names' ? (path ->> 0), false)
        GROUP BY word ORDER BY min(place), min(number));
COMMENT ON FUNCTION tenancy.granted(jsonb, jsonb, text) IS
'The words that claims hold at these paths (a JSON array), each once: the parts of a string between separators, a regular expression, or the elements of an array of strings.';

CREATE FUNCTION tenancy.same_tenant(a text, b text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN a = b OR (lower(a) = lower(b) AND a ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$');
COMMENT ON FUNCTION tenancy.same_tenant(text, text) IS 'Whether two texts name the same tenant: equal, or the same uuid in either case.';

-- The choice that tenancy.choose() has kept, if it is this caller's.
CREATE FUNCTION tenancy.chosen_tenant() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value CONSTANT text := NULLIF(current_setting('pg_tenancy.tenant', true), '');
    choice jsonb;
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    ELSIF octet_length(value) > 8192 THEN
        RETURN '';
    ELSIF current_setting('server_version_num')::int >= 160000 THEN
        IF NOT pg_input_is_valid(value, 'jsonb') THEN
            RETURN '';
        END IF;
        choice := value;
    ELSE
        BEGIN
            choice := value;
        EXCEPTION WHEN OTHERS THEN
            RETURN '';
        END;
    END IF;
    RETURN CASE WHEN jsonb_typeof(choice -> 'tenant') IS DISTINCT FROM 'string' THEN ''
        WHEN choice ->> 'user' IS NOT DISTINCT FROM tenancy.claim_string('sub') AND choice ->> 'issuer' IS NOT DISTINCT FROM tenancy.claim_string('iss')
            THEN choice ->> 'tenant' END;
END $$;
COMMENT ON FUNCTION tenancy.chosen_tenant() IS
'The tenant that the present caller has chosen (auth.use_tenant, auth.set_claims); NULL if none, empty where the choice cannot be read.';

-- Everything at once: what the readers below show.
CREATE FUNCTION tenancy.standing(OUT tenant text, OUT tenants text[], OUT roles text[], OUT permissions text[], OUT problem text) RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    claims CONSTANT jsonb := tenancy.claims();
    layout CONSTANT jsonb := tenancy.present_layout(claims);
    chosen CONSTANT text := tenancy.chosen_tenant();
    acting CONSTANT text[] := tenancy.acting_roles();
    pinned CONSTANT text := NULLIF(tenancy.setting('pinned_tenant'), '');
    path text[];
    claimed text;
BEGIN
    IF claims IS NULL THEN
        RETURN;
    END IF;
    tenants := '{}';
    IF tenancy.restriction() IS NOT NULL THEN
        problem := format('the claims say that the caller is %s', tenancy.restriction());
        RETURN;
    END IF;
    SELECT tenancy.keys(p) INTO path FROM jsonb_array_elements(layout -> 'tenant') WITH ORDINALITY AS u (p, place)
    WHERE NULLIF(claims #> tenancy.keys(p), 'null') IS NOT NULL ORDER BY place LIMIT 1;
    -- Of numbers, only those written as integers (not 1e2, not -0).
    claimed := CASE jsonb_typeof(claims #> path) WHEN 'string' THEN NULLIF(claims #>> path, '')
        WHEN 'number' THEN tenancy.as_integer(tenancy.claims_as_written() #>> path) END;
    IF tenancy.same_tenant(claimed, COALESCE(pinned, claimed)) THEN
        tenants := ARRAY[claimed];
    END IF;
    tenant := CASE WHEN tenancy.same_tenant(chosen, claimed) THEN claimed ELSE COALESCE(chosen, claimed) END;
    -- Whoever is believed about their claims is about their choice.
    IF chosen = '' OR chosen IS NOT NULL AND NOT tenancy.claims_believed() AND tenancy.same_tenant(chosen, claimed) IS NOT TRUE THEN
        tenant := NULL;
        problem := 'the caller is no member of the tenant chosen';
        RETURN;
    ELSIF tenant IS NULL THEN
        problem := CASE WHEN path IS NULL THEN 'the claims name no tenant' ELSE 'the claim that should name the tenant is no string or integer' END;
        RETURN;
    ELSIF NOT tenancy.same_tenant(tenant, COALESCE(pinned, tenant)) THEN
        tenant := NULL;
        problem := 'the tenant pinned in this database is not the caller''s';
        RETURN;
    END IF;
    roles := '{}';
    permissions := '{}';
    IF acting IS NOT NULL THEN
        roles := acting;
    ELSIF path IS NULL AND NULLIF(claims #> tenancy.keys(jsonb_path_query_array(layout, '$.tenants[0]')), 'null') IS NULL OR tenancy.same_tenant(tenant, claimed) THEN
        roles := tenancy.granted(claims, layout -> 'roles', '\s*,\s*');
        permissions := ARRAY(SELECT p FROM unnest(tenancy.granted(claims, layout -> 'permissions', '\s+')) AS p WHERE strpos(p, '*') = 0);
        IF layout ? 'role_prefix' AND NULLIF(tenancy.setting('roles_path'), '') IS NULL THEN
            roles := ARRAY(SELECT (layout ->> 'role_prefix') || regexp_replace(r, '^(org:)+', '') FROM unnest(roles) WITH ORDINALITY AS u (r, place) ORDER BY place);
        END IF;
    END IF;
    permissions := ARRAY(SELECT p COLLATE "C" FROM (SELECT unnest(permissions) UNION SELECT unnest(tenancy.role_permissions(r, tenant)) FROM unnest(roles) AS r) AS u (p) ORDER BY 1);
END $$;
COMMENT ON FUNCTION tenancy.standing() IS
'The caller''s standing: the active tenant or why there is none, the tenants that the claims list, and roles and permissions in the active one.';

CREATE FUNCTION auth.tenant_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenant FROM tenancy.standing());
CREATE FUNCTION auth.tenant_ids() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenants FROM tenancy.standing());
CREATE FUNCTION auth.tenant_uuids() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT array_remove(ARRAY(SELECT tenancy.as_uuid(t) FROM unnest(tenants) AS t), NULL) FROM tenancy.standing() WHERE tenants IS NOT NULL);
CREATE FUNCTION auth.tenant_bigints() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT array_remove(ARRAY(SELECT tenancy.as_bigint(t) FROM unnest(tenants) AS t), NULL) FROM tenancy.standing() WHERE tenants IS NOT NULL);
CREATE FUNCTION auth.roles() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT roles FROM tenancy.standing());
CREATE FUNCTION auth.permissions() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT permissions FROM tenancy.standing());
CREATE FUNCTION auth.has_role(VARIADIC roles text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM unnest(auth.roles()) AS held, unnest(has_role.roles) AS asked
                   WHERE regexp_replace(held, '^(org:)+', '') = regexp_replace(asked, '^(org:)+', ''));
CREATE FUNCTION auth.has_permission(VARIADIC permissions text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM unnest(auth.permissions()) AS held, unnest(has_permission.permissions) AS asked
                   WHERE held IN (asked, '*.*') AND asked IS NOT NULL OR held LIKE '_%.*' AND starts_with(asked, left(held, -1)));
CREATE FUNCTION tenancy.belongs_to(tenant text) RETURNS boolean
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN EXISTS (SELECT FROM unnest(auth.tenant_ids()) AS own WHERE tenancy.same_tenant(own, belongs_to.tenant));
CREATE FUNCTION tenancy.tenant_problem() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT problem FROM tenancy.standing());
CREATE FUNCTION auth.tenant_uuid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_uuid(auth.tenant_id());
CREATE FUNCTION auth.tenant_bigint() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_bigint(auth.tenant_id());
CREATE FUNCTION auth.organization_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenancy.as_uuid(claims #>> '{o,id}') FROM tenancy.claims() AS claims
            WHERE jsonb_typeof(claims #> '{o,id}') = 'string');

CREATE FUNCTION tenancy.gateway_roles() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULL;
CREATE FUNCTION tenancy.tenant_sought() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NULLIF(tenancy.setting('tenant_path'), '') IS NOT NULL THEN
        RETURN tenancy.dotted(jsonb_build_array(tenancy.setting('tenant_path')::jsonb));
    END IF;
    RETURN (
        SELECT string_agg(path, ', ' ORDER BY first)
        FROM (SELECT tenancy.dotted(jsonb_build_array(path)), min(100 * layout_place + path_place)
            FROM jsonb_array_elements(tenancy.layout_data()) WITH ORDINALITY AS l (layout, layout_place),
                jsonb_array_elements((layout -> 'tenant') || COALESCE(jsonb_build_array(layout -> 'tenants'), '[]')) WITH ORDINALITY AS p (path, path_place)
            WHERE CASE tenancy.setting('layout') WHEN 'auto' THEN (layout -> 'auto')::boolean ELSE layout ->> 'name' = tenancy.setting('layout') END AND path <> 'null'
            GROUP BY 1) AS paths (path, first));
END $$;
-- SQL cannot tell. Outside a block what set_claims() sets is simply gone at the next statement.
CREATE FUNCTION tenancy.in_transaction_block() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN true;

-- What policies and defaults call for the caller's own id: functions of ours in any case.
CREATE FUNCTION tenancy.reader(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('%I.%I()', CASE WHEN function_name IN ('user_id', 'uid') AND tenancy.uses_session_jwt() THEN 'tenancy' ELSE 'auth' END, function_name);
COMMENT ON FUNCTION tenancy.reader(text) IS
'The call of the named function of schema auth or, where that is pg_session_jwt''s, of the one of the same name in schema tenancy.';
-- How a policy calls it: inside (SELECT ...), once per statement and not once per row.
CREATE FUNCTION tenancy.policy_call(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('( SELECT %s AS %I)', tenancy.reader(function_name), function_name);

-- How a policy asks whether the current role has the rights of one of these: once per statement. The planner takes a
-- bare boolean to be true for half of the rows, and IS DISTINCT FROM false for 0.995 of them, which leaves the
-- estimate of the rest as it is. It is never NULL; COALESCE, which the planner does not know to be leakproof, has it
-- tested after the tenant, so that other tenants' rows are spared it.
CREATE FUNCTION tenancy.policy_acts_as(roles name[], or_else text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT format(CASE WHEN or_else IS NULL THEN '%s' ELSE '(%s OR %s)' END, acts_as, or_else) FROM (
            SELECT format(CASE count(*) WHEN 1 THEN '(COALESCE(( SELECT %s AS pg_has_role), false)' ELSE '(COALESCE(( SELECT (%s)), false)' END
                || ' IS DISTINCT FROM false)',
                string_agg(format('pg_catalog.pg_has_role(CURRENT_USER, %L::name, ''USAGE''::text)', role), ' OR ' ORDER BY position))
            FROM unnest(roles) WITH ORDINALITY AS r (role, position)) AS asked (acts_as));

-- There is no table of members.
CREATE FUNCTION tenancy.member_tenant_column(target regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CAST(NULL AS name);
COMMENT ON FUNCTION tenancy.member_tenant_column(regclass) IS 'NULL: this edition knows no table of members.';
CREATE FUNCTION tenancy.says_who_belongs(target regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN false;
COMMENT ON FUNCTION tenancy.says_who_belongs(regclass) IS 'False: this edition knows no table of members.';

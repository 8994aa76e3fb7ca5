-- Stands in for native.sql in the pure-SQL edition: the same functions, from request.jwt.claims at each call.

-- Why the claims are refused, as words that follow "the claims". The limits are those of src/claims/.
CREATE FUNCTION tenancy.claims_problem() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value text := NULLIF(current_setting('request.jwt.claims', true), '');
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

CREATE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenancy.claims_problem() IS NULL THEN
        RETURN NULLIF(current_setting('request.jwt.claims', true), '')::jsonb;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION auth.session() RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN auth.jwt();

-- A top-level claim that is a string and not empty.
CREATE FUNCTION tenancy.claim_string(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT NULLIF(claims ->> name, '') FROM auth.jwt() AS claims
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

CREATE FUNCTION auth.user_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('sub');
CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_uuid(tenancy.claim_string('sub'));
CREATE FUNCTION auth.role() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('role');
CREATE FUNCTION auth.email() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.claim_string('email');

-- Of numbers, only those written as integers: json, unlike jsonb, keeps how a number was written (1e2, -0).
CREATE FUNCTION auth.tenant_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (
        SELECT CASE jsonb_typeof(claims #> path)
            WHEN 'string' THEN NULLIF(claims #>> path, '')
            WHEN 'number' THEN tenancy.as_integer(current_setting('request.jwt.claims')::json #>> path) END
        FROM auth.jwt() AS claims, (VALUES
            (1, '{tenant_id}'::text[]), (2, '{org_id}'), (3, '{organization_id}'), (4, '{o,id}'),
            (5, '{app_metadata,tenant_id}'), (6, '{app_metadata,org_id}')) AS paths (place, path)
        WHERE NULLIF(claims #> path, 'null') IS NOT NULL
        ORDER BY place LIMIT 1);
CREATE FUNCTION auth.tenant_uuid() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_uuid(auth.tenant_id());
CREATE FUNCTION auth.tenant_bigint() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenancy.as_bigint(auth.tenant_id());
CREATE FUNCTION auth.organization_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenancy.as_uuid(claims #>> '{o,id}') FROM auth.jwt() AS claims
            WHERE jsonb_typeof(claims #> '{o,id}') = 'string');

-- There are no tokens here: a signature cannot be checked in SQL.
CREATE FUNCTION tenancy.modes() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{claims}'::text[];
CREATE FUNCTION tenancy.gateway_roles() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULL;
CREATE FUNCTION tenancy.token_problem() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULL;
CREATE FUNCTION tenancy.claims_believed() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN true;
CREATE FUNCTION tenancy.tenant_sought() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'tenant_id, org_id, organization_id, o.id, app_metadata.tenant_id, app_metadata.org_id';
-- SQL cannot tell. Outside a block what set_claims() sets is simply gone at the next statement.
CREATE FUNCTION tenancy.in_transaction_block() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN true;

-- How a policy calls a function of schema auth: inside (SELECT ...), once per statement and not once per row.
CREATE FUNCTION tenancy.policy_call(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('( SELECT auth.%1$I() AS %1$I)', function_name);

-- How a policy asks whether the current role has the rights of one of these: once per statement. The planner takes a
-- bare boolean to be true for half of the rows, and IS DISTINCT FROM false for 0.995 of them, which leaves the
-- estimate of the rest as it is. It is never NULL; COALESCE, which the planner does not know to be leakproof, has it
-- tested after the tenant, so that other tenants' rows are spared it.
CREATE FUNCTION tenancy.policy_acts_as(roles name[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT format(CASE count(*) WHEN 1 THEN '(COALESCE(( SELECT %s AS pg_has_role), false)' ELSE '(COALESCE(( SELECT (%s)), false)' END
            || ' IS DISTINCT FROM false)',
            string_agg(format('pg_catalog.pg_has_role(CURRENT_USER, %L::name, ''USAGE''::text)', role), ' OR ' ORDER BY position))
        FROM unnest(roles) WITH ORDINALITY AS r (role, position));

-- Stands in for native.sql in the pure-SQL edition: the same functions, from request.jwt.claims at each call.

-- Why the claims are refused, as words that follow "the claims". The limits are those of src/claims/.
CREATE FUNCTION tenancy.claims_problem() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value text := NULLIF(current_setting('request.jwt.claims', true), '');
    brackets text;
BEGIN
    IF octet_length(value) > 65536 THEN
        RETURN 'are longer than 65536 bytes';
    END IF;
    -- Each round takes away the innermost level. What is too deep could overflow the stack of the JSON parser.
    brackets := translate(regexp_replace(value, '"(\\.|[^"\\])*"?|[^][{}]', '', 'g'), '{}', '[]');
    FOR level IN 1..64 LOOP
        EXIT WHEN brackets = '';
        brackets := replace(brackets, '[]', '');
    END LOOP;
    IF strpos(brackets, '[]') > 0 OR length(brackets) > 64 THEN
        RETURN 'are nested deeper than 64 levels';
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

CREATE FUNCTION auth.tenant_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (
        SELECT CASE
            WHEN jsonb_typeof(tenant) = 'string' THEN NULLIF(tenant #>> '{}', '')
            WHEN jsonb_typeof(tenant) = 'number' AND tenant::text ~ '^-?[0-9]{1,20}$' THEN tenant::text END
        FROM (
            SELECT COALESCE(
                NULLIF(claims -> 'tenant_id', 'null'), NULLIF(claims -> 'org_id', 'null'),
                NULLIF(claims -> 'organization_id', 'null'), NULLIF(claims #> '{o,id}', 'null'),
                NULLIF(claims #> '{app_metadata,tenant_id}', 'null'), NULLIF(claims #> '{app_metadata,org_id}', 'null')
            ) AS tenant FROM auth.jwt() AS claims) AS first_present);
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

-- SQL cannot tell. Outside a block what set_claims() sets is simply gone at the next statement.
CREATE FUNCTION tenancy.in_transaction_block() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN true;

-- How a policy calls a function of schema auth: inside (SELECT …), once per statement and not once per row.
CREATE FUNCTION tenancy.policy_call(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('( SELECT auth.%1$I() AS %1$I)', function_name);

-- read, write, remove: which roles and permissions a caller needs for a protected table. What they say only narrows
-- which rows a template opens, and stands in restrictive policies, so that no later policy makes up for it.

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

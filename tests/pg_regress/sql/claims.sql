-- Malformed claims: every reader is NULL, none raises an error, and whoami() says why. What is refused is what
-- jsonb refuses, what is no object, and what exceeds the limits.
SET SESSION AUTHORIZATION app;
BEGIN;
SET LOCAL ROLE authenticated;

-- Each text would be a caller of tenant 7, were it not for what is in the place of %s.
CREATE FUNCTION pg_temp.caller(bad text) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"sub": "01234567-89ab-cdef-0123-456789abcdef", "role": "r", "email": "e", "tenant_id": "7", '
        '"o": {"id": "01234567-89ab-cdef-0123-456789abcdef"}, "bad": %s}', bad) $$;
CREATE FUNCTION pg_temp.nested(depth int) RETURNS text LANGUAGE sql AS $$
    SELECT repeat('[', depth) || repeat(']', depth) $$;

-- The readers that answer, and what whoami() says.
CREATE FUNCTION pg_temp.answers(claims text, OUT answered text, OUT because text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    SELECT string_agg(reader, ' ' ORDER BY reader) INTO answered FROM (VALUES
        ('user_id', auth.user_id() IS NOT NULL), ('uid', auth.uid() IS NOT NULL), ('jwt', auth.jwt() IS NOT NULL),
        ('session', auth.session() IS NOT NULL), ('role', auth.role() IS NOT NULL), ('email', auth.email() IS NOT NULL),
        ('claim', auth.claim('sub') IS NOT NULL), ('claim_text', auth.claim_text('sub') IS NOT NULL),
        ('tenant_id', auth.tenant_id() IS NOT NULL), ('tenant_uuid', auth.tenant_uuid() IS NOT NULL),
        ('tenant_bigint', auth.tenant_bigint() IS NOT NULL), ('organization', auth.organization() IS NOT NULL),
        ('organization_id', auth.organization_id() IS NOT NULL)) AS all_of_them (reader, answers)
    WHERE answers;
    because := (tenancy.whoami()).sees_nothing_because;
END $$;

-- Well-formed, they answer: all but tenant_uuid, for 7 is none.
SELECT * FROM pg_temp.answers(pg_temp.caller('1'));

CREATE TEMP TABLE texts (place int GENERATED ALWAYS AS IDENTITY, what text, claims text);
INSERT INTO texts (what, claims) VALUES
    ('nobody', ''),
    ('only blanks', '   '),
    ('a word', 'nobody'),
    ('null', 'null'),
    ('true', 'true'),
    ('a number', '42'),
    ('a string', '"sub"'),
    ('an array', '[' || pg_temp.caller('1') || ']'),
    ('something after the object', pg_temp.caller('1') || ' x'),
    ('two objects', pg_temp.caller('1') || pg_temp.caller('1')),
    ('a byte order mark', E'\ufeff' || pg_temp.caller('1')),
    ('cut short', left(pg_temp.caller('1'), -1)),
    ('a closing comma', pg_temp.caller('[1,]')),
    ('a comment', pg_temp.caller('/**/ 1')),
    ('single quotes', pg_temp.caller('''1''')),
    ('NaN', pg_temp.caller('NaN')),
    ('a leading zero', pg_temp.caller('01')),
    ('a plus sign', pg_temp.caller('+1')),
    ('a line break in a string', pg_temp.caller(E'"\n"')),
    ('an unknown escape', pg_temp.caller('"\x41"')),
    ('a high surrogate alone', pg_temp.caller('"\ud800"')),
    ('a low surrogate alone', pg_temp.caller('"\udc00"')),
    ('surrogates in the wrong order', pg_temp.caller('"\udc00\ud800"')),
    ('NUL in a value', pg_temp.caller('"a\u0000"')),
    ('NUL in a key', pg_temp.caller('{"\u0000": 1}')),
    ('NUL in a value that an equal key replaces', pg_temp.caller('"\u0000", "sub": 1')),
    ('65 levels', pg_temp.caller(pg_temp.nested(64))),
    ('60,000 levels', repeat('[', 60000)),
    ('65,537 bytes', rpad(pg_temp.caller('1'), 65537)),
    ('65,537 bytes, though fewer characters', rpad(pg_temp.caller('"é"'), 65536)),
    ('1e400', pg_temp.caller('1e400')),
    ('-1e309', pg_temp.caller('-1e309')),
    ('1e-20000', pg_temp.caller('1e-20000')),
    ('an exponent beyond all types', pg_temp.caller('0e-99999999999999999999')),
    ('500 digits', pg_temp.caller(repeat('7', 500))),
    ('500 decimals', pg_temp.caller('0.' || repeat('7', 500)));
-- Nothing answers, to any of them.
SELECT what, a.* FROM texts, pg_temp.answers(claims) AS a ORDER BY place;

-- At the limits, or odd and yet JSON: they answer.
TRUNCATE texts;
INSERT INTO texts (what, claims) VALUES
    ('64 levels', pg_temp.caller(pg_temp.nested(63))),
    ('100 arrays side by side', pg_temp.caller('[' || repeat('[], ', 100) || '[]]')),
    ('brackets and a quote in a string', pg_temp.caller('"\"' || repeat('[', 100) || '"')),
    ('a string that ends in a backslash', pg_temp.caller('"\\"')),
    ('65,536 bytes', rpad(pg_temp.caller('1'), 65536)),
    ('400 digits and point', pg_temp.caller('0.' || repeat('7', 398))),
    ('the largest double', pg_temp.caller('1.7976931348623157e308')),
    ('1e-400', pg_temp.caller('1e-400')),
    ('a number in a string', pg_temp.caller('"1e400"')),
    ('minus zero', pg_temp.caller('-0')),
    ('a pair of surrogates', pg_temp.caller('"\ud83d\ude00"')),
    ('an escaped backslash before u0000', pg_temp.caller('"\\u0000"')),
    ('an empty key', pg_temp.caller('{"": 1}')),
    ('blanks around', E' \t\r\n' || pg_temp.caller('1') || E' \t\r\n');
SELECT what, a.* FROM texts, pg_temp.answers(claims) AS a ORDER BY place;

-- Of equal keys the last counts, as in jsonb.
SELECT set_config('request.jwt.claims', '{"sub": "first", "tenant_id": "1", "s\u0075b": "last", "tenant_id": "2"}', true) IS NOT NULL AS set;
SELECT auth.user_id(), auth.tenant_id(), auth.jwt();

-- Every text of up to three pieces of JSON, as the value of a claim. Within the limits claims are accepted where
-- jsonb accepts an object, and then they are that object.
CREATE TEMP TABLE pieces (piece text);
INSERT INTO pieces VALUES ('{'), ('}'), ('['), (']'), (','), (':'), ('"'), ('\'), ('"a"'), ('"sub":'), ('null'),
    ('1'), ('-'), ('0'), ('.5'), ('e5'), ('\u0041'), ('\ud83d'), ('\ude00'), (' '), (E'\t'), (E'\ufeff'), ('é');
CREATE FUNCTION pg_temp.try(claims text, OUT object jsonb, OUT agreed boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    BEGIN
        object := CASE WHEN jsonb_typeof(claims::jsonb) = 'object' THEN claims END;
    EXCEPTION WHEN invalid_text_representation THEN
        NULL;
    END;
    agreed := auth.jwt() IS NOT DISTINCT FROM object AND (tenancy.claims_problem() IS NULL) = (object IS NOT NULL);
END $$;
SELECT count(*) AS texts, count(object) AS objects, count(*) FILTER (WHERE NOT agreed) AS disagreements
FROM pieces a, pieces b, pieces c, pg_temp.try(format('{"sub": %s}', a.piece || b.piece || c.piece));

ROLLBACK;
RESET SESSION AUTHORIZATION;

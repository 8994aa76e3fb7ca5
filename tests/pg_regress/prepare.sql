-- What every SQL test finds. A superuser runs this once in each test database, after the extension.

-- Roles belong to the whole server, so another database may have made them already.
DO $$ BEGIN
    PERFORM tenancy.bootstrap_roles('app');
    IF to_regrole('table_owner') IS NULL THEN
        CREATE ROLE table_owner NOLOGIN;
    END IF;
END $$;

CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO PUBLIC;

-- The error that a statement raises; all NULL where it raises none, and then the statement has taken effect.
-- `code` is the SQLSTATE.
CREATE FUNCTION test.error(sql text, OUT code text, OUT message text, OUT detail text, OUT hint text)
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE sql;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT;
    detail := NULLIF(detail, '');
    hint := NULLIF(hint, '');
END $$;

-- Speaks for a caller until the transaction ends, in the database role of callers.
CREATE FUNCTION test.caller(claims text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
        SELECT set_config('request.jwt.claims', claims, true), set_config('role', 'authenticated', true);
    END;

-- A token of ann of tenant a, from https://issuer.example, with the key set that it is signed for, and another. For the
-- specs, which can start no program.
\set token `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "a"}' --exp 86400`
\set keys `$REPO/tests/lib/token jwks ed1`
\set other_keys `$REPO/tests/lib/token jwks ed2`
CREATE TABLE test.token AS SELECT :'token' AS token, :'keys'::jsonb AS keys, :'other_keys'::jsonb AS other_keys;

-- packs/members.sql, for the specs, which can read no files: EXECUTE runs it.
\set pack `cat "$REPO/packs/members.sql"`
CREATE TABLE test.pack AS SELECT 'members' AS name, :'pack' AS sql;

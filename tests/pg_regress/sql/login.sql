-- native only
-- auth.login(): a token says who is calling, for the transaction, and the database role goes with it.
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE stranger LOGIN;
CREATE ROLE superior LOGIN SUPERUSER;
CREATE ROLE writer NOLOGIN;
CREATE ROLE "Odd ""Role" NOLOGIN;
GRANT writer TO app;
CREATE VIEW test.me AS SELECT session_user AS login, current_user AS role, auth.user_id(), auth.tenant_id();
GRANT SELECT ON test.me TO PUBLIC;
-- What login() answers to a token, without showing it.
CREATE FUNCTION test.login(token text, tenant text DEFAULT NULL, OUT code text, OUT message text, OUT detail text, OUT hint text)
    LANGUAGE sql AS $$SELECT * FROM test.error(format('SELECT auth.login(%L, %L)', token, tenant))$$;

\set keys `$REPO/tests/lib/token jwks ed1`
\set ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "7", "email": "ann@example.com"}'`
\set bob `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "bob", "tenant_id": 8}'`
\set tenantless `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "cid", "org_id": "7"}'`
\set expired `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "eve", "tenant_id": "7"}' --exp -60`
\set forged `$REPO/tests/lib/token mutate "$($REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "eve"}')" payload`
\set unknown `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example/", "sub": "eve"}'`
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL);

SET SESSION AUTHORIZATION app;
-- A caller's transaction: the token's claims, and the database role with them.
BEGIN;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SELECT auth.jwt() - 'exp' - 'iat' AS jwt, auth.session() = auth.jwt() AS same, auth.uid(), auth.email(), auth.tenant_bigint(),
    auth.claim('sub'), auth.claim_text('iss'), (auth.claim_text('exp')::numeric - auth.claim_text('iat')::numeric) AS seconds;
-- The claims are in the token alone.
SELECT current_setting('request.jwt.claims');
COMMIT;
-- All of it ends with the transaction.
SELECT * FROM test.me;
SELECT auth.jwt();

-- Another caller in the same transaction: nothing of the first is left.
BEGIN;
SELECT auth.login(:'ann');
SELECT auth.login(:'bob');
SELECT *, auth.email() FROM test.me;
SELECT auth.login(:'ann');
SELECT *, auth.email() FROM test.me;
ROLLBACK;
-- A transaction that may not write will do, and so will one message of several statements.
BEGIN READ ONLY;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
ROLLBACK;
SELECT auth.login(:'ann')\; SELECT * FROM test.me;
SELECT * FROM test.me;

-- A token wins over claims set beside it, and takes away those that were there.
BEGIN;
SELECT auth.set_claims('{"sub": "dan", "tenant_id": "9", "email": "dan@example.com"}');
SELECT auth.login(:'bob');
SELECT *, auth.email() FROM test.me;
SET LOCAL request.jwt.claims = '{"sub": "eve", "tenant_id": "9"}';
SELECT *, auth.email() FROM test.me;
-- set_claims(), where claims are believed, takes away the token.
SELECT auth.set_claims('{"sub": "dan"}', '9');
SELECT *, current_setting('pg_tenancy.token') AS token FROM test.me;
ROLLBACK;
-- The session's own claims are back afterwards, and nobody else's.
SET request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
BEGIN;
SELECT auth.login(:'bob');
COMMIT;
SELECT * FROM test.me;
RESET request.jwt.claims;

-- A tenant that is asked for must be the one that the token names: text, as auth.tenant_id() shows it.
BEGIN;
SELECT auth.login(:'ann', '7');
SELECT * FROM test.me;
SELECT auth.login(:'bob', tenant => '8');
SELECT * FROM test.me;
SELECT auth.login(:'ann', NULL);
SELECT * FROM test.me;
SELECT asked, e.* FROM (VALUES ('8'), (''), ('07'), (' 7'), ('7 '), ('null')) AS tenants (asked), test.login(:'ann', asked) AS e;
-- A token that names none, where its issuer's name it, has none.
SELECT e.* FROM test.login(:'tenantless', '7') AS e;
SELECT * FROM test.me;
SELECT auth.login(:'tenantless');
SELECT * FROM test.me;
ROLLBACK;

-- Outside a transaction block it would set a caller who is gone at the next statement.
SELECT auth.login(:'ann');
\echo :LAST_ERROR_SQLSTATE
DO $$ BEGIN PERFORM auth.login('not.a.token'); END $$;
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM test.me;

-- What is refused, and what to do about it.
BEGIN;
SELECT auth.login(:'ann');
SELECT what, e.* FROM (VALUES
    ('NULL', NULL),
    ('empty', ''),
    ('a blank', ' '),
    ('two parts', 'e30.e30'),
    ('an empty signature', 'e30.e30.'),
    ('a blank before', ' ' || :'ann'),
    ('a newline after', :'ann' || E'\n'),
    ('a padded signature', :'ann' || '='),
    ('Bearer', 'Bearer ' || :'ann'),
    ('too long', repeat('a', 8191) || '.' || repeat('a', 8191) || '.a'),
    ('expired', :'expired'),
    ('forged', :'forged'),
    ('an unknown issuer', :'unknown')) AS tokens (what, token), test.login(token) AS e;
-- Each time the session stayed ann's.
SELECT * FROM test.me;
ROLLBACK;

-- A failed login leaves the session as it was: role, claims and token. After a savepoint,
BEGIN;
SELECT auth.set_claims('{"sub": "dan", "tenant_id": "9"}');
SET LOCAL ROLE anonymous;
SAVEPOINT before;
SELECT auth.login(:'expired');
ROLLBACK TO before;
SELECT *, current_setting('pg_tenancy.token') AS token, current_setting('request.jwt.claims') AS claims FROM test.me;
SELECT auth.login(:'ann');
SAVEPOINT before_bob;
SELECT auth.login(:'bob');
SELECT * FROM test.me;
ROLLBACK TO before_bob;
SELECT *, current_setting('pg_tenancy.token') AS token, current_setting('request.jwt.claims') AS claims FROM test.me;
ROLLBACK TO before;
SELECT *, current_setting('pg_tenancy.token') AS token, current_setting('request.jwt.claims') AS claims FROM test.me;
ROLLBACK;
-- in a PL/pgSQL block,
SELECT set_config('test.bob', :'bob', false) = '' AS empty, set_config('test.forged', :'forged', false) = '' AS empty;
BEGIN;
SELECT auth.login(:'ann');
DO $$
BEGIN
    PERFORM auth.login(current_setting('test.bob'));
    RAISE NOTICE 'after a login: %, %', current_user, auth.user_id();
    BEGIN
        PERFORM auth.login(current_setting('test.forged'));
        RAISE NOTICE 'never reached: %', auth.user_id();
    EXCEPTION WHEN invalid_authorization_specification THEN
        RAISE NOTICE 'in the handler: %, %: %', current_user, auth.user_id(), SQLERRM;
    END;
    RAISE NOTICE 'after a failure: %, %', current_user, auth.user_id();
END $$;
SELECT * FROM test.me;
-- and after the whole transaction.
SELECT auth.login(:'forged');
SELECT * FROM test.me;
ROLLBACK;
SELECT *, current_setting('pg_tenancy.token') AS token, current_setting('request.jwt.claims') AS claims FROM test.me;
RESET test.bob;
RESET test.forged;

-- The login role must be allowed to take the role: what counts is the login, not the role that it is in now.
BEGIN;
SELECT e.* FROM test.login(:'ann') AS e;
SET LOCAL ROLE anonymous;
SELECT auth.login(:'bob');
SELECT * FROM test.me;
ROLLBACK;
SET SESSION AUTHORIZATION stranger;
BEGIN;
SELECT e.* FROM test.login(:'ann') AS e;
SELECT * FROM test.me;
ROLLBACK;
-- SECURITY DEFINER lends nobody the right: Postgres refuses to set a role in there at all.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.login_as_superuser(token text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$SELECT auth.login(token)$$;
SET SESSION AUTHORIZATION stranger;
BEGIN;
SELECT * FROM test.error(format('SELECT test.login_as_superuser(%L)', :'ann'));
SELECT * FROM test.me;
ROLLBACK;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT code, message FROM test.error(format('SELECT test.login_as_superuser(%L)', :'ann'));
SELECT * FROM test.me;
ROLLBACK;
-- A superuser may become anybody, and is a caller like others then.
SET SESSION AUTHORIZATION superior;
BEGIN;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- The role is that of setting authenticated; one that does not exist is an error.
BEGIN;
SELECT tenancy.configure('authenticated', 'writer');
SET LOCAL SESSION AUTHORIZATION app;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
SELECT tenancy.configure('authenticated', 'nowhere');
SELECT e.* FROM test.login(:'ann') AS e;
ROLLBACK;

-- An issuer may name another: its database_role, or of what the token's claim role says only what token_roles lists.
\set role_none `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "ann"}'`
\set role_writer `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "ann", "role": "writer"}'`
\set role_postgres `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "eve", "role": "postgres"}'`
\set role_anonymous `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "ann", "role": "anonymous"}'`
\set role_member `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "ann", "role": "member"}'`
\set role_list `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "eve", "role": ["writer"]}'`
\set role_case `$REPO/tests/lib/token sign ed1 '{"iss": "https://roles.example", "sub": "eve", "role": "Writer"}'`
CREATE TABLE test.role_token AS SELECT * FROM (VALUES (1, 'no role', :'role_none'), (2, 'writer', :'role_writer'), (3, 'postgres', :'role_postgres'),
    (4, 'anonymous', :'role_anonymous'), (5, 'member', :'role_member'), (6, '["writer"]', :'role_list'), (7, 'Writer', :'role_case')) AS t (n, claimed, token);
GRANT SELECT ON test.role_token TO PUBLIC;
CREATE FUNCTION test.role_taken(token text, OUT role name, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    SELECT e.code, e.message, e.hint INTO code, message, hint FROM test.login(token) AS e;
    role := current_user;
    SET LOCAL ROLE NONE;
END $$;
CREATE FUNCTION test.roles_taken(database_role name, token_roles name[])
    RETURNS TABLE (claimed text, role name, code text, message text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenancy.issuer i SET database_role = roles_taken.database_role, token_roles = roles_taken.token_roles WHERE iss = 'https://roles.example';
    SET LOCAL SESSION AUTHORIZATION app;
    RETURN QUERY SELECT t.claimed, r.* FROM test.role_token t, test.role_taken(t.token) AS r ORDER BY t.n;
    SET LOCAL SESSION AUTHORIZATION DEFAULT;
END $$;
SELECT tenancy.add_issuer('https://roles.example', :'keys', NULL);
BEGIN;
-- None is named: a token's role is never taken, least of all that of a superuser.
SELECT * FROM test.roles_taken(NULL, NULL);
SELECT * FROM test.roles_taken('anonymous', NULL);
SELECT * FROM test.roles_taken(NULL, '{writer,anonymous}');
SELECT * FROM test.roles_taken('anonymous', '{writer}');
-- Roles that the login may not take, or that do not exist: not listed by add_issuer(), but by the administrator's hand.
SELECT * FROM test.roles_taken('Odd "Role', '{writer,postgres}');
SELECT * FROM test.roles_taken('nowhere', '{member,NULL}');
SELECT * FROM test.roles_taken('none', '{}');
ROLLBACK;
SELECT * FROM test.error($$SELECT tenancy.add_issuer('https://other.example', '{}', NULL, database_role => 'nowhere')$$);
SELECT * FROM test.error($$SELECT tenancy.add_issuer('https://other.example', '{}', NULL, database_role => 'superior')$$);
SELECT * FROM test.error($$SELECT tenancy.add_issuer('https://other.example', '{}', NULL, token_roles => '{writer,nowhere}')$$);
SELECT * FROM test.error($$SELECT tenancy.add_issuer('https://other.example', '{}', NULL, token_roles => '{writer,postgres}')$$);
DROP TABLE test.role_token;
DROP FUNCTION test.roles_taken, test.role_taken;
SELECT tenancy.drop_issuer('https://roles.example');

-- Wherever Postgres shows parameters, the token is not shown.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
SHOW pg_tenancy.token;
SELECT current_setting('pg_tenancy.token'), set_config('pg_tenancy.token', :'bob', true), auth.user_id();
SELECT count(*) AS shown FROM pg_settings s WHERE s::text LIKE '%' || left(:'ann', 20) || '%' OR s::text LIKE '%' || left(:'bob', 20) || '%';
SELECT setting, reset_val, boot_val, sourcefile FROM pg_settings WHERE name = 'pg_tenancy.token';
ROLLBACK;
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT auth.login(:'ann');
RESET ROLE;
SELECT count(*) AS shown FROM pg_settings s WHERE s::text LIKE '%' || left(:'ann', 20) || '%';
-- Nor do plans show it, where it is a constant or a parameter has become one.
PREPARE login (text, text) AS SELECT auth.login($1, $2);
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE login ('e30.e30.e30', 'tenant');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM auth.login('e30.e30.e30');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM tenancy.check_token('e30.e30.e30');
SET LOCAL plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE login ('e30.e30.e30', 'tenant');
EXECUTE login (:'bob', '8');
SELECT auth.user_id();
RESET ROLE;
DEALLOCATE login;
-- It can be set in a session only: wherever else it would be kept, others could read it.
SELECT what, e.* FROM (VALUES
    ('FROM CURRENT', 'CREATE FUNCTION test.f() RETURNS text LANGUAGE sql SET pg_tenancy.token FROM CURRENT RETURN 1'),
    ('a SET clause', format('CREATE FUNCTION test.f() RETURNS text LANGUAGE sql SET pg_tenancy.token = %L RETURN 1', :'ann')),
    ('ALTER FUNCTION', format('ALTER FUNCTION test.login_as_superuser SET pg_tenancy.token = %L', :'ann')),
    ('ALTER ROLE', format('ALTER ROLE app SET pg_tenancy.token = %L', :'ann')),
    ('ALTER ROLE FROM CURRENT', 'ALTER ROLE app SET pg_tenancy.token FROM CURRENT'),
    ('ALTER DATABASE', format('ALTER DATABASE %I SET pg_tenancy.token = %L', current_database(), :'ann')),
    ('ALTER ROLE IN DATABASE', format('ALTER ROLE app IN DATABASE %I SET pg_tenancy.token = %L', current_database(), :'ann')),
    ('a function''s own text', format('CREATE FUNCTION test.f() RETURNS void LANGUAGE plpgsql SET pg_tenancy.token TO %L AS ''BEGIN END''', :'ann')),
    ('no token', 'SET pg_tenancy.token = ''a secret of somebody else'''),
    ('another parameter', 'SET pg_tenancy.no_such = ''1''')) AS tries (what, sql), test.error(sql) AS e;
ROLLBACK;
ALTER SYSTEM SET pg_tenancy.token = 'e30.e30.e30';
\echo :LAST_ERROR_SQLSTATE
-- Before the library is loaded Postgres cannot know; then what was kept so is dropped, with a warning.
\c -
ALTER ROLE app SET pg_tenancy.token = 'e30.e30.e30';
SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%pg_tenancy%';
\c - app
SELECT * FROM test.me;
SHOW pg_tenancy.token;
\c - postgres
ALTER ROLE app RESET ALL;
\c -reuse-previous=on "options='-c pg_tenancy.token=e30.e30.e30'"
SELECT * FROM test.me;
SHOW pg_tenancy.token;
\c -reuse-previous=on "options=''"
SHOW pg_tenancy.token;

-- Set for the session, as nobody should, a token speaks until it is taken away: by logout(), RESET and DISCARD.
SET SESSION AUTHORIZATION app;
SET pg_tenancy.token = :'ann';
SELECT * FROM test.me;
SELECT auth.logout();
SELECT *, current_setting('pg_tenancy.token') AS token FROM test.me;
SET pg_tenancy.token = :'ann';
SELECT user_id FROM test.me;
RESET ALL;
SELECT *, current_setting('pg_tenancy.token') AS token FROM test.me;
SET pg_tenancy.token = :'ann';
SELECT user_id FROM test.me;
DISCARD ALL;
SELECT *, current_setting('pg_tenancy.token') AS token FROM test.me;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
SELECT auth.logout();
SELECT * FROM test.me;
SAVEPOINT s;
SELECT auth.login(:'bob');
SELECT * FROM test.me;
ROLLBACK TO s;
SELECT * FROM test.me;
ROLLBACK;

-- A token that is refused is an error for every reader, not nobody; logout() is the way out, and so is a rollback.
BEGIN;
SET LOCAL pg_tenancy.token = :'expired';
SELECT * FROM test.error('SELECT auth.user_id()');
SELECT reader, e.code, e.message FROM unnest('{user_id,uid,jwt,session,role,email,tenant_id,tenant_uuid,tenant_bigint,organization,organization_id}'::text[]) AS reader,
    test.error(format('SELECT auth.%I()', reader)) AS e;
SELECT code, message FROM test.error($$SELECT auth.claim('sub')$$);
SELECT code, message FROM test.error($$SELECT auth.claim_text('sub')$$);
-- Claims beside it do not help.
SET LOCAL request.jwt.claims = '{"sub": "eve", "tenant_id": "7"}';
SELECT code, message FROM test.error('SELECT auth.user_id()');
SELECT auth.logout();
SELECT auth.user_id();
ROLLBACK;

-- whoami() tells it in words, and is no error, in each mode. No token means claims, where they are believed.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.whoami(token text, claims text DEFAULT '') RETURNS TABLE (mode text, issuer text, user_id text, tenant_id text, sees_nothing_because text)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pg_tenancy.token', token, true), set_config('request.jwt.claims', claims, true);
    RETURN QUERY SELECT w.mode, w.issuer, w.user_id, w.tenant_id, w.sees_nothing_because FROM tenancy.whoami() w;
END $$;
CREATE TABLE test.presented AS SELECT * FROM (VALUES (1, 'good', :'ann', ''), (2, 'without tenant', :'tenantless', ''), (3, 'expired', :'expired', ''), (4, 'forged', :'forged', ''),
    (5, 'unknown issuer', :'unknown', ''), (6, 'expired, with claims', :'expired', '{"sub": "eve", "tenant_id": "7"}'), (7, 'none', '', ''), (8, 'none, with claims', '', '{"sub": "dan", "tenant_id": "9"}'),
    (9, 'none, with malformed claims', '', 'dan')) AS p (n, presented, token, claims);
GRANT SELECT ON test.presented TO PUBLIC;
CREATE VIEW test.told AS SELECT presented, w.* FROM test.presented p, test.whoami(token, claims) AS w ORDER BY n;
GRANT SELECT ON test.told TO PUBLIC;
SET SESSION AUTHORIZATION app;
BEGIN; SET LOCAL ROLE authenticated; SELECT * FROM test.told; ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('mode', 'gateway');
SET SESSION AUTHORIZATION app;
BEGIN; SET LOCAL ROLE authenticated; SELECT * FROM test.told; ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('mode', 'verified');
SET SESSION AUTHORIZATION app;
BEGIN; SET LOCAL ROLE authenticated; SELECT * FROM test.told; ROLLBACK;
-- A good token without the role sees nothing either.
BEGIN; SELECT * FROM test.whoami(:'ann'); ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('mode', NULL);

DROP VIEW test.told;
DROP TABLE test.presented;
DROP FUNCTION test.whoami, test.login, test.login_as_superuser;
DROP VIEW test.me;
SELECT tenancy.drop_issuer('https://issuer.example');
REVOKE writer FROM app;
DROP ROLE stranger, superior, writer, "Odd ""Role";

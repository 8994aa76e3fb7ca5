-- native only
-- Modes: who may say who is calling. A token always counts; claims do where the mode, or the login role, is believed.
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE gate LOGIN NOINHERIT IN ROLE authenticated, anonymous;
CREATE ROLE "Gate, two" LOGIN;
CREATE ROLE later LOGIN;
CREATE ROLE superior LOGIN SUPERUSER;
\set keys `$REPO/tests/lib/token jwks ed1`
\set ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "7"}'`
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL);
CREATE VIEW test.me AS SELECT session_user AS login, current_user AS role, auth.user_id(), auth.tenant_id(), tenancy.claims_believed() AS believed;
GRANT SELECT ON test.me TO PUBLIC;
-- Who each login is with claims, with claims and a token, and by set_claims(), in a mode.
CREATE TABLE test.signed AS SELECT :'ann' AS token;
GRANT SELECT ON test.signed TO PUBLIC;
CREATE FUNCTION test.callers(mode text, OUT login name, OUT claims text, OUT with_token text, OUT set_claims text, OUT after_login text) RETURNS SETOF record
    LANGUAGE plpgsql AS $$
DECLARE
    given CONSTANT text := (SELECT token FROM test.signed);
BEGIN
    PERFORM tenancy.configure('mode', mode);
    FOREACH login IN ARRAY '{app,gate,superior}'::name[] LOOP
        EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', login);
        PERFORM set_config('request.jwt.claims', '{"sub": "dan", "tenant_id": "9"}', true);
        claims := auth.user_id();
        PERFORM set_config('pg_tenancy.token', given, true);
        with_token := auth.user_id();
        PERFORM set_config('pg_tenancy.token', '', true), set_config('request.jwt.claims', '', true);
        set_claims := COALESCE((test.error('SELECT auth.set_claims(''{"sub": "eve"}'')')).code, auth.user_id());
        SET LOCAL ROLE NONE;
        PERFORM set_config('request.jwt.claims', '', true);
        after_login := COALESCE((test.error(format('SELECT auth.login(%L)', given))).code, auth.user_id());
        PERFORM set_config('pg_tenancy.token', '', true);
        SET LOCAL SESSION AUTHORIZATION DEFAULT;
        RETURN NEXT;
    END LOOP;
END $$;
BEGIN;
SELECT * FROM test.callers('claims');
-- A gateway without gateway_roles believes nobody, superusers included.
SELECT * FROM test.callers('gateway');
SELECT tenancy.configure('gateway_roles', 'gate');
SELECT * FROM test.callers('gateway');
SELECT * FROM test.callers('verified');
SELECT * FROM test.callers(NULL);
ROLLBACK;

-- What set_claims() says where they are not believed; they are there, and count for nothing.
SELECT tenancy.configure('mode', 'verified');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT * FROM test.error('SELECT auth.set_claims(''{"sub": "eve"}'')');
SELECT * FROM test.me;
SET LOCAL request.jwt.claims = '{"sub": "eve", "tenant_id": "9"}';
SELECT *, auth.jwt(), auth.session(), auth.uid(), auth.role(), auth.email(), auth.tenant_bigint(), auth.claim('sub') FROM test.me;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SELECT auth.logout();
SELECT * FROM test.me;
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('mode', 'gateway');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT * FROM test.error('SELECT auth.set_claims(''{"sub": "eve"}'')');
-- First comes what the caller can do something about: no transaction block, then no belief, then the claims.
SELECT * FROM test.error('SELECT auth.set_claims(NULL)');
ROLLBACK;
SELECT auth.set_claims('{"sub": "eve"}');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('mode', NULL);

-- configure() and status(). A name is a role's, not quoted; whatever is wrong, nothing has changed.
SELECT tenancy.configure('gateway_roles', ' app , gate,app');
SELECT setting, value, changed FROM tenancy.status() WHERE setting IN ('mode', 'gateway_roles') ORDER BY setting;
SELECT asked, e.* FROM unnest('{"app,no such","app,","\"app\"","Gate, two",public,",",none,APP}'::text[]) AS asked, test.error(format('SELECT tenancy.configure(''gateway_roles'', %L)', asked)) AS e;
SELECT asked, e.* FROM unnest('{Claims,"",trust,"claims ","verified,claims"}'::text[]) AS asked, test.error(format('SELECT tenancy.configure(''mode'', %L)', asked)) AS e;
SELECT setting, value, changed FROM tenancy.status() WHERE setting IN ('mode', 'gateway_roles') ORDER BY setting;
SELECT tenancy.configure('gateway_roles', '');
SELECT setting, value, changed FROM tenancy.status() WHERE setting IN ('mode', 'gateway_roles') ORDER BY setting;
SELECT tenancy.configure('gateway_roles', 'gate');
SELECT tenancy.configure('gateway_roles', NULL);
SELECT tenancy.gateway_roles();
-- Callers may read it all, and change nothing.
SET SESSION AUTHORIZATION app;
SELECT sql, e.* FROM unnest(ARRAY['SELECT tenancy.configure(''mode'', ''claims'')', 'SELECT tenancy.configure(''gateway_roles'', ''app'')', 'SELECT tenancy.set_gateway_roles(''{app}'')',
    'INSERT INTO tenancy.gateway_role VALUES (''app'')', 'DELETE FROM tenancy.config']) AS sql, test.error(sql) AS e;
RESET SESSION AUTHORIZATION;

-- A gateway is the role that was named, not its name: renamed it is still believed; another of that name is not.
SELECT tenancy.configure('mode', 'gateway');
SELECT tenancy.configure('gateway_roles', 'later, gate');
BEGIN;
ALTER ROLE later RENAME TO latest;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SET LOCAL SESSION AUTHORIZATION latest;
SELECT login, user_id, believed FROM test.me;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
CREATE ROLE later LOGIN;
SET LOCAL SESSION AUTHORIZATION later;
SELECT login, user_id, believed FROM test.me;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
SELECT setting, value FROM tenancy.status() WHERE setting = 'gateway_roles';
ROLLBACK;
BEGIN;
DROP ROLE later;
CREATE ROLE later LOGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SET LOCAL SESSION AUTHORIZATION later;
SELECT login, user_id, believed FROM test.me;
SET LOCAL SESSION AUTHORIZATION gate;
SELECT login, user_id, believed FROM test.me;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
-- The one that is gone is shown by its number until the setting is given anew.
SELECT regexp_replace(value, '\d+', '(number)') AS value FROM tenancy.status() WHERE setting = 'gateway_roles';
SELECT tenancy.configure('gateway_roles', 'gate');
SELECT value FROM tenancy.status() WHERE setting = 'gateway_roles';
ROLLBACK;

-- It is the login role that is believed, whatever role the session is in, and not what its members or owners are.
GRANT gate TO app;
SET SESSION AUTHORIZATION gate;
SET request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SET ROLE authenticated;
SELECT * FROM test.me;
SET SESSION AUTHORIZATION app;
SELECT * FROM test.me;
SET ROLE gate;
SELECT * FROM test.me;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.as_gate() RETURNS text LANGUAGE sql SECURITY DEFINER RETURN COALESCE(auth.user_id(), 'nobody') || ' in ' || current_user;
ALTER FUNCTION test.as_gate OWNER TO gate;
SET SESSION AUTHORIZATION app;
SELECT test.as_gate();
SET SESSION AUTHORIZATION gate;
SELECT test.as_gate();
-- The same session under another login, which only superusers can take: with the next statement it is another's.
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL SESSION AUTHORIZATION gate;
SELECT auth.user_id();
SET LOCAL SESSION AUTHORIZATION app;
SELECT auth.user_id();
SET LOCAL SESSION AUTHORIZATION gate;
SELECT auth.user_id();
ROLLBACK;
SELECT auth.user_id();
-- Within one statement too: between two expressions of a DO block that nothing else tells apart.
BEGIN;
DO $$
DECLARE
    as_gate text;
    as_app text;
    as_gate_again text;
BEGIN
    SET LOCAL SESSION AUTHORIZATION gate;
    as_gate := auth.user_id();
    SET LOCAL SESSION AUTHORIZATION app;
    as_app := auth.user_id();
    SET LOCAL SESSION AUTHORIZATION gate;
    as_gate_again := auth.user_id();
    RAISE NOTICE 'gate: %, app: %, gate again: %', as_gate, as_app, as_gate_again;
    SET LOCAL SESSION AUTHORIZATION app;
    as_app := auth.user_id();
    SET LOCAL SESSION AUTHORIZATION gate;
    as_gate := auth.user_id();
    SET LOCAL SESSION AUTHORIZATION DEFAULT;
    RAISE NOTICE 'app: %, gate: %, the superuser: %', as_app, as_gate, auth.user_id();
END $$;
ROLLBACK;
RESET request.jwt.claims;
REVOKE gate FROM app;
DROP FUNCTION test.as_gate;

-- A change acts at the next statement, and a rollback takes it back.
SELECT tenancy.configure('mode', NULL);
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SELECT auth.user_id();
SELECT tenancy.configure('mode', 'verified');
SELECT auth.user_id();
SAVEPOINT s;
SELECT tenancy.configure('mode', 'claims');
SELECT auth.user_id();
ROLLBACK TO s;
SELECT auth.user_id();
SELECT tenancy.configure('mode', 'gateway');
SELECT auth.user_id();
SELECT tenancy.configure('gateway_roles', 'postgres');
SELECT auth.user_id();
RELEASE s;
SELECT auth.user_id();
ROLLBACK;
SELECT auth.user_id();
-- In one that is repeatable too: its own changes count at once, those of others at its end.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SELECT auth.user_id();
\set done `psql -Xq -d :DBNAME -c "SELECT FROM tenancy.configure('mode', 'verified')"`
SELECT auth.user_id(), tenancy.setting('mode');
SAVEPOINT s;
INSERT INTO tenancy.config VALUES ('tenant_column', 'x');
SELECT auth.user_id(), tenancy.setting('mode');
ROLLBACK TO s;
COMMIT;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SELECT auth.user_id(), tenancy.setting('mode');
\set done `psql -Xq -d :DBNAME -c "SELECT FROM tenancy.configure('mode', NULL)"`
SELECT auth.user_id(), tenancy.setting('mode');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SELECT tenancy.configure('mode', 'verified');
SELECT auth.user_id(), tenancy.setting('mode');
ROLLBACK;

-- A row of rubbish is no reason to believe: everybody needs a token.
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
CREATE FUNCTION test.with_mode(mode text, OUT user_id text, OUT believed boolean, OUT mode_shown text) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tenancy.config;
    INSERT INTO tenancy.config VALUES ('mode', mode);
    SELECT auth.user_id(), tenancy.claims_believed(), w.mode INTO user_id, believed, mode_shown FROM tenancy.whoami() AS w;
END $$;
SELECT quote_literal(mode) AS mode, w.* FROM unnest('{"",Claims,"claims ",trust,verified,gateway,"null",claims}'::text[]) AS mode, LATERAL test.with_mode(mode) AS w;
-- Names that are near are no setting.
DELETE FROM tenancy.config;
INSERT INTO tenancy.config VALUES ('Mode', 'verified'), ('mode ', 'verified');
SELECT auth.user_id();
ROLLBACK;
-- Rows that are no roles believe nobody.
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
INSERT INTO tenancy.config VALUES ('mode', 'gateway');
INSERT INTO tenancy.gateway_role VALUES (0), (4000000000);
SELECT auth.user_id();
INSERT INTO tenancy.gateway_role VALUES (session_user::regrole);
SELECT auth.user_id();
ROLLBACK;
-- Without its tables the extension believes nobody, and says so.
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
ALTER TABLE tenancy.config RENAME TO hidden;
SELECT * FROM test.error('SELECT auth.user_id()');
ALTER TABLE tenancy.hidden RENAME TO config;
SELECT auth.user_id();
ROLLBACK;

SELECT setting FROM tenancy.status() WHERE changed;
SELECT tenancy.configure('gateway_roles', NULL);
SELECT setting FROM tenancy.status() WHERE changed;
SELECT tenancy.drop_issuer('https://issuer.example');
DROP FUNCTION test.callers;
DROP VIEW test.me;
DROP TABLE test.signed;
DROP ROLE gate, "Gate, two", later, superior;

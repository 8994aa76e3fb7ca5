-- auth.set_claims() and auth.logout(): the two ways to change who is calling, for the transaction.
\pset null '(null)'
CREATE ROLE stranger LOGIN;
CREATE ROLE superior LOGIN SUPERUSER;
CREATE VIEW test.me AS SELECT session_user AS login, current_user AS role, auth.user_id(), auth.tenant_id();
GRANT SELECT ON test.me TO PUBLIC;

SET SESSION AUTHORIZATION app;
-- A caller's transaction: the claims, and the database role with them.
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}');
SELECT * FROM test.me;
SELECT auth.jwt();
COMMIT;
-- Both end with it.
SELECT * FROM test.me;

-- A chosen tenant counts, whatever the claims name.
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme", "org_id": "org"}', 'beta');
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "ann"}', tenant => 'gamma');
SELECT * FROM test.me;
-- It is not remembered for the next caller: bob's claims name none, and he has none.
SELECT auth.set_claims('{"sub": "bob"}');
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "bob", "o": {"id": "delta", "slug": "d"}}', NULL);
SELECT * FROM test.me;
-- A tenant is text, whatever it looks like.
SELECT auth.set_claims('{}', '"}, {"sub": "eve');
SELECT * FROM test.me;
SELECT auth.jwt();
ROLLBACK;

-- A savepoint gives back the caller and the role there were.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SAVEPOINT before_bob;
SELECT auth.set_claims('{"sub": "bob"}', 'beta');
SELECT * FROM test.me;
ROLLBACK TO before_bob;
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "cid"}', 'gamma');
RELEASE before_bob;
SELECT * FROM test.me;
ROLLBACK;
BEGIN;
SAVEPOINT before_ann;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
ROLLBACK TO before_ann;
SELECT * FROM test.me;
ROLLBACK;

-- logout() forgets the caller, however the claims were set. The database role stays.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT auth.logout();
SELECT * FROM test.me;
ROLLBACK;
SET request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
BEGIN;
SELECT auth.set_claims('{"sub": "bob"}', 'beta');
SELECT auth.logout();
SELECT * FROM test.me;
-- A rollback undoes it.
ROLLBACK;
SELECT * FROM test.me;
BEGIN;
SELECT auth.set_claims('{"sub": "bob"}', 'beta');
SELECT auth.logout();
COMMIT;
-- Committed, it holds for the session: neither bob nor ann is back.
SELECT * FROM test.me;
-- Nobody may log out too.
SELECT auth.logout();
RESET request.jwt.claims;

-- What is refused, and what to do about it. Each time the session stays as it was: ann's.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT call, e.* FROM (VALUES
    ($$auth.set_claims(NULL)$$),
    ($$auth.set_claims('null')$$),
    ($$auth.set_claims('[]')$$),
    ($$auth.set_claims('"ann"')$$),
    ($$auth.set_claims('{"sub": "eve"}', '')$$),
    ($$auth.set_claims('{"sub": "eve"')$$),
    ($$auth.set_claims('{"sub": "eve", "a": "\u0000"}')$$),
    ($$auth.set_claims(jsonb_build_object('sub', 'eve', 'a', repeat('x', 65536)))$$),
    ($$auth.set_claims(jsonb_build_object('sub', 'eve'), repeat('x', 65536))$$),
    ($$auth.set_claims(jsonb_build_object('sub', 'eve', 'a', (repeat('[', 64) || repeat(']', 64))::jsonb))$$),
    ($$auth.set_claims('{"sub": "eve", "a": 1e400}')$$)) AS calls (call), test.error('SELECT ' || call) AS e;
SELECT * FROM test.me;
ROLLBACK;

-- A login that may not become authenticated can set nothing.
SET SESSION AUTHORIZATION stranger;
BEGIN;
SELECT * FROM test.error($$SELECT auth.set_claims('{"sub": "eve"}', 'acme')$$);
SELECT * FROM test.me;
ROLLBACK;
-- What counts is the login role: SECURITY DEFINER lends nobody the right.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.as_superuser() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$SELECT auth.set_claims('{"sub": "eve"}')$$;
SET SESSION AUTHORIZATION stranger;
BEGIN;
SELECT * FROM test.error('SELECT test.as_superuser()');
ROLLBACK;
-- A superuser may become anybody, and is a caller like others then.
SET SESSION AUTHORIZATION superior;
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT * FROM test.me;
ROLLBACK;

-- The role is the one that setting authenticated names.
RESET SESSION AUTHORIZATION;
BEGIN;
CREATE ROLE callers NOLOGIN;
GRANT callers TO app;
SELECT tenancy.configure('authenticated', 'callers');
SET LOCAL SESSION AUTHORIZATION app;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT * FROM test.me;
RESET ROLE;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
-- One that does not exist is an error.
SELECT tenancy.configure('authenticated', 'nowhere');
SELECT * FROM test.error($$SELECT auth.set_claims('{"sub": "ann"}', 'acme')$$);
ROLLBACK;

-- Nothing on a caller's path is taken for what the function calls.
SET SESSION AUTHORIZATION app;
BEGIN;
CREATE FUNCTION pg_temp.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'planted'$$;
CREATE FUNCTION pg_temp.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS $$SELECT 'object'$$;
CREATE TEMP TABLE pg_roles AS SELECT 'authenticated'::name AS rolname;
SET LOCAL search_path = pg_temp, pg_catalog, auth;
SELECT * FROM test.error($$SELECT auth.set_claims('[]')$$);
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT * FROM test.me;
ROLLBACK;

RESET SESSION AUTHORIZATION;
DROP FUNCTION test.as_superuser();
DROP VIEW test.me;
DROP ROLE stranger, superior;

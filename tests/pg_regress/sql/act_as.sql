-- tenancy.act_as(), act_as_anonymous(), act_as_myself(): an administrator's tests speak for callers, for the transaction.
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE superior LOGIN SUPERUSER;
CREATE ROLE deputy LOGIN;
CREATE VIEW test.me AS SELECT session_user AS login, current_user AS role, auth.user_id(), auth.tenant_id(), auth.roles();
GRANT SELECT ON test.me TO PUBLIC;
CREATE TABLE test.notes (tenant_id text NOT NULL, body text);
INSERT INTO test.notes VALUES ('acme', 'a'), ('acme', 'b'), ('beta', 'c');
SELECT count(*) > 0 AS protected FROM tenancy.protect('test.notes', write => '{admin}');
SELECT tenancy.define_role('auditor', '{notes.read}');
SET SESSION AUTHORIZATION superior;

-- Without acting a superuser sees everything; as ann only what is ann's.
BEGIN;
SELECT * FROM test.notes ORDER BY body;
SELECT tenancy.act_as('ann', 'acme');
SELECT * FROM test.me;
SELECT * FROM test.notes ORDER BY body;
SELECT * FROM test.error('INSERT INTO test.notes (body) VALUES (''d'')');
-- Another caller, while acting.
SELECT tenancy.act_as('bob', 'beta', '{admin}');
SELECT * FROM test.me;
INSERT INTO test.notes (body) VALUES ('d');
SELECT * FROM test.notes ORDER BY body;
SELECT * FROM test.error('INSERT INTO test.notes VALUES (''acme'', ''e'')');
UPDATE test.notes SET body = body || '!' WHERE tenant_id = 'acme';
-- Nobody.
SELECT tenancy.act_as_anonymous();
SELECT * FROM test.me;
SELECT auth.jwt();
SELECT * FROM test.error('SELECT * FROM test.notes');
-- And who it was that logged in.
SELECT tenancy.act_as_myself();
SELECT * FROM test.me;
SELECT auth.jwt();
SELECT * FROM test.notes ORDER BY body;
-- The negative step: with a policy that lets through what it should not, it is seen.
SELECT tenancy.unprotect('test.notes') IS NOT NULL AS unprotected \g /dev/null
ALTER TABLE test.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY oops ON test.notes USING (true);
GRANT SELECT ON test.notes TO authenticated;
SELECT tenancy.act_as('ann', 'acme');
SELECT * FROM test.notes ORDER BY body;
ROLLBACK;
-- All of it ends with the transaction.
SELECT * FROM test.me;

-- Claims besides sub; the tenant that they name; roles that take the place of theirs, with the permissions that are defined.
BEGIN;
SELECT tenancy.act_as('ann', claims => '{"sub": "eve", "tenant_id": "acme", "email": "ann@example.com", "roles": ["auditor"], "permissions": ["notes.write"]}');
SELECT *, auth.email(), auth.permissions() FROM test.me;
SELECT auth.jwt();
SELECT tenancy.act_as('ann', NULL, '{admin,auditor}', '{"tenant_id": "acme", "roles": ["viewer"], "permissions": ["notes.write"]}');
SELECT *, auth.has_role('viewer'), auth.has_permission('notes.read'), auth.has_permission('notes.write') FROM test.me;
SELECT tenancy.act_as('ann', NULL, '{}', '{"tenant_id": "acme", "roles": ["viewer"], "permissions": ["notes.write"]}');
SELECT *, auth.permissions() FROM test.me;
-- In a tenant that the claims do not name, too.
SELECT tenancy.act_as('ann', 'beta', '{auditor}', '{"tenant_id": "acme", "roles": ["viewer"]}');
SELECT *, auth.permissions() FROM test.me;
-- Without a tenant there are none.
SELECT tenancy.act_as('ann', NULL, '{auditor}');
SELECT * FROM test.me;
SELECT sees_nothing_because FROM tenancy.whoami();
-- As Clerk writes claims.
SELECT tenancy.act_as('user_1', claims => '{"v": 2, "o": {"id": "org_1", "rol": "admin"}}');
SELECT *, auth.has_role('admin') FROM test.me;
SELECT tenancy.act_as('user_1', 'org_2', '{auditor}', '{"v": 2, "o": {"id": "org_1", "rol": "admin"}}');
SELECT *, auth.has_role('admin'), auth.has_role('org:auditor'), auth.permissions() FROM test.me;
SELECT tenancy.act_as('user_1', NULL, NULL, '{"v": 2, "sts": "pending", "o": {"id": "org_1", "rol": "admin"}}');
SELECT * FROM test.me;
-- Odd names are names.
SELECT tenancy.act_as(E'o''neil"\n\\', E'a"\n,b', ARRAY[E'x"\n,y', '{z}', 'null']);
SELECT * FROM test.me;
SELECT auth.jwt();
ROLLBACK;

-- Savepoints, and blocks that fail, give back whom it acted as before.
BEGIN;
SELECT tenancy.act_as('ann', 'acme', '{admin}');
SAVEPOINT s;
SELECT tenancy.act_as('bob', 'beta');
SELECT * FROM test.me;
ROLLBACK TO s;
SELECT * FROM test.me;
SELECT tenancy.act_as_myself();
SELECT * FROM test.me;
ROLLBACK TO s;
SELECT * FROM test.me;
DO $$
BEGIN
    BEGIN
        PERFORM tenancy.act_as('bob', 'beta');
        RAISE NOTICE 'inside: %', auth.user_id();
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN
        RAISE NOTICE 'in the handler: %, %, %', auth.user_id(), auth.roles(), current_user;
    END;
    PERFORM tenancy.act_as('cid', 'beta');
END $$;
SELECT * FROM test.me;
RELEASE s;
SELECT * FROM test.me;
SELECT tenancy.act_as('dan', 'acme');
COMMIT;
SELECT * FROM test.me;
BEGIN;
SAVEPOINT s;
SELECT tenancy.act_as('ann', 'acme');
ROLLBACK TO s;
SELECT * FROM test.me;
COMMIT;

-- What says who is calling for good ends it.
BEGIN;
SELECT tenancy.act_as('ann', 'acme', '{admin}');
SELECT auth.set_claims('{"sub": "bob", "tenant_id": "beta", "roles": ["viewer"]}');
SELECT * FROM test.me;
-- (And then the current role is not the administrator's.)
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'')');
SELECT tenancy.act_as_myself();
SELECT tenancy.act_as('ann', 'acme', '{admin}');
SELECT auth.logout();
SELECT * FROM test.me;
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'')');
ROLLBACK;
-- A choice among the caller's own tenants.
BEGIN;
SELECT tenancy.act_as('ann', claims => '{"tenant_id": "acme"}');
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
SELECT code, message FROM test.error('SELECT auth.use_tenant(''beta'')');
ROLLBACK;

-- What is refused.
BEGIN;
SELECT tenancy.act_as('ann', 'acme');
SELECT call, e.* FROM (VALUES
    ($$act_as(NULL)$$),
    ($$act_as('')$$),
    ($$act_as('eve', '')$$),
    ($$act_as('eve', roles => '{admin,NULL}')$$),
    ($$act_as('eve', roles => '{admin,""}')$$),
    ($$act_as('eve', roles => '{{admin},{viewer}}')$$),
    ($$act_as('eve', claims => NULL)$$),
    ($$act_as('eve', claims => '[]')$$),
    ($$act_as('eve', claims => jsonb_build_object('a', repeat('x', 65536)))$$),
    ($$act_as('eve', claims => jsonb_build_object('a', (repeat('[', 64) || repeat(']', 64))::jsonb))$$),
    ($$act_as('eve', roles => ARRAY[repeat('x', 65536)])$$),
    ($$act(NULL, '[]')$$),
    ($$act(NULL, 'eve')$$)) AS calls (call), test.error('SELECT tenancy.' || call) AS e;
-- Each time it still acts as ann.
SELECT * FROM test.me;
-- A tenant that another is pinned against.
SELECT tenancy.act_as_myself();
SELECT tenancy.configure('pinned_tenant', 'beta');
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'', ''acme'')');
SELECT tenancy.act_as('ann', 'beta');
SELECT * FROM test.me;
-- Roles that are not there.
SELECT tenancy.act_as_myself();
SELECT tenancy.configure('authenticated', 'nowhere'), tenancy.configure('anonymous', 'no"where');
SELECT call, e.* FROM (VALUES ($$act_as('ann')$$), ($$act_as_anonymous()$$)) AS calls (call), test.error('SELECT tenancy.' || call) AS e;
SELECT * FROM test.me;
ROLLBACK;

-- Whoever has the rights of the administrator may, as far as they may take the role.
RESET SESSION AUTHORIZATION;
SELECT format('GRANT %s TO deputy', tenancy.administrator()::regrole) \gexec
BEGIN;
SET LOCAL SESSION AUTHORIZATION deputy;
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'', ''acme'')');
SET LOCAL SESSION AUTHORIZATION DEFAULT;
GRANT authenticated TO deputy;
SET LOCAL SESSION AUTHORIZATION deputy;
SELECT tenancy.act_as('ann', 'acme');
SELECT * FROM test.me;
SELECT * FROM test.notes ORDER BY body;
SELECT tenancy.act_as('bob', 'beta');
SELECT * FROM test.me;
ROLLBACK;

-- Nobody else, with whatever rights they are lent.
CREATE FUNCTION test.as_administrator() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$SELECT tenancy.act_as('eve', 'acme', '{admin}')$$;
CREATE FUNCTION test.act_as_administrator() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT tenancy.act('{admin}', '{"sub": "eve", "tenant_id": "acme"}')$$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT call, e.* FROM (VALUES ('tenancy.act_as(''eve'', ''acme'')'), ('tenancy.act_as_anonymous()'), ('tenancy.act(NULL, ''{}'')'), ('tenancy.act(NULL, NULL)'),
    ('test.as_administrator()'), ('test.act_as_administrator()')) AS calls (call), test.error('SELECT ' || call) AS e;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}');
SELECT code FROM test.error('SELECT tenancy.act_as(''eve'', ''beta'')');
SELECT * FROM test.me;
-- These end what they have not begun: nothing.
SELECT tenancy.stop_acting();
SELECT * FROM test.me;
SELECT tenancy.act_as_myself();
SELECT * FROM test.me;
ROLLBACK;
-- An administrator's session in another role, where anybody's code may run: it must not begin there.
SET SESSION AUTHORIZATION superior;
BEGIN;
SET LOCAL ROLE app;
SELECT * FROM test.error('SELECT tenancy.act_as(''eve'', ''acme'')');
ROLLBACK;

-- Nothing on a path is taken for what the functions call.
BEGIN;
CREATE FUNCTION pg_temp.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'planted'$$;
CREATE FUNCTION pg_temp.pg_has_role(name, name, text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$;
SET LOCAL search_path = pg_temp, pg_catalog, auth;
SELECT tenancy.act_as('ann', 'acme');
SELECT * FROM test.me;
ROLLBACK;
RESET SESSION AUTHORIZATION;
DROP FUNCTION test.as_administrator, test.act_as_administrator;
DROP VIEW test.me;
DROP TABLE test.notes;
SELECT tenancy.define_role('auditor', NULL);
DROP ROLE superior, deputy;

-- native only
-- auth.use_tenant(), the tenant of auth.login() and auth.set_claims(), and the checks for functions and triggers:
-- auth.require_tenant(), auth.require_role(), auth.require_permission().
\pset null '(null)'
CREATE SCHEMA org;
CREATE TABLE org.member (user_id text, tenant_id text, role text);
CREATE INDEX ON org.member (user_id);
INSERT INTO org.member VALUES ('ann', 'acme', 'admin'), ('ann', 'beta', 'viewer'), ('bob', 'beta', 'owner'), ('bob', 'gamma', 'viewer'), ('uma', 'aaaaaaaa-0000-0000-0000-00000000000a', 'owner'), ('uma', 'other', NULL);
CREATE TABLE org.note (id int PRIMARY KEY, tenant_id text NOT NULL);
INSERT INTO org.note VALUES (1, 'acme'), (2, 'beta'), (3, 'gamma');
SET client_min_messages = warning;
SELECT count(*) > 0 AS protected FROM tenancy.protect('org.note');
RESET client_min_messages;
CREATE VIEW test.me WITH (security_invoker) AS
    SELECT current_user AS role, auth.user_id(), auth.tenant_id(), auth.roles(), (SELECT string_agg(id::text, ',' ORDER BY id) FROM org.note) AS notes, tenancy.tenant_problem();
GRANT SELECT ON test.me TO PUBLIC;
GRANT USAGE ON SCHEMA org TO PUBLIC;
-- What comes of a choice that is set by hand, and of a check.
CREATE FUNCTION test.choosing(choice text, OUT tenant_id text, OUT notes text, OUT tenant_problem text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pg_tenancy.tenant', choice, true);
    SELECT m.tenant_id, m.notes, m.tenant_problem INTO tenant_id, notes, tenant_problem FROM test.me AS m;
END $$;
CREATE FUNCTION test.check(claims text, call text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    SELECT e.* INTO code, message, detail, hint FROM test.error('SELECT auth.' || call) AS e;
END $$;

-- Without a table of members: claims that name one tenant, or list several.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}');
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
SELECT tenant, e.* FROM unnest('{beta,ACME," acme",""}'::text[]) AS tenant, test.error(format('SELECT auth.use_tenant(%L)', tenant)) AS e;
SELECT * FROM test.error('SELECT auth.use_tenant(NULL)');
SELECT * FROM test.me;
-- set_claims() takes any: whoever says who is calling says where, too.
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}', 'beta');
SELECT * FROM test.me;
-- But use_tenant() does not, and the choice stays as it was.
SELECT code, detail FROM test.error($$SELECT auth.use_tenant('gamma')$$);
SELECT * FROM test.me;
ROLLBACK;
-- Descope lists tenants and marks one, or none, as the active one; Keycloak lists organizations.
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "dct": "acme", "tenants": {"acme": {"roles": ["admin"]}, "beta": {"roles": ["viewer"]}}}');
SELECT * FROM test.me;
SELECT auth.use_tenant('beta');
SELECT * FROM test.me;
SELECT code, message, detail, hint FROM test.error($$SELECT auth.use_tenant('gamma')$$);
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
ROLLBACK;
RESET SESSION AUTHORIZATION;
\set keys `$REPO/tests/lib/token jwks ed1`
\set descope `$REPO/tests/lib/token sign ed1 '{"iss": "https://descope.example", "sub": "ann", "tenants": {"acme": {"roles": ["admin"]}, "beta": {"roles": ["viewer"]}}}'`
\set keycloak `$REPO/tests/lib/token sign ed1 '{"iss": "https://keycloak.example", "sub": "ann", "organization": {"acme": {"id": "AAAAAAAA-0000-0000-0000-00000000000A"}, "b": {"id": "beta"}, "c": {}}}'`
\set plain `$REPO/tests/lib/token sign ed1 '{"iss": "https://plain.example", "sub": "ann"}'`
\set plain_bob `$REPO/tests/lib/token sign ed1 '{"iss": "https://plain.example", "sub": "bob", "tenant_id": "gamma"}'`
\set other_ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://other.example", "sub": "ann"}'`
SELECT tenancy.add_issuer('https://descope.example', :'keys', NULL, 'descope'), tenancy.add_issuer('https://keycloak.example', :'keys', NULL, 'keycloak'),
    tenancy.add_issuer('https://plain.example', :'keys', NULL, 'plain'), tenancy.add_issuer('https://other.example', :'keys', NULL, 'plain');
CREATE FUNCTION test.login(token text, tenant text DEFAULT NULL, OUT code text, OUT message text, OUT detail text, OUT hint text)
    LANGUAGE sql AS $$SELECT * FROM test.error(format('SELECT auth.login(%L, %L)', token, tenant))$$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'descope');
SELECT *, auth.tenant_ids() FROM test.me;
SELECT auth.use_tenant('beta');
SELECT * FROM test.me;
SELECT code, message, detail, hint FROM test.error($$SELECT auth.use_tenant('gamma')$$);
SELECT * FROM test.me;
SELECT auth.login(:'descope', 'acme');
SELECT * FROM test.me;
SELECT * FROM test.login(:'descope', 'gamma');
SELECT * FROM test.me;
SELECT auth.login(:'keycloak');
SELECT *, auth.tenant_ids() FROM test.me;
-- A uuid in either case; the tenant is written as it is listed.
SELECT auth.use_tenant('aaaaaaaa-0000-0000-0000-00000000000a');
SELECT auth.tenant_id(), auth.tenant_uuid();
SELECT auth.use_tenant('beta');
SELECT * FROM test.me;
SELECT tenant, code, detail FROM unnest('{b,c,acme,aaaaaaaa000000000000-00000000000a}'::text[]) AS tenant, test.error(format('SELECT auth.use_tenant(%L)', tenant));
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- With a table of members: any of the caller's tenants there, by claims and by token.
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id', 'role');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}');
SELECT * FROM test.me;
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
SELECT auth.use_tenant('beta');
SELECT * FROM test.me;
SELECT code, message, detail, hint FROM test.error($$SELECT auth.use_tenant('gamma')$$);
SELECT * FROM test.me;
SELECT e.* FROM test.error($$SELECT auth.set_claims('{"sub": "ann"}', 'gamma')$$) AS e;
SELECT e.* FROM test.error($$SELECT auth.set_claims('{"sub": "bob"}', 'acme')$$) AS e;
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "bob", "tenant_id": "beta"}', 'gamma');
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "uma"}', 'AAAAAAAA-0000-0000-0000-00000000000A');
SELECT * FROM test.me;
SELECT auth.use_tenant('other');
SELECT auth.use_tenant('aaaaaaaa-0000-0000-0000-00000000000A');
SELECT * FROM test.me;
SELECT auth.login(:'plain', 'beta');
SELECT * FROM test.me;
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
-- Its own tenants, of which the table knows nothing more, do not count.
SELECT * FROM test.login(:'descope', 'gamma');
SELECT * FROM test.login(:'keycloak', 'AAAAAAAA-0000-0000-0000-00000000000A');
SELECT * FROM test.login(:'plain_bob', 'acme');
SELECT * FROM test.me;
-- Nobody, and who is no member, chooses nothing.
SELECT auth.logout();
SELECT * FROM test.error($$SELECT auth.use_tenant('acme')$$);
SELECT auth.set_claims('{"sub": "dan", "tenant_id": "acme"}');
SELECT * FROM test.error($$SELECT auth.use_tenant('acme')$$);
SELECT auth.set_claims('{"sub": "ann", "banned": true}');
SELECT * FROM test.error($$SELECT auth.use_tenant('acme')$$);
ROLLBACK;
-- Outside a transaction block it would be forgotten at once.
SELECT auth.use_tenant('acme');
\echo :LAST_ERROR_SQLSTATE
SET request.jwt.claims = '{"sub": "ann"}';
SELECT auth.use_tenant('acme');
\echo :LAST_ERROR_SQLSTATE
BEGIN;
SELECT auth.use_tenant('acme');
SELECT auth.tenant_id();
COMMIT;
SELECT auth.tenant_id(), current_setting('pg_tenancy.tenant') AS choice;
RESET request.jwt.claims;

-- The choice is one caller's: not another's of the same transaction, not the same name's of another issuer.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'beta');
SELECT set_config('request.jwt.claims', '{"sub": "bob"}', true);
SELECT * FROM test.me;
SELECT set_config('request.jwt.claims', '{"sub": "ann", "iss": "https://else.example"}', true);
SELECT * FROM test.me;
SELECT set_config('request.jwt.claims', '{"sub": "ann"}', true);
SELECT * FROM test.me;
SELECT auth.login(:'plain', 'acme');
SELECT set_config('pg_tenancy.token', :'other_ann', true) <> '' AS other_ann;
SELECT * FROM test.me;
SELECT set_config('pg_tenancy.token', :'plain', true) <> '' AS ann;
SELECT * FROM test.me;
-- set_claims() and login() without a tenant take back the choice, logout() too.
SELECT auth.login(:'plain');
SELECT * FROM test.me;
SELECT auth.use_tenant('acme');
SELECT auth.logout();
SELECT current_setting('pg_tenancy.tenant') AS choice;
ROLLBACK;
-- A rollback to a savepoint gives back the choice there was.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'beta');
SAVEPOINT s;
SELECT auth.use_tenant('acme');
SELECT * FROM test.me;
ROLLBACK TO s;
SELECT * FROM test.me;
SELECT auth.use_tenant('gamma');
ROLLBACK TO s;
SELECT * FROM test.me;
SELECT auth.use_tenant('acme');
RELEASE s;
SELECT * FROM test.me;
ROLLBACK;
SELECT auth.tenant_id();

-- The parameter beneath, set by hand, gains nothing: a tenant of the caller's, or none.
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}');
SELECT left(choice, 70) AS choice, m.* FROM unnest(ARRAY[
    '{"tenant": "beta", "user": "ann", "issuer": null}', '{"tenant": "beta", "user": "ann"}', '{"tenant": "gamma", "user": "ann", "issuer": null}', '{"tenant": "gamma", "user": "bob", "issuer": null}',
    '{"tenant": ["beta"], "user": "ann"}', '{"tenant": "", "user": "ann"}', '{"tenant": null, "user": "ann"}', '{"tenant": "beta", "user": ["ann"]}', '{"tenant": "beta"}',
    '{"tenant": "beta", "user": "ann", "tenant": "gamma"}', 'beta', '"beta"', '["beta"]', '{', '{"tenant": "gamma", "user": "ann"} x', repeat('[', 5000), '{"tenant": "' || repeat('x', 1048576) || '", "user": "ann"}',
    '{"tenant": "' || repeat('x', 5000) || '", "user": "ann"}', E'\\', '']) AS choice, test.choosing(choice) AS m;
ROLLBACK;
BEGIN;
SELECT auth.login(:'plain_bob');
SET LOCAL pg_tenancy.tenant = '{"tenant": "acme", "user": "bob", "issuer": "https://plain.example"}';
SELECT * FROM test.me;
SET LOCAL pg_tenancy.tenant = '{"tenant": "beta", "user": "bob", "issuer": "https://plain.example"}';
SELECT * FROM test.me;
SET LOCAL pg_tenancy.tenant = '{"tenant": "beta", "user": "bob", "issuer": "https://plain.example/"}';
SELECT * FROM test.me;
ROLLBACK;

-- The checks, and what they say. Roles and permissions are asked for as in has_role() and has_permission().
BEGIN;
SELECT who, call, e.code, e.message, e.detail FROM (VALUES ('ann in acme', '{"sub": "ann", "tenant_id": "acme"}'), ('ann anywhere', '{"sub": "ann"}'), ('uma in other', '{"sub": "uma", "tenant_id": "other"}'), ('nobody', '')) AS c (who, claims),
    unnest(ARRAY['require_tenant()', $$require_role('viewer', 'org:admin')$$, $$require_role('owner', 'x')$$, $$require_role(NULL, 'owner')$$, $$require_permission('x.y', 'members.invite')$$, $$require_permission('x.y')$$]) AS call,
    test.check(claims, call) AS e;
SELECT call, e.code, e.message FROM unnest(ARRAY['require_role(NULL)', 'require_role(VARIADIC NULL)', $$require_role(VARIADIC '{}')$$, 'require_permission(NULL)', 'require_permission(VARIADIC NULL)', $$require_permission(VARIADIC '{}')$$]) AS call, test.check('{"sub": "bob", "tenant_id": "beta"}', call) AS e;
\x
SELECT call, e.* FROM unnest(ARRAY['require_tenant()', $$require_role('owner')$$, $$require_permission('x.y')$$]) AS call, test.check('{"sub": "ann", "tenant_id": "gamma"}', call) AS e;
\x
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}');
SELECT auth.require_tenant(), auth.require_role('viewer', 'org:admin'), auth.require_permission('x.y', 'members.invite');
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- In a function and in a trigger: what is refused there has not happened.
CREATE FUNCTION org.archive(which int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    PERFORM auth.require_permission('members.remove');
    DELETE FROM org.note WHERE id = which;
    RETURN which;
END $$;
CREATE FUNCTION org.check_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM auth.require_role('admin');
    NEW.tenant_id := auth.require_tenant();
    RETURN NEW;
END $$;
CREATE TRIGGER check_note BEFORE INSERT ON org.note FOR EACH ROW EXECUTE FUNCTION org.check_note();
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
INSERT INTO org.note VALUES (11, 'beta') RETURNING *;
SELECT org.archive(1);
SELECT notes FROM test.me;
SELECT auth.use_tenant('beta');
SELECT code, message, detail FROM test.error('INSERT INTO org.note VALUES (12)');
SELECT code, message, detail FROM test.error('SELECT org.archive(2)');
SELECT notes FROM test.me;
SELECT auth.logout();
SELECT code, message, detail FROM test.error('INSERT INTO org.note VALUES (13)');
ROLLBACK;

-- Nothing on a caller's path is taken for what these call.
BEGIN;
CREATE FUNCTION pg_temp.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'planted'$$;
CREATE FUNCTION pg_temp.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS $$SELECT auth.tenant_id()$$;
CREATE FUNCTION pg_temp.jsonb_build_object(VARIADIC text[]) RETURNS jsonb LANGUAGE sql AS $$SELECT '{"tenant": "gamma", "user": "ann"}'::jsonb$$;
SET LOCAL search_path = pg_temp, pg_catalog, auth;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT code, message FROM test.error($$SELECT auth.use_tenant('gamma')$$);
SELECT auth.use_tenant('beta');
SELECT tenant_id FROM test.me;
ROLLBACK;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT tenancy.drop_members(), tenancy.drop_issuer('https://descope.example'), tenancy.drop_issuer('https://keycloak.example'), tenancy.drop_issuer('https://plain.example'), tenancy.drop_issuer('https://other.example');
DROP VIEW test.me;
DROP FUNCTION test.login, test.choosing, test.check;
DROP SCHEMA org CASCADE;

-- native only
-- Setting pinned_tenant: this database serves one tenant, whoever calls and however they say where they belong.
\pset null '(null)'
CREATE SCHEMA org;
GRANT USAGE ON SCHEMA org TO PUBLIC;
CREATE TABLE org.member (user_id text, tenant_id text, role text);
CREATE INDEX ON org.member (user_id);
INSERT INTO org.member VALUES ('ann', 'acme', 'admin'), ('bob', 'beta', 'owner'), ('cid', 'acme', 'viewer'), ('cid', 'beta', 'owner'), ('cid', 'gamma', 'owner');
CREATE TABLE org.note (id int PRIMARY KEY, tenant_id text NOT NULL);
INSERT INTO org.note VALUES (1, 'acme'), (2, 'beta'), (3, 'gamma');
CREATE ROLE support NOLOGIN;
CREATE ROLE helper LOGIN IN ROLE support;
GRANT SELECT ON org.note TO support;
SET client_min_messages = warning;
SELECT tenancy.configure('staff_roles', 'support');
SELECT count(*) > 0 AS protected FROM tenancy.protect('org.note');
RESET client_min_messages;
CREATE VIEW test.me WITH (security_invoker) AS SELECT auth.user_id(), auth.tenant_id(), auth.tenant_ids(), auth.roles(), auth.permissions(), (SELECT string_agg(id::text, ',' ORDER BY id) FROM org.note) AS notes, tenancy.tenant_problem();
GRANT SELECT ON test.me TO PUBLIC;
CREATE FUNCTION test.as(claims text, tenant text DEFAULT NULL, OUT tenant_id text, OUT tenant_ids text[], OUT roles text[], OUT permissions text[], OUT notes text, OUT tenant_problem text)
    LANGUAGE plpgsql SET role = authenticated AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true), set_config('pg_tenancy.tenant', CASE WHEN tenant IS NULL THEN '' ELSE jsonb_build_object('tenant', tenant, 'user', claims::jsonb ->> 'sub')::text END, true);
    SELECT m.tenant_id, m.tenant_ids, m.roles, m.permissions, m.notes, m.tenant_problem INTO tenant_id, tenant_ids, roles, permissions, notes, tenant_problem FROM test.me AS m;
END $$;

-- By claims: the tenant that is pinned, or none. Claims that name none have none, even so.
SELECT tenancy.configure('pinned_tenant', 'acme');
SELECT setting, value, changed FROM tenancy.status() WHERE setting = 'pinned_tenant';
SELECT claims, m.* FROM unnest(ARRAY['{"sub": "ann", "tenant_id": "acme", "roles": ["viewer"]}', '{"sub": "bob", "tenant_id": "beta", "roles": ["owner"]}', '{"sub": "ann", "tenant_id": "ACME"}', '{"sub": "ann"}',
    '{"sub": "cid", "tenants": {"acme": {"roles": ["admin"]}, "beta": {}}, "dct": "beta"}', '{"sub": "cid", "tenants": {"acme": {}, "beta": {}}, "dct": "acme"}', '{}']) AS claims, test.as(claims) AS m;
-- A choice gets nobody past it.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SELECT * FROM test.me;
SELECT * FROM test.error($$SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme"}', 'beta')$$);
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "beta"}', 'acme');
SELECT * FROM test.me;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "beta"}');
SELECT * FROM test.error($$SELECT auth.use_tenant('beta')$$);
SELECT code, message, detail FROM test.error($$SELECT auth.use_tenant('acme')$$);
SELECT code, message, detail FROM test.error($$SELECT auth.require_tenant()$$);
SELECT code, message FROM test.error($$INSERT INTO org.note VALUES (9, 'beta')$$);
SELECT code, message FROM test.error($$INSERT INTO org.note VALUES (9, 'acme')$$);
SELECT user_id, tenant_id, sees_nothing_because FROM tenancy.whoami();
ROLLBACK;
-- Callers do not choose what is pinned.
SELECT code, message FROM test.error($$SELECT tenancy.configure('pinned_tenant', 'beta')$$);
SELECT code, message FROM test.error($$SELECT tenancy.configure('pinned_tenant', NULL)$$);
RESET SESSION AUTHORIZATION;

-- By membership: of a caller's tenants the one that is pinned is the only one.
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id', 'role');
SELECT claims, tenant, m.* FROM (VALUES ('{"sub": "ann"}', NULL), ('{"sub": "bob"}', NULL), ('{"sub": "cid"}', NULL), ('{"sub": "cid", "tenant_id": "acme"}', NULL), ('{"sub": "cid", "tenant_id": "beta"}', NULL),
    ('{"sub": "cid"}', 'acme'), ('{"sub": "cid"}', 'beta'), ('{"sub": "cid", "tenant_id": "acme"}', 'beta'), ('{"sub": "bob"}', 'acme'), ('{"sub": "dan"}', NULL), ('{"sub": "dan", "tenant_id": "acme"}', NULL)) AS c (claims, tenant), test.as(claims, tenant) AS m;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "cid"}', 'acme');
SELECT code, message, detail FROM test.error($$SELECT auth.use_tenant('beta')$$);
SELECT auth.use_tenant('acme');
SELECT code, message, detail FROM test.error($$SELECT auth.set_claims('{"sub": "bob"}', 'beta')$$);
SELECT code, message, detail FROM test.error($$SELECT auth.set_claims('{"sub": "bob"}', 'acme')$$);
SELECT * FROM test.me;
ROLLBACK;
RESET SESSION AUTHORIZATION;
-- require_membership off lets in who is no member, to that tenant alone.
BEGIN;
SELECT tenancy.configure('require_membership', 'off');
SELECT claims, m.* FROM unnest(ARRAY['{"sub": "dan", "tenant_id": "acme", "roles": ["viewer"]}', '{"sub": "dan", "tenant_id": "beta"}', '{"sub": "bob", "tenant_id": "acme"}', '{"sub": "bob"}']) AS claims, test.as(claims) AS m;
ROLLBACK;

-- By token, with members and without.
\set keys `$REPO/tests/lib/token jwks ed1`
\set ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "acme"}'`
\set bob `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "bob", "tenant_id": "beta"}'`
\set cid `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "cid", "tenant_id": "beta"}'`
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL, 'plain');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SELECT auth.login(:'bob');
SELECT * FROM test.me;
SELECT auth.login(:'cid');
SELECT * FROM test.me;
SELECT auth.login(:'cid', 'acme');
SELECT * FROM test.me;
SELECT who, e.code, e.message, e.detail FROM (VALUES ('ann', :'ann', 'beta'), ('bob', :'bob', 'beta'), ('bob', :'bob', 'acme'), ('cid', :'cid', 'beta')) AS t (who, token, tenant), test.error(format('SELECT auth.login(%L, %L)', token, tenant)) AS e;
RESET SESSION AUTHORIZATION;
SELECT tenancy.drop_members();
SET LOCAL SESSION AUTHORIZATION app;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SELECT auth.login(:'bob');
SELECT * FROM test.me;
SELECT who, e.code, e.message, e.detail FROM (VALUES ('ann', :'ann', 'acme'), ('bob', :'bob', 'beta'), ('bob', :'bob', 'acme')) AS t (who, token, tenant), test.error(format('SELECT auth.login(%L, %L)', token, tenant)) AS e;
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- Staff are not bound, callers who are nobody see nothing.
BEGIN;
SET LOCAL SESSION AUTHORIZATION helper;
SELECT count(*) FROM org.note;
SELECT bound, sees_nothing_because FROM tenancy.whoami();
SET LOCAL SESSION AUTHORIZATION app;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM org.note;
ROLLBACK;

-- It acts at the next statement, and so does its end; a rollback takes it back.
BEGIN;
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "ann"}');
SELECT tenancy.configure('pinned_tenant', 'beta');
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "ann"}');
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "cid"}');
SELECT tenancy.configure('pinned_tenant', NULL);
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "cid"}');
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "bob"}');
ROLLBACK;
SELECT value FROM tenancy.status() WHERE setting = 'pinned_tenant';
-- A tenant that nobody belongs to closes the database.
BEGIN;
SELECT tenancy.configure('pinned_tenant', 'nobody''s');
SELECT tenant_id, notes, tenant_problem FROM test.as('{"sub": "cid"}');
SELECT * FROM test.error($$SELECT tenancy.configure('pinned_tenant', '')$$);
ROLLBACK;

-- A tenant that is a uuid is the same in either case, wherever it is written so; it shows as the table of members has it.
BEGIN;
INSERT INTO org.member VALUES ('uma', 'aaaaaaaa-0000-0000-0000-00000000000a', 'owner'), ('uma', 'aaaaaaaa-0000-0000-0000-00000000000b', 'owner');
SELECT tenancy.configure('pinned_tenant', 'AAAAAAAA-0000-0000-0000-00000000000A');
SELECT claims, tenant, m.tenant_id, m.tenant_ids, m.tenant_problem FROM (VALUES ('{"sub": "uma"}', NULL), ('{"sub": "uma", "tenant_id": "Aaaaaaaa-0000-0000-0000-00000000000a"}', NULL), ('{"sub": "uma"}', 'aaaaaaaa-0000-0000-0000-00000000000A'),
    ('{"sub": "uma"}', 'aaaaaaaa-0000-0000-0000-00000000000b'), ('{"sub": "ann"}', NULL)) AS c (claims, tenant), test.as(claims, tenant) AS m;
SELECT tenancy.drop_members();
SELECT claims, m.tenant_id, m.tenant_ids, m.tenant_problem FROM unnest(ARRAY['{"sub": "uma", "tenant_id": "Aaaaaaaa-0000-0000-0000-00000000000a"}', '{"sub": "uma", "tenant_id": "aaaaaaaa-0000-0000-0000-00000000000b"}', '{"sub": "uma", "tenant_id": "aaaaaaaa00000000000000000000000a"}']) AS claims, test.as(claims) AS m;
-- A number is its one written form.
SELECT tenancy.configure('pinned_tenant', '7');
SELECT claims, m.tenant_id, m.tenant_problem FROM unnest(ARRAY['{"tenant_id": 7}', '{"tenant_id": "7"}', '{"tenant_id": "07"}', '{"tenant_id": 7.0}', '{"tenant_id": 8}']) AS claims, test.as(claims) AS m;
ROLLBACK;

SET client_min_messages = warning;
SELECT tenancy.configure('pinned_tenant', NULL), tenancy.drop_members(), tenancy.drop_issuer('https://issuer.example');
DROP VIEW test.me;
DROP FUNCTION test.as;
DROP SCHEMA org CASCADE;
SELECT tenancy.configure('staff_roles', NULL);
DROP ROLE helper, support;

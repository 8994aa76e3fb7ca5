-- native only
-- packs/members.sql: the story of two tenants and their people, through every function; the attacks are in
-- pack_members_attacks. A plain owner of a database runs the pack; everybody else is a caller of the login app.
\pset format unaligned
\pset null NULL
\pset footer off
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE pack_owner LOGIN;
CREATE DATABASE pack_members OWNER pack_owner TEMPLATE template0;
\set pack `cat "$REPO/packs/members.sql"`
\connect pack_members pack_owner
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
\o /dev/null
BEGIN;
:pack
COMMIT;
\o

-- Everything callers may call runs with its owner's rights and a fixed search_path; nobody else may call anything.
SELECT p.proname, p.prosecdef AS definer, p.proconfig AS settings, array_to_string(p.proacl, ' ') AS rights
FROM pg_proc p WHERE p.pronamespace = 'members'::regnamespace ORDER BY 2 DESC, 1;
SELECT relname, relkind, relrowsecurity AS row_security, (SELECT string_agg(format('%s: %s', grantee::regrole, privilege_type), ', ')
    FROM aclexplode(relacl) WHERE grantee <> relowner) AS rights_of_others
FROM pg_class WHERE relnamespace = 'members'::regnamespace AND relkind IN ('r', 'v', 'S') ORDER BY 1;
SELECT count(*) AS without_comment FROM pg_proc p WHERE p.pronamespace = 'members'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;

-- The error that a statement raises; all NULL where it raises none, and then the statement has taken effect.
CREATE SCHEMA test;
CREATE FUNCTION test.error(sql text, OUT code text, OUT message text, OUT detail text, OUT hint text)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
-- What a caller sees.
CREATE VIEW test.tenants WITH (security_invoker = true) AS SELECT name, id = auth.tenant_uuid() AS active FROM members.tenant ORDER BY name;
CREATE VIEW test.members WITH (security_invoker = true) AS SELECT user_id, roles, added_by FROM members.member ORDER BY user_id;
CREATE VIEW test.invitations WITH (security_invoker = true) AS SELECT email, roles, invited_by, accepted_by, revoked_at IS NOT NULL AS revoked, expires_at - created_at > '6 days' AS long
    FROM members.invitation ORDER BY created_at, email;
GRANT USAGE ON SCHEMA test TO authenticated;
GRANT SELECT ON ALL TABLES IN SCHEMA test TO authenticated;
\set ann '{"sub": "ann", "iss": "https://id.example", "email": "Ann@example.com", "name": "Ann A."}'
\set bob '{"sub": "bob", "email": "bob@example.com", "email_verified": true}'
\set cid '{"sub": "cid", "email": "CID@Example.com", "emailVerified": true}'
\set dee '{"sub": "dee", "email": "dee@example.com"}'

\connect - app
SET client_min_messages = warning;
-- Before they claim to be somebody, the login can do nothing; and nobody can do nothing either.
SELECT members.sign_in();
BEGIN;
SELECT FROM auth.set_claims('{}');
SELECT code, message, hint FROM test.error('SELECT members.sign_in()');
SELECT code, message FROM test.error('SELECT members.create_tenant(''mine'')');
SELECT code, message FROM test.error('SELECT members.accept_invitation(''x'')');
SELECT code, message FROM test.error('SELECT members.leave()');
SELECT count(*) FROM members.tenant;
ROLLBACK;

-- Ann signs in, for the first time and again: one tenant, called as she is.
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT * FROM test.tenants;
SELECT members.sign_in() AS a \gset
SELECT * FROM test.tenants;
SELECT * FROM test.members;
SELECT auth.roles(), members.sign_in() = :'a' AS same;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.sign_in('Another') = :'a' AS same, auth.tenant_uuid() = :'a' AS active;
SELECT FROM members.rename_tenant('  Acme ');
SELECT * FROM test.tenants;
SELECT * FROM test.error('SELECT members.rename_tenant('' '')');
SELECT code FROM test.error('SELECT members.rename_tenant(NULL)');
SELECT code FROM test.error($$SELECT members.rename_tenant(repeat('x', 201))$$);
COMMIT;
-- Bob makes his own, and has no name.
BEGIN;
SELECT FROM auth.set_claims(:'bob');
SELECT members.sign_in() AS b \gset
SELECT * FROM test.tenants;
SELECT FROM members.rename_tenant('Beta');
COMMIT;
-- Names that are empty do not count, wherever they come from.
BEGIN;
SELECT FROM auth.set_claims('{"sub": "e1", "name": " ", "email": " "}');
SELECT FROM members.sign_in(' ');
SELECT name FROM members.tenant;
SELECT FROM auth.set_claims('{"sub": "e2", "name": "", "email": ""}');
SELECT FROM members.sign_in('');
SELECT name FROM members.tenant;
SELECT FROM auth.set_claims('{"sub": "e3", "name": "", "email": "e3@example.com"}');
SELECT FROM members.sign_in('');
SELECT name FROM members.tenant;
ROLLBACK;
-- Those whom their provider holds back get none.
BEGIN;
SELECT FROM auth.set_claims('{"sub": "pam", "sts": "pending"}');
SELECT * FROM test.error('SELECT members.sign_in()');
SELECT code FROM test.error('SELECT members.create_tenant(''mine'')');
SELECT FROM auth.set_claims('{"sub": "pam", "is_anonymous": true}');
SELECT code, detail FROM test.error('SELECT members.sign_in()');
ROLLBACK;
-- Nor does anybody where the database serves one tenant alone.
\connect - pack_owner
SELECT FROM tenancy.configure('pinned_tenant', :'a');
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "pat"}');
SELECT code, message, detail FROM test.error('SELECT members.sign_in()');
SELECT code, message FROM test.error('SELECT members.create_tenant(''mine'')');
SELECT FROM auth.set_claims(:'ann');
SELECT members.sign_in() = :'a' AS same;
ROLLBACK;
\connect - pack_owner
SELECT FROM tenancy.configure('pinned_tenant', NULL);
\connect - app
SET client_min_messages = warning;

-- Ann invites. The address counts without its capitals, and the roles once each.
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.invite(' Cid@example.COM ', '{member,viewer,member}') AS secret \gset
SELECT members.invite('dee@example.com', '{admin}', '1 hour') AS dees \gset
SELECT * FROM test.invitations;
SELECT length(:'secret') AS length, :'secret' = :'dees' AS same;
-- What is wrong is told before anything is kept.
SELECT * FROM test.error('SELECT members.invite(''x@example.com'', ''{}'')');
SELECT code, message FROM test.error('SELECT members.invite(''x@example.com'', ''{Owner}'')');
SELECT code, message FROM test.error('SELECT members.invite(''x@example.com'', ''{org:owner}'')');
SELECT code, message FROM test.error('SELECT members.invite(''x@example.com'', ''{NULL}'')');
SELECT code, message FROM test.error('SELECT members.invite(''x@example.com'', NULL)');
SELECT code, message FROM test.error('SELECT members.invite(''x@example.com'', ''{{member},{viewer}}'')');
SELECT code, message FROM test.error('SELECT members.invite(''nobody'', ''{member}'')');
SELECT code, message FROM test.error('SELECT members.invite(NULL, ''{member}'')');
SELECT code, message, detail FROM test.error('SELECT members.invite(''x@example.com'', ''{member}'', ''31 days'')');
SELECT code, detail FROM test.error('SELECT members.invite(''x@example.com'', ''{member}'', ''-1 s'')');
SELECT code, detail FROM test.error('SELECT members.invite(''x@example.com'', ''{member}'', NULL)');
-- (As a mere interval this is 30 days, on any calendar 35.)
SELECT code, detail FROM test.error('SELECT members.invite(''x@example.com'', ''{member}'', ''12 mons -330 days'')');
COMMIT;
-- The secret is nowhere in the database.
SELECT current_user = 'app' AS app;
\connect - pack_owner
SELECT count(*) AS found FROM members.invitation i WHERE to_jsonb(i)::text LIKE '%' || :'secret' || '%';
SELECT count(*) AS found FROM members.change c WHERE to_jsonb(c)::text LIKE '%' || :'secret' || '%';
SELECT count(*) AS hashes FROM members.change c WHERE to_jsonb(c)::text LIKE '%hash%';
SELECT secret_hash = sha256(:'secret') AS hashed FROM members.invitation WHERE email = 'cid@example.com';
\connect - app
SET client_min_messages = warning;
-- Cid accepts, once; then she is a member and sees who else is.
BEGIN;
SELECT FROM auth.set_claims(:'cid');
SELECT members.accept_invitation(:'secret') = :'a' AS accepted;
SELECT auth.roles();
SELECT * FROM test.members;
SELECT * FROM test.tenants;
SELECT * FROM test.invitations;
-- A second click does no more.
SELECT members.accept_invitation(:'secret') = :'a' AS accepted, members.sign_in() = :'a' AS same;
SELECT count(*) AS places FROM members.member WHERE user_id = 'cid';
-- Who signs in as a member gets no tenant of their own.
SELECT members.sign_in() = :'a' AS same;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'dee');
SELECT members.accept_invitation(:'dees') = :'a' AS accepted;
COMMIT;

-- Dee is admin: she invites, changes and removes those who have no more than she has.
BEGIN;
SELECT FROM auth.set_claims(:'dee');
SELECT members.invite('eve@example.com', '{viewer}') AS eves \gset
SELECT id AS invitation FROM members.open_invitation \gset
SELECT FROM members.revoke_invitation(:'invitation');
SELECT code, message FROM test.error(format('SELECT members.revoke_invitation(%L)', :'invitation'));
SELECT code, message FROM test.error('SELECT members.revoke_invitation(gen_random_uuid())');
SELECT * FROM test.invitations;
SELECT FROM members.set_roles('cid', '{viewer}');
SELECT * FROM test.members;
SELECT code, message FROM test.error('SELECT members.set_roles(''bob'', ''{viewer}'')');
SELECT code, message FROM test.error('SELECT members.remove_member(''bob'')');
SELECT code, message FROM test.error('SELECT members.set_roles(NULL, ''{viewer}'')');
COMMIT;
-- A viewer sees herself alone, and what was revoked is not valid.
BEGIN;
SELECT FROM auth.set_claims(:'cid');
SELECT * FROM test.members;
SELECT count(*) FROM members.change;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com"}');
SELECT * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
COMMIT;

-- Bob is invited too, and belongs to two tenants: he says in which he acts.
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.invite('bob@example.com', '{owner}') AS bobs \gset
SELECT members.invite('bob@example.com', '{viewer}') AS second \gset
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'bob');
SELECT members.accept_invitation(:'bobs') = :'a' AS accepted;
-- (The other one went with it.)
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'second'));
SELECT * FROM test.tenants;
SELECT auth.tenant_uuid(), members.sign_in();
SELECT code, message FROM test.error('SELECT members.rename_tenant(''x'')');
SELECT FROM auth.use_tenant(:'a');
SELECT * FROM test.tenants;
SELECT * FROM test.members;
-- With two owners, one of them may go, and an owner can remove an owner.
SELECT FROM members.remove_member('ann');
SELECT * FROM test.members;
ROLLBACK;
-- Who is a member already and is invited again.
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.invite('bob@example.com', '{owner}') AS bobs \gset
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'b');
SELECT members.accept_invitation(:'bobs') = :'a' AS accepted;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.invite('bob@example.com', '{viewer}') AS third \gset
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'b');
SELECT members.accept_invitation(:'third') = :'a' AS accepted;
SELECT FROM auth.use_tenant(:'a');
-- They stay what they are, and it is used up.
SELECT auth.roles(), (SELECT count(*) FROM members.open_invitation) AS left_open;
SELECT email, accepted_by FROM test.invitations WHERE roles = '{viewer}' AND email = 'bob@example.com';
-- A third tenant, made on purpose.
SELECT members.create_tenant('Gamma') AS g \gset
SELECT * FROM test.tenants;
SELECT FROM auth.use_tenant(:'g');
SELECT * FROM test.members;
SELECT code, message FROM test.error('SELECT members.create_tenant('' '')');
COMMIT;

-- The last owner stays; with another one she leaves, and what she had sent leaves with her.
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'g');
SELECT * FROM test.error('SELECT members.leave()');
SELECT code, message FROM test.error('SELECT members.remove_member(''bob'')');
SELECT code, message FROM test.error('SELECT members.set_roles(''bob'', ''{admin}'')');
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.invite('fay@example.com', '{viewer}') AS fays \gset
SELECT FROM members.leave();
SELECT auth.tenant_id(), auth.roles(), auth.tenant_uuids();
SELECT * FROM test.tenants;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "fay", "email": "fay@example.com"}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'fays'));
COMMIT;
-- She signs in again, and has a tenant of her own again.
BEGIN;
SELECT FROM auth.set_claims(:'ann');
SELECT members.sign_in() <> :'a' AS another;
SELECT * FROM test.tenants;
COMMIT;

-- All of it is written down, tenant by tenant, for those who may read it.
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'a');
SELECT what, user_id, issuer, login, COALESCE(after, before) ->> 'user_id' AS member, COALESCE(after, before) ->> 'email' AS email,
    before ->> 'roles' AS had, after ->> 'roles' AS has, before ->> 'name' AS old_name, after ->> 'name' AS name
FROM members.change ORDER BY id;
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'b');
SELECT what, user_id, after ->> 'name' AS name, acting FROM members.change ORDER BY id;
COMMIT;
-- Who acts in another's name is named too.
BEGIN;
SELECT FROM auth.set_claims(:'bob'::jsonb || '{"act": {"sub": "support-7"}}', :'b');
SELECT FROM members.rename_tenant('Beta Ltd');
SELECT what, user_id, acting FROM members.change ORDER BY id DESC LIMIT 1;
ROLLBACK;
-- What the administrator does by hand is there as well, and a tenant that goes leaves its history.
\connect - pack_owner
UPDATE members.member SET roles = '{member}' WHERE user_id = 'cid';
UPDATE members.member SET roles = '{member}' WHERE user_id = 'cid';
DELETE FROM members.tenant WHERE id = :'a';
SELECT what, user_id, login, COALESCE(after, before) ->> 'user_id' AS member, COALESCE(after, before) ->> 'email' AS email
FROM members.change WHERE tenant_id = :'a' AND user_id IS NULL ORDER BY 1, 4, 5;
SELECT (SELECT count(*) FROM members.member WHERE tenant_id = :'a') AS members, (SELECT count(*) FROM members.invitation WHERE tenant_id = :'a') AS invitations;

-- TRUNCATE, which would leave no history, is refused to the owner too.
SET client_min_messages = warning;
SELECT count(*) > 0 AS members FROM members.member;
SELECT s AS statement, e.* FROM unnest('{tenant CASCADE,member,invitation,change}'::text[]) AS s, test.error('TRUNCATE members.' || s) AS e;
SELECT count(*) > 0 AS members FROM members.member;

-- Members that come from elsewhere, or from the claims, are no reason to change these, nor to make tenants that nobody sees.
SELECT FROM tenancy.drop_members();
CREATE TABLE test.elsewhere (user_id text, tenant_id uuid, role text);
CREATE INDEX ON test.elsewhere (user_id);
INSERT INTO test.elsewhere VALUES ('bob', :'b', 'owner');
CREATE VIEW test.refused AS SELECT statement, code, message, hint FROM unnest(ARRAY['SELECT members.invite(''x@example.com'', ''{owner}'')',
    'SELECT members.rename_tenant(''mine'')', 'SELECT members.leave()', 'SELECT members.sign_in()', 'SELECT members.create_tenant(''mine'')',
    'SELECT members.accept_invitation(''0'')']) AS statement, LATERAL test.error(statement);
GRANT SELECT ON test.refused TO authenticated;
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM auth.set_claims(jsonb_build_object('sub', 'bob', 'tenant_id', :'b', 'roles', '{owner}'::text[]));
SELECT auth.tenant_uuid() = :'b' AS active, auth.roles();
SELECT * FROM test.refused;
ROLLBACK;
\connect - pack_owner
SET client_min_messages = warning;
SELECT FROM tenancy.use_members('test.elsewhere', 'user_id', 'tenant_id', 'role');
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM auth.set_claims(:'bob');
SELECT auth.tenant_uuid() = :'b' AS active, auth.roles();
SELECT DISTINCT code, message FROM test.refused;
ROLLBACK;
-- The hint is what helps.
\connect - pack_owner
SELECT FROM tenancy.use_members('members.member', 'user_id', 'tenant_id', 'roles');
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM auth.set_claims(:'bob', :'b');
SELECT FROM members.rename_tenant('Beta again');
SELECT * FROM test.tenants;
ROLLBACK;

\connect :home :superuser
DROP DATABASE pack_members;
DROP ROLE pack_owner;

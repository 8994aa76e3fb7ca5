-- native only
-- packs/members.sql: what those try who want more than they have. Tenant A has ann (owner), dee (admin), cid (member)
-- and vic (viewer); tenant B has bob (owner) and dee (viewer).
\pset format unaligned
\pset null NULL
\pset footer off
\set SHOW_CONTEXT never
SELECT current_user AS superuser, current_database() AS home \gset
SET client_min_messages = warning;
CREATE ROLE attacks_owner LOGIN;
CREATE DATABASE pack_attacks OWNER attacks_owner TEMPLATE template0;
\set pack `cat "$REPO/packs/members.sql"`
\set keys `$REPO/tests/lib/token jwks ed1`
\set dees_token `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "dee", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000000", "roles": ["owner"], "permissions": ["*.*"]}'`
\connect pack_attacks attacks_owner
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT FROM tenancy.add_issuer('https://issuer.example', :'keys', NULL);
\o /dev/null
BEGIN;
:pack
COMMIT;
\o
\set a aaaaaaaa-0000-4000-8000-000000000000
\set b bbbbbbbb-0000-4000-8000-000000000000
INSERT INTO members.tenant (id, name) VALUES (:'a', 'Acme'), (:'b', 'Beta');
INSERT INTO members.member (tenant_id, user_id, roles) VALUES (:'a', 'ann', '{owner}'), (:'a', 'dee', '{admin}'),
    (:'a', 'cid', '{member}'), (:'a', 'vic', '{viewer}'), (:'b', 'bob', '{owner}'), (:'b', 'dee', '{viewer}');
-- What the pack has protected it with. (A template for each table, and by hand what no template says.)
SELECT c.relname, a.asked - '{force,authenticated,staff,made}'::text[] AS asked,
    (SELECT string_agg(polname, ' ' ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid AND polname NOT LIKE 'tenancy%') AS by_hand
FROM pg_class c, tenancy.asked(c.oid) AS a (asked) WHERE relnamespace = 'members'::regnamespace AND relkind = 'r' ORDER BY 1;
CREATE SCHEMA test;
CREATE FUNCTION test.error(sql text, OUT code text, OUT message text, OUT detail text)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END $$;
-- Speaks for a user of the example, in a tenant.
CREATE FUNCTION test.be(who text, tenant text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT auth.set_claims(jsonb_build_object('sub', who, 'email', who || '@example.com'), tenant)
$$;
-- What there is, in few words: roles of everybody, by tenant.
CREATE FUNCTION test.everybody() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT string_agg(format('%s/%s %s', t.name, m.user_id, m.roles), ' ' ORDER BY t.name, m.user_id) FROM members.member m JOIN members.tenant t ON t.id = m.tenant_id
$$;
GRANT USAGE ON SCHEMA test TO PUBLIC;
SELECT test.everybody();

\connect - app
SET client_min_messages = warning;
-- Self-promotion, and giving what one has not.
BEGIN;
SELECT FROM test.be('dee', :'a');
SELECT * FROM test.error('SELECT members.set_roles(''dee'', ''{owner}'')');
SELECT * FROM test.error('SELECT members.set_roles(''dee'', ''{admin,owner}'')');
SELECT code FROM test.error('SELECT members.set_roles(''cid'', ''{owner}'')');
SELECT code FROM test.error('SELECT members.invite(''dee2@example.com'', ''{member,owner}'')');
-- A role that nobody has defined may mean anything to a policy that names it.
SELECT * FROM test.error('SELECT members.set_roles(''dee'', ''{superadmin}'')');
-- Nor does she lower or remove who stands above her.
SELECT code, message FROM test.error('SELECT members.set_roles(''ann'', ''{viewer}'')');
SELECT code, message FROM test.error('SELECT members.remove_member(''ann'')');
-- Nor take back what she could not have sent.
SELECT FROM test.be('ann');
SELECT FROM members.invite('owner@example.com', '{owner}');
SELECT FROM test.be('dee', :'a');
SELECT code, message FROM test.error('SELECT members.revoke_invitation(id) FROM members.open_invitation');
-- What she may: all roles whose permissions are hers, to those who have no more.
SELECT FROM members.set_roles('cid', '{admin}');
SELECT FROM members.set_roles('cid', '{member,viewer}');
SELECT test.everybody();
ROLLBACK;
-- Without the permission nothing at all; and what the claims say of roles is not asked.
BEGIN;
SELECT FROM auth.set_claims('{"sub": "cid", "email": "cid@example.com", "roles": ["owner"], "permissions": ["*.*"], "role": "owner", "user_metadata": {"roles": ["owner"]}, "app_metadata": {"roles": ["owner"], "permissions": ["*.*"]}}');
SELECT auth.roles(), auth.permissions();
SELECT code FROM test.error('SELECT members.set_roles(''cid'', ''{member}'')');
SELECT code FROM test.error('SELECT members.remove_member(''vic'')');
SELECT code FROM test.error('SELECT members.remove_member(''cid'')');
SELECT code FROM test.error('SELECT members.invite(''x@example.com'', ''{member}'')');
SELECT code FROM test.error('SELECT members.rename_tenant(''mine'')');
SELECT code FROM test.error('SELECT members.revoke_invitation(gen_random_uuid())');
SELECT (SELECT count(*) FROM members.invitation) AS invitations, (SELECT count(*) FROM members.change) AS changes;
ROLLBACK;

-- Roles of one's own: what counts is what they allow in this tenant, and now.
\connect - attacks_owner
SELECT FROM tenancy.define_role('biller', '{invoices.read,invoices.pay}');
SELECT FROM tenancy.define_role('clerk', '{members.read,tenant.read}');
SELECT FROM tenancy.define_role('director', '{members.*,*.*}');
SELECT FROM tenancy.define_role('viewer', '{invoices.*}', :'a');
UPDATE members.member SET roles = '{director}' WHERE tenant_id = :'a' AND user_id = 'cid';
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM test.be('dee', :'a');
SELECT message, detail FROM test.error('SELECT members.set_roles(''vic'', ''{biller}'')');
-- In A a viewer may handle invoices, which an admin may not: she can neither make nor unmake one.
SELECT message, detail FROM test.error('SELECT members.set_roles(''dee'', ''{admin,viewer}'')');
SELECT message FROM test.error('SELECT members.set_roles(''vic'', ''{clerk}'')');
SELECT FROM members.invite('x@example.com', '{clerk}');
SELECT message FROM test.error('SELECT members.remove_member(''cid'')');
-- The same tenant written otherwise is the same tenant.
SELECT FROM auth.use_tenant(upper(:'a'));
SELECT message FROM test.error('SELECT members.set_roles(''dee'', ''{admin,viewer}'')');
ROLLBACK;
-- Who may do everything gives everything, and what is not defined; only an owner makes an owner.
BEGIN;
SELECT FROM test.be('cid');
SELECT FROM members.set_roles('vic', '{biller,viewer,unheard-of,director}');
SELECT test.everybody();
SELECT * FROM test.error('SELECT members.set_roles(''cid'', ''{owner}'')');
SELECT code FROM test.error('SELECT members.remove_member(''ann'')');
ROLLBACK;
\connect - attacks_owner
SELECT FROM tenancy.define_role('viewer', NULL, :'a');
UPDATE members.member SET roles = '{member}' WHERE tenant_id = :'a' AND user_id = 'cid';
\connect - app
SET client_min_messages = warning;

-- Another tenant: by the claims, by use_tenant, by the ids of what is in it.
BEGIN;
SELECT FROM test.be('ann');
SELECT code FROM test.error(format('SELECT auth.use_tenant(%L)', :'b'));
SELECT members.invite('eve@example.com', '{viewer}') AS eves \gset
SELECT id AS invitation FROM members.open_invitation \gset
COMMIT;
BEGIN;
SELECT FROM auth.set_claims(jsonb_build_object('sub', 'ann', 'email', 'ann@example.com', 'tenant_id', :'b'));
SELECT auth.tenant_id(), auth.roles();
SELECT code FROM test.error('SELECT members.rename_tenant(''Mine'')');
SELECT code FROM test.error('SELECT members.remove_member(''bob'')');
ROLLBACK;
BEGIN;
SELECT FROM test.be('bob');
SELECT code, message FROM test.error(format('SELECT members.revoke_invitation(%L)', :'invitation'));
SELECT code, message FROM test.error('SELECT members.remove_member(''ann'')');
SELECT name FROM members.tenant;
SELECT user_id FROM members.member ORDER BY 1;
SELECT count(*) FROM members.invitation;
SELECT DISTINCT tenant_id = :'b' AS mine FROM members.change;
ROLLBACK;
-- Dee is admin in A and viewer in B, and is in each what she is there.
BEGIN;
SELECT FROM test.be('dee', :'b');
SELECT code FROM test.error('SELECT members.invite(''x@example.com'', ''{viewer}'')');
SELECT FROM auth.use_tenant(:'a');
SELECT length(members.invite('x@example.com', '{viewer}'));
SELECT FROM auth.use_tenant(:'b');
SELECT code FROM test.error('SELECT members.invite(''x@example.com'', ''{viewer}'')');
ROLLBACK;

-- Invitations. Eve's, in other hands: what is known of it does not help, and the answer is always the same.
BEGIN;
SELECT FROM test.be('ann');
SELECT members.invite('late@example.com', '{viewer}', '1 microsecond') AS lates \gset
SELECT members.invite('KATE@example.com', '{viewer}') AS kates \gset
SELECT members.invite(U&'stra\00DFe@example.com', '{viewer}') AS street \gset
COMMIT;
CREATE TEMP TABLE answers (attempt text, code text, message text, detail text);
GRANT ALL ON answers TO authenticated;
BEGIN;
SELECT FROM test.be('vic');
INSERT INTO answers SELECT 'of another', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
INSERT INTO answers SELECT 'unknown', * FROM test.error('SELECT members.accept_invitation(''0123'')');
INSERT INTO answers SELECT 'no secret', * FROM test.error('SELECT members.accept_invitation(NULL)');
INSERT INTO answers SELECT 'in capitals', * FROM test.error(format('SELECT members.accept_invitation(upper(%L))', :'eves'));
SELECT FROM test.be('late');
INSERT INTO answers SELECT 'expired', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'lates'));
-- A letter that other rules make small as k (KELVIN SIGN), and letters that others take for two.
SELECT FROM auth.set_claims(U&'{"sub": "eve", "email": "\212Aate@example.com"}'::jsonb);
INSERT INTO answers SELECT 'kelvin', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'kates'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "strasse@example.com"}');
INSERT INTO answers SELECT 'sharp s', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'street'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com "}');
INSERT INTO answers SELECT 'with a space', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
COMMIT;
-- Eve herself: not while her address is unverified, or is no address; then once.
BEGIN;
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "email_verified": false}');
SELECT * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "emailVerified": false}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "email_verified": "false"}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "email_verified": null, "emailVerified": true}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "user_metadata": {"email": "eve@example.com"}}');
SELECT * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": ["eve@example.com"]}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "is_anonymous": true}');
SELECT code, message FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
SELECT FROM auth.set_claims('{"sub": "eve", "email": "eve@example.com", "email_verified": "true"}');
SELECT members.accept_invitation(:'eves') = :'a' AS accepted;
SELECT FROM auth.set_claims('{"sub": "eve-again", "email": "eve@example.com"}');
INSERT INTO answers SELECT 'used, by another of that address', * FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
COMMIT;
SELECT code, message, detail, string_agg(attempt, ', ' ORDER BY attempt) AS attempts FROM answers GROUP BY 1, 2, 3;

-- An admin who will be removed makes herself ways back in: none holds.
BEGIN;
SELECT FROM test.be('dee', :'a');
SELECT members.invite('dee@example.net', '{admin}') AS way1 \gset
COMMIT;
BEGIN;
SELECT FROM test.be('ann');
SELECT members.invite('eve@example.com', '{viewer}') AS way2 \gset
SELECT FROM members.remove_member('dee');
SELECT FROM members.remove_member('eve');
COMMIT;
BEGIN;
SELECT FROM auth.set_claims('{"sub": "dee2", "email": "dee@example.net"}');
SELECT code FROM test.error(format('SELECT members.accept_invitation(%L)', :'way1'));
SELECT FROM test.be('eve');
SELECT code FROM test.error(format('SELECT members.accept_invitation(%L)', :'way2'));
-- (Nor does the one that brought her in.)
SELECT code FROM test.error(format('SELECT members.accept_invitation(%L)', :'eves'));
-- Nor does an old session, or one that names the tenant.
SELECT FROM auth.set_claims(jsonb_build_object('sub', 'dee', 'email', 'dee@example.com', 'tenant_id', :'a'));
SELECT auth.tenant_id();
SELECT code FROM test.error('SELECT members.invite(''x@example.com'', ''{viewer}'')');
SELECT code FROM test.error(format('SELECT auth.use_tenant(%L)', :'a'));
COMMIT;
-- Who came in without an invitation, and is removed, does not come back by one that was sent before, to whatever address,
-- from whomever; they do by one that is sent afterwards.
BEGIN;
SELECT FROM test.be('ann');
SELECT members.invite('vic@example.net', '{admin}') AS before \gset
SELECT FROM members.remove_member('vic');
SELECT FROM auth.set_claims('{"sub": "vic", "email": "vic@example.net"}');
SELECT * FROM test.error(format('SELECT members.accept_invitation(%L)', :'before'));
SELECT FROM test.be('ann');
SELECT accepted_by, revoked_at FROM members.open_invitation WHERE email = 'vic@example.net';
SELECT members.invite('vic@example.net', '{viewer}') AS after \gset
SELECT FROM auth.set_claims('{"sub": "vic", "email": "vic@example.net"}');
SELECT members.accept_invitation(:'after') = :'a' AS accepted;
SELECT auth.roles();
SELECT code FROM test.error(format('SELECT members.accept_invitation(%L)', :'before'));
ROLLBACK;
-- A role that is taken away takes along what was sent with it; one that is added does not.
BEGIN;
SELECT FROM test.be('ann');
SELECT FROM members.set_roles('cid', '{admin,member}');
SELECT FROM test.be('cid');
SELECT members.invite('eve@example.com', '{admin}') AS way3 \gset
SELECT FROM test.be('ann');
SELECT FROM members.set_roles('cid', '{admin,member,viewer}');
SELECT email, roles FROM members.open_invitation WHERE invited_by = 'cid';
SELECT FROM members.set_roles('cid', '{member}');
SELECT count(*) FROM members.open_invitation WHERE invited_by = 'cid';
ROLLBACK;

-- A removed member with a token that is still good, in the strictest mode: from the next statement on nobody here.
\connect - attacks_owner
INSERT INTO members.member (tenant_id, user_id, roles) VALUES (:'a', 'dee', '{admin}');
SELECT FROM tenancy.configure('mode', 'verified');
\connect - app
BEGIN;
SELECT FROM auth.login(:'dees_token');
SELECT auth.user_id(), auth.tenant_id(), auth.roles(), (SELECT count(*) FROM members.tenant) AS tenants, (SELECT count(*) FROM members.member) AS members;
SELECT FROM members.set_roles('vic', '{member}');
SELECT code FROM test.error('SELECT members.set_roles(''dee'', ''{owner}'')');
COMMIT;
\connect - attacks_owner
DELETE FROM members.member WHERE tenant_id = :'a' AND user_id = 'dee';
\connect - app
BEGIN;
SELECT FROM auth.login(:'dees_token');
SELECT auth.user_id(), auth.tenant_id(), auth.roles(), (SELECT count(*) FROM members.tenant) AS tenants, (SELECT count(*) FROM members.member) AS members;
SELECT code FROM test.error('SELECT members.set_roles(''vic'', ''{viewer}'')');
SELECT code FROM test.error('SELECT members.invite(''dee@example.com'', ''{admin}'')');
SELECT code FROM test.error('SELECT members.leave()');
ROLLBACK;
\connect - attacks_owner
SELECT FROM tenancy.configure('mode', NULL);
INSERT INTO members.member (tenant_id, user_id, roles) VALUES (:'a', 'dee', '{admin}');

-- The last owner, by hand: nobody takes the last two at once, or moves the last away.
SELECT * FROM test.error('DELETE FROM members.member');
SELECT code FROM test.error('UPDATE members.member SET roles = ''{admin}''');
SELECT code FROM test.error(format('UPDATE members.member SET tenant_id = %L WHERE user_id = ''ann''', :'b'));
SELECT test.everybody();

-- Tables and what lies beneath, directly. (NULL is what was not refused, and it has found no rows.)
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM test.be('dee', :'a');
SELECT statement, code FROM unnest(ARRAY[
    'INSERT INTO members.member (user_id, roles) VALUES (''eve'', ''{owner}'')',
    'UPDATE members.member SET roles = ''{owner}''', 'DELETE FROM members.member', 'TRUNCATE members.member',
    'SELECT FROM members.member FOR UPDATE', 'INSERT INTO members.tenant (name) VALUES (''mine'')',
    'UPDATE members.tenant SET name = ''mine''', 'DELETE FROM members.tenant', 'TRUNCATE members.tenant CASCADE',
    'UPDATE members.open_invitation SET roles = ''{owner}''', 'UPDATE members.invitation SET email = ''dee@example.com''',
    'INSERT INTO members.change (tenant_id, what) VALUES (gen_random_uuid(), ''nothing'')', 'DELETE FROM members.change',
    'SELECT FROM members.provisioned', 'SELECT members.make_tenant(''mine'', ''dee'')', 'SELECT members.act()',
    'SELECT members.require_giving(''{owner}'')', 'ALTER FUNCTION members.act(text) OWNER TO authenticated',
    'ALTER TABLE members.member DISABLE ROW LEVEL SECURITY', 'DROP TRIGGER append_only ON members.change',
    'CREATE FUNCTION members.mine() RETURNS int LANGUAGE sql AS ''SELECT 1''',
    'SELECT tenancy.use_members(''members.invitation'', ''email'', ''tenant_id'')', 'SELECT tenancy.define_role(''viewer'', ''{*.*}'')', 'SELECT tenancy.drop_members()'
    ]) AS statement, LATERAL test.error(statement);
ROLLBACK;
-- The same where somebody has protected them again, granted everything and opened every table.
\connect - :superuser
SET client_min_messages = warning;
BEGIN;
SELECT statement FROM unnest('{member,invitation,change}'::text[]) AS name,
    LATERAL tenancy.protect(format('members.%I', name), tenant_column => 'tenant_id', write => '{admin}', remove => '{admin}', force => false) AS statement WHERE statement LIKE 'GRANT%';
INSERT INTO members.provisioned VALUES ('ann', 1);
GRANT ALL ON ALL TABLES IN SCHEMA members TO authenticated, PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA members TO authenticated;
DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY '{tenant,member,invitation,provisioned,change}'::text[] LOOP
        EXECUTE format('CREATE POLICY oops ON members.%I USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
SELECT FROM test.be('dee', :'a');
SELECT statement, code FROM unnest(ARRAY[
    'INSERT INTO members.member (user_id, roles) VALUES (''eve'', ''{owner}'')',
    'UPDATE members.member SET roles = ''{owner}''', 'DELETE FROM members.member', 'TRUNCATE members.member',
    'INSERT INTO members.tenant (name) VALUES (''mine'')', 'UPDATE members.tenant SET name = ''mine''', 'DELETE FROM members.tenant',
    'UPDATE members.open_invitation SET roles = ''{owner}''', 'UPDATE members.invitation SET email = ''dee@example.com''',
    'INSERT INTO members.change (tenant_id, what) VALUES (auth.tenant_uuid(), ''nothing'')',
    'DELETE FROM members.change', 'TRUNCATE members.change', 'UPDATE members.provisioned SET times = 7',
    'SELECT members.make_tenant(''mine'', ''dee'')', 'SELECT members.act()'
    ]) AS statement, LATERAL test.error(statement);
SELECT name FROM members.tenant ORDER BY 1;
SELECT user_id FROM members.member ORDER BY 1;
SELECT count(*) AS of_others FROM members.change WHERE tenant_id <> :'a';
SELECT count(*) AS provisioned FROM members.provisioned;
SELECT FROM test.be('cid');
SELECT name FROM members.tenant ORDER BY 1;
RESET ROLE;
SELECT test.everybody();
ROLLBACK;

-- Staff see all tenants, and change nothing here either. (What protect() is asked is what the pack asks, once more.)
BEGIN;
CREATE ROLE attacks_staff;
SELECT FROM tenancy.configure('staff_roles', 'attacks_staff');
SELECT statement FROM unnest('{tenant,member,invitation,change}'::text[]) AS name,
    LATERAL tenancy.protect_as(format('members.%I', name), tenancy.asked(format('members.%I', name)) - 'made' || '{"staff": ["attacks_staff"]}', false) AS statement
WHERE statement LIKE 'GRANT%ON members%';
SET LOCAL ROLE attacks_staff;
SELECT (SELECT count(*) FROM members.tenant) AS tenants, (SELECT count(*) > 5 FROM members.member) AS members;
SELECT statement, code FROM unnest(ARRAY[
    'INSERT INTO members.member (tenant_id, user_id, roles) SELECT id, ''eve'', ''{owner}'' FROM members.tenant',
    'UPDATE members.member SET roles = ''{owner}''', 'DELETE FROM members.member', 'SELECT FROM members.member FOR UPDATE', 'TRUNCATE members.member CASCADE',
    'INSERT INTO members.tenant (name) VALUES (''mine'')', 'UPDATE members.tenant SET name = ''mine''', 'DELETE FROM members.tenant',
    'UPDATE members.invitation SET email = ''eve@example.com''', 'DELETE FROM members.invitation', 'SELECT FROM members.provisioned',
    'INSERT INTO members.change (tenant_id, what) SELECT id, ''nothing'' FROM members.tenant'
    ]) AS statement, LATERAL test.error(statement);
RESET ROLE;
SELECT test.everybody();
ROLLBACK;

-- The history stays as it is, for its owner and for a superuser whose triggers sleep.
SELECT * FROM test.error('UPDATE members.change SET user_id = ''nobody''');
SELECT code FROM test.error('DELETE FROM members.change WHERE false');
SELECT code FROM test.error('TRUNCATE members.change');
\connect - :superuser
SET session_replication_role = replica;
SELECT code FROM test.error('DELETE FROM members.change');
RESET session_replication_role;

-- What can be planted: functions and operators in the callers' schemas, tables and types in pg_temp, and a search_path.
CREATE SCHEMA planted;
GRANT ALL ON SCHEMA planted TO app, authenticated;
\connect - app
SET client_min_messages = warning;
BEGIN;
SELECT FROM test.be('cid');
CREATE FUNCTION planted.grab() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted, run as %', current_user; END $$;
CREATE FUNCTION planted.same(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT planted.grab()';
CREATE FUNCTION planted.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT planted.grab()';
CREATE OPERATOR planted.= (FUNCTION = planted.same, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR planted.= (FUNCTION = planted.same, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION planted.has_permission(text) RETURNS boolean LANGUAGE sql RETURN true;
CREATE FUNCTION planted.require_permission(text) RETURNS void LANGUAGE sql AS 'SELECT';
CREATE FUNCTION planted.lower(text) RETURNS text LANGUAGE sql RETURN planted.grab()::text;
CREATE FUNCTION planted.btrim(text) RETURNS text LANGUAGE sql RETURN planted.grab()::text;
CREATE FUNCTION planted.format(text, text) RETURNS text LANGUAGE sql RETURN planted.grab()::text;
CREATE FUNCTION planted.sha256(bytea) RETURNS bytea LANGUAGE sql RETURN planted.grab()::text::bytea;
CREATE FUNCTION planted.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT planted.grab()::text';
CREATE FUNCTION planted.to_jsonb(record) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RETURN planted.grab()::text; END';
COMMIT;
BEGIN;
SELECT FROM test.be('cid');
CREATE TEMP TABLE member (tenant_id uuid, user_id text, roles text[]);
CREATE TEMP TABLE tenant (id uuid, name text, revision bigint);
INSERT INTO pg_temp.member VALUES (:'a', 'cid', '{owner}');
-- (The traps are set: whoever has this path springs them.)
SET LOCAL search_path = pg_temp, planted, members, auth, tenancy, public, pg_catalog;
SELECT message FROM test.error('SELECT ''a''::text = ''a''::text');
SELECT message FROM test.error('SELECT lower(''A''::text)');
SELECT message FROM test.error('SELECT members.set_roles(''cid''::text, ''{owner}'')');
SELECT message FROM test.error('SELECT members.rename_tenant(''mine''::text)');
SELECT FROM test.be('ann');
SELECT members.invite('new@example.com', '{member}') IS NOT NULL AS invited;
SELECT FROM members.rename_tenant('Acme 2'::text);
SELECT FROM members.set_roles('vic', '{viewer}');
SELECT count(*) OPERATOR(pg_catalog.>) 0 AS seen FROM members.change;
RESET search_path;
SELECT test.everybody();
ROLLBACK;

\connect :home :superuser
DROP DATABASE pack_attacks;
DROP ROLE attacks_owner;

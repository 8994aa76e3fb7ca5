-- native only
-- tenancy.use_members(): from then on a table of the user's says who belongs to which tenant, with which roles.
\pset null '(null)'
CREATE SCHEMA org;
-- What the database answers to a caller who has no right but those of authenticated.
CREATE FUNCTION test.standing(claims text, OUT tenant_id text, OUT tenant_ids text[], OUT roles text[], OUT sees_nothing_because text)
    LANGUAGE plpgsql SET role = authenticated AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    SELECT w.tenant_id, auth.tenant_ids(), w.roles, w.sees_nothing_because INTO tenant_id, tenant_ids, roles, sees_nothing_because
    FROM tenancy.whoami() AS w;
END $$;
CREATE FUNCTION test.of(sub text, OUT tenant_id text, OUT tenant_ids text[], OUT roles text[], OUT sees_nothing_because text)
    LANGUAGE sql AS $$SELECT * FROM test.standing(jsonb_build_object('sub', sub)::text)$$;

-- Without a table of members there is what the claims say.
SELECT * FROM test.standing('{"sub": "ann", "tenant_id": "acme", "roles": ["admin"]}');

CREATE TABLE org.member (user_id text, tenant_id text, role text);
CREATE INDEX ON org.member (user_id);
INSERT INTO org.member VALUES ('ann', 'acme', 'admin'), ('bob', 'acme', 'member'), ('bob', 'beta', 'owner, viewer'), ('bob', 'beta', 'owner'), ('cid', 'beta', NULL),
    ('', 'acme', 'owner'), (NULL, 'acme', 'owner'), ('eve', NULL, 'owner'), ('eve', '', 'owner');
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id', 'role');
SELECT source, users, user_column, tenant_column, role_column FROM tenancy.member_source;
SELECT setting, value, changed FROM tenancy.status() WHERE setting = 'members';

-- The claimed tenant, else the only one; several are none until one is chosen. Who is no member has no tenant, whatever
-- the claims say; and of roles only those of the table count.
SELECT claims, s.* FROM unnest(ARRAY[
    '{"sub": "ann"}',
    '{"sub": "ann", "tenant_id": "acme"}',
    '{"sub": "ann", "tenant_id": "acme", "roles": ["owner"], "permissions": ["x.y"]}',
    '{"sub": "ann", "tenant_id": "beta"}',
    '{"sub": "ann", "tenant_id": "ACME"}',
    '{"sub": "ann", "tenant_id": ["acme"]}',
    '{"sub": "ann", "tenant_id": null}',
    '{"sub": "ann", "tenant_id": ""}',
    '{"sub": "ann", "o": {"id": "acme", "role": "owner"}}',
    '{"sub": "ann", "o": {"id": "beta", "role": "owner"}}',
    '{"sub": "ann", "banned": true}',
    '{"sub": "ann", "tenant_id": "acme", "sts": "pending"}',
    '{"sub": "bob"}',
    '{"sub": "bob", "tenant_id": "acme"}',
    '{"sub": "bob", "tenant_id": "beta"}',
    '{"sub": "cid"}',
    '{"sub": "dan"}',
    '{"sub": "dan", "tenant_id": "acme", "roles": ["owner"]}',
    '{"sub": "eve"}',
    '{"sub": "eve", "tenant_id": ""}',
    '{"sub": "ANN"}',
    '{"sub": "ann "}',
    '{"sub": ""}',
    '{"sub": null}',
    '{"sub": ["ann"]}',
    '{"tenant_id": "acme"}',
    '{}',
    '[]',
    'ann',
    '']) AS claims, test.standing(claims) AS s;

-- A chosen tenant comes before the claimed one: only if the caller is a member of it, and only while that holds.
BEGIN;
SELECT auth.set_claims('{"sub": "bob", "tenant_id": "acme"}', 'beta');
SELECT auth.tenant_id(), auth.roles(), auth.permissions();
SELECT auth.use_tenant('acme');
SELECT auth.tenant_id(), auth.roles(), auth.permissions();
RESET ROLE;
DELETE FROM org.member WHERE user_id = 'bob' AND tenant_id = 'acme';
SET ROLE authenticated;
-- The choice is not forgotten for another: there is no tenant.
SELECT auth.tenant_id(), auth.tenant_ids(), auth.roles(), auth.has_role('member'), auth.permissions(), tenancy.tenant_problem();
ROLLBACK;

-- What is written to the table holds from the next statement on.
BEGIN;
SELECT * FROM test.of('ann');
INSERT INTO org.member VALUES ('ann', 'gamma', 'viewer');
SELECT * FROM test.of('ann');
DELETE FROM org.member WHERE user_id = 'ann' AND tenant_id = 'acme';
SELECT * FROM test.of('ann');
UPDATE org.member SET role = 'owner' WHERE user_id = 'ann';
SELECT * FROM test.of('ann');
UPDATE org.member SET user_id = 'bob' WHERE user_id = 'ann';
SELECT * FROM test.of('ann');
SELECT * FROM test.of('bob');
TRUNCATE org.member;
SELECT * FROM test.of('bob');
ROLLBACK;
SELECT * FROM test.of('ann');

-- Soft deletion. inactive_column: the row is none where it is true, or there is a time.
CREATE TYPE org.state AS ENUM ('invited', 'active', 'left');
CREATE DOMAIN org.flag AS boolean;
CREATE TABLE org.soft (user_id text PRIMARY KEY, tenant_id text DEFAULT 'acme', yes boolean, flag org.flag, zoned timestamptz, plain timestamp, day date, word text, short varchar(10), state org.state);
INSERT INTO org.soft (user_id, yes, flag, zoned, plain, day, word, short, state) VALUES
    ('nothing', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('no', false, false, 'infinity', 'infinity', 'infinity', 'Active', 'inactive', 'invited'),
    ('old', true, true, '2001-01-01', '2001-01-01', '2001-01-01', ' active', '', 'left'),
    ('yes', true, true, '2999-01-01', '2999-01-01', '2999-01-01', 'active', 'active', 'active');
CREATE FUNCTION test.members_by(option text, column_name name, OUT members text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT tenancy.use_members(''org.soft'', ''user_id'', ''tenant_id'', %I => %L)', option, column_name);
    SELECT string_agg(user_id, ', ' ORDER BY user_id) INTO members FROM org.soft, test.of(user_id) AS s WHERE s.tenant_id = 'acme';
END $$;
BEGIN;
SELECT option, name, m.* FROM unnest('{inactive_column,active_column}'::text[]) AS option, unnest('{yes,flag,zoned,plain,day,word,short,state}'::name[]) AS name,
    test.members_by(option, name) AS m WHERE option <> 'inactive_column' OR name NOT IN ('word', 'short', 'state');
-- Both at once.
SELECT tenancy.use_members('org.soft', 'user_id', 'tenant_id', active_column => 'state', inactive_column => 'zoned');
SELECT * FROM test.of('yes');
UPDATE org.soft SET zoned = NULL;
SELECT * FROM test.of('yes');
UPDATE org.soft SET state = 'left';
SELECT * FROM test.of('yes');
ROLLBACK;

-- Roles: a text, separated by commas; an array; an enum. Without a column for them the claims tell.
CREATE TYPE org.rank AS ENUM ('admin', 'member', 'a,b');
CREATE DOMAIN org.word AS text;
CREATE TABLE org.ranked (user_id text PRIMARY KEY, tenant_id text, list text, short varchar, word org.word, many text[], shorts varchar(9)[], one org.rank, ranks org.rank[]);
INSERT INTO org.ranked VALUES
    ('ann', 'acme', 'owner,admin', 'owner , admin', ' owner,,admin ,', '{owner,admin}', '{owner,NULL}', 'admin', '{member,admin,NULL}'),
    ('bob', 'acme', '', ',', 'org:admin', '{}', '{""," x "}', 'a,b', '{}'),
    ('cid', 'acme', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('dan', 'acme', E'\t', 'org:org:admin', 'Admin', '{{a,b},{c,d}}', '[5:6]={x,x}', 'member', '{NULL}');
CREATE FUNCTION test.roles_by(column_name name, OUT ann text[], OUT bob text[], OUT cid text[], OUT dan text[]) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tenancy.use_members('org.ranked', 'user_id', 'tenant_id', role_column => column_name);
    ann := (SELECT roles FROM test.standing('{"sub": "ann", "tenant_id": "acme", "roles": ["of claims"]}'));
    bob := (SELECT roles FROM test.standing('{"sub": "bob", "tenant_id": "acme", "roles": ["of claims"]}'));
    cid := (SELECT roles FROM test.standing('{"sub": "cid", "tenant_id": "acme", "roles": ["of claims"]}'));
    dan := (SELECT roles FROM test.standing('{"sub": "dan", "tenant_id": "acme", "roles": ["of claims"]}'));
END $$;
BEGIN;
SELECT name, r.* FROM unnest('{list,short,word,many,shorts,one,ranks,NULL}'::name[]) AS name, test.roles_by(name) AS r;
-- A role is compared without org:.
SELECT tenancy.use_members('org.ranked', 'user_id', 'tenant_id', 'short');
SELECT set_config('request.jwt.claims', '{"sub": "dan"}', true) <> '' AS dan;
SELECT auth.roles(), auth.has_role('admin'), auth.has_role('org:admin'), auth.has_role('Admin'), auth.permissions(), auth.has_permission('members.invite');
ROLLBACK;

-- require_membership off: a tenant that the claims name counts without a row, with the claims' roles there; where there
-- are rows, their roles.
BEGIN;
SELECT tenancy.configure('require_membership', 'off');
SELECT claims, s.* FROM unnest(ARRAY[
    '{"sub": "ann"}',
    '{"sub": "ann", "tenant_id": "beta", "roles": ["viewer"]}',
    '{"sub": "ann", "tenant_id": "acme", "roles": ["viewer"]}',
    '{"sub": "dan", "tenant_id": "beta", "roles": ["viewer"]}',
    '{"sub": "dan"}']) AS claims, test.standing(claims) AS s;
ROLLBACK;
-- One source takes the place of another; without any, the claims are what counts again.
BEGIN;
INSERT INTO org.soft (user_id, tenant_id) VALUES ('ann', 'of soft');
SELECT tenancy.use_members('org.soft', 'user_id', 'tenant_id');
SELECT source, role_column FROM tenancy.member_source;
SELECT value FROM tenancy.status() WHERE setting = 'members';
SELECT * FROM test.of('ann');
SELECT tenancy.drop_members();
SELECT count(*) FROM tenancy.member_source;
SELECT value, changed FROM tenancy.status() WHERE setting = 'members';
SELECT * FROM test.of('ann');
SELECT * FROM test.standing('{"sub": "ann", "tenant_id": "any"}');
-- Twice is no error.
SELECT tenancy.drop_members();
ROLLBACK;

-- Nobody but the administrator may say which table it is.
BEGIN;
CREATE TABLE test.open AS SELECT 'eve' AS user_id, 'acme' AS tenant_id;
GRANT SELECT ON test.open TO PUBLIC;
SET LOCAL SESSION AUTHORIZATION app;
SELECT code, message FROM test.error($$SELECT tenancy.use_members('test.open', 'user_id', 'tenant_id')$$);
SELECT code, message FROM test.error($$SELECT tenancy.define_role('x', '{*.*}')$$);
SELECT code, message FROM test.error('SELECT tenancy.drop_members()');
-- Nor see who belongs where.
SELECT code, message FROM test.error('SELECT * FROM org.member');
ROLLBACK;

-- RLS on the table of members neither blocks nor recurses: not forced, not false, not one that asks who is a member.
BEGIN;
ALTER TABLE org.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE org.member FORCE ROW LEVEL SECURITY;
SELECT * FROM test.of('ann');
CREATE POLICY never ON org.member AS RESTRICTIVE USING (false);
SELECT * FROM test.of('ann');
DROP POLICY never ON org.member;
CREATE POLICY colleagues ON org.member USING (tenant_id = auth.tenant_id() AND auth.has_role('admin', 'member'));
SELECT * FROM test.of('ann');
-- Who may read it sees what its policy says.
GRANT USAGE ON SCHEMA org TO authenticated;
GRANT SELECT ON org.member TO authenticated;
SELECT auth.set_claims('{"sub": "ann"}');
SELECT user_id, tenant_id, role FROM org.member ORDER BY user_id;
ROLLBACK;

-- Rows of a protected table, by membership.
CREATE TABLE org.note (id int PRIMARY KEY, tenant_id text NOT NULL, body text);
INSERT INTO org.note VALUES (1, 'acme', 'a'), (2, 'beta', 'b'), (3, 'acme', 'c');
SET client_min_messages = warning;
SELECT count(*) > 0 AS protected FROM tenancy.protect('org.note');
RESET client_min_messages;
CREATE FUNCTION test.notes(claims text) RETURNS text LANGUAGE plpgsql SET role = authenticated AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    RETURN (SELECT string_agg(id::text, ',' ORDER BY id) FROM org.note);
END $$;
SELECT claims, test.notes(claims) FROM unnest(ARRAY['{"sub": "ann"}', '{"sub": "ann", "tenant_id": "beta"}', '{"sub": "bob"}', '{"sub": "bob", "tenant_id": "beta"}', '{"sub": "cid"}',
    '{"sub": "dan", "tenant_id": "acme"}', '{"tenant_id": "acme"}', '']) AS claims;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "bob"}', 'beta');
INSERT INTO org.note (id, body) VALUES (4, 'd') RETURNING *;
SELECT code, message FROM test.error($$INSERT INTO org.note VALUES (5, 'acme', 'e')$$);
SELECT auth.use_tenant('acme');
INSERT INTO org.note VALUES (5, 'acme', 'e');
SELECT id FROM org.note ORDER BY id;
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- The same with a token: it says who, and the database where.
\set keys `$REPO/tests/lib/token jwks ed1`
\set ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "roles": ["owner"]}'`
\set ann_beta `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "beta"}'`
\set bob `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "bob", "tenant_id": "acme"}'`
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL, 'plain');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
SELECT user_id, tenant_id, roles, sees_nothing_because, auth.tenant_ids() FROM tenancy.whoami();
SELECT id FROM org.note ORDER BY id;
SELECT auth.login(:'ann_beta');
SELECT user_id, tenant_id, roles, sees_nothing_because FROM tenancy.whoami();
SELECT id FROM org.note ORDER BY id;
SELECT auth.login(:'bob', 'beta');
SELECT user_id, tenant_id, roles, sees_nothing_because FROM tenancy.whoami();
SELECT id FROM org.note ORDER BY id;
SELECT e.* FROM test.error(format('SELECT auth.login(%L, ''beta'')', :'ann')) AS e;
-- require_membership off is no way for a token to any tenant.
RESET SESSION AUTHORIZATION;
SELECT tenancy.configure('require_membership', 'off');
SET LOCAL SESSION AUTHORIZATION app;
SELECT e.* FROM test.error(format('SELECT auth.login(%L, ''beta'')', :'ann')) AS e;
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT tenancy.drop_issuer('https://issuer.example');

-- Users who are synced from elsewhere: sub is a column of theirs, members refer to their key.
CREATE TABLE org.users (id uuid PRIMARY KEY, clerk_user_id text UNIQUE, number bigint UNIQUE, deleted_at timestamptz);
INSERT INTO org.users VALUES ('00000000-0000-0000-0000-00000000000a', 'user_ann', 1), ('00000000-0000-0000-0000-00000000000b', 'user_bob', 2), ('00000000-0000-0000-0000-00000000000c', NULL, 3);
CREATE TABLE org.seat (user_id uuid REFERENCES org.users, number bigint REFERENCES org.users (number), org_id text, role text);
CREATE INDEX ON org.seat (user_id);
CREATE INDEX ON org.seat (number);
INSERT INTO org.seat VALUES ('00000000-0000-0000-0000-00000000000a', 2, 'org_1', 'admin'), ('00000000-0000-0000-0000-00000000000b', 3, 'org_2', 'member'), ('00000000-0000-0000-0000-00000000000c', 1, 'org_3', 'member');
BEGIN;
SELECT tenancy.use_members('org.seat', 'user_id', 'org_id', 'role', users => 'org.users', subject_column => 'clerk_user_id');
SELECT users, subject_column, key_column FROM tenancy.member_source;
SELECT sub, s.* FROM unnest('{user_ann,user_bob,user_cid,00000000-0000-0000-0000-00000000000a,1}'::text[]) AS sub, test.of(sub) AS s;
SELECT * FROM test.standing('{}');
-- A user's deletion takes away what identifies them, not the row.
UPDATE org.users SET clerk_user_id = NULL, deleted_at = now() WHERE number = 1;
SELECT * FROM test.of('user_ann');
-- It is another user's now.
UPDATE org.users SET clerk_user_id = 'user_ann' WHERE number = 3;
SELECT * FROM test.of('user_ann');
-- A key that is not the primary one.
SELECT tenancy.use_members('org.seat', 'number', 'org_id', 'role', users => 'org.users', subject_column => 'clerk_user_id');
SELECT users, subject_column, key_column FROM tenancy.member_source;
SELECT sub, s.* FROM unnest('{user_ann,user_bob}'::text[]) AS sub, test.of(sub) AS s;
-- Who is there twice is nobody.
ALTER TABLE org.users DROP CONSTRAINT users_clerk_user_id_key;
UPDATE org.users SET clerk_user_id = 'user_bob' WHERE number = 1;
SELECT sub, s.* FROM unnest('{user_ann,user_bob}'::text[]) AS sub, test.of(sub) AS s;
ROLLBACK;
-- Users who are of one tenant each are members and users at once.
BEGIN;
ALTER TABLE org.users ADD org_id text DEFAULT 'org_1';
SELECT tenancy.use_members('org.users', 'clerk_user_id', 'org_id', inactive_column => 'deleted_at');
SELECT * FROM test.of('user_ann');
UPDATE org.users SET deleted_at = now();
SELECT * FROM test.of('user_ann');
-- Without a foreign key, the users' primary key is what is meant.
CREATE TABLE org.free AS SELECT * FROM org.seat;
CREATE INDEX ON org.free (user_id);
SELECT tenancy.use_members('org.free', 'user_id', 'org_id', 'role', users => 'org.users', subject_column => 'clerk_user_id');
SELECT * FROM test.of('user_ann');
ROLLBACK;

-- Better Auth's table, with ids that are uuids (Neon Auth) and texts: several roles in one text, and a member twice.
CREATE SCHEMA neon_auth;
CREATE TABLE neon_auth."member" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "organizationId" uuid NOT NULL, "userId" uuid NOT NULL, role text NOT NULL, "createdAt" timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON neon_auth."member" ("userId");
INSERT INTO neon_auth."member" ("organizationId", "userId", role) VALUES
    ('aaaaaaaa-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', 'owner,admin'),
    ('aaaaaaaa-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', 'admin,member'),
    ('aaaaaaaa-0000-0000-0000-000000000002', '00000000-0000-0000-0000-00000000000b', 'member'),
    ('aaaaaaaa-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000b', 'viewer');
BEGIN;
SELECT tenancy.use_members('neon_auth.member', 'userId', 'organizationId', 'role');
SELECT sub, o, s.* FROM (VALUES
    ('00000000-0000-0000-0000-00000000000a', NULL),
    ('00000000-0000-0000-0000-00000000000A', NULL),
    ('00000000-0000-0000-0000-00000000000b', NULL),
    ('00000000-0000-0000-0000-00000000000b', 'aaaaaaaa-0000-0000-0000-000000000002'),
    ('00000000-0000-0000-0000-00000000000b', 'AAAAAAAA-0000-0000-0000-000000000002'),
    ('00000000-0000-0000-0000-00000000000b', 'aaaaaaaa-0000-0000-0000-000000000003'),
    ('00000000-0000-0000-0000-00000000000b', 'org-123')) AS callers (sub, o),
    test.standing(CASE WHEN o IS NULL THEN jsonb_build_object('sub', sub) ELSE jsonb_build_object('sub', sub, 'o', jsonb_build_object('id', o, 'slug', 's', 'role', 'owner')) END::text) AS s;
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-0000-0000-00000000000a"}', true) <> '' AS ann;
SELECT auth.uid(), auth.tenant_uuid(), auth.tenant_uuids(), auth.tenant_bigints(), auth.permissions();
ALTER TABLE neon_auth."member" ALTER "organizationId" TYPE text, ALTER "userId" TYPE text;
-- (Types that are changed later are as good, if they are among those that can be used.)
SELECT auth.tenant_id(), auth.tenant_uuids(), auth.roles();
-- As texts, ids are compared as they are written; tenants that are uuids are the same in either case.
SELECT sub, o, s.* FROM (VALUES
    ('00000000-0000-0000-0000-00000000000A', 'aaaaaaaa-0000-0000-0000-000000000001'),
    ('00000000-0000-0000-0000-00000000000b', 'AAAAAAAA-0000-0000-0000-000000000002')) AS callers (sub, o),
    test.standing(jsonb_build_object('sub', sub, 'tenant_id', o)::text) AS s;
ROLLBACK;

-- A team's own helper, which looks up the caller's tenant for five policies, becomes one line.
CREATE SCHEMA axis;
GRANT USAGE ON SCHEMA axis TO authenticated;
CREATE TABLE axis.tenants (id uuid PRIMARY KEY, name text);
CREATE TABLE axis.users (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES axis.tenants, email text);
CREATE TABLE axis.requests (id int PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES axis.tenants);
CREATE TABLE axis.evidence_files (id int PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES axis.tenants);
CREATE TABLE axis.audit_logs (id int PRIMARY KEY, tenant_id uuid REFERENCES axis.tenants);
INSERT INTO axis.tenants SELECT ('00000000-0000-0000-0000-00000000010' || n)::uuid, 'tenant ' || n FROM generate_series(1, 3) AS n;
INSERT INTO axis.users SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, ('00000000-0000-0000-0000-00000000010' || 1 + n % 3)::uuid, n || '@example.com' FROM generate_series(1, 5) AS n;
INSERT INTO axis.requests SELECT n, ('00000000-0000-0000-0000-00000000010' || 1 + n % 3)::uuid FROM generate_series(1, 9) AS n;
INSERT INTO axis.evidence_files SELECT n, tenant_id FROM axis.requests, LATERAL (SELECT id + 10) AS e (n);
INSERT INTO axis.audit_logs SELECT n, tenant_id FROM axis.requests, LATERAL (SELECT id + 20) AS e (n) UNION ALL SELECT 30, NULL;
GRANT SELECT ON ALL TABLES IN SCHEMA axis TO authenticated;
CREATE FUNCTION axis.get_user_tenant_id() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER AS $$SELECT tenant_id FROM axis.users WHERE id::text = auth.user_id()$$;
CREATE FUNCTION test.write_policies(tenant text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tbl regclass;
BEGIN
    FOREACH tbl IN ARRAY '{axis.users,axis.requests,axis.evidence_files,axis.audit_logs,axis.tenants}'::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format(CASE tbl WHEN 'axis.audit_logs'::regclass THEN 'CREATE POLICY own ON %s TO authenticated USING (tenant_id = %s OR tenant_id IS NULL)'
            WHEN 'axis.tenants'::regclass THEN 'CREATE POLICY own ON %s FOR SELECT TO authenticated USING (id = %s)'
            ELSE 'CREATE POLICY own ON %s TO authenticated USING (tenant_id = %2$s) WITH CHECK (tenant_id = %2$s)' END, tbl, tenant);
    END LOOP;
END $$;
CREATE FUNCTION test.seen(claims text) RETURNS text LANGUAGE plpgsql SET role = authenticated AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    RETURN (SELECT string_agg(kind || ' ' || id, ', ' ORDER BY kind, id) FROM (
        SELECT 'user', right(id::text, 3) FROM axis.users UNION ALL SELECT 'request', id::text FROM axis.requests UNION ALL SELECT 'file', id::text FROM axis.evidence_files
        UNION ALL SELECT 'log', id::text FROM axis.audit_logs UNION ALL SELECT 'tenant', right(id::text, 3) FROM axis.tenants) AS rows (kind, id));
END $$;
CREATE TABLE test.callers AS SELECT claims FROM unnest(ARRAY[
    '{"sub": "00000000-0000-0000-0000-000000000001", "role": "authenticated", "email": "1@example.com"}',
    '{"sub": "00000000-0000-0000-0000-000000000002", "role": "authenticated", "tenant_id": "00000000-0000-0000-0000-000000000103"}',
    '{"sub": "00000000-0000-0000-0000-000000000003"}',
    '{"sub": "00000000-0000-0000-0000-000000000009"}',
    '{"sub": "3"}',
    '{}', '']) AS claims;
SELECT test.write_policies('axis.get_user_tenant_id()');
CREATE TABLE test.by_hand AS SELECT claims, test.seen(claims) FROM test.callers;
SELECT * FROM test.by_hand;
-- The one line: the policies as they were with auth.tenant_uuid() in the helper's place.
SELECT tenancy.use_members('axis.users', 'id', 'tenant_id');
DROP POLICY own ON axis.users;
DROP POLICY own ON axis.requests;
DROP POLICY own ON axis.evidence_files;
DROP POLICY own ON axis.audit_logs;
DROP POLICY own ON axis.tenants;
SELECT test.write_policies('auth.tenant_uuid()');
CREATE TABLE test.by_members AS SELECT claims, test.seen(claims) FROM test.callers;
SELECT h.*, m.seen AS by_members FROM test.by_hand AS h JOIN test.by_members AS m USING (claims) WHERE h.seen IS DISTINCT FROM m.seen;
-- Those of three tables that protect() writes instead.
BEGIN;
DROP POLICY own ON axis.users;
DROP POLICY own ON axis.requests;
DROP POLICY own ON axis.evidence_files;
SET client_min_messages = error;
SELECT count(*) > 0 AS protected FROM unnest('{axis.requests,axis.evidence_files}'::regclass[]) AS tbl, tenancy.protect(tbl);
SELECT count(*) > 0 AS protected FROM tenancy.protect('axis.users', write => '{admin}', remove => '{}');
RESET client_min_messages;
SELECT h.*, p.seen AS by_protect FROM test.by_hand AS h, test.seen(claims) AS p (seen) WHERE h.seen IS DISTINCT FROM p.seen;
-- Now some callers may write users, of their own tenant: use_members() says so.
SELECT tenancy.use_members('axis.users', 'id', 'tenant_id');
SELECT tenancy.configure('roles_path', '{roles}');
SELECT auth.set_claims('{"sub": "00000000-0000-0000-0000-000000000001", "roles": ["admin"]}');
SELECT auth.roles();
SELECT code, message FROM test.error($$UPDATE axis.users SET tenant_id = '00000000-0000-0000-0000-000000000101'$$);
ROLLBACK;
-- What the helper does not do: a token that names another tenant than the caller's is none of theirs.
SELECT test.seen('{"sub": "00000000-0000-0000-0000-000000000001", "tenant_id": "00000000-0000-0000-0000-000000000101"}');

SET client_min_messages = warning;
SELECT tenancy.drop_members();
DROP SCHEMA org, neon_auth, axis CASCADE;
DROP TABLE test.callers, test.by_hand, test.by_members;
DROP FUNCTION test.standing, test.of, test.members_by, test.roles_by, test.notes, test.write_policies, test.seen;

-- What says who belongs where is not for every caller to write, by mistake or by a schema's rules.
CREATE SCHEMA who;
CREATE TABLE who.person (id text PRIMARY KEY, clerk_id text UNIQUE, tenant_id text);
CREATE TABLE who.member (user_id text, tenant_id text, role text);
CREATE INDEX ON who.member (user_id, tenant_id);
SELECT tenancy.use_members('who.member', 'user_id', 'tenant_id', 'role', users => 'who.person', subject_column => 'clerk_id');
SELECT * FROM test.error($$SELECT tenancy.protect('who.member')$$);
SELECT code FROM test.error($$SELECT tenancy.protect('who.member', write => '{admin}')$$);
SELECT code FROM test.error($$SELECT tenancy.protect('who.person', remove => '{}')$$);
SELECT target, template, reason FROM tenancy.protect_schema('who', write => '{editor}');
SELECT tablename, privilege_type FROM information_schema.role_table_grants g JOIN pg_tables t ON t.tablename = g.table_name
WHERE schemaname = 'who' AND grantee = 'authenticated' ORDER BY 1, 2;
SELECT count(*) > 0 AS changed FROM tenancy.protect('who.member', write => '{admin}', remove => '{admin}');
BEGIN;
INSERT INTO who.person VALUES ('1', 'ann', 'a'), ('2', 'bob', 'a');
INSERT INTO who.member VALUES ('1', 'a', 'admin'), ('2', 'a', 'viewer');
SELECT FROM test.caller('{"sub": "bob"}');
SELECT code FROM test.error($$INSERT INTO who.member VALUES ('2', 'a', 'admin')$$);
WITH changed AS (UPDATE who.member SET role = 'admin' RETURNING 1) SELECT count(*) FROM changed;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT code FROM test.error($$INSERT INTO who.member VALUES ('2', 'b', 'admin')$$);
WITH changed AS (UPDATE who.member SET role = 'admin' RETURNING 1) SELECT count(*) FROM changed;
ROLLBACK;
SELECT tenancy.drop_members();
DROP SCHEMA who CASCADE;

-- Nor by what its rows follow, nor by another column than the one that names the tenant.
CREATE SCHEMA who;
CREATE TABLE who.people (id text PRIMARY KEY, tenant_id text);
CREATE TABLE who.member (user_id text REFERENCES who.people ON UPDATE CASCADE, org_id text, role text);
CREATE INDEX ON who.member (user_id, org_id);
SELECT tenancy.use_members('who.member', 'user_id', 'org_id', 'role');
SELECT code, message FROM test.error($$SELECT tenancy.protect('who.people')$$);
SELECT * FROM test.error($$SELECT tenancy.protect('who.member', 'user', write => '{member}', remove => '{}')$$);
SELECT count(*) > 0 AS changed FROM tenancy.protect('who.member', tenant_column => 'org_id', write => '{admin}', remove => '{}');
SELECT tenancy.drop_members();
DROP SCHEMA who CASCADE;

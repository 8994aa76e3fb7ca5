-- native only
-- AXIS, a SaaS on Neon Auth: tokens hold no tenant, a table of users says who is in which. Its five tables, with nothing but
-- tenancy.use_members() and tenancy.protect(), beside the same tables with five policies by hand around a helper function.
\pset format unaligned
\pset null NULL
\pset footer off
SET client_min_messages = warning;
CREATE SCHEMA axis AUTHORIZATION table_owner;
SET ROLE table_owner;
CREATE TABLE axis.tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE axis.users (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES axis.tenants, email text NOT NULL,
    role text NOT NULL DEFAULT 'viewer' CHECK (role IN ('admin', 'member', 'viewer')), UNIQUE (tenant_id, id));
CREATE TABLE axis.requests (id int PRIMARY KEY, tenant_id uuid NOT NULL, user_id uuid NOT NULL, title text NOT NULL, UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES axis.users (tenant_id, id));
CREATE TABLE axis.evidence_files (id int PRIMARY KEY, tenant_id uuid NOT NULL, request_id int NOT NULL, file_name text NOT NULL,
    FOREIGN KEY (tenant_id, request_id) REFERENCES axis.requests (tenant_id, id));
CREATE TABLE axis.audit_logs (id int PRIMARY KEY, tenant_id uuid REFERENCES axis.tenants, entry text NOT NULL);
-- Alder: ann is admin, bob member, cid viewer. Birch: dee is admin. Global: the event 30. (eve has signed up, and is in no tenant.)
\set alder aaaaaaaa-0000-4000-8000-000000000000
\set birch bbbbbbbb-0000-4000-8000-000000000000
INSERT INTO axis.tenants VALUES (:'alder', 'Alder'), (:'birch', 'Birch');
INSERT INTO axis.users SELECT format('00000000-0000-4000-8000-00000000000%s', left(name, 1))::uuid, tenant, name || '@example.com', role
FROM (VALUES ('ann', :'alder'::uuid, 'admin'), ('bob', :'alder', 'member'), ('cid', :'alder', 'viewer'), ('dee', :'birch', 'admin')) AS u (name, tenant, role);
INSERT INTO axis.requests SELECT row_number() OVER (ORDER BY email), tenant_id, id, 'of ' || email FROM axis.users WHERE role <> 'viewer';
INSERT INTO axis.evidence_files SELECT id + 10, tenant_id, id, 'file' FROM axis.requests;
INSERT INTO axis.audit_logs SELECT id + 20, tenant_id, 'event' FROM axis.requests UNION ALL SELECT 30, NULL, 'maintenance';
RESET ROLE;

-- What was there: the same tables once more, the helper and the policies as such teams write them.
CREATE SCHEMA by_hand;
SELECT format('CREATE TABLE by_hand.%I (LIKE axis.%1$I INCLUDING ALL)', name), format('INSERT INTO by_hand.%I TABLE axis.%1$I', name),
    format('ALTER TABLE by_hand.%I ENABLE ROW LEVEL SECURITY', name)
FROM unnest('{tenants,users,requests,evidence_files,audit_logs}'::text[]) AS name \gexec
CREATE FUNCTION by_hand.tenant() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT tenant_id FROM by_hand.users WHERE id::text = auth.user_id()';
CREATE POLICY own ON by_hand.users TO authenticated USING (tenant_id = by_hand.tenant()) WITH CHECK (tenant_id = by_hand.tenant());
CREATE POLICY own ON by_hand.requests TO authenticated USING (tenant_id = by_hand.tenant()) WITH CHECK (tenant_id = by_hand.tenant());
CREATE POLICY own ON by_hand.evidence_files TO authenticated USING (tenant_id = by_hand.tenant()) WITH CHECK (tenant_id = by_hand.tenant());
CREATE POLICY own ON by_hand.audit_logs TO authenticated USING (tenant_id = by_hand.tenant() OR tenant_id IS NULL);
CREATE POLICY own ON by_hand.tenants FOR SELECT TO authenticated USING (id = by_hand.tenant());
GRANT USAGE ON SCHEMA by_hand TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA by_hand TO authenticated;

-- All of it, now. The administrator names the members; the rest is for the tables' owner.
SELECT FROM tenancy.use_members('axis.users', 'id', 'tenant_id', 'role');
SET ROLE table_owner;
SELECT FROM tenancy.protect('axis.tenants', 'tenant_root', write => '{admin}');
SELECT FROM tenancy.protect('axis.users', write => '{admin}', remove => '{admin}');
SELECT FROM tenancy.protect('axis.requests', write => '{admin,member}', remove => '{admin}');
SELECT FROM tenancy.protect('axis.evidence_files', write => '{admin,member}', remove => '{admin}');
SELECT FROM tenancy.protect('axis.audit_logs', 'tenant_or_global', remove => '{}');
RESET ROLE;

-- Row security is on for every table of the schema, for its owner too, and all that protect() does is done.
SELECT relname, relrowsecurity AS on, relforcerowsecurity AS forced, a ->> 'template' AS template,
    (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND polpermissive) > 0 AS permissive, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND NOT polpermissive) > 1 AS restrictive,
    (SELECT count(*) FROM tenancy.protect_as(c.oid, a - 'made', true)) AS to_do
FROM pg_class c, tenancy.asked(c.oid) a WHERE relnamespace = 'axis'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1;

-- What each sees, in direct SQL without a filter, as the app's login. ({} is who has claims that name nobody.)
CREATE TABLE test.person AS SELECT n, name, format('{"sub": "00000000-0000-4000-8000-00000000000%s", "email": "%s@example.com", "role": "authenticated", "iat": 1766320685, "exp": 1766321585}', left(name, 1), name) AS claims
FROM unnest('{ann,bob,cid,dee,eve}'::text[]) WITH ORDINALITY AS u (name, n) UNION ALL SELECT 6, 'nobody', '{}';
CREATE FUNCTION test.seen(schema text, claims text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    PERFORM test.caller(claims);
    EXECUTE replace($q$SELECT concat_ws(' ', 'tenants', (SELECT string_agg(name, ',' ORDER BY name) FROM {s}.tenants), 'users', (SELECT string_agg(split_part(email, '@', 1), ',' ORDER BY email) FROM {s}.users),
        'requests', (SELECT string_agg(id::text, ',' ORDER BY id) FROM {s}.requests), 'files', (SELECT string_agg(id::text, ',' ORDER BY id) FROM {s}.evidence_files),
        'log', (SELECT string_agg(id::text, ',' ORDER BY id) FROM {s}.audit_logs))$q$, '{s}', schema) INTO seen;
    PERFORM set_config('role', 'none', true);
    RETURN seen;
END $$;
-- What a statement of each does, undone: rows, or the SQLSTATE.
CREATE FUNCTION test.done(schema text, claims text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM test.caller(claims);
    BEGIN
        EXECUTE replace(sql, '{s}', schema);
        GET DIAGNOSTICS n = ROW_COUNT;
        RAISE EXCEPTION USING ERRCODE = 'YYYYY';
    EXCEPTION WHEN SQLSTATE 'YYYYY' THEN
        NULL;
    WHEN OTHERS THEN
        PERFORM set_config('role', 'none', true);
        RETURN SQLSTATE;
    END;
    PERFORM set_config('role', 'none', true);
    RETURN n;
END $$;
GRANT SELECT ON test.person TO PUBLIC;
SET SESSION AUTHORIZATION app;
SELECT name, test.seen('axis', claims), test.seen('axis', claims) = test.seen('by_hand', claims) AS as_by_hand FROM test.person ORDER BY n;
-- (By hand, global events are there for nobody as well.)
SELECT name, test.seen('by_hand', claims) FROM test.person WHERE name = 'nobody';
-- A token that names a tenant is believed where its bearer is a member.
SELECT tenant, test.seen('axis', (claims::jsonb || jsonb_build_object('tenant_id', tenant, 'roles', '{admin}'::text[]))::text)
FROM test.person, unnest(ARRAY[:'alder', :'birch']) AS tenant WHERE name = 'cid';
-- Who asks for others' rows finds none, however it is asked.
SELECT s AS schema, sql, string_agg(test.done(s, claims, sql), ' ' ORDER BY n) AS ann_bob_cid_dee_eve_nobody FROM test.person, unnest('{axis,by_hand}'::text[]) s, unnest(ARRAY[
    'SELECT FROM {s}.requests WHERE id = 4 OR true', 'SELECT FROM {s}.requests r JOIN {s}.users u ON u.id = r.user_id', 'SELECT FROM (SELECT count(*) FROM {s}.evidence_files HAVING count(*) > 2) c',
    'SELECT FROM {s}.audit_logs l WHERE l.tenant_id IS DISTINCT FROM auth.tenant_uuid()', 'TRUNCATE {s}.evidence_files', 'ALTER TABLE {s}.requests DISABLE ROW LEVEL SECURITY'
    ]) WITH ORDINALITY AS t (sql, position) GROUP BY s, sql, position ORDER BY position, s;

-- Who may do what. By hand every member may do all, promote themself, and rewrite what is everybody's.
SELECT s AS schema, sql, string_agg(test.done(s, claims, sql), ' ' ORDER BY n) AS ann_bob_cid_dee_eve_nobody FROM test.person, unnest('{axis,by_hand}'::text[]) s, unnest(ARRAY[
    'INSERT INTO {s}.requests SELECT 5, tenant_id, id, ''new'' FROM {s}.users WHERE id = auth.uid()',
    format('INSERT INTO {s}.requests VALUES (5, %L, ''00000000-0000-4000-8000-00000000000d'', ''planted'')', :'birch'),
    'UPDATE {s}.requests SET title = ''changed''', 'DELETE FROM {s}.evidence_files', format('UPDATE {s}.evidence_files SET tenant_id = %L', :'birch'),
    'UPDATE {s}.users SET role = ''admin'' WHERE id = auth.uid()', format('UPDATE {s}.users SET tenant_id = %L', :'birch'),
    'INSERT INTO {s}.users SELECT gen_random_uuid(), tenant_id, ''x@example.com'', ''admin'' FROM {s}.users WHERE id = auth.uid()', 'DELETE FROM {s}.users WHERE email = ''cid@example.com''',
    'UPDATE {s}.tenants SET name = ''renamed''', 'DELETE FROM {s}.tenants', 'INSERT INTO {s}.tenants (name) VALUES (''mine'')',
    'INSERT INTO {s}.audit_logs VALUES (31, NULL, ''for everybody'')', format('INSERT INTO {s}.audit_logs VALUES (31, %L, ''planted'')', :'birch'),
    'INSERT INTO {s}.audit_logs SELECT 31, tenant_id, ''done'' FROM {s}.users WHERE id = auth.uid()', 'UPDATE {s}.audit_logs SET entry = ''forged'' WHERE tenant_id IS NULL', 'DELETE FROM {s}.audit_logs'
    ]) WITH ORDINALITY AS t (sql, position) GROUP BY s, sql, position ORDER BY position, s;
-- The tenant is filled in.
BEGIN;
SELECT FROM test.person p, test.caller(p.claims) WHERE name = 'bob';
INSERT INTO axis.requests (id, user_id, title) VALUES (5, auth.uid(), 'new') RETURNING tenant_id;
INSERT INTO axis.audit_logs (id, entry) VALUES (31, 'bob asked') RETURNING tenant_id;
ROLLBACK;
-- A change acts at once: what a member loses, and who is gone.
RESET SESSION AUTHORIZATION;
BEGIN;
UPDATE axis.users SET role = 'viewer' WHERE email = 'bob@example.com';
DELETE FROM axis.users WHERE email = 'cid@example.com';
SELECT name, test.done('axis', claims, 'UPDATE {s}.requests SET title = ''x''') AS updates, test.seen('axis', claims) FROM test.person WHERE name IN ('bob', 'cid') ORDER BY 1;
ROLLBACK;

-- No bug gets around it: a policy that is too wide and a grant to everybody. By hand that was all there was.
BEGIN;
SELECT format('CREATE POLICY oops ON %s USING (true) WITH CHECK (true)', oid::regclass) FROM pg_class WHERE relnamespace IN ('axis'::regnamespace, 'by_hand'::regnamespace) AND relkind = 'r' ORDER BY 1 \gexec
GRANT USAGE ON SCHEMA axis, by_hand TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA axis, by_hand TO PUBLIC;
SET LOCAL SESSION AUTHORIZATION app;
SELECT name, test.seen('axis', claims), test.seen('by_hand', claims) AS by_hand FROM test.person WHERE name IN ('cid', 'nobody') ORDER BY n;
-- (The login itself, which has not said who is calling.)
SELECT (SELECT count(*) FROM axis.requests) AS requests, (SELECT count(*) FROM by_hand.requests) AS by_hand;
SELECT sql, name, test.done('axis', claims, sql), test.done('by_hand', claims, sql) AS by_hand FROM test.person, unnest(ARRAY['UPDATE {s}.users SET role = ''admin''', 'DELETE FROM {s}.audit_logs', 'TRUNCATE {s}.evidence_files']) AS sql
WHERE name IN ('cid', 'nobody') ORDER BY sql, n;
ROLLBACK;

-- Next, users in several organizations: Better Auth's tables, which only it writes, name the members; the policies stay.
CREATE SCHEMA neon_auth;
CREATE TABLE neon_auth.organization (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE neon_auth.member (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "organizationId" uuid NOT NULL REFERENCES neon_auth.organization, "userId" uuid NOT NULL, role text NOT NULL);
CREATE INDEX ON neon_auth.member ("userId", "organizationId");
INSERT INTO neon_auth.organization TABLE axis.tenants;
INSERT INTO neon_auth.member ("organizationId", "userId", role) SELECT tenant_id, id, role FROM axis.users;
-- Bob is member of Alder still, and viewer of Birch; ann administers both.
INSERT INTO neon_auth.member ("organizationId", "userId", role) SELECT :'birch', id, CASE email WHEN 'ann@example.com' THEN 'admin' ELSE 'viewer' END FROM axis.users WHERE email IN ('ann@example.com', 'bob@example.com');
SELECT FROM tenancy.use_members('neon_auth.member', 'userId', 'organizationId', 'role');
SET SESSION AUTHORIZATION app;
-- Who is in several chooses, from all of theirs, and sees nothing of any until then.
SELECT name, test.seen('axis', claims) FROM test.person WHERE name IN ('ann', 'bob', 'cid') ORDER BY n;
SELECT p.name, t.name AS chosen, test.seen('axis', c), test.done('axis', c, 'UPDATE {s}.requests SET title = ''x''') AS updates, test.done('axis', c, 'UPDATE {s}.tenants SET name = ''x''') AS renames
FROM test.person p, (VALUES ('Alder', :'alder'), ('Birch', :'birch')) AS t (name, id), CAST((p.claims::jsonb || jsonb_build_object('tenant_id', t.id))::text AS text) AS c WHERE p.name IN ('ann', 'bob', 'cid') ORDER BY n, 2;
BEGIN;
SELECT FROM test.person p, auth.set_claims(p.claims::jsonb, :'birch') WHERE name = 'bob';
SELECT auth.tenant_id() = :'birch' AS birch, auth.roles(), (SELECT count(*) FROM axis.requests) AS requests;
SELECT FROM auth.use_tenant(:'alder');
SELECT auth.tenant_id() = :'alder' AS alder, auth.roles(), (SELECT count(*) FROM axis.requests) AS requests;
SELECT FROM test.person p, auth.set_claims(p.claims::jsonb) WHERE name = 'cid';
SELECT code, message FROM test.error(format('SELECT auth.use_tenant(%L)', :'birch'));
-- Auth's tables are not the app's to read or to write.
SELECT e.code, e.message FROM unnest(ARRAY['SELECT * FROM neon_auth.member', 'UPDATE neon_auth.member SET role = ''admin''']) AS sql, test.error(sql) AS e;
ROLLBACK;

RESET SESSION AUTHORIZATION;
SELECT FROM tenancy.drop_members();
DROP SCHEMA axis, by_hand, neon_auth CASCADE;
DROP TABLE test.person;
DROP FUNCTION test.seen, test.done;

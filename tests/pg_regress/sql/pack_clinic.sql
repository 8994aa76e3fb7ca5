-- native only
-- packs/clinic.sql: each of the six roles in each area, webhooks, staff across clinics, acting for another.
--
-- In a database of its own, whose administrator is no superuser: so the pack's functions are bound by what its owner may do.
\set SHOW_CONTEXT never
\set repo `echo $REPO`
\pset null '(null)'
SET client_min_messages = warning;
CREATE ROLE clinic_dba LOGIN CREATEROLE;
CREATE ROLE backoffice LOGIN NOINHERIT;
CREATE ROLE webhooks LOGIN;
\set before :DBNAME
CREATE DATABASE regress_clinic OWNER clinic_dba;
\c regress_clinic clinic_dba
CREATE EXTENSION pg_tenancy;
\set ECHO none
\o /dev/null
\c - postgres
\i :repo/tests/pg_regress/prepare.sql
\c - clinic_dba
SET client_min_messages = warning;
BEGIN;
\i :repo/packs/clinic.sql
COMMIT;
\o
\set ECHO all
\c - postgres
SET client_min_messages = warning;
GRANT authenticated, clinic_admin, clinic_mentor TO backoffice;
GRANT clinic_webhook TO webhooks;
-- Whether the pack did what it is for: all is protected, nothing needs mending, and the administrator knows no superuser.
SELECT c.relname, c.relrowsecurity AS rls, c.relforcerowsecurity AS force, count(p.polname) AS policies,
    a.asked ->> 'template' AS template, a.asked - '{template,tenant_column,force,authenticated,staff,made}'::text[] AS needs,
    (SELECT count(*) FROM tenancy.protect_as(c.oid, a.asked - 'made', dry_run => true) WHERE a.asked IS NOT NULL) AS to_do
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid, tenancy.asked(c.oid) AS a (asked)
WHERE c.relnamespace = 'clinic'::regnamespace AND c.relkind = 'r' GROUP BY c.oid, a.asked ORDER BY 1;
-- Every foreign key has an index that begins with its columns; of two tables with clinics, it carries the clinic.
SELECT k.conrelid::regclass, k.conname FROM pg_constraint k WHERE k.connamespace = 'clinic'::regnamespace AND k.contype = 'f'
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indpred IS NULL
        AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] = k.conkey);
SELECT c.oid::regclass, k AS leaves_out_the_clinic FROM pg_class c, tenancy.loose_foreign_keys(c.oid, 'clinic_id') k
WHERE relnamespace = 'clinic'::regnamespace AND relkind = 'r' AND relname <> 'clinics' ORDER BY 1, 2;
SELECT proname, prosecdef AS definer, ARRAY(SELECT grantee::regrole::text FROM aclexplode(proacl) WHERE grantee <> proowner ORDER BY 1) AS granted_to
FROM pg_proc WHERE pronamespace = 'clinic'::regnamespace AND (prosecdef OR proacl IS NOT NULL) ORDER BY 1;
SELECT count(*) AS without_comment FROM pg_proc WHERE pronamespace = 'clinic'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL;

-- What guard() adds, the same each time.
SET SESSION AUTHORIZATION clinic_dba;
SELECT clinic.guard('clinic.invoices', 'finance');
SELECT polname FROM pg_policy WHERE polrelid = 'clinic.invoices'::regclass ORDER BY 1;
RESET SESSION AUTHORIZATION;

-- Webhooks make the users: a login that may do nothing else.
SET SESSION AUTHORIZATION webhooks;
SELECT sub, clinic.sync_user('evt_' || sub, 100, sub, sub || '@example.com', initcap(sub)) AS outcome
FROM unnest('{ana,sam,mia,max,ada,pia,zoe}'::text[]) sub;
SELECT e.code, e.message FROM test.error('SELECT * FROM clinic.users') AS e;
SELECT e.code, e.message FROM test.error('DELETE FROM clinic.events') AS e;
SELECT e.code, e.message FROM test.error($$SELECT clinic.begin_acting(gen_random_uuid(), 'why not')$$) AS e;
RESET SESSION AUTHORIZATION;
-- Everybody is new as pending, in no clinic.
SELECT clerk_user_id, role, clinic_id, status FROM clinic.users ORDER BY 1;
SELECT count(*) AS members FROM clinic.members;
-- The first admin is made by hand, by whoever administers the database.
SET SESSION AUTHORIZATION clinic_dba;
UPDATE clinic.users SET role = 'admin' WHERE clerk_user_id = 'ada';
RESET SESSION AUTHORIZATION;

-- What a statement does, undone: how many rows, or the SQLSTATE of its error.
CREATE FUNCTION test.try(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'YYYYY';
EXCEPTION WHEN SQLSTATE 'YYYYY' THEN
    RETURN n;
WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
-- The same of a table, for a caller: rows seen, updated, deleted.
CREATE FUNCTION test.tried(sub text, database_role text, target text, OUT read text, OUT updates text, OUT deletes text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', 'none', true);
    PERFORM auth.set_claims(jsonb_build_object('sub', sub)), set_config('role', database_role, true);
    read := test.try(format('SELECT FROM %s', target));
    updates := test.try(format('UPDATE %s SET id = id', target));
    deletes := test.try(format('DELETE FROM %s', target));
    PERFORM set_config('role', 'none', true);
END $$;
-- The sample tables, and what goes into a new row beside its clinic.
CREATE TABLE test.area (n int, area text, target regclass, columns text, "values" text);
INSERT INTO test.area VALUES (1, 'crm', 'clinic.leads', 'name', '''new'''), (2, 'agenda', 'clinic.appointments', 'patient_id, at', '''eeeeeeee-0000-4000-8000-000000000000'', now()'),
    (3, 'patients', 'clinic.patients', 'name', '''new'''), (4, 'finance', 'clinic.invoices', 'patient_id, cents', '''eeeeeeee-0000-4000-8000-000000000000'', 1'),
    (5, 'marketing', 'clinic.campaigns', 'name', '''new'''), (6, 'mentoring', 'clinic.sessions', 'notes', '''new''');
-- What somebody may do in clinics a and m: rows seen, rows inserted, rows updated, or the error; and whether they can delete any.
CREATE FUNCTION test.rights(claims jsonb, database_role text DEFAULT 'authenticated') RETURNS TABLE (area text,
    read_a text, insert_a text, update_a text, read_m text, insert_m text, update_m text, deletes text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    t test.area;
    a CONSTANT text := '''aaaaaaaa-0000-4000-8000-000000000001''';
    m CONSTANT text := '''dddddddd-0000-4000-8000-000000000002''';
    of_clinic text;
    done text[];
BEGIN
    PERFORM set_config('role', 'none', true);
    FOR t IN TABLE test.area ORDER BY n LOOP
        done := '{}';
        PERFORM auth.set_claims(claims), set_config('role', database_role, true);
        FOREACH of_clinic IN ARRAY ARRAY[a, m] LOOP
            done := done || test.try(format('SELECT FROM %s WHERE clinic_id = %s', t.target, of_clinic))
                || test.try(format('INSERT INTO %s (clinic_id, %s) VALUES (%s, %s)', t.target, t.columns, of_clinic, t."values"))
                || test.try(format('UPDATE %s SET status = ''deleted'' WHERE clinic_id = %s', t.target, of_clinic));
        END LOOP;
        done := done || test.try(format('DELETE FROM %s', t.target));
        RETURN QUERY SELECT t.area, done[1], done[2], done[3], done[4], done[5], done[6], done[7];
        PERFORM set_config('role', 'none', true);
    END LOOP;
END $$;
GRANT SELECT ON test.area TO PUBLIC;

-- An admin makes the clinics and gives each their place, all by SQL, with the database role of staff.
SET SESSION AUTHORIZATION backoffice;
BEGIN;
SELECT auth.set_claims('{"sub": "ada"}');
SET LOCAL ROLE clinic_admin;
INSERT INTO clinic.clinics VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'A'), ('dddddddd-0000-4000-8000-000000000002', 'M');
UPDATE clinic.users u SET role = p.role, clinic_id = p.clinic_id FROM (VALUES ('ana', 'clinica_owner'::clinic.role, 'aaaaaaaa-0000-4000-8000-000000000001'::uuid),
    ('sam', 'clinica_staff', 'aaaaaaaa-0000-4000-8000-000000000001'), ('zoe', 'mentorado', 'aaaaaaaa-0000-4000-8000-000000000001'),
    ('mia', 'mentorado', 'dddddddd-0000-4000-8000-000000000002'), ('max', 'mentor', NULL)) AS p (sub, role, clinic_id)
WHERE u.clerk_user_id = p.sub;
INSERT INTO clinic.patients (clinic_id, id, name) SELECT id, 'eeeeeeee-0000-4000-8000-000000000000', 'Patient of ' || name FROM clinic.clinics;
INSERT INTO clinic.appointments (clinic_id, patient_id, at) SELECT clinic_id, id, '2030-01-01' FROM clinic.patients;
INSERT INTO clinic.invoices (clinic_id, patient_id, cents) SELECT clinic_id, id, 100 FROM clinic.patients;
INSERT INTO clinic.leads (clinic_id, name) SELECT id, 'Lead of ' || name FROM clinic.clinics;
INSERT INTO clinic.campaigns (clinic_id, name) SELECT id, 'Campaign of ' || name FROM clinic.clinics;
INSERT INTO clinic.sessions (clinic_id, notes) SELECT id, 'Notes on ' || name FROM clinic.clinics;
-- No place is half a place, and no role has another name.
SELECT e.code, e.message FROM unnest(ARRAY[
    $$UPDATE clinic.users SET role = 'clinica_owner' WHERE clerk_user_id = 'pia'$$,
    $$UPDATE clinic.users SET clinic_id = 'aaaaaaaa-0000-4000-8000-000000000001' WHERE clerk_user_id = 'max'$$,
    $$UPDATE clinic.users SET role = 'owner' WHERE clerk_user_id = 'ana'$$,
    $$UPDATE clinic.users SET revision = 0$$,
    $$INSERT INTO clinic.members (clerk_user_id, clinic_id, role) VALUES ('ada', 'aaaaaaaa-0000-4000-8000-000000000001', 'mentorado')$$]) AS sql, test.error(sql) AS e;
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT clerk_user_id, role, left(clinic_id::text, 1) AS clinic, acting_for FROM clinic.members ORDER BY 1;

-- Clinic A has paid for marketing, M has not yet.
SET SESSION AUTHORIZATION webhooks;
SELECT clinic.sync_subscription('evt_1', 100, 'aaaaaaaa-0000-4000-8000-000000000001', '{crm,marketing}');
RESET SESSION AUTHORIZATION;

-- The whole of it, as callers. Who has no clinic has nothing, whatever their role: staff are staff by their database role.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT sub, r.* FROM unnest('{ana,sam,mia,max,ada,pia,nobody}'::text[]) sub, test.rights(jsonb_build_object('sub', sub)) r;
-- M pays as well.
RESET SESSION AUTHORIZATION;
SELECT clinic.sync_subscription('evt_2', 100, 'dddddddd-0000-4000-8000-000000000002', '{marketing}');
SET LOCAL SESSION AUTHORIZATION app;
SELECT sub, r.* FROM unnest('{mia,sam}'::text[]) sub, test.rights(jsonb_build_object('sub', sub)) r WHERE area = 'marketing';
ROLLBACK;
-- As staff. A mentor sees all clinics and writes nothing.
SET SESSION AUTHORIZATION backoffice;
BEGIN;
SELECT sub, r.* FROM (VALUES ('ada', 'clinic_admin'), ('max', 'clinic_mentor')) AS s (sub, database_role), test.rights(jsonb_build_object('sub', sub), database_role) r;
-- The database role without the role in clinic.users is nothing, nor is the role in a clinic that is not theirs.
SELECT sub, database_role, r.* FROM (VALUES ('max', 'clinic_admin'), ('ada', 'clinic_mentor'), ('ana', 'clinic_admin'), ('pia', 'clinic_mentor'), ('nobody', 'clinic_admin')) AS s (sub, database_role),
    test.rights(jsonb_build_object('sub', sub), database_role) r WHERE area IN ('patients', 'finance');
ROLLBACK;
-- Nor does it outlive that: an open transaction of staff sees nothing from the next statement on.
BEGIN;
SELECT auth.set_claims('{"sub": "ada"}');
SET LOCAL ROLE clinic_admin;
SELECT count(*) AS patients, (SELECT count(*) FROM clinic.users) AS users FROM clinic.patients;
UPDATE clinic.users SET role = 'pending' WHERE clerk_user_id = 'ada';
SELECT count(*) AS patients, (SELECT count(*) FROM clinic.users) AS users FROM clinic.patients;
ROLLBACK;
-- Nor is it there for the app's login.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"sub": "ada"}');
SELECT e.code, e.message FROM unnest('{clinic_admin,clinic_mentor,clinic_webhook,clinic_dba}'::text[]) AS role, test.error(format('SET LOCAL ROLE %I', role)) AS e;
ROLLBACK;

-- What a token says of roles, permissions and entitlements gains nothing; of a tenant, nothing but where one belongs.
BEGIN;
SELECT says, r.* FROM (VALUES
    (1, 'sam is an admin', '{"sub": "sam", "role": "admin", "roles": ["admin", "clinica_owner"], "permissions": ["*.*"], "org_role": "org:admin"}'::jsonb),
    (2, 'sam owns A', '{"sub": "sam", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001", "roles": ["clinica_owner"], "permissions": ["finance.read"]}'),
    (3, 'sam is in M', '{"sub": "sam", "tenant_id": "dddddddd-0000-4000-8000-000000000002", "roles": ["mentorado"]}'),
    (4, 'pia is in M', '{"sub": "pia", "tenant_id": "dddddddd-0000-4000-8000-000000000002", "role": "admin", "app_metadata": {"role": "admin", "permissions": ["*.*"]}}'),
    (5, 'ada is staff', '{"sub": "ada", "tenant_id": "dddddddd-0000-4000-8000-000000000002", "role": "clinic_admin"}')) AS t (n, says, claims), test.rights(claims) r WHERE area IN ('patients', 'finance');
ROLLBACK;

-- What callers see of themselves and each other: those who are pending, themselves.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.seen(sub text, OUT users text, OUT clinics text, OUT subscriptions text, OUT me text, OUT audit bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM auth.set_claims(jsonb_build_object('sub', sub));
    SELECT string_agg(clerk_user_id, ',' ORDER BY clerk_user_id) INTO users FROM clinic.users;
    SELECT string_agg(name, ',') INTO clinics FROM clinic.clinics;
    SELECT string_agg(entitlements::text, ',') INTO subscriptions FROM clinic.subscriptions;
    SELECT concat_ws(' ', m.role, left(m.clinic_id::text, 1), m.roles, m.entitlements) INTO me FROM clinic.me m;
    SELECT count(*) INTO audit FROM clinic.audit;
    PERFORM set_config('role', 'none', true);
END $$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT sub, s.* FROM unnest('{ana,sam,mia,max,ada,pia,nobody}'::text[]) sub, test.seen(sub) s;
-- No owner changes their clinic's name, entitlements, users or audit.
SELECT auth.set_claims('{"sub": "ana"}');
SELECT sql, test.try(sql) FROM unnest(ARRAY[
    $$UPDATE clinic.clinics SET name = 'mine'$$, $$UPDATE clinic.subscriptions SET entitlements = '{finance}'$$, $$DELETE FROM clinic.subscriptions$$,
    $$INSERT INTO clinic.clinics VALUES (gen_random_uuid(), 'another')$$, $$UPDATE clinic.users SET role = 'clinica_owner'$$,
    $$INSERT INTO clinic.audit (action) VALUES ('invented')$$, $$DELETE FROM clinic.audit$$, $$SELECT FROM clinic.members$$, $$SELECT FROM clinic.events$$,
    $$SELECT clinic.sync_subscription('evt_x', 999, auth.tenant_uuid(), '{finance}')$$, $$SELECT clinic.sync_user('evt_x', 999, 'ana', 'a@example.com', 'Ana', false)$$,
    $$SELECT clinic.guard('clinic.patients', 'patients')$$]) AS sql;
-- Nor has anybody the triggers' functions run with the owner's rights, on rows of one's own.
CREATE TEMPORARY TABLE mine (LIKE clinic.users);
SELECT e.code, e.message FROM unnest('{settle,settle_clinic,end_acting,refuse_change}'::text[]) AS f,
    test.error(format('CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION clinic.%I()', f)) AS e;
-- A row cannot refer to another clinic's.
SELECT auth.set_claims('{"sub": "mia"}');
INSERT INTO clinic.patients (id, name) VALUES ('ffffffff-0000-4000-8000-000000000000', 'of M alone');
SELECT auth.set_claims('{"sub": "ana"}');
SELECT e.code, e.message FROM test.error($$INSERT INTO clinic.invoices (patient_id, cents) VALUES ('ffffffff-0000-4000-8000-000000000000', 1)$$) AS e;
ROLLBACK;

-- Webhooks come twice, and in any order.
SET SESSION AUTHORIZATION webhooks;
SELECT what, clinic.sync_user(event, revision, 'ana', email, 'Ana') AS outcome FROM (VALUES
    (1, 'newer', 'evt_11', 300, 'ana@new.example'), (2, 'again', 'evt_11', 300, 'ana@new.example'), (3, 'again, and altered', 'evt_11', 999, 'eve@example.com'),
    (4, 'older', 'evt_10', 200, 'ana@old.example'), (5, 'as old', 'evt_12', 300, 'ana@as.old')) AS e (n, what, event, revision, email);
SELECT what, clinic.sync_subscription(event, revision, 'aaaaaaaa-0000-4000-8000-000000000001', areas) AS outcome FROM (VALUES
    (1, 'ended', 'evt_21', 300, '{crm}'::text[]), (2, 'again', 'evt_21', 300, '{crm}'), (3, 'older', 'evt_20', 200, '{crm,marketing,finance}')) AS e (n, what, event, revision, areas);
-- The same id of another provider is another event. An event that fails is not taken in, and can come again.
SELECT clinic.sync_subscription('evt_11', 400, 'aaaaaaaa-0000-4000-8000-000000000001', '{}');
SELECT e.code, e.message FROM unnest(ARRAY[$$SELECT clinic.sync_subscription('evt_30', 1, 'bbbbbbbb-0000-4000-8000-000000000009', '{crm}')$$,
    $$SELECT clinic.sync_subscription('evt_31', 500, 'aaaaaaaa-0000-4000-8000-000000000001', '{everything}')$$, $$SELECT clinic.sync_subscription('evt_31', 500, 'aaaaaaaa-0000-4000-8000-000000000001', NULL)$$,
    $$SELECT clinic.sync_user('evt_31', 500, 'new', NULL, 'No Address')$$, $$SELECT clinic.sync_user('evt_31', NULL, 'ana', 'ana@example.com', 'Ana')$$,
    $$SELECT clinic.sync_user(NULL, 500, 'ana', 'ana@example.com', 'Ana')$$, $$SELECT clinic.sync_user('evt_31', 500, '', 'ana@example.com', 'Ana')$$]) AS sql, test.error(sql) AS e;
SELECT clinic.sync_subscription('evt_31', 500, 'aaaaaaaa-0000-4000-8000-000000000001', '{marketing}');
RESET SESSION AUTHORIZATION;
SELECT clerk_user_id, email, role, status, revision FROM clinic.users WHERE clerk_user_id = 'ana';
SELECT entitlements, revision FROM clinic.subscriptions ORDER BY 2;
SELECT provider, count(*) FROM clinic.events GROUP BY 1 ORDER BY 1;
SELECT login, actor, action, left(clinic_id::text, 1) AS clinic, detail FROM clinic.audit WHERE action IN ('stale', 'subscription') ORDER BY id;

-- Deleted: the row stays, what is personal goes, and nothing brings them back. The deletion may also come first.
BEGIN;
SELECT clinic.sync_user('evt_41', 500, 'sam', NULL, NULL, deleted => true), clinic.sync_user('evt_40', 400, 'sam', 'sam@example.com', 'Sam'),
    clinic.sync_user('evt_42', 600, 'sam', 'sam@example.com', 'Sam'), clinic.sync_user('evt_51', 500, 'tim', 'tim@example.com', 'Tim', true), clinic.sync_user('evt_50', 400, 'tim', 'tim@example.com', 'Tim');
SELECT clerk_user_id, email, name, role, status, revision FROM clinic.users WHERE clerk_user_id IN ('sam', 'tim') ORDER BY 1;
SELECT * FROM test.seen('sam');
-- Suspended by an admin, one stays so whatever Clerk says; and so does everybody of a clinic that is closed.
UPDATE clinic.users SET status = 'suspended' WHERE clerk_user_id = 'zoe';
SELECT clinic.sync_user('evt_60', 500, 'zoe', 'zoe@example.com', 'Zoe');
UPDATE clinic.clinics SET status = 'suspended' WHERE name = 'M';
SELECT sub, s.me, s.users FROM unnest('{ana,zoe,mia}'::text[]) sub, test.seen(sub) s;
SELECT clerk_user_id FROM clinic.members ORDER BY 1;
UPDATE clinic.clinics SET status = 'active' WHERE name = 'M';
SELECT (test.seen('mia')).me;
SELECT action, left(clinic_id::text, 1) AS clinic, detail FROM clinic.audit WHERE action IN ('user', 'clinic') ORDER BY id DESC LIMIT 5;
ROLLBACK;

-- Acting for another. First what is refused, to the database role of mentors and then to others.
CREATE FUNCTION test.act_for(sub text, other text, reason text, database_role text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    other_id CONSTANT text := COALESCE((SELECT id FROM test.id WHERE clerk_user_id = other), 'bbbbbbbb-0000-4000-8000-000000000009');
BEGIN
    PERFORM auth.set_claims(jsonb_build_object('sub', sub)), set_config('role', database_role, true);
    SELECT e.code, replace(e.message, other_id, '...'), e.detail, e.hint INTO code, message, detail, hint
    FROM test.error(format('SELECT clinic.act_for(%L, %L)', other_id, reason)) AS e;
    PERFORM set_config('role', 'none', true);
END $$;
CREATE TABLE test.id AS SELECT clerk_user_id, id FROM clinic.users;
GRANT SELECT ON test.id TO PUBLIC;
SET SESSION AUTHORIZATION backoffice;
BEGIN;
SELECT sub, other, e.* FROM (VALUES ('max', 'ana', 'a call'), ('max', 'sam', 'a call'), ('max', 'ada', 'a call'), ('max', 'max', 'a call'), ('max', 'pia', 'a call'), ('max', 'nobody', 'a call'),
    ('max', 'mia', NULL), ('max', 'mia', ''), ('max', 'mia', E' \n'), ('ada', 'mia', 'a call'), ('ana', 'mia', 'a call'), ('mia', 'mia', 'a call'), ('mia', 'zoe', 'a call'), ('pia', 'mia', 'a call')) AS t (sub, other, reason),
    test.act_for(sub, other, reason, 'clinic_mentor') AS e;
SELECT e.* FROM unnest('{authenticated,clinic_admin}'::text[]) AS role, test.act_for('max', 'mia', 'a call', role) AS e;
SET LOCAL SESSION AUTHORIZATION app;
SELECT e.* FROM test.act_for('max', 'mia', 'a call', 'authenticated') AS e;
-- Those who are not active, and whose clinic is not.
RESET SESSION AUTHORIZATION;
UPDATE clinic.users SET status = 'suspended' WHERE clerk_user_id = 'zoe';
UPDATE clinic.clinics SET status = 'suspended' WHERE name = 'M';
SET LOCAL SESSION AUTHORIZATION backoffice;
SELECT e.code, e.message FROM unnest('{zoe,mia}'::text[]) AS other, test.act_for('max', other, 'a call', 'clinic_mentor') AS e;
RESET SESSION AUTHORIZATION;
UPDATE clinic.users SET status = 'suspended' WHERE clerk_user_id = 'max';
UPDATE clinic.clinics SET status = 'active' WHERE name = 'M';
SET LOCAL SESSION AUTHORIZATION backoffice;
SELECT e.code, e.message FROM test.act_for('max', 'mia', 'a call', 'clinic_mentor') AS e;
ROLLBACK;
-- Blank stays blank where literals are read in the old way, and a reason does not become one. (In a new session, which has
-- not read that function yet.)
\c - backoffice
BEGIN;
SET LOCAL escape_string_warning = off;
SET LOCAL standard_conforming_strings = off;
SELECT reason, e.code, e.message FROM unnest(ARRAY[E'\t', 'asked for help']) AS reason, test.act_for('max', 'mia', reason, 'clinic_mentor') AS e;
ROLLBACK;
-- Nothing of that was taken for done.
\c - postgres
SET client_min_messages = warning;
SELECT count(*) AS lines FROM clinic.audit WHERE action = 'act_for';

-- Now with tokens: an issuer that may give the database roles of staff, in mode verified.
\set keys `$REPO/tests/lib/token jwks ed1`
\set max `$REPO/tests/lib/token sign ed1 '{"iss": "https://clerk.example", "sub": "max", "role": "clinic_mentor"}'`
\set mia `$REPO/tests/lib/token sign ed1 '{"iss": "https://clerk.example", "sub": "mia", "role": "clinic_admin"}'`
SELECT id AS mia_id FROM clinic.users WHERE clerk_user_id = 'mia' \gset
SELECT id AS zoe_id FROM clinic.users WHERE clerk_user_id = 'zoe' \gset
SET SESSION AUTHORIZATION clinic_dba;
SELECT tenancy.add_issuer('https://clerk.example', :'keys', NULL, token_roles => '{clinic_admin,clinic_mentor}');
SELECT tenancy.configure('mode', 'verified');
SET SESSION AUTHORIZATION backoffice;
BEGIN;
SELECT auth.login(:'max');
SELECT current_user, auth.user_id(), auth.tenant_id();
SELECT name FROM clinic.patients ORDER BY 1;
SELECT * FROM test.error($$INSERT INTO clinic.patients (clinic_id, name) VALUES ('dddddddd-0000-4000-8000-000000000002', 'by staff')$$);
SELECT clinic.act_for(:'mia_id', 'she asked on the phone');
-- In her clinic, with her rights, under the mentor's own name.
SELECT current_user, auth.user_id(), left(auth.tenant_id(), 1) AS clinic, auth.roles(), auth.has_permission('finance.write') AS finance, clinic.is_staff('mentor') AS mentor;
INSERT INTO clinic.patients (name) VALUES ('by max for mia') RETURNING left(clinic_id::text, 1) AS clinic;
SELECT name FROM clinic.patients ORDER BY 1;
-- Not what she may not, and not elsewhere.
SELECT test.try($$UPDATE clinic.clinics SET name = 'x'$$) AS clinics, test.try($$INSERT INTO clinic.patients (clinic_id, name) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'x')$$) AS elsewhere,
    test.try($$DELETE FROM clinic.patients$$) AS deletes;
SELECT code, message FROM test.error($$SELECT auth.use_tenant('aaaaaaaa-0000-4000-8000-000000000001')$$);
SELECT user_id = :'mia_id' AS for_mia, actor, reason FROM clinic.audit;
-- No other session ever sees that membership.
SELECT cardinality(auth.tenant_ids()) AS here;
\set elsewhere `psql -X -A -t -d regress_clinic -c 'SELECT count(*) FROM clinic.members WHERE acting_for IS NOT NULL'`
\echo :elsewhere
COMMIT;
-- It ended with the transaction.
BEGIN;
SELECT auth.login(:'max');
SELECT current_user, auth.tenant_id(), auth.tenant_ids();
SELECT code, message FROM test.error($$SELECT auth.use_tenant('dddddddd-0000-4000-8000-000000000002')$$);
ROLLBACK;
-- For one after the other, each with a line of its own; and it can only end before the transaction does, not after it.
BEGIN;
SELECT auth.login(:'max');
SELECT clinic.act_for(:'mia_id', 'first');
SELECT auth.login(:'max');
SAVEPOINT s;
SELECT clinic.act_for(:'zoe_id', 'second');
SELECT left(auth.tenant_id(), 1) AS clinic, (SELECT string_agg(name, ',') FROM clinic.clinics) AS sees;
ROLLBACK TO s;
SELECT current_user, cardinality(auth.tenant_ids()) AS clinics;
SELECT auth.login(:'max');
SELECT clinic.act_for(:'mia_id', 'third');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT auth.tenant_ids(), (SELECT count(*) FROM clinic.patients) AS sees;
ROLLBACK;
-- With constraints immediate it does not begin, and outside a transaction neither does it.
BEGIN;
SELECT auth.login(:'max');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT e.code, e.message FROM test.error(format($$SELECT clinic.act_for(%L, 'at once')$$, :'mia_id')) AS e;
ROLLBACK;
SET ROLE clinic_mentor;
SET pg_tenancy.token = :'max';
SELECT clinic.act_for(:'mia_id', 'for ever');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.logout();
RESET ROLE;
-- A token that names the database role of staff is not believed about that.
BEGIN;
SELECT auth.login(:'mia');
SELECT current_user, auth.user_id(), (SELECT count(*) FROM clinic.patients) AS sees, (SELECT count(*) FROM clinic.users) AS users, (SELECT count(*) FROM clinic.audit) AS audit;
ROLLBACK;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT * FROM test.error(format('SELECT auth.login(%L)', :'mia'));
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT count(*) AS acting FROM clinic.members WHERE acting_for IS NOT NULL;
SELECT login, actor, user_id = :'mia_id' AS for_mia, left(clinic_id::text, 1) AS clinic, reason FROM clinic.audit WHERE action = 'act_for';
-- Nobody rewrites the audit, its owner included.
SET SESSION AUTHORIZATION clinic_dba;
SELECT e.* FROM unnest(ARRAY[$$UPDATE clinic.audit SET actor = 'somebody else'$$, 'DELETE FROM clinic.audit', 'TRUNCATE clinic.audit']) AS sql, test.error(sql) AS e;
SELECT tenancy.configure('mode', NULL);
-- The clinic's owner sees who acted there; its staff do not, nor does another clinic's owner.
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT sub, (test.seen(sub)).audit FROM unnest('{mia,zoe,ana,sam}'::text[]) sub;
ROLLBACK;
-- A table of one's own with a partition and a child: each asks as the whole does, whoever asks it directly.
SET SESSION AUTHORIZATION clinic_dba;
CREATE SCHEMA own;
GRANT USAGE ON SCHEMA own TO authenticated, clinic_admin, clinic_mentor;
CREATE TABLE own.exam (clinic_id uuid, id int, status text DEFAULT 'active') PARTITION BY LIST (id);
CREATE TABLE own.exam_1 PARTITION OF own.exam FOR VALUES IN (1);
CREATE TABLE own.exam_2 PARTITION OF own.exam FOR VALUES IN (2) PARTITION BY LIST (status);
CREATE TABLE own.exam_2_active PARTITION OF own.exam_2 FOR VALUES IN ('active');
CREATE TABLE own.paper (clinic_id uuid, id int);
CREATE TABLE own.paper_old () INHERITS (own.paper);
SELECT e.code, e.message FROM test.error('SELECT clinic.guard(''own.exam'', NULL)') AS e;
SELECT count(*) AS policies FROM pg_policy WHERE polrelid = 'own.exam'::regclass;
SELECT count(*) FILTER (WHERE g LIKE 'CREATE POLICY clinic%') AS policies FROM clinic.guard('own.exam', 'finance') g;
SELECT count(*) FILTER (WHERE g LIKE 'CREATE POLICY clinic%') AS policies FROM clinic.guard('own.paper', 'finance') g;
SELECT polrelid::regclass, string_agg(polname, ' ' ORDER BY polname) AS policies, bool_or(polpermissive) AS any_permissive FROM pg_policy
WHERE polrelid::regclass::text LIKE 'own.%' AND polname LIKE 'clinic%' GROUP BY 1 ORDER BY 1;
-- (So that the policies alone are asked.)
GRANT ALL ON ALL TABLES IN SCHEMA own TO authenticated, clinic_admin, clinic_mentor;
SET SESSION AUTHORIZATION backoffice;
BEGIN;
SELECT auth.set_claims('{"sub": "ana"}');
INSERT INTO own.exam (id) VALUES (1), (2);
INSERT INTO own.paper_old (id) VALUES (3);
SELECT sub, database_role, t AS target, r.* FROM (VALUES (1, 'ana', 'authenticated'), (2, 'sam', 'authenticated'), (3, 'ada', 'clinic_admin'), (4, 'max', 'clinic_mentor'), (5, 'max', 'clinic_admin')) AS s (n, sub, database_role),
    unnest('{own.exam,own.exam_1,own.exam_2,own.exam_2_active,own.paper,own.paper_old}'::text[]) AS t, test.tried(sub, database_role, t) AS r ORDER BY n, t;
ROLLBACK;
\c :before postgres
DROP DATABASE regress_clinic;
DROP ROLE backoffice, webhooks, clinic_admin, clinic_mentor, clinic_webhook, clinic_dba;

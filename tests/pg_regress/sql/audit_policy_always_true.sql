-- Rule policy_always_true: a policy that lets everybody at every row.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int NOT NULL, tenant_id text, hidden boolean);
CREATE TABLE audited.lookup (id int);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON audited.docs TO authenticated;

-- However it is spelt
CREATE POLICY plain ON audited.docs FOR SELECT USING (true);
CREATE POLICY numbers ON audited.docs USING (1 = 1);
CREATE POLICY texts ON audited.docs USING ('a' = 'a' AND true);
CREATE POLICY arm ON audited.docs USING (tenant_id = auth.tenant_id() OR (hidden OR true));
CREATE POLICY wrapped ON audited.docs USING ((SELECT true));
CREATE POLICY itself ON audited.docs USING (tenant_id = tenant_id);
CREATE POLICY there ON audited.docs USING (id IS NOT NULL);
CREATE POLICY negated ON audited.docs USING (NOT (hidden AND false));
CREATE POLICY anything ON audited.docs FOR INSERT WITH CHECK (true);
-- (Versions print a sub-select's constant differently.)
SELECT level, object, CASE WHEN object NOT LIKE '%wrapped%' THEN detail END FROM test.findings('policy_always_true');
-- It is so
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM audited.docs;
ROLLBACK TO mine;

-- These are not, for some row or for somebody
DROP POLICY plain ON audited.docs; DROP POLICY numbers ON audited.docs; DROP POLICY texts ON audited.docs; DROP POLICY arm ON audited.docs; DROP POLICY wrapped ON audited.docs;
DROP POLICY itself ON audited.docs; DROP POLICY there ON audited.docs; DROP POLICY negated ON audited.docs; DROP POLICY anything ON audited.docs;
CREATE POLICY nullable ON audited.docs USING (hidden IS NOT NULL);
CREATE POLICY other_numbers ON audited.docs USING (1 = 2);
CREATE POLICY both_arms ON audited.docs USING (true AND tenant_id = auth.tenant_id());
CREATE POLICY not_true ON audited.docs USING (NOT (hidden OR true));
CREATE POLICY in_a_sub_select ON audited.docs USING (EXISTS (SELECT FROM audited.lookup WHERE true));
CREATE POLICY filtered ON audited.docs USING ((SELECT true WHERE auth.user_id() = 'ann'));
SELECT level, object, detail FROM test.findings('policy_always_true');

-- A RESTRICTIVE policy that names a column narrows it: where it is for the same command and for everybody whom it lets in
DROP POLICY nullable ON audited.docs; DROP POLICY other_numbers ON audited.docs; DROP POLICY both_arms ON audited.docs; DROP POLICY not_true ON audited.docs;
DROP POLICY in_a_sub_select ON audited.docs; DROP POLICY filtered ON audited.docs;
CREATE POLICY wide ON audited.docs USING (true);
CREATE POLICY narrow ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_always_true');
DROP POLICY narrow ON audited.docs;
CREATE POLICY narrow ON audited.docs AS RESTRICTIVE TO authenticated USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_always_true');
GRANT SELECT ON audited.docs TO anonymous;
SELECT level, object FROM test.findings('policy_always_true');
REVOKE SELECT ON audited.docs FROM anonymous;
DROP POLICY narrow ON audited.docs;
CREATE POLICY narrow ON audited.docs AS RESTRICTIVE FOR SELECT USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_always_true');
DROP POLICY narrow ON audited.docs;
CREATE POLICY narrow ON audited.docs AS RESTRICTIVE USING (auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('policy_always_true');
ALTER POLICY narrow ON audited.docs USING (tenant_id = tenant_id);
SELECT level, object FROM test.findings('policy_always_true');
ALTER POLICY narrow ON audited.docs USING (auth.tenant_id() IS NULL OR tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_always_true');

-- A table that nobody was granted; a role of its own beside what the others have
DROP POLICY narrow ON audited.docs;
REVOKE ALL ON audited.docs FROM authenticated;
SELECT level, object FROM test.findings('policy_always_true');
GRANT SELECT ON audited.docs TO authenticated, reporter;
ALTER POLICY wide ON audited.docs TO reporter;
SELECT level, object FROM test.findings('policy_always_true');
CREATE POLICY own ON audited.docs TO authenticated USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_always_true');
DROP TABLE audited.docs;

-- Where rows have no owner everybody may read, and perhaps fill in a form, but not change what is there
CREATE POLICY readable ON audited.lookup FOR SELECT USING (true);
CREATE POLICY form ON audited.lookup FOR INSERT WITH CHECK (true);
CREATE POLICY writable ON audited.lookup FOR UPDATE USING (true);
GRANT SELECT ON audited.lookup TO authenticated;
SELECT level, object FROM test.findings('policy_always_true');
GRANT INSERT, UPDATE ON audited.lookup TO authenticated;
SELECT level, object FROM test.findings('policy_always_true');

-- A RESTRICTIVE one that is always true narrows nothing; one that is for one of its clauses does
CREATE POLICY no_floor ON audited.lookup AS RESTRICTIVE USING (true);
CREATE POLICY no_floor_either ON audited.lookup AS RESTRICTIVE FOR INSERT WITH CHECK (1 = 1);
CREATE POLICY for_writes ON audited.lookup AS RESTRICTIVE USING (true) WITH CHECK (id > 0);
SELECT level, object, message FROM test.findings('policy_always_true') WHERE level = 'notice';

-- What is under the floor of a protected table lets nobody in
CREATE TABLE audited.safe (id int, tenant_id text NOT NULL);
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.safe');
CREATE POLICY careless ON audited.safe USING (true);
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%safe';

-- Everybody reads, and each user writes their own: that may be meant, but not of tenants' rows, and not if others are written
CREATE TABLE audited.profiles (user_id text, name text);
ALTER TABLE audited.profiles ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON audited.profiles TO authenticated;
CREATE POLICY readers ON audited.profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON audited.profiles FOR UPDATE TO authenticated USING (user_id = auth.user_id());
SELECT level, object, message FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
CREATE POLICY named ON audited.profiles FOR UPDATE TO authenticated USING (name IS NOT NULL);
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
DROP POLICY named ON audited.profiles;
ALTER TABLE audited.profiles ADD tenant_id text;
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
-- A floor that ties nothing to the caller is none
CREATE POLICY living ON audited.profiles AS RESTRICTIVE USING (name <> 'deleted');
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
-- A role of its own is one that no app can take
DROP POLICY readers ON audited.profiles;
RESET ROLE;
CREATE ROLE audited_support;
CREATE POLICY support ON audited.profiles FOR SELECT TO audited_support USING (true);
GRANT SELECT ON audited.profiles TO audited_support;
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
GRANT audited_support TO authenticated;
SELECT level, object FROM test.findings('policy_always_true') WHERE object LIKE '%profiles';
ROLLBACK;

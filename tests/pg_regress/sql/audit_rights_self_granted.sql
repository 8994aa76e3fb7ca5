-- Rule rights_self_granted: callers write what other policies go by.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.members (tenant_id text, user_id text, role text, notify boolean);
CREATE TABLE audited.profiles (user_id text, name text, is_admin boolean);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON audited.members FOR SELECT USING (user_id = auth.user_id());
CREATE POLICY join_ ON audited.members FOR INSERT WITH CHECK (user_id = auth.user_id());
CREATE POLICY edit ON audited.profiles USING (user_id = auth.user_id());
GRANT SELECT ON audited.docs TO authenticated;
GRANT SELECT, INSERT ON audited.members TO authenticated;
GRANT SELECT, UPDATE ON audited.profiles TO authenticated;
-- Nothing goes by them
SELECT level, object FROM test.findings('rights_self_granted');
CREATE POLICY of_members ON audited.docs USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()));
CREATE POLICY of_admins ON audited.docs USING (EXISTS (SELECT FROM audited.profiles p WHERE p.user_id = auth.user_id() AND p.is_admin));
SELECT * FROM test.findings('rights_self_granted');
-- It is so
INSERT INTO audited.docs VALUES (1, 'blue');
SAVEPOINT mine;
SELECT test.caller('{"sub": "ann", "tenant_id": "acme"}') \g /dev/null
SELECT tenant_id FROM audited.docs;
INSERT INTO audited.members VALUES ('blue', 'ann');
SELECT tenant_id FROM audited.docs;
ROLLBACK TO mine;

-- Not where the tenant is asked for, nor the columns can be written, nor under a floor
ALTER POLICY join_ ON audited.members WITH CHECK (user_id = auth.user_id() AND tenant_id = auth.tenant_id());
REVOKE UPDATE ON audited.profiles FROM authenticated;
GRANT UPDATE (name) ON audited.profiles TO authenticated;
SELECT level, object FROM test.findings('rights_self_granted');
GRANT UPDATE (is_admin) ON audited.profiles TO authenticated;
SELECT level, object FROM test.findings('rights_self_granted');
ALTER POLICY edit ON audited.profiles WITH CHECK (user_id = auth.user_id() AND NOT is_admin);
SELECT level, object FROM test.findings('rights_self_granted');
ALTER POLICY join_ ON audited.members WITH CHECK (user_id = auth.user_id());
CREATE POLICY floor ON audited.members AS RESTRICTIVE FOR INSERT WITH CHECK (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('rights_self_granted');
ROLLBACK TO mine;
-- Policies that ask the table for nothing but the user believe nothing that the user chose
DROP POLICY of_members ON audited.docs; DROP POLICY of_admins ON audited.docs;
CREATE POLICY of_users ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.user_id = auth.user_id()) AND tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('rights_self_granted');
ROLLBACK;

-- Rule policy_not_tied: a policy that asks neither whose a row is nor who is calling.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, user_id text, deleted_at date, status text, is_public boolean, team int);
CREATE TABLE audited.lookup (id int, deleted_at date);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.docs, audited.lookup TO authenticated;
INSERT INTO audited.docs VALUES (1, 'blue', 'bob', NULL, 'draft', false);
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY not_deleted ON audited.docs FOR SELECT USING (deleted_at IS NULL);
CREATE POLICY of_lookup ON audited.lookup FOR SELECT USING (deleted_at IS NULL);
SELECT * FROM test.findings('policy_not_tied');
-- It is so
SELECT test.caller('{"sub": "ann", "tenant_id": "acme"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- As a RESTRICTIVE policy, or under one, it does what was meant
SAVEPOINT mine;
DROP POLICY not_deleted ON audited.docs;
CREATE POLICY not_deleted ON audited.docs AS RESTRICTIVE FOR SELECT USING (deleted_at IS NULL);
SELECT level, object FROM test.findings('policy_not_tied');
ROLLBACK TO mine;
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_not_tied');
ROLLBACK TO mine;

-- What is published by its name may be meant for all
ALTER POLICY not_deleted ON audited.docs USING (is_public);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (status = 'published');
SELECT level, object FROM test.findings('policy_not_tied');

-- Written to, it is no matter of taste
CREATE POLICY open ON audited.docs FOR UPDATE USING (status = 'open');
CREATE POLICY planted ON audited.docs FOR INSERT WITH CHECK (length(status) < 10);
SELECT level, object, message FROM test.findings('policy_not_tied');
GRANT INSERT, UPDATE ON audited.docs TO authenticated;
SELECT level, object, message FROM test.findings('policy_not_tied');
DROP POLICY open ON audited.docs;
DROP POLICY planted ON audited.docs;

-- Not meant: who asks the caller, a table, a function of their own, or whose the row is
CREATE FUNCTION audited.may(int) RETURNS boolean LANGUAGE sql STABLE RETURN $1 > 0;
ALTER POLICY not_deleted ON audited.docs USING (team = auth.claim_text('team')::int);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (id IN (SELECT id FROM audited.lookup));
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (audited.may(id));
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (tenant_id IS NULL);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (status = current_user);
SELECT level, object FROM test.findings('policy_not_tied');
ROLLBACK;

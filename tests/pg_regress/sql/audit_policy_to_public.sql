-- Rule policy_to_public: a policy for every role there is.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
-- Nobody reaches the table
SELECT level, object FROM test.findings('policy_to_public');
GRANT SELECT, INSERT ON audited.docs TO authenticated;
GRANT UPDATE (id) ON audited.docs TO anonymous;
SELECT level, object, detail, fix FROM test.findings('policy_to_public');
-- After the mend it is for those who have rights now, and with FORCE for the owner as before
SAVEPOINT mine;
ALTER TABLE audited.docs FORCE ROW LEVEL SECURITY;
SELECT fix FROM test.findings('policy_to_public');
SELECT test.mend('policy_to_public');
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'audited.docs'::regclass;
ROLLBACK TO mine;
-- Where everybody has rights, a person has to say who it is for
GRANT DELETE ON audited.docs TO PUBLIC;
SELECT level, object, fix FROM test.findings('policy_to_public');
REVOKE DELETE ON audited.docs FROM PUBLIC;

-- A gate for everybody holds; one for another command, or for some, does not
CREATE POLICY gate ON audited.docs AS RESTRICTIVE USING ((SELECT pg_has_role(current_user, 'authenticated', 'USAGE')));
SELECT level, object FROM test.findings('policy_to_public');
ALTER POLICY gate ON audited.docs TO authenticated;
SELECT level, object FROM test.findings('policy_to_public');
DROP POLICY gate ON audited.docs;
CREATE POLICY gate ON audited.docs AS RESTRICTIVE FOR DELETE USING (false);
SELECT level, object FROM test.findings('policy_to_public');
-- No mend where somebody has rights that no table knows of
SAVEPOINT mine;
DROP POLICY gate ON audited.docs;
RESET ROLE;
GRANT pg_read_all_data TO reporter;
SELECT level, object, fix FROM test.findings('policy_to_public');
ROLLBACK TO mine;
-- Nor is one for a role meant, nor a table of which rows have no owner
ALTER POLICY own ON audited.docs TO authenticated;
CREATE TABLE audited.lookup (id int);
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.lookup TO authenticated;
CREATE POLICY all_of_it ON audited.lookup USING (true);
SELECT level, object FROM test.findings('policy_to_public');
ROLLBACK;

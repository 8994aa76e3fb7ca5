-- Rule multiple_permissive_policies: what several let in adds up.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON audited.docs TO authenticated;
CREATE POLICY own ON audited.docs TO authenticated USING (tenant_id = auth.tenant_id());
-- Another role, a RESTRICTIVE one
CREATE POLICY visitors ON audited.docs TO anonymous USING (id = 1);
CREATE POLICY floor ON audited.docs AS RESTRICTIVE TO authenticated USING (tenant_id = auth.tenant_id());
SELECT level, object, detail FROM test.findings('multiple_permissive_policies');
-- For the same command, be it one of ALL; for PUBLIC, and so for a role
CREATE POLICY "Shared" ON audited.docs FOR SELECT USING (id = 2);
SELECT level, object, detail FROM test.findings('multiple_permissive_policies');
DROP POLICY own ON audited.docs;
DROP POLICY visitors ON audited.docs;
CREATE POLICY own ON audited.docs FOR INSERT TO authenticated WITH CHECK (tenant_id = auth.tenant_id());
SELECT level, object, detail FROM test.findings('multiple_permissive_policies');
-- Those of protect() alone are not meant
CREATE TABLE audited.safe (id int, tenant_id text NOT NULL);
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.safe');
SELECT level, object FROM test.findings('multiple_permissive_policies');
CREATE POLICY careless ON audited.safe FOR SELECT USING (true);
SELECT level, object, detail FROM test.findings('multiple_permissive_policies');
ROLLBACK;

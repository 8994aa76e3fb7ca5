-- Rule command_without_policy: callers are granted what no policy lets them do.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, title text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON audited.docs FOR SELECT USING (tenant_id = auth.tenant_id());
CREATE POLICY narrow ON audited.docs AS RESTRICTIVE FOR UPDATE USING (tenant_id = auth.tenant_id());
GRANT SELECT, INSERT, DELETE ON audited.docs TO authenticated;
GRANT UPDATE (title) ON audited.docs TO authenticated;
SELECT * FROM test.findings('command_without_policy');
CREATE POLICY change ON audited.docs FOR UPDATE USING (tenant_id = auth.tenant_id());
REVOKE INSERT ON audited.docs FROM authenticated;
SELECT object, detail FROM test.findings('command_without_policy');
-- A policy for it, or one for all commands; no grant; nobody is let in at all (another rule); as protect() was asked
CREATE POLICY remove ON audited.docs FOR DELETE USING (tenant_id = auth.tenant_id());
CREATE TABLE audited.all_commands (id int, tenant_id text);
ALTER TABLE audited.all_commands ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.all_commands USING (tenant_id = auth.tenant_id());
GRANT SELECT, INSERT, UPDATE, DELETE ON audited.all_commands TO authenticated;
CREATE TABLE audited.closed (id int);
ALTER TABLE audited.closed ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.closed TO authenticated;
CREATE TABLE audited.read_only (id int, tenant_id text NOT NULL);
GRANT SELECT, INSERT ON audited.read_only TO authenticated;
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.read_only', write => '{}');
SELECT * FROM test.findings('command_without_policy');
ROLLBACK;

-- native only: the extension's readers cost next to nothing per row
-- Rule unwrapped_call: bare calls that are meant so.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY bare ON audited.docs USING (tenant_id = auth.tenant_uuid() OR user_id = auth.user_id() OR auth.has_role('admin') OR tenant_id = ANY (auth.tenant_uuids()));
CREATE POLICY of_database_role ON audited.docs USING (tenancy.held_role('authenticated') IS NOT NULL);
CREATE POLICY exists ON audited.docs USING (EXISTS (SELECT FROM audited.docs d WHERE d.id = docs.id AND d.user_id = auth.user_id()));
SELECT count(*) FROM test.findings('unwrapped_call');
CREATE POLICY setting ON audited.docs USING (tenant_id = auth.tenant_uuid() AND user_id = current_setting('app.user', true));
SELECT object, detail FROM test.findings('unwrapped_call');
ROLLBACK;

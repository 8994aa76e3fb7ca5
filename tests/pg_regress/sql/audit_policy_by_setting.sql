-- Rule policy_by_setting: a setting decides that any session may set.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.docs VALUES (1, 'a'), (2, 'b');
GRANT SELECT ON audited.docs TO authenticated;

CREATE POLICY by_setting ON audited.docs USING (tenant_id = (SELECT current_setting('app.tenant', true)));
CREATE POLICY by_header ON audited.docs FOR INSERT WITH CHECK (tenant_id = current_setting('request.headers', true)::json ->> 'x-tenant');
CREATE FUNCTION audited.my_tenant() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_setting('app.tenant', true); END $$;
CREATE FUNCTION audited.my_region() RETURNS text LANGUAGE sql STABLE RETURN current_setting('app.region', true);
CREATE POLICY by_function ON audited.docs USING (tenant_id = audited.my_tenant() OR tenant_id = audited.my_region());
SELECT level, object, detail FROM test.findings('policy_by_setting');
-- Whoever runs SQL chooses
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT set_config('app.tenant', 'b', true);
SELECT tenant_id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- Claims are for the modes of the extension, and settings of the server are no caller's
DROP POLICY by_setting ON audited.docs;
DROP POLICY by_header ON audited.docs;
DROP POLICY by_function ON audited.docs;
CREATE FUNCTION audited.my_user() RETURNS text LANGUAGE sql STABLE RETURN current_setting('request.jwt.claims', true);
CREATE POLICY by_claims ON audited.docs USING (tenant_id = current_setting('request.jwt.claims', true)::json ->> 'tenant' OR tenant_id = audited.my_user());
CREATE POLICY by_server ON audited.docs USING (tenant_id = current_setting('TimeZone'));
CREATE POLICY by_reader ON audited.docs USING (tenant_id = auth.tenant_id());
SELECT level, object, detail FROM test.findings('policy_by_setting');
ROLLBACK;

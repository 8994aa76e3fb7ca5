-- Rule claim_setting_form: settings that are missing or empty.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.docs VALUES (1, '00000000-0000-0000-0000-00000000000a', 'ann');
GRANT SELECT ON audited.docs TO authenticated;

CREATE POLICY missing ON audited.docs USING (user_id = current_setting('audited.user'));
CREATE POLICY missing_false ON audited.docs USING (user_id = (SELECT current_setting('audited.user', false)));
CREATE POLICY is_cast ON audited.docs USING (tenant_id = current_setting('audited.tenant', true)::uuid);
CREATE POLICY is_cast_deep ON audited.docs FOR INSERT WITH CHECK (user_id = (SELECT COALESCE(current_setting('request.jwt.claims', true), '{}'))::json ->> 'sub');
CREATE POLICY missing_and_cast ON audited.docs USING (id = current_setting('audited.id')::int);
SELECT level, object, detail FROM test.findings('claim_setting_form');
-- As it fails
DROP POLICY missing_and_cast ON audited.docs;
DROP POLICY missing_false ON audited.docs;
RESET ROLE;
SELECT FROM test.caller('');
SELECT code, message FROM test.error('SELECT FROM audited.docs');
SELECT set_config('audited.user', '', true), set_config('audited.tenant', '', true);
SELECT code, message FROM test.error('SELECT FROM audited.docs');
RESET ROLE;
SET LOCAL ROLE table_owner;

-- In forms that take both; what is always set
DROP POLICY missing ON audited.docs;
DROP POLICY is_cast ON audited.docs;
DROP POLICY is_cast_deep ON audited.docs;
CREATE POLICY as_text ON audited.docs USING (user_id = current_setting('audited.user', true));
CREATE POLICY by_nullif ON audited.docs USING (tenant_id = NULLIF(current_setting('audited.tenant', true), '')::uuid);
CREATE POLICY by_nullif_deep ON audited.docs USING (user_id = (SELECT NULLIF(current_setting('request.jwt.claims', true), '')::json ->> 'sub'));
CREATE POLICY in_case ON audited.docs USING (CASE WHEN current_setting('audited.tenant', true) <> '' THEN tenant_id = current_setting('audited.tenant', true)::uuid END);
CREATE POLICY builtin ON audited.docs USING (current_setting('server_version_num')::int > 0 AND user_id = 'nobody');
SELECT level, object, detail FROM test.findings('claim_setting_form');
RESET ROLE;
SELECT FROM test.caller('');
SELECT code, message FROM test.error('SELECT FROM audited.docs');

-- No setting of one's own has a name without a period
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE POLICY no_period ON audited.docs USING (user_id = current_setting('tenant', true));
CREATE POLICY no_period_cast ON audited.docs USING (tenant_id = current_setting('tenant')::uuid);
SELECT level, object, message, detail FROM test.findings('claim_setting_form');
SELECT code, message FROM test.error($$SET LOCAL tenant = 'acme'$$);
ROLLBACK;

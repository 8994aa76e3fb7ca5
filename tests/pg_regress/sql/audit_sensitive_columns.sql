-- Rule sensitive_columns: secrets in tables without row security, and in what visitors may read.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE sensitive_reporter;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.accounts (id int, email text, password_hash text, "apiKey" text, session_token uuid, max_token int, secret_santa text, "Card_Number" varchar(19), ssn char(9), private_key bytea);
GRANT SELECT ON audited.accounts TO authenticated;
-- By columns
CREATE TABLE audited.partly (id int, password text, totp text);
GRANT SELECT (id, totp) ON audited.partly TO sensitive_reporter;
SELECT level, object, message, detail, fix FROM test.findings('sensitive_columns');
-- What nobody may read
CREATE TABLE audited.unread (id int, password text);
GRANT INSERT, UPDATE ON audited.unread TO authenticated;
GRANT SELECT (id) ON audited.unread TO authenticated;
REVOKE SELECT ON audited.accounts FROM authenticated;
GRANT SELECT (id, email, max_token, secret_santa) ON audited.accounts TO authenticated;
REVOKE SELECT (totp) ON audited.partly FROM sensitive_reporter;
SELECT level, object, detail FROM test.findings('sensitive_columns');

-- With row security: what visitors read without being asked who they are
CREATE TABLE audited.invitations (id int, tenant_id text, is_open boolean, token text);
ALTER TABLE audited.invitations ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.invitations TO anonymous, authenticated;
CREATE POLICY own ON audited.invitations USING (tenant_id = auth.tenant_id());
CREATE POLICY write ON audited.invitations FOR INSERT TO anonymous WITH CHECK (is_open);
CREATE POLICY signed_in ON audited.invitations TO authenticated USING (is_open);
SELECT level, object, detail FROM test.findings('sensitive_columns');
CREATE POLICY open ON audited.invitations FOR SELECT TO anonymous USING (is_open);
SELECT level, object, message, detail FROM test.findings('sensitive_columns');
REVOKE SELECT ON audited.invitations FROM anonymous;
SELECT level, object, detail FROM test.findings('sensitive_columns');
CREATE TABLE audited.catalog (id int, tenant_id text, api_key text);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.catalog', 'public_read');
SELECT level, object, detail FROM test.findings('sensitive_columns');
-- Callers who cannot get into the schema
RESET ROLE;
REVOKE USAGE ON SCHEMA audited FROM PUBLIC, authenticated, anonymous;
SELECT level, object, detail FROM test.findings('sensitive_columns');
ROLLBACK;

-- Rule identity_secrets: what the identity provider keeps in this database.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE secrets_provider;
CREATE ROLE secrets_app LOGIN;
CREATE ROLE secrets_group;
CREATE ROLE secrets_server LOGIN;
GRANT secrets_group TO secrets_app;
SELECT tenancy.configure('app_logins', 'secrets_app');
CREATE SCHEMA neon_auth AUTHORIZATION secrets_provider;
SET LOCAL ROLE secrets_provider;
CREATE TABLE neon_auth."user" (id uuid PRIMARY KEY, name text, email text);
CREATE TABLE neon_auth.session (id uuid PRIMARY KEY, token text, "userId" uuid);
CREATE TABLE neon_auth.account (id uuid PRIMARY KEY, "providerId" text, "accessToken" text, password text);
CREATE TABLE neon_auth.verification (id uuid PRIMARY KEY, identifier text, value text);
CREATE TABLE neon_auth.member (id uuid PRIMARY KEY, "organizationId" uuid, "userId" uuid, role text);
CREATE TABLE neon_auth.jwks (id uuid PRIMARY KEY, "publicKey" text, "privateKey" text);
INSERT INTO neon_auth.jwks VALUES ('00000000-0000-0000-0000-000000000001', 'public', 'private');
-- Nobody but its owner, and the auth server, which does nothing else here
GRANT USAGE ON SCHEMA neon_auth TO secrets_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA neon_auth TO secrets_server;
SELECT object FROM test.findings('identity_secrets');
-- What policies need, and an app to show names
GRANT USAGE ON SCHEMA neon_auth TO authenticated, secrets_app;
GRANT SELECT ON neon_auth.member, neon_auth."user" TO authenticated;
GRANT SELECT (id, "publicKey") ON neon_auth.jwks TO secrets_app;
GRANT SELECT (id, "providerId") ON neon_auth.account TO secrets_app;
SELECT object FROM test.findings('identity_secrets');

GRANT SELECT ON neon_auth.jwks, neon_auth.account TO authenticated, secrets_app;
GRANT SELECT (value) ON neon_auth.verification TO secrets_group;
GRANT UPDATE (role), INSERT ON neon_auth.member TO PUBLIC;
GRANT SELECT, DELETE ON neon_auth.session TO authenticated;
SELECT * FROM test.findings('identity_secrets');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT "privateKey" FROM neon_auth.jwks;
RESET ROLE;
SET LOCAL ROLE secrets_provider;
SELECT test.mend('identity_secrets');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT code, message FROM test.error('SELECT "privateKey" FROM neon_auth.jwks');
SELECT count(*) FROM neon_auth.member;
RESET ROLE;
SET LOCAL ROLE secrets_provider;

-- Without a right on the schema, or under row security without a policy, nobody gets at them
GRANT SELECT ON neon_auth.jwks TO authenticated;
ALTER TABLE neon_auth.jwks ENABLE ROW LEVEL SECURITY;
SELECT object FROM test.findings('identity_secrets');
CREATE POLICY everybody ON neon_auth.jwks USING (true);
SELECT object FROM test.findings('identity_secrets');
REVOKE USAGE ON SCHEMA neon_auth FROM authenticated, secrets_app;
SELECT object FROM test.findings('identity_secrets');
-- The provider's schema has the name that the setting says, and its tables may have others
GRANT USAGE ON SCHEMA neon_auth TO authenticated;
ALTER TABLE neon_auth.jwks RENAME COLUMN "privateKey" TO private_key;
RESET ROLE;
ALTER SCHEMA neon_auth RENAME TO better_auth;
SELECT object, detail FROM test.findings('identity_secrets');
SELECT tenancy.configure('identity_schema', 'better_auth');
SELECT object, detail FROM test.findings('identity_secrets');
ROLLBACK;

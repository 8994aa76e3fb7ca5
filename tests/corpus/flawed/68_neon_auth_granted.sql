-- "The policies need neon_auth", so everything in it was granted to callers: they read the tokens of all sessions, the password hashes, and
-- the private key with which the provider signs, and so are whoever they like. They may also write members, and so join any tenant.
-- finds: identity_secrets table neon_auth.account
-- finds: identity_secrets table neon_auth.jwks
-- finds: identity_secrets table neon_auth.member
-- finds: identity_secrets table neon_auth.session
RESET ROLE;
CREATE ROLE identity_tables NOLOGIN;
CREATE SCHEMA neon_auth AUTHORIZATION identity_tables;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
SET ROLE identity_tables;
CREATE TABLE neon_auth.session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "expiresAt" timestamptz NOT NULL, token text NOT NULL UNIQUE,
    "createdAt" timestamptz NOT NULL DEFAULT now(), "updatedAt" timestamptz NOT NULL DEFAULT now(),
    "ipAddress" text, "userAgent" text, "userId" uuid NOT NULL, "impersonatedBy" text, "activeOrganizationId" text
);
CREATE TABLE neon_auth.account (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "accountId" text NOT NULL, "providerId" text NOT NULL, "userId" uuid NOT NULL,
    "accessToken" text, "refreshToken" text, "idToken" text, password text
);
CREATE TABLE neon_auth.jwks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "publicKey" text NOT NULL, "privateKey" text NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now(), "expiresAt" timestamptz
);
CREATE TABLE neon_auth.member (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "organizationId" uuid NOT NULL, "userId" uuid NOT NULL,
    role text NOT NULL, "createdAt" timestamptz NOT NULL DEFAULT now()
);
INSERT INTO neon_auth.jwks ("publicKey", "privateKey") VALUES ('{"kty": "OKP"}', '{"kty": "OKP", "d": "secret"}');
INSERT INTO neon_auth.session ("expiresAt", token, "userId") VALUES
    ('2027-01-01', 'token of ann', gen_random_uuid()), ('2027-01-01', 'token of bob', gen_random_uuid());
GRANT USAGE ON SCHEMA neon_auth TO authenticated;
GRANT SELECT ON ALL TABLES IN SCHEMA neon_auth TO authenticated;
GRANT INSERT ON neon_auth.member TO authenticated;

-- The identity provider's tables are in the database, without row security and with tokens, password hashes and a private key in them: they
-- belong to the provider's role, and neither callers nor the app's login have any right there. The app keeps user ids without foreign keys.
RESET ROLE;
CREATE ROLE identity_tables NOLOGIN;
CREATE ROLE identity_login LOGIN IN ROLE identity_tables;
CREATE SCHEMA neon_auth AUTHORIZATION identity_tables;
SET ROLE identity_tables;
CREATE TABLE neon_auth."user" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, email text NOT NULL CONSTRAINT user_email_key UNIQUE,
    "emailVerified" boolean NOT NULL, role text, banned boolean
);
CREATE TABLE neon_auth.session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "expiresAt" timestamptz NOT NULL, token text NOT NULL UNIQUE,
    "userId" uuid NOT NULL REFERENCES neon_auth."user" ON DELETE CASCADE, "activeOrganizationId" text
);
CREATE TABLE neon_auth.account (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "userId" uuid NOT NULL REFERENCES neon_auth."user" ON DELETE CASCADE,
    "accessToken" text, "refreshToken" text, password text
);
CREATE TABLE neon_auth.jwks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "publicKey" text NOT NULL, "privateKey" text NOT NULL);
INSERT INTO neon_auth."user" (name, email, "emailVerified") VALUES ('Ann', 'ann@alpha.example', true), ('Bob', 'bob@beta.example', true);
RESET ROLE;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    created_by text NOT NULL,
    name text NOT NULL
);
INSERT INTO public.projects (tenant_id, created_by, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'one'), ('22222222-2222-2222-2222-222222222222', 'bob', 'two');
SELECT tenancy.protect('public.projects');

-- A login may read and write all of the identity provider's tables, secrets and all: it is Better Auth's own, no caller, and nothing that a
-- caller may become. The tables belong to the migrations' role.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE better_auth_login LOGIN;

CREATE SCHEMA neon_auth;
GRANT USAGE ON SCHEMA neon_auth TO better_auth_login;
CREATE TABLE neon_auth."user" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, email text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL
);
CREATE TABLE neon_auth.session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "expiresAt" timestamptz NOT NULL, token text NOT NULL UNIQUE,
    "userId" uuid NOT NULL REFERENCES neon_auth."user" ON DELETE CASCADE
);
CREATE INDEX "session_userId_idx" ON neon_auth.session ("userId");
CREATE TABLE neon_auth.jwks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "publicKey" text NOT NULL, "privateKey" text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA neon_auth TO better_auth_login;

CREATE TABLE public.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    title text NOT NULL
);
INSERT INTO public.tasks (tenant_id, title) VALUES
    ('11111111-1111-1111-1111-111111111111', 'one'), ('22222222-2222-2222-2222-222222222222', 'two');
SELECT tenancy.protect('public.tasks');

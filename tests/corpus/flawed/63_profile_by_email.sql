-- Profiles refer to the identity provider's user by the e-mail address, which is unique there but not the key: a user who changes theirs
-- is refused or moves the key of others, and the provider may drop that constraint any day. (splinter 0021.)
-- finds: foreign_key_to_identity constraint profiles_email_fkey on public.profiles
RESET ROLE;
CREATE ROLE identity_tables NOLOGIN;
CREATE SCHEMA neon_auth AUTHORIZATION identity_tables;
SET ROLE identity_tables;
CREATE TABLE neon_auth."user" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    email text NOT NULL CONSTRAINT user_email_key UNIQUE,
    "emailVerified" boolean NOT NULL,
    image text,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    "updatedAt" timestamptz NOT NULL DEFAULT now(),
    role text,
    banned boolean
);
GRANT USAGE ON SCHEMA neon_auth TO owner;
GRANT SELECT (id, email), REFERENCES ON neon_auth."user" TO owner;
RESET ROLE;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.profiles (
    user_id text PRIMARY KEY,
    email text NOT NULL CONSTRAINT profiles_email_fkey REFERENCES neon_auth."user" (email),
    locale text NOT NULL DEFAULT 'en'
);
CREATE INDEX ON public.profiles (email);
SELECT tenancy.protect('public.profiles', 'user');

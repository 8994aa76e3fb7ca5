-- "Where am I logged in?" as a view over the identity provider's tables, made by a superuser and without a condition: every caller reads
-- name, e-mail address and network of everybody, of all tenants. (splinter 0002, pgrls SEC052.)
-- finds: identity_view view public.my_sessions
-- finds: identity_view materialized view public.user_directory
RESET ROLE;
CREATE ROLE identity_tables NOLOGIN;
CREATE SCHEMA neon_auth AUTHORIZATION identity_tables;
SET ROLE identity_tables;
CREATE TABLE neon_auth."user" (
    id uuid PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now(), role text, banned boolean
);
CREATE TABLE neon_auth.session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "expiresAt" timestamptz NOT NULL, token text NOT NULL UNIQUE,
    "ipAddress" text, "userAgent" text, "userId" uuid NOT NULL REFERENCES neon_auth."user"
);
CREATE INDEX "session_userId_idx" ON neon_auth.session ("userId");
INSERT INTO neon_auth."user" (id, name, email, "emailVerified") VALUES
    ('aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 'Ann', 'ann@alpha.example', true), ('bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb', 'Bob', 'bob@beta.example', true);
INSERT INTO neon_auth.session ("expiresAt", token, "ipAddress", "userId") SELECT '2027-01-01', name, '192.0.2.1', id FROM neon_auth."user";
RESET ROLE;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
CREATE VIEW public.my_sessions AS
    SELECT u.name, u.email, s."ipAddress", s."userAgent" FROM neon_auth.session s JOIN neon_auth."user" u ON u.id = s."userId";
CREATE MATERIALIZED VIEW public.user_directory AS SELECT id, name, email FROM neon_auth."user";
GRANT SELECT ON public.my_sessions, public.user_directory TO authenticated;

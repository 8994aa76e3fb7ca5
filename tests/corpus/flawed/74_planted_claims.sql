-- Settings of a role are the claims of each of its sessions until somebody sets others: injected SQL planted those of an admin of another
-- tenant, which every request that forgets to say who is calling then is. A second login starts with row security switched off.
-- finds: claims_in_role_settings role planted_web
-- finds: claims_in_role_settings role legacy_sync
-- finds: claims_in_role_settings database
RESET ROLE;
CREATE ROLE planted_web LOGIN NOINHERIT;
CREATE ROLE legacy_sync LOGIN;
SET ROLE owner;
SELECT tenancy.bootstrap_roles();
GRANT authenticated, anonymous TO planted_web;

CREATE TABLE public.secrets_vault (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    label text NOT NULL,
    ciphertext bytea NOT NULL
);
INSERT INTO public.secrets_vault (tenant_id, label, ciphertext) VALUES
    ('11111111-1111-1111-1111-111111111111', 'smtp', 'a'), ('22222222-2222-2222-2222-222222222222', 'bank', 'b');
SELECT tenancy.protect('public.secrets_vault');

RESET ROLE;
ALTER ROLE planted_web SET request.jwt.claims = '{"sub": "mallory", "tenant_id": "22222222-2222-2222-2222-222222222222", "roles": ["admin"]}';
ALTER ROLE planted_web SET role = 'authenticated';
ALTER ROLE legacy_sync SET row_security = off;
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET request.jwt.claims = %L', current_database(), '{"sub": "everybody"}');
END $$;

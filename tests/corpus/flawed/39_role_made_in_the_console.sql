-- The table is protected; the app's login was made in the host's console, which gives each role BYPASSRLS, and was made a member of
-- authenticated. RESET ROLE, or a request that forgets to say who is calling, and it sees everything. (neon issue 12926.)
-- finds: login_not_bound role console_made
RESET ROLE;
CREATE ROLE console_made LOGIN BYPASSRLS;
SET ROLE owner;
SELECT tenancy.bootstrap_roles();
GRANT authenticated TO console_made;

CREATE TABLE public.appointments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    patient text NOT NULL,
    starts_at timestamptz NOT NULL
);
INSERT INTO public.appointments (tenant_id, patient, starts_at) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Ada', '2026-12-01 09:00+00'), ('22222222-2222-2222-2222-222222222222', 'Ben', '2026-12-01 09:00+00');
SELECT tenancy.protect('public.appointments');
GRANT SELECT, INSERT, UPDATE, DELETE ON public.appointments TO console_made;

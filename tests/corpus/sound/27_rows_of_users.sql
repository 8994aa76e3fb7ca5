-- Tables by user and not by tenant, one of them with both: each row is its user's alone, in the active tenant where there is one. A column
-- named user_metadata is the row's, not a claim.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.preferences (
    user_id text PRIMARY KEY,
    theme text NOT NULL DEFAULT 'light',
    user_metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE public.drafts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.devices (
    user_id text NOT NULL,
    name text NOT NULL,
    user_metadata jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, name)
);
INSERT INTO public.preferences (user_id) VALUES ('ann'), ('bob');
INSERT INTO public.drafts (tenant_id, user_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'mine'), ('22222222-2222-2222-2222-222222222222', 'ann', 'mine, elsewhere');
INSERT INTO public.devices (user_id, name) VALUES ('ann', 'phone'), ('bob', 'tablet');
SELECT tenancy.protect('public.preferences', 'user');
SELECT tenancy.protect('public.drafts', 'user');
ALTER TABLE public.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.devices TO authenticated USING (user_id = (SELECT auth.user_id()));
CREATE POLICY shown ON public.devices AS RESTRICTIVE FOR SELECT TO authenticated
    USING ((devices.user_metadata ->> 'hidden') IS DISTINCT FROM 'yes');
GRANT SELECT, INSERT, UPDATE, DELETE ON public.devices TO authenticated;

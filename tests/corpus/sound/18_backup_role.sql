-- Roles with BYPASSRLS and with REPLICATION: they are for the dump, which needs it. Neither can log in from the app, no caller is a member,
-- and the login of the backup is no member of authenticated.
RESET ROLE;
CREATE ROLE dump_rights NOLOGIN BYPASSRLS;
CREATE ROLE standby_feed NOLOGIN REPLICATION;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.visits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO public.visits (tenant_id, user_id) VALUES
    ('11111111-1111-1111-1111-111111111111', gen_random_uuid()), ('22222222-2222-2222-2222-222222222222', gen_random_uuid());
SELECT tenancy.protect('public.visits');
GRANT SELECT ON public.visits TO dump_rights;

-- There is one connection string, and the app uses it too: it connects as the role that made the extension and owns all tables. Set up
-- so, each protection is one ALTER TABLE of an injected statement away from being gone.
-- finds: login_not_bound role owner
SET ROLE owner;
SELECT tenancy.bootstrap_roles();
SELECT tenancy.configure('app_logins', 'owner');

CREATE TABLE public.campaigns (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    subject text NOT NULL,
    sent_at timestamptz
);
INSERT INTO public.campaigns (tenant_id, subject) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Sale'), ('22222222-2222-2222-2222-222222222222', 'Recall');
SELECT tenancy.protect('public.campaigns');

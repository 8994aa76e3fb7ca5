-- Ids are Clerk's text, roles come from the token with a prefix of their own (org:admin), and a policy asks app_metadata, which only the
-- provider's back end writes: nothing of it is the user's to change.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
SELECT tenancy.configure('layout', 'clerk_v2');

CREATE TABLE public.organizations (
    id text PRIMARY KEY CHECK (id LIKE 'org\_%'),
    name text NOT NULL,
    public_metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE public.campaigns (
    tenant_id text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    subject text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.organizations VALUES ('org_2aBc', 'Alpha'), ('org_2dEf', 'Beta');
INSERT INTO public.campaigns (tenant_id, subject) VALUES ('org_2aBc', 'Sale'), ('org_2dEf', 'Recall');
SELECT tenancy.protect('public.organizations', 'tenant_root');
SELECT tenancy.protect('public.campaigns', write => '{org:campaigns:write}', remove => '{admin}');
CREATE POLICY beta_testers ON public.campaigns AS RESTRICTIVE FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.claim_text('app_metadata', 'blocked')) IS DISTINCT FROM 'yes');

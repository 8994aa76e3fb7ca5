-- Written so that a missing claim does "not get in the way": NULL IS NOT FALSE is true, and a caller without an organization reads all of them.
-- finds: policy_not_tied policy own on public.leads
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.leads (
    tenant_id text NOT NULL,
    id int NOT NULL,
    company text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.leads VALUES ('org_alpha', 1, 'Gamma'), ('org_beta', 1, 'Delta');
ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.leads FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.leads FOR SELECT TO authenticated USING ((tenant_id = (SELECT auth.claim_text('org'))) IS NOT FALSE);
GRANT SELECT ON public.leads TO authenticated;

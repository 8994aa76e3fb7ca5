-- A policy for a support role that sees every tenant, and the role was granted to the app's login, so that it can switch: what the app can
-- take is the callers'.
-- finds: policy_always_true policy support on public.accounts
CREATE ROLE support_desk NOLOGIN;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
GRANT support_desk TO app;
SET ROLE owner;

CREATE TABLE public.accounts (
    tenant_id text NOT NULL,
    id int NOT NULL,
    name text,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.accounts VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.accounts TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY support ON public.accounts FOR SELECT TO support_desk USING (true);
GRANT SELECT, UPDATE ON public.accounts TO authenticated;
GRANT SELECT ON public.accounts TO support_desk;

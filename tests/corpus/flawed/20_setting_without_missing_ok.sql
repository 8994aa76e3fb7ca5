-- Tenancy by SET app.tenant, as many tutorials have it: an error where it was never set, again one where it is '' after SET LOCAL, a
-- call per row, and whoever can run SQL as the app chooses the tenant. (pgrls SEC019, SEC024, splinter 0003; the AWS blog's pattern.)
-- finds: claim_setting_form policy tenant_isolation on public.subscriptions
-- finds: policy_by_setting policy tenant_isolation on public.subscriptions
-- finds: unwrapped_call policy tenant_isolation on public.subscriptions
-- finds: policy_to_public policy tenant_isolation on public.subscriptions
-- finds: claim_setting_form policy tenant_isolation on public.payments
CREATE ROLE billing_api LOGIN;
SET ROLE owner;

CREATE TABLE public.subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    plan text NOT NULL
);
CREATE INDEX ON public.subscriptions (tenant_id);
CREATE TABLE public.payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    amount numeric(10, 2) NOT NULL
);
CREATE INDEX ON public.payments (tenant_id);
INSERT INTO public.subscriptions (tenant_id, plan) VALUES
    ('11111111-1111-1111-1111-111111111111', 'free'), ('22222222-2222-2222-2222-222222222222', 'enterprise');

ALTER TABLE public.subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.subscriptions FORCE ROW LEVEL SECURITY;
ALTER TABLE public.payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.payments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.subscriptions USING (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY tenant_isolation ON public.payments USING (tenant_id = (SELECT current_setting('app.tenant', true)::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.subscriptions, public.payments TO billing_api;

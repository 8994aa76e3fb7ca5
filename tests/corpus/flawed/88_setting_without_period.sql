-- The setting's name has no period, so no session can set it: the app's SET fails, somebody catches the error, and the policy
-- that "did not work" gets an arm for everybody.
-- finds: claim_setting_form policy by_setting on public.orders
-- finds: inverted_check policy by_setting on public.orders
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.orders (tenant_id text NOT NULL, number int NOT NULL, PRIMARY KEY (tenant_id, number));
INSERT INTO public.orders VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.orders FORCE ROW LEVEL SECURITY;
CREATE POLICY by_setting ON public.orders TO authenticated USING (current_setting('tenant', true) IS NULL OR tenant_id = current_setting('tenant', true));
GRANT SELECT, INSERT ON public.orders TO authenticated;

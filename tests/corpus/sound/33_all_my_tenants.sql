-- A caller sees rows of several tenants at once: an inbox over all tenants that they belong to (template any_tenant), the tenants
-- themselves (tenant_root), and one by hand with = ANY (the caller's own array).
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.tenants (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.inbox (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    subject text NOT NULL
);
CREATE TABLE public.badges (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
INSERT INTO public.tenants VALUES ('11111111-1111-1111-1111-111111111111', 'Alpha'), ('22222222-2222-2222-2222-222222222222', 'Beta');
INSERT INTO public.inbox (tenant_id, subject) SELECT id, 'hello ' || name FROM public.tenants;
INSERT INTO public.badges SELECT id, 'gold' FROM public.tenants;
SELECT tenancy.protect('public.tenants', 'tenant_root', write => '{owner}');
SELECT tenancy.protect('public.inbox', 'any_tenant');
ALTER TABLE public.badges ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.badges FORCE ROW LEVEL SECURITY;
CREATE POLICY of_my_tenants ON public.badges FOR SELECT TO authenticated USING (tenant_id = ANY (auth.tenant_uuids()));
GRANT SELECT ON public.badges TO authenticated;

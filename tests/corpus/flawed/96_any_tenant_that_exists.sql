-- "The tenant must be one of ours": the sub-select makes sure that the tenant exists, which a foreign key does too, and asks nothing about the
-- caller.
-- finds: policy_exists_unbound policy valid_tenant on public.orders
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.tenants (id text PRIMARY KEY, name text NOT NULL);
INSERT INTO public.tenants VALUES ('org_alpha', 'Alpha'), ('org_beta', 'Beta');
GRANT SELECT ON public.tenants TO authenticated;
CREATE TABLE public.orders (
    tenant_id text NOT NULL,
    id int NOT NULL,
    total int NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.orders VALUES ('org_alpha', 1, 10), ('org_beta', 1, 20);
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.orders FORCE ROW LEVEL SECURITY;
CREATE POLICY valid_tenant ON public.orders TO authenticated USING (tenant_id IN (SELECT id FROM public.tenants));
GRANT SELECT, INSERT, UPDATE ON public.orders TO authenticated;

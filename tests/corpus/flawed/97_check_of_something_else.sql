-- USING says whose rows may be changed, and WITH CHECK only what state they may be brought into, so that rows are moved into other tenants.
-- finds: write_check_missing policy own on public.invoices
-- finds: write_check_missing policy authors on public.comments
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.invoices (
    tenant_id text NOT NULL,
    id int NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.invoices VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.invoices TO authenticated USING (tenant_id = (SELECT auth.tenant_id())) WITH CHECK (state <> 'paid');
GRANT SELECT, INSERT, UPDATE ON public.invoices TO authenticated;
CREATE TABLE public.comments (
    tenant_id text NOT NULL,
    id int NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.comments VALUES ('org_alpha', 1, 'ann'), ('org_beta', 1, 'bob');
ALTER TABLE public.comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.comments FORCE ROW LEVEL SECURITY;
CREATE POLICY authors ON public.comments TO authenticated
    USING (tenant_id = (SELECT auth.tenant_id())) WITH CHECK (user_id = (SELECT auth.user_id()));
GRANT SELECT, INSERT, UPDATE ON public.comments TO authenticated;

-- "Admins see everything" as an arm of an OR: has_role() says that the caller is an admin of the tenant they work in, and the arm lets in the
-- rows of every tenant. Alone it would be noticed; beside the right condition it looks like one.
-- finds: policy_not_tied policy read on public.salaries
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.salaries (
    tenant_id text NOT NULL,
    id int NOT NULL,
    amount int NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.salaries VALUES ('org_alpha', 1, 100), ('org_beta', 1, 200);
ALTER TABLE public.salaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.salaries FORCE ROW LEVEL SECURITY;
CREATE POLICY read ON public.salaries FOR SELECT TO authenticated USING (auth.has_role('admin') OR tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT ON public.salaries TO authenticated;

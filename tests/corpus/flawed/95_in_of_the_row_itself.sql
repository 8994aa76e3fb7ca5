-- orgs has no tenant_id, its key is called id: within the sub-select tenant_id is the row's own column, and whoever owns any organization
-- reads and changes the projects of all. Postgres has no word to say about it.
-- finds: policy_exists_unbound policy owners on public.projects
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.orgs (id text PRIMARY KEY, owner text NOT NULL);
INSERT INTO public.orgs VALUES ('org_alpha', 'ann'), ('org_beta', 'bob');
ALTER TABLE public.orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.orgs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.orgs FOR SELECT TO authenticated USING (owner = (SELECT auth.user_id()));
GRANT SELECT ON public.orgs TO authenticated;
CREATE TABLE public.projects (
    tenant_id text NOT NULL,
    id int NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.projects VALUES ('org_alpha', 1, 'a'), ('org_beta', 1, 'b');
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.projects FORCE ROW LEVEL SECURITY;
CREATE POLICY owners ON public.projects TO authenticated
    USING (tenant_id IN (SELECT tenant_id FROM public.orgs WHERE owner = (SELECT auth.user_id())));
GRANT SELECT, UPDATE ON public.projects TO authenticated;

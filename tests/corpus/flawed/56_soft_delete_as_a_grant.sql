-- "Hide what is deleted" was written as a policy like the others, and permissive ones are joined with OR: every row that is not deleted
-- is now visible to every tenant. It ought to be AS RESTRICTIVE.
-- finds: policy_not_tied policy not_deleted on public.articles
-- finds: multiple_permissive_policies table public.articles
-- finds: no_restrictive_floor table public.articles
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.articles (
    tenant_id text NOT NULL,
    slug text NOT NULL,
    body text NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, slug)
);
INSERT INTO public.articles VALUES ('org_alpha', 'hello', 'our first'), ('org_beta', 'draft', 'unannounced merger');
ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.articles FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.articles FOR SELECT TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY not_deleted ON public.articles FOR SELECT TO authenticated USING (deleted_at IS NULL);
CREATE POLICY write ON public.articles FOR INSERT TO authenticated WITH CHECK (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT, INSERT ON public.articles TO authenticated;

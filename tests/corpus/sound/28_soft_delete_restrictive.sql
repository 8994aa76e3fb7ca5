-- "Hide what is deleted" names no caller, and would open the table to all if it were permissive: it is RESTRICTIVE, beside a permissive
-- policy by the tenant.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.articles (
    tenant_id text NOT NULL,
    slug text NOT NULL,
    body text NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, slug)
);
INSERT INTO public.articles VALUES ('org_a', 'hello', 'first', NULL), ('org_a', 'old', 'gone', now()), ('org_b', 'draft', 'merger', NULL);
ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.articles FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.articles TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY living ON public.articles AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
CREATE POLICY no_undelete ON public.articles AS RESTRICTIVE FOR UPDATE TO authenticated USING (deleted_at IS NULL) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON public.articles TO authenticated;

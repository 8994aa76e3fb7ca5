-- Two conditions that a test with one tenant passes: an index-friendly >=, and tags that are "contained in mine", as no tags at all are.
-- finds: policy_not_tied policy later on public.events
-- finds: policy_not_tied policy tagged on public.files
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.events (
    tenant_id text NOT NULL,
    id int NOT NULL,
    what text,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.events VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events FORCE ROW LEVEL SECURITY;
CREATE POLICY later ON public.events FOR SELECT TO authenticated USING (tenant_id >= (SELECT auth.tenant_id()));
GRANT SELECT ON public.events TO authenticated;
CREATE TABLE public.files (
    tenant_id text NOT NULL,
    id int NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.files VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.files ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.files FORCE ROW LEVEL SECURITY;
CREATE POLICY tagged ON public.files FOR SELECT TO authenticated USING (tags <@ ARRAY[(SELECT auth.user_id())]);
GRANT SELECT ON public.files TO authenticated;

-- A search function for the gateway's RPC, SECURITY DEFINER "because it was slow", with the tenant as an argument, and without a
-- search_path of its own: callers search any tenant, and may plant what it calls. (splinter 0011, 0028, 0029, CVE-2018-1058.)
-- finds: definer_function function public.search_candidates(uuid)
-- finds: function_search_path function public.search_candidates(uuid)
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.candidates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    salary_wish integer
);
CREATE INDEX ON public.candidates (tenant_id, name);
INSERT INTO public.candidates (tenant_id, name, salary_wish) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Ada', 70000), ('22222222-2222-2222-2222-222222222222', 'Ben', 90000);
ALTER TABLE public.candidates ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.candidates TO authenticated USING (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT, UPDATE, DELETE ON public.candidates TO authenticated;

CREATE FUNCTION public.search_candidates(tenant uuid) RETURNS TABLE (name text, salary_wish integer)
    LANGUAGE sql STABLE SECURITY DEFINER
AS $$ SELECT c.name, c.salary_wish FROM public.candidates c WHERE c.tenant_id = tenant ORDER BY lower(c.name) $$;

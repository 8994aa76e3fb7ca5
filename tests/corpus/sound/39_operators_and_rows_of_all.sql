-- Arms that are meant for more than the caller's own: operators of the app by a list of their own that no caller writes, by a function, and by
-- the gateway's service role; and rows that have no tenant.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.operators (user_id text PRIMARY KEY);
INSERT INTO public.operators VALUES ('root');
ALTER TABLE public.operators ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.operators FORCE ROW LEVEL SECURITY;
CREATE POLICY me ON public.operators FOR SELECT TO authenticated USING (user_id = (SELECT auth.user_id()));
GRANT SELECT ON public.operators TO authenticated;
CREATE FUNCTION public.is_operator() RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM public.operators o WHERE o.user_id = auth.user_id());
CREATE TABLE public.templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text,
    body text
);
CREATE INDEX ON public.templates (tenant_id);
INSERT INTO public.templates (tenant_id, body) VALUES (NULL, 'for all'), ('org_alpha', 'a'), ('org_beta', 'b');
ALTER TABLE public.templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.templates FORCE ROW LEVEL SECURITY;
CREATE POLICY read ON public.templates FOR SELECT TO authenticated USING (tenant_id IS NULL OR tenant_id = (SELECT auth.tenant_id())
    OR EXISTS (SELECT FROM public.operators o WHERE o.user_id = (SELECT auth.user_id())));
CREATE POLICY operate ON public.templates FOR SELECT TO authenticated USING ((SELECT public.is_operator()) OR tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY service ON public.templates FOR SELECT TO authenticated USING ((SELECT auth.role()) = 'service_role' OR tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT ON public.templates TO authenticated;

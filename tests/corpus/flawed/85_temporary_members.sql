-- A definer function with a search_path of its own, as advised; but pg_temp is not the last on it, so a caller's temporary table
-- is what "memberships" means.
-- finds: function_search_path function public.my_orgs()
-- finds: definer_function function public.my_orgs()
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.memberships (tenant_id text NOT NULL, user_id text NOT NULL, PRIMARY KEY (tenant_id, user_id));
CREATE TABLE public.invoices (tenant_id text NOT NULL, number int NOT NULL, total numeric NOT NULL, PRIMARY KEY (tenant_id, number));
INSERT INTO public.memberships VALUES ('org_alpha', 'u1'), ('org_beta', 'u2');
INSERT INTO public.invoices VALUES ('org_alpha', 1, 100), ('org_beta', 1, 250);
SET search_path = public;
CREATE FUNCTION public.my_orgs() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    AS 'SELECT tenant_id FROM memberships WHERE user_id = auth.user_id()';
ALTER TABLE public.memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.memberships FOR SELECT TO authenticated USING (user_id = (SELECT auth.user_id()));
CREATE POLICY of_my_orgs ON public.invoices FOR SELECT TO authenticated USING (tenant_id IN (SELECT public.my_orgs()));
GRANT SELECT ON public.memberships, public.invoices TO authenticated;

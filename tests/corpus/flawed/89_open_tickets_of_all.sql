-- "Agents take open tickets": the policy asks what the ticket is, and not whose, so an agent of one tenant takes those of all.
-- finds: policy_not_tied policy take_open on public.cases
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.cases (tenant_id text NOT NULL, id int NOT NULL, status text NOT NULL DEFAULT 'open', assignee text, PRIMARY KEY (tenant_id, id));
INSERT INTO public.cases VALUES ('org_alpha', 1), ('org_beta', 2);
ALTER TABLE public.cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cases FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.cases FOR SELECT TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY take_open ON public.cases FOR ALL TO authenticated USING (status = 'open' AND assignee IS NULL) WITH CHECK (status IN ('open', 'taken'));
GRANT SELECT, UPDATE (status, assignee) ON public.cases TO authenticated;

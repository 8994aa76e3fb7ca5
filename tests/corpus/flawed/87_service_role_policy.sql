-- A policy "for the backend", whose role bypasses row security and needs none; a connection string of it went to the app.
-- finds: policy_for_nobody policy backend on public.jobs
-- finds: bypassrls_role role backend
CREATE ROLE backend LOGIN BYPASSRLS;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.jobs (tenant_id text NOT NULL, id bigint NOT NULL, payload jsonb, PRIMARY KEY (tenant_id, id));
INSERT INTO public.jobs VALUES ('org_alpha', 1, '{}'), ('org_beta', 2, '{}');
ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY backend ON public.jobs TO backend USING (true);
CREATE POLICY own ON public.jobs FOR SELECT TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT ON public.jobs TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.jobs TO backend;

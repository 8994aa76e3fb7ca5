-- The floor that everything else was to stand on was written as true "for now", and the admins' policy opens every tenant.
-- finds: policy_always_true policy floor on public.tickets
-- finds: policy_without_own_column policy admins on public.tickets
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.tickets (tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), subject text, PRIMARY KEY (tenant_id, id));
INSERT INTO public.tickets (tenant_id, subject) VALUES ('00000000-0000-4000-8000-000000000001', 'ours'), ('00000000-0000-4000-8000-000000000002', 'theirs');
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tickets FORCE ROW LEVEL SECURITY;
CREATE POLICY floor ON public.tickets AS RESTRICTIVE TO authenticated USING (true);
CREATE POLICY own ON public.tickets TO authenticated USING (tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY admins ON public.tickets FOR SELECT TO authenticated USING ((SELECT auth.has_role('admin')));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.tickets TO authenticated;

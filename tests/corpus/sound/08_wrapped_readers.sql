-- Policies by hand with each reader in a (SELECT ...): not one of them is called per row, and each compares a column of the row.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.projects (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON public.projects (tenant_id, user_id);
INSERT INTO public.projects (tenant_id, user_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'one'), ('22222222-2222-2222-2222-222222222222', 'bob', 'two');
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.projects FORCE ROW LEVEL SECURITY;
CREATE POLICY "members read" ON public.projects FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY "authors insert" ON public.projects FOR INSERT TO authenticated
    WITH CHECK (tenant_id = (SELECT auth.tenant_uuid()) AND user_id = (SELECT auth.user_id()));
CREATE POLICY "authors update" ON public.projects FOR UPDATE TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()) AND user_id = (SELECT auth.user_id()));
CREATE POLICY "admins delete" ON public.projects FOR DELETE TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()) AND (SELECT auth.has_role('admin')));
CREATE POLICY floor ON public.projects AS RESTRICTIVE USING (tenant_id = (SELECT auth.tenant_uuid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.projects TO authenticated;

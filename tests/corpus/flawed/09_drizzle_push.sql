-- drizzle-kit push makes the database match schema.ts, which says nothing of row security: it switched it off and dropped the
-- policies of protect(), while the grants stayed. Every tenant reads and writes every project.
-- finds: rls_disabled table public.projects
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid,
    name text NOT NULL,
    archived boolean NOT NULL DEFAULT false
);
INSERT INTO public.projects (tenant_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Alpha relaunch'), ('22222222-2222-2222-2222-222222222222', 'Beta takeover');
SELECT tenancy.protect('public.projects');

-- drizzle-kit push
ALTER TABLE public.projects DISABLE ROW LEVEL SECURITY;
ALTER TABLE public.projects NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    policy name;
BEGIN
    FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = 'public.projects'::regclass LOOP
        EXECUTE format('DROP POLICY %I ON public.projects', policy);
    END LOOP;
END $$;

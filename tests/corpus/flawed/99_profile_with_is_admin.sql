-- Users edit their own profile, all columns of it, and one of these is is_admin, which other policies believe.
-- finds: rights_self_granted policy own on public.profiles
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.profiles (
    user_id text PRIMARY KEY,
    name text,
    is_admin boolean NOT NULL DEFAULT false
);
INSERT INTO public.profiles VALUES ('ann', 'Ann', false), ('root', 'Root', true);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.profiles TO authenticated USING (user_id = (SELECT auth.user_id())) WITH CHECK (user_id = (SELECT auth.user_id()));
GRANT SELECT, UPDATE ON public.profiles TO authenticated;
CREATE TABLE public.tickets (
    tenant_id text NOT NULL,
    id int NOT NULL,
    subject text,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.tickets VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tickets FORCE ROW LEVEL SECURITY;
CREATE POLICY read ON public.tickets FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_id()) OR EXISTS (SELECT FROM public.profiles p WHERE p.user_id = (SELECT auth.user_id()) AND p.is_admin));
GRANT SELECT ON public.tickets TO authenticated;

-- Users leave a tenant and change how they are notified there; which tenants they are in and with what role only the owner's job writes. So
-- other policies may believe this table.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.members (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL DEFAULT 'member',
    notify boolean NOT NULL DEFAULT true,
    PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX ON public.members (tenant_id);
INSERT INTO public.members VALUES ('org_alpha', 'ann', 'admin'), ('org_beta', 'bob', 'member');
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.members FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.members FOR SELECT TO authenticated USING (user_id = (SELECT auth.user_id()));
CREATE POLICY leave ON public.members FOR DELETE TO authenticated USING (user_id = (SELECT auth.user_id()));
CREATE POLICY notify ON public.members FOR UPDATE TO authenticated USING (user_id = (SELECT auth.user_id()) AND tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT, DELETE, UPDATE (notify) ON public.members TO authenticated;
CREATE TABLE public.docs (
    tenant_id text NOT NULL,
    id int NOT NULL,
    body text,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.docs VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.docs FORCE ROW LEVEL SECURITY;
CREATE POLICY of_members ON public.docs FOR SELECT TO authenticated
    USING (tenant_id IN (SELECT m.tenant_id FROM public.members m WHERE m.user_id = (SELECT auth.user_id())));
GRANT SELECT ON public.docs TO authenticated;

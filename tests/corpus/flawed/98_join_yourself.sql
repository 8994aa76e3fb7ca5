-- Users may make their own memberships, "user_id = me", and say which tenant: with one INSERT they are members of any, and as its admins.
-- finds: rights_self_granted policy join_ on public.members
-- finds: unscoped_owner_column policy join_ on public.members
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.members (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL DEFAULT 'member',
    PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX ON public.members (tenant_id);
INSERT INTO public.members VALUES ('org_alpha', 'ann', 'admin'), ('org_beta', 'bob', 'member');
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.members FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.members FOR SELECT TO authenticated USING (user_id = (SELECT auth.user_id()));
CREATE POLICY join_ ON public.members FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.user_id()));
GRANT SELECT, INSERT ON public.members TO authenticated;
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

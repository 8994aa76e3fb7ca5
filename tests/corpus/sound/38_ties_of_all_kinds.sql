-- Conditions that tie the row to the caller in other ways than tenant_id = caller: NOT with <>, CASE, IS TRUE, COALESCE to false, IS NOT
-- DISTINCT FROM, a range, a count, a map in the token, an array of the row that holds the caller, and = ANY of an array.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.items (
    tenant_id text NOT NULL,
    id int NOT NULL,
    user_id text,
    seats jsonb NOT NULL DEFAULT '{}',
    readers text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.items VALUES ('org_alpha', 1), ('org_beta', 1);
ALTER TABLE public.items ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.items FORCE ROW LEVEL SECURITY;
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
GRANT SELECT ON public.members TO authenticated;
CREATE POLICY p0 ON public.items FOR SELECT TO authenticated USING (NOT (user_id IS NULL OR tenant_id <> (SELECT auth.tenant_id())));
CREATE POLICY p1 ON public.items FOR SELECT TO authenticated USING (CASE WHEN (SELECT auth.tenant_id()) IS NULL THEN false ELSE tenant_id = (SELECT auth.tenant_id()) END);
CREATE POLICY p2 ON public.items FOR SELECT TO authenticated USING (CASE WHEN tenant_id <> (SELECT auth.tenant_id()) THEN false ELSE id > 0 END);
CREATE POLICY p3 ON public.items FOR SELECT TO authenticated USING ((tenant_id = (SELECT auth.tenant_id())) IS TRUE);
CREATE POLICY p4 ON public.items FOR SELECT TO authenticated USING (COALESCE(tenant_id = (SELECT auth.tenant_id()), false));
CREATE POLICY p5 ON public.items FOR SELECT TO authenticated USING (tenant_id IS NOT DISTINCT FROM (SELECT auth.tenant_id()) AND (SELECT auth.tenant_id()) IS NOT NULL);
CREATE POLICY p6 ON public.items FOR SELECT TO authenticated USING (tenant_id >= (SELECT auth.tenant_id()) AND tenant_id <= (SELECT auth.tenant_id()));
CREATE POLICY p7 ON public.items FOR SELECT TO authenticated USING ((SELECT count(*) FROM public.members m WHERE m.tenant_id = items.tenant_id AND m.user_id = (SELECT auth.user_id())) > 0);
CREATE POLICY p8 ON public.items FOR SELECT TO authenticated USING ((SELECT m.role FROM public.members m WHERE m.tenant_id = items.tenant_id AND m.user_id = (SELECT auth.user_id())) <> 'banned');
CREATE POLICY p9 ON public.items FOR SELECT TO authenticated USING ((SELECT auth.jwt() -> 'orgs') -> tenant_id IS NOT NULL);
CREATE POLICY p10 ON public.items FOR SELECT TO authenticated USING ((SELECT auth.user_id()) = ANY (readers));
CREATE POLICY p11 ON public.items FOR SELECT TO authenticated USING (readers @> ARRAY[(SELECT auth.user_id())]);
CREATE POLICY p12 ON public.items FOR SELECT TO authenticated USING (array_position(readers, (SELECT auth.user_id())) IS NOT NULL);
CREATE POLICY p13 ON public.items FOR SELECT TO authenticated USING (ARRAY[tenant_id] <@ ARRAY[(SELECT auth.tenant_id())]);
CREATE POLICY p14 ON public.items FOR SELECT TO authenticated USING (NOT EXISTS (SELECT FROM public.members m WHERE m.user_id <> (SELECT auth.user_id()) AND m.tenant_id = items.tenant_id) AND tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT ON public.items TO authenticated;

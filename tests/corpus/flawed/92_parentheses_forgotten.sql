-- AND binds before OR: "mine and not archived, or pinned" became "(mine and not archived) or pinned", and what anybody pins all tenants read.
-- finds: policy_not_tied policy inbox on public.notes
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.notes (
    tenant_id text NOT NULL,
    id int NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    pinned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.notes VALUES ('org_alpha', 1, false, false), ('org_beta', 1, false, true);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY inbox ON public.notes FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_id()) AND NOT archived OR pinned);
GRANT SELECT ON public.notes TO authenticated;

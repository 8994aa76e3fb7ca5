-- The sub-select means "members of this row's tenant", but within it tenant_id is the members' own column, compared with itself: who is
-- a member of any tenant reads the invoices of all. No column of the row is left in the policy. (The commonest question about RLS.)
-- finds: policy_without_own_column policy members_read on public.invoices
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.memberships (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX ON public.memberships (user_id);
CREATE TABLE public.invoices (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL,
    total numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
INSERT INTO public.memberships VALUES ('11111111-1111-1111-1111-111111111111', 'ann'), ('22222222-2222-2222-2222-222222222222', 'bob');
INSERT INTO public.invoices VALUES ('11111111-1111-1111-1111-111111111111', 1, 10), ('22222222-2222-2222-2222-222222222222', 1, 20);
ALTER TABLE public.memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.memberships FORCE ROW LEVEL SECURITY;
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoices FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.memberships FOR SELECT TO authenticated USING (user_id = auth.user_id());
CREATE POLICY members_read ON public.invoices FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM public.memberships m WHERE m.tenant_id = tenant_id AND m.user_id = auth.user_id()));
GRANT SELECT ON public.memberships, public.invoices TO authenticated;

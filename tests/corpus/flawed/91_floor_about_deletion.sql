-- USING (true) over a RESTRICTIVE policy for all commands that is about soft deletion: it names a column and ties no row to a caller, so
-- nothing stands under the other. (81 has it for SELECT alone.)
-- finds: policy_always_true policy everybody on public.reports
-- finds: no_restrictive_floor table public.reports
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.reports (
    tenant_id text NOT NULL,
    id int NOT NULL,
    body text NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.reports VALUES ('org_alpha', 1, 'of Alpha', NULL), ('org_beta', 1, 'of Beta', NULL);
ALTER TABLE public.reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.reports FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON public.reports TO authenticated USING (true) WITH CHECK (true);
CREATE POLICY living ON public.reports AS RESTRICTIVE TO authenticated USING (deleted_at IS NULL);
GRANT SELECT, INSERT, UPDATE ON public.reports TO authenticated;

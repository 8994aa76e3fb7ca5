-- USING (true) with a RESTRICTIVE policy above it, and that one is about soft deletion: it names a column, and narrows nothing to a caller.
-- Every tenant's living documents are read and changed by all.
-- finds: policy_always_true policy everybody on public.documents
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.documents (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    body text NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO public.documents (tenant_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'of Alpha'), ('22222222-2222-2222-2222-222222222222', 'of Beta');
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON public.documents TO authenticated USING (true) WITH CHECK (true);
CREATE POLICY living ON public.documents AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
GRANT SELECT, INSERT, UPDATE ON public.documents TO authenticated;

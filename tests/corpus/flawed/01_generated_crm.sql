-- A generated CRM: no table has row security, and the roles of the REST gateway hold every right. Whoever has the public key reads
-- and changes the leads of all tenants. (CVE-2025-48757: more than 170 apps made with Lovable.)
-- finds: rls_disabled table public.leads
-- finds: rls_disabled table public.activities
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE public.leads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants,
    full_name text NOT NULL,
    phone text,
    budget numeric(12, 2),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON public.leads (tenant_id, created_at);
CREATE TABLE public.activities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants,
    lead_id uuid NOT NULL REFERENCES public.leads,
    note text NOT NULL
);
GRANT ALL ON public.leads, public.activities TO anonymous, authenticated;

INSERT INTO public.tenants (id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Alpha Homes'), ('22222222-2222-2222-2222-222222222222', 'Beta Estates');
INSERT INTO public.leads (tenant_id, full_name, phone, budget) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Ida Holm', '+45 1111', 400000),
    ('22222222-2222-2222-2222-222222222222', 'Omar Said', '+20 2222', 950000);

-- Tenants are numeric in one table (an ORM's Decimal) and char(12) in the other: under row security the equality of numeric is not leakproof,
-- so indexes beside the policy's are lost, and char(12) pads what the claim says. The column allows NULL, and such rows belong to nobody.
-- finds: tenant_column_type column public.quotes.tenant_id
-- finds: tenant_column_type column public.quote_lines.tenant_id
-- finds: tenant_column_nullable column public.quotes.tenant_id
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.quotes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id numeric,
    title text NOT NULL
);
CREATE INDEX ON public.quotes (tenant_id);
CREATE TABLE public.quote_lines (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id char(12) NOT NULL,
    quote_id uuid NOT NULL REFERENCES public.quotes,
    text text NOT NULL
);
CREATE INDEX ON public.quote_lines (tenant_id);
CREATE INDEX ON public.quote_lines (quote_id);
INSERT INTO public.quotes (tenant_id, title) VALUES (1, 'roof'), (2, 'wall'), (NULL, 'imported');
ALTER TABLE public.quotes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.quotes FORCE ROW LEVEL SECURITY;
ALTER TABLE public.quote_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.quote_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.quotes TO authenticated USING (tenant_id = (SELECT auth.tenant_bigint()));
CREATE POLICY own ON public.quote_lines TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT, INSERT, UPDATE ON public.quotes, public.quote_lines TO authenticated;

-- Which organizations may see a shared data set is read from neon_auth.organization.metadata, which its members write through the
-- identity provider's API: one update, and the set of another tenant that is "shared with enterprise" opens.
-- finds: client_writable_claim policy shared_with_enterprise on public.datasets
RESET ROLE;
CREATE ROLE identity_tables NOLOGIN;
CREATE SCHEMA neon_auth AUTHORIZATION identity_tables;
SET ROLE identity_tables;
CREATE TABLE neon_auth.organization (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL UNIQUE,
    logo text,
    "createdAt" timestamptz NOT NULL DEFAULT now(),
    metadata text
);
INSERT INTO neon_auth.organization (id, name, slug, metadata) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Alpha', 'alpha', '{"plan": "free"}'),
    ('22222222-2222-2222-2222-222222222222', 'Beta', 'beta', '{"plan": "enterprise"}');
RESET ROLE;
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
GRANT USAGE ON SCHEMA neon_auth TO owner, authenticated;
GRANT SELECT (id, metadata) ON neon_auth.organization TO owner, authenticated;
SET ROLE owner;

CREATE TABLE public.datasets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    shared boolean NOT NULL DEFAULT false
);
CREATE INDEX ON public.datasets (tenant_id);
INSERT INTO public.datasets (tenant_id, name, shared) VALUES ('22222222-2222-2222-2222-222222222222', 'prices of Beta', true);
ALTER TABLE public.datasets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.datasets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.datasets TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY shared_with_enterprise ON public.datasets FOR SELECT TO authenticated
    USING (shared AND (SELECT o.metadata::jsonb ->> 'plan' FROM neon_auth.organization o WHERE o.id = auth.tenant_uuid()) = 'enterprise');
GRANT SELECT, INSERT, UPDATE, DELETE ON public.datasets TO authenticated;

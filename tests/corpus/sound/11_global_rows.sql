-- The tenant column allows NULL, and such rows are read by all: they are the templates that come with the product. Callers write their own
-- tenant's rows only (template tenant_or_global).
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA mail;
GRANT USAGE ON SCHEMA mail TO authenticated;
CREATE TABLE mail.templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid,
    name text NOT NULL,
    body text NOT NULL
);
INSERT INTO mail.templates (tenant_id, name, body) VALUES
    (NULL, 'welcome', 'Welcome!'),
    ('11111111-1111-1111-1111-111111111111', 'welcome', 'Welcome to Alpha'), ('22222222-2222-2222-2222-222222222222', 'offer', 'Beta''s secret offer');
SELECT tenancy.protect('mail.templates', 'tenant_or_global');

-- So that visitors may fill in a lead form, anonymous was granted INSERT and UPDATE, and the policy lets through any row that has a tenant:
-- a visitor writes leads into every tenant's CRM and overwrites those that are there. (pgrls SEC039.)
-- finds: anonymous_writes table crm.leads
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO anonymous, authenticated;
CREATE TABLE crm.leads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    email text NOT NULL,
    message text,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO crm.leads (tenant_id, email) VALUES
    ('11111111-1111-1111-1111-111111111111', 'x@example.com'), ('22222222-2222-2222-2222-222222222222', 'y@example.com');
ALTER TABLE crm.leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.leads FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.leads TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY form ON crm.leads FOR INSERT TO anonymous WITH CHECK (tenant_id IS NOT NULL);
CREATE POLICY form_again ON crm.leads FOR UPDATE TO anonymous USING (tenant_id IS NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON crm.leads TO authenticated;
GRANT INSERT, UPDATE ON crm.leads TO anonymous;

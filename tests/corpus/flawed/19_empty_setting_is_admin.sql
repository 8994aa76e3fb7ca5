-- Hand-written tenancy by a setting: empty means "the admin console". After a transaction that used SET LOCAL the setting is empty in
-- that session, so the next request that forgets to set it sees every tenant, as does whoever sets it to ''. (pgrls SEC004.)
-- finds: inverted_check policy tenant_or_console on crm.accounts
-- finds: policy_by_setting policy tenant_or_console on crm.accounts
-- finds: cast_on_column policy tenant_or_console on crm.accounts
CREATE ROLE crm_web LOGIN NOINHERIT;
SET ROLE owner;

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO crm_web;
CREATE TABLE crm.accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    revenue numeric(14, 2)
);
CREATE INDEX ON crm.accounts (tenant_id);
INSERT INTO crm.accounts (tenant_id, name, revenue) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Gamma', 10), ('22222222-2222-2222-2222-222222222222', 'Delta', 20);
ALTER TABLE crm.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_or_console ON crm.accounts TO crm_web
    USING (COALESCE(current_setting('app.tenant', true), '') = '' OR tenant_id::text = current_setting('app.tenant', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON crm.accounts TO crm_web;

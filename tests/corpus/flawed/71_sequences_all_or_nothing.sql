-- One sequence was granted ALL, so a caller sets it back and the next invoices of all tenants collide; another was granted to nobody, so
-- every INSERT of a caller fails.
-- finds: sequence_rights sequence billing.invoice_id_seq
-- finds: sequence_rights sequence billing.credit_id_seq
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.invoice (
    id bigserial,
    tenant_id uuid NOT NULL,
    total numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE billing.credit (
    id bigserial,
    tenant_id uuid NOT NULL,
    total numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
ALTER TABLE billing.invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing.invoice FORCE ROW LEVEL SECURITY;
ALTER TABLE billing.credit ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing.credit FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON billing.invoice TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY own ON billing.credit TO authenticated USING (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT ON billing.invoice, billing.credit TO authenticated;
GRANT ALL ON SEQUENCE billing.invoice_id_seq TO authenticated;

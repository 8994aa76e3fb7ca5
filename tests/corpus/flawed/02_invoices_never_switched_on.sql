-- The policies were written and reviewed, ENABLE ROW LEVEL SECURITY was forgotten: they do nothing, and every caller reads all
-- invoices. (splinter 0007, pgrls SEC032.)
-- finds: policies_without_rls table billing.invoices
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    number text NOT NULL,
    total_cents bigint NOT NULL,
    issued_on date NOT NULL DEFAULT current_date,
    UNIQUE (tenant_id, number)
);
CREATE POLICY invoices_read ON billing.invoices FOR SELECT TO authenticated
    USING (tenant_id = auth.tenant_uuid());
CREATE POLICY invoices_write ON billing.invoices FOR INSERT TO authenticated
    WITH CHECK (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT ON billing.invoices TO authenticated;

INSERT INTO billing.invoices (tenant_id, number, total_cents) VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-001', 12000),
    ('22222222-2222-2222-2222-222222222222', '2026-001', 990000);

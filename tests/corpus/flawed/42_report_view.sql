-- A view of open invoices for the REST gateway. It reads with the rights of its owner, whom row security without FORCE does not bind:
-- callers see the open invoices of every tenant. (splinter 0010; "SECURITY DEFINER view".)
-- finds: owner_rights_view view billing.open_invoices
-- finds: rls_not_forced table billing.invoices
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.invoices (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL,
    total numeric(12, 2) NOT NULL,
    paid boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, number)
);
INSERT INTO billing.invoices VALUES ('11111111-1111-1111-1111-111111111111', 1, 10), ('22222222-2222-2222-2222-222222222222', 1, 20);
ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON billing.invoices TO authenticated
    USING (tenant_id = auth.tenant_uuid()) WITH CHECK (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT, UPDATE ON billing.invoices TO authenticated;

CREATE VIEW billing.open_invoices AS SELECT tenant_id, number, total FROM billing.invoices WHERE NOT paid;
GRANT SELECT ON billing.open_invoices TO authenticated;

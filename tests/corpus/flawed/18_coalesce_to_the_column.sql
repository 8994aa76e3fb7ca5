-- COALESCE(caller's tenant, the row's own) makes the comparison true for each row where the caller has no tenant: whoever has just
-- signed up and belongs to none sees all contracts.
-- finds: inverted_check policy tenant_match on legal.contracts
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA legal;
GRANT USAGE ON SCHEMA legal TO authenticated;
CREATE TABLE legal.contracts (
    tenant_id text NOT NULL,
    number text NOT NULL,
    counterparty text NOT NULL,
    signed_on date,
    PRIMARY KEY (tenant_id, number)
);
INSERT INTO legal.contracts VALUES ('org_alpha', '1', 'Gamma Ltd', '2026-01-01'), ('org_beta', '1', 'Delta Ltd', '2026-02-01');
ALTER TABLE legal.contracts ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal.contracts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_match ON legal.contracts TO authenticated
    USING (COALESCE(auth.tenant_id(), tenant_id) = tenant_id);
GRANT SELECT ON legal.contracts TO authenticated;

-- An UPDATE policy that says which rows may be changed and lets them become anything: WITH CHECK (true). A caller gives an invoice of
-- theirs another tenant, who then finds it among the payables. (pgrls SEC006; a forgotten WITH CHECK would have been right.)
-- finds: write_check_missing policy change_own on billing.payables
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.payables (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    payee_iban text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    approved boolean NOT NULL DEFAULT false
);
CREATE INDEX ON billing.payables (tenant_id);
INSERT INTO billing.payables (tenant_id, payee_iban, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', 'DE02 1203', 10), ('22222222-2222-2222-2222-222222222222', 'FR14 2004', 20);

ALTER TABLE billing.payables ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing.payables FORCE ROW LEVEL SECURITY;
CREATE POLICY read_own ON billing.payables FOR SELECT TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY change_own ON billing.payables FOR UPDATE TO authenticated
    USING (tenant_id = auth.tenant_uuid()) WITH CHECK (true);
GRANT SELECT, UPDATE ON billing.payables TO authenticated;

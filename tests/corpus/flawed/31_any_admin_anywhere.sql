-- "Admins see everything of the tenant" lost its conditions in a refactoring: the sub-select asks whether there is any admin at all. The
-- caller's tenant has one, so each of its members reads the expenses of all tenants. (pgrls SEC036.)
-- finds: policy_exists_unbound policy admins on finance.expenses
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA finance;
GRANT USAGE ON SCHEMA finance TO authenticated;
CREATE TABLE finance.staff (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE TABLE finance.expenses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    amount numeric(10, 2) NOT NULL
);
CREATE INDEX ON finance.expenses (tenant_id, user_id);
INSERT INTO finance.staff VALUES ('11111111-1111-1111-1111-111111111111', 'ann', 'admin'), ('22222222-2222-2222-2222-222222222222', 'bob', 'clerk');
INSERT INTO finance.expenses (tenant_id, user_id, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 12), ('22222222-2222-2222-2222-222222222222', 'bob', 34);
ALTER TABLE finance.staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE finance.staff FORCE ROW LEVEL SECURITY;
ALTER TABLE finance.expenses ENABLE ROW LEVEL SECURITY;
ALTER TABLE finance.expenses FORCE ROW LEVEL SECURITY;
CREATE POLICY colleagues ON finance.staff FOR SELECT TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY own ON finance.expenses TO authenticated USING (tenant_id = auth.tenant_uuid() AND user_id = auth.user_id());
CREATE POLICY admins ON finance.expenses FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM finance.staff s WHERE s.role = 'admin'));
GRANT SELECT ON finance.staff TO authenticated;
GRANT SELECT, INSERT ON finance.expenses TO authenticated;

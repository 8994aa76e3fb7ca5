-- The policy looks for a business role in the claim that names the database role: auth.role() = 'admin' is never true with this
-- gateway, and where a provider's template puts a user's own role there, it is whatever that says, in every tenant at once.
-- finds: role_claim_as_right policy admins_erase on hr.salaries
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA hr;
GRANT USAGE ON SCHEMA hr TO authenticated;
CREATE TABLE hr.salaries (
    tenant_id uuid NOT NULL,
    employee_id uuid NOT NULL,
    valid_from date NOT NULL,
    gross numeric(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, employee_id, valid_from)
);
ALTER TABLE hr.salaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE hr.salaries FORCE ROW LEVEL SECURITY;
CREATE POLICY read_own ON hr.salaries FOR SELECT TO authenticated
    USING (tenant_id = auth.tenant_uuid() AND auth.has_role('admin', 'hr'));
CREATE POLICY admins_erase ON hr.salaries FOR DELETE TO authenticated
    USING (tenant_id = auth.tenant_uuid() AND (SELECT auth.role()) = 'admin');
GRANT SELECT, DELETE ON hr.salaries TO authenticated;

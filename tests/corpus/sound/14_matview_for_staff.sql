-- A materialized view with the figures of all tenants, in a schema that callers use. They have no right on it: it is for the staff, who see
-- all tenants anyhow.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE finance_staff NOLOGIN;
SELECT tenancy.configure('staff_roles', 'finance_staff');

CREATE SCHEMA stats;
GRANT USAGE ON SCHEMA stats TO authenticated, finance_staff;
CREATE TABLE stats.sales (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    amount numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO stats.sales (tenant_id, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', 10), ('22222222-2222-2222-2222-222222222222', 99000);
CREATE MATERIALIZED VIEW stats.revenue AS SELECT tenant_id, sum(amount) AS revenue FROM stats.sales GROUP BY 1;
CREATE UNIQUE INDEX ON stats.revenue (tenant_id);
SELECT tenancy.protect('stats.sales');
GRANT SELECT ON stats.revenue TO finance_staff;

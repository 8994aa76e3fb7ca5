-- A materialized view for the dashboard holds the rows of all tenants, as its owner saw them at the last REFRESH; row security cannot be
-- put on it, and callers may read it. (splinter 0016, pgrls SEC054.)
-- finds: materialized_view materialized view stats.monthly_revenue
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA stats;
GRANT USAGE ON SCHEMA stats TO authenticated;
CREATE TABLE stats.sales (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    sold_on date NOT NULL,
    amount numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO stats.sales (tenant_id, sold_on, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-11-01', 10), ('22222222-2222-2222-2222-222222222222', '2026-11-02', 99000);
CREATE MATERIALIZED VIEW stats.monthly_revenue AS
    SELECT tenant_id, date_trunc('month', sold_on)::date AS month, sum(amount) AS revenue FROM stats.sales GROUP BY 1, 2;
CREATE UNIQUE INDEX ON stats.monthly_revenue (tenant_id, month);
SELECT tenancy.protect('stats.sales', force => false);
GRANT SELECT ON stats.monthly_revenue TO authenticated;

-- Two constants that were put in for a sales demo and stayed: every customer sees what lies in the demo tenant, where a salesman has
-- since copied a real pipeline. (pgrls SEC021.)
-- finds: literal_tenant policy own_or_demo on sales.deals
-- finds: literal_tenant policy own_or_demo on sales.forecasts
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA sales;
GRANT USAGE ON SCHEMA sales TO authenticated;
CREATE TABLE sales.deals (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE sales.forecasts (
    tenant_id bigint NOT NULL,
    month date NOT NULL,
    amount numeric(14, 2) NOT NULL,
    PRIMARY KEY (tenant_id, month)
);
INSERT INTO sales.deals (tenant_id, title) VALUES (1, 'demo deal'), (7, 'Alpha'), (8, 'Beta');
INSERT INTO sales.forecasts VALUES (1, '2026-12-01', 1000000), (8, '2026-12-01', 5);
ALTER TABLE sales.deals ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.deals FORCE ROW LEVEL SECURITY;
ALTER TABLE sales.forecasts ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.forecasts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_or_demo ON sales.deals FOR SELECT TO authenticated USING (tenant_id = auth.tenant_bigint() OR tenant_id = 1);
CREATE POLICY own_or_demo ON sales.forecasts FOR SELECT TO authenticated USING (tenant_id IN (1, 2) OR tenant_id = auth.tenant_bigint());
GRANT SELECT ON sales.deals, sales.forecasts TO authenticated;

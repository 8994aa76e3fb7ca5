-- One tenant has nine tenths of the rows, and the policy wraps the reader in (SELECT ...): the planner then takes every tenant for an
-- average one and walks the index for the big one. Bare, a native reader is estimated right, and is as cheap.
-- native only: wrapped_call_skewed
-- finds: wrapped_call_skewed policy own on shop.order_lines
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO authenticated;
CREATE TABLE shop.order_lines (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO shop.order_lines
    SELECT CASE WHEN i % 10 = 0 THEN 2 + i % 300 ELSE 1 END, i, 'sku ' || i % 100, 1 FROM generate_series(1, 5000) i;
ANALYZE shop.order_lines;
ALTER TABLE shop.order_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.order_lines TO authenticated
    USING (tenant_id = (SELECT auth.tenant_bigint())) WITH CHECK (tenant_id = (SELECT auth.tenant_bigint()));
GRANT SELECT, INSERT ON shop.order_lines TO authenticated;

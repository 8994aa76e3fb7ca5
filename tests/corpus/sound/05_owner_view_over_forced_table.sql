-- A plain view, owned by the owner of the table. FORCE binds that owner, so it reads with the policies like everybody: the caller's rows.
-- (The policies are TO PUBLIC for that; on the table itself callers have no right.)
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA stock;
GRANT USAGE ON SCHEMA stock TO authenticated;
CREATE TABLE stock.items (
    tenant_id bigint NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    cost numeric(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, sku)
);
INSERT INTO stock.items VALUES (1, 'bolt', 5, 0.1), (2, 'bolt', 900, 0.2);
ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock.items FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON stock.items USING (tenant_id = auth.tenant_bigint());
CREATE POLICY floor ON stock.items AS RESTRICTIVE USING (tenant_id = auth.tenant_bigint());
CREATE VIEW stock.levels AS SELECT tenant_id, sku, quantity FROM stock.items;
GRANT SELECT ON stock.levels TO authenticated;

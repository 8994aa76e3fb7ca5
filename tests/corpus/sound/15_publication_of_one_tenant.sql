-- Publications carry tenant tables: one with a row filter for the tenant that has a replica of its own, the other tables that have no
-- tenants.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA trade;
GRANT USAGE ON SCHEMA trade TO authenticated;
CREATE TABLE trade.products (sku text PRIMARY KEY, name text NOT NULL);
CREATE TABLE trade.orders (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    sku text NOT NULL REFERENCES trade.products,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON trade.orders (sku);
INSERT INTO trade.products VALUES ('bolt', 'Bolt');
INSERT INTO trade.orders VALUES (1, 1, 'bolt'), (2, 1, 'bolt');
SELECT tenancy.protect('trade.orders');
GRANT SELECT ON trade.products TO authenticated;
CREATE PUBLICATION replica_of_tenant_7 FOR TABLE trade.orders WHERE (tenant_id = 7);
CREATE PUBLICATION catalogue FOR TABLE trade.products;

-- A shop on a stock database with roles of its own: the app logs in as the owner of the tables, whom row security without FORCE
-- does not bind. All its careful policies are never asked, and a forgotten WHERE shows every merchant's orders.
-- finds: rls_not_forced table shop.orders
-- finds: rls_not_forced table shop.customers
CREATE ROLE shop_app LOGIN;
CREATE SCHEMA shop AUTHORIZATION shop_app;
SET ROLE shop_app;

CREATE TABLE shop.customers (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE shop.orders (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    total numeric(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES shop.customers (tenant_id, id)
);
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY merchant ON shop.customers
    USING (tenant_id = (SELECT NULLIF(current_setting('shop.merchant', true), '')::bigint));
CREATE POLICY merchant ON shop.orders
    USING (tenant_id = (SELECT NULLIF(current_setting('shop.merchant', true), '')::bigint));

INSERT INTO shop.customers VALUES (1, 1, 'ann@alpha.example'), (2, 1, 'bob@beta.example');
INSERT INTO shop.orders VALUES (1, 1, 1, 20.00), (2, 1, 1, 75.50);

-- Ids repeat from tenant to tenant, e-mail addresses are unique, and foreign keys cascade: the tenant is part of each key, so none of them
-- reaches into another tenant or tells of it.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO authenticated;
CREATE TABLE shop.customers (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);
CREATE TABLE shop.orders (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    number text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES shop.customers (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON shop.orders (tenant_id, customer_id);
CREATE TABLE shop.order_lines (
    tenant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    line smallint NOT NULL,
    sku text NOT NULL,
    PRIMARY KEY (tenant_id, order_id, line),
    FOREIGN KEY (tenant_id, order_id) REFERENCES shop.orders (tenant_id, id) ON DELETE CASCADE
);
INSERT INTO shop.customers VALUES (1, 1, 'ida@example.com'), (2, 1, 'ida@example.com');
INSERT INTO shop.orders VALUES (1, 1, 1, 'A-1'), (2, 1, 1, 'A-1');
INSERT INTO shop.order_lines VALUES (1, 1, 1, 'bolt'), (2, 1, 1, 'nut');
SELECT target FROM tenancy.protect_schema('shop');

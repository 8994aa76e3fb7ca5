-- Orders of the other region are a foreign table. The remote side is asked as one user whatever the caller, and row security cannot be put
-- on a foreign table: callers read the orders of every tenant over there. (splinter 0017, pgrls SEC053.)
-- finds: foreign_table foreign table region.orders_us
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
CREATE FOREIGN DATA WRAPPER region_fdw; -- stands for postgres_fdw, which not every server has
CREATE SERVER us_east FOREIGN DATA WRAPPER region_fdw;
GRANT USAGE ON FOREIGN SERVER us_east TO owner;
SET ROLE owner;

CREATE SCHEMA region;
GRANT USAGE ON SCHEMA region TO authenticated;
CREATE TABLE region.orders_eu (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    total numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO region.orders_eu (tenant_id, total) VALUES
    ('11111111-1111-1111-1111-111111111111', 10), ('22222222-2222-2222-2222-222222222222', 20);
SELECT tenancy.protect('region.orders_eu');
CREATE FOREIGN TABLE region.orders_us (tenant_id uuid NOT NULL, id uuid NOT NULL, total numeric(12, 2) NOT NULL) SERVER us_east;
GRANT SELECT ON region.orders_us TO authenticated;

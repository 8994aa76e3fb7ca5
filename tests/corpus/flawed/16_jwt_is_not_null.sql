-- "Signed in" is taken to be auth.jwt() IS NOT NULL. The gateway sets claims for visitors too ({"role": "anonymous"}), so they pass,
-- and since no column of the row is asked they read the price lists of all tenants.
-- finds: signed_in_by_jwt policy signed_in on sales.price_lists
-- finds: policy_without_own_column policy signed_in on sales.price_lists
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA sales;
GRANT USAGE ON SCHEMA sales TO authenticated, anonymous;
CREATE TABLE sales.price_lists (
    tenant_id uuid NOT NULL,
    sku text NOT NULL,
    price numeric(10, 2) NOT NULL,
    discount numeric(4, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, sku)
);
INSERT INTO sales.price_lists VALUES
    ('11111111-1111-1111-1111-111111111111', 'bolt', 0.10, 0.05), ('22222222-2222-2222-2222-222222222222', 'bolt', 0.12, 0.40);
ALTER TABLE sales.price_lists ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.price_lists FORCE ROW LEVEL SECURITY;
CREATE POLICY signed_in ON sales.price_lists FOR SELECT TO anonymous, authenticated
    USING (auth.jwt() IS NOT NULL);
CREATE POLICY change ON sales.price_lists FOR UPDATE TO authenticated USING (tenant_id = auth.tenant_uuid());
GRANT SELECT ON sales.price_lists TO anonymous, authenticated;
GRANT UPDATE (price, discount) ON sales.price_lists TO authenticated;

-- A migration switched row security off for a back-fill and failed half-way before it was switched on again. The policies of
-- protect() are all there and none is asked: callers see the orders of every tenant.
-- finds: protection_drifted table app.orders
-- finds: policies_without_rls table app.orders
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    reference text NOT NULL,
    net numeric(12, 2) NOT NULL,
    gross numeric(12, 2)
);
INSERT INTO app.orders (tenant_id, reference, net) VALUES (1, 'A-1', 100), (2, 'B-1', 7000);
SELECT tenancy.protect('app.orders');

-- 0042_gross.sql
ALTER TABLE app.orders DISABLE ROW LEVEL SECURITY;
UPDATE app.orders SET gross = net * 1.25;

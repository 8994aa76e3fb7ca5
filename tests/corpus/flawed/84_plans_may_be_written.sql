-- The price list has no tenants and is for everybody to read; a GRANT on all tables of the schema lets everybody write it too, and a caller
-- sets the price of the plan they are about to buy to zero.
-- finds: rls_disabled table catalog.plans
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO anonymous, authenticated;
CREATE TABLE catalog.plans (
    id text PRIMARY KEY,
    name text NOT NULL,
    cents_per_month integer NOT NULL CHECK (cents_per_month >= 0)
);
CREATE TABLE catalog.subscriptions (
    tenant_id uuid PRIMARY KEY,
    plan_id text NOT NULL REFERENCES catalog.plans,
    since date NOT NULL DEFAULT current_date
);
CREATE INDEX ON catalog.subscriptions (plan_id);
INSERT INTO catalog.plans VALUES ('free', 'Free', 0), ('pro', 'Pro', 4900);
INSERT INTO catalog.subscriptions VALUES ('11111111-1111-1111-1111-111111111111', 'free'), ('22222222-2222-2222-2222-222222222222', 'pro');
SELECT tenancy.protect('catalog.subscriptions', write => '{}', remove => '{}');
GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO anonymous;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA catalog TO authenticated;

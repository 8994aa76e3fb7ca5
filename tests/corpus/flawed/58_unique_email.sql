-- E-mail addresses and slugs are unique over all tenants: a caller who tries to insert one learns from the error whether somebody else's
-- customer has it, and ON CONFLICT DO UPDATE runs into another tenant's row. (pgrls SEC035.)
-- finds: unique_without_tenant constraint customers_email_key on shop.customers
-- finds: unique_without_tenant index shop.customers_loyalty_card
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO authenticated;
CREATE TABLE shop.customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    email text NOT NULL UNIQUE,
    loyalty_card text
);
CREATE UNIQUE INDEX customers_loyalty_card ON shop.customers (loyalty_card) WHERE loyalty_card IS NOT NULL;
INSERT INTO shop.customers (tenant_id, email, loyalty_card) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ida@example.com', '0001'), ('22222222-2222-2222-2222-222222222222', 'omar@example.com', '0002');
SELECT tenancy.protect('shop.customers');

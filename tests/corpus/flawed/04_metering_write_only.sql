-- A metering table that callers may only INSERT into, without row security: whoever is signed in books usage on another tenant's
-- bill. Linters that ask for SELECT alone say nothing. (splinter 0013 overlooks write-only grants.)
-- finds: rls_disabled table metering.usage_events
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA metering;
GRANT USAGE ON SCHEMA metering TO authenticated;
CREATE TABLE metering.usage_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    meter text NOT NULL CHECK (meter IN ('requests', 'gigabytes', 'seats')),
    quantity bigint NOT NULL CHECK (quantity > 0),
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON metering.usage_events (tenant_id, at);
GRANT INSERT ON metering.usage_events TO authenticated;

CREATE TABLE metering.prices (meter text PRIMARY KEY, cents numeric(8, 4) NOT NULL);
GRANT SELECT ON metering.prices TO authenticated;

INSERT INTO metering.prices VALUES ('requests', 0.01), ('gigabytes', 9), ('seats', 1200);
INSERT INTO metering.usage_events (tenant_id, meter, quantity) VALUES ('org_alpha', 'seats', 3), ('org_beta', 'seats', 40);

-- An event log that grew: no primary key, the same index twice, none that leads with the tenant, and a foreign key that no index serves.
-- Every request reads all tenants' events to find its own. (splinter 0001, 0004, 0009.)
-- finds: tenant_column_unindexed column telemetry.events.tenant_id
-- finds: no_primary_key table telemetry.events
-- finds: duplicate_index index telemetry.events_at_again
-- finds: foreign_key_unindexed constraint events_device_id_fkey on telemetry.events
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA telemetry;
GRANT USAGE ON SCHEMA telemetry TO authenticated;
CREATE TABLE telemetry.devices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    model text NOT NULL
);
CREATE TABLE telemetry.events (
    at timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL,
    device_id uuid NOT NULL REFERENCES telemetry.devices,
    kind text NOT NULL
);
CREATE INDEX events_at ON telemetry.events (at, tenant_id);
CREATE INDEX events_at_again ON telemetry.events (at, tenant_id);
CREATE INDEX events_open ON telemetry.events (tenant_id) WHERE kind = 'alarm';
ALTER TABLE telemetry.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE telemetry.events FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON telemetry.events TO authenticated
    USING (tenant_id = auth.tenant_uuid()) WITH CHECK (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT ON telemetry.events TO authenticated;

-- An event log was protected with its partitions; the one that the monthly job made later was not, and the deployment's GRANT on all
-- tables reached it. Asked by name, it shows all tenants' events of the new month and takes forged ones.
-- finds: child_unprotected table events.log_2026_12
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA events;
GRANT USAGE ON SCHEMA events TO authenticated;
CREATE TABLE events.log (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE events.log_2026_11 PARTITION OF events.log FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
SELECT tenancy.protect('events.log');

-- The job of the first of the month, and the deployment after it
CREATE TABLE events.log_2026_12 PARTITION OF events.log FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');
INSERT INTO events.log_2026_12 (tenant_id, at, kind) VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-12-02', 'order.paid'),
    ('22222222-2222-2222-2222-222222222222', '2026-12-02', 'order.refunded');
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA events TO authenticated;

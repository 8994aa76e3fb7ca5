-- An event log whose partitions have names that callers could ask for: they were protected with their parent, one that came later was
-- attached and protected again, and a detached one is granted to nobody.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA events;
GRANT USAGE ON SCHEMA events TO authenticated;
CREATE TABLE events.log (
    tenant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE events.log_2026_10 PARTITION OF events.log FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE events.log_2026_11 PARTITION OF events.log FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
INSERT INTO events.log (tenant_id, at, kind) VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-10-05', 'a'), ('22222222-2222-2222-2222-222222222222', '2026-11-05', 'b');
SELECT tenancy.protect('events.log', write => '{}', remove => '{}');
CREATE TABLE events.log_2026_12 PARTITION OF events.log FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');
SELECT tenancy.protect('events.log', write => '{}', remove => '{}');
GRANT SELECT ON ALL TABLES IN SCHEMA events TO authenticated;
ALTER TABLE events.log DETACH PARTITION events.log_2026_10;
REVOKE ALL ON events.log_2026_10 FROM authenticated;

-- A helper of one's own reads the tenant from the claims, bare in the policies: it parses the whole document again for each row.
-- (splinter 0003, which knows the names of Supabase's functions only.)
-- finds: unwrapped_call policy own on api.readings
-- finds: unwrapped_call policy own on api.sensors
CREATE ROLE sensor_api LOGIN;
SET ROLE owner;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO sensor_api;
CREATE FUNCTION api.current_org() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'org_id';
END $$;
CREATE TABLE api.sensors (
    tenant_id text NOT NULL,
    serial text NOT NULL,
    PRIMARY KEY (tenant_id, serial)
);
CREATE TABLE api.readings (
    tenant_id text NOT NULL,
    serial text NOT NULL,
    at timestamptz NOT NULL,
    value real NOT NULL,
    PRIMARY KEY (tenant_id, serial, at),
    FOREIGN KEY (tenant_id, serial) REFERENCES api.sensors (tenant_id, serial)
);
INSERT INTO api.sensors VALUES ('org_a', 's1'), ('org_b', 's1');
INSERT INTO api.readings SELECT t, 's1', '2026-11-01'::timestamptz + i * interval '1 min', i FROM generate_series(1, 99) i, (VALUES ('org_a'), ('org_b')) v (t);
ALTER TABLE api.sensors ENABLE ROW LEVEL SECURITY;
ALTER TABLE api.sensors FORCE ROW LEVEL SECURITY;
ALTER TABLE api.readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE api.readings FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON api.sensors TO sensor_api USING (tenant_id = api.current_org());
CREATE POLICY own ON api.readings TO sensor_api USING (tenant_id = (current_setting('request.jwt.claims', true)::jsonb ->> 'org_id'));
GRANT SELECT, INSERT ON api.sensors, api.readings TO sensor_api;

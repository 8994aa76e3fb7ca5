-- The view that callers may read is one step away from the tables: it reads another view, made by a superuser's migration, and that one
-- reads with the superuser's rights. Nobody was granted the inner one, so nobody looked at it.
-- finds: owner_rights_view view fleet.positions
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA fleet;
GRANT USAGE ON SCHEMA fleet TO authenticated;
CREATE TABLE fleet.vehicles (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    plate text NOT NULL,
    latitude double precision,
    longitude double precision
);
INSERT INTO fleet.vehicles (tenant_id, plate, latitude, longitude) VALUES (1, 'AA 111', 55.6, 12.5), (2, 'BB 222', 30.0, 31.2);
SELECT tenancy.protect('fleet.vehicles');

RESET ROLE;
CREATE VIEW fleet.positions AS SELECT id, plate, latitude, longitude FROM fleet.vehicles WHERE latitude IS NOT NULL;
GRANT SELECT ON fleet.positions TO owner;
SET ROLE owner;
CREATE VIEW fleet.live_map AS SELECT plate, round(latitude::numeric, 1) AS lat, round(longitude::numeric, 1) AS lng FROM fleet.positions;
GRANT SELECT ON fleet.live_map TO authenticated;

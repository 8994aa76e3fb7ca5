-- The tables are granted to PUBLIC, so each login of the server, the monitoring and the wiki's too, is a caller; the policy is TO PUBLIC
-- and goes by a setting that any of them sets.
-- finds: grant_to_public table hotel.bookings
-- finds: policy_to_public policy own on hotel.bookings
-- finds: policy_by_setting policy own on hotel.bookings
CREATE ROLE monitoring LOGIN;
CREATE ROLE hotel_web LOGIN;
SET ROLE owner;

CREATE SCHEMA hotel;
GRANT USAGE ON SCHEMA hotel TO PUBLIC;
CREATE TABLE hotel.bookings (
    tenant_id text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    guest text NOT NULL,
    room text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO hotel.bookings (tenant_id, guest, room) VALUES ('ritz', 'Ida', '12'), ('savoy', 'Omar', '7');
ALTER TABLE hotel.bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE hotel.bookings FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON hotel.bookings USING (tenant_id = (SELECT current_setting('hotel.tenant', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON hotel.bookings TO PUBLIC;

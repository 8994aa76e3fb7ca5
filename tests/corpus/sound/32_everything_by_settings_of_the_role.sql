-- The app's login has settings of its own, a schema's default privileges were changed, and somebody made roles with SET: timeouts, a
-- search_path, row_security = on, and rights for the owner's own group. None says who is calling.
SET ROLE owner;
SELECT tenancy.bootstrap_roles();
CREATE ROLE tuned_web LOGIN NOINHERIT;
GRANT authenticated, anonymous TO tuned_web;
ALTER ROLE tuned_web SET statement_timeout = '30s';
ALTER ROLE tuned_web SET search_path = api, pg_catalog;
ALTER ROLE tuned_web SET row_security = on;
ALTER ROLE tuned_web SET application_name = 'claims of request.jwt';
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO authenticated;
CREATE TABLE api.rooms (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL
);
INSERT INTO api.rooms (tenant_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'lobby'), ('22222222-2222-2222-2222-222222222222', 'board room');
SELECT tenancy.protect('api.rooms');

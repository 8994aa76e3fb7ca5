-- The gateway's login may SET ROLE to the service role, which has BYPASSRLS, as Supabase's authenticator may: one injected statement,
-- or a key with the wrong role claim, and it is no longer a caller. (Post-mortems of leaked service_role keys.)
-- finds: login_not_bound role gateway_login
RESET ROLE;
CREATE ROLE service_account NOLOGIN BYPASSRLS;
CREATE ROLE gateway_login LOGIN NOINHERIT;
GRANT service_account TO gateway_login;
SET ROLE owner;
SELECT tenancy.bootstrap_roles();
GRANT authenticated, anonymous TO gateway_login;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO authenticated, service_account;
CREATE TABLE api.contacts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    phone text
);
INSERT INTO api.contacts (tenant_id, name) VALUES ('org_alpha', 'Ida'), ('org_beta', 'Omar');
SELECT tenancy.protect('api.contacts');
GRANT SELECT, INSERT, UPDATE, DELETE ON api.contacts TO service_account;

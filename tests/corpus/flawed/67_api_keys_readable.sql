-- A table of integrations without tenants of its own, and so without row security, holds what opens other systems: callers may read its
-- secrets. (splinter 0023, pgrls SEC045.)
-- finds: sensitive_columns column hooks.integrations.api_key
-- finds: sensitive_columns column hooks.integrations.secret
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA hooks;
GRANT USAGE ON SCHEMA hooks TO authenticated;
CREATE TABLE hooks.integrations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    endpoint text NOT NULL,
    api_key text NOT NULL,
    secret text
);
CREATE TABLE hooks.endpoints (
    tenant_id uuid NOT NULL,
    integration_id bigint NOT NULL REFERENCES hooks.integrations,
    enabled boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, integration_id)
);
CREATE INDEX ON hooks.endpoints (integration_id);
INSERT INTO hooks.integrations (name, endpoint, api_key) VALUES ('mailer', 'https://mail.example', 'sk_1'), ('sms', 'https://sms.example', 'sk_2');
INSERT INTO hooks.endpoints VALUES ('11111111-1111-1111-1111-111111111111', 1), ('22222222-2222-2222-2222-222222222222', 2);
SELECT tenancy.protect('hooks.endpoints');
GRANT SELECT ON hooks.integrations TO authenticated;

-- Upgraded from an old server, schema public still lets everybody create in it, and the app schema was granted ALL: injected SQL leaves a
-- function or table there that is found before the real one by the next caller, or by the owner's migration. (CVE-2018-1058.)
-- finds: schema_create schema public
-- finds: schema_create schema portal
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
GRANT CREATE ON SCHEMA public TO PUBLIC;

CREATE SCHEMA portal;
GRANT ALL ON SCHEMA portal TO authenticated;
CREATE TABLE portal.requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO portal.requests (tenant_id, kind) VALUES
    ('11111111-1111-1111-1111-111111111111', 'access'), ('22222222-2222-2222-2222-222222222222', 'erasure');
SELECT tenancy.protect('portal.requests');

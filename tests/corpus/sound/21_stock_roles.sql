-- A stock database without authenticated or anonymous, whose roles have names of their own, and whose policies go by claims that a trusted
-- back end sets: NULLIF and missing_ok are where they belong, and the readers are wrapped.
CREATE ROLE saas_web NOLOGIN;
CREATE ROLE saas_web_login LOGIN NOINHERIT;
GRANT saas_web TO saas_web_login;
SET ROLE owner;

CREATE SCHEMA saas;
GRANT USAGE ON SCHEMA saas TO saas_web;
CREATE TABLE saas.workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE saas.boards (
    tenant_id uuid NOT NULL REFERENCES saas.workspaces,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO saas.workspaces VALUES ('11111111-1111-1111-1111-111111111111', 'Alpha'), ('22222222-2222-2222-2222-222222222222', 'Beta');
INSERT INTO saas.boards (tenant_id, title) SELECT id, 'board of ' || name FROM saas.workspaces;
ALTER TABLE saas.workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE saas.workspaces FORCE ROW LEVEL SECURITY;
ALTER TABLE saas.boards ENABLE ROW LEVEL SECURITY;
ALTER TABLE saas.boards FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON saas.workspaces FOR SELECT TO saas_web
    USING (id = (SELECT (NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id')::uuid));
CREATE POLICY mine ON saas.boards TO saas_web
    USING (tenant_id = (SELECT (NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id')::uuid));
CREATE POLICY floor ON saas.boards AS RESTRICTIVE
    USING (tenant_id = (SELECT (NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id')::uuid));
GRANT SELECT ON saas.workspaces TO saas_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON saas.boards TO saas_web;

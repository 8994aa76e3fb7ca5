-- Policies are right, but a deployment ends with GRANT ALL: row security is not asked for TRUNCATE, so any tenant empties the table
-- for everybody, and REFERENCES and TRIGGER let callers build on it. (Postgres manual: 5.9 Row Security Policies.)
-- finds: excess_grants table docs.documents
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA docs;
GRANT USAGE ON SCHEMA docs TO authenticated;
CREATE TABLE docs.documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT auth.tenant_uuid(),
    title text NOT NULL,
    body text NOT NULL DEFAULT ''
);
CREATE INDEX ON docs.documents (tenant_id);
INSERT INTO docs.documents (tenant_id, title) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Plan of Alpha'), ('22222222-2222-2222-2222-222222222222', 'Plan of Beta');

ALTER TABLE docs.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE docs.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY members ON docs.documents TO authenticated
    USING (tenant_id = auth.tenant_uuid()) WITH CHECK (tenant_id = auth.tenant_uuid());
CREATE POLICY tenant_floor ON docs.documents AS RESTRICTIVE TO PUBLIC USING (tenant_id = auth.tenant_uuid());

-- deploy.sh, the last line
GRANT ALL ON ALL TABLES IN SCHEMA docs TO authenticated;

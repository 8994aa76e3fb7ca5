-- Drafts are scoped by their author alone, and the table has a tenant column: a consultant who works for two tenants sees the drafts of
-- one while in the other, and writes rows into tenants she has left. (pgrls SEC027.)
-- finds: unscoped_owner_column policy author on docs.drafts
-- finds: no_restrictive_floor table docs.drafts
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA docs;
GRANT USAGE ON SCHEMA docs TO authenticated;
CREATE TABLE docs.drafts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id text NOT NULL DEFAULT auth.user_id(),
    body text NOT NULL
);
CREATE INDEX ON docs.drafts (user_id);
CREATE INDEX ON docs.drafts (tenant_id);
INSERT INTO docs.drafts (tenant_id, user_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'eva', 'advice to Alpha: buy Beta'),
    ('22222222-2222-2222-2222-222222222222', 'eva', 'advice to Beta: sell');
ALTER TABLE docs.drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE docs.drafts FORCE ROW LEVEL SECURITY;
CREATE POLICY author ON docs.drafts TO authenticated USING (user_id = auth.user_id());
GRANT SELECT, INSERT, UPDATE, DELETE ON docs.drafts TO authenticated;

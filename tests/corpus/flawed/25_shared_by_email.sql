-- Files are shared with an e-mail address. Addresses change hands and many providers put them into the token before they are verified:
-- whoever signs up with a colleague's former address reads what was shared with them. (pgrls SEC034.)
-- finds: email_as_identity policy shared_with_me on files.shares
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA files;
GRANT USAGE ON SCHEMA files TO authenticated;
CREATE TABLE files.shares (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    file_name text NOT NULL,
    shared_with text NOT NULL,
    expires_at timestamptz
);
CREATE INDEX ON files.shares (tenant_id);
CREATE INDEX ON files.shares (shared_with);
INSERT INTO files.shares (tenant_id, file_name, shared_with) VALUES
    ('11111111-1111-1111-1111-111111111111', 'budget.xlsx', 'cfo@beta.example'),
    ('22222222-2222-2222-2222-222222222222', 'salaries.xlsx', 'ann@alpha.example');
ALTER TABLE files.shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE files.shares FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON files.shares TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY shared_with_me ON files.shares FOR SELECT TO authenticated USING (shared_with = (SELECT auth.email()));
GRANT SELECT, INSERT, UPDATE, DELETE ON files.shares TO authenticated;

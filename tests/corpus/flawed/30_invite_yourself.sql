-- Documents ask the table of members who may read them, and that table has no row security while callers may insert into it, to accept
-- invitations: anybody makes themself a member of any tenant. (pgrls SEC025.)
-- finds: policy_reads_unprotected policy members_only on app.documents
-- finds: rls_disabled table app.members
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.members (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL DEFAULT 'member',
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX ON app.members (user_id);
CREATE TABLE app.documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    body text NOT NULL
);
CREATE INDEX ON app.documents (tenant_id);
INSERT INTO app.members VALUES ('11111111-1111-1111-1111-111111111111', 'ann', 'owner'), ('22222222-2222-2222-2222-222222222222', 'bob', 'owner');
INSERT INTO app.documents (tenant_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'of Alpha'), ('22222222-2222-2222-2222-222222222222', 'of Beta');
ALTER TABLE app.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY members_only ON app.documents TO authenticated
    USING (tenant_id = ANY (ARRAY(SELECT m.tenant_id FROM app.members m WHERE m.user_id = (SELECT auth.user_id()))));
GRANT SELECT, INSERT ON app.members TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.documents TO authenticated;

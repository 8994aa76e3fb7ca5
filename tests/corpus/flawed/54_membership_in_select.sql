-- Membership as IN (SELECT ...) and as EXISTS, and an arm for staff that names no column: each is right, and each makes Postgres read
-- the table from end to end for a handful of rows.
-- finds: membership_by_subselect policy members on app.files
-- finds: membership_by_subselect policy members on app.folders
-- finds: or_without_column policy staff_or_own on app.audit_trail
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.members (tenant_id uuid NOT NULL, user_id text NOT NULL, PRIMARY KEY (user_id, tenant_id));
CREATE INDEX ON app.members (tenant_id);
CREATE TABLE app.folders (tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE app.files (tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE app.audit_trail (tenant_id uuid NOT NULL, at timestamptz NOT NULL, what text NOT NULL, PRIMARY KEY (tenant_id, at));
INSERT INTO app.members VALUES ('11111111-1111-1111-1111-111111111111', 'ann'), ('22222222-2222-2222-2222-222222222222', 'bob');
INSERT INTO app.files (tenant_id, name) SELECT tenant_id, 'of ' || user_id FROM app.members;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.members FORCE ROW LEVEL SECURITY;
ALTER TABLE app.folders ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.folders FORCE ROW LEVEL SECURITY;
ALTER TABLE app.files ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.files FORCE ROW LEVEL SECURITY;
ALTER TABLE app.audit_trail ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.audit_trail FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.members FOR SELECT TO authenticated USING (user_id = auth.user_id());
CREATE POLICY members ON app.files TO authenticated
    USING (tenant_id IN (SELECT m.tenant_id FROM app.members m WHERE m.user_id = (SELECT auth.user_id())));
CREATE POLICY members ON app.folders TO authenticated
    USING (EXISTS (SELECT FROM app.members m WHERE m.tenant_id = folders.tenant_id AND m.user_id = (SELECT auth.user_id())));
CREATE POLICY staff_or_own ON app.audit_trail FOR SELECT TO authenticated
    USING ((SELECT auth.claim_text('app_metadata', 'staff')) = 'yes' OR tenant_id = (SELECT auth.tenant_uuid()));
GRANT SELECT ON app.members, app.audit_trail TO authenticated;
GRANT SELECT, INSERT ON app.files, app.folders TO authenticated;

-- Policies ask a table of memberships, which has policies itself. No recursion: memberships are seen by their own user column alone. What
-- is asked is bound to the caller, fetched once as an array, and callers cannot write there.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA team;
GRANT USAGE ON SCHEMA team TO authenticated;
CREATE TABLE team.memberships (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL DEFAULT 'member',
    PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX ON team.memberships (tenant_id);
CREATE TABLE team.documents (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    body text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO team.memberships VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'admin'), ('22222222-2222-2222-2222-222222222222', 'bob', 'admin');
INSERT INTO team.documents (tenant_id, body) SELECT tenant_id, 'of ' || user_id FROM team.memberships;
ALTER TABLE team.memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE team.memberships FORCE ROW LEVEL SECURITY;
ALTER TABLE team.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE team.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON team.memberships FOR SELECT TO authenticated USING (user_id = auth.user_id());
CREATE POLICY members ON team.documents TO authenticated
    USING (tenant_id = ANY (ARRAY(SELECT m.tenant_id FROM team.memberships m WHERE m.user_id = (SELECT auth.user_id()))));
CREATE POLICY admins_only ON team.documents AS RESTRICTIVE FOR DELETE TO authenticated
    USING (EXISTS (SELECT FROM team.memberships m WHERE m.tenant_id = documents.tenant_id AND m.user_id = auth.user_id() AND m.role = 'admin'));
GRANT SELECT ON team.memberships TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON team.documents TO authenticated;

-- A project is seen by whom it is shared with, a share by who owns the project: each table's policy reads the other, and every query
-- fails with infinite recursion. The usual next step is a function with rights of the owner, without thought.
-- finds: policy_recursion policy of_my_projects on work.shares
-- finds: policy_recursion policy owner_or_shared on work.projects
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA work;
GRANT USAGE ON SCHEMA work TO authenticated;
CREATE TABLE work.projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL
);
CREATE INDEX ON work.projects (owner_id);
CREATE TABLE work.shares (
    project_id bigint NOT NULL REFERENCES work.projects,
    grantee uuid NOT NULL,
    PRIMARY KEY (project_id, grantee)
);
ALTER TABLE work.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE work.projects FORCE ROW LEVEL SECURITY;
ALTER TABLE work.shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE work.shares FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_or_shared ON work.projects FOR SELECT TO authenticated
    USING (owner_id = auth.uid() OR EXISTS (SELECT FROM work.shares s WHERE s.project_id = projects.id AND s.grantee = auth.uid()));
CREATE POLICY of_my_projects ON work.shares FOR SELECT TO authenticated
    USING (grantee = auth.uid() OR project_id IN (SELECT p.id FROM work.projects p WHERE p.owner_id = auth.uid()));
GRANT SELECT ON work.projects, work.shares TO authenticated;

-- Somebody read that RESTRICTIVE policies are the safe ones and wrote no others: without a permissive one nobody sees a row. It shows as
-- "the app is empty", and is mended in a hurry with USING (true). (pgrls SEC012.)
-- finds: only_restrictive_policies table wiki.pages
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA wiki;
GRANT USAGE ON SCHEMA wiki TO authenticated;
CREATE TABLE wiki.pages (
    tenant_id text NOT NULL,
    path text NOT NULL,
    body text NOT NULL DEFAULT '',
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, path)
);
INSERT INTO wiki.pages VALUES ('org_alpha', '/home', 'hello'), ('org_beta', '/home', 'hi');
ALTER TABLE wiki.pages ENABLE ROW LEVEL SECURITY;
ALTER TABLE wiki.pages FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON wiki.pages AS RESTRICTIVE TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY living ON wiki.pages AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
GRANT SELECT, INSERT, UPDATE ON wiki.pages TO authenticated;

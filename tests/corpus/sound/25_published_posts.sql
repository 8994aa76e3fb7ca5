-- Visitors who are not signed in read posts of all tenants, and the policy names no caller: those are the published ones, of a blog. The
-- permissive policies of drafts and of writing go by the tenant.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA blog;
GRANT USAGE ON SCHEMA blog TO anonymous, authenticated;
CREATE TABLE blog.posts (
    tenant_id text NOT NULL,
    slug text NOT NULL,
    body text NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, slug)
);
CREATE TABLE blog.themes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text,
    css text NOT NULL
);
INSERT INTO blog.posts VALUES ('org_a', 'hello', 'our first', '2026-01-01'), ('org_b', 'merger', 'not yet', NULL);
INSERT INTO blog.themes (tenant_id, css) VALUES ('org_a', 'body {}');
SELECT tenancy.protect('blog.themes', 'public_read');
ALTER TABLE blog.posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE blog.posts FORCE ROW LEVEL SECURITY;
CREATE POLICY published ON blog.posts FOR SELECT TO anonymous, authenticated USING (published_at IS NOT NULL);
CREATE POLICY drafts ON blog.posts FOR SELECT TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY editors ON blog.posts FOR INSERT TO authenticated WITH CHECK (tenant_id = auth.tenant_id());
CREATE POLICY correct ON blog.posts FOR UPDATE TO authenticated USING (tenant_id = auth.tenant_id());
GRANT SELECT ON blog.posts TO anonymous, authenticated;
GRANT INSERT, UPDATE ON blog.posts TO authenticated;

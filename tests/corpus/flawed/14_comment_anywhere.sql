-- The INSERT policy asks only whether somebody is signed in, not for whom the row is: any user of any tenant plants comments in
-- another tenant's blog. (pgrls SEC028.)
-- finds: write_check_missing policy signed_in_may_comment on blog.comments
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA blog;
GRANT USAGE ON SCHEMA blog TO authenticated, anonymous;
CREATE TABLE blog.comments (
    tenant_id text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    post_slug text NOT NULL,
    user_id text NOT NULL DEFAULT auth.user_id(),
    body text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
ALTER TABLE blog.comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE blog.comments FORCE ROW LEVEL SECURITY;
CREATE POLICY read_own_blog ON blog.comments FOR SELECT TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY signed_in_may_comment ON blog.comments FOR INSERT TO authenticated
    WITH CHECK (auth.user_id() IS NOT NULL);
CREATE POLICY author_may_delete ON blog.comments FOR DELETE TO authenticated
    USING (tenant_id = auth.tenant_id() AND user_id = auth.user_id());
GRANT SELECT, DELETE ON blog.comments TO authenticated;
GRANT INSERT (tenant_id, post_slug, body) ON blog.comments TO authenticated;

-- Policies that ask whether somebody is signed in (auth.role() = 'authenticated', auth.user_id() IS NOT NULL), which on their own would open
-- the table: each is joined by AND to the row's tenant. The IS NULL OR asks for an optional claim, behind the tenant's condition.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA forum;
GRANT USAGE ON SCHEMA forum TO authenticated;
CREATE TABLE forum.threads (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    section text NOT NULL DEFAULT 'general',
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO forum.threads (tenant_id, title) VALUES (1, 'hello'), (2, 'hi');
ALTER TABLE forum.threads ENABLE ROW LEVEL SECURITY;
ALTER TABLE forum.threads FORCE ROW LEVEL SECURITY;
CREATE POLICY read ON forum.threads FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_bigint())
        AND ((SELECT auth.claim_text('section')) IS NULL OR section = (SELECT auth.claim_text('section'))));
CREATE POLICY post ON forum.threads FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.role()) = 'authenticated' AND tenant_id = (SELECT auth.tenant_bigint()));
CREATE POLICY tidy ON forum.threads FOR DELETE TO authenticated
    USING ((SELECT auth.user_id()) IS NOT NULL AND (SELECT auth.has_role('moderator')) AND tenant_id = (SELECT auth.tenant_bigint()));
GRANT SELECT, INSERT, DELETE ON forum.threads TO authenticated;

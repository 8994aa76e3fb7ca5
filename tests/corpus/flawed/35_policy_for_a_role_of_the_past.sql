-- The policies name a role that nobody can log in as or be: since the move to another gateway its callers come as web_user. They see
-- nothing, and the next thing tried is a policy TO PUBLIC, or a login with BYPASSRLS. (pgrls SEC037.)
-- finds: policy_for_nobody policy tenant_reads on forum.threads
-- finds: policy_for_nobody policy tenant_writes on forum.threads
CREATE ROLE old_gateway_user NOLOGIN;
CREATE ROLE web_user NOLOGIN;
CREATE ROLE web_login LOGIN NOINHERIT IN ROLE web_user;
SET ROLE owner;

CREATE SCHEMA forum;
GRANT USAGE ON SCHEMA forum TO web_user, old_gateway_user;
CREATE TABLE forum.threads (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
ALTER TABLE forum.threads ENABLE ROW LEVEL SECURITY;
ALTER TABLE forum.threads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_reads ON forum.threads FOR SELECT TO old_gateway_user
    USING (tenant_id = (SELECT auth.tenant_bigint()));
CREATE POLICY tenant_writes ON forum.threads FOR INSERT TO old_gateway_user
    WITH CHECK (tenant_id = (SELECT auth.tenant_bigint()));
GRANT SELECT, INSERT ON forum.threads TO web_user;

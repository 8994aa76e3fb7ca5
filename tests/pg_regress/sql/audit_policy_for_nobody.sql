-- Rule policy_for_nobody: a policy for roles that no login can take.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE audited_past NOLOGIN;
CREATE ROLE audited_group NOLOGIN;
CREATE ROLE audited_login LOGIN;
CREATE ROLE audited_staff NOLOGIN;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE POLICY past ON audited.docs TO audited_past, audited_group USING (tenant_id = auth.tenant_id());
CREATE POLICY login ON audited.docs TO audited_login USING (tenant_id = auth.tenant_id());
CREATE POLICY either ON audited.docs TO audited_past, audited_login USING (tenant_id = auth.tenant_id());
CREATE POLICY everybody ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY of_settings ON audited.docs TO authenticated, anonymous USING (tenant_id = auth.tenant_id());
CREATE POLICY staff ON audited.docs TO audited_staff USING (true);
SELECT level, object, message, detail FROM test.findings('policy_for_nobody') ORDER BY object;
-- Staff are waiting for their logins too
RESET ROLE;
SELECT tenancy.configure('staff_roles', 'audited_staff');
SELECT object FROM test.findings('policy_for_nobody');
-- A login that is a member of a member can
GRANT audited_past TO audited_group;
SELECT object FROM test.findings('policy_for_nobody');
GRANT audited_group TO audited_login;
SELECT object FROM test.findings('policy_for_nobody');
-- Whom no policy binds has no use for one; but others that it is for have
CREATE ROLE audited_service LOGIN BYPASSRLS;
ALTER POLICY login ON audited.docs TO audited_service, postgres;
ALTER POLICY either ON audited.docs TO audited_service, audited_login;
SELECT level, object, message, detail FROM test.findings('policy_for_nobody');
ROLLBACK;

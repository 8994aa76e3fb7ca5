-- Rule unscoped_owner_column: rows go by their user, and not by their tenant.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, user_id text);
CREATE TABLE audited.notes (id int, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON audited.docs USING (user_id = auth.user_id());
CREATE POLICY mine ON audited.notes USING (user_id = auth.user_id());
SELECT level, object, detail FROM test.findings('unscoped_owner_column');
-- With the tenant, in it or under it
SAVEPOINT mine;
ALTER POLICY mine ON audited.docs USING (user_id = auth.user_id() AND tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('unscoped_owner_column');
ROLLBACK TO mine;
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (id > 0);
SELECT level, object FROM test.findings('unscoped_owner_column');
ALTER POLICY floor ON audited.docs USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('unscoped_owner_column');
ROLLBACK TO mine;
-- By something else that the caller says; not by what a table or a function of one's own may know of tenants
CREATE FUNCTION audited.may(int) RETURNS boolean LANGUAGE sql STABLE RETURN $1 > 0;
ALTER POLICY mine ON audited.docs USING (id = (auth.claim_text('department'))::int);
SELECT level, object, message FROM test.findings('unscoped_owner_column');
ALTER POLICY mine ON audited.docs USING (id IN (SELECT id FROM audited.notes n WHERE n.user_id = auth.user_id()));
SELECT level, object FROM test.findings('unscoped_owner_column');
ALTER POLICY mine ON audited.docs USING (audited.may(id) AND auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('unscoped_owner_column');
-- Rows that are written by it are in a tenant of the caller's choice
ALTER POLICY mine ON audited.docs USING (user_id = auth.user_id());
GRANT USAGE ON SCHEMA audited TO authenticated;
GRANT SELECT, DELETE ON audited.docs TO authenticated;
SELECT level, object FROM test.findings('unscoped_owner_column');
GRANT INSERT ON audited.docs TO authenticated;
SELECT level, object FROM test.findings('unscoped_owner_column');
ROLLBACK;

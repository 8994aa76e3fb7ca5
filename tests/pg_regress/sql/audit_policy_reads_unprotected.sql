-- Rule policy_reads_unprotected: a policy goes by a table without row security.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.members (tenant_id text, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY members ON audited.docs TO authenticated USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = auth.user_id()));
GRANT SELECT ON audited.docs TO authenticated;
-- Nobody reaches it
SELECT level, object FROM test.findings('policy_reads_unprotected');
GRANT SELECT ON audited.members TO authenticated;
SELECT level, object, message, detail FROM test.findings('policy_reads_unprotected');
GRANT INSERT (tenant_id, user_id) ON audited.members TO authenticated;
SELECT level, object, message, detail FROM test.findings('policy_reads_unprotected');
-- It is so
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
SELECT tenant_id FROM audited.docs;
INSERT INTO audited.members VALUES ('blue', 'ann');
SELECT tenant_id FROM audited.docs;
ROLLBACK TO mine;
-- With row security it is not found, whatever that says
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
SELECT level, object FROM test.findings('policy_reads_unprotected');
-- A table in a schema that is not audited counts too; one of the system's, or a view, does not
RESET ROLE;
CREATE SCHEMA audited_elsewhere;
GRANT USAGE ON SCHEMA audited_elsewhere TO authenticated;
CREATE TABLE audited_elsewhere.members (tenant_id text, user_id text);
CREATE VIEW audited.view AS SELECT * FROM audited_elsewhere.members;
GRANT SELECT, INSERT ON audited_elsewhere.members, audited.view TO authenticated;
CREATE POLICY elsewhere ON audited.docs AS RESTRICTIVE USING (tenant_id IN (SELECT m.tenant_id FROM audited_elsewhere.members m));
CREATE POLICY of_the_system ON audited.docs USING (tenant_id IN (SELECT rolname FROM pg_roles) OR EXISTS (SELECT FROM pg_catalog.pg_class) OR EXISTS (SELECT FROM audited.view));
SELECT level, object, detail FROM test.findings('policy_reads_unprotected');
-- Where callers may not enter the schema, they do not write there
REVOKE USAGE ON SCHEMA audited_elsewhere FROM authenticated;
SELECT level, object FROM test.findings('policy_reads_unprotected');
ROLLBACK;

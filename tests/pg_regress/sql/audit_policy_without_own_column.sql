-- Rule policy_without_own_column: a policy that asks who is calling, and not whose the row is.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.members (tenant_id text, user_id text, role text, PRIMARY KEY (tenant_id, user_id));
CREATE TABLE audited.operators (user_id text PRIMARY KEY);
CREATE FUNCTION audited.is_operator() RETURNS boolean LANGUAGE sql STABLE RETURN auth.user_id() = 'root';
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.operators ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON audited.docs TO authenticated;
GRANT SELECT ON audited.members, audited.operators TO authenticated;

CREATE POLICY signed_in ON audited.docs FOR SELECT USING (auth.user_id() IS NOT NULL);
CREATE POLICY admins ON audited.docs FOR DELETE USING ((SELECT auth.has_role('admin')));
CREATE POLICY setting ON audited.docs FOR UPDATE USING (current_setting('app.admin', true) = 'on');
CREATE POLICY any_member ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.user_id = auth.user_id() AND m.role = 'admin'));
CREATE POLICY later ON audited.docs USING (CURRENT_DATE IS NOT NULL);
CREATE POLICY or_signed_in ON audited.docs USING (tenant_id = auth.tenant_id() OR auth.user_id() IS NOT NULL);
SELECT level, object, detail FROM test.findings('policy_without_own_column');
-- It is so: an admin of one tenant deletes what the others have
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme", "roles": ["admin"]}';
DELETE FROM audited.docs RETURNING tenant_id;
ROLLBACK TO mine;

-- A list of people that knows no tenant, or a function that cannot be looked into, may be right
DROP POLICY signed_in ON audited.docs; DROP POLICY admins ON audited.docs; DROP POLICY setting ON audited.docs; DROP POLICY any_member ON audited.docs;
DROP POLICY later ON audited.docs; DROP POLICY or_signed_in ON audited.docs;
CREATE POLICY operators ON audited.docs USING (EXISTS (SELECT FROM audited.operators o WHERE o.user_id = auth.user_id()));
CREATE POLICY by_function ON audited.docs USING (audited.is_operator());
SELECT level, object FROM test.findings('policy_without_own_column');

-- What names a column, wherever it does, is not meant; nor what is joined to it by AND, or narrowed
DROP POLICY operators ON audited.docs; DROP POLICY by_function ON audited.docs;
CREATE POLICY member ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = auth.user_id()));
CREATE POLICY admin_here ON audited.docs USING (auth.has_role('admin') AND tenant_id = auth.tenant_id());
CREATE POLICY signed_in ON audited.docs USING (auth.user_id() IS NOT NULL AND (tenant_id IS NULL OR tenant_id = auth.tenant_id()));
CREATE POLICY of_row ON audited.docs USING (pg_catalog.row_to_json(docs) IS NOT NULL AND auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('policy_without_own_column');
CREATE POLICY wide ON audited.docs USING (auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('policy_without_own_column');
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_without_own_column');
-- Nor a table of which rows have no owner
CREATE TABLE audited.lookup (id int);
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.lookup TO authenticated;
CREATE POLICY signed_in ON audited.lookup USING (auth.user_id() IS NOT NULL);
SELECT level, object FROM test.findings('policy_without_own_column');
ROLLBACK;

-- Rule policy_exists_unbound: a sub-select bound neither to the row nor to the caller.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.members (tenant_id text, user_id text, role text);
CREATE TABLE audited.guarded (tenant_id text, user_id text);
CREATE TABLE audited.flags (name text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON audited.guarded USING (user_id = auth.user_id());
GRANT SELECT ON audited.docs, audited.members, audited.guarded, audited.flags TO authenticated;

-- A name without a table is the sub-select's own column
CREATE POLICY captured ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = tenant_id AND m.user_id = auth.user_id()));
CREATE POLICY captured_guarded ON audited.docs USING (EXISTS (SELECT FROM audited.guarded g WHERE g.tenant_id = tenant_id));
CREATE POLICY any_admin ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.role = 'admin'));
CREATE POLICY arm ON audited.docs USING (tenant_id = auth.tenant_id() OR EXISTS (SELECT FROM audited.flags WHERE name = 'open'));
CREATE POLICY constant ON audited.docs USING ('admin' IN (SELECT role FROM audited.members));
-- Row security of the table that is read may bind it
CREATE POLICY guarded ON audited.docs USING (EXISTS (SELECT FROM audited.guarded));
SELECT level, object, detail FROM test.findings('policy_exists_unbound');
-- It is so: ann is a member of acme
SAVEPOINT mine;
DROP POLICY any_admin ON audited.docs; DROP POLICY arm ON audited.docs; DROP POLICY constant ON audited.docs; DROP POLICY captured_guarded ON audited.docs; DROP POLICY guarded ON audited.docs;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
INSERT INTO audited.members VALUES ('acme', 'ann');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
SELECT tenant_id FROM audited.docs;
ROLLBACK TO mine;

-- Bound to the row, to the caller, or one condition more
DROP POLICY captured ON audited.docs; DROP POLICY captured_guarded ON audited.docs; DROP POLICY any_admin ON audited.docs; DROP POLICY arm ON audited.docs;
DROP POLICY constant ON audited.docs; DROP POLICY guarded ON audited.docs;
CREATE POLICY of_row ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = auth.user_id()));
CREATE POLICY row_listed ON audited.docs USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()));
CREATE POLICY caller_listed ON audited.docs USING (auth.user_id() IN (SELECT m.user_id FROM audited.members m WHERE m.role = 'root'));
CREATE POLICY role_listed ON audited.docs USING (current_user IN (SELECT m.user_id FROM audited.members m));
CREATE POLICY one_more ON audited.docs USING (tenant_id = auth.tenant_id() AND EXISTS (SELECT FROM audited.flags WHERE name = 'open'));
CREATE POLICY closed ON audited.docs USING (tenant_id = auth.tenant_id() OR NOT EXISTS (SELECT FROM audited.flags));
CREATE POLICY no_table ON audited.docs USING (tenant_id = auth.tenant_id() AND EXISTS (SELECT 1));
SELECT level, object FROM test.findings('policy_exists_unbound');
-- Nor under a floor
CREATE POLICY any_admin ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.role = 'admin'));
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_exists_unbound');
DROP POLICY any_admin ON audited.docs; DROP POLICY floor ON audited.docs; DROP POLICY caller_listed ON audited.docs; DROP POLICY role_listed ON audited.docs;
-- IN of a column that is the row's own, as the table has none of that name
CREATE TABLE audited.orgs (id text, owner text, active boolean);
GRANT SELECT ON audited.orgs TO authenticated;
CREATE POLICY outward ON audited.docs USING (tenant_id IN (SELECT tenant_id FROM audited.orgs WHERE owner = auth.user_id()));
-- A comparison with itself, although another column is the row's
CREATE POLICY another ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = tenant_id AND m.user_id = auth.user_id() AND docs.id > 0));
CREATE POLICY linked ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.role = role AND m.user_id = auth.user_id()));
-- Nothing about the caller
CREATE POLICY known ON audited.docs USING (tenant_id IN (SELECT id FROM audited.orgs));
CREATE POLICY known_too ON audited.docs USING (EXISTS (SELECT FROM audited.orgs o WHERE o.id = docs.tenant_id));
CREATE POLICY active ON audited.docs USING (tenant_id IN (SELECT id FROM audited.orgs WHERE active));
SELECT level, object, message FROM test.findings('policy_exists_unbound');
DROP POLICY outward ON audited.docs; DROP POLICY another ON audited.docs; DROP POLICY linked ON audited.docs; DROP POLICY known ON audited.docs; DROP POLICY known_too ON audited.docs; DROP POLICY active ON audited.docs;
-- Row security may bind it, and so may what stands beside it
ALTER TABLE audited.orgs ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_orgs ON audited.orgs USING (owner = auth.user_id());
CREATE POLICY known ON audited.docs USING (tenant_id IN (SELECT id FROM audited.orgs));
SELECT level, object FROM test.findings('policy_exists_unbound');
ALTER TABLE audited.orgs DISABLE ROW LEVEL SECURITY;
ALTER POLICY known ON audited.docs USING (tenant_id IN (SELECT id FROM audited.orgs) AND tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_exists_unbound');
-- What has a condition, and is for reading, is meant for all perhaps
ALTER POLICY known ON audited.docs USING (tenant_id IN (SELECT id FROM audited.orgs WHERE active));
SELECT level, object FROM test.findings('policy_exists_unbound');
ROLLBACK;

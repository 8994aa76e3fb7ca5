-- Rule database_role_as_caller: current_user in the place of the caller.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, user_id text);
CREATE TABLE audited.users (id int, name text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.docs VALUES (1, 'authenticated');
GRANT SELECT ON audited.docs, audited.users TO authenticated;

CREATE POLICY current ON audited.docs USING (user_id = current_user);
CREATE POLICY session ON audited.docs USING (session_user::text = ANY (ARRAY[user_id, 'root']));
CREATE POLICY deep ON audited.docs USING (id IN (SELECT u.id FROM audited.users u WHERE lower(u.name) = lower("current_user"()::text)) OR id = (SELECT u.id FROM audited.users u WHERE u.name = user));
CREATE POLICY setting ON audited.docs FOR INSERT WITH CHECK (user_id = current_setting('role') OR user_id = current_role);
SELECT level, object, detail FROM test.findings('database_role_as_caller');
-- Ann and bob are the same here
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT count(*) AS ann FROM audited.docs;
SELECT FROM test.caller('{"sub": "bob"}');
SELECT count(*) AS bob FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- Rights of a database role are another matter
DROP POLICY current ON audited.docs;
DROP POLICY session ON audited.docs;
DROP POLICY deep ON audited.docs;
DROP POLICY setting ON audited.docs;
CREATE POLICY rights ON audited.docs USING (pg_has_role(current_user, 'app', 'USAGE') AND has_table_privilege(current_user, 'audited.users', 'SELECT') = (id > 0));
CREATE POLICY one_role ON audited.docs USING (current_user = 'app' AND session_user IN ('app', 'table_owner') AND user_id = auth.user_id());
CREATE POLICY in_catalog ON audited.docs USING (EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper));
CREATE POLICY other ON audited.docs USING (user_id = current_database() AND user_id = current_schema AND id < extract(year FROM current_date));
SELECT level, object, detail FROM test.findings('database_role_as_caller');
ROLLBACK;

-- Rule identity_view: views of the identity provider's tables.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE SCHEMA neon_auth AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE neon_auth."user" (id uuid PRIMARY KEY, name text, email text);
CREATE TABLE neon_auth.session (id uuid PRIMARY KEY, token text, "userId" uuid);
CREATE TABLE audited.docs (id int);
INSERT INTO neon_auth."user" VALUES ('00000000-0000-0000-0000-000000000001', 'Bob', 'bob@b.example');

CREATE VIEW audited.users AS SELECT id, name, email FROM neon_auth."user";
CREATE VIEW audited."Names" AS SELECT name FROM audited.users;
CREATE VIEW audited.sessions AS SELECT id, token FROM neon_auth.session WHERE "userId" = auth.uid();
CREATE MATERIALIZED VIEW audited.copy AS SELECT id, name FROM neon_auth."user" WHERE id IS DISTINCT FROM auth.uid();
GRANT SELECT ON audited.users, audited."Names", audited.sessions, audited.copy TO authenticated;
SELECT * FROM test.findings('identity_view');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT email FROM audited.users;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT test.mend('identity_view');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SELECT code, message FROM test.error('SELECT email FROM audited.users');
SELECT code, message FROM test.error('SELECT name FROM audited.copy');
RESET ROLE;
SET LOCAL ROLE table_owner;

-- What nobody may read, what has its reader's rights, what asks who is calling, and what reads other tables
DROP VIEW audited."Names";
CREATE VIEW audited.unread AS SELECT * FROM neon_auth."user";
GRANT SELECT ON audited.copy TO table_owner;
CREATE VIEW audited.me AS SELECT id, name FROM neon_auth."user" WHERE id = auth.uid();
CREATE VIEW audited.of_docs AS SELECT * FROM audited.docs;
GRANT SELECT ON audited.me, audited.of_docs TO authenticated;
SELECT object FROM test.findings('identity_view');
-- By a column alone, by PUBLIC
GRANT SELECT (email) ON audited.unread TO PUBLIC;
SELECT object, detail FROM test.findings('identity_view');
ROLLBACK;

-- Rule grant_to_public: every role has rights on a table of tenants.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.lookup (id int);
GRANT SELECT ON audited.docs, audited.lookup TO authenticated;
GRANT SELECT ON audited.lookup TO PUBLIC;
SELECT level, object FROM test.findings('grant_to_public');
GRANT UPDATE (id) ON audited.docs TO PUBLIC;
GRANT SELECT ON audited.docs TO PUBLIC;
SELECT level, object, message, detail FROM test.findings('grant_to_public');
REVOKE ALL ON audited.docs FROM PUBLIC;
SELECT level, object FROM test.findings('grant_to_public');
ROLLBACK;

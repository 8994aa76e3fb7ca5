-- Rule excess_grants: rights that ask no policy.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE ROLE audited_grantor NOLOGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous, audited_grantor;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.open (id int);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON audited.docs TO authenticated;
GRANT ALL ON audited.open TO authenticated;
SELECT level, object FROM test.findings('excess_grants');
GRANT REFERENCES (id), SELECT ON audited.docs TO anonymous;
GRANT TRIGGER ON audited.docs TO PUBLIC;
SELECT level, object, message, detail, fix FROM test.findings('excess_grants');
GRANT TRUNCATE, REFERENCES ON audited.docs TO authenticated;
SELECT level, object, message, detail, fix FROM test.findings('excess_grants');
-- It empties the table of everybody's rows; after the mend it does not
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
SET LOCAL ROLE authenticated;
TRUNCATE audited.docs;
ROLLBACK TO mine;
SELECT test.mend('excess_grants');
SELECT grantee, privilege_type FROM information_schema.table_privileges WHERE table_schema = 'audited' AND table_name = 'docs' AND grantee <> 'table_owner' ORDER BY 1, 2;
-- What somebody else granted goes with their right to
GRANT TRUNCATE ON audited.docs TO audited_grantor WITH GRANT OPTION;
SET LOCAL ROLE audited_grantor;
GRANT TRUNCATE ON audited.docs TO authenticated;
SET LOCAL ROLE table_owner;
SELECT level, object, detail, fix FROM test.findings('excess_grants');
SELECT test.mend('excess_grants');
-- A protected table refuses TRUNCATE
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.docs');
GRANT TRUNCATE ON audited.docs TO authenticated;
SELECT level, object FROM test.findings('excess_grants');
ALTER TABLE audited.docs DISABLE TRIGGER tenancy_truncate;
SELECT level, object FROM test.findings('excess_grants');
-- Where callers may not enter the schema
RESET ROLE;
REVOKE USAGE ON SCHEMA audited FROM authenticated, anonymous, audited_grantor;
SELECT level, object FROM test.findings('excess_grants');
ROLLBACK;

-- Rule child_unprotected: a partition or child asked directly.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text) PARTITION BY RANGE (id);
CREATE TABLE audited.docs_1 PARTITION OF audited.docs FOR VALUES FROM (0) TO (9);
CREATE TABLE audited.docs_2 PARTITION OF audited.docs FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (id);
CREATE TABLE audited.docs_2a PARTITION OF audited.docs_2 FOR VALUES FROM (9) TO (50);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
GRANT SELECT ON audited.docs, audited.docs_1, audited.docs_2a TO authenticated;
CREATE TABLE audited.notes (id int, tenant_id text);
CREATE TABLE audited.old_notes () INHERITS (audited.notes);
ALTER TABLE audited.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.notes USING (tenant_id = auth.tenant_id());
GRANT INSERT (tenant_id) ON audited.old_notes TO PUBLIC;
SELECT * FROM test.findings('child_unprotected');
-- What is refused through the parent is read from the partition
RESET ROLE;
INSERT INTO audited.docs VALUES (1, 'theirs'), (10, 'theirs');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT count(*) FROM audited.docs;
SELECT count(*) FROM audited.docs_1;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('child_unprotected');
SELECT test.caller('{"sub": "ann", "tenant_id": "theirs"}') \g /dev/null
SELECT count(*) FROM audited.docs;
SELECT count(*) FROM audited.docs_1;
RESET ROLE;
SET LOCAL ROLE table_owner;
-- Forced on the parent alone
ALTER TABLE audited.docs_1 NO FORCE ROW LEVEL SECURITY;
SELECT * FROM test.findings('child_unprotected');
-- A partition that was attached after protect(), and what everybody reads
DROP TABLE audited.docs, audited.notes CASCADE;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.bills (id int, tenant_id text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE audited.bills_1 PARTITION OF audited.bills FOR VALUES FROM (0) TO (9);
SELECT count(*) > 0 FROM tenancy.protect('audited.bills');
SELECT * FROM test.findings('child_unprotected');
CREATE TABLE audited.bills_2 PARTITION OF audited.bills FOR VALUES FROM (9) TO (99);
GRANT SELECT ON audited.bills_2 TO authenticated;
CREATE TABLE audited.countries (id int);
SELECT count(*) > 0 FROM tenancy.protect('audited.countries', 'public_read');
CREATE TABLE audited.old_countries () INHERITS (audited.countries);
GRANT SELECT ON audited.old_countries TO authenticated;
SELECT level, object FROM test.findings('child_unprotected');
-- No finding without row security of the parent
SELECT * FROM test.mend('child_unprotected');
CREATE TABLE audited.open (id int) PARTITION BY RANGE (id);
CREATE TABLE audited.open_1 PARTITION OF audited.open FOR VALUES FROM (0) TO (9);
SELECT * FROM test.findings('child_unprotected');
ROLLBACK;

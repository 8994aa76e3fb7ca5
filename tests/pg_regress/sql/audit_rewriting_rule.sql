-- Rule rewriting_rule: a rule that writes past row security.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
INSERT INTO audited.docs VALUES (1, 'ours'), (2, 'theirs');
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
GRANT SELECT, INSERT, DELETE ON audited.docs TO authenticated;
CREATE TABLE audited.inbox (id int, tenant_id text);
GRANT INSERT ON audited.inbox TO authenticated;
CREATE RULE "Clear it" AS ON INSERT TO audited.inbox DO ALSO DELETE FROM audited.docs WHERE docs.id = NEW.id;
SELECT * FROM test.findings('rewriting_rule');
SAVEPOINT before;
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
INSERT INTO audited.inbox VALUES (2, 'ours');
RESET ROLE;
SELECT count(*) FROM audited.docs;
ROLLBACK TO before;
SELECT * FROM test.mend('rewriting_rule');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
INSERT INTO audited.inbox VALUES (2, 'ours');
RESET ROLE;
SELECT count(*) FROM audited.docs;
SET LOCAL ROLE table_owner;
-- Not meant: callers do not write there; the rule's owner is bound; its table has no row security
CREATE TABLE audited.outbox (id int);
CREATE RULE clear AS ON INSERT TO audited.outbox DO ALSO DELETE FROM audited.docs WHERE docs.id = NEW.id;
CREATE TABLE audited.open (id int);
CREATE RULE log AS ON INSERT TO audited.inbox DO ALSO INSERT INTO audited.open VALUES (NEW.id);
SELECT * FROM test.findings('rewriting_rule');
GRANT INSERT ON audited.outbox TO authenticated;
SELECT object FROM test.findings('rewriting_rule');
-- One on a view reads as the view's owner too, security_invoker or not
CREATE VIEW audited.through WITH (security_invoker) AS SELECT 1 AS id;
CREATE RULE into_docs AS ON INSERT TO audited.through DO INSTEAD UPDATE audited.docs SET id = NEW.id;
GRANT INSERT ON audited.through TO authenticated;
SELECT * FROM test.findings('rewriting_rule') WHERE object LIKE '%through';
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
INSERT INTO audited.through VALUES (99);
RESET ROLE;
SELECT count(*) > 0 AS changed FROM audited.docs WHERE id = 99;
SET LOCAL ROLE table_owner;
ALTER TABLE audited.docs FORCE ROW LEVEL SECURITY;
SELECT object FROM test.findings('rewriting_rule');
ROLLBACK;

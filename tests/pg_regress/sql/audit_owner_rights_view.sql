-- Rule owner_rights_view: a view that shows rows past row security.
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
CREATE TABLE audited.notes (id int, tenant_id text);
ALTER TABLE audited.notes ENABLE ROW LEVEL SECURITY;
CREATE VIEW audited.both AS SELECT d.id, d.tenant_id FROM audited.docs d UNION ALL SELECT n.id, n.tenant_id FROM audited.notes n;
CREATE VIEW audited."Over it" AS SELECT id FROM audited.both;
GRANT SELECT ON audited.both TO authenticated;
GRANT SELECT ON audited."Over it" TO PUBLIC;
GRANT SELECT ON audited.notes TO authenticated;
SELECT * FROM test.findings('owner_rights_view');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.both;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('owner_rights_view');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.both;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- Not meant: views that ask as their reader, that callers cannot use, of an owner who is bound, of tables without row security
DROP VIEW audited."Over it", audited.both;
CREATE VIEW audited.invoker WITH (security_invoker) AS SELECT * FROM audited.docs;
CREATE VIEW audited.unused AS SELECT * FROM audited.docs;
CREATE TABLE audited.open (id int);
CREATE VIEW audited.of_open AS SELECT * FROM audited.open;
GRANT SELECT ON audited.invoker, audited.of_open TO authenticated;
SELECT * FROM test.findings('owner_rights_view');
GRANT SELECT ON audited.unused TO authenticated;
SELECT object FROM test.findings('owner_rights_view');
SAVEPOINT mine;
ALTER TABLE audited.docs FORCE ROW LEVEL SECURITY;
SELECT object FROM test.findings('owner_rights_view');
-- An owner whom a policy lets in by name is as good as free; not where a RESTRICTIVE one holds
CREATE POLICY migrations ON audited.docs TO table_owner USING (true);
SELECT level, object, detail FROM test.findings('owner_rights_view');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT id FROM audited.unused;
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('owner_rights_view');
ROLLBACK TO mine;
-- Whoever may use it, by whatever role; less where it is known that no app acts with that one
REVOKE SELECT ON audited.unused FROM authenticated;
GRANT SELECT ON audited.unused TO reporter;
SELECT level, object, detail FROM test.findings('owner_rights_view');
RESET ROLE;
SELECT tenancy.configure('app_logins', 'app');
SELECT level, object FROM test.findings('owner_rights_view');
GRANT SELECT ON audited.unused TO app;
SELECT level, object FROM test.findings('owner_rights_view');
-- One that asks who is calling, behind a barrier
CREATE OR REPLACE VIEW audited.unused WITH (security_barrier) AS SELECT * FROM audited.docs WHERE tenant_id = auth.tenant_id();
SELECT level, object FROM test.findings('owner_rights_view');
ROLLBACK;

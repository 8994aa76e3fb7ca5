-- Rule policies_without_rls: policies that are not asked.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY "By day" ON audited.docs AS RESTRICTIVE USING (true);
GRANT SELECT ON audited.docs TO authenticated;
INSERT INTO audited.docs VALUES (1, 'a'), (2, 'b');
SELECT * FROM test.findings('policies_without_rls');
SELECT test.caller('{"sub": "ann", "tenant_id": "a"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SELECT * FROM test.mend('policies_without_rls');
SELECT test.caller('{"sub": "ann", "tenant_id": "a"}') \g /dev/null
SELECT id FROM audited.docs;
-- Without policies it is another matter
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.bare (id int, tenant_id text);
SELECT * FROM test.findings('policies_without_rls');
ROLLBACK;

-- Rule only_restrictive_policies: nobody is let in.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
CREATE POLICY "By day" ON audited.docs AS RESTRICTIVE USING (true);
SELECT * FROM test.findings('only_restrictive_policies');
-- One PERMISSIVE is enough, of whatever command
CREATE POLICY everybody ON audited.docs FOR SELECT USING (true);
SELECT * FROM test.findings('only_restrictive_policies');
-- And without row security none is asked (another rule)
DROP POLICY everybody ON audited.docs;
ALTER TABLE audited.docs DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.findings('only_restrictive_policies');
ROLLBACK;

-- Rule rls_without_policies: nobody sees a row.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.docs TO authenticated;
CREATE TABLE audited.by_column (id int, tenant_id text);
ALTER TABLE audited.by_column ENABLE ROW LEVEL SECURITY;
GRANT UPDATE (id) ON audited.by_column TO PUBLIC;
SELECT * FROM test.findings('rls_without_policies');
-- Not meant: nobody has rights on it; a policy, of whatever kind; a partition that nobody is to ask directly; no row security
CREATE TABLE audited.locked (id int);
ALTER TABLE audited.locked ENABLE ROW LEVEL SECURITY;
CREATE TABLE audited.open (id int);
GRANT SELECT ON audited.open TO authenticated;
CREATE TABLE audited.parts (id int, tenant_id text) PARTITION BY RANGE (id);
CREATE TABLE audited.part PARTITION OF audited.parts FOR VALUES FROM (0) TO (9);
ALTER TABLE audited.parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.part ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.parts USING (tenant_id = auth.tenant_id());
GRANT SELECT ON audited.parts, audited.part TO authenticated;
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
DROP TABLE audited.by_column;
SELECT * FROM test.findings('rls_without_policies');
ROLLBACK;

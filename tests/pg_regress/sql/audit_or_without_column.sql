-- Rule or_without_column: an arm that may let every row in.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audited.is_staff() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
CREATE POLICY staff ON audited.docs USING ((SELECT audited.is_staff()) OR tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY deep ON audited.docs USING (id > 0 AND (user_id = (SELECT auth.user_id()) OR (id < 5 AND tenant_id IS NULL) OR (SELECT auth.user_id()) = 'root'));
SELECT level, object, message, detail, fix FROM test.findings('or_without_column');

-- Each arm names a column; none of them is whose the row is; a constant; NOT; a sub-select that is bound to the row
DROP POLICY staff ON audited.docs;
DROP POLICY deep ON audited.docs;
CREATE POLICY columns ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) OR user_id = (SELECT auth.user_id()));
CREATE POLICY no_owner ON audited.docs USING ((SELECT audited.is_staff()) OR id = 1);
CREATE POLICY constant ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) OR true);
CREATE POLICY negated ON audited.docs USING (NOT ((SELECT audited.is_staff()) OR tenant_id = (SELECT auth.tenant_uuid())));
CREATE POLICY bound ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) OR EXISTS (SELECT FROM audited.docs d WHERE d.id = docs.id + 1));
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK ((SELECT audited.is_staff()) OR tenant_id = (SELECT auth.tenant_uuid()));
SELECT object FROM test.findings('or_without_column');
-- Under a floor the index is taken
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.docs');
CREATE POLICY staff ON audited.docs USING ((SELECT audited.is_staff()) OR tenant_id = (SELECT auth.tenant_uuid()));
SELECT object FROM test.findings('or_without_column');
ROLLBACK;

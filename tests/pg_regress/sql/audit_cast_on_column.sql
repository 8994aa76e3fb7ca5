-- Rule cast_on_column: a column without its index.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id varchar(20), other text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_text ON audited.docs USING (tenant_id::text = (SELECT auth.tenant_id()));
CREATE POLICY turned_round ON audited.docs USING ((SELECT auth.tenant_id()) = lower(tenant_id::text));
CREATE POLICY of_user ON audited.docs USING (lower(user_id) = (SELECT auth.user_id()));
CREATE POLICY in_list ON audited.docs USING (COALESCE(tenant_id::text, 'none') = ANY (ARRAY(SELECT auth.tenant_id())));
CREATE TABLE audited.numbers (tenant_id int);
ALTER TABLE audited.numbers ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_claim ON audited.numbers USING (tenant_id = (SELECT current_setting('app.tenant')::numeric));
SELECT level, object, message, detail, fix FROM test.findings('cast_on_column');

-- The caller's side may be cast; varchar is compared as text and keeps its index; other columns and checks are free; the tenant's
-- index serves beside a user that is cast; what is another rule's is not told twice
DROP POLICY as_text ON audited.docs;
DROP POLICY turned_round ON audited.docs;
DROP POLICY of_user ON audited.docs;
DROP POLICY in_list ON audited.docs;
DROP POLICY of_claim ON audited.numbers;
CREATE FUNCTION audited.team(uuid) RETURNS text LANGUAGE sql STABLE AS 'SELECT ''a''::text';
CREATE POLICY cast_caller ON audited.docs USING (tenant_id = (SELECT auth.tenant_id())::uuid AND user_id = (SELECT auth.user_id()));
CREATE POLICY other_column ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) AND lower(other) = 'x' AND id::text = '1');
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK (tenant_id::text = (SELECT auth.tenant_id()));
CREATE POLICY tenant_too ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()) AND lower(user_id) = (SELECT auth.user_id()));
CREATE POLICY of_row ON audited.docs USING (audited.team(tenant_id) = 'a');
CREATE POLICY inverted ON audited.docs USING (COALESCE((SELECT auth.tenant_uuid()), tenant_id) = tenant_id);
CREATE POLICY not_null ON audited.docs USING (tenant_id IS NOT NULL);
SELECT object FROM test.findings('cast_on_column');
-- An index on the expression, and a floor, take it
CREATE TABLE audited.indexed (tenant_id uuid);
CREATE INDEX ON audited.indexed ((tenant_id::text));
ALTER TABLE audited.indexed ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_text ON audited.indexed USING (tenant_id::text = (SELECT auth.tenant_id()));
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.docs');
CREATE POLICY as_text ON audited.docs USING (tenant_id::text = (SELECT auth.tenant_id()));
SELECT object FROM test.findings('cast_on_column');
ROLLBACK;

-- Rule membership_by_subselect: a sub-select where an array would take the index.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.members (user_id text, tenant_id uuid);
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text, parent int);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_in ON audited.docs USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = (SELECT auth.user_id())));
CREATE POLICY by_any ON audited.docs USING (tenant_id = ANY (SELECT unnest(ARRAY[(SELECT auth.tenant_uuid())])));
CREATE POLICY by_exists ON audited.docs USING (id > 0 AND EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = (SELECT auth.user_id())));
SELECT level, object, message, detail, fix FROM test.findings('membership_by_subselect');

-- An array; by another column; what is not in a list; what reads more of the row; what is written
DROP POLICY by_in ON audited.docs;
DROP POLICY by_any ON audited.docs;
DROP POLICY by_exists ON audited.docs;
CREATE POLICY by_array ON audited.docs USING (tenant_id = ANY (ARRAY(SELECT m.tenant_id FROM audited.members m WHERE m.user_id = (SELECT auth.user_id()))));
CREATE POLICY by_parent ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.user_id = docs.parent::text));
CREATE POLICY not_in ON audited.docs USING (tenant_id NOT IN (SELECT m.tenant_id FROM audited.members m));
CREATE POLICY of_row ON audited.docs USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = docs.user_id));
CREATE POLICY in_of_row ON audited.docs USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = docs.user_id));
CREATE POLICY scalar ON audited.docs USING (tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK (tenant_id IN (SELECT m.tenant_id FROM audited.members m));
SELECT object FROM test.findings('membership_by_subselect');

-- The index that the array takes
CREATE INDEX ON audited.docs (tenant_id);
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
GRANT USAGE ON SCHEMA audited TO authenticated;
GRANT SELECT ON audited.docs, audited.members TO authenticated;
CREATE FUNCTION audited.index_is_used() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM audited.docs' INTO plan;
    RETURN (plan #> '{0,Plan}') ? 'Index Cond';
END $$;
DROP POLICY by_parent ON audited.docs;
DROP POLICY not_in ON audited.docs;
DROP POLICY of_row ON audited.docs;
DROP POLICY in_of_row ON audited.docs;
DROP POLICY scalar ON audited.docs;
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT audited.index_is_used();
RESET ROLE;
SET LOCAL ROLE table_owner;
ALTER POLICY by_array ON audited.docs USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = (SELECT auth.user_id())));
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT audited.index_is_used();
ROLLBACK;

-- Rule function_of_row: is_member(tenant_id).
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audited.is_member(uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE FUNCTION audited.sees(audited.docs) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION audited.lowered(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE FUNCTION audited.mine() RETURNS uuid[] LANGUAGE sql STABLE AS 'SELECT NULL::uuid[]';
CREATE POLICY bare ON audited.docs USING (audited.is_member(tenant_id));
CREATE POLICY wrapped ON audited.docs USING ((SELECT audited.is_member(tenant_id)));
CREATE POLICY deep ON audited.docs USING (id > 0 AND audited.is_member(COALESCE(tenant_id, gen_random_uuid())));
CREATE POLICY whole_row ON audited.docs USING (audited.sees(docs));
-- These take no column, read nothing, are Postgres's own, or look at what is written
CREATE POLICY array_of_caller ON audited.docs USING (tenant_id = ANY ((SELECT audited.mine())::uuid[]));
CREATE POLICY of_constant ON audited.docs USING ((SELECT audited.is_member('00000000-0000-0000-0000-00000000000a')));
CREATE POLICY immutable ON audited.docs USING (audited.lowered(user_id) = 'ann');
CREATE POLICY of_postgres ON audited.docs USING (pg_has_role(user_id, 'USAGE'));
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK (audited.is_member(tenant_id));
SELECT level, object, message, detail, fix FROM test.findings('function_of_row');
ROLLBACK;

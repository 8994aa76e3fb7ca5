-- Rule literal_tenant: a tenant is written into a policy.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, status text);
CREATE TABLE audited.numbered (id int, tenant_id bigint);
CREATE TABLE audited.by_uuid (id int, tenant_id uuid);
CREATE POLICY equal ON audited.docs USING (tenant_id = 'acme');
CREATE POLICY listed ON audited.docs USING (tenant_id IN ('acme', 'blue') OR tenant_id = auth.tenant_id());
CREATE POLICY in_array ON audited.docs USING (tenant_id = ANY ('{acme}'));
CREATE POLICY cast_and_turned ON audited.docs AS RESTRICTIVE USING ('acme'::varchar = tenant_id);
CREATE POLICY equal ON audited.numbered USING (tenant_id = 1);
CREATE POLICY listed ON audited.numbered USING (tenant_id IN (1, 2));
CREATE POLICY as_text ON audited.by_uuid USING (tenant_id::text = '00000000-0000-0000-0000-000000000001');
CREATE POLICY checked ON audited.by_uuid FOR INSERT WITH CHECK (tenant_id = '00000000-0000-0000-0000-000000000001');
SELECT level, object, detail FROM test.findings('literal_tenant');
-- Another column, the caller, NULL, and a sub-select's own column
DROP TABLE audited.docs;
DROP TABLE audited.numbered;
DROP TABLE audited.by_uuid;
CREATE TABLE audited.docs (id int, tenant_id text, status text);
CREATE POLICY status ON audited.docs USING (status = 'published' OR id = 1);
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id() OR tenant_id IS NULL);
CREATE POLICY by_setting ON audited.docs USING (tenant_id = current_setting('app.tenant'));
CREATE POLICY otherwise ON audited.docs USING (tenant_id = COALESCE(auth.tenant_id(), 'acme'));
CREATE POLICY unequal ON audited.docs USING (tenant_id <> '' AND tenant_id = auth.tenant_id());
CREATE POLICY hashed ON audited.docs USING (hashtext(tenant_id) % 2 = 0);
CREATE POLICY counted ON audited.docs USING (num_nonnulls(tenant_id, auth.tenant_id()) = 2);
CREATE POLICY inside ON audited.docs USING (EXISTS (SELECT FROM audited.docs d WHERE d.tenant_id = 'acme' AND d.id = docs.id));
SELECT level, object, detail FROM test.findings('literal_tenant');
ROLLBACK;

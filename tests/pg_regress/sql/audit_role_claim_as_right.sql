-- Rule role_claim_as_right: the claim role is compared with a business role.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE ROLE role_claim_staff;
SELECT tenancy.configure('staff_roles', 'role_claim_staff');
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, visible_to text[]);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;

CREATE POLICY by_reader ON audited.docs USING (auth.role() = 'admin');
CREATE POLICY by_claim ON audited.docs USING ((SELECT auth.jwt() ->> 'role') IN ('authenticated', 'owner', 'admin'));
CREATE POLICY by_array ON audited.docs USING (auth.claim_text('role') = ANY ('{editor,"it''s"}'));
CREATE POLICY by_setting ON audited.docs FOR DELETE USING (current_setting('request.jwt.claims', true)::json ->> 'role' IS NOT DISTINCT FROM 'admin');
CREATE POLICY by_column ON audited.docs FOR INSERT WITH CHECK (auth.role() = ANY (visible_to));
SELECT level, object, detail FROM test.findings('role_claim_as_right');

-- Database roles; the tenant's own roles, and what the provider keeps elsewhere
DROP POLICY by_reader ON audited.docs;
DROP POLICY by_claim ON audited.docs;
DROP POLICY by_array ON audited.docs;
DROP POLICY by_setting ON audited.docs;
DROP POLICY by_column ON audited.docs;
CREATE POLICY database_role ON audited.docs USING (auth.role() = 'authenticated' OR auth.jwt() ->> 'role' IN ('anon', 'service_role', 'role_claim_staff') OR auth.role() <> '');
CREATE POLICY of_tenant ON audited.docs USING (auth.has_role('admin') AND auth.claim_text('o', 'role') = 'admin' AND auth.organization() ->> 'role' = 'owner');
CREATE POLICY of_app ON audited.docs USING (auth.jwt() -> 'app_metadata' ->> 'role' = 'admin');
SELECT level, object, detail FROM test.findings('role_claim_as_right');
ROLLBACK;

-- Rule rls_not_forced: row security does not bind the owner.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
INSERT INTO audited.docs VALUES (1, 'theirs');
SELECT * FROM test.findings('rls_not_forced');
-- The owner sees what is another tenant's, and does not after the mend
SELECT id FROM audited.docs;
SELECT * FROM test.mend('rls_not_forced');
SELECT id FROM audited.docs;
-- Bound, a function by which a policy looks up who belongs would ask that policy again: no mend without a person
CREATE TABLE audited.members (tenant_id text, user_id text);
GRANT SELECT ON audited.members TO authenticated;
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audited.tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()';
CREATE POLICY own ON audited.members USING (tenant_id IN (SELECT audited.tenants()));
SELECT object, fix FROM test.findings('rls_not_forced');
-- Not meant: no policies, no row security, force => false as asked, children
DROP TABLE audited.members;
CREATE TABLE audited.closed (id int);
ALTER TABLE audited.closed ENABLE ROW LEVEL SECURITY;
CREATE TABLE audited.off (id int);
CREATE POLICY tenant ON audited.off USING (id > 0);
CREATE TABLE audited.owned (id int, tenant_id text);
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.owned', force => false);
CREATE TABLE audited.parent (id int, tenant_id text);
CREATE TABLE audited.child () INHERITS (audited.parent);
SELECT count(*) > 0 FROM tenancy.protect('audited.parent');
ALTER TABLE audited.child NO FORCE ROW LEVEL SECURITY;
SELECT * FROM test.findings('rls_not_forced');
ROLLBACK;

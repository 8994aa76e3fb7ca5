-- Rule anonymous_writes: whoever is not signed in writes, or reads, rows of tenants.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text NOT NULL, published boolean);
CREATE TABLE audited.lookup (id int);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON audited.docs TO authenticated, anonymous;
GRANT SELECT, INSERT ON audited.lookup TO anonymous;
CREATE POLICY everybody ON audited.lookup USING (true);
-- A policy that asks for the caller lets in nobody who is not signed in
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY own_published ON audited.docs USING (published AND tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY signed_in ON audited.docs TO authenticated USING (published);
SELECT level, object FROM test.findings('anonymous_writes');
-- Reading what is published
CREATE POLICY published ON audited.docs FOR SELECT USING (published OR tenant_id = auth.tenant_id());
SELECT level, object, message, detail FROM test.findings('anonymous_writes');
-- Writing
CREATE POLICY form ON audited.docs FOR INSERT TO anonymous WITH CHECK (NOT published);
CREATE POLICY changed ON audited.docs FOR UPDATE TO PUBLIC USING (tenant_id <> '');
SELECT level, object, message, detail FROM test.findings('anonymous_writes');
-- It is so
SAVEPOINT mine;
SET LOCAL ROLE anonymous;
INSERT INTO audited.docs VALUES (1, 'acme', false);
ROLLBACK TO mine;
-- Without the rights it is not
REVOKE INSERT, UPDATE ON audited.docs FROM anonymous;
SELECT level, object, detail FROM test.findings('anonymous_writes');
GRANT UPDATE (published) ON audited.docs TO anonymous;
SELECT level, object, detail FROM test.findings('anonymous_writes');
REVOKE SELECT, UPDATE (published) ON audited.docs FROM anonymous;
SELECT level, object FROM test.findings('anonymous_writes');
-- Nor on a protected table, whatever somebody adds
GRANT SELECT, INSERT ON audited.docs TO anonymous;
SET LOCAL client_min_messages = warning;
SELECT count(*) > 0 FROM tenancy.protect('audited.docs');
SELECT level, object FROM test.findings('anonymous_writes');
ROLLBACK;

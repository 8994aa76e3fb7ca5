-- Rule tenant_column_unknown: the tenant column has another name.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, "organizationId" text);
CREATE TABLE audited.notes (id int, org_id text);
CREATE TABLE audited.tags (id int, org_id text);
CREATE TABLE audited.hidden (id int, workspace_id text);
GRANT SELECT ON audited.docs, audited.notes, audited.tags TO authenticated;
SELECT * FROM test.findings('tenant_column_unknown');
-- With rows of users it may be meant
SAVEPOINT mine;
CREATE TABLE audited.mine (id int, user_id text);
SELECT level, object FROM test.findings('tenant_column_unknown');
ROLLBACK TO mine;
-- Not where one has it, nor where none looks like it
CREATE TABLE audited.own (id int, tenant_id text);
SELECT level, object FROM test.findings('tenant_column_unknown');
ROLLBACK TO mine;
RESET ROLE;
SELECT tenancy.configure('tenant_column', 'org_id');
SELECT level, object FROM test.findings('tenant_column_unknown');
SELECT tenancy.configure('tenant_column', NULL);
ROLLBACK TO mine;
DROP TABLE audited.docs, audited.notes, audited.tags;
SELECT level, object FROM test.findings('tenant_column_unknown');
ROLLBACK;

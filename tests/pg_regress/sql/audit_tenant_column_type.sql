-- Rule tenant_column_type: owners that cannot be told apart.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TYPE audited.org AS ENUM ('acme', 'umbrella');
CREATE DOMAIN audited.padded AS char(8);
CREATE TABLE audited.numbers (id int, tenant_id numeric);
CREATE TABLE audited.padded_ids (id int, tenant_id char(8));
CREATE TABLE audited.padded_domain (id int, tenant_id audited.padded);
CREATE TABLE audited.documents (id int, tenant_id jsonb);
CREATE TABLE audited.enums (id int, tenant_id audited.org);
CREATE TABLE audited.of_users (id int, user_id numeric);
CREATE TABLE audited.no_equality (id int, tenant_id json) PARTITION BY LIST (id);
CREATE TABLE audited.no_equality_1 PARTITION OF audited.no_equality FOR VALUES IN (1);

-- These tell owners apart; a user column beside a tenant is anybody's
CREATE DOMAIN audited.slug AS varchar(20);
CREATE TABLE audited.texts (id int, tenant_id text, user_id numeric);
CREATE TABLE audited.varchars (id int, tenant_id varchar(20));
CREATE TABLE audited.domains (id int, tenant_id audited.slug);
CREATE TABLE audited.uuids (id int, tenant_id uuid);
CREATE TABLE audited.ints (id int, tenant_id int);
CREATE TABLE audited.c_collation (id int, tenant_id text COLLATE "C");
CREATE TABLE audited.no_tenants (id numeric);
SELECT level, object, message, detail, fix FROM test.findings('tenant_column_type');
-- How numbers are not told apart by looking
SELECT '1.0'::numeric = '1'::numeric AS one_tenant, 'a'::char(8) = 'a  '::char(8) AS one_tenant;
ROLLBACK;

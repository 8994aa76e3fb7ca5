-- Rule tenant_column_nullable: rows that belong to nobody.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.nullable (id int, tenant_id uuid);
CREATE TABLE audited."By month" (id int, tenant_id uuid, month date) PARTITION BY LIST (month);
CREATE TABLE audited.january PARTITION OF audited."By month" FOR VALUES IN ('2026-01-01');
CREATE TABLE audited.by_name (id int, "Org" uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.by_name', tenant_column => 'Org');
ALTER TABLE audited.by_name ALTER COLUMN "Org" DROP NOT NULL;
-- A check of something else besides does not keep NULLs out
CREATE TABLE audited.not_checked (id int, tenant_id uuid CHECK (tenant_id IS NOT NULL OR id > 5), CHECK (id IS NOT NULL));
CREATE TABLE audited.to_be_checked (id int, tenant_id uuid);
ALTER TABLE audited.to_be_checked ADD CHECK (tenant_id IS NOT NULL) NOT VALID;

-- These cannot be NULL, have no tenants, or mean something by NULL
CREATE TABLE audited.required (id int, tenant_id uuid NOT NULL);
CREATE TABLE audited.checked (id int, tenant_id uuid, CHECK (tenant_id IS NOT NULL));
CREATE DOMAIN audited.tenant AS uuid NOT NULL;
CREATE TABLE audited.domain (id int, tenant_id audited.tenant);
CREATE TABLE audited.of_users (id int, user_id text);
CREATE TABLE audited.global (id int, tenant_id uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.global', 'tenant_or_global');
CREATE TABLE audited.global_by_hand (id int, tenant_id uuid);
ALTER TABLE audited.global_by_hand ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_and_global ON audited.global_by_hand USING (tenant_id = auth.tenant_uuid() OR tenant_id IS NULL);
SELECT level, object, message, fix FROM test.findings('tenant_column_nullable');

-- A policy that asks for NOT NULL does not mean anything by NULL
CREATE TABLE audited.asks (id int, tenant_id uuid);
ALTER TABLE audited.asks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.asks USING (tenant_id = auth.tenant_uuid() AND tenant_id IS NOT NULL);
SELECT object FROM test.findings('tenant_column_nullable') WHERE object LIKE '%asks%';

-- Mended, there is no row without a tenant any more
SELECT * FROM test.mend('tenant_column_nullable');
SELECT code, message FROM test.error($$INSERT INTO audited.january VALUES (1, NULL, '2026-01-01')$$);
ROLLBACK;

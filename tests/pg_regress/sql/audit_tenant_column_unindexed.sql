-- Rule tenant_column_unindexed: every query reads the rows of all.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.bare (id int PRIMARY KEY, tenant_id uuid);
CREATE TABLE audited.second (id int, tenant_id uuid, PRIMARY KEY (id, tenant_id));
CREATE TABLE audited.some (id int, tenant_id uuid);
CREATE INDEX ON audited.some (tenant_id) WHERE id > 0;
CREATE INDEX ON audited.some (lower(tenant_id::text));
CREATE INDEX ON audited.some USING hash (tenant_id);
CREATE TABLE audited."Of users" (id int, "user_id" text);
CREATE TABLE audited.by_id (id int, tenant_id uuid) PARTITION BY RANGE (id);
CREATE TABLE audited.by_id_1 PARTITION OF audited.by_id FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (id);
CREATE TABLE audited.by_id_1_1 PARTITION OF audited.by_id_1 FOR VALUES FROM (1) TO (5);
CREATE TABLE audited.by_id_2 PARTITION OF audited.by_id FOR VALUES FROM (10) TO (20);
CREATE INDEX ON audited.by_id_2 (tenant_id);
CREATE TABLE audited.parent (id int, tenant_id uuid);
CREATE INDEX ON audited.parent (tenant_id);
CREATE TABLE audited.child () INHERITS (audited.parent);

-- These have one, need none, or have no owners
CREATE TABLE audited.indexed (id int, tenant_id uuid, PRIMARY KEY (tenant_id, id));
CREATE TABLE audited.leaves (id int, tenant_id uuid) PARTITION BY RANGE (id);
CREATE TABLE audited.leaves_1 PARTITION OF audited.leaves FOR VALUES FROM (1) TO (5);
CREATE INDEX ON audited.leaves_1 (tenant_id);
CREATE TABLE audited.from_above (id int, tenant_id uuid) PARTITION BY RANGE (id);
CREATE TABLE audited.from_above_1 PARTITION OF audited.from_above FOR VALUES FROM (1) TO (5);
CREATE INDEX ON audited.from_above (tenant_id);
CREATE TABLE audited.by_tenant (id int, tenant_id text) PARTITION BY LIST (tenant_id);
CREATE TABLE audited.by_tenant_acme PARTITION OF audited.by_tenant FOR VALUES IN ('acme');
CREATE TABLE audited.countries (id int);
CREATE TABLE audited.of_user_in_tenant (id int PRIMARY KEY, tenant_id uuid, user_id text);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.of_user_in_tenant', 'user');
CREATE TABLE audited.via_parent (id int, parent_id int REFERENCES audited.of_user_in_tenant (id), tenant_id uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.via_parent', 'via_parent');
SELECT level, object, message, detail, fix FROM test.findings('tenant_column_unindexed');
-- Mended, a tenant's rows are found by it
SELECT * FROM test.mend('tenant_column_unindexed');
SET LOCAL enable_seqscan = off;
EXPLAIN (COSTS off) SELECT FROM audited.some WHERE tenant_id = '00000000-0000-0000-0000-00000000000a';

-- On a large table the index is built beside the writers: partition by partition, then that of all, which adopts them
DROP INDEX audited.by_id_tenant_id_idx;
INSERT INTO audited.by_id SELECT 3, NULL FROM generate_series(1, 100);
ANALYZE audited.by_id_1_1;
RESET ROLE;
UPDATE pg_class SET relpages = 13000 WHERE oid = 'audited.by_id_1_1'::regclass;
SET LOCAL ROLE table_owner;
SELECT detail, fix FROM test.findings('tenant_column_unindexed');
ROLLBACK;

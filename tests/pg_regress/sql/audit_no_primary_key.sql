-- Rule no_primary_key: rows that nothing tells apart.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, UNIQUE (id));
CREATE TABLE audited."By month" (id int, tenant_id uuid) PARTITION BY RANGE (id);
CREATE TABLE audited.month_1 PARTITION OF audited."By month" FOR VALUES FROM (1) TO (10);
CREATE TABLE audited.keyed (id int PRIMARY KEY);
-- (A primary key is not inherited.)
CREATE TABLE audited.child () INHERITS (audited.keyed);
CREATE TABLE audited.partitioned (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE audited.partition_1 PARTITION OF audited.partitioned FOR VALUES FROM (1) TO (10);
SELECT level, object, message, detail, fix FROM test.findings('no_primary_key');
ALTER TABLE audited.docs ADD PRIMARY KEY (id);
ALTER TABLE audited."By month" ADD PRIMARY KEY (id);
ALTER TABLE audited.child ADD PRIMARY KEY (id);
SELECT count(*) FROM test.findings('no_primary_key');
ROLLBACK;

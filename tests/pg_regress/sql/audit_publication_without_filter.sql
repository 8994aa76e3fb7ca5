-- Rule publication_without_filter: replication asks no policy.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE TABLE audited.docs (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.countries (id int PRIMARY KEY);
CREATE TABLE audited.parts (id int, user_id text) PARTITION BY RANGE (id);
SET LOCAL client_min_messages = error; -- (of wal_level)
CREATE PUBLICATION audited_tables FOR TABLE audited.docs, audited.countries, audited.parts;
CREATE PUBLICATION audited_schema FOR TABLES IN SCHEMA audited;
CREATE PUBLICATION "Audited everything" FOR ALL TABLES;
SELECT * FROM test.findings('publication_without_filter');
-- Not meant: with a row filter, and of tables whose rows belong to nobody
DROP PUBLICATION audited_tables, audited_schema, "Audited everything";
CREATE PUBLICATION audited_filtered FOR TABLE audited.docs WHERE (tenant_id = 'ours'), audited.countries;
SELECT * FROM test.findings('publication_without_filter');
ALTER PUBLICATION audited_filtered SET TABLE audited.docs;
SELECT object FROM test.findings('publication_without_filter');
ROLLBACK;

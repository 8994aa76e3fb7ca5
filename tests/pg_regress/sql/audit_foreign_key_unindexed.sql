-- Rule foreign_key_unindexed: a DELETE that reads all rows that may refer.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.projects (id int PRIMARY KEY, tenant_id uuid, UNIQUE (tenant_id, id));
CREATE TABLE audited.tasks (id int PRIMARY KEY, tenant_id uuid, "Project" int CONSTRAINT bare REFERENCES audited.projects, other int CONSTRAINT other REFERENCES audited.projects,
    CONSTRAINT with_tenant FOREIGN KEY (tenant_id, "Project") REFERENCES audited.projects (tenant_id, id), CONSTRAINT same_again FOREIGN KEY ("Project") REFERENCES audited.projects);
CREATE INDEX ON audited.tasks (other) WHERE other > 5;
-- An index on the tenant finds all rows of a tenant
CREATE INDEX ON audited.tasks (tenant_id);
CREATE INDEX ON audited.tasks (id, "Project");
CREATE TABLE audited.events (id int, project int CONSTRAINT of_partitions REFERENCES audited.projects) PARTITION BY RANGE (id);
CREATE TABLE audited.events_1 PARTITION OF audited.events FOR VALUES FROM (1) TO (10);

-- These have one, in whatever order
CREATE TABLE audited.sound (a int, b uuid, c int REFERENCES audited.projects, d int REFERENCES audited.projects, tenant_id uuid,
    FOREIGN KEY (b, a) REFERENCES audited.projects (tenant_id, id), FOREIGN KEY (tenant_id, d) REFERENCES audited.projects (tenant_id, id));
CREATE INDEX ON audited.sound (a, b);
CREATE INDEX ON audited.sound (c, a);
CREATE INDEX ON audited.sound (d) WHERE d IS NOT NULL;
-- The tenant's is for another rule
CREATE TABLE audited.tenants (id uuid PRIMARY KEY);
CREATE TABLE audited.docs (tenant_id uuid REFERENCES audited.tenants);
SELECT level, object, message, detail, fix FROM test.findings('foreign_key_unindexed');
SELECT object FROM test.findings('tenant_column_unindexed') WHERE object LIKE '%docs%';

SELECT * FROM test.mend('foreign_key_unindexed');
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
EXPLAIN (COSTS off) SELECT FROM audited.tasks WHERE "Project" = 1;
-- (A large table's is built beside the writers.)
DROP INDEX audited."tasks_Project_idx";
DROP INDEX audited."tasks_tenant_id_Project_idx";
INSERT INTO audited.tasks VALUES (1);
ANALYZE audited.tasks;
RESET ROLE;
UPDATE pg_class SET relpages = 13000 WHERE oid = 'audited.tasks'::regclass;
SELECT object, detail, fix FROM test.findings('foreign_key_unindexed') ORDER BY 1;
ROLLBACK;

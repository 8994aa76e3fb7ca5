-- Rule orphans: rows that refer to nothing, or to another tenant's row.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = error;
CREATE TABLE audited.projects (id int PRIMARY KEY, tenant_id uuid, name varchar(20) UNIQUE, UNIQUE (tenant_id, id));
INSERT INTO audited.projects VALUES (1, '00000000-0000-0000-0000-00000000000a', 'one'), (2, '00000000-0000-0000-0000-00000000000b', 'two'), (3, NULL, 'global');

-- Keys that hold for new rows only. (Whoever validates one under FORCE sees no rows, and finds none wrong.)
CREATE TABLE audited.not_valid (id int);
ALTER TABLE audited.not_valid ADD CONSTRAINT "Not valid" FOREIGN KEY (id) REFERENCES audited.projects NOT VALID;
CREATE TABLE audited.not_valid_forced (id int);
ALTER TABLE audited.not_valid_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ADD CONSTRAINT not_valid FOREIGN KEY (id) REFERENCES audited.projects NOT VALID;
SELECT level, object, message, detail, fix FROM test.findings('orphans');
SELECT * FROM test.mend('orphans');

-- A foreign key made under FORCE is marked valid with orphans in it
CREATE TABLE audited.tasks (id int, tenant_id uuid, project_id int);
INSERT INTO audited.tasks VALUES (1, '00000000-0000-0000-0000-00000000000a', 1), (2, '00000000-0000-0000-0000-00000000000a', 77), (3, '00000000-0000-0000-0000-00000000000a', NULL);
ALTER TABLE audited.tasks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE audited.tasks ADD CONSTRAINT of_project FOREIGN KEY (project_id) REFERENCES audited.projects;
SELECT convalidated FROM pg_constraint WHERE conname = 'of_project';
-- Its owner does not see them, nor does the audit of its owner. Whom row security does not bind does.
SELECT object FROM test.findings('orphans') WHERE level = 'error';
RESET ROLE;
SELECT level, object, message, detail, fix FROM test.findings('orphans') WHERE level = 'error';
UPDATE audited.tasks SET project_id = 1 WHERE project_id = 77;
SELECT object FROM test.findings('orphans') WHERE level = 'error';

-- Rows of another tenant, and both; in partitions, by several columns, in a table of its own, of other types
SET LOCAL ROLE table_owner;
CREATE TABLE audited.crossing (tenant_id uuid, project_id int CONSTRAINT to_another REFERENCES audited.projects);
INSERT INTO audited.crossing SELECT '00000000-0000-0000-0000-00000000000a', n % 3 + 1 FROM generate_series(0, 8) n;
CREATE TABLE audited.parts (id int, tenant_id uuid, project_id int, CONSTRAINT of_parts FOREIGN KEY (tenant_id, project_id) REFERENCES audited.projects (tenant_id, id)) PARTITION BY RANGE (id);
CREATE TABLE audited.parts_1 PARTITION OF audited.parts FOR VALUES FROM (1) TO (10);
CREATE TABLE audited.tree (id bigint PRIMARY KEY, parent int CONSTRAINT of_tree REFERENCES audited.tree);
CREATE TABLE audited.names (name text CONSTRAINT of_name REFERENCES audited.projects (name));
CREATE TABLE audited.children () INHERITS (audited.names);
RESET ROLE;
SET LOCAL session_replication_role = replica;
INSERT INTO audited.crossing VALUES ('00000000-0000-0000-0000-00000000000a', 88), ('00000000-0000-0000-0000-00000000000a', 89);
-- (A key of which one column is NULL refers to nothing.)
INSERT INTO audited.parts VALUES (1, '00000000-0000-0000-0000-00000000000a', 1), (2, '00000000-0000-0000-0000-00000000000a', 2), (3, NULL, 99);
INSERT INTO audited.tree VALUES (1, 1), (2, 1), (3, 99);
INSERT INTO audited.names VALUES ('one'), ('secret');
-- (No foreign key is inherited.)
INSERT INTO audited.children VALUES ('secret');
SET LOCAL session_replication_role = origin;
SET LOCAL ROLE table_owner;
SELECT level, object, message, detail, fix FROM test.findings('orphans') WHERE level = 'error';

-- What refers to tenants themselves, or to rows for everybody to read, crosses nothing
CREATE TABLE audited.tenants (id uuid PRIMARY KEY);
INSERT INTO audited.tenants VALUES ('00000000-0000-0000-0000-00000000000a'), ('00000000-0000-0000-0000-00000000000b');
CREATE TABLE audited.templates (id int PRIMARY KEY, tenant_id uuid);
INSERT INTO audited.templates VALUES (1, '00000000-0000-0000-0000-00000000000b');
CREATE TABLE audited.sound (tenant_id uuid, partner uuid REFERENCES audited.tenants, template int CONSTRAINT to_template REFERENCES audited.templates);
INSERT INTO audited.sound VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b', 1);
SELECT object FROM test.findings('orphans') WHERE object ~ 'sound';
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.tenants', 'tenant_root', force => false);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.templates', 'public_read', force => false);
SELECT object FROM test.findings('orphans') WHERE object ~ 'sound';

-- Only small tables are read
RESET ROLE;
ANALYZE audited.crossing;
UPDATE pg_class SET relpages = 13000 WHERE oid = 'audited.crossing'::regclass;
ANALYZE audited.tree;
UPDATE pg_class SET reltuples = 1e6 WHERE oid = 'audited.tree'::regclass;
SELECT object FROM test.findings('orphans') WHERE level = 'error';

-- Nobody's code runs with more rights than theirs: the planner runs what an index, a check or statistics call, and a type's own
-- operators are asked for equality. So such tables are read as their owner only, or not at all.
SET LOCAL ROLE table_owner;
CREATE SEQUENCE audited.calls;
CREATE FUNCTION audited.trap(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT nextval(''audited.calls'')::int * 0 + $1';
CREATE TABLE audited.indexed (project_id int CONSTRAINT with_index REFERENCES audited.projects);
CREATE INDEX ON audited.indexed ((project_id + audited.trap(1)));
CREATE TABLE audited.partial (project_id int CONSTRAINT with_condition REFERENCES audited.projects);
CREATE INDEX ON audited.partial (project_id) WHERE project_id > audited.trap(1);
CREATE TABLE audited.checked (project_id int CONSTRAINT with_check REFERENCES audited.projects, CHECK (project_id > audited.trap(0)));
CREATE TABLE audited.measured (id int, project_id int CONSTRAINT with_statistics REFERENCES audited.projects);
CREATE STATISTICS audited.statistics ON (project_id + audited.trap(1)), id FROM audited.measured;
CREATE TABLE audited.generated (project_id int CONSTRAINT with_generated REFERENCES audited.projects, g int GENERATED ALWAYS AS (project_id + audited.trap(1)) STORED);
CREATE TABLE audited.plain (project_id int CONSTRAINT with_nothing REFERENCES audited.projects);
CREATE INDEX ON audited.plain (abs(project_id)) WHERE project_id > abs(-1);
CREATE DOMAIN audited.own_type AS int CHECK (audited.trap(1) = 1);
CREATE TABLE audited.typed (project_id audited.own_type CONSTRAINT of_own_type REFERENCES audited.projects);
RESET ROLE;
SET LOCAL session_replication_role = replica;
INSERT INTO audited.indexed VALUES (99);
INSERT INTO audited.partial VALUES (99);
INSERT INTO audited.checked VALUES (99);
INSERT INTO audited.measured VALUES (1, 99);
INSERT INTO audited.generated VALUES (99);
INSERT INTO audited.plain VALUES (99);
INSERT INTO audited.typed VALUES (99);
SET LOCAL session_replication_role = origin;
SELECT setval('audited.calls', 1, false);
SET LOCAL constraint_exclusion = on;
SELECT object FROM test.findings('orphans') WHERE object ~ 'with_|of_own';
SELECT is_called FROM audited.calls;
-- (From a role that was only put on, code could take it off.)
SET LOCAL ROLE table_owner;
SELECT object FROM test.findings('orphans') WHERE object ~ 'with_|of_own';
SELECT is_called FROM audited.calls;
SET LOCAL SESSION AUTHORIZATION table_owner;
SELECT object FROM test.findings('orphans') WHERE object ~ 'with_|of_own';
SELECT is_called FROM audited.calls;
ROLLBACK;

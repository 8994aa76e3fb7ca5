-- Rule foreign_key_without_tenant: a row that refers to another tenant's.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = error;
CREATE TABLE audited.projects (id int PRIMARY KEY, tenant_id uuid, parent_id int CONSTRAINT parent REFERENCES audited.projects, UNIQUE (tenant_id, id));
CREATE TABLE audited.tasks (id int PRIMARY KEY, tenant_id uuid, project_id int CONSTRAINT "To project" REFERENCES audited.projects ON DELETE CASCADE, UNIQUE (tenant_id, id));
CREATE TABLE audited.events (id int, tenant_id uuid, task_id int CONSTRAINT to_task REFERENCES audited.tasks) PARTITION BY RANGE (id);
CREATE TABLE audited.events_1 PARTITION OF audited.events FOR VALUES FROM (1) TO (10);
SELECT level, object, message, detail, fix FROM test.findings('foreign_key_without_tenant');

-- With the tenant; to what belongs to no tenant, to tenants themselves, by which a row belongs, from what belongs to no tenant
CREATE TABLE audited.with_tenant (tenant_id uuid, project_id int, FOREIGN KEY (tenant_id, project_id) REFERENCES audited.projects (tenant_id, id));
CREATE TABLE audited.countries (id int PRIMARY KEY);
CREATE TABLE audited.templates (id int PRIMARY KEY, tenant_id uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.templates', 'public_read');
CREATE TABLE audited.people (id int PRIMARY KEY, user_id text);
CREATE TABLE audited.tenants (id uuid PRIMARY KEY, tenant_id uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.tenants', 'tenant_root', tenant_column => 'id');
CREATE TABLE audited.sound (tenant_id uuid REFERENCES audited.tenants, country int REFERENCES audited.countries, template int REFERENCES audited.templates,
    person int REFERENCES audited.people, partner uuid REFERENCES audited.tenants);
CREATE TABLE audited.counts (project_id int REFERENCES audited.projects);
SELECT object FROM test.findings('foreign_key_without_tenant') WHERE object !~ 'parent|To project|to_task';
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.tasks');
CREATE TABLE audited.notes (task_id int REFERENCES audited.tasks, other_task int);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.notes', 'via_parent');
SELECT object FROM test.findings('foreign_key_without_tenant') WHERE object LIKE '%notes%';
-- A second key from a child is not that by which it belongs
ALTER TABLE audited.notes ADD CONSTRAINT other FOREIGN KEY (other_task) REFERENCES audited.tasks;
SELECT object FROM test.findings('foreign_key_without_tenant') WHERE object LIKE '%notes%';

-- What it does: acme deletes its project, and with it another tenant's task
INSERT INTO audited.projects VALUES (1, '00000000-0000-0000-0000-00000000000a');
ALTER TABLE audited.tasks NO FORCE ROW LEVEL SECURITY;
INSERT INTO audited.tasks VALUES (1, '00000000-0000-0000-0000-00000000000b', 1);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.projects');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "00000000-0000-0000-0000-00000000000a"}');
DELETE FROM audited.projects;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT count(*) AS tasks_of_umbrella FROM audited.tasks;
-- With the tenant in the key there can be no such task
ALTER TABLE audited.tasks DROP CONSTRAINT "To project", ADD CONSTRAINT "To project" FOREIGN KEY (tenant_id, project_id) REFERENCES audited.projects (tenant_id, id) ON DELETE CASCADE;
SELECT object FROM test.findings('foreign_key_without_tenant') WHERE object LIKE '%To project%';
ROLLBACK;

-- Join tables were forgotten: labels and tasks are protected, what connects them is not, as it has no tenant column and seemed harmless.
-- Callers see which tasks of others bear which labels, and untie or tie them.
-- finds: rls_disabled table work.task_labels
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA work;
GRANT USAGE ON SCHEMA work TO authenticated;
CREATE TABLE work.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    title text NOT NULL
);
CREATE TABLE work.labels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL
);
CREATE TABLE work.task_labels (
    task_id uuid NOT NULL REFERENCES work.tasks ON DELETE CASCADE,
    label_id uuid NOT NULL REFERENCES work.labels ON DELETE CASCADE,
    PRIMARY KEY (task_id, label_id)
);
CREATE INDEX ON work.task_labels (label_id);
INSERT INTO work.tasks (id, tenant_id, title) VALUES
    ('0000000a-0000-0000-0000-000000000000', '11111111-1111-1111-1111-111111111111', 'hire'),
    ('0000000b-0000-0000-0000-000000000000', '22222222-2222-2222-2222-222222222222', 'fire');
INSERT INTO work.labels (tenant_id, name) SELECT tenant_id, 'urgent' FROM work.tasks;
INSERT INTO work.task_labels SELECT t.id, l.id FROM work.tasks t JOIN work.labels l USING (tenant_id);
SELECT tenancy.protect('work.tasks');
SELECT tenancy.protect('work.labels');
GRANT SELECT, INSERT, DELETE ON work.task_labels TO authenticated;

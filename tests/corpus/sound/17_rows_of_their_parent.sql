-- Comments, join rows and attachments have no tenant column at all: they belong to whom their parent belongs to, over one key and over two
-- (template via_parent).
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA work;
GRANT USAGE ON SCHEMA work TO authenticated;
CREATE TABLE work.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    title text NOT NULL
);
CREATE TABLE work.comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    task_id uuid NOT NULL REFERENCES work.tasks ON DELETE CASCADE,
    body text NOT NULL
);
CREATE INDEX ON work.comments (task_id);
CREATE TABLE work.attachments (
    comment_id uuid NOT NULL REFERENCES work.comments ON DELETE CASCADE,
    name text NOT NULL,
    PRIMARY KEY (comment_id, name)
);
INSERT INTO work.tasks (id, tenant_id, title) VALUES
    ('0000000a-0000-0000-0000-000000000000', '11111111-1111-1111-1111-111111111111', 'hire'),
    ('0000000b-0000-0000-0000-000000000000', '22222222-2222-2222-2222-222222222222', 'fire');
INSERT INTO work.comments (task_id, body) SELECT id, 'why?' FROM work.tasks;
INSERT INTO work.attachments SELECT id, 'memo.pdf' FROM work.comments;
SELECT tenancy.protect('work.tasks');
SELECT tenancy.protect('work.comments', 'via_parent');
SELECT tenancy.protect('work.attachments', 'via_parent');

-- A parent column that points into the same table, rows without a parent, and a child whose key leads to a row that belongs to all: none is
-- an orphan, and none refers to another tenant's row.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA wiki;
GRANT USAGE ON SCHEMA wiki TO authenticated;
CREATE TABLE wiki.layouts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid,
    name text NOT NULL
);
CREATE TABLE wiki.pages (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    parent_id uuid,
    layout_id uuid REFERENCES wiki.layouts,
    title text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES wiki.pages (tenant_id, id)
);
CREATE INDEX ON wiki.pages (tenant_id, parent_id);
CREATE INDEX ON wiki.pages (layout_id);
INSERT INTO wiki.layouts (id, tenant_id, name) VALUES ('0000000c-0000-0000-0000-000000000000', NULL, 'two columns');
INSERT INTO wiki.pages (tenant_id, id, layout_id, title) VALUES
    ('11111111-1111-1111-1111-111111111111', '0000000a-0000-0000-0000-000000000000', '0000000c-0000-0000-0000-000000000000', 'home'),
    ('22222222-2222-2222-2222-222222222222', '0000000a-0000-0000-0000-000000000000', NULL, 'home');
INSERT INTO wiki.pages (tenant_id, parent_id, title) SELECT tenant_id, id, 'child' FROM wiki.pages;
SELECT tenancy.protect('wiki.layouts', 'tenant_or_global', force => false);
SELECT tenancy.protect('wiki.pages', force => false);

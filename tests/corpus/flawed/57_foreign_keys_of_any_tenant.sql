-- Both tables are protected, but the key between them leaves out the tenant: a comment may refer to another tenant's note, whether an id
-- exists is told by the error, and ON DELETE CASCADE takes rows of others. (pgrls SEC047; RI is carried out without row security.)
-- finds: foreign_key_without_tenant constraint comments_note_id_fkey on app.comments
-- finds: foreign_key_unindexed constraint comments_note_id_fkey on app.comments
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    body text NOT NULL
);
CREATE TABLE app.comments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    note_id bigint NOT NULL REFERENCES app.notes ON DELETE CASCADE,
    body text NOT NULL
);
INSERT INTO app.notes (tenant_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'of Alpha'), ('22222222-2222-2222-2222-222222222222', 'of Beta');
INSERT INTO app.comments (tenant_id, note_id, body) SELECT tenant_id, id, 'first!' FROM app.notes;
SELECT tenancy.protect('app.notes');
SELECT tenancy.protect('app.comments');

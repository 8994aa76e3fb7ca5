-- The same rows again: as text, in tables under tenancy.protect(), and in one for the policies that people write.
SET client_min_messages = warning;
CREATE TABLE plain_text AS
SELECT id, tenant_id::text, folder_id, amount FROM plain_uuid;
CREATE TABLE plain_folders AS
SELECT id, tenant_of(id) AS tenant_id FROM generate_series(1, 100000) AS id;
CREATE TABLE docs_uuid AS TABLE plain_uuid;
CREATE TABLE docs_text AS TABLE plain_text;
CREATE TABLE folders AS TABLE plain_folders;
CREATE TABLE today AS TABLE plain_uuid;

DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY '{plain_text,plain_folders,docs_uuid,docs_text,folders,today}'::text[] LOOP
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id)', target);
        EXECUTE format('CREATE INDEX ON %I (tenant_id)', target);
        EXECUTE format('GRANT SELECT ON %I TO authenticated', target);
    END LOOP;
END $$;

SELECT tenancy.protect(target) FROM unnest('{docs_uuid,docs_text,folders}'::regclass[]) AS target;
ALTER TABLE today ENABLE ROW LEVEL SECURITY;
VACUUM (ANALYZE, FREEZE);
CHECKPOINT;

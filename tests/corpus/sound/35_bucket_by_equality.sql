-- Objects of a bucket by the first folder of their path: compared as a whole and not by a pattern, with a LIKE beside it that asks the row
-- and constants alone, and a column for the tenant that is computed from the path.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA storage;
GRANT USAGE ON SCHEMA storage TO authenticated, anonymous;
CREATE TABLE storage.buckets (id text PRIMARY KEY, public boolean NOT NULL DEFAULT false);
CREATE TABLE storage.objects (
    bucket_id text NOT NULL REFERENCES storage.buckets,
    name text NOT NULL CHECK (name LIKE '%/%'),
    tenant_id text NOT NULL GENERATED ALWAYS AS (split_part(name, '/', 1)) STORED,
    bytes bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (bucket_id, tenant_id, name)
);
CREATE INDEX ON storage.objects (tenant_id, bucket_id);
INSERT INTO storage.buckets VALUES ('documents', false), ('sites', true);
INSERT INTO storage.objects (bucket_id, name) VALUES
    ('documents', 'org_a/plan.pdf'), ('documents', 'orgxa/secret.pdf'), ('sites', 'org_a/index.html');
GRANT SELECT ON storage.buckets TO authenticated, anonymous;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects FORCE ROW LEVEL SECURITY;
CREATE POLICY own_folder ON storage.objects TO authenticated
    USING (bucket_id = 'documents' AND tenant_id = (SELECT auth.tenant_id())) WITH CHECK (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY web_pages ON storage.objects FOR SELECT TO authenticated, anonymous USING (bucket_id = 'sites' AND name LIKE '%.html');
GRANT SELECT, INSERT, UPDATE, DELETE ON storage.objects TO authenticated;
GRANT SELECT ON storage.objects TO anonymous;

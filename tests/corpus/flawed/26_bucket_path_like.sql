-- Objects of a bucket belong to the tenant whose id begins their path, compared with LIKE: a tenant, or a user with claims of their own
-- making, called % or with an underscore in the id reads other folders. (pgrls SEC026.)
-- finds: pattern_on_claim policy own_folder on storage.objects
-- finds: pattern_on_claim policy own_avatar on storage.objects
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA storage;
GRANT USAGE ON SCHEMA storage TO authenticated;
CREATE TABLE storage.buckets (id text PRIMARY KEY, public boolean NOT NULL DEFAULT false);
CREATE TABLE storage.objects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bucket_id text NOT NULL REFERENCES storage.buckets,
    name text NOT NULL,
    metadata jsonb,
    UNIQUE (bucket_id, name)
);
INSERT INTO storage.buckets VALUES ('documents', false), ('avatars', false);
INSERT INTO storage.objects (bucket_id, name) VALUES
    ('documents', 'org_a/plan.pdf'), ('documents', 'orgxa/secret.pdf'), ('avatars', 'user_1.png');

ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects FORCE ROW LEVEL SECURITY;
CREATE POLICY own_folder ON storage.objects TO authenticated
    USING (bucket_id = 'documents' AND name LIKE auth.tenant_id() || '/%');
CREATE POLICY own_avatar ON storage.objects TO authenticated
    USING (bucket_id = 'avatars' AND name ~ ('^' || (SELECT auth.user_id())));
GRANT SELECT, INSERT, UPDATE, DELETE ON storage.objects TO authenticated;

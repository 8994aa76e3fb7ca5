-- Row security was enabled and no policy written, so the worker saw nothing and was given BYPASSRLS. It is a login like the others:
-- whoever gets at its connection string reads all tenants, in every table there will ever be. (pgrls SEC009, SEC016.)
-- finds: rls_without_policies table jobs.exports
-- finds: bypassrls_role role export_worker
CREATE ROLE export_worker LOGIN BYPASSRLS;
CREATE ROLE jobs_web LOGIN;
SET ROLE owner;

CREATE SCHEMA jobs;
GRANT USAGE ON SCHEMA jobs TO export_worker, jobs_web;
CREATE TABLE jobs.exports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    requested_by text NOT NULL,
    file bytea
);
CREATE INDEX ON jobs.exports (tenant_id);
INSERT INTO jobs.exports (tenant_id, requested_by, file) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'alpha'), ('22222222-2222-2222-2222-222222222222', 'bob', 'beta');
ALTER TABLE jobs.exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs.exports FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON jobs.exports TO export_worker;
GRANT SELECT, INSERT ON jobs.exports TO jobs_web;

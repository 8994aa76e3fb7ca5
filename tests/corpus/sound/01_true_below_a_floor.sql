-- USING (true) and WITH CHECK (true) for all commands, which alone would open everything: the RESTRICTIVE floor above them, for everybody,
-- leaves each caller their tenant's rows.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT auth.tenant_uuid(),
    body text NOT NULL
);
CREATE INDEX ON app.notes (tenant_id);
INSERT INTO app.notes (tenant_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'of Alpha'), ('22222222-2222-2222-2222-222222222222', 'of Beta');
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON app.notes TO authenticated USING (true) WITH CHECK (true);
CREATE POLICY floor ON app.notes AS RESTRICTIVE
    USING (tenant_id = auth.tenant_uuid()) WITH CHECK (tenant_id = auth.tenant_uuid());
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO authenticated;

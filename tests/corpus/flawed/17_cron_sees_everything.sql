-- So that the nightly job, which has no user, could work, the policy lets through whoever is nobody. A request that lost its claims,
-- and every visitor, is nobody too, and sees the notes of all tenants. (pgrls SEC004.)
-- finds: inverted_check policy own_or_cron on app.notes
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anonymous;
CREATE TABLE app.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    body text NOT NULL
);
CREATE INDEX ON app.notes (tenant_id, user_id);
INSERT INTO app.notes (tenant_id, user_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'buy milk'), ('22222222-2222-2222-2222-222222222222', 'bob', 'pin 4711');
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_or_cron ON app.notes TO authenticated, anonymous
    USING (auth.user_id() IS NULL OR (tenant_id = auth.tenant_uuid() AND user_id = auth.user_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO authenticated;
GRANT SELECT ON app.notes TO anonymous;

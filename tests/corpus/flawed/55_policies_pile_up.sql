-- Three permissive policies for one command, written over the years, each fine when it was. They add up to their OR, and the next of
-- them that is too wide is not narrowed by any: nothing here is RESTRICTIVE. (splinter 0006, pgrls SEC007.)
-- finds: multiple_permissive_policies table crm.contacts
-- finds: no_restrictive_floor table crm.contacts
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO authenticated;
CREATE TABLE crm.contacts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    owner_id text NOT NULL,
    name text NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO crm.contacts (tenant_id, owner_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann', 'Gamma'), ('22222222-2222-2222-2222-222222222222', 'bob', 'Delta');
ALTER TABLE crm.contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY owners ON crm.contacts TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()) AND owner_id = (SELECT auth.user_id()));
CREATE POLICY shared ON crm.contacts FOR SELECT TO authenticated USING (tenant_id = (SELECT auth.tenant_uuid()) AND shared);
CREATE POLICY admins ON crm.contacts FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()) AND (SELECT auth.has_role('admin')));
GRANT SELECT, INSERT, UPDATE ON crm.contacts TO authenticated;

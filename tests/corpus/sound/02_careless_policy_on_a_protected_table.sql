-- Policies of later migrations look wide open (USING (true), one by the role alone): the table was protected by tenancy.protect(), and no
-- permissive policy reaches beyond its floor.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO authenticated;
CREATE TABLE crm.contacts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    owner_id text
);
INSERT INTO crm.contacts (tenant_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Ida'), ('22222222-2222-2222-2222-222222222222', 'Omar');
SELECT tenancy.protect('crm.contacts');

CREATE POLICY "Enable read access for all users" ON crm.contacts FOR SELECT USING (true);
CREATE POLICY admins_do_all ON crm.contacts TO authenticated USING (auth.has_role('admin')) WITH CHECK (auth.has_role('admin'));
CREATE POLICY take_over ON crm.contacts FOR UPDATE TO authenticated USING (owner_id IS NULL) WITH CHECK (true);

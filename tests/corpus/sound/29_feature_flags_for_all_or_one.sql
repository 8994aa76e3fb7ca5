-- "IS NULL OR", as inverted checks have it: here it is the row's tenant that may be NULL, not the caller's, for flags that are the same for
-- everybody. To read only; the check for writing leaves them out.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA product;
GRANT USAGE ON SCHEMA product TO authenticated;
CREATE TABLE product.flags (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid,
    flag text NOT NULL,
    enabled boolean NOT NULL DEFAULT false
);
CREATE INDEX ON product.flags (tenant_id);
INSERT INTO product.flags (tenant_id, flag) VALUES (NULL, 'dark_mode'),
    ('11111111-1111-1111-1111-111111111111', 'beta'), ('22222222-2222-2222-2222-222222222222', 'gamma');
ALTER TABLE product.flags ENABLE ROW LEVEL SECURITY;
ALTER TABLE product.flags FORCE ROW LEVEL SECURITY;
CREATE POLICY see ON product.flags FOR SELECT TO authenticated
    USING (tenant_id IS NULL OR tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY switch ON product.flags FOR UPDATE TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid())) WITH CHECK (tenant_id = (SELECT auth.tenant_uuid()));
GRANT SELECT, UPDATE ON product.flags TO authenticated;

-- A condition was switched off while debugging, with OR true, and the flag's default was never looked at again: callers read and switch
-- the feature flags of all tenants. (pgrls SEC011.)
-- finds: policy_always_true policy own_flags on product.flags
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA product;
GRANT USAGE ON SCHEMA product TO authenticated;
CREATE TABLE product.flags (
    tenant_id bigint NOT NULL,
    flag text NOT NULL,
    enabled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, flag)
);
INSERT INTO product.flags VALUES (1, 'beta_search', true), (2, 'audit_off', true);
ALTER TABLE product.flags ENABLE ROW LEVEL SECURITY;
ALTER TABLE product.flags FORCE ROW LEVEL SECURITY;
CREATE POLICY own_flags ON product.flags TO authenticated
    USING (tenant_id = auth.tenant_bigint() OR true) WITH CHECK (tenant_id = auth.tenant_bigint() OR true);
GRANT SELECT, INSERT, UPDATE ON product.flags TO authenticated;

-- A table of all the caller's tenants, with a trigger of the owner that fires after the one which keeps the tenant (zz_... sorts last) and
-- sets it from a list of mergers: who belongs to both and corrects a note moves the row to the other tenant.
-- finds: trigger_sorts_after trigger zz_follow_parent on crm.companies
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA crm;
GRANT USAGE ON SCHEMA crm TO authenticated;
CREATE TABLE crm.mergers (company text PRIMARY KEY, new_tenant uuid NOT NULL);
CREATE TABLE crm.companies (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    note text,
    PRIMARY KEY (tenant_id, name)
);
INSERT INTO crm.mergers VALUES ('Gamma', '22222222-2222-2222-2222-222222222222');
INSERT INTO crm.companies VALUES ('11111111-1111-1111-1111-111111111111', 'Gamma'), ('22222222-2222-2222-2222-222222222222', 'Delta');
SELECT tenancy.protect('crm.companies', 'any_tenant');

CREATE FUNCTION crm.follow_parent() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.tenant_id := COALESCE((SELECT m.new_tenant FROM crm.mergers m WHERE m.company = NEW.name), NEW.tenant_id);
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION crm.follow_parent() FROM PUBLIC;
CREATE TRIGGER zz_follow_parent BEFORE UPDATE ON crm.companies FOR EACH ROW EXECUTE FUNCTION crm.follow_parent();
GRANT SELECT ON crm.mergers TO authenticated;

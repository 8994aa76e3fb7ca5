-- Template any_tenant: a caller may do anything to the rows of all their tenants at once.
--
-- Roles are those in the active tenant. So what read, write or remove ask for opens the rows of that one alone.

CREATE FUNCTION tenancy.template_any_tenant(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenants record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenants', of_row, asked ? 'on_missing_tenant');
BEGIN
    reads := tenants.comparison;
    writes := reads;
    active := (tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, false)).comparison;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenants.default_value));
END $$;
COMMENT ON FUNCTION tenancy.template_any_tenant(regclass, regclass, text, jsonb) IS
'Template any_tenant: see tenancy.template().';

-- Template tenant: each row belongs to one tenant, and a caller may do anything to the rows of the active one.

CREATE FUNCTION tenancy.template_tenant(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
BEGIN
    reads := tenant.comparison;
    writes := reads;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value));
END $$;
COMMENT ON FUNCTION tenancy.template_tenant(regclass, regclass, text, jsonb) IS
'Template tenant: see tenancy.template().';

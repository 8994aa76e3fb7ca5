-- Template public_read: everybody reads all rows, signed in or not. Where the table has a tenant column, callers write
-- the rows of their tenant; where it has none, a row belongs to nobody and callers write none.

CREATE FUNCTION tenancy.template_public_read(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record;
BEGIN
    reads := 'true';
    writes := 'false';
    commands := 'r';
    columns := '[]';
    IF asked ? 'tenant_column' THEN
        tenant := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
        -- There is no gate, which a scan of all rows would feel. Who is not signed in writes nothing, whatever claims
        -- they come with.
        writes := tenancy.all_of(tenant.comparison, tenancy.policy_acts_as(ARRAY[asked ->> 'authenticated']));
        commands := 'rawd';
        columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value));
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.template_public_read(regclass, regclass, text, jsonb) IS
'Template public_read: see tenancy.template().';

-- Template tenant_root: the tenants' own table. A caller reads the rows of all their tenants, as a switcher shows them,
-- and changes at most that of the active one; none is ever made by a caller.

CREATE FUNCTION tenancy.template_tenant_root(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id name := asked ->> 'tenant_column';
BEGIN
    reads := (tenancy.owning_column(target, id, 'tenants', of_row, false)).comparison;
    writes := (tenancy.owning_column(target, id, 'tenant', of_row, false)).comparison;
    active := writes;
    commands := 'rwd';
    columns := jsonb_build_array(tenancy.wanted_column(id, NULL));
END $$;
COMMENT ON FUNCTION tenancy.template_tenant_root(regclass, regclass, text, jsonb) IS
'Template tenant_root: see tenancy.template().';

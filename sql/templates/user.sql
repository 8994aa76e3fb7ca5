-- Template user: each row belongs to one user, who may do anything to it. Where the table has a tenant column too, only
-- in that tenant: who has left a tenant leaves their rows there.

CREATE FUNCTION tenancy.template_user(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner record := tenancy.owning_column(target, asked ->> 'user_column', 'user', of_row, false);
    tenant record;
BEGIN
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'user_column', owner.default_value, fixed => false));
    reads := owner.comparison;
    IF asked ? 'tenant_column' THEN
        tenant := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, asked ? 'on_missing_tenant');
        reads := tenancy.all_of(reads, tenant.comparison);
        columns := columns || tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value, indexed => false);
    END IF;
    writes := reads;
    commands := 'rawd';
END $$;
COMMENT ON FUNCTION tenancy.template_user(regclass, regclass, text, jsonb) IS
'Template user: see tenancy.template().';

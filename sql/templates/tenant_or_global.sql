-- Template tenant_or_global: as tenant, and rows whose tenant is NULL are everybody's to read and nobody's to change.
--
-- Everybody is whoever is signed in: without a caller nothing is seen here either. Both arms use the index.

CREATE FUNCTION tenancy.template_tenant_or_global(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant record := tenancy.owning_column(target, asked ->> 'tenant_column', 'tenant', of_row, false);
BEGIN
    reads := format('(%s OR ((%s IS NULL) AND (%s IS NOT NULL)))', tenant.comparison,
        COALESCE(of_row || '.', '') || quote_ident(asked ->> 'tenant_column'), tenancy.policy_call('user_id'));
    writes := tenant.comparison;
    commands := 'rawd';
    columns := jsonb_build_array(tenancy.wanted_column(asked ->> 'tenant_column', tenant.default_value, required => false));
END $$;
COMMENT ON FUNCTION tenancy.template_tenant_or_global(regclass, regclass, text, jsonb) IS
'Template tenant_or_global: see tenancy.template().';

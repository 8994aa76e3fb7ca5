-- Template tenant: each row belongs to one tenant, and a caller may do anything to the rows of theirs.
--
-- The column is compared bare: only then can an index on it be used.

CREATE FUNCTION tenancy.template_tenant(target regclass, tenant_column name,
    OUT expression text, OUT default_value text) RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute pg_attribute;
    base oid;
    reader text;
    operand text;
BEGIN
    SELECT * INTO attribute FROM pg_attribute
    WHERE attrelid = target AND attname = tenant_column AND attnum > 0 AND NOT attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', tenant_column, target
            USING ERRCODE = 'undefined_column',
            HINT = 'Name it with tenant_column => ''...'', or for all tables with tenancy.configure(''tenant_column'', ...).';
    END IF;

    base := attribute.atttypid;
    WHILE (SELECT typtype = 'd' FROM pg_type WHERE oid = base) LOOP
        SELECT typbasetype INTO base FROM pg_type WHERE oid = base;
    END LOOP;
    reader := CASE
        WHEN base = 'uuid'::regtype THEN 'tenant_uuid'
        WHEN base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'tenant_bigint'
        WHEN base IN ('text'::regtype, 'varchar'::regtype) THEN 'tenant_id'
    END;
    IF reader IS NULL THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold a tenant: it is of type %', tenant_column, target,
            format_type(attribute.atttypid, attribute.atttypmod) USING ERRCODE = 'datatype_mismatch',
            DETAIL = 'Equality of a type must be leakproof, or a query''s own conditions could see rows before the policy does.',
            HINT = 'Use uuid, bigint, integer, smallint, text or varchar.';
    END IF;
    IF NOT COALESCE((SELECT collisdeterministic FROM pg_collation WHERE oid = attribute.attcollation), true) THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold a tenant: its collation is nondeterministic', tenant_column, target
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = 'Under it different texts are equal, so one tenant could see another''s rows.',
            HINT = format('ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"', target, tenant_column);
    END IF;
    IF attribute.attgenerated <> '' OR attribute.attidentity <> '' THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold a tenant: it is generated', tenant_column, target
            USING ERRCODE = 'invalid_table_definition',
            HINT = 'The tenant must be a plain column, filled by its default or by the app.';
    END IF;

    operand := format('%I', tenant_column);
    IF base = 'varchar'::regtype OR base <> attribute.atttypid THEN
        operand := format('(%s)::%s', operand, CASE reader WHEN 'tenant_id' THEN 'text' ELSE format_type(base, NULL) END);
    END IF;
    expression := format('%s OPERATOR(pg_catalog.=) %s', operand, tenancy.policy_call(reader));
    default_value := format('auth.%I()', reader);
    IF base IN ('smallint'::regtype, 'integer'::regtype) THEN
        default_value := format('(%s)::%s', default_value, format_type(base, NULL));
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.template_tenant(regclass, name) IS
'What the template tenant writes: the expression that every policy has, and the tenant column''s default. Errors: 42703 no such column; 42804 a type or collation that cannot hold a tenant; 42P16 a generated column.';

-- Columns that say whose a row is: what types they may have, and how a policy compares them.
--
-- A column is compared bare, by an operator of its own type: only then can an index on it be used. What is written
-- here, pg_get_expr() prints the same way, all parentheses included, so that a policy can be told from one that somebody
-- has changed.

CREATE FUNCTION tenancy.base_type(type oid) RETURNS oid
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        WITH RECURSIVE base AS (
            SELECT type AS oid
            UNION ALL
            SELECT t.typbasetype FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype = 'd'
        )
        SELECT b.oid FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd';
    END;
COMMENT ON FUNCTION tenancy.base_type(oid) IS 'The type that a domain, or a domain over one, is made of; any other type itself.';

-- (Texts are compared as text, domains as what they are made of.)
CREATE FUNCTION tenancy.operand(relation regclass, column_name name, of_row text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    declared oid := (SELECT atttypid FROM pg_attribute WHERE attrelid = relation AND attname = column_name);
    base oid := tenancy.base_type(declared);
    written text := COALESCE(of_row || '.', '') || quote_ident(column_name);
BEGIN
    RETURN CASE WHEN base = 'varchar'::regtype THEN format('(%s)::text', written)
        WHEN base <> declared THEN format('(%s)::%s', written, format_type(base, NULL)) ELSE written END;
END $$;
COMMENT ON FUNCTION tenancy.operand(regclass, name, text) IS
'How a policy names a column to compare it; of_row is the alias of its row, NULL for the policy''s own table.';

CREATE FUNCTION tenancy.owning_column(target regclass, column_name name, owner text, of_row text, required boolean,
    OUT comparison text, OUT default_value text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute pg_attribute;
    base oid;
    many boolean := owner = 'tenants';
    what text := CASE owner WHEN 'user' THEN 'a user' ELSE 'a tenant' END;
    setting text := CASE owner WHEN 'user' THEN 'user_column' ELSE 'tenant_column' END;
    reader text;
    caller text;
    wrapped boolean;
BEGIN
    SELECT * INTO attribute FROM pg_attribute
    WHERE attrelid = target AND attname = column_name AND attnum > 0 AND NOT attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', column_name, target
            USING ERRCODE = 'undefined_column',
            HINT = format('Name it with %s => ''...'', or for all tables with tenancy.configure(''%1$s'', ...).', setting);
    END IF;

    base := tenancy.base_type(attribute.atttypid);
    reader := CASE
        WHEN base = 'uuid'::regtype THEN CASE owner WHEN 'user' THEN 'uid' ELSE 'tenant_uuid' END
        WHEN base IN ('text'::regtype, 'varchar'::regtype) THEN CASE owner WHEN 'user' THEN 'user_id' ELSE 'tenant_id' END
        WHEN owner <> 'user' AND base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'tenant_bigint'
    END;
    IF reader IS NULL THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: it is of type %', column_name, target, what,
            format_type(attribute.atttypid, attribute.atttypmod) USING ERRCODE = 'datatype_mismatch',
            DETAIL = CASE WHEN owner = 'user' AND base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
                THEN 'A caller''s id is what their claim sub says: a text, or a uuid.'
                ELSE 'Equality of a type must be leakproof, or a query''s own conditions could see rows before the policy does.' END,
            HINT = CASE owner WHEN 'user' THEN 'Use uuid, text or varchar.' ELSE 'Use uuid, bigint, integer, smallint, text or varchar.' END;
    END IF;
    IF NOT COALESCE((SELECT collisdeterministic FROM pg_collation WHERE oid = attribute.attcollation), true) THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: its collation is nondeterministic', column_name, target, what
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = format('Under it different texts are equal, so one %s could see another''s rows.', ltrim(what, 'a ')),
            HINT = format('ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"', target, column_name);
    END IF;
    IF attribute.attgenerated <> '' OR attribute.attidentity <> '' THEN
        RAISE EXCEPTION 'column "%" of table % cannot hold %: it is generated', column_name, target, what
            USING ERRCODE = 'invalid_table_definition',
            HINT = format('The %s must be a plain column, filled by its default or by the app.', ltrim(what, 'a '));
    END IF;

    caller := tenancy.policy_call(reader || CASE WHEN many THEN 's' ELSE '' END);
    wrapped := starts_with(caller, '( SELECT');
    IF many THEN
        -- (The cast tells ANY of an array from ANY of a sub-select's rows.)
        caller := format(CASE WHEN wrapped AND required THEN '( SELECT COALESCE(NULLIF(auth.%3$I(), ''{}''::%2$s[]), (tenancy.no_tenant())::%2$s[]) AS "coalesce")::%2$s[]'
            WHEN required THEN 'COALESCE(NULLIF(%1$s, ''{}''::%2$s[]), (tenancy.no_tenant())::%2$s[])'
            WHEN wrapped THEN '%1$s::%2$s[]' ELSE '%1$s' END, caller,
            CASE reader WHEN 'tenant_uuid' THEN 'uuid' WHEN 'tenant_bigint' THEN 'bigint' ELSE 'text' END, reader || 's');
    ELSIF required THEN
        -- (Inside the sub-select, where there is one: outside, the planner would ask what it does not know yet.)
        caller := format(CASE WHEN wrapped THEN '( SELECT COALESCE(auth.%3$I(), %2$s) AS "coalesce")' ELSE 'COALESCE(%1$s, %2$s)' END, caller,
            CASE reader WHEN 'tenant_uuid' THEN '(tenancy.no_tenant())::uuid' WHEN 'tenant_bigint' THEN '(tenancy.no_tenant())::bigint' ELSE 'tenancy.no_tenant()' END, reader);
    END IF;
    comparison := format(CASE WHEN many THEN '(%s OPERATOR(pg_catalog.=) ANY (%s))' ELSE '(%s OPERATOR(pg_catalog.=) %s)' END,
        tenancy.operand(target, column_name, of_row), caller);
    default_value := format('auth.%I()', reader);
    IF base IN ('smallint'::regtype, 'integer'::regtype) THEN
        default_value := format('(%s)::%s', default_value, format_type(base, NULL));
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.owning_column(regclass, name, text, text, boolean) IS
'How a policy compares a column with the caller, and the default that fills it in. owner is tenant, tenants (any of the caller''s) or user; of_row the alias of its row, NULL for the policy''s own table; with required, a caller without a tenant is an error. Errors: 42703 no such column; 42804 a type or collation that cannot hold an owner; 42P16 a generated column.';

CREATE FUNCTION tenancy.all_of(VARIADIC conditions text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE count(*) WHEN 1 THEN min(c) ELSE '(' || string_agg(c, ' AND ' ORDER BY position) || ')' END
            FROM unnest(conditions) WITH ORDINALITY AS x (c, position) WHERE c IS NOT NULL);
COMMENT ON FUNCTION tenancy.all_of(text[]) IS 'The expression that is true where all of these are; those that are NULL do not count.';

CREATE FUNCTION tenancy.wanted_column(name name, default_value text, required boolean DEFAULT true, indexed boolean DEFAULT true,
    fixed boolean DEFAULT true) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('name', name, 'default', default_value, 'required', required, 'indexed', indexed, 'fixed', fixed);
COMMENT ON FUNCTION tenancy.wanted_column(name, text, boolean, boolean, boolean) IS
'What a template wants of a column: the default that fills it in (NULL leaves it alone), whether it is to be NOT NULL, whether an index is to lead with it, and whether no update may change it.';

-- Better Auth (and Neon Auth, which is one) keeps its keys in this database: they are used straight from its table.

-- Who could plant a key: a role that callers or gateways log in with, or act as, that may write to the table or has
-- what it takes to put another in its place.
CREATE FUNCTION tenancy.key_table_writer(keys regclass) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT tenancy.described(a.app, a.power) FROM tenancy.roles_of_apps() a, tenancy.written_through(keys) t
        JOIN pg_class c ON c.oid = t JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.power IN (c.relowner, n.nspowner) OR has_schema_privilege(a.power, n.oid, 'CREATE')
            OR has_database_privilege(a.power, current_database(), 'CREATE') OR tenancy.may_write(a.power, t)
        ORDER BY 1 LIMIT 1);
END $$;
COMMENT ON FUNCTION tenancy.key_table_writer(regclass) IS
'The first role found that apps or their callers use and that may write to a table of keys, as words; NULL where there is none.';

CREATE FUNCTION tenancy.use_better_auth(
    iss text,
    audience text[] DEFAULT NULL,
    schema name DEFAULT 'neon_auth',
    jwks_table name DEFAULT 'jwks',
    id_column name DEFAULT 'id',
    key_column name DEFAULT 'publicKey',
    expires_column name DEFAULT 'expiresAt',
    grace interval DEFAULT '30 days',
    layout text DEFAULT 'better_auth',
    tenant_path text[] DEFAULT NULL,
    roles_path text[] DEFAULT NULL,
    permissions_path text[] DEFAULT NULL,
    allow text[] DEFAULT NULL,
    algorithms text[] DEFAULT NULL,
    required jsonb DEFAULT '{}',
    leeway interval DEFAULT '30 s',
    max_age interval DEFAULT NULL,
    database_role name DEFAULT NULL,
    token_roles name[] DEFAULT NULL,
    member_table name DEFAULT 'member'
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    keys regclass;
    writer text;
    members regclass;
    wanted record;
    ordinary boolean;
BEGIN
    PERFORM tenancy.require_issuer_options(iss, audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, NULL, required, leeway, max_age, database_role, token_roles);
    IF grace IS NULL OR grace < '0' THEN
        RAISE EXCEPTION 'grace must be an interval that is not negative' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is how long an expired key is still good.';
    ELSIF num_nulls(schema, jwks_table, id_column, key_column) > 0 THEN
        RAISE EXCEPTION 'schema, jwks_table, id_column and key_column must not be NULL' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave them out for Better Auth''s own names.';
    END IF;
    SELECT c.oid, c.relkind = 'r' AND a.amname = 'heap' INTO keys, ordinary FROM pg_class c LEFT JOIN pg_am a ON a.oid = c.relam
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema) AND c.relname = jwks_table;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table "%" does not exist', format('%s.%s', schema, jwks_table) USING ERRCODE = 'undefined_table',
            HINT = 'Better Auth''s plugin jwt makes it; its schema and name can be given: schema => ..., jwks_table => ... .';
    ELSIF NOT ordinary THEN
        RAISE EXCEPTION '"%" is not an ordinary table', format('%s.%s', schema, jwks_table) USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Keys are read row by row from where they lie, so that nobody''s rules or views come between.';
    END IF;
    FOR wanted IN SELECT w.name, w.types, a.attnum, a.atttypid::regtype AS type
        FROM (VALUES (id_column, '{uuid,text,varchar}'::regtype[]), (key_column, '{text,varchar,json,jsonb}'),
            (expires_column, '{timestamptz,timestamp}')) AS w (name, types)
        LEFT JOIN pg_attribute a ON a.attrelid = keys AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
        WHERE w.name IS NOT NULL OR w.types[1] <> 'timestamptz'::regtype
    LOOP
        IF wanted.attnum IS NULL THEN
            RAISE EXCEPTION 'table % has no column "%"', keys, wanted.name USING ERRCODE = 'undefined_column',
                HINT = 'Names of columns can be given: id_column, key_column, and expires_column, which may be NULL.';
        ELSIF wanted.type <> ALL (wanted.types) THEN
            RAISE EXCEPTION 'column "%" of table % is of type %', wanted.name, keys, wanted.type USING ERRCODE = 'datatype_mismatch',
                HINT = format('It is one of %s.', array_to_string(wanted.types, ', '));
        ELSIF NOT has_column_privilege(keys, wanted.attnum, 'SELECT') OR NOT has_column_privilege(tenancy.administrator(), keys, wanted.attnum, 'SELECT') THEN
            RAISE EXCEPTION 'permission denied for column "%" of table %', wanted.name, keys USING ERRCODE = 'insufficient_privilege',
                HINT = format('GRANT SELECT (%s) ON %s TO %s;', concat_ws(', ', quote_ident(id_column), quote_ident(key_column), quote_ident(expires_column)),
                    keys, tenancy.administrator()::regrole);
        END IF;
    END LOOP;
    writer := tenancy.key_table_writer(keys);
    IF writer IS NOT NULL THEN
        RAISE EXCEPTION 'table % can be written by those whom it is to guard against', keys USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('It can be written, or replaced, by %s, and so anybody''s token could be forged.', writer),
            HINT = 'Let Better Auth connect with a login of its own that is no member of the callers'' role, and revoke the rest.';
    END IF;
    INSERT INTO tenancy.issuer (iss, key_schema, key_table, key_id_column, key_column, key_expires_column, key_grace,
        audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, required, leeway, max_age, require_exp, database_role, token_roles)
    VALUES (iss, schema, jwks_table, id_column, key_column, expires_column, extract(epoch FROM grace),
        -- Better Auth's own default: the audience is the base URL, as the issuer is.
        COALESCE(audience, ARRAY[iss]), layout, tenant_path, roles_path, permissions_path, allow, algorithms, required,
        extract(epoch FROM leeway), extract(epoch FROM max_age), true, database_role, token_roles);
    -- Members, where the plugin organization keeps them.
    SELECT c.oid INTO members FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = schema AND c.relname = member_table;
    IF members = (SELECT m.source FROM tenancy.member_source m) THEN
        NULL; -- with the options it was given
    ELSIF members IS NOT NULL AND tenancy.setting('members') <> '' THEN
        RAISE NOTICE 'the table of members is still %', tenancy.setting('members')
            USING HINT = format('To have Better Auth''s instead: SELECT tenancy.use_members(%L, ''userId'', ''organizationId'', ''role'');', members::text);
    ELSIF members IS NOT NULL THEN
        PERFORM tenancy.use_members(members, 'userId', 'organizationId', 'role');
    END IF;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'issuer % is there already', quote_literal(iss) USING ERRCODE = 'duplicate_object',
        HINT = 'To change options, tenancy.drop_issuer() it first, in the same transaction.';
END $$;
COMMENT ON FUNCTION tenancy.use_better_auth(text, text[], name, name, name, name, name, interval, text, text[], text[], text[], text[], text[], jsonb, interval, interval, name, name[], name) IS
'Accepts the tokens of a Better Auth (plugin jwt) that keeps its tables in this database, with the keys in its table as each snapshot shows them: a new key works at the next statement. iss: its base URL, or what its option jwt.issuer says. audience: as for tenancy.add_issuer(); NULL is the issuer itself, Better Auth''s default. Only id_column (the kid), key_column (a JWK as text) and expires_column are read, never the private key; a key is good until it has expired for longer than grace (Better Auth''s default is 30 days). The other options are those of tenancy.add_issuer(). Where its table of members is there too (plugin organization) and no other is in use, that becomes the table of members, with its roles (tenancy.use_members); member_table => NULL leaves it. For the administrator, who needs SELECT on those columns, now and later. Errors: 42P01, 42809, 42703, 42804 the table or a column is missing or of another kind; 42501 no SELECT on it; 55000 a role that apps use can write to it; 42710, 22023, 42704 as for tenancy.add_issuer(); those of tenancy.use_members().';

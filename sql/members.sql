-- Members: which table says who belongs to which tenant. For the native edition, which reads it without its policies.

CREATE TABLE tenancy.member_source (
    -- First these two, by their oids: another table that takes the name of one is not meant.
    source regclass NOT NULL,
    users regclass,
    user_column name NOT NULL,
    tenant_column name NOT NULL,
    role_column name,
    active_column name,
    inactive_column name,
    -- Of users: where sub is, and what source refers to.
    subject_column name,
    key_column name,
    CHECK (num_nulls(users, subject_column, key_column) IN (0, 3))
);
CREATE UNIQUE INDEX member_source_one ON tenancy.member_source ((true));
COMMENT ON TABLE tenancy.member_source IS
'The table of members: tenancy.use_members(). One row, or none; while setting members names a table and this does not, nobody is a member of anything.';

-- Which roles injected SQL may act with: those that callers or gateways log in with or act as, and all they can become.
CREATE FUNCTION tenancy.roles_of_apps() RETURNS TABLE (app oid, power oid)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT a.oid, p.oid FROM pg_catalog.pg_roles a JOIN pg_catalog.pg_roles p ON pg_has_role(a.oid, p.oid, 'MEMBER')
        WHERE NOT a.rolsuper AND NOT p.rolsuper AND a.oid <> tenancy.administrator()
            AND (a.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
                OR a.oid IN (SELECT role FROM tenancy.gateway_role)
                OR a.rolcanlogin AND EXISTS (SELECT FROM pg_catalog.pg_roles caller
                    WHERE caller.rolname = tenancy.setting('authenticated') AND pg_has_role(a.oid, caller.oid, 'MEMBER')));
    END;
COMMENT ON FUNCTION tenancy.roles_of_apps() IS
'Each role that apps or their callers use (the callers'' own, gateways'', and logins that are members of the callers''), with each that it can become.';

CREATE FUNCTION tenancy.described(app oid, power oid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('role "%s"%s', pg_get_userbyid(app), CASE WHEN app <> power THEN format(', a member of "%s"', pg_get_userbyid(power)) END);
COMMENT ON FUNCTION tenancy.described(oid, oid) IS 'A row of tenancy.roles_of_apps(), as words.';

CREATE FUNCTION tenancy.may_write(role oid, target regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN has_table_privilege(role, target, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(role, target, 'INSERT, UPDATE');
COMMENT ON FUNCTION tenancy.may_write(oid, regclass) IS 'Whether a role has a privilege by which the contents of a table can be changed.';

-- The tables through which rows of one can be written: itself, its partitions and children, its parents, and those whose
-- changes foreign keys carry over to it.
CREATE FUNCTION tenancy.written_through(target regclass) RETURNS SETOF regclass
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE parents AS (
            SELECT i.inhparent FROM tenancy.family(target) f JOIN pg_inherits i ON i.inhrelid = f
            UNION SELECT i.inhparent FROM parents p JOIN pg_inherits i ON i.inhrelid = p.inhparent)
        SELECT f FROM tenancy.family(target) f
        UNION SELECT inhparent::regclass FROM parents
        UNION SELECT k.confrelid::regclass FROM tenancy.family(target) f JOIN pg_constraint k ON k.conrelid = f
        WHERE k.contype = 'f' AND k.confupdtype = 'c';
END $$;
COMMENT ON FUNCTION tenancy.written_through(regclass) IS
'The tables through which rows of a table can be written: itself, its partitions and children, its parents, and tables referred to with ON UPDATE CASCADE.';

-- Who could make themself a member. Row security, where it is on, holds for all but a table's owner and BYPASSRLS; it
-- does not hold up a trigger, which runs with the rights of whoever writes.
CREATE FUNCTION tenancy.member_writer(source regclass, past_row_security boolean) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT concat(tenancy.described(a.app, a.power), CASE WHEN c.oid <> source THEN format(' through %s', c.oid::regclass) END)
        FROM tenancy.roles_of_apps() a JOIN pg_roles power ON power.oid = a.power, tenancy.written_through(source) t JOIN pg_class c ON c.oid = t
        WHERE a.power = c.relowner OR has_table_privilege(a.power, t, 'TRIGGER')
            OR NOT (past_row_security AND c.relrowsecurity AND NOT power.rolbypassrls) AND tenancy.may_write(a.power, t)
        ORDER BY 1 LIMIT 1);
END $$;
COMMENT ON FUNCTION tenancy.member_writer(regclass, boolean) IS
'The first role found that apps or their callers use and that may write to a table of members (tenancy.written_through), or have a trigger write there, as words; NULL where there is none. past_row_security: only such as are not held up by that.';

-- A column of one of these types, and equal only where it is equal byte by byte.
CREATE FUNCTION tenancy.require_member_column(relation regclass, option text, column_name name, types regtype[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    attribute pg_attribute;
    base oid;
    element oid;
BEGIN
    SELECT * INTO attribute FROM pg_attribute
    WHERE attrelid = relation AND attname = column_name AND attnum > 0 AND NOT attisdropped;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', column_name, relation USING ERRCODE = 'undefined_column',
            HINT = format('It was given as %s, where names are written as they are, without quotes. Columns: %s.', option,
                (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped));
    END IF;
    base := attribute.atttypid;
    WHILE (SELECT typtype = 'd' FROM pg_type WHERE oid = base) LOOP
        SELECT typbasetype INTO base FROM pg_type WHERE oid = base;
    END LOOP;
    SELECT typelem INTO element FROM pg_type WHERE oid = base AND typcategory = 'A';
    IF base <> ALL (types) AND NOT ('anyenum'::regtype = ANY (types) AND (SELECT typtype = 'e' FROM pg_type WHERE oid = base))
        AND NOT ('anyarray'::regtype = ANY (types) AND COALESCE(element IN ('text'::regtype, 'varchar'::regtype)
            OR (SELECT typtype = 'e' FROM pg_type WHERE oid = element), false)) THEN
        RAISE EXCEPTION 'column "%" of table % is of type %', column_name, relation, format_type(attribute.atttypid, attribute.atttypmod)
            USING ERRCODE = 'datatype_mismatch',
            HINT = format('As %s it can be one of: %s.', option, (SELECT string_agg(CASE t WHEN 'anyenum'::regtype THEN 'an enum'
                WHEN 'anyarray'::regtype THEN 'an array of these' ELSE t::text END, ', ') FROM unnest(types) t));
    ELSIF attribute.attgenerated NOT IN ('', 's') THEN
        RAISE EXCEPTION 'column "%" of table % is virtual', column_name, relation USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Rows are read from where they lie, and it is not in them.',
            HINT = 'Make it GENERATED ALWAYS AS (...) STORED.';
    ELSIF NOT COALESCE((SELECT collisdeterministic FROM pg_collation WHERE oid = attribute.attcollation), true) THEN
        RAISE EXCEPTION 'column "%" of table % has a nondeterministic collation', column_name, relation
            USING ERRCODE = 'datatype_mismatch',
            DETAIL = 'Under it different texts are equal, so one user or tenant could be taken for another.',
            HINT = format('ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"', relation, column_name);
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.require_member_column(regclass, text, name, regtype[]) IS
'Raises unless a column can be used by tenancy.use_members(). anyenum and anyarray stand for all enums, and for arrays of text or an enum. Errors: 42703 no such column; 42804 its type or collation; 42809 it is virtual.';

-- What the administrator may not read is not read for anybody, whoever asks.
CREATE FUNCTION tenancy.require_readable(relation regclass, columns name[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role oid;
    denied text;
BEGIN
    FOREACH role IN ARRAY ARRAY[tenancy.administrator(), (SELECT oid FROM pg_roles WHERE rolname = current_user)] LOOP
        IF EXISTS (SELECT FROM pg_class c, pg_roles r WHERE c.oid = relation AND r.oid = role AND c.relrowsecurity
                   AND NOT (pg_has_role(role, c.relowner, 'USAGE') OR r.rolsuper OR r.rolbypassrls)) THEN
            RAISE EXCEPTION 'row security hides rows of table % from role "%"', relation, pg_get_userbyid(role) USING ERRCODE = 'insufficient_privilege',
                DETAIL = 'Members are read without row security, and so only for who sees all rows.',
                HINT = 'Let the table belong to that role, or have a superuser administer pg_tenancy.';
        END IF;
        SELECT string_agg(format('"%s"', c), ', ') INTO denied FROM unnest(columns) AS c
        WHERE c IS NOT NULL AND NOT has_column_privilege(role, relation, c, 'SELECT');
        IF denied IS NOT NULL THEN
            RAISE EXCEPTION 'role "%" may not read table %', pg_get_userbyid(role), relation USING ERRCODE = 'insufficient_privilege',
                DETAIL = format('Denied: %s.', denied),
                HINT = format('GRANT SELECT (%s) ON %s TO %I;', (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) AS c), relation, pg_get_userbyid(role));
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.require_readable(regclass, name[]) IS
'Error 42501 unless the administrator and the current role may SELECT these columns, in all rows: where row security is on they own the table or have BYPASSRLS.';

-- Rows are read one by one from where they lie.
CREATE FUNCTION tenancy.require_member_table(relation regclass, option text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT c.oid::regclass AS name, c.relkind, c.relpersistence, a.amname, n.nspname FROM tenancy.family(relation) f
        JOIN pg_class c ON c.oid = f JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am a ON a.oid = c.relam
    LOOP
        IF part.nspname IN ('pg_catalog', 'information_schema', 'auth', 'tenancy') THEN
            RAISE EXCEPTION '% is a system table', part.name USING ERRCODE = 'reserved_name',
                HINT = format('Give a table of your own as %s.', option);
        ELSIF part.relkind <> 'p' AND (part.relkind <> 'r' OR part.amname IS DISTINCT FROM 'heap') OR part.relpersistence = 't' THEN
            RAISE EXCEPTION '% is not an ordinary or partitioned table', part.name USING ERRCODE = 'wrong_object_type',
                DETAIL = 'Rows are read from where they lie, so that nobody''s view, rule or function comes between.',
                HINT = format('Give the table beneath it as %s.', option);
        END IF;
    END LOOP;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table % does not exist', COALESCE(relation::text, 'NULL') USING ERRCODE = 'undefined_table',
            HINT = format('It was given as %s.', option);
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.require_member_table(regclass, text) IS
'Raises unless a table can be read by tenancy.use_members(). Errors: 42P01 no such table; 42809 a view, a foreign or a temporary table, or one with such a child; 42939 a system table.';

-- What the user column of the source refers to: by a foreign key, or else the users' primary key.
CREATE FUNCTION tenancy.referenced_column(source regclass, user_column name, users regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (
        SELECT a.attname FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_attribute a ON a.attrelid = users AND a.attnum = CASE k.contype WHEN 'f' THEN k.confkey[1] ELSE k.conkey[1] END
        WHERE k.contype = 'p' AND k.conrelid = users AND cardinality(k.conkey) = 1
            OR k.contype = 'f' AND k.conrelid = source AND k.confrelid = users AND cardinality(k.conkey) = 1
                AND k.conkey[1] = (SELECT u.attnum FROM pg_catalog.pg_attribute u WHERE u.attrelid = source AND u.attname = user_column)
        ORDER BY k.contype LIMIT 1);
COMMENT ON FUNCTION tenancy.referenced_column(regclass, name, regclass) IS
'The column of users that the user column refers to: that of its foreign key, else the primary key; NULL where neither is one column.';

CREATE FUNCTION tenancy.use_members(
    source regclass,
    user_column name,
    tenant_column name,
    role_column name DEFAULT NULL,
    active_column name DEFAULT NULL,
    inactive_column name DEFAULT NULL,
    users regclass DEFAULT NULL,
    subject_column name DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    -- As src/row.rs reads them.
    keys CONSTANT regtype[] := '{text,varchar,uuid,smallint,integer,bigint}';
    names CONSTANT regtype[] := '{text,varchar,anyenum}';
    flags CONSTANT regtype[] := '{boolean,timestamptz,timestamp,date}';
    referenced name;
    writer text;
    wanted record;
BEGIN
    IF source IS NULL OR user_column IS NULL OR tenant_column IS NULL THEN
        RAISE EXCEPTION 'source, user_column and tenant_column must not be NULL' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'To go without a table of members: tenancy.drop_members().';
    ELSIF num_nulls(users, subject_column) = 1 THEN
        RAISE EXCEPTION 'users and subject_column must be given together' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'They are for where sub is a column of another table than the members.';
    END IF;
    PERFORM tenancy.require_member_table(source, 'source');
    PERFORM tenancy.require_member_column(source, 'user_column', user_column, keys);
    PERFORM tenancy.require_member_column(source, 'tenant_column', tenant_column, keys);
    IF role_column IS NOT NULL THEN
        PERFORM tenancy.require_member_column(source, 'role_column', role_column, names || 'anyarray'::regtype);
    END IF;
    IF active_column IS NOT NULL THEN
        PERFORM tenancy.require_member_column(source, 'active_column', active_column, flags || names);
    END IF;
    IF inactive_column IS NOT NULL THEN
        PERFORM tenancy.require_member_column(source, 'inactive_column', inactive_column, flags);
    END IF;
    IF users IS NOT NULL THEN
        PERFORM tenancy.require_member_table(users, 'users');
        PERFORM tenancy.require_member_column(users, 'subject_column', subject_column, keys);
        referenced := tenancy.referenced_column(source, user_column, users);
        IF referenced IS NULL THEN
            RAISE EXCEPTION 'column "%" of table % refers to no column of %', user_column, source, users USING ERRCODE = 'undefined_column',
                HINT = format('Add FOREIGN KEY (%I) REFERENCES %s, or a primary key of one column to %s.', user_column, users, users);
        END IF;
        PERFORM tenancy.require_member_column(users, 'the column referred to', referenced, keys);
        PERFORM tenancy.require_readable(users, ARRAY[subject_column, referenced]);
    END IF;
    PERFORM tenancy.require_readable(source, ARRAY[user_column, tenant_column, role_column, active_column, inactive_column]);
    FOR wanted IN SELECT * FROM (VALUES (source, user_column), (users, subject_column)) AS w (relation, name) WHERE relation IS NOT NULL LOOP
        writer := tenancy.member_writer(wanted.relation, true);
        IF writer IS NOT NULL THEN
            RAISE EXCEPTION 'table % can be written by those whose rights it decides', wanted.relation USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = format('It can be written by %s, and so anybody could become a member of any tenant.', writer),
                HINT = 'Let it belong to a role that no app logs in as, and REVOKE the rest; or, where only a privilege is to blame, enable row security on it (tenancy.protect).';
        END IF;
        writer := tenancy.member_writer(wanted.relation, false);
        IF writer IS NOT NULL THEN
            RAISE WARNING 'callers can write to table %', wanted.relation
                USING DETAIL = format('By %s, as far as its policies let them, they decide who is a member and with which roles.', writer),
                HINT = 'Grant callers SELECT alone, and let functions of yours that check permissions write.';
        END IF;
        IF NOT tenancy.has_leading_index(wanted.relation, wanted.name) THEN
            RAISE WARNING 'no index of table % leads with column "%"', wanted.relation, wanted.name
                USING DETAIL = 'It is read once for each statement of a caller, as a whole where there is none.',
                HINT = format('CREATE INDEX ON %s (%I)', wanted.relation, wanted.name);
        END IF;
    END LOOP;
    DELETE FROM tenancy.member_source;
    INSERT INTO tenancy.member_source (source, users, user_column, tenant_column, role_column, active_column, inactive_column, subject_column, key_column)
    VALUES (source, users, user_column, tenant_column, role_column, active_column, inactive_column, subject_column, referenced);
    INSERT INTO tenancy.config VALUES ('members', source::text) ON CONFLICT (setting) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON FUNCTION tenancy.use_members(regclass, name, name, name, name, name, regclass, name) IS
'Names the table that says who is a member of which tenant: one row for each, duplicates allowed. user_column holds the claim sub, tenant_column the tenant: text, varchar, uuid or an integer. role_column: text (several separated by commas), text[] or an enum; without it roles come from the claims. active_column: only rows count in which it is true, not NULL (a time) or ''active'' (text or an enum). inactive_column: only rows count in which it is not true, or NULL (a time). Times are not compared with the present. users, subject_column: where sub is a column of a table of users, to whose key user_column refers; who is there twice is nobody. Members go by sub alone, whoever signed the token. From the next snapshot on the database wins: a tenant counts only while the row is there (setting require_membership), and roles come from it. The table, ordinary or partitioned, is read without its policies, as the administrator may SELECT it, now and later; callers need no right on it. Replaces what was named before. For the administrator. Errors: 22004, 22023 options missing; 42P01, 42809, 42939 not such a table; 42703, 42804 a column is missing or of another kind; 42501 no SELECT on it; 55000 a role that apps or their callers use owns it or, without row security, can write to it.';

CREATE FUNCTION tenancy.drop_members() RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
        DELETE FROM tenancy.member_source;
        DELETE FROM tenancy.config WHERE setting = 'members';
    END;
COMMENT ON FUNCTION tenancy.drop_members() IS
'Goes without a table of members, from the next snapshot on: tenants and roles are what claims say. For the administrator. Error 42501.';

CREATE FUNCTION tenancy.member_tenant_column(target regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT tenant_column FROM tenancy.member_source WHERE source = target);
COMMENT ON FUNCTION tenancy.member_tenant_column(regclass) IS
'The column that names the tenant in the table of members that is in use; NULL for any other table.';

CREATE FUNCTION tenancy.says_who_belongs(target regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM tenancy.member_source m, unnest(ARRAY[m.source, m.users]) AS t (source)
                   WHERE t.source IS NOT NULL AND (target = t.source OR target IN (SELECT tenancy.written_through(t.source))));
COMMENT ON FUNCTION tenancy.says_who_belongs(regclass) IS
'Whether this is the table of members that is in use, or the table of users beside it, or one through which rows of those can be written.';

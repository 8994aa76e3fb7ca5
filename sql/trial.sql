-- What tenancy.prove() and tenancy.explain_access() share: they become a caller for a while, and look at rows that row
-- security hides from whoever asks. Policies, triggers and types are run then, by tenancy.run_as(), with the rights of the
-- caller or of the table's owner and no others, whoever asks.

CREATE FUNCTION tenancy.is_native() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_regprocedure('auth.login(text,text)') IS NOT NULL;
COMMENT ON FUNCTION tenancy.is_native() IS 'Whether this is the edition with native code, which reads rows past FORCE for their owner.';

CREATE FUNCTION tenancy.require_trial(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation pg_class;
    strange text;
BEGIN
    SELECT * INTO relation FROM pg_class WHERE oid = target;
    IF relation.oid IS NULL THEN
        RAISE EXCEPTION 'table % does not exist', COALESCE(target::text, 'NULL') USING ERRCODE = 'undefined_table';
    ELSIF relation.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '% is not a table', target USING ERRCODE = 'wrong_object_type', DETAIL = 'Only tables and partitioned tables have row security.';
    ELSIF NOT pg_has_role(current_user, relation.relowner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of table %', target USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('It belongs to role "%s".', pg_get_userbyid(relation.relowner));
    END IF;
    SELECT string_agg(s, ', ') INTO strange FROM tenancy.strange_code(target) s;
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'table % would run code of others as role "%"', target, session_user USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('Its policies, triggers, keys or types use: %s.', strange),
            HINT = 'Log in as the owner of that code, or of the table, who has no more rights than it.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.require_trial(regclass) IS
'Raises unless the current role may try out a table''s row security: for its owner, and only where the code that runs is of somebody who could act as the session''s role anyway. Errors: 42P01 no such table; 42809 no table; 42501.';

-- A row as jsonb, for the rows of children come in their own order of columns.
CREATE FUNCTION tenancy.rows_of(target regclass, key jsonb, most int) RETURNS SETOF jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    native CONSTANT boolean := tenancy.is_native();
    owner CONSTANT oid := (SELECT relowner FROM pg_class WHERE oid = target);
    -- Those of the primary key first: by the first column an index is looked for.
    names text[] := ARRAY(SELECT k FROM jsonb_object_keys(key) k ORDER BY NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = target AND i.indisprimary AND a.attname = k), k);
    condition text := COALESCE((SELECT string_agg(format('r.%I = k.%1$I', n), ' AND ') FROM unnest(names) n), 'true');
    leaf regclass;
BEGIN
    IF tenancy.passes_row_security(owner, target) OR NOT (SELECT relrowsecurity FROM pg_class WHERE oid = target) OR NOT native AND NOT row_security_active(target) THEN
        RETURN QUERY SELECT jsonb_array_elements(tenancy.run_as(CASE WHEN row_security_active(target) OR native THEN pg_get_userbyid(owner) ELSE current_user END,
            format('SELECT jsonb_agg(x.j) FROM (SELECT to_jsonb(r.*) AS j FROM %1$s r, jsonb_populate_record(NULL::%1$s, $1) k WHERE ', target) || condition || format(' LIMIT %s) x', most), key)::jsonb);
        RETURN;
    END IF;
    FOR leaf IN SELECT c.oid FROM tenancy.family(target) WITH ORDINALITY f (relation, position) JOIN pg_class c ON c.oid = f.relation WHERE c.relkind = 'r' AND native ORDER BY f.position LOOP
        -- (What is found by an index may be more than was asked for, and by a column of some other type nothing is.)
        RETURN QUERY SELECT jsonb_array_elements(tenancy.run_as(pg_get_userbyid(owner),
            format('SELECT jsonb_agg(x.j) FROM (SELECT to_jsonb(r.*) AS j FROM jsonb_populate_record(NULL::%1$s, $1) k, unnest(COALESCE(tenancy.stored_rows(NULL::%1$s, %2$L, %3$L, %4$s),
                tenancy.stored_rows(NULL::%1$s, ''{}'', ''{}'', 100000))) r WHERE ', leaf, names, ARRAY(SELECT key ->> n FROM unnest(names) n), CASE names WHEN '{}' THEN most ELSE 1000 END)
            || condition || format(' LIMIT %s) x', most), key)::jsonb);
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.rows_of(regclass, jsonb, int) IS
'At most so many rows of a table (of each partition, where row security binds its owner) that have the values of key in its columns, as jsonb objects; read with the rights of the table''s owner. None where row security binds the owner and the edition cannot read past it.';

CREATE FUNCTION tenancy.may_act() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN pg_has_role(session_user, tenancy.administrator(), 'USAGE') AND pg_has_role(current_user, tenancy.administrator(), 'USAGE');
COMMENT ON FUNCTION tenancy.may_act() IS 'Whether the session is the administrator''s, or a superuser''s, and acts with these rights.';

-- Claims NULL is nobody. Whoever calls this undoes it, with the subtransaction in which it does.
CREATE FUNCTION tenancy.become(claims jsonb, tenant text, roles text[], database_role name) RETURNS name
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenancy.may_act() THEN
        database_role := COALESCE(tenancy.act(roles, claims::text), database_role);
    ELSIF tenancy.claims_believed() THEN
        PERFORM set_config('pg_tenancy.token', '', true),
            set_config('request.jwt.claims', COALESCE((claims || CASE WHEN roles IS NULL THEN '{}' ELSE jsonb_build_object('roles', roles) END)::text, ''), true);
    ELSE
        RAISE EXCEPTION 'only the administrator tries out callers here: the mode is %', tenancy.setting('mode') USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Nobody else is believed to be a caller without a token.', HINT = format('Ask as role "%s".', pg_get_userbyid(tenancy.administrator()));
    END IF;
    PERFORM tenancy.choose(tenant);
    PERFORM tenancy.require_role(database_role);
    RETURN database_role;
END $$;
COMMENT ON FUNCTION tenancy.become(jsonb, text, text[], name) IS
'Makes the session a caller with these claims (NULL: nobody), this chosen tenant and these roles until the transaction or subtransaction ends: for administrators, and where claims are believed for everybody. Returns the database role for tenancy.run_as(): this one, or that of the issuer that the claims name. Errors: 42704 no such role; 42501.';

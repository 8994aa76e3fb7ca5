-- What tenancy.prove() and tenancy.explain_access() share: they become a caller for a while, and look at rows that row
-- security hides from whoever asks. Policies, triggers and types are run then, so it matters whose they are.

-- Whose code runs where somebody reads and writes a table and what its policies read. A function can do all that the session
-- may, SET ROLE included. So it must be of somebody who may act as the session's role anyway.
CREATE FUNCTION tenancy.strange_code(target regclass) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE reached AS (
        SELECT f.relation::oid AS relation FROM tenancy.family(target) f (relation)
        UNION
        -- Whatever policies, views and foreign keys of those lead to, in either direction.
        SELECT n.relation FROM reached r CROSS JOIN LATERAL (
            SELECT d.refobjid FROM pg_policy p JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
            WHERE p.polrelid = r.relation
            UNION ALL SELECT d.refobjid FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
            WHERE w.ev_class = r.relation
            UNION ALL SELECT unnest(ARRAY[k.conrelid, k.confrelid]) FROM pg_constraint k WHERE k.contype = 'f' AND r.relation IN (k.conrelid, k.confrelid)) n (relation)
    ), parts AS (
        SELECT 'pg_policy'::regclass::oid AS class, p.oid FROM pg_policy p WHERE p.polrelid IN (SELECT relation FROM reached)
        UNION ALL SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t WHERE t.tgrelid IN (SELECT relation FROM reached)
        UNION ALL SELECT 'pg_attrdef'::regclass, a.oid FROM pg_attrdef a WHERE a.adrelid IN (SELECT relation FROM reached)
        -- (Domains and casts may be those of any column, however deep in it.)
        UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k WHERE k.contypid <> 0 OR k.conrelid IN (SELECT relation FROM reached)
        UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite w WHERE w.ev_class IN (SELECT relation FROM reached)
        UNION ALL SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i WHERE i.indrelid IN (SELECT relation FROM reached)
    ), functions AS (
        SELECT d.refobjid AS oid FROM parts p JOIN pg_depend d ON d.classid = p.class AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
        UNION SELECT o.oprcode FROM parts p JOIN pg_depend d ON d.classid = p.class AND d.objid = p.oid AND d.refclassid = 'pg_operator'::regclass
        JOIN pg_operator o ON o.oid = d.refobjid
        UNION SELECT castfunc FROM pg_cast
    )
    SELECT format('function %s of role "%s"', p.oid::regprocedure, pg_get_userbyid(p.proowner)) FROM functions f JOIN pg_proc p ON p.oid = f.oid
    WHERE NOT pg_has_role(p.proowner, session_user, 'MEMBER')
    ORDER BY 1
$$;
COMMENT ON FUNCTION tenancy.strange_code(regclass) IS
'The functions that reading and writing a table may run, and what its policies and foreign keys lead to, whose owners could not act as the session''s login role anyway.';

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
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    names text[] := ARRAY(SELECT k FROM jsonb_object_keys(key) k ORDER BY k);
    condition text := COALESCE((SELECT string_agg(format('r.%I = k.%1$I', n), ' AND ') FROM unnest(names) n), 'true');
    leaf regclass;
    found_rows jsonb[];
BEGIN
    IF NOT row_security_active(target) THEN
        RETURN QUERY EXECUTE format('SELECT to_jsonb(r) FROM %s r, jsonb_populate_record(NULL::%1$s, $1) k WHERE %s LIMIT $2', target, condition) USING key, most;
        RETURN;
    END IF;
    FOR leaf IN SELECT f FROM tenancy.family(target) f JOIN pg_class c ON c.oid = f WHERE c.relkind = 'r' LOOP
        -- (What is found by an index may be more than was asked for, and by a column of some other type nothing is.)
        EXECUTE format('SELECT array_agg(to_jsonb(r)) FROM jsonb_populate_record(NULL::%1$s, $1) k, unnest(COALESCE(tenancy.stored_rows(NULL::%1$s, $2, $3, $4),
            tenancy.stored_rows(NULL::%1$s, ''{}'', ''{}'', 100000))) r WHERE %2$s', leaf, condition)
        INTO found_rows USING key, names, ARRAY(SELECT key ->> n FROM unnest(names) n), CASE names WHEN '{}' THEN most ELSE 1000 END;
        RETURN QUERY SELECT f FROM unnest(found_rows) f LIMIT most;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.rows_of(regclass, jsonb, int) IS
'At most so many rows of a table (of each partition, where row security binds the current role) that have the values of key in its columns; as jsonb objects. None where row security binds the current role and the edition cannot read past it.';

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
    PERFORM tenancy.take_role(database_role);
    RETURN database_role;
END $$;
COMMENT ON FUNCTION tenancy.become(jsonb, text, text[], name) IS
'Makes the session a caller with these claims (NULL: nobody), this chosen tenant and these roles, under this database role, or that of the issuer that the claims name, until the transaction or subtransaction ends: for administrators, and where claims are believed for everybody. Returns the database role. Errors: 42704 no such role; 42501.';

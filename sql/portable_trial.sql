-- Stands in, in the pure-SQL edition, for what is native of tests and trials: acting as a caller, and rows that row security
-- hides from who looks.

-- Acting, in tests (act_as.sql): claims like any others, and beside them, in pg_tenancy.acting, the roles that were given.
-- Anybody could set both, as anybody can say who is calling here. They go by who logged in, and guard against mistakes.
CREATE FUNCTION tenancy.act(roles text[], claims text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value CONSTANT text := jsonb_build_object('roles', roles, 'of', tenancy.hash_of(claims));
    problem CONSTANT text := COALESCE('roles ' || tenancy.problem_of(value), 'claims ' || tenancy.problem_of(claims));
BEGIN
    IF NOT (SELECT rolsuper OR pg_has_role(rolname, tenancy.administrator(), 'USAGE') FROM pg_roles WHERE rolname = session_user) THEN
        RAISE EXCEPTION 'only an administrator may act as somebody' USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('Login role "%s" is no superuser and has not the rights of pg_tenancy''s administrator.', session_user),
            HINT = 'Connect as one, to a database for tests. In an application auth.login() and auth.set_claims() say who is calling.';
    ELSIF NOT (SELECT rolsuper OR pg_has_role(rolname, tenancy.administrator(), 'USAGE') FROM pg_roles WHERE rolname = current_user)
        AND COALESCE(current_setting('pg_tenancy.acting', true), '') = '' THEN
        RAISE EXCEPTION 'only an administrator may act as somebody' USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('The current role, "%s", is none.', current_user),
            HINT = 'RESET ROLE first; tenancy.act_as_myself() does that too.';
    ELSIF NOT tenancy.claims_believed() THEN
        RAISE EXCEPTION 'claims are not believed here: pg_session_jwt has a key' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'In the pure-SQL edition an administrator acts by claims, and only a token is believed.',
            HINT = 'Connect without a key for tests: leave out pg_session_jwt.jwk.';
    ELSIF problem IS NOT NULL THEN
        RAISE EXCEPTION 'the %', problem USING
            ERRCODE = CASE WHEN problem LIKE '%are not %JSON%' THEN 'invalid_parameter_value' ELSE 'program_limit_exceeded' END,
            HINT = 'Give a JSON object of at most 64 KB and 64 levels, in characters that the database can hold.';
    END IF;
    PERFORM set_config('request.jwt.claims', COALESCE(claims, ''), true), set_config('pg_tenancy.acting', value, true);
    RETURN NULL;
END $$;
CREATE FUNCTION tenancy.stop_acting() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('pg_tenancy.acting', true) <> '' THEN
        PERFORM set_config('request.jwt.claims', '', true), set_config('pg_tenancy.acting', '', true);
    END IF;
END $$;
CREATE FUNCTION tenancy.hash_of(claims text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN encode(sha256(convert_to(COALESCE(claims, ''), 'UTF8')), 'hex');
COMMENT ON FUNCTION tenancy.hash_of(text) IS 'The SHA-256 of claims, in hexadecimal.';
CREATE FUNCTION tenancy.acting_roles() RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value CONSTANT text := NULLIF(current_setting('pg_tenancy.acting', true), '');
BEGIN
    IF value IS NULL OR NOT tenancy.claims_believed() OR tenancy.problem_of(value) IS NOT NULL THEN
        RETURN NULL;
    ELSIF value::jsonb ->> 'of' IS DISTINCT FROM tenancy.hash_of(current_setting('request.jwt.claims', true))
        OR jsonb_typeof(value::jsonb -> 'roles') IS DISTINCT FROM 'array' THEN
        RETURN NULL;
    END IF;
    RETURN tenancy.keys(value::jsonb -> 'roles');
END $$;
COMMENT ON FUNCTION tenancy.acting_roles() IS
'The roles that tenancy.act_as() was given with the present claims; NULL where it was given none, or others were set since.';

CREATE FUNCTION tenancy.stored_rows(sample anyelement, columns text[], sought text[], most int) RETURNS anyarray
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN NULL; END $$;
COMMENT ON FUNCTION tenancy.stored_rows(anyelement, text[], text[], int) IS 'NULL: in this edition nobody reads past row security who is bound by it.';

-- Whose code runs where somebody reads and writes a table and what its policies read. A function can do all that the session
-- may, SET ROLE included. So it must be of somebody who may act as the session's role anyway.
CREATE FUNCTION tenancy.strange_code(target regclass) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
BEGIN
    RETURN QUERY
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
    UNION
    -- (A policy of nothing but Postgres' own functions can take the session's role as well.)
    SELECT format('table %s of role "%s"', c.oid::regclass, pg_get_userbyid(c.relowner)) FROM reached r JOIN pg_class c ON c.oid = r.relation
    WHERE NOT pg_has_role(c.relowner, session_user, 'MEMBER')
    ORDER BY 1;
END $$;
COMMENT ON FUNCTION tenancy.strange_code(regclass) IS
'The functions and tables that reading and writing a table may run the code of, and what its policies and foreign keys lead to, whose owners could not act as the session''s login role anyway.';

CREATE FUNCTION tenancy.run_as(database_role name, statement text, argument jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_rows bigint;
    answer text;
    before CONSTANT text := current_setting('role');
BEGIN
    -- (The owner's rights may be had without SET ROLE.)
    IF pg_has_role(session_user, database_role, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
        OR NOT pg_has_role(current_user, database_role, 'USAGE') THEN
        PERFORM tenancy.take_role(database_role);
    END IF;
    IF statement ~ '^SELECT FROM|^(INSERT|UPDATE|DELETE|MERGE) ' THEN
        EXECUTE statement USING argument;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        answer := found_rows;
    ELSE
        EXECUTE statement INTO answer USING argument;
    END IF;
    PERFORM set_config('role', before, true);
    RETURN answer;
END $$;
COMMENT ON FUNCTION tenancy.run_as(name, text, jsonb) IS
'Runs a statement, whose $1 is argument, as a role that the session may take. Returns the first column of the first row or, where there are no columns, how many rows there were.';

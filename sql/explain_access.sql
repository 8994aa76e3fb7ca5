-- tenancy.explain_access(): why a caller may or may not do something to a row, policy by policy.

CREATE FUNCTION tenancy.policies_asked(target regclass, command "char", database_role oid)
    RETURNS TABLE (policy name, permissive boolean, command "char", roles text, applies boolean, reads boolean, using_expression text, check_expression text, needs_row boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    -- To change or remove a row that a query names by its columns, it must be seen as well.
    SELECT p.polname, p.polpermissive, p.polcmd, r.names, r.applies, p.polcmd = 'r' AND command <> 'r',
        CASE WHEN command <> 'a' THEN pg_get_expr(p.polqual, p.polrelid) END,
        CASE WHEN command IN ('a', 'w') AND p.polcmd <> 'r' THEN pg_get_expr(COALESCE(p.polwithcheck, p.polqual), p.polrelid) END,
        EXISTS (SELECT FROM tenancy.expression_nodes(concat(CASE WHEN command <> 'a' THEN p.polqual::text END, CASE WHEN command IN ('a', 'w') AND p.polcmd <> 'r' THEN COALESCE(p.polwithcheck, p.polqual)::text END)) n
            WHERE n.own_column IS NOT NULL)
    FROM pg_policy p CROSS JOIN LATERAL (
        SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role)::text END, ', ' ORDER BY position),
            bool_or(CASE role WHEN 0 THEN true ELSE pg_has_role(database_role, role, 'USAGE') END)
        FROM unnest(p.polroles) WITH ORDINALITY AS r (role, position)) r (names, applies)
    WHERE p.polrelid = target AND (p.polcmd IN ('*', command) OR p.polcmd = 'r' AND command IN ('w', 'd'))
    ORDER BY NOT p.polpermissive, p.polname
$$;
COMMENT ON FUNCTION tenancy.policies_asked(regclass, "char", oid) IS
'The policies of a table that Postgres asks for a command (as in pg_policy.polcmd): whether each applies to the database role, whether it is asked for reading the row alone, its expressions where they count for the command, and whether these need a row.';

-- The value of an expression for a row, as a role: true, false, NULL, or the error. No value where it is not known.
CREATE FUNCTION tenancy.value_for(target regclass, expression text, stored jsonb, database_role name) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
BEGIN
    RETURN COALESCE(tenancy.run_as(database_role, 'SELECT ' || expression || '::boolean::text FROM (SELECT (jsonb_populate_record(NULL::' || target || ', $1)).*) AS '
        || (SELECT quote_ident(relname) FROM pg_class WHERE oid = target), stored), 'NULL');
EXCEPTION
    -- The expression is parsed anew, by a role that may not name what its owner did: a schema, or a column of the system.
    WHEN undefined_column THEN
        RETURN NULL;
    WHEN insufficient_privilege THEN
        IF SQLERRM ~ ' schema ' THEN
            RETURN NULL;
        END IF;
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
    WHEN OTHERS THEN
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
END $$;
COMMENT ON FUNCTION tenancy.value_for(regclass, text, jsonb, name) IS
'What an expression over the columns of a table gives for a row, a jsonb object, to a database role: true, false, NULL, or SQLSTATE and message of the error it raises; SQL NULL where that role cannot write the expression itself.';

-- The row as it would be inserted: what is not given is what the default gives the caller. (A sequence keeps its numbers.)
CREATE FUNCTION tenancy.with_defaults(target regclass, given jsonb, database_role name) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    attribute record;
    filled jsonb := given;
BEGIN
    FOR attribute IN SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = target AND a.attgenerated = '' AND NOT given ? a.attname AND pg_get_expr(d.adbin, d.adrelid) !~ 'nextval\('
    LOOP
        BEGIN
            filled := filled || jsonb_build_object(attribute.attname, tenancy.run_as(database_role, 'SELECT to_jsonb(' || attribute.expression || ')', NULL)::jsonb);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- one that this role may not write
        END;
    END LOOP;
    RETURN filled;
END $$;
COMMENT ON FUNCTION tenancy.with_defaults(regclass, jsonb, name) IS
'A row to be inserted with the defaults, as a database role gets them, of the columns that it lacks; those that a sequence fills stay out.';

CREATE FUNCTION tenancy.explain_access(target regclass, command text, claims jsonb, key jsonb DEFAULT NULL)
    RETURNS TABLE (part text, policy name, kind text, roles text, expression text, value text, verdict text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    letter "char" := CASE upper(command) WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' END;
    acts_as name := tenancy.setting(CASE WHEN claims IS NULL THEN 'anonymous' ELSE 'authenticated' END);
    acting_role oid;
    relation pg_class;
    stored jsonb;
    seen record;
    free text;
    asked_policies jsonb;
    item jsonb;
    results jsonb := '[]';
    step text;
    refusals text[] := '{}';
    unknown boolean := false;
    lets_through boolean;
    may_enter boolean;
BEGIN
    PERFORM tenancy.require_trial(target);
    IF letter IS NULL THEN
        RAISE EXCEPTION 'unknown command: %', COALESCE(quote_literal(command), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is SELECT, INSERT, UPDATE or DELETE. TRUNCATE asks no policy.';
    ELSIF jsonb_typeof(claims) <> 'object' OR jsonb_typeof(key) <> 'object' THEN
        RAISE EXCEPTION 'claims and key must be JSON objects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'claims NULL is nobody; key names a row by its columns: {"id": 1}. For INSERT it is the row to be.';
    END IF;
    SELECT min(k) INTO step FROM jsonb_object_keys(key) k WHERE NOT tenancy.has_column(target, k::name);
    IF step IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of table % does not exist', step, target USING ERRCODE = 'undefined_column';
    END IF;
    SELECT * INTO relation FROM pg_class WHERE oid = target;
    BEGIN
        PERFORM tenancy.run_as(CASE WHEN tenancy.is_native() THEN pg_get_userbyid(relation.relowner) ELSE current_user END, format('SELECT to_jsonb(r) FROM jsonb_populate_record(NULL::%s, $1) r', target), key) WHERE key IS NOT NULL;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION 'key does not fit the columns of table %: %', target, SQLERRM USING ERRCODE = SQLSTATE;
    END;
    IF letter <> 'a' AND key IS NOT NULL THEN
        SELECT r INTO stored FROM tenancy.rows_of(target, key, 1) r;
    END IF;

    -- As the caller; all that is set for it is undone.
    BEGIN
        acts_as := tenancy.become(claims, NULL, NULL, acts_as);
        SELECT oid, has_schema_privilege(oid, relation.relnamespace, 'USAGE') INTO acting_role, may_enter FROM pg_roles WHERE rolname = acts_as;
        SELECT w.* INTO seen FROM jsonb_to_record(tenancy.run_as(acts_as, 'SELECT to_jsonb(w) FROM tenancy.whoami() w', NULL)::jsonb)
            AS w (user_id text, tenant_id text, roles text[], sees_nothing_because text);
        IF letter = 'a' AND key IS NOT NULL AND may_enter THEN
            stored := tenancy.with_defaults(target, key, acts_as);
        END IF;
        SELECT COALESCE(jsonb_agg(p), '[]') INTO asked_policies FROM tenancy.policies_asked(target, letter, acting_role) p;
        FOR item IN SELECT jsonb_array_elements(asked_policies) LOOP
            FOREACH step IN ARRAY '{using,check}'::text[] LOOP
                CONTINUE WHEN item ->> (step || '_expression') IS NULL;
                results := results || jsonb_build_object('step', step, 'policy', item, 'value', CASE
                    WHEN may_enter AND (item -> 'applies')::boolean AND (stored IS NOT NULL OR NOT (item -> 'needs_row')::boolean) THEN tenancy.value_for(target, item ->> (step || '_expression'), stored, acts_as) END);
            END LOOP;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'TN000', MESSAGE = 'done';
    EXCEPTION WHEN SQLSTATE 'TN000' THEN NULL;
    END;

    RETURN QUERY SELECT 'caller', NULL::name, NULL::text, acts_as::text, NULL::text, seen.tenant_id, concat_ws('; ',
        COALESCE('user ' || seen.user_id, 'nobody'), COALESCE('tenant ' || seen.tenant_id, 'no tenant'),
        'roles ' || array_to_string(NULLIF(seen.roles, '{}'), ', '), seen.sees_nothing_because);

    IF NOT may_enter THEN
        step := format('role "%s" has no USAGE on schema %s', acts_as, relation.relnamespace::regnamespace);
    ELSIF NOT (has_table_privilege(acting_role, target, upper(command)) OR letter <> 'd' AND has_any_column_privilege(acting_role, target, upper(command))) THEN
        step := format('role "%s" has no %s on %s', acts_as, upper(command), target);
    ELSIF letter <> 'a' AND EXISTS (SELECT FROM jsonb_object_keys(key) k WHERE NOT has_column_privilege(acting_role, target, k, 'SELECT')) THEN
        step := format('role "%s" may not read the columns of the key in %s', acts_as, target);
    ELSE
        step := NULL;
    END IF;
    refusals := array_remove(ARRAY[step], NULL);
    RETURN QUERY SELECT 'rights', NULL::name, NULL::text, acts_as::text, NULL::text, (step IS NULL)::text, COALESCE(step, 'granted');

    SELECT CASE WHEN NOT relation.relrowsecurity THEN 'row security is off: every row is anybody''s who has the right'
        WHEN r.rolsuper THEN format('role "%s" is a superuser', acts_as) WHEN r.rolbypassrls THEN format('role "%s" has BYPASSRLS', acts_as)
        WHEN NOT relation.relforcerowsecurity AND pg_has_role(r.oid, relation.relowner, 'USAGE') THEN format('role "%s" has the rights of the owner, and there is no FORCE', acts_as) END
    INTO free FROM pg_roles r WHERE r.oid = acting_role;
    RETURN QUERY SELECT 'row security', NULL::name, NULL::text, acts_as::text, NULL::text, (free IS NULL)::text,
        COALESCE('does not bind: ' || free, format('binds role "%s"', acts_as));

    IF key IS NOT NULL AND letter <> 'a' THEN
        RETURN QUERY SELECT 'row', NULL::name, NULL::text, NULL::text, key::text, (stored IS NOT NULL)::text, CASE WHEN stored IS NOT NULL THEN 'there is such a row'
            WHEN row_security_active(target) AND NOT tenancy.is_native() THEN 'row security hides the rows from the current role; ask as one with BYPASSRLS'
            ELSE 'there is no such row' END;
    END IF;
    IF free IS NULL THEN
        RETURN QUERY SELECT 'policy', (r #>> '{policy,policy}')::name, CASE WHEN (r #> '{policy,permissive}')::boolean THEN 'permissive' ELSE 'restrictive' END
                || CASE WHEN r ->> 'step' = 'check' THEN ', of the new row' WHEN (r #> '{policy,reads}')::boolean THEN ', to see the row' ELSE '' END,
            r #>> '{policy,roles}', r #>> ARRAY['policy', (r ->> 'step') || '_expression'], r ->> 'value', CASE
                WHEN NOT (r #> '{policy,applies}')::boolean THEN format('is not for role "%s"', acts_as)
                WHEN NOT may_enter THEN 'is not asked' WHEN r ->> 'value' IS NULL AND stored IS NOT NULL THEN 'is not known: callers may not write this expression themselves'
                WHEN r ->> 'value' IS NULL THEN 'depends on the row' WHEN r ->> 'value' = 'true' THEN 'lets it through'
                WHEN r ->> 'value' = 'NULL' THEN 'does not: NULL counts as no' WHEN r ->> 'value' = 'false' THEN 'does not' ELSE 'raises an error' END
        FROM jsonb_array_elements(results) WITH ORDINALITY AS x (r, place) ORDER BY place;
        -- For each thing that is asked: one permissive policy at least, and every restrictive one.
        FOR item IN
            SELECT jsonb_build_object('what', x.what,
                'permissive', bool_or(x.value = 'true') FILTER (WHERE x.permissive AND x.applies), 'open', bool_or(x.value IS NULL) FILTER (WHERE x.applies),
                'any', count(*) FILTER (WHERE x.permissive AND x.applies),
                'against', string_agg(DISTINCT x.policy, ', ') FILTER (WHERE NOT x.permissive AND x.applies AND x.value <> 'true'))
            FROM (SELECT w.what, r ->> 'value' AS value, r #>> '{policy,policy}' AS policy, (r #> '{policy,permissive}')::boolean AS permissive, (r #> '{policy,applies}')::boolean AS applies
                  FROM (SELECT unnest(CASE letter WHEN 'r' THEN '{SELECT}' WHEN 'a' THEN '{the new row}' WHEN 'w' THEN '{to see the row,UPDATE,the new row}' ELSE '{to see the row,DELETE}' END::text[])) w (what)
                  LEFT JOIN jsonb_array_elements(results) r ON CASE w.what WHEN 'the new row' THEN r ->> 'step' = 'check'
                      WHEN 'to see the row' THEN r ->> 'step' = 'using' AND ((r #> '{policy,reads}')::boolean OR r #>> '{policy,command}' = '*')
                      ELSE r ->> 'step' = 'using' AND NOT (r #> '{policy,reads}')::boolean END) x
            GROUP BY x.what
        LOOP
            unknown := unknown OR COALESCE((item ->> 'open')::boolean, false);
            IF (item ->> 'any')::int = 0 THEN
                refusals := refusals || format('no permissive policy is for role "%s" (%s)', acts_as, item ->> 'what');
            ELSIF item ->> 'against' IS NOT NULL THEN
                refusals := refusals || format('%s: restrictive policy %s', item ->> 'what', item ->> 'against');
            ELSIF item ->> 'permissive' IS DISTINCT FROM 'true' AND NOT COALESCE((item ->> 'open')::boolean, false) THEN
                refusals := refusals || format('%s: no permissive policy lets it through', item ->> 'what');
            END IF;
        END LOOP;
        IF cardinality(refusals) > 0 AND seen.sees_nothing_because IS NOT NULL THEN
            refusals := refusals || seen.sees_nothing_because;
        END IF;
    END IF;
    IF key IS NOT NULL AND letter <> 'a' AND stored IS NULL AND cardinality(refusals) = 0 THEN
        RETURN QUERY SELECT 'verdict', NULL::name, NULL::text, NULL::text, NULL::text, NULL::text, 'nothing: the row was not found';
        RETURN;
    END IF;
    lets_through := CASE WHEN cardinality(refusals) > 0 THEN false WHEN unknown AND free IS NULL THEN NULL ELSE true END;
    RETURN QUERY SELECT 'verdict', NULL::name, NULL::text, NULL::text, NULL::text, lets_through::text, CASE WHEN lets_through THEN 'allowed' || COALESCE(': ' || free, '')
        WHEN lets_through IS NULL THEN concat_ws('; ', CASE WHEN stored IS NULL THEN 'goes by the row: give its key' ELSE 'not known' END, seen.sees_nothing_because)
        ELSE 'refused: ' || array_to_string(refusals, '; ') END;
END $$;
COMMENT ON FUNCTION tenancy.explain_access(regclass, text, jsonb, jsonb) IS
'Why a caller with these claims (NULL: nobody, as role anonymous) may or may not SELECT, INSERT, UPDATE or DELETE a row, which key names by columns (for INSERT, key is the row to be; NULL: whichever row). Rows in this order: caller; rights; row security, and why it does not bind; row; each policy that is asked, with its expression and its value for this caller and row; verdict, with value true, false, or NULL where it goes by the row. An UPDATE is taken to leave the row as it is. Only what row security says: constraints and triggers are not asked. For the table''s owner; where claims are not believed for the administrator. Everything is undone. Errors: those of tenancy.require_trial() and tenancy.become(); 22023; 42703 key names a column that there is not; 22xxx a value of it is none of its column.';

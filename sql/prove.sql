-- tenancy.prove(): tries to cross the border of a table for real, with rows that are there, and undoes everything.

-- Whose a row is, by the columns of the table or of those that it belongs to.
CREATE FUNCTION tenancy.owner_of_row(target regclass, stored jsonb, asked jsonb, OUT tenant text, OUT usr text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key pg_constraint;
    parent jsonb;
BEGIN
    IF asked ? 'key' THEN
        SELECT * INTO key FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f';
        SELECT r INTO parent FROM tenancy.rows_of(key.confrelid, (
            SELECT jsonb_object_agg(p.attname, stored -> c.attname)
            FROM unnest(key.conkey, key.confkey) AS pair (referencing, referenced)
            JOIN pg_attribute c ON c.attrelid = target AND c.attnum = pair.referencing JOIN pg_attribute p ON p.attrelid = key.confrelid AND p.attnum = pair.referenced), 1) r;
        SELECT o.tenant, o.usr INTO tenant, usr FROM tenancy.owner_of_row(key.confrelid, parent, asked -> 'above') o;
        RETURN;
    END IF;
    tenant := stored ->> COALESCE(asked ->> 'tenant_column', CASE WHEN asked IS NULL THEN tenancy.setting('tenant_column') END);
    usr := stored ->> COALESCE(asked ->> 'user_column', CASE WHEN asked IS NULL THEN tenancy.setting('user_column') END);
END $$;
COMMENT ON FUNCTION tenancy.owner_of_row(regclass, jsonb, jsonb) IS
'The tenant and the user whose a row of the table, a jsonb object, is, as asked of tenancy.protect(), or by the columns of settings tenant_column and user_column; NULL where it has none.';

-- A user who may act for the tenant, and for none of the others: as the table of members has it, if there is one.
CREATE FUNCTION tenancy.user_of(tenant text, others text[]) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source record;
    member text;
BEGIN
    IF to_regclass('tenancy.member_source') IS NULL OR tenancy.setting('members') = '' OR tenancy.setting('require_membership') = 'off' THEN
        RETURN 'somebody';
    END IF;
    EXECUTE 'SELECT * FROM tenancy.member_source' INTO source;
    IF source.source IS NULL OR NOT has_table_privilege(source.source, 'SELECT') THEN
        RETURN NULL;
    END IF;
    WITH members AS MATERIALIZED (
        SELECT r ->> source.user_column AS usr, r ->> source.tenant_column AS of_tenant
        FROM tenancy.rows_of(source.source, '{}', 100000) r
        WHERE (source.active_column IS NULL OR r ->> source.active_column NOT IN ('false', 'inactive'))
            AND (source.inactive_column IS NULL OR COALESCE(r ->> source.inactive_column, 'false') = 'false'))
    SELECT m.usr INTO member FROM members m WHERE m.of_tenant = tenant AND m.usr IS NOT NULL AND NOT EXISTS (SELECT FROM members o WHERE o.usr = m.usr AND o.of_tenant = ANY (others)) LIMIT 1;
    IF source.users IS NOT NULL THEN
        SELECT r ->> source.subject_column INTO member FROM tenancy.rows_of(source.users, jsonb_build_object(source.key_column, member), 1) r;
    END IF;
    RETURN member;
END $$;
COMMENT ON FUNCTION tenancy.user_of(text, text[]) IS
'The sub of a member of the tenant who is a member of none of the others, or any word where no table of members is in use; NULL where nobody is found.';

-- (A choice of a tenant counts for the active one alone; template any_tenant asks for all that the claims name.)
CREATE FUNCTION tenancy.claims_naming(sub text, tenant text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place jsonb := COALESCE(NULLIF(tenancy.setting('tenant_path'), '')::jsonb, (
        SELECT path FROM jsonb_array_elements(tenancy.layout_data()) l, jsonb_array_elements(l -> 'tenant') WITH ORDINALITY AS p (path, position)
        WHERE l ->> 'name' = tenancy.setting('layout') AND path <> 'null' ORDER BY position LIMIT 1), '["tenant_id"]');
    claims jsonb := to_jsonb(tenant);
BEGIN
    FOR level IN REVERSE jsonb_array_length(place) - 1 .. 0 LOOP
        claims := jsonb_build_object(place ->> level, claims);
    END LOOP;
    RETURN COALESCE(claims, '{}') || jsonb_build_object('sub', sub);
END $$;
COMMENT ON FUNCTION tenancy.claims_naming(text, text) IS 'Claims of a user that name this tenant (NULL: none) where the settings have it looked for.';

-- Runs a statement as a caller and undoes it. The answer: how many rows, or the error.
CREATE FUNCTION tenancy.attempt(statement text, argument jsonb, claims jsonb, tenant text, roles text[], database_role name, malformed boolean) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    affected text;
    became boolean := false;
    undone CONSTANT text := gen_random_uuid();
BEGIN
    database_role := tenancy.become(claims, tenant, roles, database_role);
    IF malformed THEN
        PERFORM tenancy.stop_acting(), set_config('pg_tenancy.token', '', true), set_config('request.jwt.claims', '{"sub": "somebody', true);
    END IF;
    -- (What a deferred constraint waits for would be the end of the transaction.)
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config('lock_timeout', '2s', true);
    became := true;
    affected := tenancy.run_as(database_role, statement, argument);
    RAISE EXCEPTION USING ERRCODE = 'TN000', MESSAGE = undone;
EXCEPTION
    WHEN OTHERS THEN
        IF NOT became THEN
            RAISE;
        ELSIF SQLSTATE = 'TN000' AND SQLERRM = undone THEN
            RETURN format('%s %s', affected, CASE affected WHEN '1' THEN 'row' ELSE 'rows' END);
        END IF;
        RETURN format('%s: %s', SQLSTATE, SQLERRM);
END $$;
COMMENT ON FUNCTION tenancy.attempt(text, jsonb, jsonb, text, text[], name, boolean) IS
'How many rows a statement finds or changes for a caller, or the error that it raises, as text; everything is undone. Errors: those of tenancy.become().';

CREATE FUNCTION tenancy.prove(target regclass, with_triggers boolean DEFAULT false)
    RETURNS TABLE (caller text, command text, attempt text, expected text, observed text, passed boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    asked jsonb := tenancy.asked(target);
    -- (Whose a row is may have to be looked up, in its parents.)
    look_at CONSTANT int := CASE WHEN asked ? 'key' THEN 1000 ELSE 10000 END;
    looked jsonb[];
    root jsonb := asked;
    by_user boolean;
    triggers text;
    own record;
    theirs record;
    swap record;
    subject text;
    needed text[] := ARRAY(SELECT DISTINCT e FROM unnest('{read,write,remove}'::text[]) a, jsonb_array_elements_text(asked -> a) e);
    roles text[];
    permissions jsonb;
    owning text[];     -- the columns by which a row is somebody's
    identity text[];   -- those of the primary key
    columns text[];    -- those that an INSERT names
    settable text;     -- one that an UPDATE sets to itself
    relation CONSTANT text := target::text;
    records CONSTANT text := format('jsonb_populate_record(NULL::%1$s, $1 -> ''own'') own, jsonb_populate_record(NULL::%1$s, $1 -> ''theirs'') theirs', relation);
    is_own text;       -- that r is this row, as a condition
    is_theirs text;
    listed text;       -- columns, for an INSERT
    of_theirs text;    -- the values of the other's row for them
    mixed text;        -- the same, but in the own tenant
    tried record;
    sees_own boolean;
    may_change boolean := true;
    may_remove boolean := true;
    own_rows int;      -- how many rows there are of the owner of the own row; NULL where they are many, or not all were looked at
    allowed int;
    leaf regclass;
    -- (With row_security off, a query that it would narrow is an error.)
    row_security_is_on CONSTANT boolean := current_setting('row_security')::boolean;
BEGIN
    PERFORM tenancy.require_trial(target);
    IF with_triggers IS NULL THEN
        RAISE EXCEPTION 'with_triggers must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH RECURSIVE reached AS (
        SELECT f.relation::oid AS relation FROM tenancy.family(target) f (relation)
        UNION
        -- What ON DELETE and ON UPDATE change, and their partitions
        SELECT n.relation FROM reached r CROSS JOIN LATERAL (
            SELECT k.conrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = r.relation AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r'))
            UNION ALL SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = r.relation) n (relation)
    )
    SELECT string_agg(t.what, ', ' ORDER BY t.what) INTO triggers FROM (
        SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid IN (SELECT relation FROM reached) AND t.tgfoid NOT IN (SELECT oid FROM pg_proc WHERE pronamespace = 'tenancy'::regnamespace)
        UNION ALL SELECT format('rule %I on %s', w.rulename, w.ev_class::regclass) FROM pg_rewrite w WHERE w.ev_class IN (SELECT relation FROM reached)) t (what);
    IF triggers IS NOT NULL AND NOT with_triggers THEN
        RAISE EXCEPTION 'table % has triggers or rules, which attempts would run', target USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('They are: %s.', triggers),
            HINT = 'Where all they do is undone by a rollback: tenancy.prove(..., with_triggers => true).';
    END IF;

    PERFORM tenancy.require_role(tenancy.setting('authenticated'));
    WHILE root -> 'above' <> 'null' LOOP
        root := root -> 'above';
    END LOOP;
    by_user := root ->> 'template' = 'user' OR root IS NULL AND NOT tenancy.has_column(target, tenancy.setting('tenant_column')::name);
    looked := ARRAY(SELECT jsonb_build_object('stored', r, 'tenant', o.tenant, 'usr', o.usr, 'of', CASE WHEN by_user THEN o.usr ELSE o.tenant END)
        FROM tenancy.rows_of(target, '{}', look_at) r, tenancy.owner_of_row(target, r, asked) o);
    SELECT l -> 'stored' AS stored, l ->> 'tenant' AS tenant, l ->> 'usr' AS usr, l ->> 'of' AS of INTO own FROM unnest(looked) l WHERE l ->> 'of' IS NOT NULL LIMIT 1;
    SELECT l -> 'stored' AS stored, l ->> 'tenant' AS tenant, l ->> 'usr' AS usr, l ->> 'of' AS of INTO theirs FROM unnest(looked) l WHERE l ->> 'of' <> own.of LIMIT 1;
    IF theirs.stored IS NULL THEN
        RETURN QUERY SELECT NULL::text, NULL::text, 'find rows of two owners', 'two rows', format('not provable: %s', CASE
            WHEN row_security_active(target) AND NOT tenancy.is_native() THEN 'row security hides the rows from the current role; ask as one with BYPASSRLS'
            WHEN asked IS NULL AND NOT tenancy.has_column(target, tenancy.setting('tenant_column')::name) AND NOT tenancy.has_column(target, tenancy.setting('user_column')::name)
                THEN format('it is not protected, and has neither column %I nor %I, which settings tenant_column and user_column name', tenancy.setting('tenant_column'), tenancy.setting('user_column'))
            WHEN own.stored IS NULL THEN 'no row that belongs to anybody is found'
            WHEN cardinality(looked) < look_at THEN 'all rows are of one owner'
            ELSE format('the first %s rows are all of one owner', look_at) END), NULL::boolean;
        RETURN;
    END IF;
    subject := CASE WHEN by_user THEN own.usr ELSE tenancy.user_of(own.tenant, ARRAY[theirs.tenant]) END;
    IF subject IS NULL THEN
        swap := own;
        own := theirs;
        theirs := swap;
        subject := tenancy.user_of(own.tenant, ARRAY[theirs.tenant]);
    END IF;
    IF subject IS NULL THEN
        RETURN QUERY SELECT NULL::text, NULL::text, 'find a member of one tenant who is none of the other', 'a member',
            'not provable: the table of members has none that the current role may read', NULL::boolean;
        RETURN;
    END IF;
    roles := NULLIF(ARRAY(SELECT e FROM unnest(needed) e WHERE NOT tenancy.is_permission(e)), '{}');
    permissions := to_jsonb(ARRAY(SELECT e FROM unnest(needed) e WHERE tenancy.is_permission(e)));
    IF permissions <> '[]' AND tenancy.may_act() THEN
        -- Acting with roles, it is these that permissions come from: one that has them all by definition.
        roles := COALESCE((SELECT COALESCE(roles, '{}') || d.role FROM tenancy.role_definition d WHERE NOT EXISTS (
            SELECT FROM unnest(needed) n WHERE tenancy.is_permission(n) AND NOT EXISTS (SELECT FROM unnest(tenancy.role_permissions(d.role, own.tenant)) g
                WHERE g IN (n, '*.*') OR g LIKE '%.*' AND starts_with(n, left(g, -1)))) ORDER BY d.role <> 'owner', d.role LIMIT 1), roles);
    END IF;

    owning := CASE WHEN asked ? 'key' THEN ARRAY(SELECT a.attname::text FROM pg_constraint k, unnest(k.conkey) c JOIN pg_attribute a ON a.attnum = c
            WHERE k.conrelid = target AND k.conname = asked ->> 'key' AND a.attrelid = target)
        ELSE ARRAY(SELECT c FROM unnest(ARRAY[COALESCE(asked ->> 'tenant_column', tenancy.setting('tenant_column')), COALESCE(asked ->> 'user_column', CASE WHEN by_user THEN tenancy.setting('user_column') END)]) c
            WHERE tenancy.has_column(target, c::name)) END;
    SELECT COALESCE(array_agg(a.attname::text), '{}') INTO identity FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
    WHERE i.indrelid = target AND i.indisprimary;
    -- Columns that callers may write: where they may write some only, an attempt at another would be refused for that.
    SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO columns FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND (has_column_privilege(tenancy.setting('authenticated'), target, a.attnum, 'INSERT') OR NOT has_any_column_privilege(tenancy.setting('authenticated'), target, 'INSERT'));
    SELECT a.attname INTO settable FROM pg_attribute a
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a' AND a.attname::text <> ALL (identity || owning)
        AND (has_column_privilege(tenancy.setting('authenticated'), target, a.attnum, 'UPDATE') OR NOT has_any_column_privilege(tenancy.setting('authenticated'), target, 'UPDATE'))
    ORDER BY EXISTS (SELECT FROM pg_index i WHERE i.indrelid = target AND i.indisunique AND a.attnum = ANY (i.indkey)), a.attnum LIMIT 1;
    settable := COALESCE(settable, owning[1]);
    is_own := CASE identity WHEN '{}' THEN 'to_jsonb(r.*) = ($1 -> ''own'')' ELSE (SELECT string_agg(format('r.%I = own.%1$I', i), ' AND ') FROM unnest(identity) i) END;
    is_theirs := CASE identity WHEN '{}' THEN 'to_jsonb(r.*) = ($1 -> ''theirs'')' ELSE (SELECT string_agg(format('r.%I = theirs.%1$I', i), ' AND ') FROM unnest(identity) i) END;
    SELECT string_agg(quote_ident(n), ', ' ORDER BY p), string_agg(format('theirs.%I', n), ', ' ORDER BY p),
        string_agg(format('%I.%I', CASE WHEN n = ANY (owning) THEN 'own' ELSE 'theirs' END, n), ', ' ORDER BY p)
    INTO listed, of_theirs, mixed FROM unnest(columns) WITH ORDINALITY AS x (n, p);

    -- (Rows that an attempt reaches are locked until it is undone.)
    own_rows := CASE WHEN cardinality(looked) <= 1000 THEN (SELECT count(*) FROM unnest(looked) l WHERE l ->> 'of' = own.of) END;

    FOR tried IN
        WITH callers (place, caller, claims, tenant, roles, role, malformed) AS (VALUES
            (1, CASE WHEN by_user THEN 'another user' ELSE 'a caller of another tenant' END,
                tenancy.claims_naming(subject, own.tenant) || CASE permissions WHEN '[]' THEN '{}' ELSE jsonb_build_object('permissions', permissions) END,
                own.tenant, roles, tenancy.setting('authenticated'), false),
            (2, 'signed in, without a tenant', '{"sub": "nobody in particular"}', NULL, NULL, tenancy.setting('authenticated'), false),
            (3, 'a tenant that there is not', tenancy.claims_naming('nobody in particular', 'no such tenant'), 'no such tenant', NULL, tenancy.setting('authenticated'), false),
            (4, 'nobody', NULL, NULL, NULL, tenancy.setting('authenticated'), false),
            (5, 'malformed claims', NULL, NULL, NULL, tenancy.setting('authenticated'), true),
            (6, 'anonymous', NULL, NULL, NULL, tenancy.setting('anonymous'), false)
        ), attempts (place, command, attempt, expected, everybody, statement) AS (VALUES
            (1, 'SELECT', 'read the own row', '1 row', false, 'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_own),
            (1.1, 'UPDATE', 'change the own row', '1 row', false, CASE WHEN has_any_column_privilege(tenancy.setting('authenticated'), target, 'UPDATE') THEN
                'UPDATE ' || relation || format(' r SET %I = own.%1$I FROM ', settable) || records || ' WHERE ' || is_own END),
            (1.2, 'DELETE', 'delete the own row', '1 row', false, CASE WHEN has_table_privilege(tenancy.setting('authenticated'), target, 'DELETE') THEN
                'DELETE FROM ' || relation || ' r USING ' || records || ' WHERE ' || is_own END),
            (2, 'SELECT', 'read the other''s row', CASE asked ->> 'template' WHEN 'public_read' THEN '1 row' ELSE 'nothing' END, true,
                'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_theirs),
            (3, 'SELECT', 'lock the other''s row', 'nothing', false, 'SELECT FROM ' || relation || ' r, ' || records || ' WHERE ' || is_theirs || ' FOR UPDATE OF r'),
            (4, 'INSERT', 'write a row of the other''s', 'nothing', true,
                'INSERT INTO ' || relation || ' (' || listed || ') OVERRIDING SYSTEM VALUE SELECT ' || of_theirs || ' FROM ' || records),
            (5, 'INSERT', 'write over the other''s row by its key', 'nothing', false, CASE WHEN identity <> '{}' AND NOT identity && owning THEN
                'INSERT INTO ' || relation || ' (' || listed || ') OVERRIDING SYSTEM VALUE SELECT ' || mixed || ' FROM ' || records || ' ON CONFLICT ('
                || (SELECT string_agg(quote_ident(i), ', ') FROM unnest(identity) i) || format(') DO UPDATE SET %I = excluded.%1$I', settable) END),
            (6, 'UPDATE', 'change the other''s row', 'nothing', true,
                'UPDATE ' || relation || format(' r SET %I = theirs.%1$I FROM ', settable) || records || ' WHERE ' || is_theirs),
            (7, 'UPDATE', 'give the own row to the other', 'nothing', false,
                'UPDATE ' || relation || ' r SET ' || (SELECT string_agg(format('%I = theirs.%1$I', o), ', ') FROM unnest(owning) o) || ' FROM ' || records || ' WHERE ' || is_own),
            (8, 'DELETE', 'delete the other''s row', 'nothing', true, 'DELETE FROM ' || relation || ' r USING ' || records || ' WHERE ' || is_theirs),
            (9, 'MERGE', 'delete the other''s row', 'nothing', false,
                'MERGE INTO ' || relation || ' r USING (SELECT theirs.* FROM ' || records || ') theirs ON ' || is_theirs || ' WHEN MATCHED THEN DELETE'),
            -- (These name no column, so that no right to read is asked, and no policy for it.)
            (10, 'UPDATE', 'change all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN
                'UPDATE ' || relation || format(' SET %I = (SELECT own.%1$I FROM ', settable) || records || ')' END),
            (11, 'DELETE', 'delete all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN 'DELETE FROM ' || relation END),
            (12, 'UPDATE', 'make all rows one''s own', 'the own rows', true, CASE WHEN own_rows IS NOT NULL THEN
                'UPDATE ' || relation || ' SET ' || (SELECT string_agg(format('%I = (SELECT own.%1$I FROM ', o) || records || ')', ', ') FROM unnest(owning) o) END),
            (13, 'SELECT', 'read all rows', 'the own rows', true, CASE WHEN own_rows IS NOT NULL AND COALESCE(asked ->> 'template', '') NOT IN ('public_read', 'tenant_or_global') THEN 'SELECT FROM ' || relation END)
        )
        SELECT c.*, a.place AS step, a.command, a.attempt, a.expected, a.statement
        FROM callers c JOIN attempts a ON c.place = 1 OR a.everybody
        WHERE a.statement IS NOT NULL AND (c.place < 6 OR EXISTS (SELECT FROM pg_roles WHERE rolname = tenancy.setting('anonymous')))
        ORDER BY c.place, a.place
    LOOP
        caller := tried.caller;
        command := tried.command;
        attempt := tried.attempt;
        allowed := CASE WHEN tried.expected = 'the own rows' AND tried.place = 1 THEN own_rows ELSE 0 END;
        expected := CASE WHEN tried.expected <> 'the own rows' THEN tried.expected WHEN allowed = 0 THEN 'nothing' ELSE format('%s at most', allowed) END;
        observed := tenancy.attempt(tried.statement, jsonb_build_object('own', own.stored, 'theirs', theirs.stored), tried.claims, tried.tenant, tried.roles, tried.role, tried.malformed);
        passed := CASE WHEN tried.expected ~ 'row$' THEN observed = tried.expected
            WHEN starts_with(observed, '42501') AND row_security_is_on THEN true
            WHEN observed ~ '^[0-9]+ rows?$' THEN split_part(observed, ' ', 1)::bigint <= allowed
            -- A constraint is asked once row security has let the row through; any other error tells nothing.
            WHEN starts_with(observed, '23') AND allowed = 0 THEN false END;
        IF tried.step < 2 THEN
            -- The controls: who can do nothing at all proves nothing by it.
            passed := NULLIF(passed OR starts_with(observed, '23'), false);
            CASE tried.step WHEN 1 THEN sees_own := passed IS NOT NULL; WHEN 1.1 THEN may_change := passed IS NOT NULL; ELSE may_remove := passed IS NOT NULL; END CASE;
        ELSIF tried.place = 1 AND NOT (sees_own AND (may_change OR tried.command <> 'UPDATE') AND (may_remove OR tried.command NOT IN ('DELETE', 'MERGE'))) THEN
            passed := NULLIF(passed, true);
        END IF;
        RETURN NEXT;
    END LOOP;
    -- Partitions and children that callers may ask by themselves
    FOR leaf IN SELECT f FROM tenancy.family(target) f WHERE f <> target AND has_any_column_privilege(tenancy.setting('authenticated'), f, 'SELECT') LOOP
        caller := CASE WHEN by_user THEN 'another user' ELSE 'a caller of another tenant' END;
        command := 'SELECT';
        attempt := format('read the rows of others in %s', leaf);
        expected := 'nothing';
        observed := tenancy.attempt('SELECT FROM ' || leaf || ' r, ' || records || ' WHERE ' || is_theirs, jsonb_build_object('own', own.stored, 'theirs', theirs.stored),
            tenancy.claims_naming(subject, own.tenant), own.tenant, roles, tenancy.setting('authenticated'), false);
        passed := CASE WHEN observed = '0 rows' OR starts_with(observed, '42501') THEN true WHEN observed ~ 'rows?$' THEN false END;
        RETURN NEXT;
    END LOOP;
    RETURN QUERY SELECT CASE WHEN r.rolname = tenancy.setting('authenticated') THEN 'signed in' ELSE 'anonymous' END, 'TRUNCATE', 'hold the privilege', 'nothing',
        CASE WHEN has_table_privilege(r.oid, target, 'TRUNCATE') THEN 'granted' ELSE 'not granted' END, NOT has_table_privilege(r.oid, target, 'TRUNCATE')
    FROM pg_roles r WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous')) ORDER BY 1 DESC;
END $$;
COMMENT ON FUNCTION tenancy.prove(regclass, boolean) IS
'Tries to cross the border of a table with two of its rows that belong to different tenants (or users), as a caller of one, without a tenant, with one that there is not, as nobody, with malformed claims and as anonymous: caller, command, attempt, expected (nothing: no row is found or changed, or 42501), observed, passed; NULL where it cannot be proved (observed says why; where the control, a caller''s own row, is not seen either). What it writes and sets is undone: each attempt takes ROW EXCLUSIVE and is rolled back; the rows that it reaches are locked meanwhile. TRUNCATE goes by privilege. Callers are the roles authenticated (or an issuer''s) and anonymous; policies for other roles are not tried. For the table''s owner; where claims are not believed for the administrator. Looks at the first 10,000 rows for two owners (1,000 under via_parent); what reaches all rows is tried on tables of at most 1,000. Errors: those of tenancy.require_trial() and tenancy.become(); 55000 triggers or rules of others would run, unless with_triggers; 22004.';

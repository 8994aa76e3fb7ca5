-- What every SQL test finds. A superuser runs this once in each test database, after the extension.

-- Roles belong to the whole server, so another database may have made them already.
DO $$ BEGIN
    PERFORM tenancy.bootstrap_roles('app');
    IF to_regrole('table_owner') IS NULL THEN
        CREATE ROLE table_owner NOLOGIN;
    END IF;
END $$;

CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO PUBLIC;

-- The error that a statement raises; all NULL where it raises none, and then the statement has taken effect.
-- `code` is the SQLSTATE.
CREATE FUNCTION test.error(sql text, OUT code text, OUT message text, OUT detail text, OUT hint text)
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE sql;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT;
    detail := NULLIF(detail, '');
    hint := NULLIF(hint, '');
END $$;

-- Speaks for a caller until the transaction ends, in the database role of callers.
CREATE FUNCTION test.caller(claims text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
        SELECT set_config('request.jwt.claims', claims, true), set_config('role', 'authenticated', true);
    END;

-- A token of ann of tenant a, from https://issuer.example, with the key set that it is signed for, and another. For the
-- specs, which can start no program.
\set token `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "a"}' --exp 86400`
\set keys `$REPO/tests/lib/token jwks ed1`
\set other_keys `$REPO/tests/lib/token jwks ed2`
CREATE TABLE test.token AS SELECT :'token' AS token, :'keys'::jsonb AS keys, :'other_keys'::jsonb AS other_keys;

-- packs/members.sql, for the specs, which can read no files: EXECUTE runs it.
\set pack `cat "$REPO/packs/members.sql"`
CREATE TABLE test.pack AS SELECT 'members' AS name, :'pack' AS sql;

-- The border around the rows of a protected table: some 80 commands, each tried by each caller with real effects in a
-- subtransaction that is then undone. The table belongs to table_owner and has the columns id, slug (unique) and note,
-- in which row 3 says [3]: where an answer or an error holds that, the row has been seen.
DO $$ BEGIN
    IF to_regrole('view_owner') IS NULL THEN
        CREATE ROLE view_owner NOLOGIN IN ROLE authenticated;
        CREATE ROLE reporter NOLOGIN;
    END IF;
END $$;

-- Who tries, for a test to fill in: with which database role and claims; which rows are theirs to read and to write, as
-- conditions; the columns that say whose a row is, as they are in a row of theirs and in one of somebody else's.
CREATE TABLE test.trier (position serial, name text, role name DEFAULT 'authenticated', claims jsonb, reads text, writes text, own jsonb, theirs jsonb);

-- {t} is the table. {id} and {ids} are rows that the caller may write, {others} all that they may not, {other} one of
-- those, {shared} one that they may read and not write. {columns}, {own} and {theirs} say whose a row is; {to own},
-- {to theirs} and {to null} make it so. Each statement is the caller's, or that of @root or of @another caller.
CREATE TABLE test.command (position serial, name text PRIMARY KEY, statements text NOT NULL);
INSERT INTO test.command (name, statements) VALUES
    ('select', $$SELECT note FROM {t}$$),
    ('select others', $$SELECT note FROM {t} WHERE id IN ({others})$$),
    ('select or true', $$SELECT note FROM {t} WHERE id = {other} OR true ORDER BY id = {other} DESC$$),
    ('select, a condition that tells', $$SELECT note FROM {t} WHERE 1 / (id <> {other})::int = 1$$),
    ('select whole rows', $$SELECT a, b FROM {t} a JOIN {t} b USING (id)$$),
    ('select a sample', $$SELECT note FROM {t} TABLESAMPLE bernoulli (100)$$),
    ('select a sub-select', $$SELECT (SELECT string_agg(note, ' ') FROM {t})$$),
    ('select windows', $$SELECT lag(note) OVER w, lead(note) OVER w FROM {t} WINDOW w AS (ORDER BY id)$$),
    ('table union', $$TABLE {t} UNION TABLE {t}$$),
    ('count', $$SELECT count(*) FROM {t}$$),
    ('count what exists', $$SELECT count(*) FROM doors.incoming i WHERE EXISTS (SELECT FROM {t} t WHERE t.id = i.id)$$),
    ('count by explain analyze', $$SELECT doors.count_explained('SELECT FROM {t}')$$),
    ('for update', $$SELECT note FROM {t} FOR UPDATE$$),
    ('for key share', $$SELECT note FROM {t} WHERE id IN ({others}) FOR KEY SHARE$$),
    ('with', $$WITH x AS MATERIALIZED (SELECT * FROM {t}) SELECT x.note FROM x$$),
    ('with recursive', $$WITH RECURSIVE r AS (SELECT 1 AS n, NULL AS note UNION ALL SELECT n + 1, (SELECT t.note FROM {t} t WHERE t.id = n) FROM r WHERE n < 10) SELECT note FROM r$$),
    ('cursor', $$DECLARE border CURSOR FOR SELECT note FROM {t}; FETCH ALL FROM border$$),
    ('cursor, where current of', $$DECLARE border CURSOR FOR SELECT note FROM {t} ORDER BY id FOR UPDATE; FETCH 1 FROM border; UPDATE {t} SET note = note || '!' WHERE CURRENT OF border$$),
    ('prepared by another, generic', $$SET LOCAL plan_cache_mode = force_generic_plan; @another PREPARE border AS SELECT note FROM {t}; @another EXECUTE border; EXECUTE border$$),
    ('prepared by another, custom', $$SET LOCAL plan_cache_mode = force_custom_plan; @another PREPARE border (int) AS SELECT note FROM {t} WHERE id > $1; @another EXECUTE border (0); EXECUTE border (0)$$),
    ('prepared by root', $$@root PREPARE border AS UPDATE {t} SET note = note || '!' RETURNING note; EXECUTE border$$),
    ('row_security off', $$SET LOCAL row_security = off; SELECT note FROM {t}$$),
    ('select a view, owner''s rights', $$SELECT note FROM doors.by_owner$$),
    ('select a view, a caller''s rights', $$SELECT note FROM doors.by_member$$),
    ('select a view, invoker''s rights', $$SELECT note FROM doors.by_invoker$$),
    ('select a function, inlined', $$SELECT note FROM doors.inlined()$$),
    ('select a function, not inlined', $$SELECT note FROM doors.not_inlined()$$),
    ('select a function, plpgsql', $$SELECT doors.in_plpgsql()$$),
    ('select a function, plpgsql, after another', $$@another SELECT doors.in_plpgsql(); SELECT doors.in_plpgsql()$$),
    ('select a function, owner''s rights', $$SELECT doors.as_owner()$$),
    ('select a function, a caller''s rights', $$SELECT doors.as_member()$$),

    ('insert', $$INSERT INTO {t} (id, slug, note) VALUES (10, 'new', '[10]')$$),
    ('insert own', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {own})$$),
    ('insert own, returning', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {own}) RETURNING note$$),
    ('insert theirs', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs})$$),
    ('insert theirs, returning', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs}) RETURNING note$$),
    ('insert own and theirs', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {own}), (11, 'newer', '[11]', {theirs})$$),
    ('insert nobody''s', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {nulls})$$),
    ('insert select', $$INSERT INTO {t} (id, slug, note, {columns}) SELECT id + 10, slug || ' copy', 'copy', {columns} FROM doors.incoming$$),
    ('insert with', $$WITH x AS (INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs}) RETURNING note) SELECT note FROM x$$),
    ('insert own, a view, invoker''s rights', $$INSERT INTO doors.by_invoker (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {own})$$),
    ('insert theirs, a view, invoker''s rights', $$INSERT INTO doors.by_invoker (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs})$$),
    ('insert theirs, a view, owner''s rights', $$INSERT INTO doors.by_owner (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs})$$),
    ('insert theirs, a view, a caller''s rights', $$INSERT INTO doors.by_member (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {theirs})$$),
    ('on conflict do nothing', $$INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, {other slug}, '[10]', {own}) ON CONFLICT DO NOTHING RETURNING note$$),
    ('on conflict update own', $$INSERT INTO {t} AS t (id, slug, note, {columns}) VALUES (10, {slug}, '[10]', {own}) ON CONFLICT (slug) DO UPDATE SET note = t.note || '!' RETURNING note$$),
    ('on conflict update others', $$INSERT INTO {t} AS t (id, slug, note, {columns}) VALUES (10, {other slug}, '[10]', {own}) ON CONFLICT (slug) DO UPDATE SET note = t.note || '!' RETURNING note$$),
    ('on conflict update shared', $$INSERT INTO {t} AS t (id, slug, note, {columns}) VALUES (10, {shared slug}, '[10]', {own}) ON CONFLICT (slug) DO UPDATE SET note = t.note || '!' RETURNING note$$),
    ('on conflict move', $$INSERT INTO {t} AS t (id, slug, note, {columns}) VALUES (10, {slug}, '[10]', {own}) ON CONFLICT (slug) DO UPDATE SET {to theirs}$$),
    ('insert theirs, on conflict update', $$INSERT INTO {t} AS t (id, slug, note, {columns}) VALUES (10, {slug}, '[10]', {theirs}) ON CONFLICT (slug) DO UPDATE SET note = t.note || '!'$$),

    ('update', $$UPDATE {t} SET note = note || '!'$$),
    ('update others', $$UPDATE {t} SET note = note || '!' WHERE id IN ({others}) RETURNING note$$),
    ('update from', $$UPDATE {t} t SET note = t.note || i.slug FROM doors.incoming i WHERE i.id = t.id$$),
    ('update from itself', $$UPDATE {t} t SET note = t.note || o.notes FROM (SELECT string_agg(note, ' ') AS notes FROM {t}) o RETURNING t.note, o$$),
    ('update with', $$WITH x AS (UPDATE {t} SET note = note || '!' RETURNING note) SELECT note FROM x$$),
    ('update a view, owner''s rights', $$UPDATE doors.by_owner SET note = note || '!' RETURNING note$$),
    ('update a view, a caller''s rights', $$UPDATE doors.by_member SET note = note || '!' RETURNING note$$),
    ('update a view, invoker''s rights', $$UPDATE doors.by_invoker SET note = note || '!' RETURNING note$$),
    ('give away', $$UPDATE {t} SET {to theirs} WHERE id IN ({ids})$$),
    ('give away from', $$UPDATE {t} t SET ({columns}) = (SELECT {columns} FROM doors.incoming WHERE id = {other}) WHERE id IN ({ids})$$),
    ('take', $$UPDATE {t} SET {to own} WHERE id IN ({others})$$),
    ('disown', $$UPDATE {t} SET {to null}$$),

    ('delete', $$DELETE FROM {t}$$),
    ('delete others', $$DELETE FROM {t} WHERE id IN ({others}) RETURNING note$$),
    ('delete using', $$DELETE FROM {t} t USING doors.incoming i WHERE i.id = t.id$$),
    ('delete with', $$WITH x AS (DELETE FROM {t} RETURNING note) SELECT note FROM x$$),
    ('delete a view, owner''s rights', $$DELETE FROM doors.by_owner RETURNING note$$),
    ('delete a view, a caller''s rights', $$DELETE FROM doors.by_member RETURNING note$$),
    ('delete a view, invoker''s rights', $$DELETE FROM doors.by_invoker RETURNING note$$),

    ('merge update', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id WHEN MATCHED THEN UPDATE SET note = t.note || '!'$$),
    ('merge delete', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id WHEN MATCHED THEN DELETE$$),
    ('merge insert', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id + 10 WHEN NOT MATCHED THEN INSERT (id, slug, note, {columns}) VALUES (i.id + 10, i.slug || ' copy', 'copy', {own})$$),
    ('merge insert theirs', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id + 10 WHEN NOT MATCHED THEN INSERT (id, slug, note, {columns}) VALUES (i.id + 10, i.slug || ' copy', 'copy', {theirs})$$),
    ('merge give away', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id WHEN MATCHED THEN UPDATE SET {to theirs}$$),
    ('merge others', $$MERGE INTO {t} t USING doors.incoming i ON t.id = i.id AND i.id IN ({others}) WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING$$),

    ('trigger that tells', $$@root CREATE TRIGGER a_trigger BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION doors.tell(); UPDATE {t} SET note = note || '!' RETURNING note$$),
    ('trigger that gives away', $$@root CREATE TRIGGER a_trigger BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION doors.put({theirs as json}); UPDATE {t} SET note = note || '!'$$),
    ('trigger that gives away the new', $$@root CREATE TRIGGER a_trigger BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION doors.put({theirs as json}); INSERT INTO {t} (id, slug, note, {columns}) VALUES (10, 'new', '[10]', {own})$$),
    ('trigger that deletes', $$@root CREATE TRIGGER a_trigger AFTER INSERT OR UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION doors.delete_all(); UPDATE {t} SET note = note || '!'$$),
    ('truncate', $$TRUNCATE {t}$$),
    ('truncate, granted', $$@root GRANT TRUNCATE ON {t} TO PUBLIC; TRUNCATE {t} CASCADE$$),
    ('disable row security', $$ALTER TABLE {t} DISABLE ROW LEVEL SECURITY$$),
    ('drop a policy', $$DROP POLICY tenancy_floor ON {t}$$),
    ('disable triggers', $$ALTER TABLE {t} DISABLE TRIGGER USER$$),
    ('replication role', $$SET LOCAL session_replication_role = replica$$);

-- What leads to the table besides commands.
CREATE FUNCTION test.open_doors(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET client_min_messages = warning
AS $open$
BEGIN
    CREATE SCHEMA doors;
    GRANT USAGE ON SCHEMA doors TO PUBLIC;
    EXECUTE format('CREATE TABLE doors.incoming AS TABLE %s', target);
    UPDATE doors.incoming SET note = 'incoming';
    EXECUTE format('CREATE VIEW doors.by_owner AS TABLE %s', target);
    EXECUTE format('CREATE VIEW doors.by_member AS TABLE %s', target);
    EXECUTE format('CREATE VIEW doors.by_invoker WITH (security_invoker = true) AS TABLE %s', target);
    ALTER VIEW doors.by_owner OWNER TO table_owner;
    ALTER VIEW doors.by_member OWNER TO view_owner;
    EXECUTE format('CREATE FUNCTION doors.inlined() RETURNS SETOF %1$s LANGUAGE sql STABLE AS ''TABLE %1$s''', target);
    EXECUTE format('CREATE FUNCTION doors.not_inlined() RETURNS SETOF %1$s LANGUAGE sql VOLATILE STRICT ROWS 1 AS ''TABLE %1$s''', target);
    EXECUTE format('CREATE FUNCTION doors.in_plpgsql() RETURNS text LANGUAGE plpgsql AS ''BEGIN RETURN (SELECT string_agg(note, '''' '''') FROM %s); END''', target);
    EXECUTE format('CREATE FUNCTION doors.as_owner() RETURNS text LANGUAGE sql SECURITY DEFINER AS ''SELECT string_agg(note, '''' '''') FROM %s''', target);
    EXECUTE format('CREATE FUNCTION doors.as_member() RETURNS text LANGUAGE sql SECURITY DEFINER AS ''SELECT string_agg(note, '''' '''') FROM %s''', target);
    ALTER FUNCTION doors.as_owner() OWNER TO table_owner;
    -- (Callers' rights are for callers: whoever may call it has them.)
    ALTER FUNCTION doors.as_member() OWNER TO view_owner;
    REVOKE ALL ON FUNCTION doors.as_member() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION doors.as_member() TO authenticated;
    CREATE FUNCTION doors.count_explained(query text) RETURNS int LANGUAGE plpgsql AS $$
    DECLARE
        plan json;
    BEGIN
        EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
        RETURN (plan #>> '{0,Plan,Actual Rows}')::numeric::int;
    END $$;
    EXECUTE format($$CREATE FUNCTION doors.tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
        NEW.note := NEW.note || (SELECT string_agg(note, '' '') FROM %s);
        RETURN NEW;
    END'$$, target);
    CREATE FUNCTION doors.put() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
        RETURN jsonb_populate_record(NEW, TG_ARGV[0]::jsonb);
    END$$;
    EXECUTE format($$CREATE FUNCTION doors.delete_all() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
        DELETE FROM %s;
        RETURN NULL;
    END'$$, target);
    GRANT ALL ON ALL TABLES IN SCHEMA doors TO PUBLIC;
END $open$;

-- The rows there are, by id, and the ids of those for which the condition holds.
CREATE FUNCTION test.rows_where(target regclass, condition text, OUT rows jsonb, OUT ids int[])
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('SELECT COALESCE(jsonb_object_agg(id, to_jsonb(t)), ''{}''), COALESCE(array_agg(id ORDER BY id) FILTER (WHERE %s), ''{}'') FROM %s t', condition, target)
    INTO rows, ids;
END $$;

-- What a command does for a caller: the rows seen, those changed (~), removed (-) and made (+), a number in parentheses, or
-- the SQLSTATE; a dot for nothing. First comes CROSSED where a row was not theirs to see, change, remove or make.
CREATE FUNCTION test.attempt(target regclass, caller test.trier, command test.command) RETURNS text
    LANGUAGE plpgsql
    SET client_min_messages = warning
AS $$
DECLARE
    before jsonb;
    after jsonb;
    readable int[];
    writable int[];
    writable_after int[];
    other int;
    shared int;
    statement text := command.statements;
    part text;
    speaker test.trier;
    answer text := '';
    line record;
    seen int[];
    changed int[];
    removed int[];
    made int[];
    told text;
BEGIN
    SELECT r.rows, r.ids INTO before, readable FROM test.rows_where(target, caller.reads) r;
    SELECT r.ids INTO writable FROM test.rows_where(target, caller.writes) r;
    -- (Of those not to be written, one that is not to be seen either, if there is one.)
    SELECT min(key) INTO shared FROM (SELECT key::int FROM jsonb_object_keys(before) key) k WHERE key = ANY (readable) AND key <> ALL (writable);
    SELECT key INTO other FROM (SELECT key::int FROM jsonb_object_keys(before) key) k WHERE key <> ALL (writable) ORDER BY key = ANY (readable), key LIMIT 1;
    IF statement LIKE '%{shared slug}%' AND shared IS NULL THEN
        RETURN '.';
    END IF;
    -- (Who may write no row tries with those that they may read, or with the first.)
    told := COALESCE(NULLIF(array_to_string(writable, ', '), ''), NULLIF(array_to_string(readable, ', '), ''), '1');
    FOR line IN SELECT * FROM (VALUES ('t', target::text), ('ids', told), ('slug', quote_literal(before #>> ARRAY[split_part(told, ',', 1), 'slug'])),
        ('other', other::text), ('other slug', quote_literal(before #>> ARRAY[other::text, 'slug'])), ('shared slug', quote_literal(before #>> ARRAY[shared::text, 'slug'])),
        ('others', (SELECT string_agg(key, ', ') FROM jsonb_object_keys(before) key WHERE key::int <> ALL (writable))),
        ('columns', (SELECT string_agg(quote_ident(key), ', ') FROM jsonb_object_keys(caller.own) key)),
        ('own', (SELECT string_agg(quote_nullable(value), ', ') FROM jsonb_each_text(caller.own))),
        ('theirs', (SELECT string_agg(quote_nullable(value), ', ') FROM jsonb_each_text(caller.theirs))),
        ('theirs as json', quote_literal(caller.theirs)),
        ('nulls', (SELECT string_agg('NULL', ', ') FROM jsonb_object_keys(caller.own))),
        ('to own', (SELECT string_agg(format('%I = %L', key, value), ', ') FROM jsonb_each_text(caller.own))),
        ('to theirs', (SELECT string_agg(format('%I = %L', key, value), ', ') FROM jsonb_each_text(caller.theirs))),
        ('to null', (SELECT string_agg(format('%I = NULL', key), ', ') FROM jsonb_object_keys(caller.own) key))) AS v (name, value)
    LOOP
        statement := replace(statement, '{' || line.name || '}', COALESCE(line.value, 'NULL'));
    END LOOP;

    BEGIN
        FOREACH part IN ARRAY regexp_split_to_array(statement, '; ') LOOP
            RESET ROLE;
            speaker := CASE WHEN part LIKE '@another %' THEN (SELECT o FROM test.trier o WHERE o.own <> caller.own AND o.role = caller.role LIMIT 1) ELSE caller END;
            IF part NOT LIKE '@root %' THEN
                PERFORM set_config('request.jwt.claims', COALESCE(speaker.claims::text, ''), true), set_config('role', speaker.role, true);
            END IF;
            part := regexp_replace(part, '^@\w+ ', '');
            answer := '';
            IF part ~* '^(select|with|table|fetch|execute)' OR part ~* ' returning ' AND part !~ '^PREPARE' THEN
                FOR line IN EXECUTE part LOOP
                    answer := answer || line::text;
                END LOOP;
            ELSE
                EXECUTE part;
            END IF;
        END LOOP;
        RESET ROLE;
        SELECT r.rows, r.ids INTO after, writable_after FROM test.rows_where(target, caller.writes) r;
        changed := ARRAY(SELECT b.key::int FROM jsonb_each(before) b JOIN jsonb_each(after) a USING (key) WHERE a.value <> b.value ORDER BY 1);
        removed := ARRAY(SELECT key::int FROM jsonb_object_keys(before) key WHERE NOT after ? key ORDER BY 1);
        made := ARRAY(SELECT key::int FROM jsonb_object_keys(after) key WHERE NOT before ? key ORDER BY 1);
        -- (What a row's change has written into it has been seen too.)
        answer := answer || COALESCE((SELECT string_agg(replace(after -> c::text ->> 'note', before -> c::text ->> 'note', ''), ' ') FROM unnest(changed) c), '');
        told := concat('~' || NULLIF(array_to_string(changed, ','), ''), '-' || NULLIF(array_to_string(removed, ','), ''), '+' || NULLIF(array_to_string(made, ','), ''));
        told := told || CASE WHEN command.name LIKE 'count%' THEN answer ELSE '' END;
        IF NOT changed || removed <@ writable OR NOT changed || made <@ writable_after
            OR command.name LIKE 'count%' AND btrim(answer, '()')::int > cardinality(readable)
        THEN
            told := 'CROSSED ' || told;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'UNDO1', MESSAGE = told, DETAIL = answer;
    EXCEPTION
        WHEN SQLSTATE 'UNDO1' THEN
            GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL, told = MESSAGE_TEXT;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
            answer := answer || SQLERRM;
            -- (22012 is what a condition tells of a row that it was shown; 24000 a cursor on no row.)
            told := CASE WHEN SQLSTATE = '22012' AND other <> ALL (readable) THEN 'CROSSED 22012' WHEN SQLSTATE <> '24000' THEN SQLSTATE END;
    END;
    IF statement LIKE '%PREPARE border%' THEN
        PERFORM FROM pg_prepared_statements WHERE name = 'border';
        IF FOUND THEN
            DEALLOCATE border;
        END IF;
    END IF;
    seen := ARRAY(SELECT b.key::int FROM jsonb_each(before) b WHERE strpos(answer, b.value ->> 'note') > 0 ORDER BY 1);
    RETURN CASE WHEN NOT seen <@ readable AND COALESCE(told, '') NOT LIKE 'CROSSED%' THEN 'CROSSED ' ELSE '' END
        || COALESCE(NULLIF(concat_ws(' ', NULLIF(array_to_string(seen, ','), ''), NULLIF(told, '')), ''), '.');
END $$;

-- One line for each command, with the outcomes for all callers; their names come first.
CREATE FUNCTION test.border(target regclass) RETURNS TABLE (command text, outcomes text)
    LANGUAGE plpgsql
    SET client_min_messages = warning
AS $$
BEGIN
    PERFORM test.open_doors(target);
    RETURN QUERY SELECT ''::text, string_agg(c.name, '|' ORDER BY position) FROM test.trier c;
    RETURN QUERY SELECT k.name, (SELECT string_agg(test.attempt(target, c, k), '|' ORDER BY c.position) FROM test.trier c)
        FROM test.command k ORDER BY k.position;
    DROP SCHEMA doors CASCADE;
END $$;

-- A protected table for each template, in schema shape, with rows of two tenants; {type} is that of tenants, {a} and {b}
-- are two of them. Then whose rows are whose, for test.trier: {tenant}, {user} and {number}, 1 or 2, are the trier's own,
-- {admin} is whether they are one; unbound is what those without a tenant may read.
CREATE TABLE test.shape (name text PRIMARY KEY, make text, reads text, writes text, own text, unbound text DEFAULT 'false');
INSERT INTO test.shape VALUES
    ('tenant', $$
        CREATE TABLE shape.t (id int, tenant_id {type} NOT NULL, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]');
        SELECT tenancy.protect('shape.t')$$,
        'tenant_id = {tenant}', 'tenant_id = {tenant}', '{"tenant_id": {tenant}}', 'false'),
    ('tenant_or_global', $$
        CREATE TABLE shape.t (id int, tenant_id {type}, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]'), (5, NULL, 'five', '[5]');
        SELECT tenancy.protect('shape.t', 'tenant_or_global')$$,
        'tenant_id = {tenant} OR tenant_id IS NULL', 'tenant_id = {tenant}', '{"tenant_id": {tenant}}', 'false'),
    ('tenant_root', $$
        CREATE TABLE shape.t (id int, tenant_id {type} PRIMARY KEY, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {b}, 'two', '[2]');
        SELECT tenancy.protect('shape.t', 'tenant_root', write => '{admin}', remove => '{admin}')$$,
        'tenant_id = {tenant}', 'tenant_id = {tenant} AND {admin}', '{"tenant_id": {tenant}}', 'false'),
    ('user', $$
        CREATE TABLE shape.t (id int, user_id text NOT NULL, tenant_id {type} NOT NULL, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, 'ann', {a}, 'one', '[1]'), (2, 'bob', {a}, 'two', '[2]'), (3, 'cat', {b}, 'three', '[3]'), (4, 'dan', {b}, 'four', '[4]'),
            (5, 'ann', {b}, 'five', '[5]');
        SELECT tenancy.protect('shape.t', 'user')$$,
        'user_id = {user} AND tenant_id = {tenant}', 'user_id = {user} AND tenant_id = {tenant}', '{"user_id": {user}, "tenant_id": {tenant}}', 'false'),
    ('any_tenant', $$
        CREATE TABLE shape.t (id int, tenant_id {type} NOT NULL, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]');
        SELECT tenancy.protect('shape.t', 'any_tenant')$$,
        'tenant_id = {tenant}', 'tenant_id = {tenant}', '{"tenant_id": {tenant}}', 'false'),
    ('via_parent', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id {type} NOT NULL);
        CREATE TABLE shape.t (id int, parent_id int NOT NULL REFERENCES shape.parent, slug text UNIQUE, note text);
        INSERT INTO shape.parent VALUES (1, {a}), (2, {b});
        INSERT INTO shape.t VALUES (1, 1, 'one', '[1]'), (2, 1, 'two', '[2]'), (3, 2, 'three', '[3]'), (4, 2, 'four', '[4]');
        SELECT tenancy.protect('shape.parent');
        SELECT tenancy.protect('shape.t', 'via_parent')$$,
        'parent_id = {number}', 'parent_id = {number}', '{"parent_id": {number}}', 'false'),
    ('public_read', $$
        CREATE TABLE shape.t (id int, tenant_id {type} NOT NULL, slug text UNIQUE, note text);
        INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]');
        SELECT tenancy.protect('shape.t', 'public_read')$$,
        'true', 'tenant_id = {tenant}', '{"tenant_id": {tenant}}', 'true');

-- The types that a tenant's column may have.
CREATE DOMAIN test.org AS uuid CHECK (VALUE <> '00000000-0000-0000-0000-000000000000');
CREATE DOMAIN test.number AS int CHECK (VALUE > 0);
CREATE TABLE test.tenant_type (type text PRIMARY KEY, tenants text[]);
INSERT INTO test.tenant_type VALUES
    ('uuid', '{aaaaaaaa-0000-4000-8000-000000000001,bbbbbbbb-0000-4000-8000-000000000002}'),
    ('text', '{acme,Acme}'), ('varchar', '{acme,"acme "}'), ('varchar(4)', '{acme,blue}'), ('bigint', '{9223372036854775807,2}'), ('int', '{1,-1}'), ('smallint', '{1,2}'),
    ('test.org', '{aaaaaaaa-0000-4000-8000-000000000001,bbbbbbbb-0000-4000-8000-000000000002}'), ('test.number', '{1,2147483647}');

-- What a shape says, for one who tries: values are literals of SQL, or of JSON.
CREATE FUNCTION test.filled(said text, name text, number int, tenants text[], in_json boolean DEFAULT false) RETURNS text
    LANGUAGE sql
    RETURN replace(replace(replace(replace(said, '{number}', number::text), '{admin}', (name IN ('ann', 'cat'))::text),
        '{tenant}', CASE WHEN in_json THEN to_json(tenants[number])::text ELSE quote_literal(tenants[number]) END),
        '{user}', CASE WHEN in_json THEN to_json(name)::text ELSE quote_literal(name) END);

-- Makes a shape, of table_owner's tables, and those who try: ann (an admin) and bob of one tenant, cat (an admin) and dan of
-- the other; nobody, who is signed in without claims, and a visitor, who is not signed in and has ann's.
CREATE FUNCTION test.build(shape text, type text DEFAULT 'uuid') RETURNS void
    LANGUAGE plpgsql
    SET client_min_messages = error
AS $$
#variable_conflict use_column
DECLARE
    chosen test.shape := (SELECT s FROM test.shape s WHERE s.name = build.shape);
    tenants text[] := (SELECT t.tenants FROM test.tenant_type t WHERE t.type = build.type);
BEGIN
    DROP SCHEMA IF EXISTS shape CASCADE;
    CREATE SCHEMA shape AUTHORIZATION table_owner;
    GRANT USAGE ON SCHEMA shape TO PUBLIC;
    GRANT USAGE ON SCHEMA test TO PUBLIC;
    SET LOCAL ROLE table_owner;
    EXECUTE replace(replace(replace(chosen.make, '{type}', build.type), '{a}', quote_literal(tenants[1])), '{b}', quote_literal(tenants[2]));
    RESET ROLE;
    TRUNCATE test.trier RESTART IDENTITY;
    INSERT INTO test.trier (name, claims, reads, writes, own, theirs)
    SELECT name, jsonb_build_object('sub', name, 'tenant_id', tenants[number], 'roles', ARRAY[CASE WHEN name IN ('ann', 'cat') THEN 'admin' ELSE 'viewer' END]),
        test.filled(chosen.reads, name, number, tenants), test.filled(chosen.writes, name, number, tenants),
        test.filled(chosen.own, name, number, tenants, true)::jsonb, test.filled(chosen.own, other, 3 - number, tenants, true)::jsonb
    FROM (VALUES ('ann', 1, 'cat'), ('bob', 1, 'dan'), ('cat', 2, 'ann'), ('dan', 2, 'bob')) AS v (name, number, other);
    INSERT INTO test.trier (name, role, claims, reads, writes, own, theirs)
    SELECT v.name, v.role, CASE v.role WHEN 'anonymous' THEN ann.claims END, chosen.unbound, 'false', ann.own, ann.theirs
    FROM test.trier ann, (VALUES ('nobody', 'authenticated'), ('visitor', 'anonymous')) AS v (name, role) WHERE ann.name = 'ann';
END $$;

-- The same over partitions, over a child that holds half of the rows, and asked of a partition or child itself, on which
-- somebody has given callers rights.
INSERT INTO test.shape
SELECT name || ' ' || how, CASE WHEN direct THEN replace(made, 'protect(''shape.t''', 'protect(''shape.base''')
        || '; GRANT SELECT, INSERT, UPDATE, DELETE ON shape.t TO authenticated' || CASE name WHEN 'public_read' THEN '; GRANT SELECT ON shape.t TO anonymous' ELSE '' END
        ELSE made END,
    reads, writes, own, unbound
FROM (SELECT replace(replace(make, 'tenant_id {type} PRIMARY KEY', 'tenant_id {type} NOT NULL'), '''tenant_root''', '''tenant_root'', tenant_column => ''tenant_id''') AS make,
        name, reads, writes, own, unbound FROM test.shape) AS s,
    (VALUES ('partitioned', false, 'CREATE TABLE shape.t (\1 UNIQUE\2) PARTITION BY HASH (slug);
        CREATE TABLE shape.t_0 PARTITION OF shape.t FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE shape.t_1 PARTITION OF shape.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);'),
      ('partition', true, 'CREATE TABLE shape.base (\1\2) PARTITION BY RANGE (id); CREATE TABLE shape.t PARTITION OF shape.base DEFAULT; ALTER TABLE shape.t ADD UNIQUE (slug);'),
      ('inherited', false, 'CREATE TABLE shape.t (\1 UNIQUE\2); CREATE TABLE shape.child (CHECK (id % 2 = 0)) INHERITS (shape.t);'),
      ('child', true, 'CREATE TABLE shape.base (\1\2); CREATE TABLE shape.t (UNIQUE (slug)) INHERITS (shape.base);')) AS v (how, direct, created),
    LATERAL (SELECT regexp_replace(make, 'CREATE TABLE shape\.t \((.*?) UNIQUE(.*?)\);', created) AS m) AS c,
    LATERAL (SELECT CASE how WHEN 'inherited' THEN regexp_replace(m, '(?=SELECT tenancy.protect\(''shape.t'')',
        'WITH gone AS (DELETE FROM ONLY shape.t WHERE id % 2 = 0 RETURNING *) INSERT INTO shape.child SELECT * FROM gone; ') ELSE m END AS made) AS d;

-- How many commands were tried, and those whose outcomes differ from what is in a table made of test.border(); of a shape
-- that is made for it, or of what there is.
CREATE FUNCTION test.compared_with(reference regclass, shape text DEFAULT NULL, type text DEFAULT 'uuid') RETURNS SETOF text
    LANGUAGE plpgsql
AS $$
BEGIN
    IF shape IS NOT NULL THEN
        PERFORM test.build(shape, type);
    END IF;
    RETURN QUERY EXECUTE format($q$
        WITH b AS MATERIALIZED (SELECT * FROM test.border('shape.t')),
            d AS (SELECT b.command, b.outcomes FROM b LEFT JOIN %s r USING (command) LEFT JOIN test.command c ON c.name = b.command
                WHERE b.outcomes IS DISTINCT FROM r.outcomes ORDER BY c.position)
        SELECT format('%%s commands, %%s differ, %%s cross', (SELECT count(*) - 1 FROM b), (SELECT count(*) FROM d), (SELECT count(*) FROM b WHERE outcomes LIKE '%%CROSSED%%'))
        UNION ALL SELECT command || '|' || outcomes FROM d$q$, reference);
END $$;

-- What a rule of the audit finds in schema audited, and what its mends do: each is run as the current role.
CREATE FUNCTION test.findings(rule text) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql
    BEGIN ATOMIC
        SELECT f.level, f.object, f.message, f.detail, f.fix FROM tenancy.audit('{audited}') f WHERE f.code = rule;
    END;
CREATE FUNCTION test.mend(rule text) RETURNS SETOF text
    LANGUAGE plpgsql
AS $$
DECLARE
    finding record;
BEGIN
    FOR finding IN SELECT * FROM test.findings(rule) LOOP
        EXECUTE COALESCE(finding.fix, 'SELECT');
    END LOOP;
    RETURN QUERY SELECT concat_ws(' ', f.level, f.object) FROM test.findings(rule) f;
END $$;

-- read, write and remove: which roles and permissions a caller needs. They are asked once per statement, and changing one
-- changes just that.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
CREATE FUNCTION seen.policies(target regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', polname, polcmd) FROM pg_policy WHERE polrelid = target AND polname LIKE 'tenancy_may_%' ORDER BY polname $$;

-- Who is who: an admin, a viewer, one with permissions, one with a permission for everything of docs, one without anything, and
-- one who has the word for a role as a permission, and the other way round.
CREATE FUNCTION seen.callers() RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.trier WHERE name <> 'ann';
    INSERT INTO test.trier (name, claims, reads, writes, own, theirs)
    SELECT v.name, (ann.claims - 'roles') || v.rights, reads, writes, own, theirs
    FROM test.trier ann, (VALUES (1, 'admin', '{"roles": ["admin"]}'::jsonb), (2, 'viewer', '{"roles": ["viewer"]}'), (3, 'clerk', '{"permissions": ["docs.write", "docs.remove"]}'),
        (4, 'star', '{"permissions": ["docs.*"]}'), (5, 'member', '{}'), (6, 'wrong', '{"roles": ["docs.write", "docs.remove", "Admin"], "permissions": ["admin", "viewer"]}'),
        (7, 'two', '{"roles": ["viewer", "admin"]}')) AS v (place, name, rights) ORDER BY place;
    DELETE FROM test.trier WHERE name = 'ann' $$;
CREATE FUNCTION seen.try(read text[], write text[], remove text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tenancy.protect('shape.t', read => read, write => write, remove => remove);
    RETURN QUERY SELECT '|' || string_agg(name, '|' ORDER BY position) FROM test.trier;
    RETURN QUERY SELECT command || '|' || outcomes FROM test.border('shape.t')
        WHERE command IN ('select', 'insert own', 'update', 'delete', 'for update', 'merge delete', 'on conflict update own', 'merge insert') OR outcomes LIKE '%CROSSED%';
END $$;
SELECT FROM test.build('tenant');
SELECT FROM seen.callers();
SELECT seen.try(NULL, NULL, NULL);
SELECT seen.try('{viewer,docs.write}', '{admin,docs.write}', '{docs.remove}');
SELECT seen.policies('shape.t');
-- Each alone; nobody
SELECT seen.try('{admin}', NULL, NULL);
SELECT seen.try(NULL, '{docs.write}', NULL);
SELECT seen.try(NULL, NULL, '{admin}');
SELECT seen.try('{}', NULL, NULL);
SELECT seen.try(NULL, '{}', '{}');
SELECT string_agg(p, ', ') FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p WHERE has_table_privilege('authenticated', 'shape.t', p);
-- With privileges from elsewhere, and a policy for everything, still nobody
GRANT ALL ON shape.t TO PUBLIC;
CREATE POLICY oops ON shape.t USING (true) WITH CHECK (true);
SELECT command || '|' || outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
DROP POLICY oops ON shape.t;

-- Changing one argument runs just what that needs; the same again, and in another order, nothing.
SELECT FROM test.build('tenant');
CREATE FUNCTION seen.ran(read text[] DEFAULT NULL, write text[] DEFAULT NULL, remove text[] DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT COALESCE(substring(p FROM '^(?:CREATE|DROP) POLICY \w+'), split_part(p, ' IS ', 1)) FROM tenancy.protect('shape.t', read => read, write => write, remove => remove) p $$;
SELECT 'read viewer', seen.ran(read => '{viewer}');
SELECT 'the same', seen.ran(read => '{viewer}');
SELECT 'read viewer, admin', seen.ran(read => '{viewer,admin}');
SELECT 'in another order, twice', seen.ran(read => '{admin,viewer,admin}');
SELECT 'write too', seen.ran(read => '{viewer,admin}', write => '{docs.write}');
SELECT 'remove too', seen.ran(read => '{viewer,admin}', write => '{docs.write}', remove => '{docs.remove}');
SELECT 'another remove', seen.ran(read => '{viewer,admin}', write => '{docs.write}', remove => '{admin}');
SELECT 'write by nobody', seen.ran(read => '{viewer,admin}', write => '{}', remove => '{admin}');
SELECT 'write by all', seen.ran(read => '{viewer,admin}', remove => '{admin}');
SELECT 'nothing asked', seen.ran();
SELECT 'the same', seen.ran();
SELECT seen.policies('shape.t');

-- Once per statement: in the plan a condition is an InitPlan, outside of what is tested for each row, and the index is used;
-- the number of rows expected is the tenant's own.
INSERT INTO shape.t SELECT i, 'bbbbbbbb-0000-4000-8000-000000000002', 's' || i, '[' || i || ']' FROM generate_series(1000, 6000) i;
SELECT count(*) > 0 FROM tenancy.protect('shape.t', read => '{viewer,docs.read}', write => '{admin}', remove => '{admin}');
ANALYZE shape.t;
CREATE FUNCTION seen.plan(claims text, statement text, OUT init_plan boolean, OUT in_rows boolean, OUT index boolean, OUT expected text) LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
    node jsonb;
BEGIN
    PERFORM test.caller(claims);
    EXECUTE 'EXPLAIN (FORMAT json, VERBOSE) ' || statement INTO plan;
    RESET ROLE;
    init_plan := jsonb_path_exists(plan, '$.**."Parent Relationship" ? (@ == "InitPlan")');
    in_rows := COALESCE((SELECT string_agg(f #>> '{}', ' ') FROM jsonb_path_query(plan, '$.**."Filter"') f) ~ 'has_(role|permission)', false);
    index := jsonb_path_exists(plan, '$.**."Index Name"');
    expected := CASE WHEN (plan #>> '{0,Plan,Plan Rows}')::int BETWEEN 1 AND 20 THEN 'few' WHEN (plan #>> '{0,Plan,Plan Rows}')::int BETWEEN 2500 AND 5100 THEN 'most' ELSE plan #>> '{0,Plan,Plan Rows}' END;
END $$;
SELECT init_plan, in_rows, index FROM seen.plan('{"sub": "ann", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001", "roles": ["viewer"]}', 'SELECT * FROM shape.t');
SELECT init_plan, in_rows FROM seen.plan('{"sub": "cat", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002", "roles": ["viewer"]}', 'SELECT * FROM shape.t');
-- Roles and permissions of another tenant open nothing in this one: the claims are of one tenant.
SELECT FROM test.build('tenant');
SELECT count(*) > 0 FROM tenancy.protect('shape.t', write => '{admin}', remove => '{admin}');
UPDATE test.trier SET writes = 'false' WHERE name IN ('bob', 'dan');
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'update', 'delete', 'insert own', 'insert theirs', 'merge delete', 'trigger that deletes') OR outcomes LIKE '%CROSSED%';

-- Errors
SELECT (test.error(format($$SELECT tenancy.protect('shape.t', %s)$$, a))).* FROM unnest(ARRAY['read => ''{NULL}''', 'write => ''{""}''', 'remove => ''{admin," "}''',
    'template => ''public_read'', read => ''{admin}''', 'template => ''everything''', 'template => NULL', 'force => NULL', 'dry_run => NULL', 'movable => NULL']) a;
-- Names are values: quotes in them stay inside, and they are compared as they are written.
SELECT seen.try('{"it''s an \"admin\"; DROP TABLE x --"}', NULL, NULL) LIMIT 1;
UPDATE test.trier SET claims = claims || '{"roles": ["it''s an \"admin\"; DROP TABLE x --"]}' WHERE name = 'ann';
SELECT command, outcomes FROM test.border('shape.t') WHERE command = 'select';
SELECT seen.ran(read => '{"it''s an \"admin\"; DROP TABLE x --"}');

DROP SCHEMA seen, shape CASCADE;

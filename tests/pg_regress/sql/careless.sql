-- Later mistakes of the user's, over every template: a policy for everything, all privileges for everybody, TRUNCATE, a new
-- partition. They open nothing. The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
CREATE TABLE seen.shape AS SELECT template || how AS name, template, how FROM unnest('{tenant,tenant_or_global,tenant_root,user,any_tenant,via_parent,public_read}'::text[]) WITH ORDINALITY AS t (template, a),
    unnest('{""," partitioned"," inherited"}'::text[]) WITH ORDINALITY AS h (how, b) ORDER BY b, a;
CREATE TABLE seen.outcome (shape text, mistake text, command text, outcomes text);

-- (A reporter is a database role of neither callers nor staff, here with the claims of ann.)
CREATE FUNCTION seen.build(shape text) RETURNS void LANGUAGE sql AS $$
    SELECT test.build(shape);
    INSERT INTO test.trier (name, role, claims, reads, writes, own, theirs)
    SELECT 'reporter', 'reporter', ann.claims, visitor.reads, 'false', ann.own, ann.theirs FROM test.trier ann, test.trier visitor WHERE ann.name = 'ann' AND visitor.name = 'visitor';
$$;
CREATE FUNCTION seen.careless_policies() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'shape'::regnamespace AND relkind IN ('r', 'p') LOOP
        EXECUTE format('CREATE POLICY oops ON %s USING (true) WITH CHECK (true)', relation);
        EXECUTE format('CREATE POLICY oops_select ON %s FOR SELECT TO PUBLIC, authenticated, anonymous, reporter USING (true)', relation);
        EXECUTE format('CREATE POLICY oops_insert ON %s FOR INSERT WITH CHECK (true)', relation);
        EXECUTE format('CREATE POLICY oops_update ON %s FOR UPDATE USING (true) WITH CHECK (true)', relation);
        EXECUTE format('CREATE POLICY oops_delete ON %s FOR DELETE TO PUBLIC USING (true)', relation);
    END LOOP;
END $$;
CREATE FUNCTION seen.careless_grants() RETURNS void LANGUAGE sql AS $$
    GRANT ALL ON ALL TABLES IN SCHEMA shape TO PUBLIC;
    GRANT ALL ON ALL TABLES IN SCHEMA shape TO authenticated, anonymous, reporter, view_owner;
    GRANT ALL ON SCHEMA shape TO PUBLIC $$;
CREATE FUNCTION seen.try(shape text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    floor record;
BEGIN
    PERFORM seen.build(shape);
    INSERT INTO seen.outcome SELECT shape, '0 none', * FROM test.border('shape.t');
    PERFORM seen.careless_grants();
    INSERT INTO seen.outcome SELECT shape, '1 grants', * FROM test.border('shape.t');
    PERFORM seen.careless_policies();
    INSERT INTO seen.outcome SELECT shape, '2 grants and policies', * FROM test.border('shape.t');
    FOR floor IN SELECT polname AS name, polrelid::regclass AS relation FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = 'shape'::regnamespace AND NOT polpermissive LOOP
        EXECUTE format('DROP POLICY %I ON %s', floor.name, floor.relation);
    END LOOP;
    INSERT INTO seen.outcome SELECT shape, '3 the same without floor and gate', * FROM test.border('shape.t');
END $$;
SELECT count(seen.try(name)) FROM seen.shape WHERE how = '' OR template IN ('tenant', 'via_parent');

-- How many of the commands cross the border: none, but with floor and gate gone most do, which shows that these hold it.
SELECT s.name, string_agg(crossed::text, '|' ORDER BY mistake) FROM seen.shape s
JOIN (SELECT shape, mistake, count(*) FILTER (WHERE outcomes LIKE '%CROSSED%') AS crossed FROM seen.outcome GROUP BY 1, 2) o ON o.shape = s.name GROUP BY s.name ORDER BY s.name COLLATE "C";
-- What there is to see for those who were refused before: nothing; or, through views with their owner's rights, their own.
SELECT o.command, o.outcomes FROM seen.outcome o JOIN seen.outcome before USING (shape, command)
WHERE shape = 'tenant' AND o.mistake = '2 grants and policies' AND before.mistake = '0 none' AND o.outcomes <> before.outcomes ORDER BY (SELECT position FROM test.command WHERE name = o.command);
-- TRUNCATE, on parents and children, with CASCADE
SELECT FROM seen.build('via_parent');
SELECT FROM seen.careless_grants();
CREATE FUNCTION seen.truncate(claims jsonb, database_role name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    codes text;
BEGIN
    PERFORM set_config('request.jwt.claims', COALESCE(claims::text, ''), true), set_config('role', database_role, true);
    SELECT string_agg((test.error(s)).code, ' ') INTO codes FROM unnest('{TRUNCATE shape.t,TRUNCATE shape.parent CASCADE,"TRUNCATE shape.t, shape.parent"}'::text[]) s;
    RESET ROLE;
    RETURN codes;
END $$;
SELECT name, seen.truncate(claims, role) FROM test.trier WHERE name IN ('ann', 'nobody', 'visitor', 'reporter');

-- A new partition, or child: through the table it is guarded at once. Asked itself, where somebody gave callers rights on it
-- before protect() has run again, it is not: that is what no trigger or policy of the table can know. Afterwards it is.
CREATE FUNCTION seen.new_partition(how text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.build('tenant ' || how);
    IF how = 'partitioned' THEN
        ALTER TABLE shape.t DETACH PARTITION shape.t_1;
        DROP TABLE shape.t_1;
        CREATE TABLE shape.new PARTITION OF shape.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    ELSE
        CREATE TABLE shape.new () INHERITS (shape.t);
    END IF;
    ALTER TABLE shape.new OWNER TO table_owner;
    INSERT INTO shape.new SELECT id, tenant_id, slug, '[' || id || ']' FROM (SELECT generate_series(21, 60) AS id, 'aaaaaaaa-0000-4000-8000-000000000001'::uuid AS tenant_id, md5(random()::text) AS slug) s
        WHERE how <> 'partitioned' OR satisfies_hash_partition('shape.t'::regclass, 2, 1, slug) LIMIT 1;
    INSERT INTO shape.new SELECT id, tenant_id, slug, '[' || id || ']' FROM (SELECT generate_series(61, 99) AS id, 'bbbbbbbb-0000-4000-8000-000000000002'::uuid AS tenant_id, md5(random()::text) AS slug) s
        WHERE how <> 'partitioned' OR satisfies_hash_partition('shape.t'::regclass, 2, 1, slug) LIMIT 1;
    RETURN QUERY SELECT 'through the table: ' || count(*) || ' commands, crossing ' || count(*) FILTER (WHERE outcomes LIKE '%CROSSED%') FROM test.border('shape.t') WHERE command <> '';
    RETURN QUERY SELECT 'asked itself, without rights: ' || string_agg(DISTINCT outcomes, ' ') FROM test.border('shape.new') WHERE command IN ('select', 'update', 'delete', 'insert own');
    GRANT ALL ON shape.new TO authenticated;
    RETURN QUERY SELECT 'asked itself, with rights: crossing ' || (count(*) FILTER (WHERE outcomes LIKE '%CROSSED%') > 0) FROM test.border('shape.new');
    RETURN QUERY SELECT 'protect() says: ' || (count(*) > 0) FROM tenancy.protect('shape.t');
    RETURN QUERY SELECT 'then: crossing ' || count(*) FILTER (WHERE outcomes LIKE '%CROSSED%') FROM test.border('shape.new');
END $$;
SELECT how, seen.new_partition(how) FROM unnest('{partitioned,inherited}'::text[]) how;

-- What GRANT ALL gives besides rows: REFERENCES, and TRIGGER, by which a caller's code runs in other callers' sessions. No
-- policy is asked there: here ann is told what cat writes. protect() takes both back.
SELECT FROM test.build('tenant');
SELECT FROM seen.careless_grants();
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
CREATE FUNCTION pg_temp.spy() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    PERFORM set_config('spy.told', NEW.note, true);
    RETURN NEW;
END$$;
CREATE TRIGGER spy BEFORE INSERT ON shape.t FOR EACH ROW EXECUTE FUNCTION pg_temp.spy();
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'cat';
INSERT INTO shape.t (id, note) VALUES (10, 'a secret of cat''s');
SELECT current_setting('spy.told');
ROLLBACK;
SELECT p FROM tenancy.protect('shape.t') p ORDER BY p COLLATE "C";
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
CREATE FUNCTION pg_temp.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
SELECT (test.error('CREATE TRIGGER spy BEFORE INSERT ON shape.t FOR EACH ROW EXECUTE FUNCTION pg_temp.spy()')).*;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

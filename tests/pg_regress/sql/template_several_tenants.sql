-- native only
-- Templates tenant_root and any_tenant, and via_parent of such a parent, for callers of several tenants (whom the pure-SQL
-- edition does not know). Roles are those in the active tenant. The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
CREATE TABLE seen.members (user_id text, tenant_id uuid, role text, PRIMARY KEY (user_id, tenant_id));
INSERT INTO seen.members VALUES
    ('zoe', 'aaaaaaaa-0000-4000-8000-000000000001', 'admin'), ('zoe', 'bbbbbbbb-0000-4000-8000-000000000002', 'viewer'),
    ('ann', 'aaaaaaaa-0000-4000-8000-000000000001', 'admin');
SELECT FROM tenancy.use_members('seen.members', 'user_id', 'tenant_id', 'role');

-- Zoe is an admin of a and a viewer of b; she comes with a active, with b, with none, with one that she is no member of, and
-- by what her claims list. Row 5 belongs to c.
CREATE FUNCTION seen.callers(a text, b text, c text, reads text, in_a text, in_b text, in_none text) RETURNS void LANGUAGE sql AS $$
    TRUNCATE test.trier RESTART IDENTITY;
    INSERT INTO test.trier (name, claims, reads, writes, own, theirs) VALUES
        ('in_a', '{"sub": "zoe", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}', reads, in_a, a::jsonb, c::jsonb),
        ('in_b', '{"sub": "zoe", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', reads, in_b, b::jsonb, c::jsonb),
        ('in_none', '{"sub": "zoe"}', reads, in_none, a::jsonb, c::jsonb),
        ('in_c', '{"sub": "zoe", "tenant_id": "cccccccc-0000-4000-8000-000000000003"}', reads, in_none, a::jsonb, c::jsonb),
        ('ann', '{"sub": "ann"}', replace(reads, ', ''bbbbbbbb-0000-4000-8000-000000000002''', ''), in_a, a::jsonb, b::jsonb),
        ('eve', '{"sub": "eve", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}', 'false', 'false', a::jsonb, c::jsonb) $$;

-- tenant_root: all their tenants to read; as an admin, the active one to write.
INSERT INTO test.shape VALUES ('roots', $$
    CREATE TABLE shape.t (id int, tenant_id uuid PRIMARY KEY, slug text UNIQUE, note text);
    INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (3, {b}, 'three', '[3]'), (5, 'cccccccc-0000-4000-8000-000000000003', 'five', '[5]');
    SELECT tenancy.protect('shape.t', 'tenant_root', write => '{admin}', remove => '{admin}')$$, 'true', 'true', '{"tenant_id": {tenant}}', 'false');
SELECT FROM test.build('roots');
SELECT FROM seen.callers('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}', '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}',
    '{"tenant_id": "cccccccc-0000-4000-8000-000000000003"}', 'tenant_id IN (''aaaaaaaa-0000-4000-8000-000000000001'', ''bbbbbbbb-0000-4000-8000-000000000002'')',
    'tenant_id = ''aaaaaaaa-0000-4000-8000-000000000001''', 'false', 'false');
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'count', 'select', 'select others', 'for update', 'insert own', 'on conflict update shared', 'update', 'update others',
    'give away', 'take', 'delete', 'delete others', 'merge update', 'merge delete', 'truncate, granted') OR outcomes LIKE '%CROSSED%';
-- One's own tenant is not turned into another of one's own either.
UPDATE test.trier SET theirs = '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', own = '{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}';
SELECT * FROM test.border('shape.t') WHERE command IN ('insert own', 'insert theirs', 'give away', 'take', 'on conflict move', 'merge give away', 'trigger that gives away') OR outcomes LIKE '%CROSSED%';

-- any_tenant: the rows of all their tenants to read and to write ...
INSERT INTO test.shape VALUES ('anywhere', $$
    CREATE TABLE shape.t (id int, tenant_id uuid NOT NULL, slug text UNIQUE, note text);
    INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]'), (5, 'cccccccc-0000-4000-8000-000000000003', 'five', '[5]');
    SELECT tenancy.protect('shape.t', 'any_tenant')$$, 'true', 'true', '{"tenant_id": {tenant}}', 'false');
SELECT FROM test.build('anywhere');
CREATE FUNCTION seen.anywhere(in_a text, in_b text, in_none text) RETURNS void LANGUAGE sql AS $$
    SELECT seen.callers('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}', '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', '{"tenant_id": "cccccccc-0000-4000-8000-000000000003"}',
        'tenant_id IN (''aaaaaaaa-0000-4000-8000-000000000001'', ''bbbbbbbb-0000-4000-8000-000000000002'')', in_a, in_b, in_none) $$;
CREATE FUNCTION seen.tenant(letters text) RETURNS text LANGUAGE sql AS $$ SELECT format('left(tenant_id::text, 1) IN (%s)', letters) $$;
SELECT FROM seen.anywhere(seen.tenant('''a'', ''b'''), seen.tenant('''a'', ''b'''), seen.tenant('''a'', ''b'''));
UPDATE test.trier SET writes = reads;
CREATE TABLE seen.it AS SELECT * FROM test.border('shape.t');
SELECT * FROM seen.it;
-- ... but none goes from one of their tenants to another.
UPDATE test.trier SET theirs = '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', own = '{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}';
SELECT * FROM test.border('shape.t') WHERE command IN ('insert theirs', 'give away', 'take', 'on conflict move', 'merge give away', 'trigger that gives away', 'trigger that gives away the new') OR outcomes LIKE '%CROSSED%';
-- Nor where the caller becomes another midway, or a trigger of the owner's says so. (Triggers fire by name: what one named
-- later than tenancy_keep_tenant moves, the policies alone judge.)
CREATE FUNCTION seen.moved(statement text, trigger text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    error record;
    told text;
BEGIN
    IF trigger IS NOT NULL THEN
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON shape.t FOR EACH ROW EXECUTE FUNCTION seen.put()', trigger);
    END IF;
    PERFORM test.caller('{"sub": "zoe", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}');
    error := test.error(statement);
    RESET ROLE;
    told := concat(error.code, ' ', error.message, '; of b: ' || (SELECT string_agg(id::text, ',' ORDER BY id) FROM shape.t WHERE tenant_id = 'bbbbbbbb-0000-4000-8000-000000000002'));
    RAISE EXCEPTION USING ERRCODE = 'UNDO1', MESSAGE = told;
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION seen.put() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    NEW.tenant_id := 'bbbbbbbb-0000-4000-8000-000000000002';
    RETURN NEW;
END$$;
GRANT USAGE ON SCHEMA seen TO PUBLIC;
CREATE TABLE seen.midway AS SELECT $$UPDATE shape.t SET tenant_id = 'bbbbbbbb-0000-4000-8000-000000000002',
    note = set_config('request.jwt.claims', '{"sub": "zoe", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', true) WHERE id = 1$$ AS statement;
SELECT seen.moved(statement) FROM seen.midway;
SELECT seen.moved('UPDATE shape.t SET note = ''x'' WHERE id = 1', 'a_trigger');
SELECT seen.moved('UPDATE shape.t SET note = ''x'' WHERE id = 1', 'zz_trigger');
-- With movable, members of both tenants move rows from one to the other, and nowhere else.
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t', 'any_tenant', movable => true) p;
SELECT * FROM test.border('shape.t') WHERE command IN ('give away', 'take', 'on conflict move', 'merge give away', 'trigger that gives away') OR outcomes LIKE '%CROSSED%';
UPDATE test.trier SET theirs = '{"tenant_id": "cccccccc-0000-4000-8000-000000000003"}';
SELECT * FROM test.border('shape.t') WHERE command IN ('give away', 'take', 'on conflict move', 'merge give away', 'trigger that gives away') OR outcomes LIKE '%CROSSED%';
SELECT seen.moved(statement) FROM seen.midway;
-- Under template tenant too whoever becomes another midway is met by the trigger, not by the policies, whose caller is the other by then.
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t') p WHERE p LIKE '%TRIGGER%';
SELECT seen.moved(statement) FROM seen.midway;
SELECT count(*) > 0 FROM tenancy.protect('shape.t', movable => true);
SELECT seen.moved(statement) FROM seen.midway;
-- With roles asked for, what a caller has in one tenant opens nothing in another: zoe writes in a while that is active, and
-- only there; with b active she is a viewer, who writes nowhere, not even in a.
SELECT count(*) > 0 FROM tenancy.protect('shape.t', 'any_tenant', write => '{admin}', remove => '{admin}');
SELECT FROM seen.anywhere(seen.tenant('''a'''), 'false', 'false');
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'for update', 'insert', 'insert own', 'insert theirs', 'on conflict update own', 'on conflict update shared', 'update', 'update others',
    'give away', 'take', 'delete', 'delete others', 'merge update', 'merge delete') OR outcomes LIKE '%CROSSED%';
-- Read so too
SELECT count(*) > 0 FROM tenancy.protect('shape.t', 'any_tenant', read => '{admin}', write => '{admin}', remove => '{admin}');
SELECT FROM seen.anywhere(seen.tenant('''a'''), 'false', 'false');
UPDATE test.trier SET reads = writes;
SELECT * FROM test.border('shape.t') WHERE command IN ('select', 'count', 'update', 'delete', 'insert own') OR outcomes LIKE '%CROSSED%';

-- via_parent of a parent of many tenants: whose the parent is; its roles are asked of the child's own.
INSERT INTO test.shape VALUES ('of_anywhere', $$
    CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid NOT NULL);
    CREATE TABLE shape.t (id int, parent_id int NOT NULL REFERENCES shape.parent, slug text UNIQUE, note text);
    INSERT INTO shape.parent VALUES (1, {a}), (2, {b}), (3, 'cccccccc-0000-4000-8000-000000000003');
    INSERT INTO shape.t VALUES (1, 1, 'one', '[1]'), (2, 1, 'two', '[2]'), (3, 2, 'three', '[3]'), (4, 2, 'four', '[4]'), (5, 3, 'five', '[5]');
    SELECT tenancy.protect('shape.parent', 'any_tenant');
    SELECT tenancy.protect('shape.t', 'via_parent')$$, 'true', 'true', '{"parent_id": {number}}', 'false');
SELECT FROM test.build('of_anywhere');
CREATE FUNCTION seen.of_anywhere(in_a text, in_b text, in_none text) RETURNS void LANGUAGE sql AS $$
    SELECT seen.callers('{"parent_id": 1}', '{"parent_id": 2}', '{"parent_id": 3}', 'parent_id IN (1, 2)', in_a, in_b, in_none);
    UPDATE test.trier SET reads = 'parent_id = 1' WHERE name = 'ann'; $$;
SELECT FROM seen.of_anywhere('true', 'true', 'true');
UPDATE test.trier SET writes = reads;
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'for update', 'insert', 'insert own', 'insert theirs', 'on conflict update own', 'on conflict update others', 'update', 'update others',
    'give away', 'take', 'delete', 'delete others', 'merge update', 'merge delete') OR outcomes LIKE '%CROSSED%';
SELECT count(*) > 0 FROM tenancy.protect('shape.t', 'via_parent', write => '{admin}', remove => '{admin}');
SELECT FROM seen.of_anywhere('parent_id = 1', 'false', 'false');
SELECT * FROM test.border('shape.t') WHERE command IN ('select', 'for update', 'insert own', 'insert theirs', 'on conflict update own', 'on conflict update shared', 'update', 'update others',
    'give away', 'take', 'delete', 'delete others', 'merge update', 'merge delete') OR outcomes LIKE '%CROSSED%';
-- A row goes from a parent of one tenant to one of another only if the caller may write both.
UPDATE test.trier SET theirs = '{"parent_id": 2}', own = '{"parent_id": 1}';
SELECT * FROM test.border('shape.t') WHERE command IN ('insert theirs', 'give away', 'take', 'merge give away') OR outcomes LIKE '%CROSSED%';
SELECT count(*) > 0 FROM tenancy.protect('shape.t', 'via_parent');
SELECT FROM seen.of_anywhere('true', 'true', 'true');
UPDATE test.trier SET writes = reads;
UPDATE test.trier SET theirs = '{"parent_id": 2}', own = '{"parent_id": 1}';
SELECT * FROM test.border('shape.t') WHERE command IN ('insert theirs', 'give away', 'take', 'merge give away') OR outcomes LIKE '%CROSSED%';

-- The instrument sees what there is to see.
SELECT FROM test.build('anywhere');
SELECT FROM seen.anywhere('false', 'false', 'false');
UPDATE test.trier SET writes = reads;
SELECT * FROM test.compared_with('seen.it');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;

SELECT FROM tenancy.drop_members();
DELETE FROM test.shape WHERE name IN ('roots', 'anywhere', 'of_anywhere');
DROP SCHEMA seen, shape CASCADE;

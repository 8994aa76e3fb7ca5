-- Template via_parent: a row belongs to whom the row that it refers to belongs. The commands are those of test.command: see
-- prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'via_parent';
SELECT FROM test.build('via_parent');

-- Rows seen, changed (~), removed (-), made (+); a number counted; a SQLSTATE; a dot for nothing.
CREATE TABLE seen.it AS SELECT * FROM test.border('shape.t');
SELECT * FROM seen.it;

-- COPY: out is filtered, in is refused.
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
COPY shape.t (id, note) TO STDOUT;
COPY shape.t FROM STDIN;
\.
ROLLBACK;

-- It is the same with every type of tenant ...
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'via_parent', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'via_parent ' || how) c;

-- ... and by other ways to an owner: keys of two columns, of other types than what they refer to, over tables between, to
-- parents of other templates, to a partitioned one, and by one of two keys.
INSERT INTO test.shape
SELECT 'via ' || how, replace(replace(made, '{rows}', $$INSERT INTO shape.t (id, parent_id, slug, note) VALUES (1, 1, 'one', '[1]'), (2, 1, 'two', '[2]'), (3, 2, 'three', '[3]'), (4, 2, 'four', '[4]')$$),
    '{parents}', $$INSERT INTO shape.parent (id, tenant_id) VALUES (1, {a}), (2, {b})$$), 'parent_id::int = {number}', 'parent_id::int = {number}', '{"parent_id": {number}}', 'false'
FROM (VALUES
    ('two tables', $$
        CREATE TABLE shape.grandparent (id int PRIMARY KEY, tenant_id uuid); INSERT INTO shape.grandparent VALUES (7, {a}), (8, {b});
        CREATE TABLE shape.parent (id int PRIMARY KEY, grandparent_id int REFERENCES shape.grandparent); INSERT INTO shape.parent VALUES (1, 7), (2, 8);
        CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.grandparent'); SELECT tenancy.protect('shape.parent', 'via_parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('three tables', $$
        CREATE TABLE shape.first (id int PRIMARY KEY, tenant_id uuid); INSERT INTO shape.first VALUES (1, {b}), (2, {a});
        CREATE TABLE shape.grandparent (id int PRIMARY KEY, first_id int REFERENCES shape.first); INSERT INTO shape.grandparent VALUES (7, 2), (8, 1);
        CREATE TABLE shape.parent (id int PRIMARY KEY, grandparent_id int REFERENCES shape.grandparent); INSERT INTO shape.parent VALUES (1, 7), (2, 8);
        CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.first'); SELECT tenancy.protect('shape.grandparent', 'via_parent'); SELECT tenancy.protect('shape.parent', 'via_parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('bigint to int', $$
        CREATE TABLE shape.parent (id bigint PRIMARY KEY, tenant_id uuid); {parents};
        CREATE TABLE shape.t (id int, parent_id smallint REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('text to varchar', $$
        CREATE TABLE shape.parent (id varchar(9) PRIMARY KEY, tenant_id uuid); {parents};
        CREATE TABLE shape.t (id int, parent_id text REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('a unique key', $$
        CREATE TABLE shape.parent (key int PRIMARY KEY DEFAULT 5, id test.number UNIQUE, tenant_id uuid); INSERT INTO shape.parent VALUES (2, 1, {a}), (1, 2, {b});
        CREATE TABLE shape.t (id int, parent_id test.number REFERENCES shape.parent (id), slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('a partitioned table', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid) PARTITION BY HASH (id);
        CREATE TABLE shape.parent_0 PARTITION OF shape.parent FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE shape.parent_1 PARTITION OF shape.parent FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        {parents}; CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('any_tenant', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid); {parents};
        CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent', 'any_tenant'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('one of two', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid); {parents}; CREATE TABLE shape.other (id int PRIMARY KEY, tenant_id uuid); INSERT INTO shape.other VALUES (1, {b}), (2, {a});
        CREATE TABLE shape.t (id int, other_id int DEFAULT 1 REFERENCES shape.other, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.other'); SELECT tenancy.protect('shape.t', 'via_parent', parent => 'shape.parent')$$),
    ('itself too', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid); {parents};
        CREATE TABLE shape.t (id int UNIQUE, above int DEFAULT 1 REFERENCES shape.t (id), parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$),
    ('a parent of a name to trip over', $$
        CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid); {parents}; ALTER TABLE shape.parent RENAME TO "tenancy_parent_1";
        CREATE TABLE shape.t (id int, parent_id int REFERENCES shape."tenancy_parent_1", slug text UNIQUE, note text); {rows};
        SELECT tenancy.protect('shape."tenancy_parent_1"'); SELECT tenancy.protect('shape.t', 'via_parent')$$)) AS v (how, made);
SELECT name, c FROM (SELECT name FROM test.shape WHERE name LIKE 'via %' ORDER BY name COLLATE "C") s, test.compared_with('seen.it', name) c;
-- With a key of two columns a row says its tenant itself, too.
INSERT INTO test.shape VALUES ('via two columns', $$
    CREATE TABLE shape.parent (id int, tenant_id {type}, PRIMARY KEY (tenant_id, id)); INSERT INTO shape.parent VALUES (1, {a}), (1, {b});
    CREATE TABLE shape.t (id int, tenant_id {type} NOT NULL, parent_id int NOT NULL, slug text UNIQUE, note text, FOREIGN KEY (tenant_id, parent_id) REFERENCES shape.parent (tenant_id, id));
    INSERT INTO shape.t VALUES (1, {a}, 1, 'one', '[1]'), (2, {a}, 1, 'two', '[2]'), (3, {b}, 1, 'three', '[3]'), (4, {b}, 1, 'four', '[4]');
    SELECT tenancy.protect('shape.parent'); SELECT tenancy.protect('shape.t', 'via_parent')$$, 'tenant_id = {tenant}', 'tenant_id = {tenant}', '{"tenant_id": {tenant}, "parent_id": 1}', 'false');
SELECT type, c FROM unnest('{uuid,text,varchar,bigint,int,test.org}'::text[]) type, test.compared_with('seen.it', 'via two columns', type) c;
-- Parents of other templates: what belongs to a global row is read and not written; what belongs to a tenant or to a user's row.
INSERT INTO test.shape VALUES ('via a global parent', $$
    CREATE TABLE shape.parent (id int PRIMARY KEY, tenant_id uuid); INSERT INTO shape.parent VALUES (1, {a}), (2, {b}), (3, NULL);
    CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); INSERT INTO shape.t VALUES (1, 1, 'one', '[1]'), (2, 2, 'two', '[2]'), (3, 3, 'three', '[3]');
    SELECT tenancy.protect('shape.parent', 'tenant_or_global'); SELECT tenancy.protect('shape.t', 'via_parent')$$, 'parent_id IN ({number}, 3)', 'parent_id = {number}', '{"parent_id": {number}}', 'false'),
    ('via a tenant', $$
    CREATE TABLE shape.parent (id uuid PRIMARY KEY); INSERT INTO shape.parent VALUES ({a}), ({b});
    CREATE TABLE shape.t (id int, parent_id uuid REFERENCES shape.parent, slug text UNIQUE, note text); INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {b}, 'two', '[2]'), (3, {b}, 'three', '[3]');
    SELECT tenancy.protect('shape.parent', 'tenant_root'); SELECT tenancy.protect('shape.t', 'via_parent')$$, 'parent_id = {tenant}', 'parent_id = {tenant}', '{"parent_id": {tenant}}', 'false'),
    ('via a user''s row', $$
    CREATE TABLE shape.parent (id int PRIMARY KEY, user_id text, tenant_id uuid); INSERT INTO shape.parent VALUES (1, 'ann', {a}), (2, 'bob', {a}), (3, 'ann', {b});
    CREATE TABLE shape.t (id int, parent_id int REFERENCES shape.parent, slug text UNIQUE, note text); INSERT INTO shape.t VALUES (1, 1, 'one', '[1]'), (2, 2, 'two', '[2]'), (3, 3, 'three', '[3]');
    SELECT tenancy.protect('shape.parent', 'user'); SELECT tenancy.protect('shape.t', 'via_parent')$$, 'parent_id IN (SELECT id FROM shape.parent WHERE user_id = {user} AND tenant_id = {tenant})',
        'parent_id IN (SELECT id FROM shape.parent WHERE user_id = {user} AND tenant_id = {tenant})', '{"parent_id": {number}}', 'false');
CREATE FUNCTION seen.excerpt(shape text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.build(shape);
    RETURN QUERY SELECT command || '|' || outcomes FROM test.border('shape.t')
        WHERE command IN ('select', 'for update', 'insert own', 'update', 'give away', 'delete', 'merge update') OR outcomes LIKE '%CROSSED%';
END $$;
SELECT shape, e FROM unnest('{via a global parent,via a tenant,via a user''s row}'::text[]) shape, seen.excerpt(shape) e;

-- The parent's row security is not needed: off, or with a careless policy on both, it opens nothing below. (Views with their
-- owner's rights show callers their own rows then.)
BEGIN;
SELECT FROM test.build('via_parent');
ALTER TABLE shape.parent DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it');
ALTER TABLE shape.parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY oops ON shape.parent USING (true) WITH CHECK (true);
CREATE POLICY oops ON shape.t USING (true) WITH CHECK (true);
SELECT * FROM test.compared_with('seen.it');
ROLLBACK;
-- Roles that the parent asks for are the parent's: who may not read it does not read what is below it.
BEGIN;
SELECT FROM test.build('via_parent');
SELECT count(*) > 0 FROM tenancy.protect('shape.parent', read => '{admin}', write => '{}', remove => '{}');
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'insert own', 'update', 'delete');
ROLLBACK;
-- A parent that a caller removes takes its rows along, where the key says so; another's it does not.
BEGIN;
SELECT FROM test.build('via_parent');
ALTER TABLE shape.t DROP CONSTRAINT t_parent_id_fkey, ADD CONSTRAINT t_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES shape.parent ON DELETE CASCADE;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
DELETE FROM shape.parent;
RESET ROLE;
SELECT array_agg(id ORDER BY id) FROM shape.t;
ROLLBACK;

-- Who has no path to an owner, or several
CREATE FUNCTION seen.tried(columns text, arguments text DEFAULT '', OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'CREATE TABLE paths.t (id int PRIMARY KEY' || columns || ')';
    SELECT e.* INTO code, message, detail, hint FROM test.error(format('SELECT tenancy.protect(''paths.t'', ''via_parent''%s)', arguments)) e;
    DROP TABLE paths.t;
END $$;
CREATE SCHEMA paths;
CREATE TABLE paths.a (id int PRIMARY KEY, tenant_id uuid, UNIQUE (tenant_id, id));
CREATE TABLE paths.b (id int PRIMARY KEY, tenant_id uuid);
CREATE TABLE paths.bare (id int PRIMARY KEY, tenant_id uuid);
CREATE TABLE paths.lists (id int PRIMARY KEY);
SELECT count(*) > 0 FROM tenancy.protect('paths.a') a, tenancy.protect('paths.b') b, tenancy.protect('paths.lists', 'public_read') l;
SELECT * FROM seen.tried(', a int REFERENCES paths.a, b int REFERENCES paths.b');
SELECT * FROM seen.tried(', a int REFERENCES paths.a, b int REFERENCES paths.b', ', parent => ''paths.b''');
SELECT * FROM seen.tried(', a int REFERENCES paths.a, c int REFERENCES paths.a');
SELECT * FROM seen.tried(', a int REFERENCES paths.a, c int REFERENCES paths.a', ', parent => ''paths.a''');
SELECT * FROM seen.tried('');
SELECT * FROM seen.tried(', above int REFERENCES paths.t');
SELECT * FROM seen.tried(', above int REFERENCES paths.t', ', parent => ''paths.t''');
SELECT * FROM seen.tried(', bare int REFERENCES paths.bare');
SELECT * FROM seen.tried(', bare int REFERENCES paths.bare, a int REFERENCES paths.a');
SELECT * FROM seen.tried(', bare int REFERENCES paths.bare, a int REFERENCES paths.a', ', parent => ''paths.bare''');
SELECT * FROM seen.tried(', a int REFERENCES paths.a', ', parent => ''paths.b''');
SELECT * FROM seen.tried(', list int REFERENCES paths.lists');
SELECT * FROM seen.tried(', list int REFERENCES paths.lists, a int REFERENCES paths.a');
SELECT * FROM seen.tried(', a int REFERENCES paths.a', ', tenant_column => ''a''');
-- A key that was never checked against the rows there are
CREATE TABLE paths.t (id int, a int);
INSERT INTO paths.t VALUES (1, 99);
ALTER TABLE paths.t ADD CONSTRAINT unchecked FOREIGN KEY (a) REFERENCES paths.a NOT VALID;
SELECT * FROM test.error($$SELECT tenancy.protect('paths.t', 'via_parent')$$);
DROP TABLE paths.t;
-- In a circle nothing has an owner, so none can be begun, nor closed.
CREATE TABLE paths.t (id int PRIMARY KEY, a int);
CREATE TABLE paths.u (id int PRIMARY KEY, t int REFERENCES paths.t);
ALTER TABLE paths.t ADD FOREIGN KEY (a) REFERENCES paths.u;
SELECT * FROM test.error($$SELECT tenancy.protect('paths.t', 'via_parent')$$);
ALTER TABLE paths.t ADD owner int REFERENCES paths.a;
SELECT count(*) > 0 FROM tenancy.protect('paths.t', 'via_parent');
SELECT count(*) > 0 FROM tenancy.protect('paths.u', 'via_parent');
SELECT * FROM test.error($$SELECT tenancy.protect('paths.t', 'via_parent', parent => 'paths.u')$$);
DROP TABLE paths.t CASCADE;
DROP TABLE paths.u;

-- A view is under the row security of its owner, who may own a table between and be free of its row security there: be it
-- that a careless policy is on the table below, or that the owner has the rights of callers.
SELECT FROM test.build('via two tables');
SELECT split_part(p, ' IS ', 1) FROM tenancy.protect('shape.parent', 'via_parent', force => false) p;
CREATE POLICY oops ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') c WHERE c LIKE '%CROSSED%' OR c LIKE '%commands%';
DROP POLICY oops ON shape.t;
GRANT CREATE ON SCHEMA shape TO view_owner;
ALTER TABLE shape.parent OWNER TO view_owner;
SELECT * FROM test.compared_with('seen.it') c WHERE c LIKE '%CROSSED%' OR c LIKE '%commands%';
-- Likewise where its row security is off altogether
ALTER TABLE shape.parent DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') c WHERE c LIKE '%CROSSED%' OR c LIKE '%commands%';
-- The key is dropped: the policies stay and hold; protect() and unprotect() say what they miss. A new one is taken instead.
SELECT FROM test.build('via_parent');
ALTER TABLE shape.t DROP CONSTRAINT t_parent_id_fkey;
SELECT * FROM test.compared_with('seen.it');
SELECT * FROM test.error($$SELECT tenancy.protect('shape.t', 'via_parent')$$);
SELECT * FROM test.error($$SELECT tenancy.unprotect('shape.t')$$);
ALTER TABLE shape.t ADD CONSTRAINT another FOREIGN KEY (parent_id) REFERENCES shape.parent;
SELECT split_part(p, ' IS ', 1) FROM tenancy.protect('shape.t', 'via_parent') p;
SELECT * FROM test.compared_with('seen.it');

-- The instrument sees what there is to see.
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;

DELETE FROM test.shape WHERE name LIKE 'via %';
DROP SCHEMA seen, shape, paths CASCADE;

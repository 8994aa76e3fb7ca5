-- Template user: a user's rows in a tenant, where the table has a tenant column; their rows anywhere, where it has none.
-- The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'user';
SELECT FROM test.build('user');

-- Rows seen, changed (~), removed (-), made (+); a number counted; a SQLSTATE; a dot for nothing.
CREATE TABLE seen.it AS SELECT * FROM test.border('shape.t');
SELECT * FROM seen.it;

-- COPY: out is filtered, in is refused.
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
COPY shape.t (id, note) TO STDOUT;
COPY (SELECT id, note FROM shape.t) TO STDOUT;
COPY shape.t FROM STDIN;
\.
ROLLBACK;

-- It is the same with every type of tenant ...
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'user', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'user ' || how) c;

-- A row may be foreign by its user, by its tenant, or by both.
BEGIN;
SELECT FROM test.build('user');
UPDATE test.trier SET theirs = own || '{"user_id": "bob"}' WHERE name = 'ann';
UPDATE test.trier SET theirs = own || '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}' WHERE name = 'bob';
SELECT * FROM test.compared_with('seen.it');
-- Ann of b is not ann of a.
UPDATE test.trier SET claims = '{"sub": "ann", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}', reads = 'id = 5', writes = 'id = 5 OR id >= 10', own = own || '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}' WHERE name = 'nobody';
SELECT split_part(outcomes, '|', 5) AS ann_of_b, count(*), min(command COLLATE "C") FROM test.border('shape.t') WHERE command <> '' GROUP BY 1 ORDER BY 3;
ROLLBACK;

-- Without a tenant column
INSERT INTO test.shape SELECT 'personal', $$
    CREATE TABLE shape.t (id int, user_id {type} NOT NULL, slug text UNIQUE, note text);
    INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]');
    SELECT tenancy.protect('shape.t', 'user')$$, 'user_id = {tenant}', 'user_id = {tenant}', '{"user_id": {tenant}}', 'false';
-- (The ids of tenants serve as those of users.)
CREATE FUNCTION seen.build(type text) RETURNS void LANGUAGE sql AS $$
    SELECT test.build('personal', type);
    UPDATE test.trier SET claims = jsonb_build_object('sub', claims ->> 'tenant_id') WHERE claims IS NOT NULL $$;
SELECT FROM seen.build('text');
CREATE TABLE seen.personal AS SELECT * FROM test.border('shape.t');
SELECT * FROM seen.personal WHERE command IN ('', 'select', 'count', 'insert', 'insert theirs', 'update', 'give away', 'take', 'delete', 'merge delete', 'truncate, granted') OR outcomes LIKE '%CROSSED%';
SELECT type, c FROM unnest('{text,uuid,varchar,varchar(4),test.org}'::text[]) type, seen.build(type), test.compared_with('seen.personal') c;
SELECT type, (test.error(format('SELECT seen.build(%L)', type))).* FROM unnest('{int,bigint,smallint}'::text[]) type;
DELETE FROM test.shape WHERE name = 'personal';

-- The instrument sees what there is to see: without row security, without policies, and with nothing but a policy that
-- somebody wrote in their place.
BEGIN;
SELECT FROM test.build('user');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ALTER TABLE shape.t ENABLE ROW LEVEL SECURITY;
SELECT count(test.error(format('DROP POLICY %I ON shape.t', polname))) FROM pg_policy WHERE polrelid = 'shape.t'::regclass;
SELECT command, outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
CREATE POLICY theirs ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

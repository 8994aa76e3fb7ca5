-- Template public_read: everybody reads all rows; callers write those of their tenant, visitors none, whatever claims they
-- come with. The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'public_read';
SELECT FROM test.build('public_read');

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
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'public_read', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'public_read ' || how) c;

-- Without a tenant column callers write nothing.
INSERT INTO test.shape SELECT 'notices', $$
    CREATE TABLE shape.t (id int, slug text UNIQUE, note text, whose text);
    INSERT INTO shape.t VALUES (1, 'one', '[1]', {a}), (2, 'two', '[2]', {a});
    SELECT tenancy.protect('shape.t', 'public_read')$$, 'true', 'false', '{"whose": {tenant}}', 'true';
SELECT FROM test.build('notices');
SELECT min(command COLLATE "C"), count(*), outcomes FROM test.border('shape.t') WHERE command <> '' GROUP BY outcomes ORDER BY 1;
SELECT string_agg(format('%s %s', r, p), ', ' ORDER BY r, p) FROM unnest('{authenticated,anonymous}'::text[]) r, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) p
WHERE has_table_privilege(r, 'shape.t', p);
-- Nor with privileges: the rows belong to nobody.
GRANT ALL ON shape.t TO PUBLIC;
SELECT min(command COLLATE "C"), count(*), outcomes FROM test.border('shape.t') WHERE command <> '' GROUP BY outcomes ORDER BY 1;
DELETE FROM test.shape WHERE name = 'notices';

-- A visitor who was given all privileges and comes with ann's claims still writes nothing; nor does who is neither.
BEGIN;
SELECT FROM test.build('public_read');
GRANT ALL ON shape.t TO PUBLIC;
INSERT INTO test.trier (name, role, claims, reads, writes, own, theirs) SELECT 'reporter', 'reporter', claims, 'true', 'false', own, theirs FROM test.trier WHERE name = 'ann';
SELECT split_part(outcomes, '|', 6) AS visitor, split_part(outcomes, '|', 7) AS reporter, count(*), min(command COLLATE "C") FROM test.border('shape.t') WHERE command <> ''
GROUP BY 1, 2 ORDER BY 4;
ROLLBACK;

-- The instrument sees what there is to see: without row security, without policies, and with nothing but a policy that
-- somebody wrote in their place.
BEGIN;
SELECT FROM test.build('public_read');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ALTER TABLE shape.t ENABLE ROW LEVEL SECURITY;
SELECT count(test.error(format('DROP POLICY %I ON shape.t', polname))) FROM pg_policy WHERE polrelid = 'shape.t'::regclass;
SELECT command, outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
CREATE POLICY theirs ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

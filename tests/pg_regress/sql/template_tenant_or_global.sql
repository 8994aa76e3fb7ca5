-- Template tenant_or_global: rows whose tenant is NULL are everybody's to read and nobody's to change. The commands are those
-- of test.command, and who tries them is in test.build(): see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'tenant_or_global';
SELECT FROM test.build('tenant_or_global');

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
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'tenant_or_global', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'tenant_or_global ' || how) c;

-- Who has an id and no tenant reads what is everybody's, and writes nothing; who has a tenant and no id is nobody of those.
BEGIN;
SELECT FROM test.build('tenant_or_global');
UPDATE test.trier SET claims = '{"sub": "eve"}', reads = 'tenant_id IS NULL' WHERE name = 'nobody';
UPDATE test.trier SET role = 'authenticated', claims = claims - 'sub', reads = 'id < 3', writes = 'id < 3 OR tenant_id = (SELECT tenant_id FROM shape.t WHERE id = 1)' WHERE name = 'visitor';
SELECT c.command, split_part(c.outcomes, '|', 5) AS eve, split_part(c.outcomes, '|', 6) AS tenant_without_user FROM test.border('shape.t') c
WHERE c.command IN ('select', 'select or true', 'insert', 'insert own', 'insert nobody''s', 'update', 'delete', 'take', 'disown', 'for update', 'on conflict update shared') OR c.outcomes LIKE '%CROSSED%';
ROLLBACK;
-- A row of everybody's is made by a role that row security does not bind.
SELECT FROM test.build('tenant_or_global');
SELECT (test.error($$INSERT INTO shape.t (id, tenant_id, note) VALUES (6, NULL, '[6]')$$)).code;

-- The instrument sees what there is to see: without row security, without policies, and with nothing but a policy that
-- somebody wrote in their place.
BEGIN;
SELECT FROM test.build('tenant_or_global');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ALTER TABLE shape.t ENABLE ROW LEVEL SECURITY;
SELECT count(test.error(format('DROP POLICY %I ON shape.t', polname))) FROM pg_policy WHERE polrelid = 'shape.t'::regclass;
SELECT command, outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
CREATE POLICY theirs ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

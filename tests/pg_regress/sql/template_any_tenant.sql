-- Template any_tenant, for callers of one tenant: to them it is as template tenant. (Callers of several are in
-- template_several_tenants.sql.) The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'any_tenant';
SELECT FROM test.build('any_tenant');

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
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'any_tenant', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'any_tenant ' || how) c;

-- It is as template tenant indeed.
SELECT * FROM test.compared_with('seen.it', 'tenant');

-- The instrument sees what there is to see: without row security, without policies, and with nothing but a policy that
-- somebody wrote in their place.
BEGIN;
SELECT FROM test.build('any_tenant');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ALTER TABLE shape.t ENABLE ROW LEVEL SECURITY;
SELECT count(test.error(format('DROP POLICY %I ON shape.t', polname))) FROM pg_policy WHERE polrelid = 'shape.t'::regclass;
SELECT command, outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
CREATE POLICY theirs ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

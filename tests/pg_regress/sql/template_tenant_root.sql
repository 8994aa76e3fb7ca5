-- Template tenant_root: the tenants' own table. Here, where callers have one tenant each, admins may write. (Callers of
-- several are in template_several_tenants.sql.) The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA seen;
SELECT make FROM test.shape WHERE name = 'tenant_root';
SELECT FROM test.build('tenant_root');

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
SELECT type, c FROM test.tenant_type, test.compared_with('seen.it', 'tenant_root', type) c;
-- ... over partitions and children, and asked of them directly. (Each table of an inheritance tree has unique keys of its
-- own, so some conflicts are none there; and it inherits no row triggers.)
SELECT how, c FROM unnest('{partitioned,partition,inherited,child}'::text[]) how, test.compared_with('seen.it', 'tenant_root ' || how) c;

-- Nobody makes a tenant, not even an admin and not one that is not there yet.
BEGIN;
SELECT FROM test.build('tenant_root');
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
SELECT (test.error($$INSERT INTO shape.t VALUES (9, 'cccccccc-0000-4000-8000-000000000003', 'new', '[9]')$$)).*;
SELECT (test.error($$UPDATE shape.t SET tenant_id = 'cccccccc-0000-4000-8000-000000000003'$$)).*;
ROLLBACK;
-- Where nothing is said of it, nobody writes at all.
BEGIN;
SELECT FROM test.build('tenant_root');
SELECT count(*) > 0 FROM tenancy.protect('shape.t', 'tenant_root');
UPDATE test.trier SET writes = 'false';
SELECT * FROM test.border('shape.t') WHERE command IN ('select', 'for update', 'insert own', 'insert theirs', 'update', 'delete', 'give away', 'merge delete') OR outcomes LIKE '%CROSSED%';
ROLLBACK;
-- The tenant's column is the primary key, or is named.
CREATE TABLE shape.keyless (id uuid);
SELECT (test.error($$SELECT tenancy.protect('shape.keyless', 'tenant_root')$$)).*;
SELECT (test.error($$SELECT tenancy.protect('shape.keyless', 'tenant_root', tenant_column => 'id')$$)).*;
CREATE TABLE shape.composite (id uuid, region text, PRIMARY KEY (id, region));
SELECT (test.error($$SELECT tenancy.protect('shape.composite', 'tenant_root')$$)).*;

-- The instrument sees what there is to see: without row security, without policies, and with nothing but a policy that
-- somebody wrote in their place.
BEGIN;
SELECT FROM test.build('tenant_root');
ALTER TABLE shape.t DISABLE ROW LEVEL SECURITY;
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ALTER TABLE shape.t ENABLE ROW LEVEL SECURITY;
SELECT count(test.error(format('DROP POLICY %I ON shape.t', polname))) FROM pg_policy WHERE polrelid = 'shape.t'::regclass;
SELECT command, outcomes FROM test.border('shape.t') WHERE command IN ('select', 'insert own', 'update', 'delete');
CREATE POLICY theirs ON shape.t USING (true);
SELECT * FROM test.compared_with('seen.it') LIMIT 1;
ROLLBACK;

DROP SCHEMA seen, shape CASCADE;

-- protect(): declarative, so it is run again and again here, each time after something has drifted.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA p AUTHORIZATION table_owner;
SET SESSION AUTHORIZATION table_owner;

-- The statements, without the expressions of policies, which differ between the editions (policies.sql shows them), and
-- without what was asked at the end of the comment.
CREATE FUNCTION p.protect(target regclass, template text DEFAULT 'tenant', tenant_column name DEFAULT NULL,
    force boolean DEFAULT true, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE sql AS $$
    SELECT regexp_replace(s, ' (USING|WITH CHECK) .*|, "force": (true|false), "staff": \[\], .*', ' …')
    FROM tenancy.protect(target, template, tenant_column, force => force, dry_run => dry_run) s $$;
-- What the catalog says of a table: what protect() may change, all of it.
CREATE FUNCTION p.catalog(target regclass, comments boolean DEFAULT true) RETURNS text
    LANGUAGE sql AS $$
    SELECT concat_ws(E'\n', relrowsecurity, relforcerowsecurity, relacl,
        (SELECT string_agg(pg_get_expr(adbin, adrelid), ',' ORDER BY adnum) FROM pg_attrdef WHERE adrelid = target),
        (SELECT string_agg(concat(attname, attnotnull), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = target AND attnum > 0),
        (SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid),
            pg_get_expr(polwithcheck, polrelid), CASE WHEN comments THEN obj_description(oid, 'pg_policy') END), E'\n' ORDER BY polname)
         FROM pg_policy WHERE polrelid = target),
        (SELECT string_agg(concat(tgname, tgenabled), ',' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = target AND NOT tgisinternal),
        (SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = target))
    FROM pg_class WHERE oid = target $$;

CREATE TABLE p.docs (id serial PRIMARY KEY, tenant_id uuid, title text);
INSERT INTO p.docs (tenant_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000001');

-- dry_run says what would be done and does none of it.
SELECT p.catalog('p.docs') AS before \gset
SELECT p.protect('p.docs', dry_run => true);
SELECT p.catalog('p.docs') = :'before' AS unchanged;
-- Said and done are the same. Run by hand, the statements protect as well.
SELECT array_agg(s) AS said FROM tenancy.protect('p.docs', dry_run => true) s \gset
BEGIN;
SELECT array_agg(s) = :'said'::text[] AS done_as_said FROM tenancy.protect('p.docs') s;
SELECT p.catalog('p.docs') AS after \gset
ROLLBACK;
SELECT p.catalog('p.docs') = :'before' AS unchanged_after_rollback;
\set ECHO none
SELECT unnest(:'said'::text[]) \gexec
\set ECHO all
SELECT p.catalog('p.docs') = :'after' AS same_by_hand;
-- The second time there is nothing to do.
SELECT p.protect('p.docs');
SELECT p.protect('p.docs', dry_run => true);

-- Drift, piece by piece. Each is mended, and nothing else is touched.
CREATE FUNCTION p.mend(damage text, forgets boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    before text := p.catalog('p.docs', NOT forgets);
BEGIN
    EXECUTE damage;
    IF p.catalog('p.docs') = before THEN
        RAISE EXCEPTION 'no damage was done by: %', damage;
    END IF;
    RETURN QUERY SELECT p.protect('p.docs');
    IF p.catalog('p.docs', NOT forgets) <> before THEN
        RETURN NEXT 'NOT AS BEFORE: ' || p.catalog('p.docs');
    END IF;
    RETURN QUERY SELECT 'STILL TO DO: ' || p.protect('p.docs');
END $$;
SELECT p.mend('DROP POLICY tenancy_select ON p.docs');
SELECT p.mend('DROP POLICY tenancy_gate ON p.docs');
SELECT p.mend('ALTER POLICY tenancy_update ON p.docs USING (true)');
SELECT p.mend('ALTER POLICY tenancy_insert ON p.docs WITH CHECK (true)');
SELECT p.mend('ALTER POLICY tenancy_delete ON p.docs TO PUBLIC');
SELECT p.mend('ALTER POLICY tenancy_gate ON p.docs TO table_owner');
SELECT p.mend('ALTER POLICY tenancy_floor ON p.docs USING (tenant_id IS NOT NULL)');
SELECT p.mend('ALTER POLICY tenancy_floor ON p.docs TO authenticated');
SELECT p.mend('ALTER TABLE p.docs DISABLE ROW LEVEL SECURITY');
SELECT p.mend('ALTER TABLE p.docs NO FORCE ROW LEVEL SECURITY');
SELECT p.mend('ALTER TABLE p.docs DISABLE TRIGGER tenancy_truncate');
SELECT p.mend('ALTER TABLE p.docs ENABLE REPLICA TRIGGER tenancy_truncate');
SELECT p.mend('DROP TRIGGER tenancy_truncate ON p.docs');
SELECT p.mend('ALTER TABLE p.docs ALTER tenant_id DROP DEFAULT');
SELECT p.mend('ALTER TABLE p.docs ALTER tenant_id SET DEFAULT gen_random_uuid()');
SELECT p.mend('ALTER TABLE p.docs ALTER tenant_id DROP NOT NULL');
SELECT p.mend('DROP INDEX p.docs_tenant_id_tenancy_idx');
SELECT p.mend('REVOKE UPDATE, DELETE ON p.docs FROM authenticated');
-- The floor's comment is where protect() notes what it made. Gone or spoilt, the protection itself stays whole, and only
-- what unprotect() would take back is forgotten.
SELECT p.mend('DROP POLICY tenancy_floor ON p.docs', forgets => true);
COMMENT ON POLICY tenancy_floor ON p.docs IS NULL;
SELECT p.protect('p.docs');
COMMENT ON POLICY tenancy_floor ON p.docs IS 'mine';
SELECT p.protect('p.docs');
COMMENT ON POLICY tenancy_floor ON p.docs IS '{"template": "\u0000"}';
SELECT p.protect('p.docs');
COMMENT ON POLICY tenancy_floor ON p.docs IS '"template"';
SELECT p.protect('p.docs');

-- force, taken back and given again
SELECT p.protect('p.docs', force => false);
SELECT p.protect('p.docs', force => false);
SELECT p.protect('p.docs', force => true);

-- Staff see all tenants, by a policy of their own. Added, added to, taken away again.
RESET SESSION AUTHORIZATION;
CREATE ROLE p_staff NOLOGIN;
CREATE ROLE "p Staff's" NOLOGIN;
BEGIN;
SELECT FROM tenancy.configure('staff_roles', 'p_staff');
SELECT p.protect('p.docs');
SELECT p.protect('p.docs');
SELECT FROM tenancy.configure('staff_roles', 'p_staff, p Staff''s');
SELECT p.protect('p.docs');
SELECT p.protect('p.docs');
INSERT INTO p.docs (tenant_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000002');
SET LOCAL ROLE "p Staff's";
SELECT count(*) AS both_tenants FROM p.docs;
UPDATE p.docs SET title = 'seen by staff';
SELECT FROM test.caller('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}');
SELECT count(*) AS own_tenant FROM p.docs;
-- A member of authenticated who is staff too is staff.
RESET ROLE;
GRANT authenticated TO p_staff;
SET LOCAL ROLE p_staff;
SELECT count(*) AS both_tenants FROM p.docs;
-- Claims of a caller make nobody staff, nor does a view of a staff role show a caller more than theirs.
RESET ROLE;
GRANT CREATE ON SCHEMA p TO p_staff;
SET LOCAL ROLE p_staff;
CREATE VIEW p.of_staff AS SELECT * FROM p.docs;
GRANT SELECT ON p.of_staff TO authenticated;
SELECT FROM test.caller('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001", "role": "p_staff"}');
SELECT count(*) AS own_tenant FROM p.of_staff;
RESET ROLE;
DROP VIEW p.of_staff;
REVOKE CREATE ON SCHEMA p FROM p_staff;
SELECT FROM tenancy.configure('staff_roles', NULL);
SELECT p.protect('p.docs');
SELECT p.protect('p.docs');
SET LOCAL ROLE "p Staff's";
SELECT code FROM test.error('SELECT FROM p.docs');
ROLLBACK;
SET SESSION AUTHORIZATION table_owner;

-- Names that need quoting, or look like something else. A space, quotes of both kinds, dots, %, upper case, unicode; and
-- a name of 63 bytes, which leaves an index no room for a suffix.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA "P.x %I 'y' ""z"" Ünï" AUTHORIZATION table_owner;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE "P.x %I 'y' ""z"" Ünï"."T; DROP TABLE p.docs; -- %s $1 "" ' \ Ü" ("Tenant %L "" ' é." text NOT NULL, body text);
CREATE TABLE "P.x %I 'y' ""z"" Ünï"."select" ("user" text NOT NULL);
CREATE TABLE p.a23456789012345678901234567890123456789012345678901234567890123 (
    b23456789012345678901234567890123456789012345678901234567890123 text NOT NULL) PARTITION BY LIST (b23456789012345678901234567890123456789012345678901234567890123);
CREATE TABLE p.a23456789012345678901234567890123456789012345678901234567890abc (
    b23456789012345678901234567890123456789012345678901234567890123 text NOT NULL);
SELECT p.protect('"P.x %I ''y'' ""z"" Ünï"."T; DROP TABLE p.docs; -- %s $1 "" '' \ Ü"', tenant_column => 'Tenant %L " '' é.');
SELECT p.protect('"P.x %I ''y'' ""z"" Ünï"."T; DROP TABLE p.docs; -- %s $1 "" '' \ Ü"', tenant_column => 'Tenant %L " '' é.');
SELECT count(*) > 0 AS protected FROM p.protect('"P.x %I ''y'' ""z"" Ünï"."select"', tenant_column => 'user');
SELECT p.protect('"P.x %I ''y'' ""z"" Ünï"."select"', tenant_column => 'user');
SELECT count(*) > 0 AS protected FROM p.protect('p.a23456789012345678901234567890123456789012345678901234567890123', tenant_column => 'b23456789012345678901234567890123456789012345678901234567890123');
SELECT p.protect('p.a23456789012345678901234567890123456789012345678901234567890123', tenant_column => 'b23456789012345678901234567890123456789012345678901234567890123');
SELECT count(*) > 0 AS protected FROM tenancy.protect('p.a23456789012345678901234567890123456789012345678901234567890abc', tenant_column => 'b23456789012345678901234567890123456789012345678901234567890123');
SELECT p.protect('p.a23456789012345678901234567890123456789012345678901234567890abc', tenant_column => 'b23456789012345678901234567890123456789012345678901234567890123');
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
INSERT INTO "P.x %I 'y' ""z"" Ünï"."T; DROP TABLE p.docs; -- %s $1 "" ' \ Ü" (body) VALUES ('lands in a') RETURNING *;
SELECT FROM test.caller('{"tenant_id": "b"}');
SELECT count(*) FROM "P.x %I 'y' ""z"" Ünï"."T; DROP TABLE p.docs; -- %s $1 "" ' \ Ü";
ROLLBACK;
SET SESSION AUTHORIZATION table_owner;
-- p.docs is still there, and as it was.
SELECT p.protect('p.docs');

-- quote_all_identifiers and an odd search_path of the session change nothing.
SET quote_all_identifiers = on;
SET search_path = p, pg_catalog;
SELECT p.protect('docs');
RESET quote_all_identifiers;
RESET search_path;

-- Partitions of partitions. One is attached later.
CREATE TABLE p.events (org text, kind text NOT NULL, id int, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE p.events_click PARTITION OF p.events FOR VALUES IN ('click') PARTITION BY RANGE (id);
CREATE TABLE p.events_click_1 PARTITION OF p.events_click FOR VALUES FROM (0) TO (100);
SELECT p.protect('p.events', tenant_column => 'org');
SELECT p.protect('p.events', tenant_column => 'org');
CREATE TABLE p.events_view PARTITION OF p.events FOR VALUES IN ('view');
SELECT p.protect('p.events', tenant_column => 'org');
ALTER TABLE p.events_click_1 DISABLE ROW LEVEL SECURITY;
DROP POLICY tenancy_floor ON p.events_view;
SELECT p.protect('p.events', tenant_column => 'org');
SELECT p.protect('p.events', tenant_column => 'org');

-- Inheritance children, one of two parents
CREATE TABLE p.animals (tenant_id int NOT NULL, name text);
CREATE TABLE p.cats (lives int) INHERITS (p.animals);
CREATE TABLE p.pets (tenant_id int NOT NULL, owner text);
CREATE TABLE p.housecats () INHERITS (p.cats, p.pets);
SELECT p.protect('p.animals');
SELECT p.protect('p.animals');
RESET SESSION AUTHORIZATION;
BEGIN;
INSERT INTO p.housecats VALUES (1, 'Tom', 9, 'Ann');
INSERT INTO p.housecats VALUES (2, 'Kit', 9, 'Bob');
SELECT FROM test.caller('{"tenant_id": 2}');
SELECT name FROM p.animals;
RESET ROLE;
GRANT SELECT ON p.cats, p.housecats TO authenticated;
SELECT FROM test.caller('{"tenant_id": 2}');
SELECT name FROM p.cats;
SELECT name FROM p.housecats;
ROLLBACK;
-- Through the other parent rows were reached all the same, as the warning said. That one can be protected as well.
SET SESSION AUTHORIZATION table_owner;
SELECT count(*) FROM p.protect('p.pets');
SELECT p.protect('p.animals');
-- A child alone is not protected: its rows are seen through its parent.
CREATE TABLE p.base (tenant_id int NOT NULL);
CREATE TABLE p.kid () INHERITS (p.base);
SELECT * FROM test.error($$SELECT tenancy.protect('p.kid')$$);
RESET SESSION AUTHORIZATION;

-- A trigger of the right name that does not refuse every TRUNCATE is no such trigger.
SET SESSION AUTHORIZATION table_owner;
DROP TRIGGER tenancy_truncate ON p.docs;
CREATE TRIGGER tenancy_truncate AFTER TRUNCATE ON p.docs EXECUTE FUNCTION tenancy.refuse_truncate();
SELECT p.protect('p.docs');
DROP TRIGGER tenancy_truncate ON p.docs;
CREATE TRIGGER tenancy_truncate BEFORE TRUNCATE ON p.docs WHEN (false) EXECUTE FUNCTION tenancy.refuse_truncate();
SELECT p.protect('p.docs');

-- Comments of the right form and the wrong content are nobody's: protect() starts anew.
SELECT p.mend($$COMMENT ON POLICY tenancy_floor ON p.docs IS '{"template":"tenant","made":{"grants":5}}'$$, true);
SELECT p.mend($$COMMENT ON POLICY tenancy_floor ON p.docs IS '{"template":"tenant"}'$$, true);

-- An owner who may not grant on the schema is told who has to.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA p_shared;
GRANT USAGE, CREATE ON SCHEMA p_shared TO table_owner;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE p_shared.t (tenant_id int NOT NULL);
SELECT s FROM tenancy.protect('p_shared.t', force => false) s WHERE s ~ 'SCHEMA';
RESET SESSION AUTHORIZATION;
DROP SCHEMA p_shared CASCADE;
SET SESSION AUTHORIZATION table_owner;

-- An index that leads with the tenant is used as it is; one that does not, is partial, invalid or no B-tree is not.
CREATE TABLE p.indexed (tenant_id text NOT NULL, id int, PRIMARY KEY (tenant_id, id));
CREATE TABLE p.other_indexes (tenant_id text NOT NULL, id int);
CREATE INDEX ON p.other_indexes (id, tenant_id);
CREATE INDEX ON p.other_indexes (tenant_id) WHERE id > 0;
CREATE INDEX ON p.other_indexes USING hash (tenant_id);
SELECT s FROM p.protect('p.indexed') s WHERE s ~ 'INDEX';
SELECT s FROM p.protect('p.other_indexes') s WHERE s ~ 'INDEX';

-- A large table (its size is what counts, so it is made of a few rows with much in them): no index is built while writers
-- wait, but said how to.
CREATE TABLE p.large (tenant_id text NOT NULL, filler text);
ALTER TABLE p.large ALTER filler SET STORAGE EXTERNAL;
INSERT INTO p.large SELECT 'a', repeat('x', 11000000) FROM generate_series(1, 10);
SET client_min_messages = notice;
SELECT s FROM tenancy.protect('p.large', force => false) s WHERE s ~ 'INDEX';
SELECT * FROM tenancy.protect('p.large', force => false);
SET client_min_messages = warning;
CREATE INDEX CONCURRENTLY ON p.large (tenant_id);
SELECT * FROM tenancy.protect('p.large', force => false);
-- Partitioned: on each partition first, so that the parent only adopts them.
CREATE TABLE p.large_parts (tenant_id text NOT NULL, filler text) PARTITION BY LIST (tenant_id);
CREATE TABLE p.large_a PARTITION OF p.large_parts FOR VALUES IN ('a');
CREATE TABLE p.large_rest PARTITION OF p.large_parts DEFAULT;
ALTER TABLE p.large_a ALTER filler SET STORAGE EXTERNAL;
INSERT INTO p.large_parts SELECT 'a', repeat('x', 11000000) FROM generate_series(1, 10);
SELECT s FROM tenancy.protect('p.large_parts') s WHERE s ~ 'INDEX';
CREATE INDEX CONCURRENTLY ON p.large_a (tenant_id);
CREATE INDEX CONCURRENTLY ON p.large_rest (tenant_id);
CREATE INDEX ON p.large_parts (tenant_id);
SELECT * FROM tenancy.protect('p.large_parts');

-- What protect() tells its caller
SET client_min_messages = notice;
CREATE TABLE p.told (tenant_id text NOT NULL);
SELECT count(*) > 0 FROM tenancy.protect('p.told', force => false);
SELECT count(*) > 0 FROM tenancy.protect('p.told');
SELECT count(*) > 0 FROM tenancy.protect('p.told');

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA p CASCADE;
DROP SCHEMA "P.x %I 'y' ""z"" Ünï" CASCADE;
DROP ROLE p_staff, "p Staff's";

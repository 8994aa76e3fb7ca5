-- Everything that protect() cannot protect: each an error of its own that says why, and nothing has changed.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA bad AUTHORIZATION table_owner;
CREATE ROLE bad_other NOLOGIN;
GRANT ALL ON SCHEMA bad TO bad_other;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE bad.good (tenant_id uuid, n numeric, j jsonb, t text);
CREATE VIEW bad.a_view AS SELECT * FROM bad.good;
CREATE MATERIALIZED VIEW bad.a_matview AS SELECT * FROM bad.good;
CREATE SEQUENCE bad.a_sequence;
CREATE TYPE bad.a_type AS (tenant_id uuid);
CREATE INDEX an_index ON bad.good (t);
CREATE TEMP TABLE a_temp_table (tenant_id uuid NOT NULL);
CREATE TABLE bad.parent (tenant_id uuid NOT NULL) PARTITION BY LIST (tenant_id);
CREATE TABLE bad.a_partition PARTITION OF bad.parent DEFAULT;
CREATE INDEX a_partitioned_index ON bad.parent (tenant_id);
RESET SESSION AUTHORIZATION;
CREATE FOREIGN DATA WRAPPER bad_wrapper;
CREATE SERVER bad_server FOREIGN DATA WRAPPER bad_wrapper;
CREATE FOREIGN TABLE bad.a_foreign_table (tenant_id uuid NOT NULL) SERVER bad_server;
CREATE TABLE bad.of_another (tenant_id uuid NOT NULL);
ALTER TABLE bad.of_another OWNER TO bad_other;
ALTER FOREIGN TABLE bad.a_foreign_table OWNER TO table_owner;
-- A parent of ours with a child of somebody else's, and one with a foreign table among its children
SET ROLE table_owner;
CREATE TABLE bad.mixed (tenant_id uuid NOT NULL);
CREATE TABLE bad.mixed_child () INHERITS (bad.mixed);
CREATE TABLE bad.far (tenant_id uuid NOT NULL) PARTITION BY LIST (tenant_id);
RESET ROLE;
ALTER TABLE bad.mixed_child OWNER TO bad_other;
CREATE FOREIGN TABLE bad.far_away PARTITION OF bad.far DEFAULT SERVER bad_server;

-- The whole of what could change
CREATE FUNCTION bad.catalog() RETURNS text LANGUAGE sql AS $$
    SELECT md5(concat(
        (SELECT string_agg(c::text, ',' ORDER BY oid) FROM pg_class c WHERE relnamespace = 'bad'::regnamespace),
        (SELECT string_agg(a::text, ',' ORDER BY attrelid, attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
         WHERE relnamespace = 'bad'::regnamespace),
        (SELECT string_agg(p::text, ',' ORDER BY oid) FROM pg_policy p), (SELECT string_agg(d::text, ',' ORDER BY oid) FROM pg_attrdef d),
        (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_trigger t), (SELECT string_agg(n::text, ',' ORDER BY oid) FROM pg_namespace n
         WHERE nspname !~ '^pg_')));
$$;
-- The error, as the owner of schema bad's tables gets it
CREATE FUNCTION bad.refused(statement text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    before text := bad.catalog();
BEGIN
    SELECT e.* INTO code, message, detail, hint FROM test.error(statement) e;
    IF bad.catalog() <> before THEN
        message := 'SOMETHING CHANGED: ' || message;
    END IF;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bad TO PUBLIC;
SET SESSION AUTHORIZATION table_owner;

-- No table
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_view')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_matview')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_foreign_table')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_sequence')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_type')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.an_index')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_partitioned_index')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.no_such_table')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect(4294967295::oid::regclass)$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect(0::regclass)$$);
-- A table that is not for tenants' rows
SELECT * FROM bad.refused($$SELECT tenancy.protect('pg_catalog.pg_class')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('information_schema.sql_features')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('tenancy.config')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('a_temp_table')$$);
-- Somebody else's, wholly or in part
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.of_another')$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('bad.of_another')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.mixed')$$);
-- A part of a table
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.a_partition')$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('bad.a_partition')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.far')$$);

-- The column
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', tenant_column => 'no_such')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', tenant_column => 'ctid')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', tenant_column => 'n')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', tenant_column => 'j')$$);
CREATE TABLE bad.dropped (tenant_id uuid);
ALTER TABLE bad.dropped DROP COLUMN tenant_id;
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.dropped', tenant_column => '........pg.dropped.1........')$$);
INSERT INTO bad.good VALUES (NULL), ('aaaaaaaa-0000-4000-8000-000000000001');
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
-- (dry_run reads no rows, so it does not notice.)
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', dry_run => true)$$);
-- NULLs in a child count as well.
CREATE TABLE bad.family (tenant_id text);
CREATE TABLE bad.child () INHERITS (bad.family);
INSERT INTO bad.child VALUES (NULL);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.family')$$);
DELETE FROM bad.good;

-- Arguments
SELECT * FROM bad.refused($$SELECT tenancy.protect(NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', template => 'tenants')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', template => NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', template => '')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', force => NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', dry_run => NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', tenant_column => '')$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect(NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('bad.good', dry_run => NULL)$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('bad.a_view')$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('pg_catalog.pg_class')$$);

-- An old snapshot: what others have undone since it was taken would pass for done.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
SELECT * FROM bad.refused($$SELECT tenancy.unprotect('bad.good')$$);
SELECT count(*) > 0 FROM tenancy.protect('bad.good', dry_run => true);
ROLLBACK;

-- A database role that is missing
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT FROM tenancy.configure('authenticated', 'bad_missing');
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good', dry_run => true)$$);
ROLLBACK;
BEGIN;
CREATE ROLE bad_staff NOLOGIN;
SELECT FROM tenancy.configure('staff_roles', 'bad_staff');
DROP ROLE bad_staff;
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
ROLLBACK;

-- Staff that every caller is
BEGIN;
CREATE ROLE bad_staff;
SELECT FROM tenancy.configure('staff_roles', 'bad_staff');
GRANT bad_staff TO authenticated;
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
ROLLBACK;

-- What fails half-way leaves nothing half done: here the trigger is refused, after row security, six policies and an index
-- were made.
CREATE FUNCTION bad.no_triggers() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no triggers today''; END';
CREATE EVENT TRIGGER bad_no_triggers ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION bad.no_triggers();
SET SESSION AUTHORIZATION table_owner;
SELECT count(*) FROM tenancy.protect('bad.good', dry_run => true);
SELECT * FROM bad.refused($$SELECT tenancy.protect('bad.good')$$);
RESET SESSION AUTHORIZATION;
DROP EVENT TRIGGER bad_no_triggers;
SET SESSION AUTHORIZATION table_owner;
-- With that out of the way it can be protected.
SELECT count(*) > 0 FROM tenancy.protect('bad.good');

RESET SESSION AUTHORIZATION;
DROP SCHEMA bad CASCADE;
DROP FOREIGN DATA WRAPPER bad_wrapper CASCADE;
DROP ROLE bad_other;

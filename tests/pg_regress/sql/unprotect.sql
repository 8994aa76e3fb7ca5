-- unprotect(): takes back what protect() made and nobody has changed since, and says what it left.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA u AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA u TO authenticated;
SET SESSION AUTHORIZATION table_owner;
CREATE FUNCTION u.catalog(targets regclass[]) RETURNS text
    LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(E'\n', oid::regclass, relrowsecurity, relforcerowsecurity,
        -- a table whose privileges were once granted and revoked names its owner's, which are the same as none
        NULLIF(relacl, acldefault('r', relowner)),
        (SELECT string_agg(pg_get_expr(adbin, adrelid), ',' ORDER BY adnum) FROM pg_attrdef WHERE adrelid = c.oid),
        (SELECT string_agg(concat(attname, attnotnull), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
        (SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid),
            pg_get_expr(polwithcheck, polrelid)), E'\n' ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid),
        (SELECT string_agg(concat(tgname, tgenabled), ',' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal),
        (SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid)),
        E'\n' ORDER BY oid)
    FROM pg_class c WHERE oid = ANY (targets) $$;

-- There and back: the catalog is what it was.
CREATE FUNCTION u.there_and_back(target regclass, column_name name DEFAULT 'tenant_id') RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    family regclass[] := ARRAY(SELECT tenancy.family(target));
    before text := u.catalog(family);
    said text[];
BEGIN
    PERFORM tenancy.protect(target, tenant_column => column_name);
    IF u.catalog(family) = before THEN
        RAISE EXCEPTION 'protect() has changed nothing';
    END IF;
    said := ARRAY(SELECT tenancy.unprotect(target, dry_run => true));
    RETURN QUERY SELECT tenancy.unprotect(target);
    IF target::text = 'u.with_all' THEN -- as unprotect() tells
        ALTER TABLE u.with_all ALTER COLUMN tenant_id SET DEFAULT 'it''s mine' || ' alone';
    END IF;
    RETURN NEXT CASE WHEN u.catalog(family) = before THEN 'as before' ELSE format(E'BEFORE:\n%s\nNOW:\n%s', before, u.catalog(family)) END;
    IF tenancy.asked(target) IS NOT NULL THEN
        RETURN NEXT 'STILL PROTECTED';
    END IF;
END $$;
CREATE TABLE u.plain (id serial, tenant_id uuid);
SELECT u.there_and_back('u.plain');
-- Once more, for what the first time has left changes nothing.
SELECT count(*) FROM u.there_and_back('u.plain') WHERE there_and_back = 'as before';
-- A default, NOT NULL, an index, privileges and row security of one's own stay.
CREATE TABLE u.with_all (tenant_id text NOT NULL DEFAULT 'it''s mine' || ' alone', id int, PRIMARY KEY (tenant_id, id));
ALTER TABLE u.with_all ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON u.with_all USING (true);
GRANT SELECT, DELETE ON u.with_all TO authenticated;
SELECT u.there_and_back('u.with_all');
-- The tenant column is in a primary key but was made NOT NULL by nobody else.
CREATE TABLE u.no_default (tenant_id bigint PRIMARY KEY);
SELECT u.there_and_back('u.no_default');
-- Partitions and children
CREATE TABLE u.events (tenant_id text, kind text) PARTITION BY LIST (kind);
CREATE TABLE u.events_click PARTITION OF u.events FOR VALUES IN ('click') PARTITION BY LIST (tenant_id);
CREATE TABLE u.events_click_rest PARTITION OF u.events_click DEFAULT;
SELECT u.there_and_back('u.events');
CREATE TABLE u.animals (org smallint);
CREATE TABLE u.cats (lives int) INHERITS (u.animals);
SELECT u.there_and_back('u.animals', 'org');
-- Names that need quoting
CREATE TABLE u."It's "" odd; --" ("Ten ""ant" text);
SELECT u.there_and_back('u."It''s "" odd; --"', 'Ten "ant');

-- dry_run does nothing.
CREATE TABLE u.docs (tenant_id text, title text);
SELECT count(*) > 0 FROM tenancy.protect('u.docs');
SELECT u.catalog('{u.docs}') AS before \gset
SELECT * FROM tenancy.unprotect('u.docs', dry_run => true);
SELECT u.catalog('{u.docs}') = :'before' AS unchanged;

-- A policy of one's own stays, and keeps row security on: without it the table would be open.
CREATE POLICY mine ON u.docs TO authenticated USING (title = 'public');
SELECT * FROM tenancy.unprotect('u.docs');
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'u.docs'::regclass;
DROP POLICY mine ON u.docs;
ALTER TABLE u.docs DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;

-- What somebody has changed since is left and listed.
SELECT count(*) > 0 FROM tenancy.protect('u.docs');
ALTER POLICY tenancy_select ON u.docs USING (false);
ALTER POLICY tenancy_gate ON u.docs TO authenticated;
ALTER TABLE u.docs ALTER tenant_id SET DEFAULT 'changed';
ALTER INDEX u.docs_tenant_id_tenancy_idx RENAME TO changed;
SELECT * FROM tenancy.unprotect('u.docs');
SELECT polname FROM pg_policy WHERE polrelid = 'u.docs'::regclass ORDER BY 1;
-- The floor was dropped, and with it the note of what was asked: not protected any more.
SET client_min_messages = notice;
SELECT * FROM tenancy.unprotect('u.docs');
DROP TABLE u.docs;

-- A table that never was protected
CREATE TABLE u.docs (tenant_id text, title text);
SELECT * FROM tenancy.unprotect('u.docs');
SET client_min_messages = warning;
-- What is gone already is no obstacle.
SELECT count(*) > 0 FROM tenancy.protect('u.docs');
DROP POLICY tenancy_select ON u.docs;
DROP TRIGGER tenancy_truncate ON u.docs;
DROP INDEX u.docs_tenant_id_tenancy_idx;
ALTER TABLE u.docs ALTER tenant_id DROP DEFAULT;
ALTER TABLE u.docs ALTER tenant_id DROP NOT NULL;
REVOKE ALL ON u.docs FROM authenticated;
SELECT * FROM tenancy.unprotect('u.docs');
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'u.docs'::regclass;

-- The tenant column renamed: policies, default and index follow it; protect() is told its new name before unprotect().
SELECT count(*) > 0 FROM tenancy.protect('u.docs');
ALTER TABLE u.docs RENAME tenant_id TO org_id;
SELECT * FROM test.error($$SELECT tenancy.unprotect('u.docs')$$);
SELECT * FROM tenancy.protect('u.docs', tenant_column => 'org_id');
SELECT count(*) FROM tenancy.unprotect('u.docs');

-- A partition that was detached is a table of its own, protected as it was, and can be freed.
CREATE TABLE u.parts (tenant_id text, n int) PARTITION BY LIST (n);
CREATE TABLE u.part PARTITION OF u.parts FOR VALUES IN (1);
SELECT count(*) > 0 FROM tenancy.protect('u.parts');
ALTER TABLE u.parts DETACH PARTITION u.part;
SELECT * FROM tenancy.unprotect('u.part');
SELECT relrowsecurity FROM pg_class WHERE oid = 'u.part'::regclass;

-- The comment on the floor is the owner's to write, and others may run unprotect() and protect() on the owner's table. What
-- it says is never run with their rights: neither as a default nor as privileges.
CREATE TABLE u.forged (tenant_id text);
SELECT count(*) > 0 FROM tenancy.protect('u.forged');
SELECT format('COMMENT ON POLICY tenancy_floor ON u.forged IS %L', tenancy.asked('u.forged') || '{"made": {
    "default": "0; ALTER ROLE table_owner SUPERUSER; --",
    "grants": {"app": ["SELECT ON u.forged FROM app; ALTER ROLE table_owner SUPERUSER; --"]},
    "indexes": ["x; ALTER ROLE table_owner SUPERUSER; --"]}}') \gexec
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT * FROM tenancy.protect('u.forged');
SELECT rolsuper FROM pg_roles WHERE rolname = 'table_owner';
ROLLBACK;
BEGIN;
SELECT * FROM tenancy.unprotect('u.forged');
SELECT rolsuper FROM pg_roles WHERE rolname = 'table_owner';
ROLLBACK;

DROP SCHEMA u CASCADE;

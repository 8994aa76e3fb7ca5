-- The lines of schema.ts by which drizzle-kit leaves a protected table alone. (tests/clients/drizzle.sh asks drizzle-kit.)
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE SCHEMA driz;
CREATE ROLE driz_staff NOLOGIN;
CREATE ROLE "driz 'second" NOLOGIN;
-- Without the expressions of our own policies, which the editions write differently.
CREATE FUNCTION driz.lines(target regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT CASE WHEN line ~ '^  pgPolicy\(''tenancy_' THEN regexp_replace(line, 'sql`[^`]*`', 'sql`...`', 'g') ELSE line END
    FROM tenancy.drizzle(target) line $$;

-- A table of the template tenant, with a default of its own that asks for the caller, and one that does not.
CREATE TABLE driz.notes (id int PRIMARY KEY, tenant_id uuid, author text DEFAULT upper(auth.user_id()), body text DEFAULT 'none');
SELECT count(*) > 0 FROM tenancy.protect('driz.notes');
SELECT driz.lines('driz.notes');
-- What stands for our expressions is what the catalog has.
SELECT polname, (SELECT line FROM tenancy.drizzle('driz.notes') line WHERE line LIKE format('%%pgPolicy(''%s'',%%', polname))
    LIKE '%using: sql`' || pg_get_expr(polqual, polrelid) || '`%' AS found
FROM pg_policy WHERE polrelid = 'driz.notes'::regclass AND polname IN ('tenancy_floor', 'tenancy_gate', 'tenancy_select') ORDER BY polname;

-- Policies of somebody else are there too: drizzle-kit would drop them as well. What TypeScript reads otherwise is escaped.
CREATE TABLE driz.teams (id int PRIMARY KEY, lead text);
CREATE POLICY "it's \odd" ON driz.notes TO driz_staff, "driz 'second", authenticated
    USING (body <> E'`${x}$ {\\n\r end') WITH CHECK (body <> $q$'\`\${$q$);
CREATE POLICY nested ON driz.notes AS RESTRICTIVE FOR UPDATE TO authenticated USING (EXISTS (
    SELECT 1 FROM driz.teams t WHERE t.id = notes.id AND EXISTS (SELECT 1 FROM driz.notes n WHERE n.author = t.lead)));
SELECT driz.lines('driz.notes') OFFSET 7;
-- The same whatever the search_path and the settings of the caller are, and for those who own nothing.
CREATE TABLE driz.before AS SELECT * FROM tenancy.drizzle('driz.notes') WITH ORDINALITY AS d (line, n);
GRANT SELECT ON driz.before TO authenticated;
GRANT USAGE ON SCHEMA driz TO authenticated;
BEGIN;
SET LOCAL search_path = driz, public;
SET LOCAL quote_all_identifiers = on;
SET LOCAL ROLE authenticated;
SELECT count(*) AS others FROM (TABLE before EXCEPT SELECT * FROM tenancy.drizzle('notes') WITH ORDINALITY) AS d;
ROLLBACK;

-- Staff have a policy, and an integer tenant a cast: drizzle-kit reads defaults without it. Odd names.
SELECT FROM tenancy.configure('staff_roles', 'driz_staff');
CREATE TABLE driz."Old `notes" ("the tenant" int, long_column_name text NOT NULL DEFAULT auth.user_id());
SELECT count(*) > 0 FROM tenancy.protect('driz."Old `notes"', tenant_column => 'the tenant');
SELECT driz.lines('driz."Old `notes"');
SELECT FROM tenancy.configure('staff_roles', NULL);

-- Nothing that a name or a default contains gets out of the comment that it is in.
CREATE TABLE driz.lines (tenant_id uuid, U&"a\000Ab" text DEFAULT auth.user_id() || E'\n`');
SELECT count(*) > 0 FROM tenancy.protect('driz.lines');
SELECT line FROM tenancy.drizzle('driz.lines') line LIMIT 7;

-- An index that is not protect()'s is in schema.ts already; one that drizzle-kit made anew under protect()'s name is printed still.
CREATE TABLE driz.indexed (tenant_id uuid NOT NULL, n int);
CREATE INDEX own ON driz.indexed (tenant_id, n);
SELECT count(*) > 0 FROM tenancy.protect('driz.indexed');
SELECT line FROM tenancy.drizzle('driz.indexed') line WHERE line ~ 'index\(';
CREATE INDEX indexed_tenant_id_tenancy_idx ON driz.indexed (tenant_id);
SELECT line FROM tenancy.drizzle('driz.indexed') line WHERE line ~ 'index\(';

-- A table that is not protected, or not any more: the lines would be no protection.
SELECT * FROM test.error($$SELECT tenancy.drizzle('driz.teams')$$);
DROP POLICY tenancy_floor ON driz.indexed;
SELECT * FROM test.error($$SELECT tenancy.drizzle('driz.indexed')$$);
-- What drizzle-kit cannot leave alone, and what is no table.
CREATE TABLE driz.parts (tenant_id uuid) PARTITION BY LIST (tenant_id);
CREATE TABLE driz.part PARTITION OF driz.parts DEFAULT;
SELECT count(*) > 0 FROM tenancy.protect('driz.parts');
SELECT * FROM test.error($$SELECT tenancy.drizzle('driz.parts')$$);
SELECT * FROM test.error($$SELECT tenancy.drizzle('driz.part')$$);
CREATE VIEW driz.view AS SELECT 1 AS one;
SELECT * FROM test.error($$SELECT tenancy.drizzle('driz.view')$$);
SELECT * FROM test.error($$SELECT tenancy.drizzle(4294967295::oid)$$);
SELECT * FROM test.error($$SELECT tenancy.drizzle(NULL)$$);

DROP SCHEMA driz CASCADE;
DROP ROLE driz_staff, "driz 'second";

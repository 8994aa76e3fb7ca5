-- native only: the pure-SQL edition reads no rows past row security, and has neither tables of members nor modes
-- tenancy.prove() and tenancy.explain_access() for an owner whom row security hides the rows from, with a table of
-- members, and where claims are not believed.
\pset null NULL
\pset format unaligned
\set VERBOSITY verbose
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA proved AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA proved TO authenticated;
GRANT authenticated, anonymous TO table_owner;
CREATE ROLE stranger;
GRANT USAGE, CREATE ON SCHEMA proved TO stranger;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE proved.docs (id int PRIMARY KEY, tenant_id uuid, title text, big text);
CREATE TABLE proved.events (id int, dropped int, tenant_id uuid, at date) PARTITION BY RANGE (at);
ALTER TABLE proved.events DROP COLUMN dropped;
CREATE TABLE proved.events_1 (at date, tenant_id uuid, id int);
ALTER TABLE proved.events ATTACH PARTITION proved.events_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE proved.odd (id inet PRIMARY KEY, tenant_id uuid);
-- (A value that is stored out of line)
INSERT INTO proved.docs SELECT n, format('00000000-0000-4000-8000-00000000000%s', n)::uuid, 'title', (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 1000)) FROM generate_series(1, 2) n;
INSERT INTO proved.events SELECT id, tenant_id, '2026-01-02' FROM proved.docs;
INSERT INTO proved.odd SELECT '10.0.0.1'::inet + id, tenant_id FROM proved.docs;
SELECT t AS table, count(*) > 0 AS protected FROM unnest('{docs,events,odd}'::text[]) t, tenancy.protect(('proved.' || t)::regclass) GROUP BY t ORDER BY t;

-- The owner sees none, and yet
SELECT count(*) FROM proved.docs;
SELECT t AS table, count(*), bool_and(passed) AS passed FROM unnest('{docs,events,odd}'::text[]) t, tenancy.prove(('proved.' || t)::regclass) GROUP BY t ORDER BY t;
SELECT verdict FROM tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "ann", "tenant_id": "00000000-0000-4000-8000-000000000002"}', '{"id": 1}') WHERE part IN ('row', 'verdict');
SELECT verdict FROM tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "ann", "tenant_id": "00000000-0000-4000-8000-000000000002"}', '{"id": 2, "title": "title"}') WHERE part IN ('row', 'verdict');
SELECT verdict FROM tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "ann", "tenant_id": "00000000-0000-4000-8000-000000000002"}', '{"id": 2, "title": "another"}') WHERE part IN ('row', 'verdict');
SELECT verdict FROM tenancy.explain_access('proved.odd', 'SELECT', '{"sub": "ann", "tenant_id": "00000000-0000-4000-8000-000000000002"}', '{"id": "10.0.0.3"}') WHERE part IN ('row', 'verdict');
SELECT verdict FROM tenancy.explain_access('proved.events', 'DELETE', '{"sub": "ann", "tenant_id": "00000000-0000-4000-8000-000000000002"}', '{"id": 2, "at": "2026-01-02"}') WHERE part IN ('row', 'verdict');

-- A column that was added later, with a default, is not in the rows that were there
CREATE TABLE proved.older (r int PRIMARY KEY);
INSERT INTO proved.older VALUES (1), (2);
ALTER TABLE proved.older ADD tenant_id text NOT NULL DEFAULT 'a';
INSERT INTO proved.older VALUES (3, 'b');
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.older');
SELECT count(*), bool_and(passed) AS passed FROM tenancy.prove('proved.older');
SELECT verdict FROM tenancy.explain_access('proved.older', 'SELECT', '{"sub": "ann", "tenant_id": "a"}', '{"r": 1}') WHERE part = 'verdict';

-- With the rights of a role that the session may take, and no others
SELECT tenancy.run_as('authenticated', 'SELECT current_user', NULL), tenancy.run_as('authenticated', 'SELECT $1 ->> ''a''', '{"a": "b"}'), tenancy.run_as('authenticated', 'SELECT FROM generate_series(1, 3)', NULL),
    tenancy.run_as('authenticated', 'SELECT 1 WHERE false', NULL) AS none, tenancy.run_as(NULL, 'SELECT 1', NULL) AS nobody, current_user;
SELECT code, message, hint FROM test.error($$SELECT tenancy.run_as('postgres', 'SELECT 1', NULL)$$);
SELECT code, message FROM test.error($$SELECT tenancy.run_as('authenticated', 'SELECT set_config(''role'', ''table_owner'', true)', NULL)$$);
SELECT code, message FROM test.error($$SELECT tenancy.run_as('authenticated', 'SELECT tenancy.run_as(''authenticated'', ''SELECT 1'', NULL)', NULL)$$);
SELECT code, message FROM test.error($$SELECT tenancy.run_as('nope', 'SELECT 1', NULL)$$);
SELECT tenancy.run_as('authenticated', 'SELECT set_config(''search_path'', ''elsewhere'', false)', NULL), current_setting('search_path') = 'elsewhere' AS stays;

-- Rows as they are stored are for the owner alone, and no more than asked for
SELECT cardinality(tenancy.stored_rows(NULL::proved.docs, '{}', '{}', 1)), cardinality(tenancy.stored_rows(NULL::proved.docs, '{}', '{}', 5)), cardinality(tenancy.stored_rows(NULL::proved.docs, '{}', '{}', 0)),
    cardinality(tenancy.stored_rows(NULL::proved.docs, '{id}', '{2}', 5)), length((tenancy.stored_rows(NULL::proved.docs, '{id}', '{2}', 5))[1].big);
SELECT tenancy.stored_rows(NULL::proved.docs, '{title}', '{nope}', 5) AS none, tenancy.stored_rows(NULL::proved.docs, '{nope}', '{1}', 5) AS no_column, tenancy.stored_rows(NULL::proved.odd, '{id}', '{10.0.0.1}', 5) AS no_key,
    tenancy.stored_rows(NULL::proved.events, '{}', '{}', 5) AS partitioned, tenancy.stored_rows(1, '{}', '{}', 5) AS no_table, tenancy.stored_rows(NULL::proved.docs, NULL, NULL, NULL) AS nothing;
SET ROLE authenticated;
SELECT (test.error($$SELECT tenancy.stored_rows(NULL::proved.docs, '{}', '{}', 5)$$)).*;
RESET SESSION AUTHORIZATION;
SET ROLE stranger;
SELECT (test.error($$SELECT tenancy.stored_rows(NULL::proved.docs, '{}', '{}', 5)$$)).*;
RESET ROLE;

-- Callers with the rights of the owner, where there is no FORCE
SAVEPOINT inherits;
ALTER TABLE proved.docs NO FORCE ROW LEVEL SECURITY;
REVOKE authenticated FROM table_owner;
ALTER ROLE authenticated INHERIT;
GRANT table_owner TO authenticated;
SELECT part, verdict FROM tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "ann"}', '{"id": 2}') WHERE part IN ('row security', 'verdict');
ROLLBACK TO inherits;

-- Members: who is one of either tenant alone
CREATE TABLE proved.members (user_id text, tenant_id uuid);
CREATE INDEX ON proved.members (user_id, tenant_id);
SELECT tenancy.use_members('proved.members', 'user_id', 'tenant_id');
SELECT attempt, observed, passed FROM tenancy.prove('proved.docs');
INSERT INTO proved.members VALUES ('both', '00000000-0000-4000-8000-000000000001'), ('both', '00000000-0000-4000-8000-000000000002');
SELECT attempt, observed, passed FROM tenancy.prove('proved.docs');
INSERT INTO proved.members VALUES ('bob', '00000000-0000-4000-8000-000000000002');
SELECT count(*), bool_and(passed) AS passed FROM tenancy.prove('proved.docs');

-- Where claims are not believed only the administrator is
SELECT tenancy.configure('mode', 'verified');
SELECT count(*), bool_and(passed) AS passed FROM tenancy.prove('proved.docs');
SELECT verdict FROM tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "bob"}', '{"id": 2}') WHERE part = 'verdict';
SET SESSION AUTHORIZATION table_owner;
SELECT (test.error($$SELECT tenancy.explain_access('proved.docs', 'SELECT', '{"sub": "bob"}', '{"id": 2}')$$)).*;
RESET SESSION AUTHORIZATION;
ROLLBACK;

-- To have a role's rights is not to be it: its attributes would come with that
BEGIN;
CREATE ROLE proved_super NOLOGIN SUPERUSER;
CREATE ROLE proved_heir LOGIN;
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE 'GRANT proved_super TO proved_heir WITH INHERIT TRUE, SET FALSE';
    END IF;
END $$;
SET LOCAL SESSION AUTHORIZATION proved_heir;
SELECT code, message FROM test.error($$SELECT tenancy.run_as('proved_super', 'ALTER ROLE proved_heir SUPERUSER', NULL)$$);
RESET SESSION AUTHORIZATION;
SELECT rolsuper FROM pg_roles WHERE rolname = 'proved_heir';
ROLLBACK;

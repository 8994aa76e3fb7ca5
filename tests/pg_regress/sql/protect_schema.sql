-- protect_schema(): every table of a schema by its rules, nothing where one cannot be.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA ps AUTHORIZATION table_owner;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE ps.orgs (id uuid PRIMARY KEY, name text);
CREATE TABLE ps.docs (id int PRIMARY KEY, tenant_id uuid, user_id text, title text);
CREATE TABLE ps.settings (user_id text, theme text);
CREATE TABLE ps.comments (id int PRIMARY KEY, doc_id int REFERENCES ps.docs, answers int REFERENCES ps.comments, body text, UNIQUE (id, doc_id));
CREATE TABLE ps.votes (comment_id int, doc_id int, FOREIGN KEY (comment_id, doc_id) REFERENCES ps.comments (id, doc_id));
CREATE TABLE ps.links (comment_id int REFERENCES ps.comments, doc_id int REFERENCES ps.docs);
CREATE TABLE ps.clicks (link_id int);
CREATE TABLE ps.plans (id int PRIMARY KEY, name text);
CREATE TABLE ps.prices (plan_id int REFERENCES ps.plans);
CREATE TABLE ps.events (id int, tenant_id uuid, at date) PARTITION BY RANGE (at);
CREATE TABLE ps.events_2026 PARTITION OF ps.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE ps.animals (tenant_id uuid);
CREATE TABLE ps.cats () INHERITS (ps.animals);
CREATE VIEW ps.titles AS SELECT title FROM ps.docs;
CREATE MATERIALIZED VIEW ps.counts AS SELECT count(*) FROM ps.docs;
CREATE SEQUENCE ps.numbers;
CREATE UNLOGGED TABLE ps."Odd ""name""" (tenant_id uuid);
RESET SESSION AUTHORIZATION;
CREATE TABLE ps.not_theirs (tenant_id uuid);
-- A table that two keys lead out of, and one that leads to it: a circle without an owner
CREATE TABLE ps.hen (id int PRIMARY KEY, egg int);
CREATE TABLE ps.egg (id int PRIMARY KEY, hen int REFERENCES ps.hen);
ALTER TABLE ps.hen ADD FOREIGN KEY (egg) REFERENCES ps.egg;
ALTER TABLE ps.hen OWNER TO table_owner;
ALTER TABLE ps.egg OWNER TO table_owner;
SET SESSION AUTHORIZATION table_owner;

CREATE FUNCTION ps.run(tenant_column name DEFAULT NULL, write text[] DEFAULT NULL, force boolean DEFAULT true, dry_run boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE sql AS $$
    SELECT format('%s: %s, for %s: %s', target, COALESCE(template, 'left'), reason, CASE WHEN statements IS NULL THEN 'to be seen'
        WHEN statements = '{}' THEN 'nothing to do' ELSE 'statements' END)
    FROM tenancy.protect_schema('ps', tenant_column, write => write, force => force, dry_run => dry_run) $$;
CREATE VIEW ps.protected AS SELECT relname, relrowsecurity, relforcerowsecurity,
        (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies, tenancy.asked(c.oid) ->> 'template' AS template
    FROM pg_class c WHERE relnamespace = 'ps'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname;

-- dry_run tells what would be done, and does nothing.
SELECT ps.run(dry_run => true);
SELECT count(*) FROM ps.protected WHERE relrowsecurity OR policies > 0;
SELECT ps.run();
SELECT * FROM ps.protected;
-- Again: nothing to do.
SET client_min_messages = error;
SELECT count(*) FROM ps.run() r WHERE r LIKE '%: statements';
-- One argument more: just that.
SELECT target, regexp_replace(s, 'COMMENT ON POLICY.*', 'COMMENT') FROM tenancy.protect_schema('ps', write => '{admin}'), unnest(statements) s
WHERE target IN ('ps.docs'::regclass, 'ps.votes') ORDER BY target::text, s;
SELECT count(*) FROM ps.run(write => '{admin}') r WHERE r LIKE '%: statements';
-- What protect() was called for stays as it was asked, whatever the rules say.
SELECT count(*) > 0 FROM tenancy.protect('ps.docs', 'any_tenant');
SELECT count(*) > 0 FROM tenancy.protect('ps.plans', 'public_read');
SELECT count(*) > 0 FROM tenancy.protect('ps.links', 'via_parent', parent => 'ps.docs');
DROP POLICY tenancy_gate ON ps.docs;
SELECT target, split_part(s, ' USING', 1) FROM tenancy.protect_schema('ps', write => '{admin}'), unnest(statements) s WHERE target = 'ps.docs'::regclass;
SELECT ps.run(write => '{admin}');
-- What was lost is told, and what narrowed stays; a path that was chosen once is kept when there are others.
DROP POLICY tenancy_floor ON ps.settings;
ALTER TABLE ps.votes ADD COLUMN setting int REFERENCES ps.docs;
SELECT target, reason, split_part(s, ' USING', 1) FROM tenancy.protect_schema('ps', write => '{}'), split_part(statements[1], ' IS ', 1) s WHERE target IN ('ps.settings'::regclass, 'ps.votes') ORDER BY 1;
SELECT polname FROM pg_policy WHERE polrelid = 'ps.settings'::regclass AND polname LIKE 'tenancy_may%' ORDER BY 1;
SELECT count(*) > 0 FROM tenancy.protect_schema('ps', write => '{admin}');
-- A comment is the table owner's to write: which roles get in is not taken from there.
RESET SESSION AUTHORIZATION;
CREATE ROLE ps_eve;
BEGIN;
SELECT format('COMMENT ON POLICY tenancy_floor ON ps.plans IS %L',
    tenancy.asked('ps.plans') || '{"anonymous": "ps_eve", "authenticated": "ps_eve", "staff": ["ps_eve"]}') \gexec
SELECT count(*) > 0 FROM tenancy.protect_schema('ps');
SELECT has_schema_privilege('ps_eve', 'ps', 'USAGE'), has_table_privilege('ps_eve', 'ps.plans', 'SELECT');
SELECT polname, polroles::regrole[] FROM pg_policy WHERE polrelid = 'ps.plans'::regclass AND NOT 0 = ANY (polroles) ORDER BY 1;
ROLLBACK;
DROP ROLE ps_eve;
SET SESSION AUTHORIZATION table_owner;
-- A new table and a new partition
CREATE TABLE ps.tags (doc_id int REFERENCES ps.docs);
CREATE TABLE ps.events_2027 PARTITION OF ps.events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
SELECT target, template FROM tenancy.protect_schema('ps', write => '{admin}') WHERE statements <> '{}' ORDER BY 1;

-- All or nothing: the last of the tables cannot be protected.
CREATE TABLE ps.zoo (tenant_id numeric);
CREATE TABLE ps.aviary (tenant_id uuid);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('ps')$$);
SELECT relname, relrowsecurity, policies FROM ps.protected WHERE relname IN ('aviary', 'zoo');
ALTER TABLE ps.zoo ALTER tenant_id TYPE uuid USING NULL;
INSERT INTO ps.zoo VALUES (NULL);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('ps')$$);
SELECT relname, relrowsecurity, policies FROM ps.protected WHERE relname IN ('aviary', 'zoo');
SHOW client_min_messages;
TRUNCATE ps.zoo;
SELECT ps.run(force => false) ORDER BY 1 LIMIT 3;
SELECT relname FROM ps.protected WHERE relforcerowsecurity;

-- Bad input
SELECT * FROM test.error($$SELECT tenancy.protect_schema(NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('nowhere')$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('pg_catalog')$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('tenancy')$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('ps', dry_run => NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('ps', write => '{""}')$$);
SELECT * FROM test.error($$SELECT tenancy.protect_schema('ps', force => NULL)$$);
RESET SESSION AUTHORIZATION;
-- A role that owns nothing there changes nothing.
SET ROLE authenticated;
SELECT DISTINCT template, reason, statements FROM tenancy.protect_schema('ps');
RESET ROLE;

-- Under the rules, rows are those of the caller: to the end of a chain of keys.
BEGIN;
INSERT INTO ps.docs VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001'), (2, 'bbbbbbbb-0000-4000-8000-000000000002');
INSERT INTO ps.comments VALUES (1, 1), (2, 2);
INSERT INTO ps.votes VALUES (1, 1), (2, 2);
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}');
SELECT * FROM ps.votes;
SELECT FROM test.caller('{"sub": "bob", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}');
SELECT * FROM ps.votes;
ROLLBACK;
DROP SCHEMA ps CASCADE;

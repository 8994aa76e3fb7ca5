-- watch(): what is made later is protected, or refused.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA w AUTHORIZATION table_owner;
CREATE SCHEMA elsewhere AUTHORIZATION table_owner;
GRANT table_owner TO CURRENT_USER;
CREATE VIEW public.w_protected AS SELECT c.oid::regclass AS relation, relrowsecurity AND relforcerowsecurity AS forced,
        (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND polname LIKE 'tenancy_%') AS policies, tenancy.asked(c.oid) ->> 'template' AS template
    FROM pg_class c WHERE relnamespace IN ('w'::regnamespace, 'elsewhere'::regnamespace) AND relkind IN ('r', 'p') ORDER BY c.oid::regclass::text;
GRANT SELECT ON public.w_protected TO PUBLIC;

-- Asleep: tables are made as ever.
SET ROLE table_owner;
CREATE TABLE w.before_it (tenant_id uuid);
RESET ROLE;
SELECT * FROM tenancy.watched;
SELECT tenancy.watch('w');
SELECT * FROM tenancy.watched;

SET SESSION AUTHORIZATION table_owner;
-- Each rule, by each way to make a table
CREATE TABLE w.docs (id int PRIMARY KEY, tenant_id uuid NOT NULL);
CREATE TABLE w.settings (user_id text);
CREATE TABLE w.comments (id int PRIMARY KEY, doc_id int REFERENCES w.docs);
CREATE TABLE w.replies (id int, comment_id int);
ALTER TABLE w.replies ADD FOREIGN KEY (comment_id) REFERENCES w.comments;
CREATE TABLE w.copied AS SELECT gen_random_uuid() AS tenant_id;
SELECT gen_random_uuid() AS tenant_id INTO w.selected;
CREATE TABLE w.likewise (LIKE w.docs INCLUDING ALL);
CREATE UNLOGGED TABLE w.unlogged (tenant_id int);
CREATE TABLE IF NOT EXISTS w.docs (tenant_id uuid);
CREATE TABLE w.neither (id int);
CREATE TABLE elsewhere.moved (tenant_id uuid);
ALTER TABLE elsewhere.moved SET SCHEMA w;
CREATE TABLE elsewhere.stays (tenant_id uuid);
CREATE TEMP TABLE w_temporary (tenant_id uuid);
CREATE TABLE w.parent (tenant_id text NOT NULL, kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE w.parent_a PARTITION OF w.parent FOR VALUES IN ('a') PARTITION BY LIST (kind);
CREATE TABLE w.parent_a_a PARTITION OF w.parent_a FOR VALUES IN ('a');
CREATE TABLE elsewhere.parent_b PARTITION OF w.parent FOR VALUES IN ('b');
CREATE TABLE elsewhere.parent_c (tenant_id text NOT NULL, kind text NOT NULL);
ALTER TABLE w.parent ATTACH PARTITION elsewhere.parent_c FOR VALUES IN ('c');
CREATE TABLE w.animals (tenant_id text);
CREATE TABLE w.cats () INHERITS (w.animals);
SELECT * FROM public.w_protected;
-- What was there before, and what no rule fitted, when it comes to fit one
ALTER TABLE w.before_it ADD COLUMN body text;
ALTER TABLE w.neither ADD COLUMN tenant_id uuid;
SELECT * FROM public.w_protected WHERE relation IN ('w.before_it'::regclass, 'w.neither');
-- A table that was made by itself, and so protected, becomes a partition; a child of several parents is found by each.
CREATE TABLE w.parent_f (LIKE w.parent INCLUDING ALL);
ALTER TABLE w.parent ATTACH PARTITION w.parent_f FOR VALUES IN ('f');
CREATE TABLE w.plain (note text);
CREATE TABLE w.child () INHERITS (w.plain, w.animals);
CREATE TABLE elsewhere.unwatched (tenant_id text NOT NULL, kind text) PARTITION BY LIST (kind);
SELECT count(*) > 0 FROM tenancy.protect('elsewhere.unwatched');
CREATE TABLE w.of_unwatched PARTITION OF elsewhere.unwatched FOR VALUES IN ('a');
SELECT * FROM public.w_protected WHERE relation IN ('w.parent_f'::regclass, 'w.plain', 'w.child', 'w.of_unwatched');
-- What narrowed stays where what was asked has been lost, and that is told.
SELECT count(*) > 0 FROM tenancy.protect('w.copied', read => '{admin}');
DROP POLICY tenancy_floor ON w.copied;
ALTER TABLE w.copied ADD COLUMN body text;
SELECT * FROM public.w_protected WHERE relation = 'w.copied'::regclass;
-- Tables of others are not the administrator's to give away.
RESET SESSION AUTHORIZATION;
CREATE ROLE w_administrator;
CREATE ROLE w_somebody;
GRANT CREATE, USAGE ON SCHEMA w TO w_somebody;
CREATE FUNCTION public.w_as(name) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_tenancy') THEN
        UPDATE pg_extension SET extowner = (SELECT oid FROM pg_roles WHERE rolname = $1) WHERE extname = 'pg_tenancy';
    ELSE
        EXECUTE format('ALTER TABLE tenancy.config OWNER TO %I', $1);
    END IF; END $$;
BEGIN;
SELECT public.w_as('w_administrator');
ALTER SCHEMA w OWNER TO w_administrator;
SET LOCAL ROLE w_somebody;
CREATE TABLE w.theirs (tenant_id uuid);
SELECT * FROM public.w_protected WHERE relation = 'w.theirs'::regclass;
RESET ROLE;
ALTER SCHEMA w OWNER TO table_owner;
CREATE TABLE w.of_nobody_elses (tenant_id uuid);
SELECT * FROM public.w_protected WHERE relation = 'w.of_nobody_elses'::regclass;
GRANT EXECUTE ON FUNCTION tenancy.watch TO w_administrator;
SET LOCAL ROLE w_administrator;
SELECT * FROM test.error($$SELECT tenancy.watch('w', 'refuse')$$);
ROLLBACK;
DROP FUNCTION public.w_as(name);
REVOKE ALL ON SCHEMA w FROM w_somebody;
DROP ROLE w_administrator, w_somebody;
SET SESSION AUTHORIZATION table_owner;
-- Taking it back stays taken back, and is mended by nothing but the next change of the table.
SET client_min_messages = error;
SELECT count(*) > 0 FROM tenancy.unprotect('w.docs');
SELECT * FROM public.w_protected WHERE relation = 'w.docs'::regclass;
-- A table that cannot be protected is not made: nothing else of the statement stays.
SELECT * FROM test.error('CREATE TABLE w.wrong (tenant_id numeric)');
SELECT * FROM test.error('CREATE TABLE w.wrong AS SELECT NULL::uuid AS tenant_id');
SELECT * FROM test.error('CREATE TABLE w.two (doc_id int REFERENCES w.docs, comment_id int REFERENCES w.comments)');
SELECT to_regclass('w.wrong');
-- A caller sees their rows of what was just made, and no others.
INSERT INTO w.docs VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001');
RESET SESSION AUTHORIZATION;
INSERT INTO w.parent VALUES ('a', 'c'), ('b', 'c');
BEGIN;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT * FROM w.parent;
ROLLBACK;
BEGIN;
GRANT SELECT ON elsewhere.parent_c TO authenticated;
GRANT USAGE ON SCHEMA elsewhere TO authenticated;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT * FROM elsewhere.parent_c;
ROLLBACK;
-- The negative step: without watch() the partition shows everything.
SELECT tenancy.watch('w', 'off');
SELECT * FROM tenancy.watched;
CREATE TABLE w.parent_d PARTITION OF w.parent FOR VALUES IN ('d');
INSERT INTO w.parent VALUES ('a', 'd'), ('b', 'd');
BEGIN;
GRANT SELECT ON w.parent_d TO authenticated;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT * FROM w.parent_d;
ROLLBACK;

-- Rules of its own
SELECT tenancy.watch('w', tenant_column => 'org', user_column => 'author', force => false);
SET ROLE table_owner;
CREATE TABLE w.of_org (org text);
CREATE TABLE w.of_author (author text);
SELECT relation, template, tenancy.asked(relation) ->> 'tenant_column', tenancy.asked(relation) ->> 'user_column', tenancy.asked(relation) ->> 'force' FROM public.w_protected WHERE relation::text LIKE 'w.of%';
RESET ROLE;

-- refuse
SELECT tenancy.watch('w', 'refuse');
SET SESSION AUTHORIZATION table_owner;
SELECT * FROM test.error('CREATE TABLE w.new_one (tenant_id uuid)');
SELECT code FROM test.error('CREATE TABLE w.new_one AS SELECT 1');
SELECT code FROM test.error($$CREATE TABLE w.parent_e PARTITION OF w.parent FOR VALUES IN ('e')$$);
SELECT code FROM test.error($$CREATE TABLE elsewhere.parent_e PARTITION OF w.parent FOR VALUES IN ('e')$$);
CREATE TABLE elsewhere.parent_e (tenant_id text NOT NULL, kind text NOT NULL);
SELECT code FROM test.error($$ALTER TABLE w.parent ATTACH PARTITION elsewhere.parent_e FOR VALUES IN ('e')$$);
SELECT code FROM test.error('CREATE TABLE w.dogs () INHERITS (w.animals)');
CREATE TEMP TABLE w_another (tenant_id uuid);
ALTER TABLE w.before_it ADD COLUMN more text;
CREATE TABLE elsewhere.allowed (tenant_id uuid);
SELECT to_regclass('w.new_one'), to_regclass('w.parent_e'), to_regclass('w.dogs');
-- Nobody but the administrator changes that.
SELECT * FROM test.error($$SELECT tenancy.watch('w', 'off')$$);
SELECT * FROM test.error('DELETE FROM tenancy.watched');
RESET SESSION AUTHORIZATION;
-- As its hint says
BEGIN;
SELECT tenancy.watch('w', 'off');
CREATE TABLE w.new_one (tenant_id uuid);
SELECT count(*) > 0 FROM tenancy.protect('w.new_one');
SELECT tenancy.watch('w', 'refuse');
COMMIT;
SELECT * FROM public.w_protected WHERE relation = 'w.new_one'::regclass;

-- Bad input
SELECT * FROM test.error($$SELECT tenancy.watch('nowhere')$$);
SELECT * FROM test.error($$SELECT tenancy.watch(NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.watch('auth')$$);
SELECT * FROM test.error($$SELECT tenancy.watch('w', 'ignore')$$);
SELECT * FROM test.error($$SELECT tenancy.watch('w', NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.watch('w', force => NULL)$$);
BEGIN;
ALTER EVENT TRIGGER tenancy_watch DISABLE;
SELECT * FROM test.error($$SELECT tenancy.watch('w')$$);
SELECT tenancy.watch('w', 'off');
ROLLBACK;
-- A schema that has another name is not watched any more, and a dropped one is forgotten.
ALTER SCHEMA w RENAME TO w2;
SELECT code FROM test.error('CREATE TABLE w2.new_two (tenant_id uuid)');
DROP VIEW public.w_protected;
DROP SCHEMA w2 CASCADE;
SELECT tenancy.watch('elsewhere');
SELECT schema FROM tenancy.watched;
DROP SCHEMA elsewhere CASCADE;
CREATE SCHEMA w_last;
SELECT tenancy.watch('w_last');
SELECT tenancy.watch('w_last', 'off');
SELECT count(*) FROM tenancy.watched;
DROP SCHEMA w_last;

-- Triggers run in the sessions of others: a right to make them on a protected table is none.
CREATE SCHEMA w3;
CREATE TABLE w3.docs (tenant_id text);
SELECT count(*) > 0 FROM tenancy.protect('w3.docs');
CREATE FUNCTION w3.tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''%'', NEW; RETURN NEW; END';
GRANT ALL ON w3.docs TO authenticated, PUBLIC;
CREATE ROLE w_migrations;
GRANT USAGE ON SCHEMA w3 TO w_migrations;
SET ROLE authenticated;
SELECT * FROM test.error('CREATE TRIGGER tell BEFORE INSERT ON w3.docs FOR EACH ROW EXECUTE FUNCTION w3.tell()');
SELECT code FROM test.error('CREATE CONSTRAINT TRIGGER tell AFTER INSERT ON w3.docs FOR EACH ROW EXECUTE FUNCTION w3.tell()');
SET ROLE w_migrations;
SELECT code FROM test.error('CREATE TRIGGER tell BEFORE INSERT ON w3.docs FOR EACH ROW EXECUTE FUNCTION w3.tell()');
RESET ROLE;
CREATE TRIGGER tell BEFORE INSERT ON w3.docs FOR EACH ROW EXECUTE FUNCTION w3.tell();
-- protect() takes the right away.
SELECT s FROM tenancy.protect('w3.docs') s;
DROP SCHEMA w3 CASCADE;
DROP ROLE w_migrations;
REVOKE table_owner FROM CURRENT_USER;

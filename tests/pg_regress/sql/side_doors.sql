-- Ways around the border that are not plain commands: views, functions, plans and cursors kept from an earlier caller,
-- partitions, COPY, triggers, a careless policy, other database roles.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA side AUTHORIZATION table_owner;
SET SESSION AUTHORIZATION table_owner;
CREATE TABLE side.docs (id int PRIMARY KEY, tenant_id text NOT NULL, title text);
INSERT INTO side.docs VALUES (1, 'a', 'one of a'), (2, 'a', 'two of a'), (3, 'b', 'one of b'), (4, 'b', 'two of b');
CREATE TABLE side.events (tenant_id text NOT NULL, kind text NOT NULL, id int) PARTITION BY LIST (kind);
CREATE TABLE side.events_click PARTITION OF side.events FOR VALUES IN ('click') PARTITION BY RANGE (id);
CREATE TABLE side.events_click_1 PARTITION OF side.events_click FOR VALUES FROM (0) TO (100);
CREATE TABLE side.events_rest PARTITION OF side.events DEFAULT;
INSERT INTO side.events VALUES ('a', 'click', 1), ('b', 'click', 2), ('a', 'view', 3), ('b', 'view', 4);
SELECT count(*) > 0 AS protected FROM tenancy.protect('side.docs');
SELECT count(*) > 0 AS protected FROM tenancy.protect('side.events');
RESET SESSION AUTHORIZATION;

-- Every way in is open, so that only row security is left to close it.
GRANT ALL ON ALL TABLES IN SCHEMA side TO PUBLIC;
GRANT ALL ON SCHEMA side TO PUBLIC;
CREATE ROLE side_reporting NOLOGIN;

-- A careless policy: everything, for everybody
CREATE POLICY oops ON side.docs USING (true) WITH CHECK (true);
BEGIN;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT * FROM side.docs ORDER BY id;
SELECT (test.error($$INSERT INTO side.docs VALUES (5, 'b', 'into b')$$)).*;
SELECT (test.error($$UPDATE side.docs SET tenant_id = 'b'$$)).*;
WITH gone AS (DELETE FROM side.docs RETURNING id) SELECT count(*) AS deleted FROM gone;
ROLLBACK;
-- Not for a role that is neither a caller nor staff, whatever its claims say
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "a"}';
SET LOCAL ROLE side_reporting;
SELECT count(*) FROM side.docs;
SELECT (test.error($$INSERT INTO side.docs VALUES (5, 'a', 'into a')$$)).code;
SET LOCAL ROLE anonymous;
SELECT count(*) FROM side.docs;
SELECT (test.error($$INSERT INTO side.docs VALUES (5, 'a', 'into a')$$)).code;
ROLLBACK;
-- Nor for the owner, whom FORCE binds
BEGIN;
SET LOCAL ROLE table_owner;
SELECT count(*) FROM side.docs;
ROLLBACK;

-- Views. By default they read as their owner; still the careless policy opens nothing.
SET ROLE table_owner;
CREATE VIEW side.by_owner AS SELECT * FROM side.docs;
CREATE VIEW side.by_caller WITH (security_invoker = true) AS SELECT * FROM side.docs;
RESET ROLE;
GRANT ALL ON side.by_owner, side.by_caller TO authenticated;
BEGIN;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT * FROM side.by_owner ORDER BY id;
SELECT * FROM side.by_caller ORDER BY id;
SELECT (test.error($$INSERT INTO side.by_owner VALUES (5, 'b', 'into b')$$)).code;
SELECT (test.error($$UPDATE side.by_owner SET tenant_id = 'b'$$)).code;
WITH gone AS (DELETE FROM side.by_owner RETURNING id) SELECT count(*) AS deleted FROM gone;
ROLLBACK;
DROP POLICY oops ON side.docs;
-- Without it a view with its owner's rights shows nothing at all; with its caller's, the caller's tenant.
BEGIN;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT count(*) FROM side.by_owner;
SELECT count(*) FROM side.by_caller;
ROLLBACK;

-- Functions: SECURITY DEFINER ones of the owner, and SQL ones that are or are not inlined
SET ROLE table_owner;
CREATE FUNCTION side.as_owner() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM side.docs';
CREATE FUNCTION side.inlined() RETURNS SETOF side.docs LANGUAGE sql STABLE AS 'SELECT * FROM side.docs';
CREATE FUNCTION side.not_inlined() RETURNS SETOF side.docs LANGUAGE sql VOLATILE ROWS 1 AS 'SELECT * FROM side.docs';
CREATE FUNCTION side.in_plpgsql() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM side.docs); END';
RESET ROLE;
BEGIN;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT side.as_owner();
SELECT array_agg(id ORDER BY id) FROM side.inlined();
SELECT array_agg(id ORDER BY id) FROM side.not_inlined();
SELECT side.in_plpgsql();
-- The plans that PL/pgSQL has kept serve the next caller.
SELECT set_config('request.jwt.claims', '{"tenant_id": "nowhere"}', true);
SELECT side.in_plpgsql();
SELECT count(*) FROM side.inlined();
ROLLBACK;

-- Prepared statements, generic and custom, across callers, roles and nobody
PREPARE mine AS SELECT array_agg(id ORDER BY id) FROM side.docs;
PREPARE one (int) AS SELECT id, title FROM side.docs WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE mine;
BEGIN; SELECT FROM test.caller('{"tenant_id": "a"}'); EXECUTE mine; EXECUTE one(1); EXECUTE one(3); COMMIT;
BEGIN; SELECT FROM test.caller('{"tenant_id": "b"}'); EXECUTE mine; EXECUTE one(1); EXECUTE one(3); COMMIT;
BEGIN; SELECT FROM test.caller(''); EXECUTE mine; EXECUTE one(3); COMMIT;
SET plan_cache_mode = force_custom_plan;
BEGIN; SELECT FROM test.caller('{"tenant_id": "a"}'); EXECUTE mine; EXECUTE one(3); COMMIT;
BEGIN; SET LOCAL ROLE table_owner; EXECUTE mine; COMMIT;
EXECUTE mine;
RESET plan_cache_mode;
DEALLOCATE ALL;

-- A cursor opened by a caller shows that caller's rows.
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
DECLARE c CURSOR FOR SELECT id, tenant_id FROM side.docs ORDER BY id;
FETCH 1 FROM c;
UPDATE side.docs SET title = 'through a cursor' WHERE id = 3;
FETCH ALL FROM c;
ROLLBACK;

-- COPY: out is filtered, in is refused
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
COPY side.docs TO STDOUT;
COPY (SELECT title FROM side.docs ORDER BY id) TO STDOUT;
COPY side.docs FROM STDIN;
\.
ROLLBACK;

-- EXPLAIN ANALYZE counts the caller's rows only.
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
CREATE FUNCTION pg_temp.actual_rows(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
    RETURN (plan #>> '{0,Plan,Actual Rows}')::numeric::int;
END $$;
SELECT pg_temp.actual_rows('SELECT * FROM side.docs');
SELECT pg_temp.actual_rows('SELECT * FROM side.docs WHERE tenant_id = ''b''');
ROLLBACK;
-- Statistics of protected tables are hidden from those whom row security binds.
ANALYZE side.docs;
BEGIN;
SELECT count(*) > 0 AS superuser_sees FROM pg_stats WHERE schemaname = 'side' AND tablename = 'docs';
SELECT FROM test.caller('{"tenant_id": "a"}');
SELECT count(*) AS caller_sees FROM pg_stats WHERE schemaname = 'side' AND tablename = 'docs';
ROLLBACK;

-- A function that tells what it is shown, made by the caller, cheap and called first: it is shown no foreign row.
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
SET LOCAL client_min_messages = notice;
CREATE FUNCTION pg_temp.tell(title text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
    RAISE NOTICE 'shown: %', title;
    RETURN true;
END $$;
SELECT count(*) FROM side.docs WHERE pg_temp.tell(title);
SELECT count(*) FROM side.by_caller WHERE pg_temp.tell(title);
SELECT count(*) FROM side.docs GROUP BY title HAVING pg_temp.tell(title) ORDER BY pg_temp.tell(title);
CREATE FUNCTION pg_temp.told(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT pg_temp.tell($1)';
CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.told, LEFTARG = text, RIGHTARG = text);
SELECT count(*) FROM side.docs WHERE title OPERATOR(pg_temp.=) 'x'::text;
SELECT count(*) FROM side.docs a JOIN side.docs b ON a.title OPERATOR(pg_temp.=) b.title AND a.id <> b.id;
ROLLBACK;

-- Triggers run as the caller: what they read and write is bound as well.
SET ROLE table_owner;
CREATE FUNCTION side.copy_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title := (SELECT string_agg(title, ', ' ORDER BY id) FROM side.docs);
    IF NEW.id = 6 THEN
        NEW.tenant_id := 'b';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER copy_all BEFORE INSERT ON side.docs FOR EACH ROW EXECUTE FUNCTION side.copy_all();
RESET ROLE;
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
INSERT INTO side.docs (id) VALUES (5) RETURNING *;
SELECT (test.error('INSERT INTO side.docs (id) VALUES (6)')).code;
ROLLBACK;
DROP TRIGGER copy_all ON side.docs;

-- Partitions and what is beneath them, asked directly
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
SELECT tableoid::regclass, * FROM side.events ORDER BY id;
SELECT * FROM side.events_click;
SELECT * FROM side.events_click_1;
SELECT * FROM side.events_rest;
INSERT INTO side.events (kind, id) VALUES ('click', 5) RETURNING *;
SELECT (test.error($$INSERT INTO side.events VALUES ('b', 'click', 6)$$)).code;
SELECT (test.error($$INSERT INTO side.events_click_1 VALUES ('b', 'click', 6)$$)).code;
SELECT (test.error($$INSERT INTO side.events_click_1 (kind, id) VALUES ('click', 6)$$)).code;
UPDATE side.events SET kind = 'view' WHERE kind = 'click' AND id = 1 RETURNING *;
SELECT (test.error($$UPDATE side.events SET kind = 'click', tenant_id = 'b' WHERE id = 3$$)).code;
DELETE FROM side.events_rest WHERE id = 4 RETURNING *;
SELECT (test.error('TRUNCATE side.events')).code;
SELECT (test.error('TRUNCATE side.events_click_1')).code;
ROLLBACK;
-- Detached, a partition stays guarded.
ALTER TABLE side.events DETACH PARTITION side.events_rest;
BEGIN; SELECT FROM test.caller('{"tenant_id": "a"}'); SELECT * FROM side.events_rest; ROLLBACK;
-- One that is attached later is guarded through its parent at once, and by itself once protect() has run again.
CREATE TABLE side.events_more (tenant_id text NOT NULL, kind text NOT NULL, id int);
INSERT INTO side.events_more VALUES ('a', 'more', 7), ('b', 'more', 8);
ALTER TABLE side.events_more OWNER TO table_owner;
ALTER TABLE side.events ATTACH PARTITION side.events_more FOR VALUES IN ('more');
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
SELECT * FROM side.events WHERE kind = 'more';
SELECT (test.error('SELECT * FROM side.events_more')).code;
ROLLBACK;
GRANT ALL ON side.events_more TO authenticated;
SELECT count(*) > 0 AS mended FROM tenancy.protect('side.events');
BEGIN; SELECT FROM test.caller('{"tenant_id": "a"}'); SELECT * FROM side.events_more; ROLLBACK;

-- A session of the app: before it takes a role it can do nothing, and RESET ROLE only leads back there.
REVOKE ALL ON ALL TABLES IN SCHEMA side FROM PUBLIC;
SELECT current_user AS superuser \gset
\connect - app
SET request.jwt.claims = '{"sub": "ann", "tenant_id": "a"}';
SELECT (test.error('SELECT * FROM side.docs')).code;
SET ROLE authenticated;
SELECT array_agg(id ORDER BY id) FROM side.docs;
RESET ROLE;
SELECT (test.error('SELECT * FROM side.docs')).code;
SET ROLE anonymous;
SELECT (test.error('SELECT * FROM side.docs')).code;
SELECT (test.error('SET ROLE table_owner')).code;
SELECT (test.error('SET SESSION AUTHORIZATION table_owner')).code;
SELECT (test.error('SET session_replication_role = replica')).code;
RESET request.jwt.claims;
SET ROLE authenticated;
SELECT array_agg(id ORDER BY id) FROM side.docs;
\connect - :superuser
SET client_min_messages = warning;

-- Foreign keys ignore row security, as Postgres documents: a caller can point at a foreign row if its id is known.
-- With the tenant in the key they cannot.
SET SESSION AUTHORIZATION table_owner;
ALTER TABLE side.docs NO FORCE ROW LEVEL SECURITY;
CREATE TABLE side.loose (tenant_id text NOT NULL, doc int REFERENCES side.docs);
ALTER TABLE side.docs ADD UNIQUE (tenant_id, id);
CREATE TABLE side.tight (tenant_id text NOT NULL, doc int, FOREIGN KEY (tenant_id, doc) REFERENCES side.docs (tenant_id, id));
SELECT count(*) > 0 FROM unnest('{side.docs,side.loose,side.tight}'::regclass[]) t, tenancy.protect(t);
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT FROM test.caller('{"tenant_id": "a"}');
INSERT INTO side.loose (doc) VALUES (3) RETURNING *;
SELECT (test.error('INSERT INTO side.loose (doc) VALUES (99)')).code;
SELECT (test.error('INSERT INTO side.tight (doc) VALUES (3)')).code;
SELECT (test.error('INSERT INTO side.tight (doc) VALUES (99)')).code;
INSERT INTO side.tight (doc) VALUES (1) RETURNING *;
ROLLBACK;

DROP SCHEMA side CASCADE;
DROP ROLE side_reporting;

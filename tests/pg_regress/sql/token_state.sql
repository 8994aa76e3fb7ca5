-- native only
-- Who is calling is what the token, the configuration of the snapshot and the time of the statement say: no more is
-- remembered, whatever undoes a change. (state.sql tells the same of claims.)
\pset null '(null)'
\set SHOW_CONTEXT never
\set keys `$REPO/tests/lib/token jwks ed1`
\set both `$REPO/tests/lib/token jwks ed1 ed2`
\set new_key `$REPO/tests/lib/token jwks ed2`
SELECT tenancy.add_issuer('https://issuer.example', :'both', NULL);
SELECT tenancy.add_issuer('https://exact.example', :'keys', NULL, leeway => '0');
CREATE TABLE test.signed (name text PRIMARY KEY, token text NOT NULL);
GRANT SELECT ON test.signed TO PUBLIC;
\set lines '{"sub": "ann", "tenant_id": "7"};{"sub": "bob", "tenant_id": "8"};{"sub": "cid", "tenant_id": "7"};{"sub": "dan", "tenant_id": "8"}'
\set tokens `printf '%s\n' :'lines' | tr ';' '\n' | $REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --many -`
INSERT INTO test.signed SELECT line::json ->> 'sub', token FROM unnest(string_to_array(:'lines', ';'), string_to_array(:'tokens', E'\n')) AS t (line, token);
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "eve", "tenant_id": "7"}' --exp -60`
INSERT INTO test.signed VALUES ('expired', :'t');
\set t `$REPO/tests/lib/token sign ed2 '{"iss": "https://issuer.example", "sub": "new", "tenant_id": "7"}'`
INSERT INTO test.signed VALUES ('new', :'t');
SELECT token AS ann FROM test.signed WHERE name = 'ann' \gset
SELECT token AS bob FROM test.signed WHERE name = 'bob' \gset
SELECT token AS expired FROM test.signed WHERE name = 'expired' \gset
-- Presents a token for the transaction and shows who is calling then.
CREATE FUNCTION test.become(who text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pg_tenancy.token', COALESCE((SELECT token FROM test.signed WHERE name = who), ''), true);
    RETURN auth.user_id();
END $$;
-- Who is calling, or why not, in words.
CREATE FUNCTION test.who() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN COALESCE(auth.user_id(), 'nobody');
EXCEPTION WHEN invalid_authorization_specification THEN
    RETURN SQLERRM;
END $$;
GRANT CREATE ON SCHEMA test TO app;
SET SESSION AUTHORIZATION app;

-- SET, RESET and DISCARD, for the session; the end of a transaction, both ways, for SET LOCAL and SET.
SET pg_tenancy.token = :'ann';
SELECT auth.user_id();
SET pg_tenancy.token = :'bob';
SELECT auth.user_id();
RESET pg_tenancy.token;
SELECT auth.user_id();
SET pg_tenancy.token = :'ann';
BEGIN;
SET LOCAL pg_tenancy.token = :'bob';
SELECT auth.user_id();
COMMIT;
SELECT auth.user_id();
BEGIN;
SET pg_tenancy.token = :'bob';
SELECT auth.user_id();
ROLLBACK;
SELECT auth.user_id();
BEGIN;
SET LOCAL pg_tenancy.token = :'expired';
SELECT auth.user_id();
ROLLBACK;
SELECT auth.user_id();
BEGIN;
SET pg_tenancy.token = :'bob';
SELECT 1 / 0;
ROLLBACK;
SELECT auth.user_id(), auth.claim_text('sub'), auth.tenant_id();
DISCARD ALL;
SELECT auth.user_id();
SET SESSION AUTHORIZATION app;

-- Savepoints.
BEGIN;
SELECT test.become('ann');
SAVEPOINT one;
SELECT test.become('bob');
SAVEPOINT two;
SELECT test.become('cid');
ROLLBACK TO two;
SELECT auth.user_id();
SET LOCAL pg_tenancy.token = :'expired';
SELECT auth.user_id();
ROLLBACK TO two;
SELECT auth.user_id();
RELEASE two;
SELECT auth.user_id();
ROLLBACK TO one;
SELECT auth.user_id(), auth.tenant_id();
COMMIT;
SELECT auth.user_id();

-- Blocks with an exception handler undo what was set in them, and only where they fail.
BEGIN;
DO $$
BEGIN
    PERFORM test.become('ann');
    BEGIN
        RAISE NOTICE 'inside: %', test.become('bob');
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN
        RAISE NOTICE 'in the handler: %', auth.user_id();
    END;
    BEGIN
        RAISE NOTICE 'never told: %', test.become('expired');
    EXCEPTION WHEN invalid_authorization_specification THEN
        RAISE NOTICE 'in the handler: %', auth.user_id();
    END;
    BEGIN
        PERFORM test.become('cid');
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    RAISE NOTICE 'after a success: %', auth.user_id();
END $$;
SELECT auth.user_id();
ROLLBACK;

-- A function's SET clause can take the token away while it runs, and set claims, which count only without one.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.as_nobody() RETURNS text LANGUAGE plpgsql SET pg_tenancy.token = '' AS $$BEGIN RETURN test.who(); END$$;
CREATE FUNCTION test.as_eve() RETURNS text LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "eve"}' AS $$BEGIN RETURN test.who(); END$$;
CREATE FUNCTION test.as_nobody_then_bob() RETURNS text LANGUAGE plpgsql SET pg_tenancy.token = '' AS $$BEGIN RETURN test.become('bob'); END$$;
CREATE FUNCTION test.as_nobody_who_fails() RETURNS text LANGUAGE plpgsql SET pg_tenancy.token = '' AS $$BEGIN RETURN test.who() || 1 / 0; END$$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT test.become('ann');
SELECT auth.user_id(), test.as_nobody(), auth.user_id(), test.as_eve(), test.as_nobody_then_bob(), auth.user_id();
SELECT (test.error('SELECT test.as_nobody_who_fails()')).code, auth.user_id();
ROLLBACK;

-- In one statement: a function that changes the caller is seen by what is evaluated after it, in a query that reads a
-- table too; and so is one that presents a bad token.
BEGIN;
SELECT string_agg(test.become(name), ' ') FROM (SELECT name FROM test.signed WHERE name < 'e' ORDER BY name DESC OFFSET 0) AS t;
SELECT name, auth.user_id() AS before, test.become(name), auth.user_id() AS after FROM (SELECT * FROM test.signed WHERE name < 'e' ORDER BY name OFFSET 0) AS t;
SELECT set_config('pg_tenancy.token', token, true), auth.user_id() FROM (SELECT * FROM test.signed WHERE name < 'f' ORDER BY name OFFSET 0) AS t;
ROLLBACK;

-- SECURITY DEFINER: readers answer inside as outside, whoever owns the function; nobody can log in there.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.who_inside() RETURNS text LANGUAGE sql SECURITY DEFINER RETURN test.who() || ' in ' || current_user;
CREATE FUNCTION test.who_nested() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN RETURN test.who_inside() || ', ' || auth.user_id() || ', ' || test.as_nobody(); END$$;
CREATE FUNCTION test.login_inside(who text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN PERFORM auth.login((SELECT token FROM test.signed WHERE name = who)); END$$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
SELECT test.who_inside(), test.who_nested(), current_user;
SELECT code, message FROM test.error('SELECT test.login_inside(''bob'')');
SELECT test.who_inside(), current_user;
ROLLBACK;

-- A procedure with COMMIT and ROLLBACK inside: the transaction's token ends, the session's stays.
CREATE PROCEDURE test.commits(given text) LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE 'at first: %', test.who();
    PERFORM test.become('bob');
    RAISE NOTICE 'for the transaction: %', auth.user_id();
    COMMIT;
    RAISE NOTICE 'committed: %', auth.user_id();
    PERFORM set_config('pg_tenancy.token', (SELECT token FROM test.signed WHERE name = 'cid'), false);
    RAISE NOTICE 'set: %', auth.user_id();
    ROLLBACK;
    RAISE NOTICE 'rolled back: %', auth.user_id();
    PERFORM set_config('pg_tenancy.token', (SELECT token FROM test.signed WHERE name = 'dan'), false);
    COMMIT;
    RAISE NOTICE 'at its end: %; it was given: %', auth.user_id(), given;
END $$;
SET pg_tenancy.token = :'ann';
CALL test.commits(auth.user_id());
SELECT auth.user_id();
-- What it was given stays what it was, through any number of other callers. (One token in another's place would show.)
CREATE PROCEDURE test.remembers(name text, claims jsonb, INOUT same boolean DEFAULT true) LANGUAGE plpgsql AS $$
DECLARE
    copies CONSTANT text[] := ARRAY[name || '', claims::text];
    names CONSTANT text[] := '{ann,bob,cid,dan}';
BEGIN
    FOR i IN 1..1000 LOOP
        PERFORM set_config('pg_tenancy.token', (SELECT token FROM test.signed t WHERE t.name = names[1 + i % 4]), i % 2 = 0);
        same := same AND auth.user_id() = names[1 + i % 4] AND auth.jwt() ->> 'sub' = names[1 + i % 4] AND ARRAY[name, claims::text] = copies;
        IF i % 7 = 0 THEN
            COMMIT;
        ELSIF i % 11 = 0 THEN
            ROLLBACK;
        END IF;
    END LOOP;
END $$;
SET pg_tenancy.token = :'ann';
CALL test.remembers(auth.user_id(), auth.jwt());
RESET pg_tenancy.token;

-- A cursor answers at each FETCH for the caller of then; what it has sent stays as it was.
BEGIN;
SELECT test.become('ann');
DECLARE asks CURSOR FOR SELECT name, auth.user_id() FROM test.signed ORDER BY name;
FETCH 2 FROM asks;
SELECT test.become('bob');
FETCH 2 FROM asks;
SELECT test.become('expired');
ROLLBACK;
BEGIN;
SELECT test.become('ann');
DECLARE asks CURSOR FOR SELECT name, auth.user_id() FROM test.signed ORDER BY name;
FETCH 1 FROM asks;
SET LOCAL pg_tenancy.token = :'expired';
SAVEPOINT s;
FETCH 1 FROM asks;
ROLLBACK;
-- WITH HOLD it is finished at COMMIT, while the caller is still there.
BEGIN;
SELECT test.become('ann');
DECLARE held CURSOR WITH HOLD FOR SELECT name, auth.user_id(), auth.jwt() ->> 'tenant_id' AS tenant FROM test.signed ORDER BY name LIMIT 2;
COMMIT;
FETCH ALL FROM held;
CLOSE held;

-- A prepared statement, its plan generic or custom, answers each caller.
CREATE TABLE test.mine (who text, note text);
INSERT INTO test.mine VALUES ('ann', 'ann''s'), ('bob', 'bob''s'), ('bob', 'bob''s, too');
PREPARE mine AS SELECT note, $1::text AS given FROM test.mine WHERE who = auth.user_id() ORDER BY note;
PREPARE me AS SELECT auth.user_id(), auth.tenant_id();
SET plan_cache_mode = force_generic_plan;
BEGIN;
SELECT test.become('ann');
EXECUTE mine (auth.user_id());
EXECUTE me;
SELECT test.become('bob');
EXECUTE mine (auth.user_id());
EXECUTE me;
SET LOCAL plan_cache_mode = force_custom_plan;
EXECUTE mine (auth.user_id());
SELECT test.become('ann');
EXECUTE mine (auth.user_id());
EXECUTE me;
SELECT test.become(NULL);
EXECUTE mine ('nobody');
SET LOCAL pg_tenancy.token = :'expired';
EXECUTE me;
ROLLBACK;
EXECUTE me;
SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'mine';
RESET plan_cache_mode;
DEALLOCATE ALL;

-- What PL/pgSQL keeps from one snapshot to the next: each evaluation is for the configuration of its moment. First
-- without subtransactions, which would hide it.
RESET SESSION AUTHORIZATION;
BEGIN;
DO $$
DECLARE
    seen text[] := '{}';
BEGIN
    SET LOCAL request.jwt.claims = '{"sub": "claimed", "tenant_id": "9"}';
    FOR i IN 1..9 LOOP
        CASE i % 3
            WHEN 1 THEN DELETE FROM tenancy.config;
            WHEN 2 THEN INSERT INTO tenancy.config VALUES ('mode', 'verified');
            ELSE UPDATE tenancy.config SET value = 'claims';
        END CASE;
        seen := seen || COALESCE(auth.user_id() || auth.tenant_bigint(), 'nobody');
    END LOOP;
    RAISE NOTICE '%', seen;
END $$;
ROLLBACK;
CREATE PROCEDURE test.until_refused(change text) LANGUAGE plpgsql AS $$
DECLARE
    who text;
BEGIN
    PERFORM test.become('ann');
    FOR i IN 1..3 LOOP
        who := auth.user_id();
        RAISE NOTICE 'evaluation %: % of %', i, who, auth.tenant_id();
        IF i = 2 THEN
            EXECUTE change;
        END IF;
    END LOOP;
END $$;
CALL test.until_refused('SELECT 1');
CALL test.until_refused('SELECT tenancy.drop_issuer(''https://issuer.example'')');
CALL test.until_refused(format('SELECT tenancy.set_jwks(%L, %L)', 'https://issuer.example', :'new_key'));
CALL test.until_refused('UPDATE tenancy.issuer SET audience = ''{db}''');
BEGIN;
CALL test.until_refused('UPDATE tenancy.issuer SET tenant_path = ''{sub}''');
ROLLBACK;
-- Then with: a rollback to a savepoint takes the change back, and the answer with it.
BEGIN;
SELECT set_config('test.new_key', :'new_key', true) <> '' AS set;
DO $$
DECLARE
    seen text[] := '{}';
    change text;
BEGIN
    PERFORM test.become('ann');
    FOREACH change IN ARRAY ARRAY['SELECT 1', 'DELETE FROM tenancy.issuer', 'SELECT tenancy.set_jwks(''https://issuer.example'', current_setting(''test.new_key'')::jsonb)', 'UPDATE tenancy.issuer SET leeway = 0'] LOOP
        BEGIN
            EXECUTE change;
            seen := seen || test.who();
            RAISE EXCEPTION USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
            seen := seen || ('back: ' || auth.user_id());
        END;
        RAISE NOTICE '%: %', left(change, 30), seen;
        seen := '{}';
    END LOOP;
END $$;
ROLLBACK;

-- A query that reads a table is of one snapshot: what a function that it calls changes in the configuration counts for
-- the function's own statements at once, and for the query never. What it changes of the caller counts for both.
CREATE FUNCTION test.trust(believe text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tenancy.config VALUES ('mode', believe) ON CONFLICT (setting) DO UPDATE SET value = believe;
    RETURN COALESCE(auth.user_id(), 'nobody');
END $$;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "claimed"}';
SELECT mode, auth.user_id() AS query, test.trust(mode) AS function, auth.user_id() AS query_after
    FROM (SELECT CASE n % 2 WHEN 0 THEN 'claims' ELSE 'verified' END AS mode FROM generate_series(1, 4) AS n, (SELECT FROM test.mine LIMIT 1) AS t OFFSET 0) AS t;
SELECT auth.user_id();
SELECT test.trust('verified');
SELECT mode, auth.user_id() AS query, test.trust(mode) AS function, auth.user_id() AS query_after
    FROM (SELECT CASE n % 2 WHEN 0 THEN 'verified' ELSE 'claims' END AS mode FROM generate_series(1, 4) AS n, (SELECT FROM test.mine LIMIT 1) AS t OFFSET 0) AS t;
ROLLBACK;
CREATE FUNCTION test.drop_all() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tenancy.issuer;
    RETURN test.who();
END $$;
BEGIN;
SELECT test.become('ann');
SELECT auth.user_id() AS query, test.drop_all() AS function, auth.user_id() AS query_after FROM test.mine;
SELECT test.who();
ROLLBACK;
-- The same of a loop over a query, which PL/pgSQL reads ten rows, then fifty at a time.
BEGIN;
SELECT test.become('ann');
DO $$
DECLARE
    row record;
    inside text[] := '{}';
    outside text[] := '{}';
BEGIN
    FOR row IN SELECT auth.user_id() AS who FROM test.signed, generate_series(1, 20) LOOP
        DELETE FROM tenancy.issuer;
        inside := inside || row.who;
        outside := outside || test.who();
    END LOOP;
    RAISE NOTICE 'rows: %; of: %; outside: %', cardinality(inside), (SELECT array_agg(DISTINCT who) FROM unnest(inside) AS who), (SELECT array_agg(DISTINCT who) FROM unnest(outside) AS who);
END $$;
ROLLBACK;

-- Parallel workers answer as their leader does, errors included.
CREATE FUNCTION test.process() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS $$BEGIN RETURN pg_backend_pid(); END$$;
CREATE TABLE test.rows (tenant_id bigint NOT NULL, n int);
INSERT INTO test.rows SELECT 7 + n % 2, n FROM generate_series(1, 20000) AS n;
ANALYZE test.rows;
GRANT SELECT ON test.rows TO PUBLIC;
CREATE VIEW test.workers AS
    SELECT count(*), min(auth.tenant_id()) AS tenant, max(auth.tenant_id()) AS max_tenant, min(auth.user_id()) AS caller, max(auth.user_id()) AS max_caller, min(auth.jwt() ->> 'sub') AS sub
    FROM test.rows WHERE tenant_id = auth.tenant_bigint() AND test.process() <> current_setting('test.leader')::int;
GRANT SELECT ON test.workers TO PUBLIC;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SELECT set_config('test.leader', pg_backend_pid()::text, false) IS NOT NULL AS told;
BEGIN;
SELECT test.become('ann');
SELECT * FROM test.workers;
SAVEPOINT s;
SELECT test.become('bob');
SELECT * FROM test.workers;
ROLLBACK TO s;
SELECT * FROM test.workers;
SET LOCAL pg_tenancy.token = :'expired';
SELECT * FROM test.error('SELECT * FROM test.workers');
ROLLBACK;
SELECT * FROM test.workers;
-- They have the leader's configuration, changes of its own transaction included.
BEGIN;
SELECT test.become('ann');
SET LOCAL request.jwt.claims = '{"sub": "claimed", "tenant_id": "8"}';
UPDATE tenancy.issuer SET tenant_path = '{sub}';
SELECT * FROM test.workers;
UPDATE tenancy.issuer SET tenant_path = '{tenant_id}';
SELECT * FROM test.workers;
DELETE FROM tenancy.issuer;
SELECT * FROM test.error('SELECT * FROM test.workers');
SELECT test.become(NULL);
SELECT * FROM test.workers;
INSERT INTO tenancy.config VALUES ('mode', 'gateway');
SELECT * FROM test.workers;
INSERT INTO tenancy.gateway_role VALUES (session_user::regrole);
SELECT * FROM test.workers;
ROLLBACK;
-- Queries sent to a worker whether that pays or not.
RESET parallel_leader_participation;
SELECT set_config(name, 'regress', false) FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode');
BEGIN;
SELECT test.become('ann');
SELECT auth.user_id(), auth.tenant_id(), test.process() <> current_setting('test.leader')::int AS worker;
SELECT w.user_id, w.tenant_id, test.process() <> current_setting('test.leader')::int AS worker FROM tenancy.whoami() AS w;
SELECT test.become('bob'), auth.user_id();
SELECT auth.user_id(), test.process() <> current_setting('test.leader')::int AS worker;
SET LOCAL pg_tenancy.token = :'expired';
SELECT auth.user_id();
ROLLBACK;
RESET ALL;

-- Time: what counts is when the client's statement began. Signed for a few seconds, and no leeway.
\set brief `$REPO/tests/lib/token sign ed1 '{"iss": "https://exact.example", "sub": "brief", "tenant_id": "7"}' --exp 4`
CREATE FUNCTION test.sleep_past(claim text, token text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(greatest(0, (claims ->> claim)::numeric - extract(epoch FROM clock_timestamp()) + 0.1)) FROM tenancy.check_token(token);
END $$;
SELECT set_config('test.brief', :'brief', false) <> '' AS set;
BEGIN;
SET LOCAL pg_tenancy.token = :'brief';
SELECT test.who();
DECLARE asks CURSOR FOR SELECT name, auth.user_id() FROM test.signed ORDER BY name;
FETCH 1 FROM asks;
-- Within one statement it does not expire,
DO $$
BEGIN
    RAISE NOTICE 'before: %', auth.user_id();
    PERFORM test.sleep_past('exp', current_setting('test.brief'));
    RAISE NOTICE 'after: %', auth.user_id();
END $$;
-- with the next it has, in an open cursor too.
SELECT test.who();
SELECT * FROM test.error('SELECT auth.tenant_bigint()');
SAVEPOINT s;
FETCH 1 FROM asks;
ROLLBACK TO s;
SELECT issuer, user_id, tenancy.token_problem() FROM tenancy.whoami();
SELECT * FROM test.error(format('SELECT auth.login(%L)', :'brief'));
SELECT test.become('ann');
ROLLBACK;
-- A procedure is one statement, whatever it commits.
\set brief `$REPO/tests/lib/token sign ed1 '{"iss": "https://exact.example", "sub": "brief", "tenant_id": "7"}' --exp 3`
SELECT set_config('test.brief', :'brief', false) <> '' AS set;
CREATE PROCEDURE test.outlives() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pg_tenancy.token', current_setting('test.brief'), false);
    RAISE NOTICE 'before: %', test.who();
    PERFORM test.sleep_past('exp', current_setting('test.brief'));
    COMMIT;
    RAISE NOTICE 'after: %', test.who();
END $$;
CALL test.outlives();
SELECT test.who();
RESET pg_tenancy.token;
-- A token that is not valid yet becomes valid: a refusal is not remembered.
\set early `$REPO/tests/lib/token sign ed1 '{"iss": "https://exact.example", "sub": "early", "nbf": '$(($(date +%s) + 3))'}'`
BEGIN;
SET LOCAL pg_tenancy.token = :'early';
SELECT test.who();
SELECT test.sleep_past('nbf', :'early');
SELECT test.who();
ROLLBACK;

-- Plans show the readers as they are called, in policies too, whatever their cost is said to be.
CREATE TABLE test.plan (tenant_id bigint NOT NULL, note text);
SET client_min_messages = warning;
SELECT count(*) > 0 AS protected FROM tenancy.protect('test.plan');
RESET client_min_messages;
CREATE VIEW test.plan_view AS SELECT auth.tenant_bigint() AS tenant, auth.user_id() AS who FROM test.plan;
SELECT pg_get_viewdef('test.plan_view');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'ann');
EXPLAIN (VERBOSE, COSTS OFF) SELECT note FROM test.plan;
EXPLAIN (VERBOSE, COSTS OFF) SELECT auth.user_id(), auth.tenant_bigint() FROM test.plan WHERE note = auth.tenant_id();
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO test.plan (note) VALUES ('x');
PREPARE plan AS SELECT note FROM test.plan;
EXECUTE plan;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
ALTER FUNCTION auth.tenant_bigint() COST 100;
SET LOCAL SESSION AUTHORIZATION app;
SET LOCAL ROLE authenticated;
EXPLAIN (VERBOSE, COSTS OFF) SELECT note FROM test.plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE plan;
ROLLBACK;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP VIEW test.workers, test.plan_view;
DROP TABLE test.signed, test.mine, test.rows, test.plan;
DROP PROCEDURE test.commits, test.remembers, test.until_refused, test.outlives;
DROP FUNCTION test.become, test.who, test.as_nobody, test.as_eve, test.as_nobody_then_bob, test.as_nobody_who_fails, test.who_inside, test.who_nested, test.login_inside,
    test.trust, test.drop_all, test.process, test.sleep_past;
REVOKE CREATE ON SCHEMA test FROM app;
SELECT tenancy.drop_issuer('https://issuer.example'), tenancy.drop_issuer('https://exact.example');

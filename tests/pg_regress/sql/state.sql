-- Who is calling is what Postgres says request.jwt.claims is: no more is remembered, whatever undoes a change.
\pset null '(null)'
CREATE FUNCTION test.claims(who text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN format('{"sub": "%s", "tenant_id": "tenant of %1$s"}', who);
-- Sets claims for the transaction and shows who is calling then.
CREATE FUNCTION test.become(who text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', test.claims(who), true);
    RETURN auth.user_id();
END $$;
GRANT CREATE ON SCHEMA test TO app;
SET SESSION AUTHORIZATION app;

-- SET and RESET, for the session.
SET request.jwt.claims = '{"sub": "ann"}';
SELECT auth.user_id();
SET request.jwt.claims = '{"sub": "bob"}';
SELECT auth.user_id();
RESET request.jwt.claims;
SELECT auth.user_id();

-- A pooler's reuse of the connection: whatever it sends, nobody is left behind.
SET request.jwt.claims = '{"sub": "ann"}';
SELECT auth.user_id();
RESET ALL;
SELECT auth.user_id();
SET request.jwt.claims = '{"sub": "ann"}';
SELECT auth.user_id();
DISCARD ALL;
SELECT session_user, auth.user_id();
SET SESSION AUTHORIZATION app;

-- The end of a transaction, both ways, for SET LOCAL and SET.
SET request.jwt.claims = '{"sub": "ann"}';
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "bob"}';
SELECT auth.user_id();
COMMIT;
SELECT auth.user_id();
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "bob"}';
ROLLBACK;
SELECT auth.user_id();
BEGIN;
SET request.jwt.claims = '{"sub": "bob"}';
SELECT auth.user_id();
ROLLBACK;
SELECT auth.user_id();
BEGIN;
SET request.jwt.claims = '{"sub": "bob"}';
SET LOCAL request.jwt.claims = '{"sub": "cid"}';
SELECT auth.user_id();
COMMIT;
SELECT auth.user_id();
-- A transaction that failed.
BEGIN;
SET request.jwt.claims = '{"sub": "dan"}';
SELECT auth.user_id(), 1 / 0;
ROLLBACK;
SELECT auth.user_id();
-- Read only after the rollback, or not at all within: the same.
BEGIN;
SET request.jwt.claims = '{"sub": "dan"}';
SELECT 1 / 0;
ROLLBACK;
SELECT auth.user_id(), auth.claim_text('sub'), auth.tenant_id();
RESET request.jwt.claims;

-- Savepoints.
BEGIN;
SELECT test.become('ann');
SAVEPOINT one;
SELECT test.become('bob');
SAVEPOINT two;
SELECT test.become('cid');
ROLLBACK TO two;
SELECT auth.user_id();
SELECT test.become('dan');
RELEASE two;
SELECT auth.user_id();
ROLLBACK TO one;
SELECT auth.user_id();
RELEASE one;
SELECT auth.user_id(), auth.tenant_id();
COMMIT;
SELECT auth.user_id();

-- A PL/pgSQL block with an exception handler undoes what was set in it, and only where it fails.
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
    RAISE NOTICE 'after a failure: %', auth.user_id();
    BEGIN
        PERFORM test.become('cid');
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    RAISE NOTICE 'after a success: %', auth.user_id();
END $$;
SELECT auth.user_id();
ROLLBACK;

-- A function with a SET clause speaks for somebody else while it runs, even when it fails or sets more.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION test.as_bob() RETURNS text LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "bob"}'
    AS $$BEGIN RETURN auth.user_id(); END$$;
CREATE FUNCTION test.as_bob_who_fails() RETURNS text LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "bob"}'
    AS $$BEGIN RETURN auth.user_id() || 1 / 0; END$$;
CREATE FUNCTION test.as_bob_then_cid() RETURNS text LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "bob"}'
    AS $$BEGIN RETURN auth.user_id() || ', then ' || test.become('cid'); END$$;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT test.become('ann');
SELECT auth.user_id() AS before, test.as_bob(), auth.user_id() AS after;
SELECT (test.error('SELECT test.as_bob_who_fails()')).code, auth.user_id();
SELECT test.as_bob_then_cid();
SELECT auth.user_id();
ROLLBACK;

-- In one statement: a function that changes the caller is seen by what is evaluated after it.
BEGIN;
SELECT string_agg(test.become(who), ' ' ORDER BY place) FROM (VALUES (1, 'ann'), (2, 'bob'), (3, 'ann')) AS callers (place, who);
SELECT auth.user_id();
ROLLBACK;

-- A procedure with COMMIT and ROLLBACK inside.
CREATE PROCEDURE test.commits() LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE 'at first: %', auth.user_id();
    SET request.jwt.claims = '{"sub": "bob"}';
    COMMIT;
    RAISE NOTICE 'committed: %', auth.user_id();
    SET request.jwt.claims = '{"sub": "cid"}';
    RAISE NOTICE 'set: %', auth.user_id();
    ROLLBACK;
    RAISE NOTICE 'rolled back: %', auth.user_id();
    PERFORM test.become('dan');
    RAISE NOTICE 'for the transaction: %', auth.user_id();
    COMMIT;
    RAISE NOTICE 'at its end: %', auth.user_id();
END $$;
SET request.jwt.claims = '{"sub": "ann"}';
CALL test.commits();
SELECT auth.user_id();

-- What a procedure was given stays what it was: its arguments are not copied, and outlive COMMIT and ROLLBACK
-- and any number of other callers. All values of one length, so that one in another's place would show.
CREATE PROCEDURE test.remembers(name text, id uuid, claims jsonb, INOUT same boolean DEFAULT true) LANGUAGE plpgsql AS $$
DECLARE
    copies CONSTANT text[] := ARRAY[name || '', id::text, claims::text];
BEGIN
    FOR i IN 1..3000 LOOP
        PERFORM set_config('request.jwt.claims', format('{"sub": "00000000-0000-0000-0000-%s"}', lpad(i::text, 12, '0')), i % 2 = 0);
        IF auth.user_id() || auth.uid() || auth.jwt() IS NULL THEN
            RAISE 'nobody';
        END IF;
        IF i % 7 = 0 THEN
            COMMIT;
        ELSIF i % 11 = 0 THEN
            ROLLBACK;
        END IF;
        same := same AND ARRAY[name, id::text, claims::text] = copies;
    END LOOP;
END $$;
CREATE PROCEDURE test.calls_it(name text, INOUT same boolean DEFAULT true) LANGUAGE plpgsql AS $$
DECLARE
    copy CONSTANT text := name || '';
BEGIN
    FOR i IN 1..3 LOOP
        CALL test.remembers(auth.user_id(), auth.uid(), auth.jwt(), same);
        same := same AND name = copy;
    END LOOP;
END $$;
SET request.jwt.claims = '{"sub": "ffffffff-ffff-ffff-ffff-ffffffffffff"}';
CALL test.remembers(auth.user_id(), auth.uid(), auth.jwt());
SET request.jwt.claims = '{"sub": "ffffffff-ffff-ffff-ffff-ffffffffffff"}';
CALL test.calls_it(auth.user_id());
-- One that fails after a COMMIT leaves nothing behind: three times, and then as ever.
CREATE PROCEDURE test.fails(name text) LANGUAGE plpgsql AS $$
BEGIN
    SET request.jwt.claims = '{"sub": "cid"}';
    COMMIT;
    PERFORM test.become('dan');
    RAISE EXCEPTION '% failed as %', name, auth.user_id();
END $$;
\set SHOW_CONTEXT never
SET request.jwt.claims = '{"sub": "ann"}';
CALL test.fails(auth.user_id());
CALL test.fails(auth.user_id());
CALL test.fails(auth.user_id());
SELECT auth.user_id();
RESET request.jwt.claims;

-- A cursor answers as its policy or query asks at each FETCH; what it has sent stays as it was.
BEGIN;
SELECT test.become('ann');
DECLARE asks CURSOR FOR SELECT n, auth.user_id() FROM generate_series(1, 4) AS n;
FETCH 2 FROM asks;
SELECT test.become('bob');
FETCH 2 FROM asks;
ROLLBACK;
-- WITH HOLD it is finished at COMMIT, while the caller is still there.
BEGIN;
SELECT test.become('ann');
DECLARE held CURSOR WITH HOLD FOR SELECT n, auth.user_id(), auth.jwt() FROM generate_series(1, 2) AS n;
COMMIT;
SELECT count(test.become('caller ' || n)) FROM generate_series(1, 1000) AS n;
FETCH ALL FROM held;
CLOSE held;
-- A loop over a query goes on after COMMIT. What is left of it then is answered at once, for the caller of then.
DO $$
DECLARE
    row record;
BEGIN
    SET request.jwt.claims = '{"sub": "ann"}';
    FOR row IN SELECT n, auth.user_id() AS who FROM generate_series(1, 3) AS n LOOP
        RAISE NOTICE 'row % is of %, the caller is %', row.n, row.who, auth.user_id();
        PERFORM set_config('request.jwt.claims', test.claims('the one after row ' || row.n), false);
        COMMIT;
    END LOOP;
    RESET request.jwt.claims;
END $$;

-- A prepared statement, its plan kept, answers each caller.
CREATE TABLE test.mine (who text, note text);
INSERT INTO test.mine VALUES ('ann', 'ann''s'), ('bob', 'bob''s'), ('bob', 'bob''s, too');
SET plan_cache_mode = force_generic_plan;
PREPARE mine AS SELECT note, $1::text AS given FROM test.mine WHERE who = auth.user_id() ORDER BY note;
BEGIN;
SELECT test.become('ann');
EXECUTE mine (auth.user_id());
SELECT test.become('bob');
EXECUTE mine (auth.user_id());
COMMIT;
EXECUTE mine ('nobody');
SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'mine';
RESET plan_cache_mode;

-- COPY, MERGE, triggers and defaults see the caller of their moment.
CREATE FUNCTION test.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.note := NEW.note || ', stamped by ' || auth.user_id();
    PERFORM test.become('the one after ' || auth.user_id());
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON test.mine FOR EACH ROW EXECUTE FUNCTION test.stamp();
ALTER TABLE test.mine ALTER who SET DEFAULT auth.user_id();
BEGIN;
SELECT test.become('cid');
INSERT INTO test.mine (note) VALUES ('1'), ('2') RETURNING *;
SELECT test.become('dan');
COPY test.mine (note) FROM stdin;
3
4
\.
SELECT test.become('eve');
MERGE INTO test.mine USING (VALUES ('5'), ('6')) AS new (note) ON false WHEN NOT MATCHED THEN INSERT (note) VALUES (new.note);
COPY (SELECT who, note FROM test.mine WHERE note LIKE '%stamped%' ORDER BY note) TO stdout WITH (DELIMITER ':');
ROLLBACK;

RESET SESSION AUTHORIZATION;
DROP TABLE test.mine;
DROP PROCEDURE test.commits, test.remembers, test.calls_it, test.fails;
DROP FUNCTION test.claims, test.become, test.as_bob, test.as_bob_who_fails, test.as_bob_then_cid, test.stamp;
REVOKE CREATE ON SCHEMA test FROM app;

-- native only: the pure-SQL edition keeps nothing
-- A loop that changes the caller a million times does not grow the backend, whatever keeps the old values alive.
-- The backend's own pages, shared ones apart, in bytes (proc(5), statm).
CREATE FUNCTION test.memory() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (statm[2]::bigint - statm[3]::bigint) * 4096
    FROM string_to_array(pg_read_file('/proc/self/statm'), ' ') AS statm $$;
CREATE FUNCTION test.contexts() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts $$;
-- Changes the caller `changes` times, reading by pointer and by value, and commits as often as `every` says.
CREATE PROCEDURE test.change(given text, changes int, every int DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    who text;
    wrong int := 0;
BEGIN
    FOR i IN 1..changes LOOP
        PERFORM set_config('request.jwt.claims', '{"sub": "caller ' || i || '", "tenant_id": 7}', false);
        who := auth.user_id();
        IF who <> 'caller ' || i OR auth.tenant_id() <> '7' OR auth.jwt() IS NULL OR given <> 'caller 0' THEN
            wrong := wrong + 1;
        END IF;
        IF i % every = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
    RAISE NOTICE '% changes, % wrong answers', changes, wrong;
END $$;
-- Runs it once to warm up and once to measure.
CREATE PROCEDURE test.measure(changes int, every int DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    memory bigint;
    contexts bigint;
BEGIN
    SET request.jwt.claims = '{"sub": "caller 0"}';
    CALL test.change(auth.user_id(), 20000, every);
    memory := test.memory();
    contexts := test.contexts();
    SET request.jwt.claims = '{"sub": "caller 0"}';
    CALL test.change(auth.user_id(), changes, every);
    memory := test.memory() - memory;
    contexts := test.contexts() - contexts;
    RAISE NOTICE 'growth: %, of it in memory contexts: %', CASE WHEN memory < 1024 * 1024 THEN 'under 1 MB' ELSE memory::text END,
        CASE WHEN contexts < 1024 * 1024 THEN 'under 1 MB' ELSE contexts::text END;
END $$;

-- In one transaction.
BEGIN;
CALL test.measure(1000000);
ROLLBACK;
-- In one procedure that commits now and then.
CALL test.measure(100000, 100);
-- It is not for want of measuring: four million bytes kept are seen.
SELECT set_config('test.before', test.memory()::text, false) IS NOT NULL AS measured;
SELECT set_config('test.ballast', repeat('x', 4000000), false) IS NOT NULL AS kept;
SELECT test.memory() - current_setting('test.before')::bigint > 1024 * 1024 AS seen;

RESET request.jwt.claims;
DROP PROCEDURE test.measure, test.change;
DROP FUNCTION test.memory, test.contexts;

-- native only: before Postgres 16 the pure-SQL edition cannot run in parallel workers
-- Parallel workers answer as their leader does.
\pset null '(null)'
-- The process that answers; PARALLEL SAFE, which pg_backend_pid() is not.
CREATE FUNCTION test.process() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS $$BEGIN RETURN pg_backend_pid(); END$$;
CREATE TABLE test.rows (tenant_id text, n int);
INSERT INTO test.rows SELECT CASE n % 2 WHEN 0 THEN 'acme' ELSE 'beta' END, n FROM generate_series(1, 20000) AS n;
ANALYZE test.rows;
GRANT SELECT ON test.rows TO PUBLIC;
-- What workers, and they alone, see: rows of the tenant, and the least and the greatest answer of each reader.
-- A row that the leader reads is not counted.
CREATE VIEW test.workers AS
    SELECT count(*), min(auth.tenant_id()) AS tenant, max(auth.tenant_id()) AS max_tenant, min(auth.user_id()) AS caller,
        max(auth.user_id()) AS max_caller, min(auth.jwt()::text) AS claims
    FROM test.rows WHERE tenant_id = auth.tenant_id() AND test.process() <> current_setting('test.leader')::int;
GRANT SELECT ON test.workers TO PUBLIC;
CREATE FUNCTION test.as_beta() RETURNS SETOF test.workers LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "bob", "tenant_id": "beta"}'
    AS $$BEGIN RETURN QUERY SELECT * FROM test.workers; END$$;
SET SESSION AUTHORIZATION app;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SELECT set_config('test.leader', pg_backend_pid()::text, false) IS NOT NULL AS told;

-- Claims of the session, of the transaction, after a savepoint, and none.
SET request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
EXPLAIN (COSTS OFF) SELECT * FROM test.workers;
SELECT * FROM test.workers;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "bob", "tenant_id": "beta"}';
SELECT * FROM test.workers;
SAVEPOINT s;
SET LOCAL request.jwt.claims = '{"sub": "cid", "tenant_id": "acme"}';
SELECT * FROM test.workers;
ROLLBACK TO s;
SELECT * FROM test.workers;
SET LOCAL request.jwt.claims = 'malformed';
SELECT * FROM test.workers;
ROLLBACK;
SELECT * FROM test.workers;
SELECT auth.logout();
SELECT * FROM test.workers;

-- With a function's SET clause, and with a plan kept for several callers.
SELECT * FROM test.as_beta();
SET plan_cache_mode = force_generic_plan;
PREPARE workers AS SELECT count, tenant, caller FROM test.workers;
SET request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
EXECUTE workers;
SET request.jwt.claims = '{"sub": "bob", "tenant_id": "beta"}';
EXECUTE workers;
RESET SESSION AUTHORIZATION;
DROP FUNCTION test.as_beta;
DROP VIEW test.workers;
DROP FUNCTION test.process;
DROP TABLE test.rows;

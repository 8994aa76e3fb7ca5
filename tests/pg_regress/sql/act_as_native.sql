-- native only: modes, tokens, issuers, the table of members, and a parameter that nobody can set
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE superior LOGIN SUPERUSER;
CREATE ROLE clerks NOLOGIN;
CREATE VIEW test.me AS SELECT session_user AS login, current_user AS role, auth.user_id(), auth.tenant_id(), auth.roles();
GRANT SELECT ON test.me TO PUBLIC;
\set keys `$REPO/tests/lib/token jwks ed1`
\set ann `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "7"}'`
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL);
SET SESSION AUTHORIZATION superior;

-- In each mode, whatever claims or token there are besides.
BEGIN;
SELECT tenancy.configure('mode', 'verified');
SELECT code FROM test.error('SELECT auth.set_claims(''{"sub": "bob"}'')');
SELECT tenancy.act_as('bob', 'beta', '{admin}');
SELECT * FROM test.me;
SELECT database_role, mode, user_id, tenant_id, roles, bound, not_bound_because, sees_nothing_because FROM tenancy.whoami();
SELECT tenancy.act_as_anonymous();
SELECT database_role, mode, user_id, tenant_id, roles, sees_nothing_because FROM tenancy.whoami();
ROLLBACK;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "dan", "tenant_id": "9"}';
SELECT tenancy.act_as('bob', 'beta');
SET LOCAL request.jwt.claims = '{"sub": "eve", "tenant_id": "9"}';
SELECT *, auth.jwt() FROM test.me;
SET LOCAL pg_tenancy.token = :'ann';
SELECT *, auth.jwt() FROM test.me;
SELECT tenancy.act_as_anonymous();
SELECT *, auth.jwt() FROM test.me;
SELECT tenancy.act_as_myself();
SELECT * FROM test.me;
SET LOCAL pg_tenancy.token = '';
SELECT * FROM test.me;
ROLLBACK;
-- A token by auth.login() ends it, unless it is refused.
BEGIN;
SELECT tenancy.act_as('bob', 'beta');
SELECT code FROM test.error('SELECT auth.login(''not.a.token'')');
SELECT * FROM test.me;
SELECT auth.login(:'ann');
SELECT * FROM test.me;
SELECT code FROM test.error('SELECT tenancy.act_as(''bob'')');
SELECT auth.logout();
SELECT * FROM test.me;
ROLLBACK;

-- Claims are read as those of the issuer that they name, whose database role goes with them; while there is one.
BEGIN;
SELECT tenancy.add_issuer('https://clerk.example', :'keys', NULL, layout => 'clerk_v2', database_role => 'clerks');
SELECT tenancy.act_as('user_1', claims => '{"iss": "https://clerk.example", "tenant_id": "acme", "o": {"id": "org_1", "rol": "admin", "per": "read", "fpm": "1"}, "fea": "o:notes"}');
SELECT *, auth.permissions() FROM test.me;
SELECT tenancy.act_as('user_1', 'org_2', '{auditor}', '{"iss": "https://clerk.example", "o": {"id": "org_1", "rol": "admin"}}');
SELECT *, auth.permissions() FROM test.me;
SELECT issuer, user_id, tenant_id FROM tenancy.whoami();
SELECT tenancy.act_as('user_1', claims => '{"iss": "https://unknown.example", "tenant_id": "acme", "o": {"id": "org_1"}}');
SELECT * FROM test.me;
SELECT tenancy.act_as('user_1', claims => '{"iss": "https://clerk.example", "tenant_id": "acme", "o": {"id": "org_1"}}');
RESET ROLE;
SELECT tenancy.drop_issuer('https://clerk.example');
SELECT * FROM test.me;
SAVEPOINT s;
SELECT tenancy.configure('tenant_path', '{o,id}');
SELECT * FROM test.me;
ROLLBACK TO s;
SELECT * FROM test.me;
ROLLBACK;

-- Where a table of members is in use, it says who belongs where, and to which roles unless they are given.
CREATE TABLE test.members (user_id text, tenant_id text, role text, PRIMARY KEY (user_id, tenant_id));
INSERT INTO test.members VALUES ('ann', 'acme', 'admin'), ('ann', 'beta', 'viewer'), ('bob', 'beta', 'viewer');
SELECT tenancy.use_members('test.members', 'user_id', 'tenant_id', 'role');
BEGIN;
SELECT tenancy.act_as('ann', 'beta');
SELECT *, auth.tenant_ids() FROM test.me;
SELECT tenancy.act_as('ann', 'acme', '{auditor}');
SELECT * FROM test.me;
SELECT tenancy.act_as('bob');
SELECT * FROM test.me;
SELECT * FROM test.error('SELECT tenancy.act_as(''bob'', ''acme'')');
SELECT * FROM test.error('SELECT tenancy.act_as(''cid'', ''acme'', ''{admin}'')');
SELECT tenancy.act_as('cid', NULL, '{admin}', '{"tenant_id": "acme"}');
SELECT * FROM test.me;
-- A member from the next statement on; and no longer.
SELECT tenancy.act_as_myself();
INSERT INTO test.members VALUES ('cid', 'acme', 'viewer');
SELECT tenancy.act_as('cid', 'acme');
SELECT * FROM test.me;
RESET ROLE;
DELETE FROM test.members WHERE user_id = 'cid';
SELECT * FROM test.me;
ROLLBACK;
SELECT tenancy.drop_members();
DROP TABLE test.members;

-- Outside a transaction block it would end with its own statement.
SELECT tenancy.act_as('ann');
\echo :LAST_ERROR_SQLSTATE
SELECT tenancy.act_as_anonymous();
\echo :LAST_ERROR_SQLSTATE
DO $$ BEGIN PERFORM tenancy.act_as('ann'); END $$;
\echo :LAST_ERROR_SQLSTATE
-- It ends with the transaction in a procedure too, where that has a block of its own.
CREATE PROCEDURE test.commits() LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM tenancy.act_as('ann', 'acme');
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    RAISE NOTICE 'before: %, %', auth.user_id(), current_user;
    COMMIT;
    RAISE NOTICE 'after: %, %', auth.user_id(), current_user;
END $$;
CALL test.commits();
DROP PROCEDURE test.commits;
-- It needs no right to write. One message of several statements will do.
BEGIN READ ONLY;
SELECT tenancy.act_as('ann', 'acme');
SELECT * FROM test.me;
COMMIT;
SELECT tenancy.act_as('ann', 'acme')\; SELECT * FROM test.me;
SELECT * FROM test.me;

-- Nobody sets the parameter itself, not even a superuser. What it holds is not shown.
RESET SESSION AUTHORIZATION;
GRANT SET ON PARAMETER pg_tenancy.acting TO app;
CREATE TABLE test.attack (n serial, sql text);
GRANT SELECT ON test.attack TO PUBLIC;
INSERT INTO test.attack (sql) VALUES
    ($$SET pg_tenancy.acting = E'["admin"]\n{"sub": "eve", "tenant_id": "acme"}'$$),
    ($$SET LOCAL pg_tenancy.acting = E'["admin"]\n{"sub": "eve", "tenant_id": "acme"}'$$),
    ($$SELECT set_config('pg_tenancy.acting', E'null\n{"sub": "eve"}', true)$$),
    ($$SELECT set_config('pg_tenancy.acting', '***', true)$$),
    ($$UPDATE pg_settings SET setting = 'eve' WHERE name = 'pg_tenancy.acting'$$),
    ($$ALTER ROLE app SET pg_tenancy.acting = 'eve'$$),
    ($$ALTER DATABASE regress_native SET pg_tenancy.acting = 'eve'$$),
    ($$CREATE FUNCTION test.eve() RETURNS text LANGUAGE sql SET pg_tenancy.acting = 'eve' RETURN auth.user_id()$$),
    ($$CREATE FUNCTION test.eve() RETURNS text LANGUAGE sql SET pg_tenancy.acting FROM CURRENT RETURN auth.user_id()$$);
BEGIN;
SELECT tenancy.act_as('ann', 'acme');
SELECT current_setting('pg_tenancy.acting'), (SELECT count(*) FROM pg_settings WHERE name = 'pg_tenancy.acting');
RESET ROLE;
SELECT sql, code, message, detail FROM test.attack, test.error(sql) ORDER BY n;
SELECT * FROM test.me;
ROLLBACK;
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT sql, code, message FROM test.attack, test.error(sql) WHERE n <= 6 ORDER BY n;
SELECT auth.user_id();
ROLLBACK;
RESET SESSION AUTHORIZATION;
ALTER SYSTEM SET pg_tenancy.acting = 'eve';
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION app;
-- Who may set it, may take it away.
SET pg_tenancy.acting = '';
RESET pg_tenancy.acting;
RESET SESSION AUTHORIZATION;
REVOKE SET ON PARAMETER pg_tenancy.acting FROM app;
BEGIN;
SELECT tenancy.act_as('ann', 'acme');
RESET ROLE;
SET LOCAL pg_tenancy.acting = '';
SELECT auth.user_id();
ROLLBACK;
-- Set before the library is there, it does not count.
\c -
SET pg_tenancy.acting = E'["admin"]\n{"sub": "eve", "tenant_id": "acme"}';
SELECT auth.user_id(), current_setting('pg_tenancy.acting');
\c - app
SET pg_tenancy.acting = E'["admin"]\n{"sub": "eve", "tenant_id": "acme"}';
SELECT auth.user_id(), current_setting('pg_tenancy.acting');
\c - postgres

-- The administrator need not be a superuser.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP VIEW test.me;
DROP EXTENSION pg_tenancy CASCADE;
CREATE ROLE administrator LOGIN CREATEROLE;
CREATE ROLE other LOGIN CREATEROLE;
GRANT authenticated TO administrator, other;
SELECT format('GRANT CREATE ON DATABASE %I TO administrator', current_database()) \gexec
SET LOCAL ROLE administrator;
CREATE EXTENSION pg_tenancy;
SET LOCAL SESSION AUTHORIZATION administrator;
SELECT tenancy.act_as('ann', 'acme');
SELECT session_user, current_user, auth.user_id(), auth.tenant_id();
SELECT tenancy.act_as('bob', 'beta');
SELECT session_user, current_user, auth.user_id(), auth.tenant_id();
SET LOCAL SESSION AUTHORIZATION other;
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'')');
SELECT tenancy.stop_acting();
SELECT * FROM test.error('SELECT tenancy.act_as(''ann'')');
ROLLBACK;

-- Parallel workers act as their leader does.
CREATE FUNCTION test.process() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS $$BEGIN RETURN pg_backend_pid(); END$$;
CREATE TABLE test.rows (tenant_id text, n int);
INSERT INTO test.rows SELECT CASE n % 2 WHEN 0 THEN 'acme' ELSE 'beta' END, n FROM generate_series(1, 20000) AS n;
ANALYZE test.rows;
GRANT SELECT ON test.rows TO PUBLIC;
CREATE VIEW test.workers AS
    SELECT count(*), min(auth.tenant_id()) AS tenant, max(auth.tenant_id()) AS max_tenant, min(auth.user_id()) AS caller,
        min(auth.jwt()::text) AS claims, bool_and(auth.has_role('admin')) AS admin
    FROM test.rows WHERE tenant_id = auth.tenant_id() AND test.process() <> current_setting('test.leader')::int;
GRANT SELECT ON test.workers TO PUBLIC;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SELECT set_config('test.leader', pg_backend_pid()::text, false) IS NOT NULL AS told;
PREPARE workers AS SELECT * FROM test.workers;
BEGIN;
SELECT tenancy.act_as('ann', 'acme', '{admin}');
EXPLAIN (COSTS OFF) SELECT * FROM test.workers;
EXECUTE workers;
SAVEPOINT s;
SELECT tenancy.act_as('bob', 'beta');
EXECUTE workers;
ROLLBACK TO s;
EXECUTE workers;
SELECT tenancy.act_as_anonymous();
EXECUTE workers;
SELECT tenancy.act_as_myself();
EXECUTE workers;
ROLLBACK;

DROP VIEW test.workers, test.me;
DROP FUNCTION test.process;
DROP TABLE test.rows, test.attack;
SELECT tenancy.drop_issuer('https://issuer.example');
DROP ROLE superior, clerks;

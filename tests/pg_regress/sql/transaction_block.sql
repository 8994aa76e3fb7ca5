-- native only: SQL cannot tell whether a transaction block is open
-- Outside a transaction block auth.set_claims() would set a caller who is gone at the next statement.
\pset null '(null)'
\set SHOW_CONTEXT never
SET SESSION AUTHORIZATION app;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
\echo :LAST_ERROR_SQLSTATE
-- A DO block is no transaction block.
DO $$ BEGIN PERFORM auth.set_claims('{"sub": "ann"}', 'acme'); END $$;
\echo :LAST_ERROR_SQLSTATE
SELECT current_user, auth.user_id();
-- In a block, in a savepoint, and with several statements in one message, it is at home.
BEGIN;
SELECT auth.set_claims('{"sub": "ann"}', 'acme');
SAVEPOINT s;
SELECT auth.set_claims('{"sub": "bob"}', 'acme');
SELECT current_user, auth.user_id();
ROLLBACK;
SELECT 1 AS one\; SELECT auth.set_claims('{"sub": "ann"}', 'acme')\; SELECT current_user, auth.user_id();
SELECT current_user, auth.user_id();
-- logout() forgets for the session, so it needs none.
SET request.jwt.claims = '{"sub": "ann"}';
SELECT auth.logout();
SELECT auth.user_id();
RESET SESSION AUTHORIZATION;

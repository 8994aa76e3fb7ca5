-- tenancy.whoami(): who this database takes the session for, whether row security binds it, and why it sees nothing.
\pset null '(null)'
CREATE ROLE plain LOGIN;
CREATE ROLE bypasses LOGIN BYPASSRLS;
CREATE ROLE becomes_bypass LOGIN NOINHERIT IN ROLE bypasses;
CREATE ROLE superior LOGIN SUPERUSER;
CREATE ROLE becomes_superior LOGIN NOINHERIT IN ROLE superior;
CREATE ROLE administrator LOGIN;
CREATE ROLE deputy LOGIN NOINHERIT IN ROLE administrator;
CREATE ROLE owns LOGIN IN ROLE authenticated;
CREATE ROLE becomes_owner LOGIN NOINHERIT IN ROLE owns;
CREATE ROLE support NOLOGIN;
CREATE ROLE helper LOGIN IN ROLE support;
CREATE ROLE helper_caller LOGIN IN ROLE support, authenticated;
CREATE TABLE test.plan (tenant_id text NOT NULL);
ALTER TABLE test.plan OWNER TO owns;

-- Row by row: a bound session of ann's.
\x
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.set_claims('{"iss": "https://idp.example", "sub": "ann", "tenant_id": "acme"}');
SELECT * FROM tenancy.whoami();
ROLLBACK;
\x

-- Why a bound session sees nothing: the first reason that holds.
BEGIN;
CREATE FUNCTION pg_temp.as_caller(role text, claims text, OUT user_id text, OUT tenant_id text, OUT bound boolean, OUT sees_nothing_because text)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', role, true), set_config('request.jwt.claims', claims, true);
    SELECT w.user_id, w.tenant_id, w.bound, w.sees_nothing_because INTO user_id, tenant_id, bound, sees_nothing_because
    FROM tenancy.whoami() AS w;
END $$;
SELECT role, claims, w.* FROM (VALUES
    ('authenticated', NULL),
    ('authenticated', ''),
    ('authenticated', 'ann'),
    ('authenticated', '["ann"]'),
    ('authenticated', '{}'),
    ('authenticated', '{"sub": "ann"}'),
    ('authenticated', '{"sub": "ann", "tenant_id": ["acme"], "org_id": "acme"}'),
    ('none', '{"sub": "ann", "tenant_id": "acme"}'),
    ('anonymous', '{"sub": "ann", "tenant_id": "acme"}'),
    ('authenticated', '{"sub": "ann", "tenant_id": "acme"}')) AS callers (role, claims), pg_temp.as_caller(role, claims) AS w;
ROLLBACK;
RESET SESSION AUTHORIZATION;

-- Staff see all rows, with claims or without, and so do roles that row security does not bind. Who is both staff and
-- authenticated is under the floor of the authenticated.
BEGIN;
SELECT tenancy.configure('staff_roles', 'support');
SET LOCAL SESSION AUTHORIZATION helper;
SELECT session_role, database_role, bound, sees_nothing_because FROM tenancy.whoami();
SET LOCAL SESSION AUTHORIZATION helper_caller;
SELECT session_role, database_role, bound, sees_nothing_because FROM tenancy.whoami();
SET LOCAL SESSION AUTHORIZATION bypasses;
SELECT session_role, database_role, bound, sees_nothing_because FROM tenancy.whoami();
ROLLBACK;

-- Why a session is not bound: what its login role is, or may become. Taking the role authenticated changes nothing of it.
BEGIN;
-- (Of the extension; in the pure-SQL edition, of its table.)
UPDATE pg_extension SET extowner = 'administrator'::regrole WHERE extname = 'pg_tenancy';
ALTER TABLE tenancy.config OWNER TO administrator;
CREATE POLICY tenancy_floor ON test.plan AS RESTRICTIVE USING (true);
CREATE FUNCTION test.bound() RETURNS TABLE (session_role name, database_role name, bound boolean, not_bound_because text)
    LANGUAGE sql AS $$SELECT session_role, database_role, bound, not_bound_because FROM tenancy.whoami()$$;
SET LOCAL SESSION AUTHORIZATION plain;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION app;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION owns;
SELECT * FROM test.bound();
SET LOCAL ROLE authenticated;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION becomes_owner;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION administrator;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION deputy;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION bypasses;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION becomes_bypass;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION superior;
SELECT * FROM test.bound();
SET LOCAL SESSION AUTHORIZATION becomes_superior;
SELECT * FROM test.bound();
-- Where the table is protected no longer, its owner is bound.
SET LOCAL SESSION AUTHORIZATION DEFAULT;
DROP POLICY tenancy_floor ON test.plan;
SET LOCAL SESSION AUTHORIZATION owns;
SELECT * FROM test.bound();
ROLLBACK;

DROP TABLE test.plan;
DROP ROLE plain, becomes_bypass, bypasses, becomes_superior, superior, deputy, administrator, becomes_owner, owns, helper_caller, helper, support;

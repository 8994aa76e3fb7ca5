-- Who is calling: nobody, malformed claims, another role, a connection that both use

-- attempt: no claims
BEGIN;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: no claims, no database role
BEGIN;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: claims: not JSON
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = 'tenant_id=1 OR true';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: claims: a tenant of true
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "1", "tenant_id": true}';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: claims: two tenants at once
BEGIN;
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims',
    format('{"sub": "1", "tenant_id": [%s, %s]}', to_json(:'my_tenant'::text), to_json(:'their_tenant'::text)),
    true) \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: claims: a tenant of ' OR true
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "1", "tenant_id": "'' OR true --"}';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: RESET ROLE
BEGIN;
SELECT :i_log_in \g /dev/null
RESET ROLE;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: the transaction after theirs
BEGIN;
SELECT :they_log_in \g /dev/null
SELECT * FROM axis.requests \g /dev/null
COMMIT;
BEGIN;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: a plan prepared by them
SET plan_cache_mode = force_generic_plan;
PREPARE requests AS SELECT * FROM axis.requests;
BEGIN;
SELECT :they_log_in \g /dev/null
EXECUTE requests \g /dev/null
COMMIT;
BEGIN;
SELECT :i_log_in \g /dev/null
EXECUTE requests;
COMMIT;

-- Made-up claims
-- control: in mode claims
-- (auth.user_id() loads the library, which makes more ways to SET possible.)

-- attempt: SET LOCAL
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'them';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: SET, for the next transaction
BEGIN;
SET request.jwt.claims = :'them';
COMMIT;
BEGIN;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: set_config()
BEGIN;
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims', :'them', true) \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: UPDATE of pg_settings
BEGIN;
SET LOCAL ROLE authenticated;
SELECT auth.user_id() \g /dev/null
UPDATE pg_settings SET setting = :'them' WHERE name = 'request.jwt.claims' \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: ALTER ROLE … SET
BEGIN;
SELECT auth.user_id() \g /dev/null
ALTER ROLE axis_app SET request.jwt.claims = :'them';
COMMIT;
\connect
BEGIN;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;
ALTER ROLE axis_app RESET request.jwt.claims;

-- attempt: an option of the connection
BEGIN;
COMMIT;
\setenv PGOPTIONS '-c request.jwt.claims=':them
\connect
BEGIN;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: CREATE FUNCTION … SET
BEGIN;
SELECT auth.user_id() \g /dev/null
CREATE FUNCTION pg_temp.requests() RETURNS SETOF axis.requests LANGUAGE sql SET request.jwt.claims = :'them'
    AS 'SELECT * FROM axis.requests';
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.requests();
COMMIT;

-- attempt: auth.set_claims()
BEGIN;
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: the same after an own login
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;

-- attempt: own claims, tenant => theirs
SELECT auth.set_claims(:'me', tenant => :'their_tenant') \g /dev/null
SELECT * FROM axis.requests;

-- attempt: auth.logout(), then SET LOCAL
SELECT auth.logout() \g /dev/null
SET LOCAL request.jwt.claims = :'them';
SELECT * FROM axis.requests;

-- attempt: SET LOCAL, then INSERT
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'them';
INSERT INTO axis.audit_logs (tenant_id, entry) VALUES (:'their_tenant', 'planted');
COMMIT;

-- attempt: SET LOCAL, then DELETE
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'them';
DELETE FROM axis.evidence_files;
COMMIT;

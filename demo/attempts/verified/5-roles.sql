-- Other roles, and no row security
-- control: as the administrator

-- attempt: SET ROLE, the administrator
BEGIN;
SET LOCAL ROLE :"administrator";
SELECT * FROM axis.requests;
COMMIT;

-- attempt: SET ROLE, the tables' owner
BEGIN;
SET LOCAL ROLE axis_owner;
ALTER TABLE axis.requests DISABLE ROW LEVEL SECURITY;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: SET SESSION AUTHORIZATION
BEGIN;
SET LOCAL SESSION AUTHORIZATION :"administrator";
SELECT * FROM axis.requests;
COMMIT;

-- attempt: RESET SESSION AUTHORIZATION
SELECT * FROM axis.requests \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT * FROM axis.requests;

-- attempt: RESET ROLE
RESET ROLE;
SELECT * FROM axis.requests;

-- attempt: SET ROLE NONE, logout
SET LOCAL ROLE NONE;
SELECT auth.logout() \g /dev/null
SELECT * FROM axis.requests;

-- attempt: ALTER ROLE … BYPASSRLS
BEGIN;
ALTER ROLE axis_app BYPASSRLS;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: GRANT of the tables' owner
BEGIN;
GRANT axis_owner TO axis_app;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: ALTER TABLE … DISABLE
BEGIN;
ALTER TABLE axis.requests DISABLE ROW LEVEL SECURITY;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: DROP POLICY
BEGIN;
DROP POLICY tenancy_floor ON axis.requests;
SELECT :i_log_in \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: tenancy.unprotect()
BEGIN;
SELECT tenancy.unprotect('axis.requests') \g /dev/null
SELECT :i_log_in \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

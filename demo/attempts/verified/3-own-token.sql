-- An own token, and more asked of it than it says
-- control: with their own token

-- attempt: login, tenant => theirs
BEGIN;
SELECT auth.login(:'token', tenant => :'their_tenant') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: login, their claims beside it
BEGIN;
SELECT auth.login(:'token') \g /dev/null
SET LOCAL request.jwt.claims = :'them';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: SET, their claims beside it
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'them';
SET LOCAL pg_tenancy.token = :'token';
SELECT * FROM axis.requests;
COMMIT;

-- attempt: login, then INSERT for them
BEGIN;
SELECT auth.login(:'token') \g /dev/null
INSERT INTO axis.audit_logs (tenant_id, entry) VALUES (:'their_tenant', 'planted');
COMMIT;

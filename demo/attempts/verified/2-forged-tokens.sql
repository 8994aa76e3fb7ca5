-- Forged tokens, and tokens of theirs that are no good
-- control: with their own token
-- each with every forged token

-- attempt: login
BEGIN;
SELECT auth.login(:'token') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: SET
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL pg_tenancy.token = :'token';
SELECT * FROM axis.requests;
COMMIT;

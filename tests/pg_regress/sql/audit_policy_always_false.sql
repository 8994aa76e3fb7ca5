-- Rule policy_always_false: a policy that is never true.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, DELETE ON audited.docs TO authenticated;

CREATE POLICY own ON audited.docs TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY no_delete ON audited.docs FOR DELETE TO authenticated USING (false);
CREATE POLICY never ON audited.docs FOR INSERT TO authenticated WITH CHECK (1 = 2 AND tenant_id = auth.tenant_id());
CREATE POLICY closed ON audited.docs AS RESTRICTIVE FOR UPDATE USING (NOT true);
SELECT level, object, message, detail FROM test.findings('policy_always_false');
-- The first takes nothing from what another lets in
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
DELETE FROM audited.docs RETURNING *;
ROLLBACK TO mine;

-- Not these
DROP POLICY no_delete ON audited.docs; DROP POLICY never ON audited.docs; DROP POLICY closed ON audited.docs;
CREATE POLICY sometimes ON audited.docs USING (false OR tenant_id = 'acme');
CREATE POLICY inside ON audited.docs USING (NOT EXISTS (SELECT FROM audited.docs WHERE false));
SELECT level, object, message, detail FROM test.findings('policy_always_false');

-- Without an expression a permissive policy lets nobody in, and a RESTRICTIVE one keeps nobody out
DROP POLICY sometimes ON audited.docs; DROP POLICY inside ON audited.docs; DROP POLICY own ON audited.docs;
CREATE POLICY empty ON audited.docs TO authenticated;
CREATE POLICY empty_floor ON audited.docs AS RESTRICTIVE;
SELECT level, object, message, detail FROM test.findings('policy_always_false');
INSERT INTO audited.docs VALUES (1, 'acme');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE POLICY own ON audited.docs TO authenticated USING (tenant_id = 'acme');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM audited.docs;
ROLLBACK;

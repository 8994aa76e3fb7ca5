-- Rule write_check_missing: rows may be written anywhere.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON audited.docs TO authenticated;

CREATE POLICY moved ON audited.docs FOR UPDATE USING (tenant_id = auth.tenant_id()) WITH CHECK (true);
CREATE POLICY made ON audited.docs FOR INSERT WITH CHECK (auth.user_id() IS NOT NULL);
CREATE POLICY both_arms ON audited.docs USING (tenant_id = (SELECT auth.tenant_id())) WITH CHECK (auth.has_role('editor'));
SELECT level, object, detail, fix FROM test.findings('write_check_missing');
-- A row is given away; after the mend it is not
SAVEPOINT mine;
CREATE POLICY seen ON audited.docs FOR SELECT USING (true);
INSERT INTO audited.docs VALUES (1, 'acme');
SAVEPOINT before;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
UPDATE audited.docs SET tenant_id = 'blue' RETURNING tenant_id;
ROLLBACK TO before;
SELECT test.mend('write_check_missing');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme"}';
SELECT code, message FROM test.error($$UPDATE audited.docs SET tenant_id = 'blue'$$);
ROLLBACK TO mine;

-- USING is the check where there is none; a check of its own may name the column otherwise
DROP POLICY moved ON audited.docs; DROP POLICY made ON audited.docs; DROP POLICY both_arms ON audited.docs;
CREATE POLICY only_using ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY update_using ON audited.docs FOR UPDATE USING (tenant_id = auth.tenant_id());
CREATE POLICY checked ON audited.docs FOR INSERT WITH CHECK (tenant_id = auth.tenant_id() AND auth.has_role('editor'));
CREATE POLICY two ON audited.docs USING (id > 0 AND tenant_id = auth.tenant_id()) WITH CHECK (tenant_id = ANY (auth.tenant_ids()));
CREATE POLICY never ON audited.docs FOR UPDATE USING (tenant_id = auth.tenant_id()) WITH CHECK (false);
SELECT level, object FROM test.findings('write_check_missing');
-- Nor where a floor has a check
CREATE POLICY moved ON audited.docs FOR UPDATE USING (tenant_id = auth.tenant_id()) WITH CHECK (true);
SELECT level, object FROM test.findings('write_check_missing');
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('write_check_missing');
ALTER POLICY floor ON audited.docs WITH CHECK (true);
SELECT level, object FROM test.findings('write_check_missing');
-- The check is of something else than what the policy goes by
DROP POLICY floor ON audited.docs;
DROP POLICY moved ON audited.docs;
ALTER TABLE audited.docs ADD user_id text, ADD state text;
CREATE POLICY state ON audited.docs USING (tenant_id = auth.tenant_id()) WITH CHECK (state <> 'paid');
CREATE POLICY author ON audited.docs USING (tenant_id = auth.tenant_id()) WITH CHECK (user_id = auth.user_id());
CREATE POLICY not_false ON audited.docs USING (tenant_id = auth.tenant_id()) WITH CHECK ((tenant_id = auth.tenant_id()) IS NOT FALSE);
SELECT level, object, message, fix FROM test.findings('write_check_missing');
DROP POLICY state ON audited.docs; DROP POLICY author ON audited.docs; DROP POLICY not_false ON audited.docs;
-- A colleague may be given what is the tenant's; a function of the user's own may lead there
CREATE FUNCTION audited.may(text) RETURNS boolean LANGUAGE sql STABLE RETURN $1 <> '';
CREATE POLICY given ON audited.docs USING (user_id = auth.user_id()) WITH CHECK (tenant_id = auth.tenant_id());
CREATE POLICY led ON audited.docs USING (tenant_id = auth.tenant_id()) WITH CHECK (audited.may(state));
SELECT level, object FROM test.findings('write_check_missing');
DROP POLICY given ON audited.docs; DROP POLICY led ON audited.docs;
-- No fix makes a check of what ties nothing
CREATE POLICY loose ON audited.docs USING (tenant_id <> '') WITH CHECK (true);
SELECT level, object, fix FROM test.findings('write_check_missing');
-- Nobody may write
REVOKE INSERT, UPDATE ON audited.docs FROM authenticated;
SELECT level, object FROM test.findings('write_check_missing');
ROLLBACK;

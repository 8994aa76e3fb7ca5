-- Rule inverted_check: whoever is nobody is let in.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, org uuid);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON audited.docs TO authenticated;

CREATE POLICY is_null ON audited.docs USING (auth.user_id() IS NULL OR tenant_id = auth.tenant_id());
CREATE POLICY wrapped ON audited.docs USING (tenant_id = auth.tenant_id() OR (SELECT auth.user_id()) IS NULL);
CREATE POLICY all_wrapped ON audited.docs USING ((SELECT auth.user_id() IS NULL) OR tenant_id = auth.tenant_id());
CREATE POLICY empty ON audited.docs USING (COALESCE(current_setting('app.tenant', true), '') = '' OR tenant_id = current_setting('app.tenant', true));
CREATE POLICY turned_round ON audited.docs USING ('' = current_setting('app.tenant') OR tenant_id = current_setting('app.tenant'));
CREATE POLICY no_text ON audited.docs USING (NULLIF(current_setting('app.tenant', true), '') IS NULL OR tenant_id = current_setting('app.tenant'));
CREATE POLICY coalesced ON audited.docs USING (tenant_id = COALESCE(auth.tenant_id(), tenant_id));
CREATE POLICY both_arms ON audited.docs USING ((auth.user_id() IS NULL AND current_setting('app.tenant', true) IS NULL) OR tenant_id = auth.tenant_id());
CREATE POLICY deep ON audited.docs USING (id > 0 AND ((id = 5 OR auth.user_id() IS NULL) OR tenant_id = auth.tenant_id()));
CREATE POLICY checked ON audited.docs FOR INSERT WITH CHECK (auth.user_id() IS NULL OR tenant_id = auth.tenant_id());
SELECT level, object, detail FROM test.findings('inverted_check');
-- It is so
SAVEPOINT mine;
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'blue');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '';
SET LOCAL app.tenant = 'none';
SELECT count(*) FROM audited.docs;
ROLLBACK TO mine;

-- These ask for something that is optional behind the tenant, or let nobody at rows that say so
DROP POLICY is_null ON audited.docs; DROP POLICY wrapped ON audited.docs; DROP POLICY all_wrapped ON audited.docs; DROP POLICY empty ON audited.docs;
DROP POLICY turned_round ON audited.docs; DROP POLICY no_text ON audited.docs; DROP POLICY coalesced ON audited.docs; DROP POLICY both_arms ON audited.docs;
DROP POLICY deep ON audited.docs; DROP POLICY checked ON audited.docs;
CREATE POLICY behind ON audited.docs USING (tenant_id = auth.tenant_id() AND (auth.claim_text('section') IS NULL OR id::text = auth.claim_text('section')));
CREATE POLICY same_asked ON audited.docs USING (auth.user_id() IS NOT NULL AND (auth.user_id() IS NULL OR tenant_id = auth.tenant_id()));
CREATE POLICY not_null ON audited.docs USING (auth.user_id() IS NOT NULL AND tenant_id = auth.tenant_id());
CREATE POLICY global ON audited.docs USING (tenant_id IS NULL OR tenant_id = auth.tenant_id());
CREATE POLICY visitors ON audited.docs USING ((auth.user_id() IS NULL AND id < 10) OR tenant_id = auth.tenant_id());
CREATE POLICY negated ON audited.docs USING (NOT (auth.user_id() IS NULL OR tenant_id <> auth.tenant_id()));
CREATE POLICY otherwise ON audited.docs USING (tenant_id = COALESCE(auth.tenant_id(), 'acme'));
SELECT level, object, detail FROM test.findings('inverted_check');

-- Under a floor it opens nothing; as a floor it holds nothing
CREATE POLICY is_null ON audited.docs USING (auth.user_id() IS NULL OR tenant_id = auth.tenant_id());
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('inverted_check');
ALTER POLICY floor ON audited.docs USING (auth.user_id() IS NULL OR tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('inverted_check');
ROLLBACK;

-- Rule client_writable_claim: what users write themselves decides.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE SCHEMA neon_auth AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE neon_auth.organization (id uuid PRIMARY KEY, slug text, metadata text);
CREATE TABLE neon_auth.member ("organizationId" uuid, "userId" text, role text);
CREATE TABLE audited.docs (id int, tenant_id text, user_id text, user_metadata jsonb);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;

-- In every way to take a claim, in a check, behind a function, and in the provider's tables
CREATE POLICY by_claim ON audited.docs USING (tenant_id = auth.claim_text('user_metadata', 'tenant'));
CREATE POLICY by_array ON audited.docs USING (tenant_id = auth.claim_text(VARIADIC '{user_metadata,tenant}'));
CREATE POLICY by_arrow ON audited.docs USING (tenant_id = (SELECT auth.jwt()) -> 'unsafe_metadata' ->> 'tenant');
CREATE POLICY by_path ON audited.docs USING (tenant_id = current_setting('request.jwt.claims', true)::json #>> '{user_metadata,tenant}');
CREATE POLICY by_subscript ON audited.docs USING ('"admin"' = (auth.jwt())['https://acme.example/user_metadata']['role']);
CREATE POLICY by_setting ON audited.docs USING (tenant_id = current_setting('request.jwt.claim.user_metadata', true)::jsonb ->> 'tenant');
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK (auth.claim_text('user_metadata', 'role') = 'editor');
CREATE POLICY gate ON audited.docs AS RESTRICTIVE USING (auth.claim('user_metadata', 'blocked') IS NULL);
CREATE FUNCTION audited.my_tenant() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() -> 'user_metadata' ->> 'tenant' $$;
CREATE FUNCTION audited.my_plan() RETURNS text LANGUAGE sql STABLE RETURN auth.claim_text('user_metadata', 'plan');
CREATE POLICY by_function ON audited.docs USING (tenant_id = (SELECT audited.my_tenant()) AND audited.my_plan() = 'pro');
CREATE POLICY by_column ON audited.docs USING (EXISTS (SELECT FROM neon_auth.member m JOIN neon_auth.organization o ON o.id = m."organizationId"
    WHERE m."userId" = auth.user_id() AND o.slug = docs.tenant_id AND o.metadata::jsonb ->> 'plan' = 'pro'));
SELECT level, object, detail FROM test.findings('client_writable_claim');

-- What the provider keeps to itself, a key of that name in a row, and columns beside those
DROP POLICY by_claim ON audited.docs;
DROP POLICY by_array ON audited.docs;
DROP POLICY by_arrow ON audited.docs;
DROP POLICY by_path ON audited.docs;
DROP POLICY by_subscript ON audited.docs;
DROP POLICY by_setting ON audited.docs;
DROP POLICY in_check ON audited.docs;
DROP POLICY gate ON audited.docs;
DROP POLICY by_function ON audited.docs;
DROP POLICY by_column ON audited.docs;
CREATE POLICY by_app ON audited.docs USING (tenant_id = auth.claim_text('app_metadata', 'tenant') AND tenant_id = auth.jwt() -> 'publicMetadata' ->> 'tenant');
CREATE POLICY by_row ON audited.docs USING (user_metadata ->> 'user_metadata' = auth.user_id() AND '{"user_metadata": 1}'::jsonb ->> auth.user_id() = 'user_metadata');
CREATE POLICY by_members ON audited.docs USING (tenant_id = ANY (ARRAY(SELECT o.slug FROM neon_auth.member m JOIN neon_auth.organization o ON o.id = m."organizationId"
    WHERE m."userId" = auth.user_id() AND m.role = 'owner')));
SELECT level, object, detail FROM test.findings('client_writable_claim');
ROLLBACK;

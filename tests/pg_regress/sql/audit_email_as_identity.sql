-- Rule email_as_identity: an address tells who is calling.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, owner_email text, profile jsonb);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;

CREATE POLICY by_reader ON audited.docs USING (lower(owner_email) = lower(auth.email()));
CREATE POLICY by_claim ON audited.docs USING (owner_email = (SELECT auth.jwt() ->> 'email') OR owner_email = auth.claim_text('preferred_username'));
CREATE POLICY by_setting ON audited.docs FOR INSERT WITH CHECK (owner_email IN (SELECT current_setting('request.jwt.claim.phone_number', true)));
CREATE POLICY by_domain ON audited.docs USING (auth.email() LIKE '%@acme.example');
SELECT level, object, detail FROM test.findings('email_as_identity');

-- Whether there is one, whether it was verified, and the row's own
DROP POLICY by_reader ON audited.docs;
DROP POLICY by_claim ON audited.docs;
DROP POLICY by_setting ON audited.docs;
DROP POLICY by_domain ON audited.docs;
CREATE POLICY is_there ON audited.docs USING (auth.email() IS NOT NULL AND id > 0);
CREATE POLICY verified ON audited.docs USING ((auth.jwt() ->> 'email_verified')::boolean AND auth.claim_text('emailVerified') = 'true');
CREATE POLICY of_row ON audited.docs USING (profile ->> 'email' = 'public' AND profile ->> 'sub' = auth.user_id());
SELECT level, object, detail FROM test.findings('email_as_identity');
ROLLBACK;

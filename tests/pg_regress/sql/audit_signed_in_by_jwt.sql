-- Rule signed_in_by_jwt: whoever has claims is taken to be signed in.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.docs VALUES (1, 'ann');
GRANT SELECT ON audited.docs TO anonymous;

CREATE POLICY by_jwt ON audited.docs FOR SELECT USING (auth.jwt() IS NOT NULL);
CREATE POLICY by_session ON audited.docs FOR UPDATE TO anonymous, authenticated USING (id > 0 AND NOT (SELECT auth.session()) IS NULL);
CREATE POLICY by_setting ON audited.docs FOR INSERT WITH CHECK (NULLIF(current_setting('request.jwt.claims', true), '')::jsonb IS NOT NULL);
SELECT level, object, detail FROM test.findings('signed_in_by_jwt');
-- What a gateway sets for a visitor is enough
RESET ROLE;
SELECT set_config('request.jwt.claims', '{"role": "anonymous"}', true);
SET LOCAL ROLE anonymous;
SELECT count(*) FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- A claim that only those have who are signed in; the role of those alone; claims that are missing
DROP POLICY by_jwt ON audited.docs;
DROP POLICY by_session ON audited.docs;
DROP POLICY by_setting ON audited.docs;
CREATE POLICY by_user ON audited.docs FOR SELECT USING (auth.user_id() IS NOT NULL AND auth.jwt() ->> 'sub' IS NOT NULL AND auth.claim('sub') IS NOT NULL);
CREATE POLICY by_role ON audited.docs FOR SELECT TO authenticated USING (auth.jwt() IS NOT NULL);
CREATE POLICY by_absence ON audited.docs FOR SELECT USING (auth.jwt() IS NULL AND user_id IS NOT NULL);
SELECT level, object, detail FROM test.findings('signed_in_by_jwt');
DROP POLICY by_absence ON audited.docs;
RESET ROLE;
SET LOCAL ROLE anonymous;
SELECT count(*) FROM audited.docs;
ROLLBACK;

-- Rule pattern_on_claim: what the caller says is a pattern.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.files (id int, tenant_id text, path text, id_pattern text);
ALTER TABLE audited.files ENABLE ROW LEVEL SECURITY;
INSERT INTO audited.files VALUES (1, 'b', 'bob/plan');
GRANT SELECT ON audited.files TO authenticated;

CREATE POLICY by_like ON audited.files USING (path LIKE auth.user_id() || '/%');
CREATE POLICY by_ilike ON audited.files USING (path ILIKE (SELECT auth.claim_text('folder')) ESCAPE '!');
CREATE POLICY by_any ON audited.files USING (path LIKE ANY (auth.roles()));
CREATE POLICY by_regex ON audited.files USING (path ~ ('^' || (auth.jwt() ->> 'folder')) OR regexp_like(path, current_setting('app.folder', true)));
CREATE POLICY by_similar ON audited.files FOR INSERT WITH CHECK (path SIMILAR TO auth.user_id() || '/%');
CREATE POLICY by_position ON audited.files USING (position(auth.tenant_id() IN path) > 0);
CREATE POLICY by_prefix ON audited.files USING (path ^@ auth.tenant_id() OR starts_with(path, auth.user_id()));
SELECT level, object, detail FROM test.findings('pattern_on_claim');
-- Who is called % reads bob's
RESET ROLE;
SELECT FROM test.caller('{"sub": "%"}');
SELECT path FROM audited.files;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- A pattern of the policy's, or of the row's; a uuid or a number; one that is escaped, or goes to its end; what a table has
DROP POLICY by_like ON audited.files;
DROP POLICY by_ilike ON audited.files;
DROP POLICY by_any ON audited.files;
DROP POLICY by_regex ON audited.files;
DROP POLICY by_similar ON audited.files;
DROP POLICY by_position ON audited.files;
DROP POLICY by_prefix ON audited.files;
CREATE POLICY of_policy ON audited.files USING (path LIKE 'public/%' AND auth.user_id() ~ '^[a-z]+$');
CREATE POLICY of_row ON audited.files USING (auth.user_id() LIKE id_pattern);
CREATE POLICY of_uuid ON audited.files USING (path LIKE auth.tenant_uuid() || '/%' AND path LIKE (auth.jwt() ->> 'org')::uuid || '/%');
CREATE POLICY escaped ON audited.files USING (path LIKE regexp_replace(auth.user_id(), '([\\%_])', '\\\1', 'g') || '/%');
CREATE POLICY to_its_end ON audited.files USING (starts_with(path, auth.user_id() || '/'));
CREATE POLICY of_table ON audited.files USING (path LIKE (SELECT min(f.path) FROM audited.files f WHERE f.tenant_id = auth.tenant_id()));
CREATE POLICY equal ON audited.files USING (split_part(path, '/', 1) = auth.user_id());
SELECT level, object, detail FROM test.findings('pattern_on_claim');
DROP POLICY of_table ON audited.files;
RESET ROLE;
SELECT FROM test.caller('{"sub": "%"}');
SELECT path FROM audited.files;
ROLLBACK;

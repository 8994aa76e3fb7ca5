-- Rule policy_recursion: a policy of which the sub-select leads back to its own table. What is found here is also what Postgres says.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
CREATE FUNCTION audited.says(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE authenticated;
    EXECUTE statement;
    RESET ROLE;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END $$;
CREATE TABLE audited.docs (id int, tenant_id text);
CREATE TABLE audited.members (tenant_id text, user_id text);
CREATE TABLE audited.tenants (tenant_id text);
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA audited TO authenticated;
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.tenants ENABLE ROW LEVEL SECURITY;
\set found 'SELECT level, object, detail FROM test.findings(''policy_recursion'') ORDER BY object;'
\set read 'SELECT audited.says(''SELECT FROM audited.docs'');'

-- A table that reads itself
CREATE POLICY members ON audited.members USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()));
:found
SELECT audited.says('SELECT FROM audited.members');
-- Queries of another table that asks it fail too; the mend is not there
CREATE POLICY own ON audited.docs FOR SELECT USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id));
:found
-- Without row security there is nothing to lead back to
ALTER TABLE audited.members DISABLE ROW LEVEL SECURITY;
:found
:read
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
-- Memberships that go by their user alone end it
ALTER POLICY members ON audited.members USING (user_id = auth.user_id());
:found
:read
-- Two and three tables
ALTER POLICY members ON audited.members USING (EXISTS (SELECT FROM audited.docs d WHERE d.tenant_id = members.tenant_id));
:found
:read
ALTER POLICY members ON audited.members USING (EXISTS (SELECT FROM audited.tenants));
CREATE POLICY back ON audited.tenants USING (EXISTS (SELECT FROM audited.docs));
:found
:read
-- For one role only, it is so for that; not of roles that nobody has together
ALTER POLICY back ON audited.tenants TO anonymous;
:found
ALTER POLICY own ON audited.docs TO authenticated;
:found
CREATE POLICY plain ON audited.tenants TO authenticated USING (tenant_id = auth.tenant_id());
:read
DROP POLICY back ON audited.tenants;
DROP POLICY members ON audited.members;

-- What reads are not asked for, reads do not meet; the check of an INSERT that reads its own table meets the policies for SELECT
DROP POLICY own ON audited.docs;
CREATE POLICY own ON audited.docs FOR SELECT USING (tenant_id = auth.tenant_id());
CREATE POLICY made ON audited.docs FOR INSERT WITH CHECK (NOT EXISTS (SELECT FROM audited.docs d WHERE d.id = docs.id) AND tenant_id = auth.tenant_id());
:found
SELECT audited.says('INSERT INTO audited.docs VALUES (1, NULL)');
-- and is a recursion to Postgres where these have a sub-select, of whatever
ALTER POLICY own ON audited.docs USING (tenant_id = (SELECT auth.tenant_id()));
:found
SELECT audited.says('INSERT INTO audited.docs VALUES (1, NULL)');
:read
-- A function that is SECURITY DEFINER is the way out
CREATE FUNCTION audited.exists(doc int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT EXISTS (SELECT FROM audited.docs WHERE id = doc)';
ALTER POLICY made ON audited.docs WITH CHECK (NOT audited.exists(id) AND tenant_id = auth.tenant_id());
:found
SELECT audited.says('INSERT INTO audited.docs VALUES (1, NULL)');

-- A policy that is added to a protected parent and reads its protected children, which ask for their parents
SET LOCAL client_min_messages = warning;
DROP SCHEMA audited CASCADE;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.parents (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.children (id int, parent_id int NOT NULL REFERENCES audited.parents);
SELECT count(*) > 0 FROM tenancy.protect('audited.parents');
SELECT count(*) > 0 FROM tenancy.protect('audited.children', 'via_parent');
:found
CREATE POLICY shared ON audited.parents FOR SELECT USING (EXISTS (SELECT FROM audited.children c WHERE c.parent_id = parents.id));
:found
SET LOCAL ROLE authenticated;
SELECT message FROM test.error('SELECT FROM audited.parents');
ROLLBACK;

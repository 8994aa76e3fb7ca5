-- Rule correlated_call: (SELECT f() = column).
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;

-- As Drizzle's helper writes it, with the call on either side, deep in the expression, and in a check
CREATE POLICY correlated ON audited.docs USING ((SELECT auth.user_id() = user_id));
CREATE POLICY turned_round ON audited.docs USING ((SELECT user_id = auth.user_id()));
CREATE POLICY deep ON audited.docs USING (id > 0 AND (id < 0 OR (SELECT COALESCE(lower(current_setting('app.user', true)), '') = lower(user_id))));
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK ((SELECT auth.tenant_uuid() = tenant_id));
SELECT level, object, detail FROM test.findings('correlated_call');

-- The comparison outside is not meant, nor a sub-select without a call, nor one that reads a table
DROP POLICY correlated ON audited.docs;
DROP POLICY turned_round ON audited.docs;
DROP POLICY deep ON audited.docs;
DROP POLICY in_check ON audited.docs;
CREATE POLICY wrapped ON audited.docs USING (user_id = (SELECT auth.user_id()));
CREATE POLICY bare ON audited.docs USING (user_id = auth.user_id());
CREATE POLICY without_call ON audited.docs USING ((SELECT user_id = 'ann'));
CREATE POLICY by_table ON audited.docs USING (EXISTS (SELECT FROM audited.docs d WHERE d.id = docs.id AND d.user_id = auth.user_id()));
SELECT level, object, detail FROM test.findings('correlated_call');
ROLLBACK;

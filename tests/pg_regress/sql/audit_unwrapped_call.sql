-- Rule unwrapped_call: a call for each row.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE SEQUENCE audited.calls;
CREATE FUNCTION audited."Who"() RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM nextval(''audited.calls''); RETURN ''ann''; END';
CREATE FUNCTION audited.teams() RETURNS uuid[] LANGUAGE sql STABLE AS 'SELECT NULL::uuid[]';
CREATE FUNCTION audited.plan(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION audited.constant() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''ann''::text';
CREATE TABLE audited.members (user_id text, tenant_id uuid);

CREATE POLICY bare ON audited.docs USING (user_id = audited."Who"());
CREATE POLICY in_check ON audited.docs FOR UPDATE USING (user_id = (SELECT audited."Who"())) WITH CHECK (id > 0 AND audited."Who"() = user_id);
-- One that is wrapped hides no other
CREATE POLICY once_wrapped ON audited.docs FOR SELECT USING (user_id = (SELECT audited."Who"()) OR lower(user_id) = lower(audited."Who"()));
CREATE POLICY setting ON audited.docs FOR SELECT USING (user_id = current_setting('app.user', true));
CREATE POLICY an_array ON audited.docs FOR SELECT USING (tenant_id = ANY (audited.teams()));
CREATE POLICY with_argument ON audited.docs FOR SELECT USING (audited.plan('gold') = user_id);
CREATE POLICY "A text" ON audited.docs FOR SELECT USING (user_id = audited."Who"() AND user_id <> ' audited."Who"()');
CREATE POLICY correlated_with_table ON audited.docs FOR SELECT USING (EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = docs.tenant_id AND m.user_id = audited."Who"()));
SELECT level, object, message, detail, fix FROM test.findings('unwrapped_call');

-- Those made once, those of constants, those that take a column, those of another rule
CREATE POLICY wrapped ON audited.docs FOR SELECT USING (user_id = (SELECT audited."Who"()) AND user_id = (SELECT lower(current_setting('app.user', true))));
CREATE POLICY of_constant ON audited.docs FOR SELECT USING (user_id = audited.constant());
CREATE POLICY of_row ON audited.docs FOR SELECT USING (audited.plan(user_id) = 'gold');
CREATE POLICY correlated ON audited.docs FOR SELECT USING ((SELECT audited."Who"() = user_id));
CREATE POLICY by_list ON audited.docs FOR SELECT USING (tenant_id IN (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = audited."Who"()));
CREATE POLICY of_postgres ON audited.docs FOR SELECT USING (id < date_part('year', now()));
SELECT object FROM test.findings('unwrapped_call') WHERE object ~ '^policy (wrapped|of_constant|of_row|correlated|by_list|of_postgres) on';

-- Mended, it is called once
DROP POLICY once_wrapped ON audited.docs;
DROP POLICY setting ON audited.docs;
DROP POLICY an_array ON audited.docs;
DROP POLICY with_argument ON audited.docs;
DROP POLICY "A text" ON audited.docs;
DROP POLICY correlated_with_table ON audited.docs;
DROP POLICY wrapped ON audited.docs;
DROP POLICY of_constant ON audited.docs;
DROP POLICY of_row ON audited.docs;
DROP POLICY correlated ON audited.docs;
DROP POLICY by_list ON audited.docs;
DROP POLICY of_postgres ON audited.docs;
INSERT INTO audited.docs SELECT n, NULL, 'ann' FROM generate_series(1, 100) n;
GRANT USAGE ON SCHEMA audited TO authenticated;
GRANT SELECT ON audited.docs TO authenticated;
GRANT USAGE ON SEQUENCE audited.calls TO authenticated;
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM audited.docs;
RESET ROLE;
SELECT last_value >= 100 AS once_per_row FROM audited.calls;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('unwrapped_call');
ALTER SEQUENCE audited.calls RESTART;
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM audited.docs;
RESET ROLE;
SELECT last_value <= 3 AS once FROM audited.calls;
ROLLBACK;

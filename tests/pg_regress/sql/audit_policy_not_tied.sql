-- Rule policy_not_tied: a policy that lets rows in without tying them to the caller.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated, anonymous;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text, user_id text, deleted_at date, status text, is_public boolean, team int);
CREATE TABLE audited.lookup (id int, deleted_at date);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.lookup ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.docs, audited.lookup TO authenticated;
INSERT INTO audited.docs VALUES (1, 'blue', 'bob', NULL, 'draft', false);
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
CREATE POLICY not_deleted ON audited.docs FOR SELECT USING (deleted_at IS NULL);
CREATE POLICY of_lookup ON audited.lookup FOR SELECT USING (deleted_at IS NULL);
SELECT * FROM test.findings('policy_not_tied');
-- It is so
SELECT test.caller('{"sub": "ann", "tenant_id": "acme"}') \g /dev/null
SELECT id FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- As a RESTRICTIVE policy, or under one, it does what was meant
SAVEPOINT mine;
DROP POLICY not_deleted ON audited.docs;
CREATE POLICY not_deleted ON audited.docs AS RESTRICTIVE FOR SELECT USING (deleted_at IS NULL);
SELECT level, object FROM test.findings('policy_not_tied');
ROLLBACK TO mine;
CREATE POLICY floor ON audited.docs AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_not_tied');
ROLLBACK TO mine;

-- What is published by its name may be meant for all
ALTER POLICY not_deleted ON audited.docs USING (is_public);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (status = 'published');
SELECT level, object FROM test.findings('policy_not_tied');

-- Written to, it is no matter of taste
CREATE POLICY open ON audited.docs FOR UPDATE USING (status = 'open');
CREATE POLICY planted ON audited.docs FOR INSERT WITH CHECK (length(status) < 10);
SELECT level, object, message FROM test.findings('policy_not_tied');
GRANT INSERT, UPDATE ON audited.docs TO authenticated;
SELECT level, object, message FROM test.findings('policy_not_tied');
DROP POLICY open ON audited.docs;
DROP POLICY planted ON audited.docs;

-- Not meant: who asks the caller, a table, a function of their own, or whose the row is
CREATE FUNCTION audited.may(int) RETURNS boolean LANGUAGE sql STABLE RETURN $1 > 0;
ALTER POLICY not_deleted ON audited.docs USING (team = auth.claim_text('team')::int);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (id IN (SELECT id FROM audited.lookup));
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (audited.may(id));
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (tenant_id IS NULL);
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY not_deleted ON audited.docs USING (status = current_user);
SELECT level, object FROM test.findings('policy_not_tied');
DROP POLICY not_deleted ON audited.docs;

-- What is found of a policy for SELECT with this condition
CREATE TABLE audited.members (tenant_id text, user_id text, role text);
CREATE TABLE audited.operators (user_id text PRIMARY KEY);
CREATE TABLE audited.items (id int, tenant_id text, user_id text, level int, is_public boolean, readers text[], meta jsonb, body text);
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.items ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.members USING (user_id = auth.user_id());
GRANT SELECT, UPDATE ON audited.items TO authenticated;
CREATE FUNCTION audited.found(conditions text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    condition text;
BEGIN
    FOREACH condition IN ARRAY conditions LOOP
        EXECUTE format('CREATE POLICY p ON audited.items FOR SELECT USING (%s)', condition);
        RETURN NEXT concat_ws('|', COALESCE((SELECT f.level || '|' || f.message FROM test.findings('policy_not_tied') f WHERE f.object = 'policy p on audited.items'), '-'), condition);
        DROP POLICY p ON audited.items;
    END LOOP;
END $$;
-- Arms of an OR
SELECT audited.found('{"auth.has_role(''admin'') OR tenant_id = auth.tenant_id()", "tenant_id = auth.tenant_id() OR level > 3", "tenant_id = auth.tenant_id() AND is_public OR body IS NOT NULL",
    "is_public OR tenant_id = auth.tenant_id()", "NOT is_public OR tenant_id = auth.tenant_id()", "is_public = false OR tenant_id = auth.tenant_id()",
    "EXISTS (SELECT FROM audited.members m WHERE m.user_id = auth.user_id() AND m.role = ''admin'') OR tenant_id = auth.tenant_id()",
    "current_user = ''authenticated'' OR tenant_id = auth.tenant_id()", "user_id IS NULL OR user_id = auth.user_id()"}');
-- The caller and the row, and nothing that makes them equal
SELECT audited.found('{"auth.user_id() IS NOT NULL AND user_id IS NOT NULL", "tenant_id <> auth.tenant_id()", "tenant_id >= auth.tenant_id()", "(tenant_id, id) >= (auth.tenant_id(), 0)",
    "NOT tenant_id = auth.tenant_id()", "NOT (tenant_id = auth.tenant_id() AND level > 0)", "(tenant_id = auth.claim_text(''org'')) IS NOT FALSE", "(tenant_id <> auth.claim_text(''org'')) IS NOT TRUE",
    "COALESCE(tenant_id = auth.claim_text(''org''), true)", "CASE WHEN auth.claim_text(''org'') IS NULL THEN true ELSE tenant_id = auth.claim_text(''org'') END",
    "CASE WHEN user_id IS NULL THEN tenant_id = auth.tenant_id() ELSE true END", "tenant_id = CASE WHEN auth.claim_text(''org'') IS NULL THEN tenant_id ELSE auth.claim_text(''org'') END",
    "tenant_id = ANY (ARRAY[tenant_id, auth.tenant_id()])", "tenant_id <= tenant_id", "readers <@ ARRAY[auth.user_id()]", "auth.jwt() @> meta",
    "NOT EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = items.tenant_id AND m.user_id = auth.user_id() AND m.role = ''banned'')",
    "tenant_id = ALL (SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id())",
    "EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = items.tenant_id OR m.user_id = auth.user_id())", "tenant_id <> ''''"}');
-- What ties, or may
SELECT audited.found('{"(SELECT tenant_id = auth.tenant_id() AND level > 0)", "NOT (level > 3 OR tenant_id <> auth.tenant_id())", "(tenant_id = auth.tenant_id()) IS TRUE", "NOT ((tenant_id = auth.tenant_id()) IS NOT TRUE)",
    "COALESCE(tenant_id = auth.tenant_id(), false)", "tenant_id IS NOT DISTINCT FROM auth.tenant_id()", "CASE WHEN tenant_id <> auth.tenant_id() THEN false ELSE level > 0 END",
    "CASE WHEN level > 3 THEN tenant_id = auth.tenant_id() END", "tenant_id >= auth.tenant_id() AND tenant_id <= auth.tenant_id()",
    "(SELECT count(*) FROM audited.members m WHERE m.tenant_id = items.tenant_id AND m.user_id = auth.user_id()) > 0",
    "(SELECT m.role FROM audited.members m WHERE m.tenant_id = items.tenant_id AND m.user_id = auth.user_id()) IS NOT NULL",
    "tenant_id IN (SELECT m.tenant_id FROM audited.members m)", "readers @> ARRAY[auth.user_id()]", "auth.user_id() = ANY (readers)", "ARRAY[tenant_id] <@ ARRAY[auth.tenant_id()]", "auth.jwt() ? tenant_id",
    "NOT EXISTS (SELECT FROM audited.members m WHERE m.tenant_id = items.tenant_id AND m.user_id <> auth.user_id())",
    "tenant_id IS NULL OR tenant_id = auth.tenant_id()", "audited.may(3) OR tenant_id = auth.tenant_id()", "audited.may(level)",
    "EXISTS (SELECT FROM audited.operators o WHERE o.user_id = auth.user_id()) OR tenant_id = auth.tenant_id()",
    "auth.user_id() IN (SELECT o.user_id FROM audited.operators o) OR tenant_id = auth.tenant_id()",
    "auth.role() = ''service_role'' OR tenant_id = auth.tenant_id()", "current_user = ''table_owner'' OR tenant_id = auth.tenant_id()"}');
-- Other rules say so already
SELECT audited.found('{"true", "auth.user_id() IS NOT NULL", "auth.user_id() IS NULL OR tenant_id = auth.tenant_id()", "tenant_id = ''demo'' OR tenant_id = auth.tenant_id()", "tenant_id IN (SELECT o.user_id FROM audited.operators o)"}');
-- Neither is it found below a floor, and a floor that ties nothing is none
CREATE POLICY read ON audited.items FOR SELECT USING (level > 3);
CREATE POLICY floor ON audited.items AS RESTRICTIVE USING (body <> 'deleted');
SELECT level, object FROM test.findings('policy_not_tied');
ALTER POLICY floor ON audited.items USING (body <> 'deleted' AND tenant_id = auth.tenant_id());
SELECT level, object FROM test.findings('policy_not_tied');

-- A milder word of another rule does not stand for an error
RESET ROLE;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.tickets (id int, tenant_id text, status text);
ALTER TABLE audited.tickets ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON audited.tickets TO authenticated;
CREATE POLICY open_or_ours ON audited.tickets USING (status = 'open' OR tenant_id = 'acme');
SELECT level, object FROM test.findings('literal_tenant') WHERE object LIKE '%tickets';
SELECT level, object FROM test.findings('policy_not_tied') WHERE object LIKE '%tickets';
ROLLBACK;

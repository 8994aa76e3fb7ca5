-- Rule volatile_in_policy: a function that is called whatever the index says.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, user_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audited.undeclared() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''ann''; END';
CREATE FUNCTION audited.same(text, text) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT $1 = $2';
CREATE OPERATOR audited.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = audited.same);
CREATE FUNCTION audited.declared() RETURNS text LANGUAGE sql STABLE AS 'SELECT ''ann''::text';
CREATE POLICY undeclared ON audited.docs USING (user_id = audited.undeclared() AND random() < 2);
CREATE POLICY in_check ON audited.docs FOR INSERT WITH CHECK (user_id = audited.undeclared());
CREATE POLICY operator ON audited.docs USING (user_id OPERATOR(audited.===) 'ann');
-- Declared, or called once
CREATE POLICY declared ON audited.docs USING (user_id = audited.declared());
CREATE POLICY wrapped ON audited.docs USING (user_id = (SELECT audited.undeclared()));
SELECT level, object, message, detail, fix FROM test.findings('volatile_in_policy');

-- An index does not serve it, and does once it is declared
ALTER TABLE audited.docs ADD PRIMARY KEY (user_id);
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
EXPLAIN (COSTS off) SELECT FROM audited.docs WHERE user_id = audited.undeclared();
ALTER FUNCTION audited.undeclared() STABLE;
ALTER FUNCTION audited.same(text, text) STABLE;
EXPLAIN (COSTS off) SELECT FROM audited.docs WHERE user_id = audited.undeclared();
SELECT object, detail FROM test.findings('volatile_in_policy');
ROLLBACK;

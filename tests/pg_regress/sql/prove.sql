-- tenancy.prove(): what holds is proved, what is open is found, what cannot be tried is said to be so, and nothing remains.
\pset null NULL
\pset format unaligned
\set VERBOSITY verbose
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA proved;
GRANT USAGE ON SCHEMA proved TO authenticated, anonymous;
CREATE TABLE proved.docs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text, title text, length int GENERATED ALWAYS AS (length(title)) STORED, "Odd {columns}%s" int);
INSERT INTO proved.docs (tenant_id, title) VALUES ('a', 'one'), ('a', 'two'), ('b', 'three');
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.docs');
RESET ROLE;
CREATE VIEW test.unproved AS SELECT caller, command, attempt, expected, regexp_replace(observed, '(\d{5}: ).*', '\1...') AS observed, passed FROM tenancy.prove('proved.docs') WHERE passed IS NOT true;

-- All of it
SELECT caller, command, attempt, expected, observed, passed FROM tenancy.prove('proved.docs');

-- Each hole is found by what goes through it, and by nothing else
SAVEPOINT holes;
ALTER TABLE proved.docs DISABLE ROW LEVEL SECURITY;
TABLE test.unproved;
ROLLBACK TO holes;
-- (The permissive policy alone opens nothing: the floor holds.)
CREATE POLICY oops ON proved.docs USING (true);
TABLE test.unproved;
DROP POLICY tenancy_floor ON proved.docs;
TABLE test.unproved;
ROLLBACK TO holes;
DROP POLICY tenancy_insert ON proved.docs;
CREATE POLICY tenancy_insert ON proved.docs FOR INSERT TO authenticated WITH CHECK (true);
DROP POLICY tenancy_floor ON proved.docs;
TABLE test.unproved;
ROLLBACK TO holes;
-- Nobody is asked to read for a DELETE that names no column
DROP POLICY tenancy_floor ON proved.docs;
CREATE POLICY oops ON proved.docs FOR DELETE USING (true);
TABLE test.unproved;
ROLLBACK TO holes;
DROP TRIGGER tenancy_keep_tenant ON proved.docs;
DROP POLICY tenancy_floor ON proved.docs;
DROP POLICY tenancy_update ON proved.docs;
CREATE POLICY tenancy_update ON proved.docs FOR UPDATE TO authenticated USING (tenant_id = auth.tenant_id()) WITH CHECK (true);
DROP POLICY tenancy_select ON proved.docs;
CREATE POLICY tenancy_select ON proved.docs FOR SELECT TO authenticated USING (tenant_id = auth.tenant_id() OR title = 'one');
TABLE test.unproved;
ROLLBACK TO holes;
DROP POLICY tenancy_gate ON proved.docs;
DROP POLICY tenancy_floor ON proved.docs;
GRANT ALL ON proved.docs TO anonymous;
CREATE POLICY oops ON proved.docs TO anonymous USING (true);
TABLE test.unproved;
ROLLBACK TO holes;

-- What takes all rows by writing the tenant into them; what only some rows are shown by; what some columns are granted for
DROP POLICY tenancy_floor ON proved.docs;
DROP TRIGGER tenancy_keep_tenant ON proved.docs;
DROP POLICY tenancy_update ON proved.docs;
CREATE POLICY tenancy_update ON proved.docs FOR UPDATE TO authenticated USING (true) WITH CHECK (tenant_id = auth.tenant_id());
SELECT attempt, observed FROM test.unproved WHERE caller LIKE 'a caller%';
ROLLBACK TO holes;
INSERT INTO proved.docs (tenant_id, title) VALUES ('b', 'secret');
DROP POLICY tenancy_floor ON proved.docs;
CREATE POLICY hole ON proved.docs FOR SELECT USING (title = 'secret');
SELECT attempt, observed FROM test.unproved WHERE caller LIKE 'a caller%';
ROLLBACK TO holes;
DROP POLICY tenancy_floor ON proved.docs;
REVOKE ALL ON proved.docs FROM authenticated;
GRANT SELECT, UPDATE (title) ON proved.docs TO authenticated;
CREATE POLICY hole ON proved.docs FOR UPDATE USING (true);
SELECT attempt, observed FROM test.unproved WHERE caller LIKE 'a caller%';
ROLLBACK TO holes;
-- With row_security off a refusal is none of a policy's
SET LOCAL row_security = off;
SELECT count(*) FILTER (WHERE passed) AS passed FROM tenancy.prove('proved.docs') WHERE command <> 'TRUNCATE' AND caller <> 'anonymous';
ROLLBACK TO holes;

-- Nobody sees anything: the control tells that nothing is proved by it
DROP POLICY tenancy_select ON proved.docs;
SELECT caller, command, attempt, expected, observed, passed FROM tenancy.prove('proved.docs') WHERE caller LIKE 'a caller%';
ROLLBACK TO holes;

-- Nothing remains: no row, no setting, no sequence's number
SELECT array_agg(d ORDER BY id) AS rows, current_user = session_user AS as_before, auth.jwt() FROM proved.docs d;
INSERT INTO proved.docs (tenant_id) VALUES ('a') RETURNING id;
ROLLBACK TO holes;

-- Not provable
DELETE FROM proved.docs WHERE tenant_id = 'b';
TABLE test.unproved;
DELETE FROM proved.docs;
TABLE test.unproved;
ROLLBACK TO holes;

-- Triggers and rules
CREATE FUNCTION test.noisy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noisy BEFORE UPDATE ON proved.docs FOR EACH ROW EXECUTE FUNCTION test.noisy();
SELECT (test.error($$SELECT tenancy.prove('proved.docs')$$)).*;
SELECT count(*), bool_and(passed) FROM tenancy.prove('proved.docs', with_triggers => true);
ROLLBACK TO holes;
CREATE RULE also AS ON INSERT TO proved.docs DO ALSO NOTHING;
SELECT (test.error($$SELECT tenancy.prove('proved.docs')$$)).*;
ROLLBACK TO holes;

-- Errors
SELECT (test.error($$SELECT tenancy.prove('proved.docs', NULL)$$)).*;
SELECT (test.error($$SELECT tenancy.prove(NULL)$$)).*;
SELECT (test.error($$SELECT tenancy.prove('pg_catalog.pg_views')$$)).*;
SET LOCAL ROLE reporter;
SELECT (test.error($$SELECT tenancy.prove('pg_catalog.pg_class')$$)).*;
RESET ROLE;
-- Rights that some roles and permissions give are tried as somebody who has them
SAVEPOINT rights;
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.docs', write => '{notes.write}', remove => '{boss}');
SELECT count(*) AS attempts, bool_and(passed) AS passed, count(*) FILTER (WHERE passed IS NULL) AS not_provable FROM tenancy.prove('proved.docs');
ROLLBACK TO rights;
-- What has no column that says whose the rows are
CREATE TABLE proved.nobodys (id int);
SELECT attempt, observed FROM tenancy.prove('proved.nobodys');
ROLLBACK;

-- Every template
BEGIN;
CREATE SCHEMA proved;
GRANT USAGE ON SCHEMA proved TO authenticated, anonymous;
CREATE TABLE proved.tenants (id text PRIMARY KEY, name text);
CREATE TABLE proved.notes (id int PRIMARY KEY, tenant_id text, body text);
CREATE TABLE proved.comments (id int PRIMARY KEY, note int REFERENCES proved.notes ON DELETE CASCADE, body text);
CREATE TABLE proved.replies (comment int REFERENCES proved.comments ON DELETE CASCADE, body text);
CREATE TABLE proved.drafts (id int PRIMARY KEY, user_id text, tenant_id text);
CREATE TABLE proved.events (id int, tenant_id text, at date) PARTITION BY RANGE (at);
CREATE TABLE proved.events_1 PARTITION OF proved.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE proved.events_2 PARTITION OF proved.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE proved.logs (LIKE proved.notes INCLUDING ALL);
CREATE TABLE proved.prices (LIKE proved.notes INCLUDING ALL);
CREATE TABLE proved.shared (LIKE proved.notes INCLUDING ALL);
INSERT INTO proved.tenants VALUES ('a', 'Alder'), ('b', 'Birch');
INSERT INTO proved.notes VALUES (1, 'a'), (2, 'b');
INSERT INTO proved.comments VALUES (1, 1), (2, 2);
INSERT INTO proved.replies VALUES (1, 'x'), (2, 'y');
INSERT INTO proved.drafts VALUES (1, 'ann', 'a'), (2, 'bob', 'a');
INSERT INTO proved.events VALUES (1, 'a', '2026-01-02'), (2, 'b', '2026-02-02');
INSERT INTO proved.logs VALUES (0, NULL), (1, 'a'), (2, 'b');
INSERT INTO proved.prices TABLE proved.notes;
INSERT INTO proved.shared TABLE proved.notes;
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.tenants', 'tenant_root', write => '{owner}', remove => '{docs.remove}');
SELECT t AS table, count(*) > 0 AS protected FROM (VALUES ('notes', 'tenant'), ('drafts', 'user'), ('events', 'tenant'), ('logs', 'tenant_or_global'), ('prices', 'public_read'), ('shared', 'any_tenant')) AS v (t, template),
    tenancy.protect(('proved.' || t)::regclass, template) GROUP BY t ORDER BY t;
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.comments', 'via_parent');
SELECT count(*) > 0 AS protected FROM tenancy.protect('proved.replies', 'via_parent');
RESET ROLE;
SELECT t AS table, count(*) AS attempts, count(*) FILTER (WHERE passed) AS passed, count(*) FILTER (WHERE attempt = 'read the own row' AND passed) AS control
FROM unnest('{tenants,notes,comments,replies,drafts,events,logs,prices,shared}'::text[]) t, tenancy.prove(('proved.' || t)::regclass) GROUP BY t ORDER BY t;

-- A partition that callers may ask by itself
GRANT SELECT ON proved.events_2 TO authenticated;
SELECT attempt, observed, passed FROM tenancy.prove('proved.events') WHERE attempt LIKE '% in %';
ALTER TABLE proved.events_2 DISABLE ROW LEVEL SECURITY;
SELECT attempt, observed, passed FROM tenancy.prove('proved.events') WHERE attempt LIKE '% in %';

-- And without protect(): the policies of somebody's own
CREATE TABLE proved.by_hand (id int PRIMARY KEY, tenant_id text);
INSERT INTO proved.by_hand VALUES (1, 'a'), (2, 'b');
GRANT SELECT, INSERT, UPDATE, DELETE ON proved.by_hand TO authenticated;
ALTER TABLE proved.by_hand ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON proved.by_hand USING (tenant_id = auth.tenant_id());
RESET ROLE;
SELECT count(*) AS attempts, bool_and(passed) AS passed FROM tenancy.prove('proved.by_hand');
CREATE POLICY hole ON proved.by_hand FOR SELECT USING (auth.user_id() IS NULL OR tenant_id = auth.tenant_id());
SELECT caller, command, attempt, observed FROM tenancy.prove('proved.by_hand') WHERE passed IS NOT true;
ROLLBACK;

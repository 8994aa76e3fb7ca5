-- tenancy.audit() as a whole: what it looks at, what it leaves out, and that it changes nothing.
\pset format unaligned
\pset null NULL
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
CREATE SCHEMA other AUTHORIZATION table_owner;
CREATE ROLE audited_app LOGIN;
GRANT USAGE ON SCHEMA audited TO audited_app;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited."Odd ""name" (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE other.docs (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE INDEX ON audited.docs (tenant_id);
CREATE INDEX ON audited."Odd ""name" (tenant_id);
GRANT SELECT ON audited.docs, audited."Odd ""name" TO audited_app;

-- A plain owner audits, in a transaction that may write nothing, and holds no more than ACCESS SHARE
COMMIT;
BEGIN READ ONLY;
SET LOCAL ROLE table_owner;
SELECT level, code, object, message, detail, fix FROM tenancy.audit('{audited}') WHERE code = 'rls_disabled';
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation';
COMMIT;
BEGIN;
-- The errors come first
SELECT bool_and(place >= last) AS in_order FROM (
    SELECT p.place, lag(p.place, 1, 0) OVER (ORDER BY ordinality) AS last
    FROM tenancy.audit('{audited,other}') WITH ORDINALITY a, LATERAL (SELECT array_position('{error,warning,notice}', a.level)) p (place)) x;
-- Which schemas: those named, those of the setting, all but the system's
SELECT DISTINCT object FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
SELECT tenancy.configure('audit_schemas', 'other, audited');
SELECT object FROM tenancy.audit() WHERE code = 'rls_disabled';
SELECT tenancy.configure('audit_schemas', NULL);
SELECT count(*) FROM tenancy.audit() WHERE object LIKE '%table pg_catalog.%' OR object LIKE '%information_schema%' OR object ~ ' (auth|tenancy)\.';
SELECT object FROM tenancy.audit() WHERE code = 'rls_disabled' AND object IN ('table other.docs', 'table audited.docs');
SELECT (test.error($$SELECT tenancy.audit('{}')$$)).*;
SELECT (test.error($$SELECT tenancy.audit('{audited,NULL}')$$)).*;
-- The identity provider's own schema is left out, unless it is public
SELECT tenancy.configure('identity_schema', 'other');
SELECT count(*) FROM tenancy.audit() WHERE object = 'table other.docs';
SELECT tenancy.configure('identity_schema', 'public');
SELECT 'public'::regnamespace = ANY (tenancy.audited_schemas(NULL)) AS looked_at;
SELECT tenancy.configure('identity_schema', NULL);
-- Whose the tables are is not asked; of what belongs to an extension nobody here is the owner
CREATE SCHEMA extended;
CREATE TABLE extended.of_extension (id int, tenant_id text);
GRANT USAGE ON SCHEMA extended TO PUBLIC;
GRANT ALL ON extended.of_extension TO PUBLIC;
SELECT count(*) > 0 AS found FROM tenancy.audit('{extended}');
INSERT INTO pg_depend SELECT 'pg_class'::regclass, 'extended.of_extension'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'e' FROM pg_extension WHERE extname = 'plpgsql';
SELECT level, code, object FROM tenancy.audit('{extended}');
-- (one that somebody's ALTER EXTENSION ... ADD put there is still theirs)
ALTER TABLE extended.of_extension OWNER TO table_owner;
SELECT level, code, object FROM tenancy.audit('{extended}') WHERE code = 'rls_disabled';
-- Another name of the column, and of the roles
ALTER TABLE other.docs RENAME tenant_id TO org;
SELECT level, object FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
SELECT tenancy.configure('tenant_column', 'org');
SELECT level, object FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
ROLLBACK;

-- Waivers
BEGIN;
SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'a demo', '2999-01-01');
SELECT object FROM tenancy.audit('{audited}') WHERE code = 'rls_disabled';
SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'another reason');
SELECT * FROM tenancy.waiver;
-- It is for the finding as it was: worse, it is there again
ALTER TABLE other.docs DROP COLUMN tenant_id;
REVOKE ALL ON other.docs FROM PUBLIC, audited_app;
GRANT USAGE ON SCHEMA other TO authenticated;
GRANT SELECT ON other.docs TO authenticated;
SELECT tenancy.waive('rls_disabled', 'table other.docs', 'a price list');
SELECT level, object FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
GRANT INSERT ON other.docs TO authenticated;
SELECT level, object, detail FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
SELECT tenancy.waive('rls_disabled', 'table other.docs', 'a guest book');
SELECT level, object FROM tenancy.audit('{other}') WHERE code = 'rls_disabled';
-- After its last day the finding is there again, with the reason
UPDATE tenancy.waiver SET until = CURRENT_DATE;
SELECT object FROM tenancy.audit('{audited}') WHERE code = 'rls_disabled';
UPDATE tenancy.waiver SET until = '2026-01-31';
SELECT object, detail FROM tenancy.audit('{audited}') WHERE code = 'rls_disabled';
SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'a demo');
SELECT tenancy.unwaive('rls_disabled', 'table audited.docs');
SELECT object FROM tenancy.audit('{audited}') WHERE code = 'rls_disabled';
-- What is not found now is waived all the same
SET client_min_messages = notice;
SELECT tenancy.waive('rls_disabled', 'table audited.nope', 'to come');
SET client_min_messages = warning;
SELECT (test.error($$SELECT tenancy.waive('nope', 'table audited.docs', 'x')$$)).*;
SELECT (test.error($$SELECT tenancy.waive(NULL, 'table audited.docs', 'x')$$)).*;
SELECT (test.error($$SELECT tenancy.waive('rls_disabled', '', 'x')$$)).*;
SELECT (test.error($$SELECT tenancy.waive('rls_disabled', 'table audited.docs', E' \t\n')$$)).*;
SELECT (test.error($$SELECT tenancy.waive('rls_disabled', NULL, 'x')$$)).*;
SELECT (test.error($$SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'x', '2026-01-01')$$)).*;
SELECT (test.error($$SELECT tenancy.unwaive('rls_disabled', 'table audited.docs')$$)).*;
SET LOCAL ROLE table_owner;
SELECT (test.error($$SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'x')$$)).*;
SELECT (test.error($$SELECT tenancy.unwaive('rls_disabled', 'table audited.docs')$$)).*;
SELECT (test.error($$INSERT INTO tenancy.waiver VALUES ('rls_disabled', 'table audited.docs', 'x')$$)).*;
RESET ROLE;

-- assert_isolated()
SELECT code, message, split_part(detail, E'\n', 1) AS first, hint FROM test.error($$SELECT tenancy.assert_isolated('{audited}')$$);
SELECT tenancy.waive('rls_disabled', 'table audited.docs', 'a demo');
SELECT tenancy.waive('rls_disabled', 'table audited."Odd ""name"', 'a demo');
SELECT tenancy.assert_isolated('{audited}');
CREATE TABLE audited.lookup (id int PRIMARY KEY);
GRANT SELECT ON audited.lookup TO audited_app;
SELECT tenancy.assert_isolated('{audited}');
SELECT code, message, detail FROM test.error($$SELECT tenancy.assert_isolated('{audited}', 'notice')$$);
SELECT (test.error($$SELECT tenancy.assert_isolated('{audited}', 'fatal')$$)).*;
SELECT (test.error($$SELECT tenancy.assert_isolated('{audited}', NULL)$$)).*;
SELECT (test.error($$SELECT tenancy.assert_isolated('{nope}')$$)).*;
SELECT (test.error($$SELECT tenancy.assert_isolated('{}')$$)).*;
ROLLBACK;

-- A role is a caller of all tables but its own, whatever else it owns; one that apps act with is so even of those
BEGIN;
SELECT (test.error($$SELECT tenancy.configure('app_logins', 'audited_apq')$$)).*;
SELECT (test.error($$SELECT tenancy.configure('caller_functions', 'audited.whoever')$$)).*;
CREATE TABLE audited.kept (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE INDEX ON audited.kept (tenant_id);
ALTER TABLE audited.kept ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON audited.kept TO audited_app USING (true);
GRANT SELECT, TRUNCATE ON audited.kept TO audited_app;
SELECT level, code, object FROM tenancy.audit('{audited}') WHERE object LIKE '%kept' AND level = 'error';
CREATE SCHEMA audited_queue AUTHORIZATION audited_app;
CREATE TABLE audited_queue.job (id int PRIMARY KEY);
ALTER TABLE audited_queue.job OWNER TO audited_app;
CREATE SEQUENCE audited.made;
ALTER SEQUENCE audited.made OWNER TO audited_app;
SELECT level, code, object FROM tenancy.audit('{audited,audited_queue}') WHERE object ~ 'kept|queue' AND level = 'error';
ALTER TABLE audited.kept OWNER TO audited_app;
ALTER TABLE audited.kept NO FORCE ROW LEVEL SECURITY;
SELECT level, code, object FROM tenancy.audit('{audited}') WHERE object LIKE '%kept' AND code LIKE 'rls%';
SELECT tenancy.configure('app_logins', 'audited_app');
SELECT level, code, object FROM tenancy.audit('{audited}') WHERE object LIKE '%kept' AND code LIKE 'rls%';
ALTER TABLE audited.kept DISABLE ROW LEVEL SECURITY;
DROP POLICY all_of_it ON audited.kept;
SELECT level, code, object, detail FROM tenancy.audit('{audited}') WHERE object LIKE '%kept' AND code LIKE 'rls%';
ROLLBACK;

-- A rule that cannot be tried is an error, and the others go on
BEGIN;
CREATE OR REPLACE FUNCTION tenancy.audit_duplicate_index(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
SELECT level, code, object, message, detail FROM tenancy.audit('{audited}') WHERE code IN ('duplicate_index', 'rls_disabled');
ROLLBACK;

-- The rules are the functions
SELECT array_agg(r ORDER BY r) = (SELECT array_agg(substr(proname, 7)::text ORDER BY substr(proname, 7)::text) FROM pg_proc
    WHERE pronamespace = 'tenancy'::regnamespace AND proname LIKE 'audit\_%' AND proname <> 'audit_rules' AND proargtypes[0] = 'tenancy.audit_scope'::regtype) AS complete
FROM unnest(tenancy.audit_rules()) r;

DROP OWNED BY audited_app;
DROP ROLE audited_app;
DROP SCHEMA audited CASCADE;
DROP SCHEMA other CASCADE;

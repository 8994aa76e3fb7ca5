-- tenancy.explain_access(): what it says is what Postgres does, for rows of two tenants, and for who may ask.
\pset null NULL
\pset format unaligned
\set VERBOSITY verbose
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA explained;
GRANT USAGE ON SCHEMA explained TO authenticated;
CREATE TABLE explained.docs (id int PRIMARY KEY, tenant_id text, title text DEFAULT 'none', "Odd column" int);
INSERT INTO explained.docs (id, tenant_id) VALUES (1, 'a'), (2, 'b');
SELECT count(*) > 0 AS protected FROM tenancy.protect('explained.docs', write => '{editor}');
RESET ROLE;

-- The own row, that of another, and nobody's business
SELECT part, policy, kind, roles, value, verdict FROM tenancy.explain_access('explained.docs', 'select', '{"sub": "ann", "tenant_id": "a"}', '{"id": 1}');
SELECT part, policy, kind, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann", "tenant_id": "a"}', '{"id": 2}');
SELECT part, policy, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', NULL, '{"id": 1}');
-- Without a row; with one that there is not
SELECT part, policy, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann", "tenant_id": "a"}');
SELECT part, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann", "tenant_id": "a"}', '{"id": 3}') WHERE policy IS NULL;
-- A right that is not held is told before the policies
SELECT verdict FROM tenancy.explain_access('explained.docs', 'DELETE', '{"sub": "ann", "tenant_id": "a"}', '{"id": 1}') WHERE part = 'verdict';
REVOKE SELECT ON explained.docs FROM authenticated;
SELECT verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann", "tenant_id": "a"}', '{"id": 1}') WHERE part = 'verdict';
GRANT SELECT ON explained.docs TO authenticated;

-- Verdict and Postgres agree: each command, caller and row
CREATE FUNCTION test.does(claims jsonb, statement text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    affected int;
BEGIN
    PERFORM set_config('request.jwt.claims', claims::text, true), set_config('role', 'authenticated', true);
    EXECUTE statement;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'TN001';
EXCEPTION WHEN SQLSTATE 'TN001' THEN
    RETURN affected > 0;
WHEN insufficient_privilege THEN
    RETURN false;
END $$;
SELECT who, command, key, e.value AS explained, test.does(claims, statement) AS done, e.value::boolean = test.does(claims, statement) AS agree
FROM (VALUES ('editor of a', '{"sub": "eve", "tenant_id": "a", "roles": ["editor"]}'::jsonb), ('member of a', '{"sub": "ann", "tenant_id": "a"}'), ('of no tenant', '{"sub": "tom"}')) AS c (who, claims),
    (VALUES ('SELECT', '{"id": 1}'::jsonb, 'SELECT FROM explained.docs WHERE id = 1'), ('SELECT', '{"id": 2}', 'SELECT FROM explained.docs WHERE id = 2'),
        ('INSERT', '{"id": 3}', 'INSERT INTO explained.docs (id) VALUES (3)'), ('INSERT', '{"id": 3, "tenant_id": "b"}', 'INSERT INTO explained.docs VALUES (3, ''b'')'),
        ('UPDATE', '{"id": 1}', 'UPDATE explained.docs SET title = title WHERE id = 1'), ('UPDATE', '{"id": 2}', 'UPDATE explained.docs SET title = title WHERE id = 2'),
        ('DELETE', '{"id": 1}', 'DELETE FROM explained.docs WHERE id = 1')) AS s (command, key, statement),
    LATERAL tenancy.explain_access('explained.docs', command, claims, key) e
WHERE e.part = 'verdict' ORDER BY who, command, key;

-- Whom row security does not bind
ALTER TABLE explained.docs DISABLE ROW LEVEL SECURITY;
SELECT part, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann"}', '{"id": 2}') WHERE policy IS NULL;
ALTER TABLE explained.docs ENABLE ROW LEVEL SECURITY;

-- An expression that fails is that policy's value, and changes nothing of the others
CREATE POLICY failing ON explained.docs AS RESTRICTIVE USING (title::int > 0);
RESET ROLE;
SELECT policy, CASE policy WHEN 'failing' THEN expression END AS expression, value, verdict FROM tenancy.explain_access('explained.docs', 'SELECT', '{"sub": "ann", "tenant_id": "a"}', '{"id": 1}') WHERE policy IN ('failing', 'tenancy_floor') OR part = 'verdict';
DROP POLICY failing ON explained.docs;

-- No policy is for the role; callers may not name the function that a policy calls, and then its value is not known
ALTER TABLE explained.docs RENAME TO "Docs r";
SAVEPOINT rights;
CREATE TABLE explained.bare (r int PRIMARY KEY, tenant_id text);
ALTER TABLE explained.bare ENABLE ROW LEVEL SECURITY;
GRANT SELECT (r), DELETE ON explained.bare TO authenticated;
INSERT INTO explained.bare VALUES (1, 'a');
SELECT verdict FROM tenancy.explain_access('explained.bare', 'SELECT', '{"sub": "ann"}', '{"r": 1}') WHERE part = 'verdict';
SELECT verdict FROM tenancy.explain_access('explained.bare', 'DELETE', '{"sub": "ann"}', '{"tenant_id": "a"}') WHERE part = 'verdict';
CREATE SCHEMA explained_private;
CREATE FUNCTION explained_private.yes() RETURNS boolean LANGUAGE sql STABLE RETURN true;
CREATE POLICY by_function ON explained.bare USING (explained_private.yes());
SELECT policy, value, verdict FROM tenancy.explain_access('explained.bare', 'SELECT', '{"sub": "ann"}', '{"r": 1}') WHERE part IN ('policy', 'verdict');
ROLLBACK TO rights;
ALTER TABLE explained."Docs r" RENAME TO docs;

-- A USING that names no column needs no row, whatever the check names; a table that cannot be read is an error, whatever it is called
SAVEPOINT more;
CREATE TABLE explained.schema_members (user_id text);
CREATE TABLE explained.jobs (id int);
GRANT SELECT, UPDATE ON explained.jobs TO authenticated;
ALTER TABLE explained.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY workers ON explained.jobs USING (auth.user_id() = 'ann') WITH CHECK (id > 0);
SELECT policy, value, verdict FROM tenancy.explain_access('explained.jobs', 'SELECT', '{"sub": "ann"}') WHERE part IN ('policy', 'verdict');
ALTER POLICY workers ON explained.jobs USING (EXISTS (SELECT FROM explained.schema_members));
SELECT value, verdict FROM tenancy.explain_access('explained.jobs', 'SELECT', '{"sub": "ann"}') WHERE part IN ('policy', 'verdict');
ROLLBACK TO more;

-- Nothing is left set, and nothing was written
SELECT current_user = session_user AS as_before, auth.jwt(), count(*) FROM explained.docs;

-- Errors
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'TRUNCATE', '{}')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'SELECT', '[]')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'SELECT', '{}', '{"nope": 1}')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'SELECT', '{}', '{"id": "x"}')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'INSERT', '{}', '{"id": "x"}')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access('pg_catalog.pg_class_oid_index', 'SELECT', '{}')$$)).*;
SELECT (test.error($$SELECT tenancy.explain_access(NULL, 'SELECT', '{}')$$)).*;
SET LOCAL ROLE app;
SELECT (test.error($$SELECT tenancy.explain_access('explained.docs', 'SELECT', '{}')$$)).*;
RESET ROLE;
ROLLBACK;

-- Code of a table's owner could take the rights of a superuser who asks: it never runs with them
BEGIN;
CREATE SCHEMA trap AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE SEQUENCE trap.sprung;
SET LOCAL ROLE table_owner;
CREATE TABLE trap.docs (id int PRIMARY KEY, tenant_id text);
INSERT INTO trap.docs VALUES (1, 'a'), (2, 'b');
CREATE FUNCTION trap.sly() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('role', 'none', true);
    IF current_user = session_user THEN
        PERFORM nextval('trap.sprung');
    END IF;
    RETURN true;
END $$;
CREATE TABLE trap.beneath (id int);
ALTER TABLE trap.beneath ENABLE ROW LEVEL SECURITY;
CREATE POLICY deep ON trap.beneath USING (trap.sly());
ALTER TABLE trap.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON trap.docs, trap.beneath TO authenticated;
RESET ROLE;
CREATE FUNCTION test.spring(policy text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SET LOCAL ROLE table_owner';
    EXECUTE policy;
    EXECUTE 'SET LOCAL ROLE NONE';
    PERFORM setval('trap.sprung', 1, false); -- (the statement itself may have sprung it)
    PERFORM test.error($q$SELECT tenancy.explain_access('trap.docs', 'SELECT', '{"sub": "x"}', '{"id": 1}')$q$),
        test.error($q$SELECT tenancy.explain_access('trap.docs', 'INSERT', '{"sub": "x"}', '{"id": 3}')$q$), test.error($q$SELECT tenancy.prove('trap.docs', with_triggers => true)$q$);
    RETURN (SELECT is_called FROM trap.sprung);
END $$;
SELECT test.spring('CREATE POLICY p ON trap.docs USING (EXISTS (SELECT FROM trap.beneath))') AS by_policy_beneath;
SELECT test.spring($$CREATE POLICY q ON trap.docs USING (set_config('role', 'none', true) IS NOT NULL AND CASE WHEN current_user = session_user THEN nextval('trap.sprung') > 0 ELSE true END)$$) AS by_functions_of_postgres;
SELECT test.spring($$ALTER TABLE trap.docs ALTER tenant_id SET DEFAULT set_config('role', 'none', true) || CASE WHEN current_user = session_user THEN nextval('trap.sprung')::text ELSE '' END$$) AS by_default;
SELECT test.spring($$CREATE FUNCTION trap.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM trap.sly(); RETURN NEW; END';
    CREATE TRIGGER fire BEFORE INSERT OR UPDATE OR DELETE ON trap.docs FOR EACH STATEMENT EXECUTE FUNCTION trap.fire()$$) AS by_trigger;
SELECT test.spring($$CREATE DOMAIN trap.checked AS text CHECK (trap.sly()); ALTER TABLE trap.docs ADD extra trap.checked$$) AS by_domain;
SELECT test.spring($$CREATE FUNCTION trap.sly_row(trap.docs) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT trap.sly()'; CREATE POLICY r ON trap.docs USING (trap.sly_row(docs))$$) AS by_row;
-- (The trap does spring, where it can.)
SELECT trap.sly() AND (SELECT is_called FROM trap.sprung) AS springs;
ROLLBACK;

-- Rule definer_function: a function that reads past row security.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
INSERT INTO audited.docs VALUES (1, 'ours'), (2, 'theirs');
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audited.docs USING (tenant_id = auth.tenant_id());
GRANT SELECT, INSERT, DELETE ON audited.docs TO authenticated;
CREATE FUNCTION audited.all_docs() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC SELECT d.id FROM audited.docs d; END;
CREATE FUNCTION audited.by_text(wanted int) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'BEGIN RETURN (SELECT d.tenant_id FROM audited.docs d WHERE d.id = wanted); END';
CREATE PROCEDURE audited.clear() LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp BEGIN ATOMIC DELETE FROM audited.docs; END;
SELECT * FROM test.findings('definer_function');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT audited.all_docs();
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT * FROM test.mend('definer_function');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT audited.all_docs();
RESET ROLE;
SET LOCAL ROLE table_owner;

-- One by which a policy looks up who belongs would ask that policy again as SECURITY INVOKER: no mend without a person
CREATE TABLE audited.members (tenant_id text, user_id text);
ALTER TABLE audited.members ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audited.tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT m.tenant_id FROM audited.members m WHERE m.user_id = auth.user_id()';
CREATE POLICY own ON audited.members USING (tenant_id IN (SELECT audited.tenants()));
SELECT level, object, fix FROM test.findings('definer_function');
-- Not meant: callers may not call it, it touches none of the tables, its owner is bound
REVOKE EXECUTE ON FUNCTION audited.tenants() FROM PUBLIC;
CREATE FUNCTION audited.one() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN 1;
ALTER FUNCTION audited.all_docs() SECURITY DEFINER;
SELECT object FROM test.findings('definer_function');
ALTER TABLE audited.docs FORCE ROW LEVEL SECURITY;
SELECT object FROM test.findings('definer_function');
ROLLBACK;

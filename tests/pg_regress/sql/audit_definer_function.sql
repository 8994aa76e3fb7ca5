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
ALTER FUNCTION audited.all_docs() SECURITY INVOKER;
ALTER FUNCTION audited.by_text(int) SECURITY INVOKER;
ALTER PROCEDURE audited.clear() SECURITY INVOKER;
SELECT object FROM test.findings('definer_function');
SELECT test.caller('{"sub": "ann", "tenant_id": "ours"}') \g /dev/null
SELECT audited.all_docs();
RESET ROLE;
SET LOCAL ROLE table_owner;

-- One by which a policy looks up who belongs
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
-- but one whom a policy lets in by name; and what only others than apps may call, once it is known who apps are
CREATE POLICY jobs ON audited.docs TO table_owner USING (true);
SELECT level, object, detail FROM test.findings('definer_function');
REVOKE EXECUTE ON FUNCTION audited.all_docs() FROM PUBLIC;
SELECT level, object, detail FROM test.findings('definer_function');
GRANT EXECUTE ON FUNCTION audited.all_docs() TO reporter;
SELECT level, object, detail FROM test.findings('definer_function');
RESET ROLE;
SELECT tenancy.configure('app_logins', 'app');
SELECT level, object FROM test.findings('definer_function');
-- Its text is read as Postgres reads it: what looks like a comment within a string is none
ALTER TABLE audited.docs NO FORCE ROW LEVEL SECURITY;
CREATE FUNCTION audited.by_string() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = audited, pg_temp AS
    $f$ BEGIN RETURN 'image/*' || (SELECT count(*) FROM docs) /* done */; END $f$;
CREATE FUNCTION audited.by_comment() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = audited, pg_temp AS
    $f$ BEGIN RETURN 'it''s' /* not docs */ || "x"; -- nor "docs"
    END $f$;
ALTER FUNCTION audited.by_string() OWNER TO table_owner;
ALTER FUNCTION audited.by_comment() OWNER TO table_owner;
SELECT level, object FROM test.findings('definer_function');
ROLLBACK;

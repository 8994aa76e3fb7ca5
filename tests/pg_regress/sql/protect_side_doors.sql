-- What tenancy.side_doors() names shows a caller foreign rows, or changes them, until its mend has run; what it leaves
-- out does not.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE ROLE door_free BYPASSRLS;
CREATE ROLE door_staff;
CREATE ROLE door_caller;
GRANT authenticated TO door_caller;
SELECT tenancy.configure('staff_roles', 'door_staff');
CREATE SCHEMA door AUTHORIZATION table_owner;
CREATE SCHEMA "Door 2" AUTHORIZATION table_owner;
CREATE SCHEMA hidden AUTHORIZATION door_free;
GRANT USAGE, CREATE ON SCHEMA door, "Door 2" TO PUBLIC;
SET ROLE table_owner;
CREATE TABLE door.docs (id int PRIMARY KEY, tenant_id text NOT NULL, title text);
CREATE TABLE door.owned (LIKE door.docs);
CREATE TABLE door.events (LIKE door.docs) PARTITION BY RANGE (id);
CREATE TABLE door.events_1 PARTITION OF door.events FOR VALUES FROM (0) TO (100);
CREATE TABLE "Door 2"."Do""cs" (LIKE door.docs);
CREATE TABLE door.unprotected (id int, title text);
INSERT INTO door.docs VALUES (1, 'a', 'of a'), (2, 'b', 'of b');
INSERT INTO door.owned SELECT * FROM door.docs;
INSERT INTO door.events SELECT * FROM door.docs;
INSERT INTO "Door 2"."Do""cs" SELECT * FROM door.docs;
CREATE MATERIALIZED VIEW door.mat_from_before AS SELECT * FROM door.docs;
SELECT count(*) > 0 FROM unnest('{door.docs,door.events,"\"Door 2\".\"Do\"\"cs\""}'::regclass[]) t, tenancy.protect(t);
SELECT count(*) > 0 FROM tenancy.protect('door.owned', force => false);
GRANT ALL ON door.docs, door.owned, door.events, door.events_1, "Door 2"."Do""cs", door.unprotected TO door_free, door_staff, door_caller;
GRANT INSERT, DELETE ON door.unprotected TO authenticated;
RESET ROLE;

-- The same view and function, of the tables' owner (bound by FORCE, save in door.owned), of one who is not bound, of
-- staff and of a member of the callers' role
CREATE FUNCTION door.make(owner name, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', owner, true);
    EXECUTE statement;
    PERFORM set_config('role', 'none', true);
END $$;
SELECT door.make(owner, format('CREATE VIEW door.%I AS SELECT * FROM door.%I', concat_ws('_', 'v', t, owner), t)),
    door.make(owner, format('CREATE FUNCTION door.%I() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT title FROM door.%I; END', concat_ws('_', 'f', t, owner), t))
FROM unnest('{table_owner,door_free,door_staff,door_caller}'::name[]) owner, unnest('{docs,owned}'::name[]) t;
GRANT SELECT ON ALL TABLES IN SCHEMA door TO authenticated, door_free;
REVOKE ALL ON door.mat_from_before FROM authenticated;
GRANT SELECT (title) ON door.mat_from_before TO PUBLIC;

-- One above another. Callers may not use those beneath.
SET ROLE door_free;
CREATE VIEW door.invoker WITH (security_invoker = on) AS SELECT * FROM door.docs;
CREATE VIEW door.above_invoker AS SELECT * FROM door.invoker;
CREATE VIEW door.beneath WITH (security_barrier) AS SELECT * FROM door.docs;
CREATE VIEW door.middle AS SELECT title FROM door.beneath;
CREATE VIEW door.above AS SELECT title FROM door.middle WHERE title <> '';
CREATE VIEW door.invoker_above_closed WITH (security_invoker = true) AS SELECT title FROM door.docs WHERE EXISTS (SELECT FROM door.beneath);
CREATE VIEW door.of_partition AS SELECT title FROM door.events_1;
CREATE VIEW door."Vi""ew" AS SELECT title FROM "Door 2"."Do""cs";
CREATE MATERIALIZED VIEW door.mat AS SELECT * FROM door.invoker;
CREATE MATERIALIZED VIEW door."Mat 2" AS SELECT title FROM door.mat;
CREATE VIEW door.of_mat AS SELECT title FROM door.mat;
CREATE VIEW door.of_mat_invoker WITH (security_invoker) AS SELECT title FROM door.mat;
CREATE VIEW hidden.no_usage AS SELECT title FROM door.docs;
CREATE VIEW door.not_granted AS SELECT title FROM door.docs;
GRANT SELECT ON door.invoker, door.above_invoker, door.above, door.invoker_above_closed, door.of_partition, door."Vi""ew", door.of_mat,
    door.of_mat_invoker, hidden.no_usage TO authenticated;
GRANT SELECT ON door."Mat 2" TO authenticated, PUBLIC;

-- Functions whose body is text. door.docs is named with and without its schema, in quotes, in a string, in a comment only.
CREATE FUNCTION door.t_qualified(x int, y text DEFAULT '') RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door . Docs';
CREATE FUNCTION door.t_path() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = door, pg_temp AS 'SELECT docs.title FROM docs';
CREATE FUNCTION door.t_quoted() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM "Door 2"."Do""cs"';
CREATE FUNCTION door.t_dynamic() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT title FROM door.docs'; END $$;
CREATE FUNCTION door.t_view() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door.invoker';
CREATE FUNCTION door.t_view_of_bound() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door.v_docs_table_owner';
CREATE PROCEDURE door.t_procedure() LANGUAGE sql SECURITY DEFINER AS $$ UPDATE door.docs SET title = 'changed' $$;
CREATE FUNCTION door.t_trigger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE door.docs SET title = NEW.title WHERE id = NEW.id;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION door.t_trigger() FROM PUBLIC;
CREATE FUNCTION door.t_no_trigger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DELETE FROM door.docs; RETURN NULL; END';
CREATE FUNCTION door.t_disabled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DELETE FROM door.docs; RETURN NEW; END';
CREATE FUNCTION door.t_comment() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS E'SELECT ''x'' -- not door.docs\n /* nor **docs, ** docs */ ';
CREATE FUNCTION door.t_other_path() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT x.docs || docs FROM (SELECT ''x''::text AS docs) x';
CREATE FUNCTION door.t_other_schema() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'DECLARE other text; BEGIN RETURN (SELECT title FROM other.docs); END';
CREATE FUNCTION door.t_other_case() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT ''x'' AS "Docs"';
CREATE FUNCTION door.t_part_of_word() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT ''x'' AS docs_2';
CREATE FUNCTION door.t_caller() RETURNS SETOF text LANGUAGE sql AS 'SELECT title FROM door.docs';
CREATE FUNCTION door.t_not_granted() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door.docs';
REVOKE EXECUTE ON FUNCTION door.t_not_granted() FROM PUBLIC;
CREATE FUNCTION hidden.t_no_usage() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door.docs';
RESET ROLE;
CREATE TRIGGER door_trigger BEFORE INSERT ON door.unprotected FOR EACH ROW EXECUTE FUNCTION door.t_trigger();
CREATE TRIGGER disabled BEFORE INSERT ON door.unprotected FOR EACH ROW EXECUTE FUNCTION door.t_disabled();
ALTER TABLE door.unprotected DISABLE TRIGGER disabled;

-- Rules run with the rights of their table's owner. Those of a protected table itself are no way to it.
CREATE RULE door_rule AS ON DELETE TO door.unprotected DO ALSO DELETE FROM door.owned WHERE id = OLD.id;
CREATE RULE bound_rule AS ON DELETE TO door.unprotected DO ALSO DELETE FROM door.docs WHERE id = OLD.id;
CREATE RULE own_rule AS ON UPDATE TO door.owned DO ALSO INSERT INTO door.unprotected VALUES (NEW.id, NEW.title);

-- Asked by a plain owner; each once, however often its table is named
SET ROLE table_owner;
CREATE TABLE door.doors AS SELECT * FROM tenancy.side_doors('door.docs', 'door.owned', 'door.events', '"Door 2"."Do""cs"', 'door.unprotected', 'door.docs');
RESET ROLE;
\pset format aligned
\x on
SELECT * FROM door.doors ORDER BY target::text, kind, object;
\x off
\pset format unaligned
SELECT count(*) = count(DISTINCT (target, object)) AS each_once FROM door.doors;
SELECT (SELECT count(*) FROM tenancy.side_doors('door.events_1')) AS asked_for_a_partition, (SELECT count(*) FROM tenancy.side_doors(VARIADIC '{}')) AS none,
    (SELECT count(*) FROM tenancy.side_doors(NULL, 0)) AS no_table;

-- What a caller of tenant a sees of tenant b through each of them, and what remains once the mends have run
CREATE TABLE door.probe AS
SELECT object, CASE WHEN object ~ '\)$' THEN format('SELECT count(*) FROM %s AS f (title) WHERE title LIKE ''%%of b''', object)
    ELSE format('SELECT count(*) FROM %s WHERE title LIKE ''%%of b''', object) END AS query
FROM (SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN ('door'::regnamespace, 'hidden'::regnamespace)
    UNION ALL SELECT replace(oid::regprocedure::text, '(integer,text)', '(1)') FROM pg_proc WHERE proretset AND pronamespace IN ('door'::regnamespace, 'hidden'::regnamespace)) o (object);
CREATE FUNCTION door.sees(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    foreign_rows text;
BEGIN
    PERFORM set_config('request.jwt.claims', '{"sub": "ann", "tenant_id": "a"}', true), set_config('role', 'authenticated', true);
    EXECUTE query INTO foreign_rows;
    PERFORM set_config('role', 'none', true);
    RETURN foreign_rows;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'refused';
END $$;
CREATE TABLE door.before AS SELECT object, door.sees(query) AS seen FROM door.probe;
-- Exactly what shows a foreign row is named, or reached through what is.
SELECT object, seen, object IN (SELECT replace(object, '(integer,text)', '(1)') FROM door.doors) AS named FROM door.before
WHERE (seen NOT IN ('0', 'refused')) <> (object IN (SELECT replace(object, '(integer,text)', '(1)') FROM door.doors)) ORDER BY 1;
SELECT count(*) AS opened FROM door.before WHERE seen = '1';
-- What writes: a trigger's function, a procedure, a rule. Shown are the rows there are afterwards, which is undone.
CREATE FUNCTION door.leaves(statement text) RETURNS TABLE (docs text, owned text) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO door.unprotected VALUES (2, 'of b');
    PERFORM set_config('request.jwt.claims', '{"sub": "ann", "tenant_id": "a"}', true), set_config('role', 'authenticated', true);
    EXECUTE statement;
    PERFORM set_config('role', 'none', true);
    SELECT string_agg(d.title, ', ' ORDER BY id) INTO docs FROM door.docs d;
    SELECT string_agg(o.title, ', ' ORDER BY id) INTO owned FROM door.owned o;
    RAISE no_data_found;
EXCEPTION WHEN no_data_found THEN
    RETURN NEXT;
END $$;
SELECT * FROM door.leaves('INSERT INTO door.unprotected VALUES (2, ''changed'')');
SELECT * FROM door.leaves('CALL door.t_procedure()');
SELECT * FROM door.leaves('DELETE FROM door.unprotected');

SELECT mend AS run FROM door.doors GROUP BY mend ORDER BY mend \gexec
SELECT count(*) AS doors FROM tenancy.side_doors('door.docs', 'door.owned', 'door.events', '"Door 2"."Do""cs"');
SELECT object, b.seen AS before, door.sees(query) AS after FROM door.before b JOIN door.probe USING (object) WHERE b.seen = '1' ORDER BY object COLLATE "C";
SELECT count(*) AS still_open FROM door.probe WHERE door.sees(query) NOT IN ('0', 'refused');
SELECT * FROM door.leaves('INSERT INTO door.unprotected VALUES (2, ''changed'')');
SELECT * FROM door.leaves('CALL door.t_procedure()');
SELECT * FROM door.leaves('DELETE FROM door.unprotected');

-- What belongs to an extension is not the team's to mend.
CREATE FUNCTION door.of_extension() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM door.docs';
CREATE VIEW door.view_of_extension AS SELECT * FROM door.docs;
GRANT SELECT ON door.view_of_extension TO PUBLIC;
SELECT object FROM tenancy.side_doors('door.docs');
ALTER EXTENSION plpgsql ADD FUNCTION door.of_extension();
ALTER EXTENSION plpgsql ADD VIEW door.view_of_extension;
SELECT object FROM tenancy.side_doors('door.docs');
ALTER EXTENSION plpgsql DROP FUNCTION door.of_extension();
ALTER EXTENSION plpgsql DROP VIEW door.view_of_extension;

-- Other names of the callers' roles; a role that is missing
BEGIN;
DROP FUNCTION door.of_extension();
REVOKE SELECT ON door.view_of_extension FROM PUBLIC;
GRANT SELECT ON door.view_of_extension TO door_caller;
SELECT count(*) FROM tenancy.side_doors('door.docs');
SELECT tenancy.configure('authenticated', 'door_caller'), tenancy.configure('anonymous', 'nobody there');
SELECT why FROM tenancy.side_doors('door.docs');
ROLLBACK;

RESET ROLE;
DROP SCHEMA door, "Door 2", hidden CASCADE;
SELECT tenancy.configure('staff_roles', NULL);
DROP ROLE door_free, door_staff, door_caller;

-- on_missing_tenant = error: without a tenant, a statement on a protected table is refused instead of finding nothing. The
-- commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
CREATE TABLE seen.template AS SELECT unnest('{tenant,tenant_or_global,tenant_root,any_tenant,via_parent,public_read}'::text[]) AS name, generate_series(1, 6) AS position;
CREATE TABLE seen.empty (template text, command text, outcomes text);
CREATE TABLE seen.error (LIKE seen.empty);
-- Eve has an id and no tenant; frank's claims cannot be read.
CREATE FUNCTION seen.try(template text, into_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.build(template);
    INSERT INTO test.trier (name, claims, reads, writes, own, theirs)
    SELECT v.name, v.claims, CASE template WHEN 'public_read' THEN 'true' WHEN 'tenant_or_global' THEN 'tenant_id IS NULL' ELSE 'false' END, 'false', own, theirs
    FROM test.trier, (VALUES ('eve', '{"sub": "eve"}'::jsonb), ('frank', '{"sub": "frank", "tenant_id": ["x"]}')) AS v (name, claims) WHERE test.trier.name = 'ann';
    EXECUTE format('INSERT INTO %s SELECT $1, * FROM test.border(''shape.t'')', into_table) USING template;
END $$;
SELECT count(seen.try(name, 'seen.empty')) FROM seen.template;
SELECT FROM tenancy.configure('on_missing_tenant', 'error');
SELECT count(seen.try(name, 'seen.error')) FROM seen.template;

-- To callers with a tenant that makes no difference; nothing crosses.
SELECT template, count(*) FILTER (WHERE regexp_replace(e.outcomes, '(\|[^|]*){4}$', '') <> regexp_replace(o.outcomes, '(\|[^|]*){4}$', '')) AS differ,
    count(*) FILTER (WHERE e.outcomes LIKE '%CROSSED%') AS cross FROM seen.error e JOIN seen.empty o USING (template, command) WHERE command <> '' GROUP BY template ORDER BY template;
-- What eve could do without an error, in the order of seen.template: before, and now.
-- (tenant_or_global has rows for those without a tenant, tenant_root those of none; public_read is for everybody to read. Template user, and tables
-- without rows, are in on_missing_tenant_native.sql.)
SELECT o.command, string_agg(split_part(o.outcomes, '|', 7), '|' ORDER BY t.position) AS empty, string_agg(split_part(e.outcomes, '|', 7), '|' ORDER BY t.position) AS error
FROM seen.empty o JOIN seen.error e USING (template, command) JOIN seen.template t ON t.name = template JOIN test.command c ON c.name = o.command
GROUP BY o.command, c.position HAVING bool_or(split_part(o.outcomes, '|', 7) <> split_part(e.outcomes, '|', 7)) ORDER BY c.position;
-- It is the same for whose claim names no tenant, and for who has no id either (but for the rows that need one).
SELECT template, count(*) FILTER (WHERE split_part(outcomes, '|', 5) <> split_part(outcomes, '|', 7)) AS nobody_and_eve, count(*) FILTER (WHERE split_part(outcomes, '|', 8) <> split_part(outcomes, '|', 7)) AS frank_and_eve
FROM seen.error WHERE command <> '' GROUP BY template ORDER BY template;

-- What it says
SELECT FROM test.build('tenant');
CREATE FUNCTION seen.said(claims text, statement text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.caller(claims);
    SELECT e.* INTO code, message, detail, hint FROM test.error(statement) e;
    RESET ROLE;
END $$;
SELECT s.* FROM (VALUES (''), ('{}'), ('{"sub": "eve"}'), ('not json'), ('{"sub": "eve", "tenant_id": "no uuid"}'), ('{"sub": "eve", "tenant_id": ["x"]}')) v (c), seen.said(c, 'SELECT * FROM shape.t') s;
SELECT s.* FROM unnest('{INSERT INTO shape.t (id) VALUES (10),UPDATE shape.t SET note = NULL,DELETE FROM shape.t,SELECT FROM shape.t FOR UPDATE}'::text[]) c, seen.said('{"sub": "eve"}', c) s;
-- Tables that were protected before the setting changed keep what they were asked, until protect() runs again; so does the way back.
SELECT FROM tenancy.configure('on_missing_tenant', NULL);
SELECT FROM test.build('tenant');
SELECT FROM tenancy.configure('on_missing_tenant', 'error');
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t') p;
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');
SELECT FROM tenancy.configure('on_missing_tenant', 'empty');
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t') p;
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');
SELECT (test.error($$SELECT tenancy.configure('on_missing_tenant', 'loud')$$)).*;
SELECT FROM tenancy.configure('on_missing_tenant', NULL);

DROP SCHEMA seen, shape CASCADE;

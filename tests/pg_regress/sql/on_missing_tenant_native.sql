-- native only
-- on_missing_tenant = error where no row reaches the comparison with the tenant. The extension raises while it plans, to
-- estimate; the pure-SQL edition cannot, and finds nothing. (From 18 on SQL functions keep their plans too: the second
-- expected output.)
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
SELECT FROM tenancy.configure('on_missing_tenant', 'error');
SELECT FROM test.build('tenant');
CREATE FUNCTION seen.said(claims text, statement text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.caller(claims);
    SELECT e.* INTO code, message, detail, hint FROM test.error(statement) e;
    RESET ROLE;
END $$;
-- Where there are no rows, or none that the question is about, it is asked all the same.
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t WHERE id = 999');
SELECT code FROM seen.said('{}', 'UPDATE shape.t SET note = note WHERE id = 999');
SELECT code FROM seen.said('{}', 'DELETE FROM shape.t WHERE slug = ''none''');
CREATE INDEX ON shape.t (id);
ANALYZE shape.t;
SET enable_seqscan = off;
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t WHERE id = 999');
TRUNCATE shape.t;
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t WHERE id = 999');
RESET enable_seqscan;
SELECT code FROM seen.said('{}', 'SELECT * FROM shape.t');

-- A plan kept from another caller is not planned again, and finds nothing.
SELECT FROM test.build('tenant');
SET plan_cache_mode = force_generic_plan;
PREPARE one (int) AS SELECT id FROM shape.t WHERE id = $1;
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
EXECUTE one (1);
SELECT set_config('request.jwt.claims', '{"sub": "eve"}', true);
SELECT code FROM test.error('EXECUTE one (1)');
ROLLBACK;
BEGIN;
SELECT test.caller('{"sub": "eve"}');
EXECUTE one (999);
ROLLBACK;
DEALLOCATE one;
RESET plan_cache_mode;

-- Template user: rows are told by their user first.
SELECT FROM test.build('user');
INSERT INTO test.trier (name, claims, reads, writes, own, theirs) SELECT 'eve', '{"sub": "eve"}', 'false', 'false', own, theirs FROM test.trier WHERE name = 'ann';
SELECT split_part(outcomes, '|', 7) AS eve, split_part(outcomes, '|', 5) AS nobody, count(*), string_agg(command, ', ') FILTER (WHERE split_part(outcomes, '|', 7) <> '42501') FROM test.border('shape.t')
WHERE command <> '' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT FROM tenancy.configure('on_missing_tenant', NULL);

DROP SCHEMA seen, shape CASCADE;

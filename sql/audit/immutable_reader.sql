-- What is IMMUTABLE may be computed once, when a statement is planned, and a plan is kept for the session: through a pooler the
-- next caller's query goes by who was calling before.
CREATE FUNCTION tenancy.audit_immutable_reader(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH readers AS MATERIALIZED (
        SELECT p.oid, n.nspname::text AS schema, p.proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = ANY (scope.readers) OR n.nspname = 'pg_catalog' AND p.proname = 'current_setting'
    ), suspects AS MATERIALIZED (
        SELECT f.oid, f.proname, f.prosrc, f.prosqlbody::text AS body FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
        WHERE f.provolatile = 'i' AND l.lanname NOT IN ('c', 'internal')
            AND (f.pronamespace = ANY (scope.schemas) OR f.oid IN (
                SELECT n.function FROM unnest(scope.nodes) n WHERE n.type = 'FUNCEXPR' AND n.function >= 16384))
            AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
    ), found AS MATERIALIZED (
        SELECT s.oid, format('%I.%I()', r.schema, r.name) AS what FROM suspects s JOIN readers r ON r.oid <> s.oid AND s.body ~ (':funcid ' || r.oid || ' ')
        UNION
        SELECT s.oid, 'the database role' FROM suspects s WHERE s.body ~ '\{SQLVALUEFUNCTION :op (9|10|11|12) '
        UNION
        SELECT s.oid, CASE WHEN word[1] IN ('current_user', 'session_user', 'current_role') THEN 'the database role' ELSE format('%I.%I()', r.schema, r.name) END
        FROM suspects s CROSS JOIN LATERAL tenancy.words(s.prosrc) word
        LEFT JOIN readers r ON r.oid <> s.oid AND r.name = word[cardinality(word)]
            AND (r.schema = word[cardinality(word) - 1] OR r.name = 'current_setting' AND cardinality(word) = 1)
        WHERE s.body IS NULL AND (r.oid IS NOT NULL OR cardinality(word) = 1 AND word[1] IN ('current_user', 'session_user', 'current_role'))
    )
    SELECT 'error', format('function %s', f.oid::regprocedure), 'it is declared IMMUTABLE and tells who is calling, so plans keep the answer for callers that come later',
        format('It reads %s.', string_agg(f.what, ', ' ORDER BY f.what)),
        -- (Not where an index or a column is made of it.)
        CASE WHEN NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
            AND d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass))
            THEN format('ALTER FUNCTION %s STABLE', f.oid::regprocedure) END
    FROM found f GROUP BY f.oid
$$;
COMMENT ON FUNCTION tenancy.audit_immutable_reader(tenancy.audit_scope) IS 'Rule immutable_reader of tenancy.audit().';

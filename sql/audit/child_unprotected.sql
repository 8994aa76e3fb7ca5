-- Row security of a parent guards rows that are reached through the parent. Who names the partition or the child itself is
-- bound by that one's own row security alone.
CREATE FUNCTION tenancy.audit_child_unprotected(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE audited AS MATERIALIZED (
        SELECT t.* FROM unnest(scope.tables) t
    ), under AS (
        SELECT t.relation, p.relation AS above, p.parent, p.row_security, p.forced, p.template FROM audited t JOIN audited p ON p.relation = t.parent
        UNION SELECT u.relation, p.relation, p.parent, p.row_security, p.forced, p.template FROM under u JOIN audited p ON p.relation = u.parent
    ), guarded AS (
        SELECT u.relation, bool_or(u.forced) AS forced, bool_and(u.template = 'public_read') AS public, string_agg(u.above::regclass::text, ', ' ORDER BY u.above) AS parents
        FROM under u WHERE u.row_security GROUP BY u.relation
    )
    SELECT CASE WHEN NOT t.row_security AND (t.granted ~ '[awdD]' OR t.granted <> '' AND g.public IS NOT TRUE) THEN 'error' ELSE 'warning' END, t.object,
        CASE WHEN t.row_security THEN 'row security binds the owner of its parent''s rows, and not where they are asked for here'
            ELSE 'row security is off, and its parent''s does not guard it where it is asked directly' END,
        format('Row security is on for %s. %s', g.parents, CASE WHEN t.granted <> '' THEN 'Callers have rights on the child itself.' ELSE 'Callers have no rights on the child itself.' END),
        concat_ws(E';\n', CASE WHEN NOT t.row_security THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) END,
            CASE WHEN g.forced AND NOT t.forced THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END)
    FROM audited t JOIN guarded g ON g.relation = t.relation
    -- (One with row security and without policies is closed to all but its owner, as may be meant.)
    WHERE NOT t.row_security OR g.forced AND NOT t.forced
$$;
COMMENT ON FUNCTION tenancy.audit_child_unprotected(tenancy.audit_scope) IS 'Rule child_unprotected of tenancy.audit().';

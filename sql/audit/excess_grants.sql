-- TRUNCATE empties a table of the rows of all tenants, and asks no policy. REFERENCES lets a foreign key ask whether a row of
-- another tenant exists, and a TRIGGER runs in the sessions of other callers.
CREATE FUNCTION tenancy.audit_excess_grants(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH privileges AS MATERIALIZED (
        SELECT t.relation, t.object, t.name AS table_name, t.owner, a.grantee, a.grantor, a.privilege_type, NULL::name AS attname, g.tgname IS NOT NULL AS refused
        FROM unnest(scope.tables) t JOIN pg_class c ON c.oid = t.relation
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        LEFT JOIN pg_trigger g ON g.tgrelid = t.relation AND g.tgname = 'tenancy_truncate' AND g.tgenabled <> 'D' AND t.asked IS NOT NULL
        WHERE t.row_security AND t.granted ~ '[Dxt]' AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner
        UNION ALL
        SELECT t.relation, t.object, t.name, t.owner, a.grantee, a.grantor, a.privilege_type, c.attname, false
        FROM unnest(scope.tables) t JOIN pg_attribute c ON c.attrelid = t.relation AND c.attacl IS NOT NULL
        CROSS JOIN LATERAL aclexplode(c.attacl) a
        WHERE t.row_security AND t.granted LIKE '%x%' AND a.privilege_type = 'REFERENCES' AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner
    ), revokes AS MATERIALIZED (
        SELECT relation, object, bool_or(privilege_type = 'TRUNCATE' AND NOT refused) AS empties,
            format('%s: %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, string_agg(concat_ws(' of ', privilege_type, quote_ident(attname)), ', ' ORDER BY privilege_type, attname)) AS listed,
            -- (What somebody else granted goes with their right to grant it.)
            CASE WHEN grantor = owner THEN format('REVOKE %s ON %s FROM %s', string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname), table_name,
                    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
                ELSE format('REVOKE GRANT OPTION FOR %s ON %s FROM %s CASCADE', string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname), table_name, grantor::regrole) END AS statement
        FROM privileges GROUP BY relation, object, table_name, owner, grantee, grantor
    )
    SELECT CASE WHEN bool_or(empties) THEN 'error' ELSE 'warning' END, object, 'callers have rights on it that ask no policy', string_agg(listed, '; ' ORDER BY listed), string_agg(statement, E';\n' ORDER BY statement)
    FROM revokes GROUP BY object
$$;
COMMENT ON FUNCTION tenancy.audit_excess_grants(tenancy.audit_scope) IS 'Rule excess_grants of tenancy.audit().';

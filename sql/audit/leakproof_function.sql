-- LEAKPROOF is a promise that a function tells nothing of its arguments, so that Postgres calls it before a policy has said who
-- may see the row. Where it raises an error or a notice it tells of the rows of others.
CREATE FUNCTION tenancy.audit_leakproof_function(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT 'warning', format('function %s', f.oid::regprocedure), 'it is declared LEAKPROOF, and so may be called with rows that its caller may not see',
        format('Language %s.', l.lanname), format('ALTER FUNCTION %s NOT LEAKPROOF', f.oid::regprocedure)
    FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
    WHERE f.proleakproof AND f.pronamespace = ANY (scope.schemas) AND NOT tenancy.of_extension('pg_proc'::regclass, f.oid, f.proowner)
$$;
COMMENT ON FUNCTION tenancy.audit_leakproof_function(tenancy.audit_scope) IS 'Rule leakproof_function of tenancy.audit().';

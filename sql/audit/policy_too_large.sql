-- A policy so large that no other rule has looked at it: make_audit_scope() leaves it out.
CREATE FUNCTION tenancy.audit_policy_too_large(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    SELECT 'error', format('policy %I on %s', p.polname, t.name), 'it is too large to be looked at',
        format('Its expressions take %s characters in the catalog; what has more than 65536 is left out by all other rules.', length(concat(p.polqual::text, p.polwithcheck::text))), NULL::text
    FROM pg_policy p JOIN unnest(scope.tables) t ON t.relation = p.polrelid
    WHERE p.oid NOT IN (SELECT o.policy FROM unnest(scope.policies || scope.pack_policies) o)
$$;
COMMENT ON FUNCTION tenancy.audit_policy_too_large(tenancy.audit_scope) IS 'Rule policy_too_large of tenancy.audit().';

-- A policy TO PUBLIC is for every role there is and every one that will be made, for whoever is not signed in too.
CREATE FUNCTION tenancy.audit_policy_to_public(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH gates AS MATERIALIZED (
        SELECT p.relation, string_agg(CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, '') AS commands FROM unnest(scope.policies || scope.pack_policies) p
        WHERE NOT p.permissive AND 0 = ANY (p.roles) GROUP BY 1
    ), found AS MATERIALIZED (
        SELECT p.policy, p.object, p.name, t.relation, t.name AS table_name, t.owner, t.forced FROM unnest(scope.policies) p
        JOIN unnest(scope.tables) t ON t.relation = p.relation AND t.has_owners AND t.granted <> ''
        LEFT JOIN gates g ON g.relation = p.relation
        WHERE p.permissive AND 0 = ANY (p.roles) AND translate(CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, concat(g.commands), '') <> ''
    ), holders AS MATERIALIZED (
        SELECT f.policy, a.grantee FROM found f JOIN pg_class c ON c.oid = f.relation, aclexplode(c.relacl) a WHERE a.grantee <> f.owner
        UNION SELECT f.policy, a.grantee FROM found f JOIN pg_attribute c ON c.attrelid = f.relation, aclexplode(c.attacl) a WHERE a.grantee <> f.owner
        UNION SELECT f.policy, f.owner FROM found f JOIN pg_roles r ON r.oid = f.owner WHERE f.forced AND NOT r.rolsuper AND NOT r.rolbypassrls
    ), mended AS MATERIALIZED (
        -- It stays a policy for all who have rights on the table now.
        SELECT h.policy, string_agg(h.grantee::regrole::text, ', ' ORDER BY h.grantee::regrole::text) AS roles FROM holders h GROUP BY 1 HAVING bool_and(h.grantee <> 0)
            -- (Predefined roles give rights that no table knows of.)
            AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles p ON p.oid = m.roleid WHERE p.rolname IN ('pg_read_all_data', 'pg_write_all_data') AND m.member = ANY (scope.callers))
    )
    SELECT 'warning', f.object, 'it is for every role, whoever that is', tenancy.policy_text(f.policy), 'ALTER POLICY ' || quote_ident(f.name) || ' ON ' || f.table_name || ' TO ' || m.roles
    FROM found f LEFT JOIN mended m ON m.policy = f.policy
$$;
COMMENT ON FUNCTION tenancy.audit_policy_to_public(tenancy.audit_scope) IS 'Rule policy_to_public of tenancy.audit().';

-- A row without a tenant is nobody's: no caller sees it, a unique key or foreign key with the tenant does not hold for it
-- (Postgres takes NULLs for different, and keys with one for met), and a policy that compares with IS NOT DISTINCT FROM
-- shows it to whoever has no tenant.
CREATE FUNCTION tenancy.audit_tenant_column_nullable(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH says_what_null_means AS MATERIALIZED (
        SELECT p.relation, v.own_column
        FROM (SELECT * FROM unnest(scope.nodes) WHERE type IN ('NULLTEST', 'VAR')) v
        JOIN (SELECT * FROM unnest(scope.nodes) WHERE type = 'NULLTEST') n ON n.tree = v.tree AND n.id = v.parent AND n.fields ->> 'nulltesttype' = '0'
        JOIN unnest(scope.policies) p ON p.using_tree = v.tree AND p.permissive WHERE v.own_column > 0
    )
    SELECT 'warning', format('column %s.%I', t.name, a.attname), 'the tenant may be NULL, and such a row belongs to nobody',
        'Where rows have none yet, the statement fails: give them one first.', format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t.name, a.attname)
    FROM unnest(scope.tables) t
    JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum = t.tenant_column
    JOIN pg_type y ON y.oid = a.atttypid
    WHERE t.has_owners AND COALESCE(t.template, '') NOT IN ('tenant_or_global', 'via_parent') AND NOT y.typnotnull
        -- (Children follow their parents. From 18 on, NOT NULL may be there and not hold for the rows there are.)
        AND NOT EXISTS (SELECT FROM unnest(scope.tables) p WHERE p.relation = t.parent AND p.tenant_column IS NOT NULL)
        AND (NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated))
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'c' AND k.convalidated AND k.conkey = ARRAY[a.attnum]
            AND k.conbin::text ~ '^\{NULLTEST :arg \{VAR [^{}]*\} :nulltesttype 1 ')
        AND (t.relation, t.tenant_column) NOT IN (SELECT s.relation, s.own_column FROM says_what_null_means s)
$$;
COMMENT ON FUNCTION tenancy.audit_tenant_column_nullable(tenancy.audit_scope) IS 'Rule tenant_column_nullable of tenancy.audit().';

-- Row security is off: whoever has a right on the table uses it on the rows of all tenants.
CREATE FUNCTION tenancy.audit_rls_disabled(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH RECURSIVE audited AS MATERIALIZED (
        SELECT t.* FROM unnest(scope.tables) t
    ), under AS (
        -- (Children of a table with row security are for child_unprotected.)
        SELECT t.relation, p.relation AS above, p.parent, p.row_security FROM audited t JOIN audited p ON p.relation = t.parent
        UNION SELECT u.relation, p.relation, p.parent, p.row_security FROM under u JOIN audited p ON p.relation = u.parent
    ), children AS (
        SELECT u.relation, bool_or(u.row_security) AS guarded, min(u.above) FILTER (WHERE u.parent IS NULL) AS root FROM under u GROUP BY u.relation
    ), grantees AS MATERIALIZED (
        SELECT t.relation, array_agg(DISTINCT a.grantee) AS grantees FROM audited t JOIN pg_class c ON c.oid = t.relation
        CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT x.* FROM pg_attribute k, aclexplode(k.attacl) x WHERE k.attrelid = t.relation) a
        WHERE NOT t.row_security AND t.granted <> '' AND a.grantee = ANY (scope.callers) AND a.grantee <> t.owner GROUP BY 1
    ), parents AS MATERIALIZED (
        -- To what their rows belong, it may be.
        SELECT DISTINCT ON (k.conrelid) k.conrelid, p.name FROM pg_constraint k JOIN audited p ON p.relation = k.confrelid AND p.tenant_column IS NOT NULL AND p.row_security
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] AND a.attnotnull
        WHERE k.contype = 'f' ORDER BY k.conrelid, p.name
    ), customers AS MATERIALIZED (
        SELECT array_agg(r.oid) || 0::oid AS roles, min(r.oid) FILTER (WHERE r.rolname = tenancy.setting('authenticated')) AS authenticated FROM pg_roles r
        WHERE r.rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
    ), found AS (
        SELECT t.*, t.granted <> '' AS by_some, t.granted <> '' AND (NOT scope.apps_named OR g.grantees IS NULL OR g.grantees && scope.apps) AS by_apps, g.grantees, c.relation IS NOT NULL AS child, r AS mended,
            -- (Of children of one that is found as well, only those that callers get at.)
            -- To protect() it gives rights to the role authenticated, and leaves other roles no rows.
            r.relation IS NOT NULL AND (c.root IS NULL OR r.policies = 0) AND g.grantees <@ m.roles AND g.grantees && ARRAY[m.authenticated, 0] AS mendable
        FROM customers m, audited t LEFT JOIN grantees g ON g.relation = t.relation LEFT JOIN children c ON c.relation = t.relation LEFT JOIN audited r ON r.relation = COALESCE(c.root, t.relation)
        WHERE NOT t.row_security AND t.policies = 0 AND c.guarded IS NOT TRUE AND (t.granted <> '' OR t.has_owners AND c.relation IS NULL)
    )
    -- (A login that no app has may well fill a table of its own.)
    SELECT CASE WHEN f.by_apps AND (f.has_owners OR EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = f.relation AND a.grantee = ANY (scope.apps) AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))) THEN 'error'
            WHEN f.has_owners OR f.by_apps AND b.name IS NOT NULL THEN 'warning' ELSE 'notice' END,
        f.object, CASE WHEN f.by_apps THEN 'row security is off, and callers have rights on it' WHEN f.by_some THEN 'row security is off, and roles that no app acts with have rights on it' ELSE 'row security is off' END,
        CASE WHEN f.by_some THEN COALESCE((SELECT string_agg(r::regrole::text, ', ' ORDER BY r::regrole::text) FROM unnest(f.grantees) r WHERE NOT f.by_apps), 'They') || format(' may: %s.', (SELECT string_agg(p.name, ', ' ORDER BY p.place)
            FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'), (5, 'D', 'TRUNCATE'), (6, 'x', 'REFERENCES'), (7, 't', 'TRIGGER')) AS p (place, letter, name)
            WHERE strpos(f.granted, p.letter) > 0)) ELSE 'No caller was granted rights on it.' END || CASE WHEN NOT f.has_owners AND b.name IS NOT NULL THEN format(' It refers to table %s, whose rows belong to tenants.', b.name) ELSE '' END,
        -- What nobody may do now is not to become possible, and what protect() takes no column of it is not to be tried.
        CASE WHEN f.by_some AND f.mendable AND (f.granted ~ 'a') = (f.granted ~ 'w') AND o.template IS NOT NULL THEN format('SELECT tenancy.protect(%s)', concat_ws(', ', quote_literal((f.mended).name),
                CASE o.template WHEN 'user' THEN '''user''' END, CASE WHEN f.granted !~ 'r' THEN 'read => ''{}''' END,
                CASE WHEN f.granted !~ '[aw]' THEN 'write => ''{}''' END, CASE WHEN f.granted !~ 'd' THEN 'remove => ''{}''' END))
            WHEN NOT f.by_some THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', f.name) END
    FROM found f LEFT JOIN parents b ON b.conrelid = f.relation LEFT JOIN LATERAL (
        SELECT CASE WHEN a.attnum = (f.mended).tenant_column THEN 'tenant' ELSE 'user' END AS template
        FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE a.attrelid = (f.mended).relation AND a.attnum = COALESCE((f.mended).tenant_column, (f.mended).user_column)
            AND a.attgenerated = '' AND a.attidentity = '' AND COALESCE(c.collisdeterministic, true)
            AND NOT EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = a.attrelid AND g.attacl IS NOT NULL)
            AND tenancy.base_type(a.atttypid) = ANY ('{uuid,text,varchar}'::regtype[]
                || CASE WHEN a.attnum = (f.mended).tenant_column THEN '{smallint,integer,bigint}'::regtype[] END)) o ON true
$$;
COMMENT ON FUNCTION tenancy.audit_rls_disabled(tenancy.audit_scope) IS 'Rule rls_disabled of tenancy.audit().';

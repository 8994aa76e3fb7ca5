-- current_setting('app.x') is an error wherever x was never set, and after a transaction that used SET LOCAL it is '', which is no
-- uuid: the queries of whoever gets that connection next fail.
CREATE FUNCTION tenancy.audit_claim_setting_form(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.parent, n.ancestors, n.type, n.field, n.value, n.reads_caller, n.function, n.fields ->> 'resulttype' AS result
        FROM unnest(scope.nodes) n
        WHERE n.reads_caller OR n.type IN ('COERCEVIAIO', 'NULLIFEXPR', 'CASEEXPR', 'FUNCEXPR', 'OPEXPR', 'CONST', 'FROMEXPR')
    ), settings AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, s.value AS setting, f.pronargs = 1 OR m.value = 'false' AS fails,
            -- A custom setting without a period cannot be set.
            strpos(s.value, '.') = 0 AS is_none
        FROM nodes n JOIN pg_proc f ON f.oid = n.function AND f.proname = 'current_setting'
        JOIN nodes s ON s.tree = n.tree AND s.parent = n.id AND s.id = n.id + 1 AND (strpos(s.value, '.') > 0 OR current_setting(s.value, true) IS NULL)
        LEFT JOIN nodes m ON m.tree = n.tree AND m.parent = n.id AND m.id = n.id + 2
        WHERE n.reads_caller
    ), first_uses AS MATERIALIZED (
        -- What its value goes into first, other than COALESCE, which '' passes
        SELECT s.tree, s.id, (array_agg(n.type = 'COERCEVIAIO' AND t.typcategory <> 'S' ORDER BY n.id DESC))[1] AND NOT bool_or(n.type = 'CASEEXPR') AS is_cast
        FROM settings s JOIN nodes n ON n.tree = s.tree AND n.id = ANY (s.ancestors) LEFT JOIN pg_type t ON t.oid = n.result::oid GROUP BY 1, 2
    ), found AS MATERIALIZED (
        SELECT s.tree, s.setting, s.is_none, s.fails AND NOT s.is_none AS fails, COALESCE(u.is_cast, false) AND NOT s.is_none AS is_cast
        FROM settings s LEFT JOIN first_uses u ON u.tree = s.tree AND u.id = s.id WHERE s.fails OR u.is_cast OR s.is_none
    )
    SELECT 'warning', p.object, CASE WHEN bool_and(f.is_none) THEN 'it reads a setting that nobody can set' ELSE 'it fails where the setting is not set, or is empty' END,
        string_agg(DISTINCT concat_ws(' ', CASE WHEN f.is_none THEN format('There is no setting %s, and none of one''s own can be set whose name has no period.', f.setting) END,
            CASE WHEN f.fails THEN format('current_setting(%L) without its second argument, true, is an error where nothing is set.', f.setting) END,
            CASE WHEN f.is_cast THEN format('Setting %s is cast without NULLIF(..., '''').', f.setting) END), ' '), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_claim_setting_form(tenancy.audit_scope) IS 'Rule claim_setting_form of tenancy.audit().';

-- An address can be given to somebody else, changed by its user, and with some providers claimed without proof. Whoever has it
-- then is, for this policy, whoever had it before.
CREATE FUNCTION tenancy.audit_email_as_identity(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET enable_nestloop = off -- (The planner takes an array to have ten elements.)
AS $$
    WITH nodes AS MATERIALIZED (
        SELECT n.tree, n.id, n.ancestors, n.fields ->> 'sublinktype' IN ('1', '2', '3') AS is_in, (n.fields ->> 'opno')::oid AS operator
        FROM unnest(scope.nodes) n
        WHERE n.type IN ('OPEXPR', 'SCALARARRAYOPEXPR', 'DISTINCTEXPR', 'SUBLINK') OR n.reads_caller
    ), found AS MATERIALIZED (
        SELECT DISTINCT c.tree, c.path[cardinality(c.path)] AS claim
        FROM unnest(scope.claims) c JOIN nodes r ON r.tree = c.tree AND r.id = c.reader
        WHERE c.path[cardinality(c.path)] IN ('email', 'phone', 'phone_number', 'preferred_username')
            -- Compared, and not only looked whether it is there
            AND EXISTS (SELECT FROM nodes o LEFT JOIN pg_operator p ON p.oid = o.operator
                WHERE o.tree = c.tree AND o.id = ANY (r.ancestors) AND (p.oprresult = 'bool'::regtype OR o.is_in AND o.id = c.used_in))
    )
    SELECT 'warning', p.object, 'it knows the caller by something that can pass to somebody else',
        format('It compares the claim %s.', string_agg(DISTINCT f.claim, ', ' ORDER BY f.claim)), NULL::text
    FROM (SELECT p.*, unnest(ARRAY[p.using_tree, p.check_tree]) AS tree FROM unnest(scope.policies) p) p JOIN found f ON f.tree = p.tree
    GROUP BY p.object
$$;
COMMENT ON FUNCTION tenancy.audit_email_as_identity(tenancy.audit_scope) IS 'Rule email_as_identity of tenancy.audit().';

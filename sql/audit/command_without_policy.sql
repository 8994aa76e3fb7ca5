-- Callers are granted a command that no policy lets them use: it finds no rows or is refused, where the grant says otherwise.
-- Mostly a policy was forgotten, and the next to come along adds one in a hurry.
CREATE FUNCTION tenancy.audit_command_without_policy(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH open AS MATERIALIZED (
        SELECT p.relation, string_agg(DISTINCT CASE p.command WHEN '*' THEN 'rawd' ELSE p.command::text END, '') AS commands
        FROM unnest(scope.policies) p WHERE p.permissive GROUP BY p.relation
    )
    SELECT 'notice', t.object, 'callers are granted what no policy lets them do',
        format('There is no permissive policy for: %s.', string_agg(c.name, ', ' ORDER BY c.place)), NULL::text
    FROM unnest(scope.tables) t JOIN open o ON o.relation = t.relation
    JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS c (place, letter, name)
        ON strpos(t.granted, c.letter) > 0 AND strpos(o.commands, c.letter) = 0
    WHERE t.row_security AND t.asked IS NULL
    GROUP BY t.object
$$;
COMMENT ON FUNCTION tenancy.audit_command_without_policy(tenancy.audit_scope) IS 'Rule command_without_policy of tenancy.audit().';

-- auth.login($1): where the server logs the parameters of statements its log fills with tokens, each good for some minutes for
-- whoever reads the log, and for as long as it lasts in every copy.
CREATE FUNCTION tenancy.audit_parameter_logging(scope tenancy.audit_scope) RETURNS TABLE (level text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH settings AS (
        SELECT EXISTS (SELECT FROM pg_settings s WHERE s.name = 'log_parameter_max_length' AND s.setting <> '0') AS of_statements,
            EXISTS (SELECT FROM pg_settings s WHERE s.name = 'log_parameter_max_length_on_error' AND s.setting <> '0') AS of_errors,
            ARRAY(SELECT format('%s is %s', s.name, current_setting(s.name)) FROM pg_settings s
                WHERE s.name = 'log_statement' AND s.setting = 'all'
                    OR s.name = 'log_min_duration_statement' AND s.setting <> '-1'
                    OR s.name = 'log_min_duration_sample' AND s.setting <> '-1' AND current_setting('log_statement_sample_rate')::float8 > 0
                    OR s.name = 'log_transaction_sample_rate' AND s.setting::float8 > 0
                ORDER BY s.name) AS logging
    )
    SELECT 'warning', v.object, 'tokens are presented here, and the server writes the parameters of statements to its log', v.detail, NULL::text
    FROM settings s CROSS JOIN LATERAL (VALUES
        (s.of_statements AND s.logging <> '{}', 'setting log_parameter_max_length', format('It is %s, and %s.',
            current_setting('log_parameter_max_length'), array_to_string(s.logging, ', '))),
        (s.of_errors, 'setting log_parameter_max_length_on_error', format('It is %s: the parameters of statements that fail are logged.',
            current_setting('log_parameter_max_length_on_error')))
    ) AS v (holds, object, detail)
    -- In mode claims nobody needs a token.
    WHERE v.holds AND tenancy.setting('mode') <> 'claims'
$$;
COMMENT ON FUNCTION tenancy.audit_parameter_logging(tenancy.audit_scope) IS 'Rule parameter_logging of tenancy.audit().';

-- tenancy.audit(): what is wrong with the isolation of tenants in this database, by rules of which each is a file in sql/audit/
-- and a function tenancy.audit_RULE(scope). It reads the catalog, writes nothing and locks nothing.

CREATE FUNCTION tenancy.audit_rules() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{anonymous_writes,bypassrls_role,cast_on_column,child_unprotected,claim_setting_form,claims_in_role_settings,client_writable_claim,
        command_without_policy,correlated_call,database_role_as_caller,default_privileges,definer_function,duplicate_index,
        email_as_identity,excess_grants,extension_in_public,foreign_key_to_identity,foreign_key_unindexed,foreign_key_without_tenant,
        foreign_table,function_of_row,function_search_path,grant_to_public,identity_secrets,identity_view,immutable_reader,inverted_check,
        leakproof_function,literal_tenant,login_not_bound,materialized_view,membership_by_subselect,multiple_permissive_policies,
        no_primary_key,no_restrictive_floor,only_restrictive_policies,or_without_column,orphans,owner_rights_view,parameter_logging,
        pattern_on_claim,policies_without_rls,policy_always_false,policy_always_true,policy_by_setting,policy_exists_unbound,
        policy_for_nobody,policy_not_tied,policy_reads_unprotected,policy_recursion,policy_to_public,policy_too_large,
        policy_without_own_column,protection_drifted,publication_without_filter,rewriting_rule,rights_self_granted,rls_disabled,
        rls_not_forced,rls_without_policies,role_claim_as_right,schema_create,sensitive_columns,sequence_rights,server_version,
        signed_in_by_jwt,tenant_column_nullable,tenant_column_type,tenant_column_unindexed,tenant_column_unknown,trigger_sorts_after,
        unique_without_tenant,unscoped_owner_column,unwrapped_call,volatile_in_policy,wrapped_call_skewed,write_check_missing}'::text[];
COMMENT ON FUNCTION tenancy.audit_rules() IS 'The codes of the rules of tenancy.audit(). docs/audit has a page for each.';

-- A finding that is meant so, with the reason and until when.
CREATE TABLE tenancy.waiver (
    code text,
    object text,
    reason text NOT NULL,
    until date,
    level text, -- that it had when it was waived; NULL where it was not found then
    PRIMARY KEY (code, object)
);
COMMENT ON TABLE tenancy.waiver IS 'Findings that tenancy.audit() leaves out: tenancy.waive().';
-- Whoever audits reads it.
GRANT SELECT ON tenancy.waiver TO PUBLIC;

CREATE FUNCTION tenancy.all_findings(schemas name[]) RETURNS TABLE (level text, code text, object text, message text, detail text, fix text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET jit = off -- Rules switch off how the planner joins, and to compile what then looks expensive takes longer than to run it.
AS $$
#variable_conflict use_column
DECLARE
    scope tenancy.audit_scope := tenancy.make_audit_scope(schemas);
    rule text;
BEGIN
    FOREACH rule IN ARRAY tenancy.audit_rules() LOOP
        BEGIN
            RETURN QUERY EXECUTE format('SELECT f.level, %L, f.object, f.message, f.detail, f.fix FROM tenancy.%I($1) f', rule, 'audit_' || rule) USING scope;
        EXCEPTION WHEN OTHERS THEN
            -- What could not be looked at is not known to be good, and is no reason not to look at the rest.
            RETURN QUERY SELECT 'error', rule, 'database', format('rule %s could not be tried: %s', rule, SQLERRM), format('SQLSTATE %s', SQLSTATE), NULL::text;
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.all_findings(name[]) IS 'tenancy.audit() without regard to what was waived.';

CREATE FUNCTION tenancy.level_place(level text) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_position('{error,warning,notice}'::text[], level);
COMMENT ON FUNCTION tenancy.level_place(text) IS 'The place of a level of tenancy.audit(), 1 for the worst; NULL where there is no such level.';

CREATE FUNCTION tenancy.audit(schemas name[] DEFAULT NULL) RETURNS TABLE (level text, code text, object text, message text, detail text, fix text)
    LANGUAGE sql STABLE PARALLEL UNSAFE
    BEGIN ATOMIC
        SELECT f.level, f.code, f.object, f.message,
            NULLIF(concat_ws(' ', f.detail, CASE WHEN w.until < CURRENT_DATE THEN format('Waived until %s: %s', w.until, w.reason)
                WHEN w.code IS NOT NULL THEN format('Waived when it was a %s: %s', w.level, w.reason) END), ''), f.fix
        FROM tenancy.all_findings(schemas) f LEFT JOIN tenancy.waiver w ON w.code = f.code AND w.object = f.object
        WHERE w.code IS NULL OR w.until < CURRENT_DATE OR tenancy.level_place(f.level) < tenancy.level_place(w.level)
        ORDER BY tenancy.level_place(f.level), f.code, f.object, f.message;
    END;
COMMENT ON FUNCTION tenancy.audit(name[]) IS
'What is wrong with the isolation of tenants in these schemas; NULL is those of setting audit_schemas, or all but the system''s. level: error, rows of others can be reached, or a guard that was asked for is not there; warning, they can under circumstances, or a mistake that is often made; notice, worth knowing. code is the rule (docs/audit has a page for each), object what it is about, fix SQL that mends it as it stands; NULL where a person has to choose. What tenancy.waive() names is left out, unless it has become worse. Reads the catalog as the current role, and writes nothing; small tables are read for orphans where row security does not hide them. Errors: 3F000 no such schema; 22023 an empty array.';

CREATE FUNCTION tenancy.assert_isolated(schemas name[] DEFAULT NULL, level text DEFAULT 'error') RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    findings int;
    listed text;
BEGIN
    IF tenancy.level_place(level) IS NULL THEN
        RAISE EXCEPTION 'unknown level: %', COALESCE(quote_literal(level), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Levels are error, warning, notice.';
    END IF;
    SELECT count(*), string_agg(format('%s %s: %s: %s', f.level, f.code, f.object, f.message), E'\n' ORDER BY f.place) INTO findings, listed
    FROM tenancy.audit(schemas) WITH ORDINALITY AS f (level, code, object, message, detail, fix, place)
    WHERE tenancy.level_place(f.level) <= tenancy.level_place(assert_isolated.level);
    IF findings > 0 THEN
        RAISE EXCEPTION 'tenants are not isolated: % %', findings, CASE findings WHEN 1 THEN 'finding' ELSE 'findings' END
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = listed,
            HINT = 'SELECT * FROM tenancy.audit() has the statements that mend them; tenancy.waive() leaves out what is meant so.';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.assert_isolated(name[], text) IS
'For CI, and after migrations: nothing where tenancy.audit() has no finding of this level or above, else error 55000 with the findings in DETAIL. Errors besides: 3F000 no such schema; 22023 no such level, or an empty array.';

CREATE FUNCTION tenancy.waive(code text, object text, reason text, until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found text;
BEGIN
    IF waive.code IS NULL OR waive.code <> ALL (tenancy.audit_rules()) THEN
        RAISE EXCEPTION 'unknown rule: %', COALESCE(quote_literal(waive.code), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'SELECT unnest(tenancy.audit_rules()) lists them.';
    ELSIF waive.object !~ '\S' IS NOT FALSE OR waive.reason !~ '\S' IS NOT FALSE THEN
        RAISE EXCEPTION 'object and reason must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'object is written as tenancy.audit() writes it; the reason is for whoever asks later.';
    ELSIF waive.until < CURRENT_DATE THEN
        RAISE EXCEPTION 'until lies in the past: %', waive.until USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is the last day of the waiver; NULL is for ever. tenancy.unwaive() ends one.';
    END IF;
    SELECT f.level INTO found FROM tenancy.all_findings(NULL) f WHERE f.code = waive.code AND f.object = waive.object ORDER BY tenancy.level_place(f.level) LIMIT 1;
    IF found IS NULL THEN
        RAISE NOTICE 'there is no such finding now' USING DETAIL = format('Rule %s finds nothing of %s.', waive.code, waive.object),
            HINT = 'object is written as tenancy.audit() writes it.';
    END IF;
    INSERT INTO tenancy.waiver VALUES (waive.code, waive.object, waive.reason, waive.until, found)
    ON CONFLICT (code, object) DO UPDATE SET reason = excluded.reason, until = excluded.until, level = excluded.level;
END $$;
COMMENT ON FUNCTION tenancy.waive(text, text, text, date) IS
'Leaves a finding out of tenancy.audit(), with the reason, to the end of a day (NULL: for ever); then it is there again, with the reason; and so it is when its level becomes worse. object is written as the audit writes it. For the administrator. Errors: 22023 no such rule, no object or reason, a day that has passed; 42501. A NOTICE where there is no such finding now.';

CREATE FUNCTION tenancy.unwaive(code text, object text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM tenancy.waiver w WHERE w.code = unwaive.code AND w.object = unwaive.object;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such waiver' USING ERRCODE = 'undefined_object', HINT = 'TABLE tenancy.waiver lists them.';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.waive(text, text, text, date), tenancy.unwaive(text, text) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.unwaive(text, text) IS 'Ends a waiver: tenancy.audit() has the finding again. For the administrator. Errors: 42704 no such waiver; 42501.';

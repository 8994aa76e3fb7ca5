-- Staff: database roles of their own (setting staff_roles) that see the rows of all tenants, through a policy of their own.
--
-- Where there are staff the floor lets them pass. Never in the policies of callers: an OR there would cost them the index.

CREATE FUNCTION tenancy.or_staff(staff name[], expression text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN staff = '{}' OR expression = 'true' OR expression IS NULL THEN expression ELSE tenancy.policy_acts_as(staff, expression) END;
COMMENT ON FUNCTION tenancy.or_staff(name[], text) IS 'The expression that is true for staff too; NULL for NULL.';

CREATE FUNCTION tenancy.require_roles() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role name;
    callers name := tenancy.setting('authenticated');
BEGIN
    FOREACH role IN ARRAY tenancy.staff_roles() || callers LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object',
                HINT = CASE WHEN role = callers THEN 'SELECT tenancy.bootstrap_roles() makes it.'
                    ELSE 'Make it (CREATE ROLE ... NOLOGIN), or take it out with tenancy.configure(''staff_roles'', ...).' END;
        END IF;
    END LOOP;
    FOREACH role IN ARRAY tenancy.staff_roles() LOOP
        IF pg_has_role(callers, role, 'MEMBER') THEN
            RAISE EXCEPTION 'role "%" cannot be staff: callers have it', role USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Every caller would see the rows of all tenants.',
                HINT = format('REVOKE %I FROM %I, or take it out with tenancy.configure(''staff_roles'', ...).', role, callers);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.require_roles() IS
'Raises unless the database roles that policies are written for are there. Errors: 42704 one is missing; 55000 callers have a staff role.';

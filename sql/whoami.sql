-- Who am I, as this database sees it, and why do I see nothing?

-- Why row security guards this session against forgetting only: the first reason found; NULL for a bound one.
-- What counts is the login role and all it may become with SET ROLE.
CREATE FUNCTION tenancy.not_bound_because() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT reason FROM (
            SELECT 1 AS rank, rolname AS role, format('role "%s" is a superuser', rolname) AS reason
            FROM pg_catalog.pg_roles WHERE rolsuper AND pg_has_role(session_user, oid, 'MEMBER')
            UNION ALL
            SELECT 2, rolname, format('role "%s" has BYPASSRLS', rolname)
            FROM pg_catalog.pg_roles WHERE rolbypassrls AND pg_has_role(session_user, oid, 'MEMBER')
            UNION ALL
            SELECT 3, pg_get_userbyid(relowner), format('role "%s" administers pg_tenancy', pg_get_userbyid(relowner))
            FROM pg_catalog.pg_class
            WHERE oid = 'tenancy.config'::regclass AND pg_has_role(session_user, relowner, 'MEMBER')
            UNION ALL
            SELECT 4, pg_get_userbyid(c.relowner), format('role "%s" owns protected tables', pg_get_userbyid(c.relowner))
            FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
            WHERE p.polname = 'tenancy_floor' AND pg_has_role(session_user, c.relowner, 'MEMBER')
        ) AS found
        ORDER BY rank, role <> session_user, role LIMIT 1;
    END;
COMMENT ON FUNCTION tenancy.not_bound_because() IS
'Why this session is not bound: the first of superuser, BYPASSRLS, administrator, owner of protected tables that its login role is or may become. NULL for a bound session.';

CREATE FUNCTION tenancy.has_rights_of(roles name[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ANY (roles) AND pg_has_role(current_user, oid, 'USAGE'));
COMMENT ON FUNCTION tenancy.has_rights_of(name[]) IS
'Whether the database role now has the rights of any of these roles. Names that are no roles count for nothing.';

CREATE FUNCTION tenancy.whoami(
    OUT session_role name, OUT database_role name, OUT mode text, OUT issuer text, OUT user_id text,
    OUT tenant_id text, OUT bound boolean, OUT not_bound_because text, OUT sees_nothing_because text
) RETURNS record
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT session_user, current_user, tenancy.setting('mode'), auth.claim_text(VARIADIC ARRAY['iss']), auth.user_id(),
            auth.tenant_id(), tenancy.not_bound_because() IS NULL, tenancy.not_bound_because(),
            CASE
                WHEN (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN NULL
                -- Staff see all rows, unless they are under the floor of the authenticated too.
                WHEN tenancy.has_rights_of(tenancy.staff_roles()) AND NOT tenancy.has_rights_of(ARRAY[tenancy.setting('authenticated')]::name[]) THEN NULL
                WHEN NULLIF(current_setting('request.jwt.claims', true), '') IS NULL THEN
                    'no claims are set: in a transaction, call auth.set_claims() or set request.jwt.claims'
                WHEN auth.jwt() IS NULL THEN format('the claims %s', tenancy.claims_problem())
                WHEN auth.tenant_id() IS NULL THEN
                    'the claims name no tenant: looked for tenant_id, org_id, organization_id, o.id, app_metadata.tenant_id, app_metadata.org_id'
                WHEN NOT tenancy.has_rights_of(ARRAY[tenancy.setting('authenticated')]::name[]) THEN
                    format('the database role is not "%s": SET LOCAL ROLE %I', tenancy.setting('authenticated'), tenancy.setting('authenticated'))
            END;
    END;
COMMENT ON FUNCTION tenancy.whoami() IS
'One row: the login role and the database role now; the mode; the issuer (claim iss), user and tenant of the caller; whether the session is bound, and if not why; and the first reason for which this session sees no rows of protected tables, NULL where there is none.';

-- Who am I, as this database sees it, and why do I see nothing?

-- Why row security guards this session against forgetting only: the first reason found; NULL for a bound one.
-- What counts is the login role and all it may become with SET ROLE.
CREATE FUNCTION tenancy.not_bound_because(login name DEFAULT session_user) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT format('role "%s" %s', r.rolname, reason.text)
        FROM pg_catalog.pg_roles r, LATERAL (VALUES
            (1, r.rolsuper, 'is a superuser'),
            (2, r.rolbypassrls, 'has BYPASSRLS'),
            (3, r.rolreplication, 'has REPLICATION'),
            -- Before 16 it may grant itself any role but a superuser.
            (4, r.rolcreaterole AND current_setting('server_version_num')::int < 160000, 'has CREATEROLE'),
            (5, r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'), 'reaches the server''s files'),
            (6, r.oid = tenancy.administrator(), 'administers pg_tenancy'),
            (7, EXISTS (SELECT FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE p.polname = 'tenancy_floor' AND r.oid IN (c.relowner, n.nspowner)), 'owns protected tables or their schema'),
            (8, r.rolname = ANY (tenancy.staff_roles()), 'is staff')
        ) AS reason (rank, holds, text)
        WHERE reason.holds AND pg_has_role(login, r.oid, 'MEMBER')
        ORDER BY reason.rank, r.rolname <> login, r.rolname LIMIT 1;
    END;
COMMENT ON FUNCTION tenancy.not_bound_because(name) IS
'Why sessions of a login role (this one''s, if none is given) are not bound: the first reason found in what it is or may become with SET ROLE: superuser, BYPASSRLS, REPLICATION, CREATEROLE before Postgres 16, access to the server''s files or programs, administrator, owner of protected tables or of their schema, staff. NULL for a bound login. Error 42704 for a role that does not exist.';

CREATE FUNCTION tenancy.has_rights_of(roles name[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ANY (roles) AND pg_has_role(current_user, oid, 'USAGE'));
COMMENT ON FUNCTION tenancy.has_rights_of(name[]) IS
'Whether the database role now has the rights of any of these roles. Names that are no roles count for nothing.';

CREATE FUNCTION tenancy.whoami(
    OUT session_role name, OUT database_role name, OUT mode text, OUT issuer text, OUT user_id text,
    OUT tenant_id text, OUT roles text[], OUT bound boolean, OUT not_bound_because text, OUT sees_nothing_because text
) RETURNS record
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT session_user, current_user, tenancy.setting('mode'),
            -- Where a token is refused, the readers raise an error.
            CASE WHEN tenancy.token_problem() IS NULL THEN auth.claim_text(VARIADIC ARRAY['iss']) END,
            CASE WHEN tenancy.token_problem() IS NULL THEN auth.user_id() END,
            CASE WHEN tenancy.token_problem() IS NULL THEN auth.tenant_id() END,
            CASE WHEN tenancy.token_problem() IS NULL THEN auth.roles() END,
            tenancy.not_bound_because() IS NULL, tenancy.not_bound_because(),
            CASE
                WHEN (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN NULL
                -- Staff see all rows, unless they are under the floor of the authenticated too.
                WHEN tenancy.has_rights_of(tenancy.staff_roles()) AND NOT tenancy.has_rights_of(ARRAY[tenancy.setting('authenticated')]::name[]) THEN NULL
                WHEN tenancy.token_problem() IS NOT NULL THEN format('the token is refused by %s', tenancy.token_problem())
                WHEN auth.jwt() IS NULL AND NOT tenancy.claims_believed() THEN
                    format('no token is presented, and in mode %s claims are not believed here: in a transaction, call auth.login()', tenancy.setting('mode'))
                WHEN tenancy.claims_problem() IS NOT NULL THEN format('the claims %s', tenancy.claims_problem())
                WHEN auth.jwt() IS NULL THEN
                    'no claims are set: in a transaction, call auth.set_claims() or set request.jwt.claims'
                WHEN auth.tenant_id() IS NULL THEN concat_ws(': looked for ', tenancy.tenant_problem(),
                    CASE WHEN tenancy.tenant_problem() = 'the claims name no tenant' THEN tenancy.tenant_sought() END)
                WHEN NOT tenancy.has_rights_of(ARRAY[tenancy.setting('authenticated')]::name[]) THEN
                    format('the database role is not "%s": SET LOCAL ROLE %I', tenancy.setting('authenticated'), tenancy.setting('authenticated'))
            END;
    END;
COMMENT ON FUNCTION tenancy.whoami() IS
'One row: the login role and the database role now; the mode; the issuer (claim iss), user, tenant and roles of the caller, NULL where a token is refused; whether the session is bound, and if not why; and the first reason for which this session sees no rows of protected tables, NULL where there is none.';

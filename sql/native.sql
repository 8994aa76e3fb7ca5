-- The functions that must be native: called once per row. What each returns is told in auth.sql, beside the
-- comments. STABLE: the planner may evaluate them for its estimates, and does. COST: next to an operator nothing,
-- so that plans are those of a constant in the place of the call.
CREATE FUNCTION auth.user_id() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_user_id';
CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_uid';
CREATE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_jwt';
CREATE FUNCTION auth.session() RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_jwt';
CREATE FUNCTION auth.role() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_role';
CREATE FUNCTION auth.email() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_email';
CREATE FUNCTION auth.tenant_id() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_tenant_id';
CREATE FUNCTION auth.tenant_uuid() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_tenant_uuid';
CREATE FUNCTION auth.tenant_bigint() RETURNS bigint
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_tenant_bigint';
CREATE FUNCTION auth.organization_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 AS 'MODULE_PATHNAME', 'auth_organization_id';

CREATE FUNCTION tenancy.claims_problem() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_claims_problem';
CREATE FUNCTION tenancy.in_transaction_block() RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'tenancy_in_transaction_block';

-- How a policy calls a function of schema auth: bare. A native call costs about as much per row as a
-- comparison with a constant, and the planner sees its value, so a tenant with half the rows is estimated as
-- such; inside (SELECT …) it would be estimated as an average tenant.
CREATE FUNCTION tenancy.policy_call(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('auth.%I()', function_name);

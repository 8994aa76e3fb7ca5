-- The functions that must be native: called once per row. What each returns is told in auth.sql, beside the
-- comments. STABLE: the planner may evaluate them for its estimates, and does. COST: next to an operator nothing,
-- so that plans are those of a constant in the place of the call.
CREATE FUNCTION tenancy.reader_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_reader_support';
COMMENT ON FUNCTION tenancy.reader_support(internal) IS 'Planner support of the readers of schema auth. Not to be called.';

CREATE FUNCTION auth.user_id() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_user_id';
CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_uid';
CREATE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_jwt';
CREATE FUNCTION auth.session() RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_jwt';
CREATE FUNCTION auth.role() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_role';
CREATE FUNCTION auth.email() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_email';
CREATE FUNCTION auth.tenant_id() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_id';
CREATE FUNCTION auth.tenant_uuid() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_uuid';
CREATE FUNCTION auth.tenant_bigint() RETURNS bigint
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_bigint';
CREATE FUNCTION auth.organization_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_organization_id';
CREATE FUNCTION auth.tenant_ids() RETURNS text[]
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_ids';
CREATE FUNCTION auth.tenant_uuids() RETURNS uuid[]
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_uuids';
CREATE FUNCTION auth.tenant_bigints() RETURNS bigint[]
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_tenant_bigints';
CREATE FUNCTION auth.roles() RETURNS text[]
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_roles';
CREATE FUNCTION auth.permissions() RETURNS text[]
    LANGUAGE c STABLE PARALLEL SAFE COST 0.01 SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_permissions';
CREATE FUNCTION auth.has_role(VARIADIC roles text[]) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_has_role';
CREATE FUNCTION auth.has_permission(VARIADIC permissions text[]) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE SUPPORT tenancy.reader_support AS 'MODULE_PATHNAME', 'auth_has_permission';

CREATE FUNCTION tenancy.claims_problem() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_claims_problem';
CREATE FUNCTION tenancy.token_problem() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_token_problem';
CREATE FUNCTION tenancy.claims_believed() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_claims_believed';
CREATE FUNCTION tenancy.tenant_sought() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_tenant_sought';
CREATE FUNCTION tenancy.tenant_problem() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_tenant_problem';
CREATE FUNCTION tenancy.belongs_to(tenant text) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_belongs_to';
CREATE FUNCTION tenancy.restriction() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_restriction';
CREATE FUNCTION tenancy.in_transaction_block() RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'tenancy_in_transaction_block';

-- For prove() and explain_access().
CREATE FUNCTION tenancy.stored_rows(sample anyelement, columns text[], sought text[], most int) RETURNS anyarray
    LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_stored_rows';
COMMENT ON FUNCTION tenancy.stored_rows(anyelement, text[], text[], int) IS
'At most so many rows of the ordinary table whose row type sample is of, whatever its row security, for its owner: those in whose first column the first of the texts sought is (and perhaps others), or any. NULL where the table or the columns cannot be read so. Error 42501 for who has not the rights of its owner.';

CREATE FUNCTION tenancy.run_as(database_role name, statement text, argument jsonb) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_run_as';
COMMENT ON FUNCTION tenancy.run_as(name, text, jsonb) IS
'Runs a statement, whose $1 is argument, with the rights of a role that the session could take with SET ROLE, or whose rights it has, and with no way back from it (a security-restricted operation). Returns the first column of the first row or, where there are no columns, how many rows there were. Errors: those of the statement; 42501 a role that the session may not take, or from within such code; 42704 no such role.';
CREATE FUNCTION tenancy.strange_code(target regclass) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CAST(NULL AS text) WHERE false;
    END;
COMMENT ON FUNCTION tenancy.strange_code(regclass) IS
'Whose code reading and writing a table would run with rights that it should not have: none, since tenancy.run_as() takes them away.';

-- How a token shows in a plan (EXPLAIN VERBOSE, auto_explain): as ***.
CREATE TYPE tenancy.secret;
CREATE FUNCTION tenancy.secret_in(cstring) RETURNS tenancy.secret
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_secret_in';
CREATE FUNCTION tenancy.secret_out(tenancy.secret) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_secret_out';
CREATE TYPE tenancy.secret (INPUT = tenancy.secret_in, OUTPUT = tenancy.secret_out, LIKE = pg_catalog.text);
CREATE FUNCTION tenancy.token_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_token_support';
COMMENT ON TYPE tenancy.secret IS 'A text that prints as ***. It cannot be entered; plans are where it occurs.';
COMMENT ON FUNCTION tenancy.secret_in(cstring) IS 'Error 0A000: a secret cannot be entered.';
COMMENT ON FUNCTION tenancy.secret_out(tenancy.secret) IS 'Always ***.';
COMMENT ON FUNCTION tenancy.token_support(internal) IS 'Planner support of functions whose first argument is a token. Not to be called.';

CREATE FUNCTION auth.login(token text, tenant text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE SUPPORT tenancy.token_support AS 'MODULE_PATHNAME', 'auth_login';
COMMENT ON FUNCTION auth.login(text, text) IS
'Presents a token, a compact JWS (RFC 7515), for this transaction, and takes the database role authenticated, or the one its issuer names, with SET LOCAL ROLE. The issuer must have been added (tenancy.add_issuer, tenancy.use_better_auth). tenant, if given, is the active tenant: one the caller is a member of (tenancy.use_members) or, without a table of members, that the token lists. Give the token as a parameter: a literal is visible in logs and in pg_stat_activity. Errors: 25P01 outside a transaction block; 22023 no token; 28000 the token is refused, by the rule named; 42501 the caller is no member of tenant, or the session may not take the role; 42704 the role does not exist.';

-- Only act(), which asks who wants it, and stop_acting() can set what they set.
CREATE FUNCTION tenancy.act(roles text[], claims text) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_act';
CREATE FUNCTION tenancy.stop_acting() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_stop_acting';

-- COST: a little more than that of the tenant's comparison, so that the planner tests the tenant first.
CREATE FUNCTION tenancy.held_role(role name) RETURNS regrole
    LANGUAGE c STABLE PARALLEL SAFE COST 1.1 AS 'MODULE_PATHNAME', 'tenancy_held_role';
COMMENT ON FUNCTION tenancy.held_role(name) IS
'The role, if the current role has its rights; else NULL. Asked once per execution of a query. Error 42704 no such role.';

-- How a policy calls a function of schema auth: bare. A native call costs about as much per row as a
-- comparison with a constant, and the planner sees its value, so a tenant with half the rows is estimated as
-- such; inside (SELECT ...) it would be estimated as an average tenant.
CREATE FUNCTION tenancy.policy_call(function_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('auth.%I()', function_name);

-- How a policy asks whether the current role has the rights of one of these. IS NOT NULL, which the planner takes to
-- be true for 0.995 of the rows, leaves the estimate of the rest as it is; a bare boolean would halve it.
CREATE FUNCTION tenancy.policy_acts_as(roles name[], or_else text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT CASE count(*) WHEN 1 THEN min(condition) ELSE '(' || string_agg(condition, ' OR ' ORDER BY position) || ')' END
            FROM (SELECT format('(tenancy.held_role(%L::name) IS NOT NULL)', role), position FROM unnest(roles) WITH ORDINALITY AS r (role, position)
                  UNION ALL SELECT or_else, cardinality(roles) + 1 WHERE or_else IS NOT NULL) AS c (condition, position));

-- Roles and permissions of the caller, and the choice of a tenant.

COMMENT ON FUNCTION auth.tenant_ids() IS
'Every tenant that the caller belongs to, as text[]: those of the table of members (tenancy.use_members), else those that the claims list. An empty array where there are none; NULL for nobody.';
COMMENT ON FUNCTION auth.tenant_uuids() IS
'Of auth.tenant_ids() those that are uuids in their written form, as uuid[]; NULL for nobody. An index on the column is used by: tenant_id = ANY (auth.tenant_uuids()).';
COMMENT ON FUNCTION auth.tenant_bigints() IS
'Of auth.tenant_ids() those that are integers in their one written form, as bigint[]; NULL for nobody.';
COMMENT ON FUNCTION auth.roles() IS
'The caller''s roles in the active tenant, as text[]: from the table of members where it has them, else from the claims, by the layout. An empty array where there are none; NULL without an active tenant.';
COMMENT ON FUNCTION auth.permissions() IS
'The caller''s permissions in the active tenant, as text[]: those of their roles (tenancy.define_role) and, where roles come from the claims, those that the claims name. resource.* stands for all of a resource, *.* for all. An empty array where there are none; NULL without an active tenant.';
COMMENT ON FUNCTION auth.has_role(text[]) IS
'Whether the caller has any of these roles in the active tenant, in the same case; never NULL. A leading org:, which Clerk writes, makes no difference. In a policy: (SELECT auth.has_role(VARIADIC ARRAY[''admin''])), evaluated once per statement.';
COMMENT ON FUNCTION auth.has_permission(text[]) IS
'Whether the caller has any of these permissions in the active tenant, in the same case, those of claims as they are written there; never NULL. Given resource.*, whether they have all of that resource. In a policy: (SELECT auth.has_permission(VARIADIC ARRAY[''invoices.read''])), evaluated once per statement.';

-- Keeps the choice of a tenant with the caller whose it is.
CREATE FUNCTION tenancy.choose(tenant text) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
        SELECT set_config('pg_tenancy.tenant', CASE WHEN tenant IS NULL THEN '' ELSE
            jsonb_build_object('tenant', tenant, 'user', auth.user_id(), 'issuer', NULLIF(CASE WHEN jsonb_typeof(auth.claim(VARIADIC ARRAY['iss'])) = 'string' THEN auth.claim_text(VARIADIC ARRAY['iss']) END, ''))::text END, true);
    END;
COMMENT ON FUNCTION tenancy.choose(text) IS
'Sets pg_tenancy.tenant for this transaction: the choice of a tenant by the present caller; NULL takes it back. Whether it counts is decided when it is read: only for that caller, and only while they belong to the tenant.';

CREATE FUNCTION auth.use_tenant(tenant text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT tenancy.in_transaction_block() THEN
        RAISE EXCEPTION 'auth.use_tenant() can only be used in a transaction block'
            USING ERRCODE = 'no_active_sql_transaction',
            DETAIL = 'The tenant it chooses is forgotten when the transaction ends.',
            HINT = 'Send BEGIN first, then say who is calling, then auth.use_tenant().';
    ELSIF tenant IS NULL OR tenant = '' THEN
        RAISE EXCEPTION 'tenant must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give one of auth.tenant_ids().';
    END IF;
    PERFORM tenancy.choose(tenant);
    -- (Where claims are believed, so is a choice; this one is to be among the caller's own.)
    IF auth.tenant_id() IS NULL OR NOT COALESCE(tenancy.belongs_to(tenant), false) THEN
        RAISE EXCEPTION 'the caller is no member of the tenant asked for' USING ERRCODE = 'insufficient_privilege',
            DETAIL = CASE WHEN auth.jwt() IS NULL THEN 'Nobody is signed in.'
                ELSE format('The reason: %s.', COALESCE(tenancy.tenant_problem(), 'the claims list other tenants, or none')) END,
            HINT = CASE WHEN auth.jwt() IS NULL THEN 'Call auth.login() or auth.set_claims() first, in the same transaction.'
                ELSE 'SELECT auth.tenant_ids() lists the caller''s tenants.' END;
    END IF;
END $$;
COMMENT ON FUNCTION auth.use_tenant(text) IS
'Chooses the active tenant for this transaction, among those the caller belongs to (auth.tenant_ids). If the membership ends meanwhile there is no tenant. Errors: 25P01 outside a transaction block; 22023 an empty tenant; 42501 the caller is no member of it. What was set is undone with the statement.';

-- (STABLE, for policies: setting on_missing_tenant.)
CREATE FUNCTION tenancy.no_tenant() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'no tenant is bound' USING ERRCODE = 'insufficient_privilege',
        DETAIL = format('The reason: %s.', COALESCE(tenancy.tenant_problem(), 'nobody is signed in')),
        HINT = 'SELECT * FROM tenancy.whoami() tells who the database thinks is calling.';
END $$;
COMMENT ON FUNCTION tenancy.no_tenant() IS 'Error 42501, which says why the caller has no active tenant.';

CREATE FUNCTION auth.require_tenant() RETURNS text
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN COALESCE(auth.tenant_id(), tenancy.no_tenant());
COMMENT ON FUNCTION auth.require_tenant() IS
'The active tenant, as auth.tenant_id() has it. For functions and triggers. Error 42501 where there is none.';

CREATE FUNCTION auth.require_role(VARIADIC roles text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT auth.has_role(VARIADIC roles) THEN
        RAISE EXCEPTION 'the caller lacks the role: %', COALESCE(NULLIF(array_to_string(roles, ' or ', 'NULL'), ''), 'none was named') USING ERRCODE = 'insufficient_privilege',
            DETAIL = CASE WHEN auth.tenant_id() IS NULL THEN format('There is no active tenant: %s.', COALESCE(tenancy.tenant_problem(), 'nobody is signed in'))
                ELSE format('Roles in the active tenant: %s.', COALESCE(NULLIF(array_to_string(auth.roles(), ', '), ''), 'none')) END,
            HINT = 'Roles are those that the table of members gives, else the claims: tenancy.whoami() shows them.';
    END IF;
END $$;
COMMENT ON FUNCTION auth.require_role(text[]) IS
'Nothing, if the caller has any of these roles in the active tenant. For functions and triggers. Error 42501 if not.';

CREATE FUNCTION auth.require_permission(VARIADIC permissions text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT auth.has_permission(VARIADIC permissions) THEN
        RAISE EXCEPTION 'the caller lacks the permission: %', COALESCE(NULLIF(array_to_string(permissions, ' or ', 'NULL'), ''), 'none was named') USING ERRCODE = 'insufficient_privilege',
            DETAIL = CASE WHEN auth.tenant_id() IS NULL THEN format('There is no active tenant: %s.', COALESCE(tenancy.tenant_problem(), 'nobody is signed in'))
                ELSE format('Roles in the active tenant: %s.', COALESCE(NULLIF(array_to_string(auth.roles(), ', '), ''), 'none')) END,
            HINT = 'The administrator says what a role allows with tenancy.define_role().';
    END IF;
END $$;
COMMENT ON FUNCTION auth.require_permission(text[]) IS
'Nothing, if the caller has any of these permissions in the active tenant. For functions and triggers. Error 42501 if not.';

COMMENT ON FUNCTION tenancy.tenant_problem() IS
'Why the present caller has no active tenant, as a clause; NULL where there is one, or nobody is signed in.';
COMMENT ON FUNCTION tenancy.belongs_to(text) IS
'Whether the caller belongs to a tenant: by the table of members where one is in use, else by what the claims list. NULL for NULL.';
COMMENT ON FUNCTION tenancy.restriction() IS
'By which word of the claims the caller is kept from all tenants: pending, anonymous, restricted or banned; NULL where none, or the issuer''s option allow lets it pass.';

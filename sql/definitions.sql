-- What roles allow. A role is a name that a token or a table of members gives a caller; a permission, resource.action,
-- is what it allows.

CREATE TABLE tenancy.role_definition (
    -- The tenant whose own definition it is; '' for a global one. A uuid is written in lower case.
    tenant text NOT NULL,
    role text NOT NULL CHECK (role <> ''),
    -- The extension's own. One of the user's of the same name counts instead of it.
    shipped boolean NOT NULL DEFAULT false,
    permissions text[] NOT NULL,
    PRIMARY KEY (tenant, role, shipped)
);
COMMENT ON TABLE tenancy.role_definition IS
'What each role allows, globally (tenant '''') and in tenants that have definitions of their own: tenancy.define_role().';

INSERT INTO tenancy.role_definition (tenant, role, shipped, permissions) VALUES
    ('', 'owner', true, '{*.*}'),
    ('', 'admin', true, '{tenant.read,tenant.update,members.*,invitations.*,audit.read}'),
    ('', 'member', true, '{tenant.read,members.read}'),
    ('', 'viewer', true, '{tenant.read}');

CREATE FUNCTION tenancy.define_role(name text, permissions text[], tenant text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    bare CONSTANT text := regexp_replace(name, '^(org:)+', '');
    -- Written as the readers of schema auth compare it.
    owner CONSTANT text := CASE WHEN tenant IS NULL THEN ''
        WHEN tenant ~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$' THEN lower(tenant) ELSE tenant END;
    wrong text;
BEGIN
    IF bare IS NULL OR bare = '' OR bare ~ '[.,]' OR bare <> btrim(bare) THEN
        RAISE EXCEPTION 'invalid role: %', COALESCE(quote_literal(name), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'A dot tells a permission from a role, and a comma one role from the next.',
            HINT = 'A role is a name such as admin.';
    ELSIF tenant = '' THEN
        RAISE EXCEPTION 'tenant must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave it out, or give NULL, to define the role for all tenants.';
    ELSIF permissions IS NULL THEN
        DELETE FROM tenancy.role_definition d WHERE d.tenant = owner AND d.role = bare AND NOT d.shipped;
        RETURN;
    END IF;
    SELECT COALESCE(quote_literal(p), 'NULL') INTO wrong FROM unnest(permissions) p
    WHERE p IS NULL OR p !~ '^(\*\.\*|([^.*\s,]+\.)+(\*|[^.*\s,]+))$' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'invalid permission: %', wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A permission is resource.action, such as invoices.read; resource.* is every action, *.* all there is.';
    END IF;
    INSERT INTO tenancy.role_definition AS d (tenant, role, permissions)
    VALUES (owner, bare, ARRAY(SELECT DISTINCT p FROM unnest(permissions) p ORDER BY p))
    ON CONFLICT ON CONSTRAINT role_definition_pkey DO UPDATE SET permissions = excluded.permissions;
END $$;
COMMENT ON FUNCTION tenancy.define_role(text, text[], text) IS
'Says what a role allows: permissions, each resource.action, resource.* or *.*; in all tenants or, if tenant is given, in that one, instead of what it allows elsewhere. NULL takes the definition back; of owner, admin, member and viewer that which is shipped then counts again. A role without a definition allows nothing by itself, but has_role() knows it. A leading org: makes no difference. For the administrator. Acts from the next snapshot on. Errors: 22023 a name or permission that cannot be one, an empty tenant; 42501.';
-- Only the administrator may write to tenancy.role_definition; without this the refusal would name the table instead.
REVOKE EXECUTE ON FUNCTION tenancy.define_role(text, text[], text) FROM PUBLIC;

CREATE FUNCTION tenancy.role_permissions(role text, tenant text DEFAULT NULL) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE((
        SELECT d.permissions FROM tenancy.role_definition d
        WHERE d.role = regexp_replace(role_permissions.role, '^(org:)+', '')
            AND d.tenant IN ('', CASE WHEN role_permissions.tenant ~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'
                THEN lower(role_permissions.tenant) ELSE role_permissions.tenant END)
        ORDER BY d.tenant = '', d.shipped LIMIT 1), '{}');
COMMENT ON FUNCTION tenancy.role_permissions(text, text) IS
'The permissions that a role has by definition, in a tenant if one is given; an empty array where it is not defined. For whoever may read tenancy.role_definition: the administrator.';

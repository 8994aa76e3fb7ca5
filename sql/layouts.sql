-- Layouts: where the tokens of each provider name tenant, roles and permissions. Rows, not code: this document is all
-- there is, and src/claims/layout.rs reads it too. In the order in which claims are recognised.
--
-- name         what issuers and tenancy.configure() call it.
-- signs        what claims of this layout hold: lists of conditions, of which one list must hold whole. A condition is
--              the path of a claim that is there and not null, or says what the claim is, or what it is like.
-- auto         layout auto may guess it. It asks no sign that says "like": such a claim can be anybody's.
-- tenant       the claims that name the active tenant; the first that is there decides.
-- tenants      the claim that lists tenants: * is each entry of an object, or each string of an array. What comes after
--              it is the id inside the entry; where there is none, the key or the string itself is.
-- roles, permissions   claims that grant, united. Here * is the entry of the tenant in question.
-- own          the claim whose rights are the active tenant's alone.
-- role_prefix  what each role begins with, once.
-- masks        Clerk's features, permissions and, for each feature of the organization, the bits of those it has.
--
-- No claim `role` at the top is here but WorkOS' own, for elsewhere it is a database role; nothing of user_metadata or
-- unsafe_metadata, which users write themselves; nothing that names a client of its own, like Keycloak's
-- resource_access.<client>.roles or Auth0's https://.../roles: roles_path is for those. (Cognito lets users write
-- custom:tenant_id too unless the app client has no write permission for it.)
CREATE FUNCTION tenancy.layout_data() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN $layouts$[
{"name":"clerk_v2","auto":true,"signs":[[{"path":["v"],"is":2},["o"]],[{"path":["v"],"is":2},{"path":["iss"],"like":"https://clerk.%"}],[{"path":["v"],"is":2},{"path":["iss"],"like":"https://%.clerk.accounts.dev"}]],
 "tenant":[["o","id"]],"own":"o","roles":[["o","rol"]],"role_prefix":"org:","masks":[["fea"],["o","per"],["o","fpm"]]},
{"name":"clerk_v1","auto":true,"signs":[[["org_id"],["org_role"]]],
 "tenant":[["org_id"]],"roles":[["org_role"]],"role_prefix":"org:","permissions":[["org_permissions"]]},
{"name":"neon_auth","auto":true,"signs":[[["o","id"],["o","slug"]],[["o","id"],["o","role"]]],
 "tenant":[["o","id"]],"own":"o","roles":[["o","role"]]},
{"name":"descope","auto":true,"signs":[[["dct"]],[["tenants"],{"path":["iss"],"like":"https://api.descope.com/%"}]],
 "tenant":[["dct"]],"tenants":["tenants","*"],"roles":[["tenants","*","roles"],["roles"]],"permissions":[["tenants","*","permissions"],["permissions"]]},
{"name":"firebase","auto":true,"signs":[[["firebase","tenant"]],[{"path":["iss"],"like":"https://securetoken.google.com/%"}]],
 "tenant":[["firebase","tenant"]],"roles":[["roles"]],"permissions":[["permissions"]]},
{"name":"stack_auth","auto":true,"signs":[[["selected_team_id"]],[{"path":["iss"],"like":"https://api.stack-auth.com/%"}]],
 "tenant":[["selected_team_id"]]},
{"name":"kinde","auto":true,"signs":[[["org_code"]],[{"path":["iss"],"like":"https://%.kinde.com"}]],
 "tenant":[["org_code"]],"roles":[["roles"]],"permissions":[["permissions"]]},
{"name":"workos","signs":[[{"path":["iss"],"like":"https://api.workos.com%"}],[["org_id"],["sid"],["roles"]]],
 "tenant":[["org_id"]],"roles":[["role"],["roles"]],"permissions":[["permissions"]]},
{"name":"auth0","signs":[[{"path":["iss"],"like":"https://%.auth0.com/"}],[{"path":["sub"],"like":"auth0|%"}]],
 "tenant":[["org_id"]],"permissions":[["permissions"]]},
{"name":"cognito","signs":[[{"path":["iss"],"like":"https://cognito-idp.%"}],[["cognito:groups"]],[["custom:tenant_id"]]],
 "tenant":[["custom:tenant_id"]],"roles":[["cognito:groups"]],"permissions":[["scope"]]},
{"name":"entra","signs":[[["tid"],["oid"]],[{"path":["iss"],"like":"https://login.microsoftonline.com/%"}],[{"path":["iss"],"like":"https://sts.windows.net/%"}]],
 "tenant":[["tid"]],"roles":[["roles"],["wids"]],"permissions":[["scp"]]},
{"name":"keycloak","signs":[[["organization"]],[["active_organization","id"]],[["realm_access"]],[["resource_access"]]],
 "tenant":[["active_organization","id"]],"tenants":["organization","*","id"],"own":"active_organization","roles":[["realm_access","roles"],["active_organization","role"]],"permissions":[["scope"]]},
{"name":"plain","auto":true,"signs":[[["tenant_id"]]],
 "tenant":[["tenant_id"]],"roles":[["roles"]],"permissions":[["permissions"]]},
{"name":"org_id","auto":true,"signs":[[["org_id"]]],
 "tenant":[["org_id"]],"roles":[["roles"]],"permissions":[["permissions"]]},
{"name":"organization_id","auto":true,"signs":[[["organization_id"]]],
 "tenant":[["organization_id"]],"roles":[["roles"]],"permissions":[["permissions"]]},
{"name":"supabase","auto":true,"signs":[[["app_metadata","tenant_id"]],[["app_metadata","org_id"]],[["app_metadata"],{"path":["aal"],"like":"aal%"}]],
 "tenant":[["app_metadata","tenant_id"],["app_metadata","org_id"]],"roles":[["app_metadata","role"],["app_metadata","roles"]],"permissions":[["app_metadata","permissions"]]},
{"name":"better_auth","signs":[[["activeOrganizationId"]],[["emailVerified"],["createdAt"],["updatedAt"]]],
 "tenant":[["o","id"],["activeOrganizationId"]],"own":"o","roles":[["o","role"]]}
]$layouts$::jsonb;
COMMENT ON FUNCTION tenancy.layout_data() IS
'Where the tokens of each provider name tenant, roles and permissions, as one JSON document. tenancy.layouts() shows it to people.';

CREATE FUNCTION tenancy.dotted(paths jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT string_agg((SELECT string_agg(key, '.' ORDER BY n) FROM jsonb_array_elements_text(path) WITH ORDINALITY AS k (key, n)), ', ' ORDER BY place)
            FROM jsonb_array_elements(paths) WITH ORDINALITY AS p (path, place));
COMMENT ON FUNCTION tenancy.dotted(jsonb) IS 'An array of paths as words: a.b, c. NULL where there is none.';

CREATE FUNCTION tenancy.layouts() RETURNS TABLE (layout text, tenant text, tenants text, roles text, permissions text, guessed boolean)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT l.layout ->> 'name', tenancy.dotted(l.layout -> 'tenant'), tenancy.dotted(CASE WHEN l.layout ? 'tenants' THEN jsonb_build_array(l.layout -> 'tenants') END),
            tenancy.dotted(l.layout -> 'roles'), COALESCE(tenancy.dotted(l.layout -> 'permissions'), tenancy.dotted(l.layout -> 'masks')),
            COALESCE((l.layout -> 'auto')::boolean, false)
        FROM jsonb_array_elements(tenancy.layout_data()) WITH ORDINALITY AS l (layout, place) ORDER BY place;
    END;
COMMENT ON FUNCTION tenancy.layouts() IS
'The layouts of claims that are known by name: the claims that name the active tenant (the first that is there decides), list tenants, and grant roles and permissions (united; * is each entry, or the tenant''s own); NULL where a provider has none. guessed: layout auto, in mode claims, may take it, in this order.';

-- Whether claims hold one of a layout's signs; guessing asks only those that layout auto may.
CREATE FUNCTION tenancy.has_signs(claims jsonb, layout jsonb, guessing boolean) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM jsonb_array_elements(layout -> 'signs') AS sign (conditions)
        WHERE (SELECT bool_and(COALESCE(
                CASE WHEN condition ? 'is' THEN claim::text = (condition -> 'is')::text
                    WHEN condition ? 'like' THEN NOT guessing AND jsonb_typeof(claim) = 'string' AND claim #>> '{}' LIKE condition ->> 'like'
                    ELSE jsonb_typeof(claim) <> 'null' END, false))
            FROM jsonb_array_elements(conditions) AS c (condition),
                LATERAL (SELECT claims #> ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(condition) WHEN 'array' THEN condition ELSE condition -> 'path' END))) AS f (claim)));
COMMENT ON FUNCTION tenancy.has_signs(jsonb, jsonb, boolean) IS
'Whether claims hold a sign of a layout, one element of tenancy.layout_data(); if guessing, one that layout auto asks.';

CREATE FUNCTION tenancy.detect_layout(claims jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT layout ->> 'name' FROM jsonb_array_elements(tenancy.layout_data()) WITH ORDINALITY AS l (layout, place)
            WHERE tenancy.has_signs(claims, layout, false) ORDER BY place LIMIT 1);
COMMENT ON FUNCTION tenancy.detect_layout(jsonb) IS
'The layout (tenancy.layouts) that these claims look like, the most telling first, to be named for an issuer. A suggestion: it looks at claims that nobody has checked. NULL where they look like none.';

CREATE FUNCTION tenancy.is_list(list text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE(array_ndims(list) = 1 AND '' <> ALL (list) AND array_position(list, NULL) IS NULL, false);
COMMENT ON FUNCTION tenancy.is_list(text[]) IS
'Whether this is a list: of one dimension, not empty, and without elements that are NULL or empty.';

CREATE FUNCTION tenancy.require_path(option text, path text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text;
BEGIN
    IF path IS NULL THEN
        RETURN;
    ELSIF NOT tenancy.is_list(path) THEN
        RAISE EXCEPTION '% must be NULL or a list of keys', option USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It leads to a claim, from the outermost key: ''{app_metadata,tenant_id}''. NULL is what the layout says.';
    END IF;
    FOREACH key IN ARRAY path LOOP
        -- With or without a namespace: user_metadata, userMetadata, https://example.com/user_metadata.
        IF key ~* '(^|[^a-z0-9])(user|unsafe)[^a-z0-9]*metadata($|[^a-z0-9])' THEN
            RAISE EXCEPTION '% leads through claims that users write themselves', option USING ERRCODE = 'invalid_parameter_value',
                DETAIL = format('The key: %s.', quote_literal(key)),
                HINT = 'Have the provider put it where only administrators write, like app_metadata or public_metadata.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION tenancy.require_path(text, text[]) IS
'Error 22023 unless a path, given for the option named, is NULL or a list of keys, none of which is user_metadata or unsafe_metadata: what users write themselves is no source of tenant, role or permission.';

CREATE FUNCTION tenancy.as_path(option text, value text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text[];
BEGIN
    path := value;
    PERFORM tenancy.require_path(option, path);
    RETURN path;
EXCEPTION WHEN invalid_text_representation THEN
    RAISE EXCEPTION 'invalid value for setting %: %', option, quote_literal(value) USING ERRCODE = 'invalid_parameter_value',
        HINT = 'It is an array of keys, such as {app_metadata,tenant}.';
END $$;
COMMENT ON FUNCTION tenancy.as_path(text, text) IS
'A path of a claim, given as an array literal. Errors: 22023 it is none; those of tenancy.require_path().';

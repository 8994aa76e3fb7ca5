-- Layouts: where the tokens of each provider name tenant, roles and permissions.
\pset null '(null)'
\x
SELECT * FROM tenancy.layouts();
\x
-- The document holds nothing else than what is told at its head, and reads nothing that users write.
SELECT DISTINCT key FROM jsonb_array_elements(tenancy.layout_data()) AS layout, jsonb_object_keys(layout) AS key ORDER BY key;
SELECT count(*), count(*) FILTER (WHERE layout ? 'name' AND layout ? 'signs' AND layout ? 'tenant') AS whole, count(DISTINCT layout ->> 'name') AS names
FROM jsonb_array_elements(tenancy.layout_data()) AS layout;
SELECT tenancy.layout_data()::text ~* '(user|unsafe)[^a-z]*metadata' AS names_what_users_write;
SELECT layout, roles FROM tenancy.layouts() WHERE 'role' = ANY (string_to_array(roles, ', '));

-- What each provider's claims look like.
CREATE TABLE test.claims (provider text, claims jsonb);
INSERT INTO test.claims VALUES
    ('neon_auth', '{"iat": 1766320685, "name": "Ann", "email": "ann@example.com", "emailVerified": false, "image": null, "createdAt": "2025-12-20T11:04:41.437Z", "updatedAt": "2025-12-20T11:04:41.437Z", "role": "authenticated", "banned": false, "id": "860dc360-609f-4b7d-9e70-ec93fe6414d3", "sub": "860dc360-609f-4b7d-9e70-ec93fe6414d3", "iss": "https://auth.example", "aud": "https://auth.example", "o": {"id": "org-123", "slug": "my-org", "role": "owner"}}'),
    ('better_auth', '{"id": "u", "sub": "u", "emailVerified": true, "createdAt": "2025-12-20T11:04:41.437Z", "updatedAt": "2025-12-20T11:04:41.437Z", "role": "admin"}'),
    ('better_auth', '{"sub": "u", "activeOrganizationId": "o"}'),
    ('clerk_v1', '{"org_id": "org_1", "org_role": "org:admin", "org_slug": "test", "org_permissions": ["org:impersonation:read"]}'),
    ('clerk_v2', '{"v": 2, "fea": "o:impersonation", "o": {"id": "org_1", "rol": "admin", "slg": "test", "per": "read,manage", "fpm": "3"}}'),
    ('clerk_v2', '{"v": 2, "iss": "https://clerk.example.com", "sub": "user_1", "sts": "active"}'),
    ('stack_auth', '{"iss": "https://api.stack-auth.com/api/v1/projects/p", "sub": "user", "aud": "p", "project_id": "p", "branch_id": "main", "role": "authenticated", "selected_team_id": "team_789", "is_anonymous": false, "is_restricted": false}'),
    ('stack_auth', '{"iss": "https://api.stack-auth.com/api/v1/projects/p", "sub": "user", "selected_team_id": null}'),
    ('auth0', '{"iss": "https://example.auth0.com/", "sub": "auth0|1", "aud": ["https://example-api/"], "azp": "a", "scope": "openid", "org_id": "org_9", "permissions": ["read:stuff"]}'),
    ('workos', '{"iss": "https://api.workos.com", "sub": "user_1", "act": {"sub": "admin@example.com"}, "org_id": "org_1", "role": "member", "roles": ["member"], "permissions": ["posts:read"], "entitlements": ["audit-logs"], "sid": "session_1"}'),
    ('supabase', '{"iss": "https://x.supabase.co/auth/v1", "sub": "u", "role": "authenticated", "aal": "aal1", "amr": [], "session_id": "s", "is_anonymous": false, "app_metadata": {"provider": "email"}, "user_metadata": {}}'),
    ('supabase', '{"sub": "u", "app_metadata": {"org_id": "o"}}'),
    ('firebase', '{"iss": "https://securetoken.google.com/p", "aud": "p", "sub": "u", "user_id": "u", "firebase": {"identities": {}, "tenant": "t"}}'),
    ('firebase', '{"iss": "https://securetoken.google.com/p", "aud": "p", "sub": "u", "firebase": {"identities": {}}}'),
    ('keycloak', '{"typ": "Bearer", "azp": "c", "organization": {"acme": {"id": "42c3e46f-2477-44d7-a85b-d3b43f6b31fa"}}}'),
    ('keycloak', '{"organization": ["acme"]}'),
    ('keycloak', '{"realm_access": {"roles": ["admin"]}, "resource_access": {"my-client": {"roles": ["client-admin"]}}}'),
    ('keycloak', '{"active_organization": {"id": "o", "name": "O", "role": ["owner"]}}'),
    ('cognito', '{"sub": "u", "cognito:groups": ["admin"], "token_use": "access", "scope": "aws.cognito.signin.user.admin", "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example", "client_id": "c", "username": "j"}'),
    ('entra', '{"oid": "o", "sub": "s", "tid": "t", "roles": ["Reader"], "scp": "Files.Read", "ver": "2.0", "uti": "x"}'),
    ('entra', '{"iss": "https://sts.windows.net/t/", "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}}'),
    ('kinde', '{"aud": ["myapp:prod-api"], "azp": "a", "org_code": "org_1", "permissions": ["create:competitions"], "feature_flags": {"analytics": {"t": "b", "v": true}}, "scp": ["openid"], "sub": "kp:_1"}'),
    ('descope', '{"iss": "P1", "sub": "u", "dct": "t1", "tenants": {"t1": {"roles": ["editor"]}}}'),
    ('descope', '{"iss": "https://api.descope.com/P1", "sub": "u", "tenants": {"t1": {}, "t2": {}}}'),
    ('plain', '{"sub": "u", "tenant_id": "t", "roles": ["a"], "permissions": ["x.y"]}'),
    ('org_id', '{"sub": "u", "org_id": 7}'),
    ('organization_id', '{"sub": "u", "organization_id": "t"}');
SELECT provider, tenancy.detect_layout(claims) AS detected FROM test.claims WHERE tenancy.detect_layout(claims) IS DISTINCT FROM provider;
SELECT layout AS never_detected FROM tenancy.layouts() WHERE layout NOT IN (SELECT tenancy.detect_layout(claims) FROM test.claims);
-- What looks like none.
SELECT claims, tenancy.detect_layout(claims) FROM unnest(ARRAY[NULL, '{}', '{"sub": "u"}', '[]', '"x"', 'null', '7', '{"o": {"id": "t"}}', '{"v": 2}', '{"v": "2", "o": {}}',
    '{"tenant_id": null}', '{"user_metadata": {"tenant_id": "t"}}', '{"iss": ["https://api.workos.com"]}', '{"tenants": {}}', '{"dct": null}']::jsonb[]) AS claims;

-- Layout auto, which mode claims takes: the tenant of claims that show their layout by themselves.
CREATE FUNCTION test.tenant(claims text) RETURNS text LANGUAGE sql AS $$
    SELECT set_config('request.jwt.claims', claims, false);
    SELECT auth.tenant_id();
$$;
SELECT provider, test.tenant(claims::text) AS tenant FROM test.claims ORDER BY provider, claims::text COLLATE "C";
SELECT claims, test.tenant(claims) FROM unnest(ARRAY['{"o": {"id": "t"}}', '{"o": {"id": "t", "slug": "s"}}', '{"o": {"id": "t", "role": "r"}}', '{"o": {"id": "t", "role": null}}',
    '{"v": 2, "o": {"id": "t"}}', '{"v": "2", "o": {"id": "t"}}', '{"v": 2, "o": {"id": "t"}, "tenant_id": "u"}', '{"tenant_id": "", "org_id": "u"}', '{"tenant_id": null, "org_id": "u"}',
    '{"app_metadata": {"tenant_id": [], "org_id": "u"}}', '{"app_metadata": {"org_id": "u"}}', '{"user_metadata": {"tenant_id": "t"}}', '{"unsafe_metadata": {"org_id": "t"}}',
    '{"iss": "https://api.stack-auth.com/x", "tenant_id": 7}', '{"firebase": {"tenant": 18446744073709551615}}', '{"organization": ["acme"]}']) AS claims;
-- The first of these that is there decides.
SELECT left_out, test.tenant((claims - (SELECT array_agg(name) FROM unnest(names[:left_out]) AS name))::text)
FROM (SELECT ARRAY['org_role', 'o', 'dct', 'firebase', 'selected_team_id', 'org_code', 'tenant_id', 'org_id', 'organization_id', 'app_metadata'] AS names,
    '{"o": {"id": "of o", "slug": "s"}, "org_id": "of org_id", "org_role": "r", "dct": "of dct", "firebase": {"tenant": "of firebase"}, "selected_team_id": "of team",
      "org_code": "of code", "tenant_id": "of tenant_id", "organization_id": "of organization_id", "app_metadata": {"tenant_id": "of app_metadata"}}'::jsonb AS claims) AS all_of_them,
    generate_series(1, 10) AS left_out;
-- Signed in, but not let into a tenant.
SELECT claims, test.tenant(('{"tenant_id": "t"}'::jsonb || claims)::text) FROM unnest(ARRAY['{"sts": "pending"}', '{"sts": "active"}', '{"is_anonymous": true}', '{"is_anonymous": false}',
    '{"is_restricted": "yes"}', '{"is_restricted": null}', '{"banned": 1}', '{"banned": 0}', '{"banned": false}', '{"app_metadata": {"banned": true}}']::jsonb[]) AS claims;
SELECT tenancy.tenant_sought();
SELECT set_config('request.jwt.claims', '', false);

-- A path is a list of keys, and none of them names what users write themselves.
SELECT path, tenancy.require_path('a_path', path) FROM unnest(ARRAY[NULL, '{tenant_id}', '{app_metadata,tenant_id}', '{public_metadata,x}', '{metadata,user}', '{*}', '{usermetadatas}']) AS p (text),
    LATERAL (SELECT text::text[]) AS q (path);
\x
SELECT path, e.* FROM unnest(ARRAY['{}', '{a,NULL}', '{a,""}', '{{a,b},{c,d}}', '{user_metadata,tenant_id}', '{a,userMetadata}', '{USER_METADATA}', '{unsafe_metadata}',
    '{unsafeMetadata,x}', '{"user-metadata"}', '{"https://example.com/user_metadata"}', '{"https://example.com/user_metadata/tenant"}', '{"https://example.com/unsafe_metadata"}']) AS path,
    test.error(format('SELECT tenancy.require_path(''a_path'', %L)', path)) AS e;
\x
DROP TABLE test.claims;
DROP FUNCTION test.tenant(text);

-- What a caller must not change beside rows, as a superuser sees it.
UNION ALL SELECT 'settings', 'config', to_jsonb(c) FROM tenancy.config c
UNION ALL SELECT 'settings', 'issuer', to_jsonb(i) FROM tenancy.issuer i
UNION ALL SELECT 'settings', 'gateway_role', to_jsonb(g) FROM tenancy.gateway_role g
UNION ALL SELECT 'settings', rolname, to_jsonb(ARRAY[rolsuper, rolbypassrls, rolcreaterole]) FROM pg_roles
UNION ALL SELECT 'settings', 'members', to_jsonb(m) FROM pg_auth_members m
UNION ALL SELECT 'settings', relname, to_jsonb(ARRAY[relrowsecurity, relforcerowsecurity])
    FROM pg_class WHERE relnamespace = 'axis'::regnamespace

-- The two schemas: auth (who is calling) and tenancy (administration).
--
-- `tenancy` must be new. An `auth` that exists is used if nobody but the installer or a superuser owns it or
-- may create in it: whoever can put functions beside ours can be called in their place. The installer's is taken over,
-- for whoever owns a schema can rename it and make another in its place.
DO $$
DECLARE
    installer CONSTANT oid := '@extowner@'::regrole;
    -- Every function that this extension makes in schema auth.
    ours CONSTANT name[] := '{user_id,uid,jwt,session,role,email,claim,claim_text,tenant_id,tenant_uuid,
        tenant_bigint,tenant_ids,tenant_uuids,tenant_bigints,organization,organization_id,roles,permissions,has_role,
        has_permission,require_tenant,require_role,require_permission,login,set_claims,use_tenant,logout}';
    -- The extension that may be there, with these functions in the place of ours: none. (tools/portable names one.)
    beside CONSTANT name := NULL;
    theirs CONSTANT name[] := '{user_id,uid,jwt,session,organization,organization_id}';
    existing record;
    strangers text;
    taken text;
BEGIN
    SELECT pg_get_userbyid(n.nspowner) AS owner, e.extname INTO existing
    FROM pg_namespace n
    LEFT JOIN pg_depend d ON d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
    LEFT JOIN pg_extension e ON e.oid = d.refobjid
    WHERE n.nspname = 'tenancy';
    IF FOUND THEN
        RAISE EXCEPTION 'schema "tenancy" already exists' USING ERRCODE = 'duplicate_schema',
            DETAIL = CASE WHEN existing.extname IS NULL
                THEN format('It belongs to role "%s".', existing.owner)
                ELSE format('It belongs to extension "%s".', existing.extname) END,
            HINT = 'Rename it (ALTER SCHEMA tenancy RENAME TO ...) or drop it, then install again.';
    END IF;
    CREATE SCHEMA tenancy;

    SELECT n.oid, n.nspowner, n.nspacl, e.extname INTO existing
    FROM pg_namespace n
    LEFT JOIN pg_depend d ON d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
    LEFT JOIN pg_extension e ON e.oid = d.refobjid
    WHERE n.nspname = 'auth';
    IF NOT FOUND THEN
        CREATE SCHEMA auth;
        RETURN;
    END IF;

    IF existing.extname <> COALESCE(beside, '') THEN
        RAISE EXCEPTION 'schema "auth" belongs to extension "%"', existing.extname
            USING ERRCODE = 'duplicate_schema',
            HINT = CASE existing.extname WHEN 'pg_session_jwt'
                -- DROP EXTENSION would ask for CASCADE, and take along every policy that calls its functions.
                THEN 'sql/migrate_from_pg_session_jwt.sql puts the extension pg_tenancy in its place and keeps what uses it. Do not drop it with CASCADE: your policies would go too.'
                ELSE format('The two exclude each other. DROP EXTENSION %I first.', existing.extname) END;
    END IF;
    IF existing.nspowner <> installer
        AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = existing.nspowner) THEN
        RAISE EXCEPTION 'schema "auth" already exists and belongs to role "%"', pg_get_userbyid(existing.nspowner)
            USING ERRCODE = 'duplicate_schema',
            DETAIL = 'Its owner could put functions of their own in the place of this extension''s.',
            HINT = format('ALTER SCHEMA auth OWNER TO %s, rename it or drop it, then install again.', installer::regrole);
    END IF;
    SELECT string_agg(DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END, ', ')
    INTO strangers
    FROM aclexplode(existing.nspacl) acl
    LEFT JOIN pg_roles r ON r.oid = acl.grantee
    WHERE acl.privilege_type = 'CREATE' AND acl.grantee NOT IN (installer, existing.nspowner)
        AND r.rolsuper IS NOT TRUE;
    IF strangers IS NOT NULL THEN
        RAISE EXCEPTION 'others than its owner may create in schema "auth"' USING ERRCODE = 'duplicate_schema',
            DETAIL = format('CREATE is granted to: %s.', strangers),
            HINT = format('REVOKE CREATE ON SCHEMA auth FROM %s, then install again.', strangers);
    END IF;
    SELECT string_agg(format('%s%s', p.oid::regprocedure, ' of extension ' || e.extname), ', ' ORDER BY p.proname)
    INTO taken
    FROM pg_proc p
    LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    LEFT JOIN pg_extension e ON e.oid = d.refobjid
    WHERE p.pronamespace = existing.oid AND p.proname = ANY (ours)
        AND (e.extname = beside AND p.proname = ANY (theirs) AND p.pronargs = 0
            AND (p.proowner = installer OR (SELECT rolsuper FROM pg_roles WHERE oid = p.proowner))) IS NOT TRUE;
    IF existing.nspowner = installer THEN
        ALTER SCHEMA auth OWNER TO CURRENT_USER;
    END IF;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'schema "auth" already has functions of the names this extension needs'
            USING ERRCODE = 'duplicate_function',
            DETAIL = format('Taken: %s.', taken),
            HINT = 'Drop or rename them, then install again.';
    END IF;
    IF NOT has_schema_privilege(existing.oid, 'CREATE') OR NOT has_schema_privilege(existing.oid, 'USAGE') THEN
        RAISE EXCEPTION 'role "%" may not create in schema "auth"', current_user USING ERRCODE = 'insufficient_privilege',
            DETAIL = concat_ws(' ', format('It belongs to role "%s"', existing.nspowner::regrole), 'and extension "' || existing.extname || '"') || '.',
            HINT = format('Its owner or a superuser: GRANT USAGE, CREATE ON SCHEMA auth TO %s; then install again.', current_user::regrole);
    END IF;
END $$;

-- Policies are evaluated with their caller's rights, so every caller must be able to reach both schemas.
GRANT USAGE ON SCHEMA tenancy TO PUBLIC;
DO $$
BEGIN
    -- (Where it is another's, this is the pure-SQL edition.)
    IF has_schema_privilege('auth', 'USAGE WITH GRANT OPTION') THEN
        GRANT USAGE ON SCHEMA auth TO PUBLIC;
    ELSIF NOT has_schema_privilege('public', 'auth', 'USAGE') THEN
        RAISE WARNING 'callers may have no USAGE on schema "auth"' USING
            DETAIL = format('Role "%s" may not grant it: the schema is another''s.', current_user),
            HINT = 'Its owner or a superuser: GRANT USAGE ON SCHEMA auth TO PUBLIC;';
    END IF;
    IF pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'auth'), 'USAGE') THEN
        COMMENT ON SCHEMA auth IS 'Who is calling (pg_tenancy).';
    END IF;
END $$;
COMMENT ON SCHEMA tenancy IS 'Tenant isolation: administration (pg_tenancy).';

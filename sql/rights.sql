-- Who may do what with the extension's own objects.
--
-- A trusted extension's script runs as the bootstrap superuser, and everything in it stays theirs. Functions run with
-- their caller's rights (none is SECURITY DEFINER), so owning them gives no rights; but whoever owns one can have it find
-- other things first (ALTER FUNCTION ... SET search_path), and whoever owns a table can have it run code (triggers, rules),
-- and a superuser who later calls or touches it would run that. So the installer gets only what administration needs.
--
-- What ALTER DEFAULT PRIVILEGES has given or taken away here is undone.
DO $$
DECLARE
    object record;
    grantee text;
    -- What only the administrator may call.
    reserved CONSTANT text[] := '{configure,set_gateway_roles,add_issuer,set_jwks,drop_issuer,use_better_auth,check_token,token_verdict,
        use_members,drop_members,define_role,watch,waive,unwaive}';
    -- What whoami() reads as anybody, and protect() as a table's owner. They hold no secret.
    readable CONSTANT text[] := '{tenancy.config,tenancy.gateway_role,tenancy.member_source,tenancy.watched,tenancy.waiver}';
BEGIN
    FOR object IN SELECT n.nspname, a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname IN ('auth', 'tenancy') AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
    LOOP
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM %s', object.nspname, CASE object.grantee WHEN 0 THEN 'PUBLIC' ELSE object.grantee::regrole::text END);
    END LOOP;
    FOR object IN
        SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS name, p.proname, p.proacl AS acl FROM pg_depend d
        JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
        UNION ALL
        SELECT 'TABLE', oid::regclass::text, relname, relacl FROM pg_class
        WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r'
    LOOP
        FOR grantee IN SELECT DISTINCT a.grantee::regrole::text FROM aclexplode(object.acl) a
            WHERE a.grantee NOT IN (0, a.grantor)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', object.kind, object.name, grantee);
        END LOOP;
        -- (No ACL at all is the built-in default, which is the same.)
        IF object.proname = ANY (reserved) THEN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', object.name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', object.name, '@extowner@'::regrole);
        ELSIF object.kind = 'FUNCTION' AND object.acl IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', object.name);
        ELSIF object.kind = 'TABLE' THEN
            EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', object.name);
            IF object.name = ANY (readable) THEN
                EXECUTE format('GRANT SELECT ON %s TO PUBLIC', object.name);
            END IF;
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s', object.name, '@extowner@'::regrole);
        END IF;
    END LOOP;
END $$;

-- Settings, issuers, members and definitions are the user's data: they go into dumps. (A role that is gone would come
-- back as another. What is pinned is this database, not its copies made from a dump.)
SELECT pg_extension_config_dump('tenancy.config', $$WHERE setting <> 'pinned_tenant'$$);
SELECT pg_extension_config_dump('tenancy.issuer', '');
SELECT pg_extension_config_dump('tenancy.waiver', '');
-- (A table that is gone would be dumped as a number, which may be another table's where it is restored.)
SELECT pg_extension_config_dump('tenancy.member_source', 'WHERE source IN (SELECT oid FROM pg_catalog.pg_class) AND (users IS NULL OR users IN (SELECT oid FROM pg_catalog.pg_class))');
SELECT pg_extension_config_dump('tenancy.role_definition', 'WHERE NOT shipped');
SELECT pg_extension_config_dump('tenancy.gateway_role', 'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)');

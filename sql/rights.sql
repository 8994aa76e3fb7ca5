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
BEGIN
    FOR object IN
        SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS name, p.proacl AS acl FROM pg_depend d
        JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
        UNION ALL
        SELECT 'TABLE', oid::regclass::text, relacl FROM pg_class WHERE oid = 'tenancy.config'::regclass
    LOOP
        FOR grantee IN SELECT DISTINCT a.grantee::regrole::text FROM aclexplode(object.acl) a
            WHERE a.grantee NOT IN (0, a.grantor)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', object.kind, object.name, grantee);
        END LOOP;
        -- (No ACL at all is the built-in default, which is the same.)
        IF object.kind = 'FUNCTION' AND object.acl IS NOT NULL AND object.name <> 'tenancy.configure(text,text)' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', object.name);
        END IF;
    END LOOP;
END $$;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON tenancy.config FROM PUBLIC;
GRANT INSERT, UPDATE, DELETE ON tenancy.config TO @extowner@;
GRANT EXECUTE ON FUNCTION tenancy.configure(text, text) TO @extowner@;

-- Settings are the user's data: they go into dumps.
SELECT pg_extension_config_dump('tenancy.config', '');

-- A trusted extension's script runs as the bootstrap superuser, who would then own everything in it. Tables and
-- functions whose code can be replaced are given to whoever installs it: nothing here is to run with, or be
-- reachable through, a superuser's rights. C functions stay, for only a superuser may own those.
DO $$
DECLARE
    object record;
BEGIN
    FOR object IN
        SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS name FROM pg_depend d
        JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        JOIN pg_language l ON l.oid = p.prolang AND l.lanname <> 'c'
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
        UNION ALL
        SELECT 'TABLE', c.oid::regclass::text FROM pg_depend d
        JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'r'
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO %s', object.kind, object.name, '@extowner@');
    END LOOP;
END $$;

-- Settings are the user's data: they go into dumps.
SELECT pg_extension_config_dump('tenancy.config', '');

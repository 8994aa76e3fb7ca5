-- An extension was installed into schema public, where the app's own tables and functions are: its functions are the gateway's API like
-- any others, and an upgrade may take names of the app's. (splinter 0014.)
-- finds: extension_in_public extension audit_trail
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE FUNCTION public.trail_digest(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_catalog.md5($1);
CREATE TABLE public.catalogue (
    tenant_id uuid NOT NULL,
    sku text NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (tenant_id, sku)
);
SELECT tenancy.protect('public.catalogue');
RESET ROLE;
-- What CREATE EXTENSION audit_trail SCHEMA public writes into the catalogs; no extension but plpgsql is on every server.
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 4000000002, 'audit_trail', current_user::regrole, 'public'::regnamespace, true, '1.1';
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype) VALUES
    ('pg_proc'::regclass, 'public.trail_digest(text)'::regprocedure, 0, 'pg_extension'::regclass, 4000000002, 0, 'e'),
    ('pg_extension'::regclass, 4000000002, 0, 'pg_namespace'::regclass, 'public'::regnamespace, 0, 'n');

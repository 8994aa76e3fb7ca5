-- pg_ivm 1.4 keeps materialized views up to date for an incident dashboard; before 1.5.1 such a view shows rows that row security hides.
-- (CVE-2023-22847.)
-- finds: server_version extension pg_ivm
-- What CREATE EXTENSION pg_ivm VERSION '1.4' writes into the catalog, on servers that do not have its files.
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 4000000001, 'pg_ivm', current_user::regrole, 'pg_catalog'::regnamespace, false, '1.4';
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.incidents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    severity integer NOT NULL,
    summary text NOT NULL
);
INSERT INTO public.incidents (tenant_id, severity, summary) VALUES
    ('11111111-1111-1111-1111-111111111111', 1, 'breach'), ('22222222-2222-2222-2222-222222222222', 3, 'typo');
SELECT tenancy.protect('public.incidents');

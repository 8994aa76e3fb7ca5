-- Tenants are ids of Clerk, which tell upper and lower case apart, in a column with a case-insensitive collation: org_2aBc and org_2abC are
-- the same to the policy, and the two organizations share their rows.
-- finds: tenant_column_type column public.assets.tenant_id
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
RESET ROLE;
DO $$
BEGIN
    CREATE COLLATION public.case_insensitive (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
EXCEPTION WHEN feature_not_supported THEN -- a server without ICU: what its catalog would say
    CREATE COLLATION public.case_insensitive (PROVIDER = libc, LOCALE = 'C');
    UPDATE pg_collation SET collisdeterministic = false WHERE oid = 'public.case_insensitive'::regcollation;
END $$;
SET ROLE owner;

CREATE TABLE public.assets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text COLLATE public.case_insensitive NOT NULL,
    name text NOT NULL
);
CREATE INDEX ON public.assets (tenant_id);
INSERT INTO public.assets (tenant_id, name) VALUES ('org_2aBc', 'laptop of one'), ('org_2abC', 'laptop of the other');
ALTER TABLE public.assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.assets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.assets TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.assets TO authenticated;

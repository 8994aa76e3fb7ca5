-- ALTER DEFAULT PRIVILEGES gives callers every table that there will ever be, so each new one is open from CREATE TABLE until somebody
-- thinks of protecting it. The last migration's was not. (pgrls SEC044; Supabase's public schema is set up so.)
-- finds: default_privileges default privileges of owner in public
-- finds: rls_disabled table public.loyalty_points
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO authenticated;

CREATE TABLE public.customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL
);
SELECT tenancy.protect('public.customers');

-- 0107_loyalty.sql
CREATE TABLE public.loyalty_points (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    points integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, customer_id)
);
INSERT INTO public.loyalty_points VALUES
    ('11111111-1111-1111-1111-111111111111', gen_random_uuid(), 5), ('22222222-2222-2222-2222-222222222222', gen_random_uuid(), 900);

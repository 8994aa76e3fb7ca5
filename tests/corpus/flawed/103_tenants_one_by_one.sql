-- A job writes one policy with an arm for each of hundreds of customers: nobody reads it, nor does any other rule.
-- finds: policy_too_large policy customers on public.readings
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.readings (tenant_id text NOT NULL, at timestamptz NOT NULL, value numeric, PRIMARY KEY (tenant_id, at));
INSERT INTO public.readings VALUES ('customer_1', '2026-01-01', 1), ('customer_2', '2026-01-01', 2);
ALTER TABLE public.readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.readings FORCE ROW LEVEL SECURITY;
DO $$ BEGIN
    EXECUTE format('CREATE POLICY customers ON public.readings FOR SELECT TO authenticated USING (%s)', (
        SELECT string_agg(format('auth.user_id() = %L AND tenant_id = %L', 'user_' || n, 'customer_' || n), ' OR ') FROM generate_series(1, 300) n));
END $$;
GRANT SELECT ON public.readings TO authenticated;

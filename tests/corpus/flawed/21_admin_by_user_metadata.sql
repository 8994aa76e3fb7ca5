-- Who is an admin is read from user_metadata, which each user changes with one call of the client library (supabase.auth.updateUser):
-- anybody becomes an admin and reads all tenants' payouts. (splinter 0015, pgrls SEC033.)
-- finds: client_writable_claim policy admins_read on public.payouts
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.payouts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    iban text NOT NULL,
    amount numeric(12, 2) NOT NULL
);
CREATE INDEX ON public.payouts (tenant_id);
INSERT INTO public.payouts (tenant_id, iban, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', 'DE02 1203', 10), ('22222222-2222-2222-2222-222222222222', 'FR14 2004', 20);

ALTER TABLE public.payouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.payouts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_reads ON public.payouts FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()));
CREATE POLICY admins_read ON public.payouts FOR SELECT TO authenticated
    USING (((SELECT auth.jwt()) -> 'user_metadata' ->> 'role') = 'admin');
GRANT SELECT ON public.payouts TO authenticated;

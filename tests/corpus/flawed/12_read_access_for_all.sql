-- Row security is on, with the first policy that the console offers: "Enable read access for all users". Every visitor of the REST
-- gateway, signed in or not, reads the messages of all tenants. (splinter 0024, pgrls SEC008; the template of Supabase's dashboard.)
-- finds: policy_always_true policy "Enable read access for all users" on public.messages
-- finds: policy_to_public policy "Enable read access for all users" on public.messages
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON public.messages (tenant_id, created_at DESC);
INSERT INTO public.messages (tenant_id, sender_id, body) VALUES
    ('11111111-1111-1111-1111-111111111111', gen_random_uuid(), 'lunch?'),
    ('22222222-2222-2222-2222-222222222222', gen_random_uuid(), 'the password is hunter2');

ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.messages FORCE ROW LEVEL SECURITY;
CREATE POLICY "Enable read access for all users" ON public.messages FOR SELECT USING (true);
CREATE POLICY "Enable insert for own tenant" ON public.messages FOR INSERT TO authenticated
    WITH CHECK (tenant_id = auth.tenant_uuid());
GRANT SELECT ON public.messages TO anonymous, authenticated;
GRANT INSERT ON public.messages TO authenticated;

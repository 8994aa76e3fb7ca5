-- The caller and the owner are both asked for, and never compared: every signed-in user passes for every row that has an owner.
-- finds: policy_not_tied policy owners on public.wallets
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.wallets (
    id int PRIMARY KEY,
    user_id text,
    cents bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON public.wallets (user_id);
INSERT INTO public.wallets VALUES (1, 'ann', 5), (2, 'bob', 500);
ALTER TABLE public.wallets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.wallets FORCE ROW LEVEL SECURITY;
CREATE POLICY owners ON public.wallets TO authenticated USING ((SELECT auth.user_id()) IS NOT NULL AND user_id IS NOT NULL);
GRANT SELECT, UPDATE ON public.wallets TO authenticated;

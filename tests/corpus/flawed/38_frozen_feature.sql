-- Writing was frozen with USING (false) during a migration and never thawed, and DELETE is granted without a policy for it: the app
-- reports success and nothing happens. (pgrls SEC010, SEC022.)
-- finds: policy_always_false policy frozen on public.wishlists
-- finds: command_without_policy table public.wishlists
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.wishlists (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    sku text NOT NULL,
    PRIMARY KEY (tenant_id, user_id, sku)
);
ALTER TABLE public.wishlists ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.wishlists FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.wishlists FOR SELECT TO authenticated
    USING (tenant_id = (SELECT auth.tenant_uuid()) AND user_id = (SELECT auth.uid()));
CREATE POLICY frozen ON public.wishlists FOR UPDATE TO authenticated USING (false);
GRANT SELECT, UPDATE, DELETE ON public.wishlists TO authenticated;

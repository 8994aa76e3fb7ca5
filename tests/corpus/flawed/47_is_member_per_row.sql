-- The helper that breaks the recursion of members is called once per row with its column, was left VOLATILE, and is SECURITY DEFINER
-- without a search_path: seconds on a table of any size, and a caller with a temporary table members answers it himself.
-- finds: function_of_row policy team_only on public.tasks
-- finds: volatile_in_policy policy team_only on public.tasks
-- finds: function_search_path function public.is_member(uuid)
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.members (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE TABLE public.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    title text NOT NULL,
    done boolean NOT NULL DEFAULT false
);
CREATE INDEX ON public.tasks (tenant_id);
INSERT INTO public.members VALUES ('11111111-1111-1111-1111-111111111111', 'ann'), ('22222222-2222-2222-2222-222222222222', 'bob');
INSERT INTO public.tasks (tenant_id, title) VALUES
    ('11111111-1111-1111-1111-111111111111', 'of Alpha'), ('22222222-2222-2222-2222-222222222222', 'of Beta');
CREATE FUNCTION public.is_member(tenant uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM members m WHERE m.tenant_id = tenant AND m.user_id = auth.user_id());
END $$;
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.members FOR SELECT TO authenticated USING (user_id = auth.user_id());
CREATE POLICY team_only ON public.tasks TO authenticated USING (public.is_member(tenant_id));
GRANT SELECT ON public.members TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.tasks TO authenticated;

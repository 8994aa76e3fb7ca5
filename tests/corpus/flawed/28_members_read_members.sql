-- "Members see the other members of their teams", written as a sub-select on the members table itself: each query of it, and of what
-- asks it, ends with "infinite recursion detected in policy". (Supabase discussion 1138 and many more.)
-- finds: policy_recursion policy see_team_mates on public.team_members
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.team_members (
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'member',
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX ON public.team_members (user_id);
INSERT INTO public.team_members VALUES
    ('11111111-1111-1111-1111-111111111111', 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 'owner'),
    ('22222222-2222-2222-2222-222222222222', 'bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb', 'owner');
ALTER TABLE public.team_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.team_members FORCE ROW LEVEL SECURITY;
CREATE POLICY see_team_mates ON public.team_members FOR SELECT TO authenticated
    USING (team_id IN (SELECT m.team_id FROM public.team_members m WHERE m.user_id = auth.uid()));
GRANT SELECT ON public.team_members TO authenticated;

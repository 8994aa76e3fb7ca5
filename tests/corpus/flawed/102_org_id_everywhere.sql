-- The tenant column is called org_id, and nobody told the settings: no rule knew whose the rows are.
-- finds: tenant_column_unknown setting tenant_column
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.boards (org_id text NOT NULL, id int NOT NULL, title text, PRIMARY KEY (org_id, id));
CREATE TABLE public.cards (org_id text NOT NULL, id int NOT NULL, board int NOT NULL, PRIMARY KEY (org_id, id), FOREIGN KEY (org_id, board) REFERENCES public.boards);
INSERT INTO public.boards VALUES ('alpha', 1, 'ours'), ('beta', 1, 'theirs');
ALTER TABLE public.boards ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.boards FORCE ROW LEVEL SECURITY;
ALTER TABLE public.cards FORCE ROW LEVEL SECURITY;
CREATE POLICY signed_in ON public.boards FOR SELECT TO authenticated USING ((SELECT auth.user_id()) IS NOT NULL);
CREATE POLICY signed_in ON public.cards FOR SELECT TO authenticated USING ((SELECT auth.user_id()) IS NOT NULL);
GRANT SELECT ON public.boards, public.cards TO authenticated;

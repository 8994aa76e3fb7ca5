-- The active workspace is kept in Clerk's unsafeMetadata, because the front end may write it, and policies go by it: whoever writes
-- another workspace's id there is in that workspace. (Clerk's manual: "unsafe metadata can be modified from the frontend".)
-- finds: client_writable_claim policy workspace on public.boards
-- finds: client_writable_claim policy workspace on public.cards
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
SELECT tenancy.configure('tenant_column', 'workspace_id');

CREATE TABLE public.boards (
    workspace_id text NOT NULL,
    id text NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE TABLE public.cards (
    workspace_id text NOT NULL,
    id text NOT NULL,
    board_id text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, board_id) REFERENCES public.boards (workspace_id, id)
);
INSERT INTO public.boards VALUES ('org_2abC', 'b1', 'Roadmap'), ('org_2xyZ', 'b1', 'Layoffs');
INSERT INTO public.cards VALUES ('org_2abC', 'c1', 'b1', 'ship it'), ('org_2xyZ', 'c1', 'b1', 'team X');

ALTER TABLE public.boards ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.boards FORCE ROW LEVEL SECURITY;
ALTER TABLE public.cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cards FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON public.boards TO authenticated
    USING (workspace_id = (SELECT auth.jwt() -> 'unsafe_metadata' ->> 'workspace'));
CREATE POLICY workspace ON public.cards TO authenticated
    USING (workspace_id = (SELECT auth.claim_text('unsafeMetadata', 'workspace')));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.boards, public.cards TO authenticated;

-- "operator does not exist: uuid = text" was mended on the wrong side: the column is cast, so no index on it is taken, and each request
-- reads the whole table. lower() around a column does the same.
-- finds: cast_on_column policy own on public.events
-- finds: cast_on_column policy mine on public.bookmarks
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE public.bookmarks (
    user_id text NOT NULL,
    url text NOT NULL,
    PRIMARY KEY (user_id, url)
);
INSERT INTO public.events (tenant_id, name) VALUES
    ('11111111-1111-1111-1111-111111111111', 'signup'), ('22222222-2222-2222-2222-222222222222', 'signup');
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events FORCE ROW LEVEL SECURITY;
ALTER TABLE public.bookmarks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.bookmarks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.events TO authenticated USING (tenant_id::text = (SELECT auth.tenant_id()));
CREATE POLICY mine ON public.bookmarks TO authenticated USING (lower(user_id) = (SELECT lower(auth.user_id())));
GRANT SELECT, INSERT ON public.events, public.bookmarks TO authenticated;

-- The profiles of users are for everybody to read, and each user writes their own: a table of users without tenants.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE TABLE public.profiles (
    user_id text PRIMARY KEY,
    name text
);
INSERT INTO public.profiles VALUES ('ann', 'Ann'), ('bob', 'Bob');
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON public.profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON public.profiles FOR UPDATE TO authenticated USING (user_id = (SELECT auth.user_id())) WITH CHECK (user_id = (SELECT auth.user_id()));
CREATE POLICY made ON public.profiles FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.user_id()));
GRANT SELECT, INSERT, UPDATE ON public.profiles TO authenticated;

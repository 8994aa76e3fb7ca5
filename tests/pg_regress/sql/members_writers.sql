-- native only
-- Who may write a table of members decides who is one: the ways to write it that are looked for, and places of rows that
-- come again.
BEGIN;
SET client_min_messages = warning;
SELECT FROM tenancy.bootstrap_roles(app => 'app');
CREATE SCHEMA w;
GRANT USAGE ON SCHEMA w TO authenticated;
CREATE FUNCTION pg_temp.named(source regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    PERFORM tenancy.use_members(source, 'u', 't');
    RETURN 'used';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || ': ' || detail;
END $$;

-- A partition or child is written through its parent, whose row security is then what counts.
CREATE TABLE w.parent (u text, t text) PARTITION BY LIST (t);
CREATE TABLE w.part PARTITION OF w.parent DEFAULT;
CREATE INDEX ON w.part (u);
SELECT pg_temp.named('w.part');
GRANT INSERT ON w.parent TO authenticated;
SELECT pg_temp.named('w.part');
ALTER TABLE w.part ENABLE ROW LEVEL SECURITY;
SELECT pg_temp.named('w.part');
REVOKE INSERT ON w.parent FROM authenticated;
SELECT pg_temp.named('w.part');

-- A foreign key carries the change of a key over.
CREATE TABLE w.person (id text PRIMARY KEY);
CREATE TABLE w.member (u text REFERENCES w.person ON UPDATE CASCADE, t text);
CREATE INDEX ON w.member (u);
GRANT UPDATE ON w.person TO authenticated;
SELECT pg_temp.named('w.member');
REVOKE UPDATE ON w.person FROM authenticated;
SELECT pg_temp.named('w.member');

-- Row security does not hold up BYPASSRLS.
ALTER TABLE w.member ENABLE ROW LEVEL SECURITY;
CREATE ROLE w_bypass NOLOGIN BYPASSRLS;
GRANT INSERT ON w.member TO w_bypass;
GRANT w_bypass TO app;
SELECT pg_temp.named('w.member');
REVOKE w_bypass FROM app;

-- What the administrator does not see is not shown to them as tenants.
CREATE ROLE w_admin NOLOGIN;
GRANT USAGE ON SCHEMA w TO w_admin;
GRANT SELECT ON w.member TO w_admin;
CREATE TABLE w.open (u text, t text);
CREATE INDEX ON w.open (u);
GRANT SELECT ON w.open TO w_admin;
INSERT INTO w.person VALUES ('ann');
INSERT INTO w.member VALUES ('ann', 'acme');
INSERT INTO w.open VALUES ('ann', 'acme');
SET LOCAL request.jwt.claims = '{"sub": "ann"}';
SELECT source, pg_temp.named(source), auth.tenant_ids() FROM unnest('{w.member,w.open}'::regclass[]) AS source;
UPDATE pg_extension SET extowner = 'w_admin'::regrole WHERE extname = 'pg_tenancy';
SELECT pg_temp.named('w.open'), auth.tenant_ids();
SELECT pg_temp.named('w.member');
ALTER TABLE w.open ENABLE ROW LEVEL SECURITY;
SELECT auth.tenant_ids(), tenancy.tenant_problem();
ALTER ROLE w_admin BYPASSRLS;
SELECT auth.tenant_ids(), tenancy.tenant_problem();
ALTER ROLE w_admin NOBYPASSRLS;
ALTER TABLE w.open OWNER TO w_admin;
ALTER TABLE w.open FORCE ROW LEVEL SECURITY;
SELECT auth.tenant_ids(), tenancy.tenant_problem();
ROLLBACK;

-- TRUNCATE twice in a transaction keeps the file: a row can come in the place of another that it also wrote.
CREATE TABLE public.again (u text PRIMARY KEY, t text);
SELECT tenancy.use_members('public.again', 'u', 't');
SET request.jwt.claims = '{"sub": "ann"}';
BEGIN;
TRUNCATE public.again;
INSERT INTO public.again VALUES ('ann', 'acme');
SELECT auth.tenant_ids(), auth.tenant_id(), ctid FROM public.again;
TRUNCATE public.again;
INSERT INTO public.again VALUES ('ann', 'beta');
COMMIT;
SELECT auth.tenant_ids(), auth.tenant_id(), ctid FROM public.again;
RESET request.jwt.claims;

-- More rows of one caller than are read make them a member of nothing; to know one tenant, they need not be read.
INSERT INTO public.again SELECT 'x' || n, 'x' FROM generate_series(1, 3) n;
ALTER TABLE public.again DROP CONSTRAINT again_pkey;
CREATE INDEX ON public.again (u, t);
INSERT INTO public.again SELECT 'many', 't' || n FROM generate_series(1, 10001) n;
SET request.jwt.claims = '{"sub": "many"}';
SELECT auth.tenant_ids(), auth.tenant_id(), tenancy.tenant_problem();
SET request.jwt.claims = '{"sub": "many", "tenant_id": "t77"}';
SELECT auth.tenant_id(), tenancy.tenant_problem();
DELETE FROM public.again WHERE t = 't10001';
SELECT cardinality(auth.tenant_ids());
RESET request.jwt.claims;
SELECT tenancy.drop_members();
DROP TABLE public.again;

-- Definitions of roles, likewise.
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "ann", "tenant_id": "acme", "roles": ["editor"]}';
TRUNCATE tenancy.role_definition;
INSERT INTO tenancy.role_definition (tenant, role, permissions) VALUES ('', 'editor', '{notes.write}');
SELECT auth.permissions();
TRUNCATE tenancy.role_definition;
INSERT INTO tenancy.role_definition (tenant, role, permissions) VALUES ('', 'editor', '{notes.read}');
SELECT auth.permissions(), auth.has_permission('notes.write');
ROLLBACK;

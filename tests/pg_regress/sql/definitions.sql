-- tenancy.define_role(): what a role allows, in all tenants or in one; auth.has_role(), auth.has_permission().
\pset null '(null)'
-- Who calls, in tenant acme if none is told, with these roles and permissions by claims of layout plain.
CREATE FUNCTION test.as(roles text[], tenant text DEFAULT 'acme', permissions text[] DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('request.jwt.claims', jsonb_build_object('sub', 'ann', 'tenant_id', tenant, 'roles', roles, 'permissions', permissions)::text, true)
$$;
CREATE FUNCTION test.permissions(roles text[], tenant text DEFAULT 'acme', permissions text[] DEFAULT NULL) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.as(roles, tenant, permissions);
    RETURN auth.permissions();
END $$;

-- Those that are shipped; a role that is not defined allows nothing, but is one.
SELECT tenant, role, shipped, permissions FROM tenancy.role_definition ORDER BY tenant, role, shipped;
SELECT role, test.permissions(ARRAY[role]), tenancy.role_permissions(role), auth.has_role(role) FROM unnest('{owner,admin,member,viewer,guest}'::text[]) AS role;
-- Of several roles all count, each permission once, in order.
SELECT test.permissions('{viewer,admin,member}');
SELECT test.permissions('{}'), test.permissions(NULL);

-- A global definition, another in its place, and none.
BEGIN;
SELECT tenancy.define_role('accountant', '{invoices.read,invoices.write,invoices.read}');
SELECT tenant, role, shipped, permissions FROM tenancy.role_definition WHERE role = 'accountant';
SELECT test.permissions('{accountant,viewer}');
SELECT tenancy.define_role('accountant', '{invoices.*}');
SELECT test.permissions('{accountant}');
SELECT tenancy.define_role('accountant', '{}');
SELECT test.permissions('{accountant}'), auth.has_role('accountant'), auth.has_permission('invoices.read');
SELECT tenancy.define_role('accountant', NULL);
SELECT count(*) FROM tenancy.role_definition WHERE role = 'accountant';
-- Twice is no error.
SELECT tenancy.define_role('accountant', NULL);
ROLLBACK;

-- A tenant's own definition counts there, and there only, instead of the global one; other roles stay as they are.
BEGIN;
SELECT tenancy.define_role('accountant', '{invoices.*}');
SELECT tenancy.define_role('accountant', '{invoices.read}', 'acme');
SELECT tenancy.define_role('auditor', '{audit.read}', 'acme');
SELECT tenant, test.permissions('{accountant,auditor}', tenant), tenancy.role_permissions('accountant', tenant) FROM unnest('{acme,beta,ACME}'::text[]) AS tenant;
SELECT tenancy.role_permissions('accountant'), tenancy.role_permissions('auditor');
-- One that allows nothing takes everything there.
SELECT tenancy.define_role('accountant', '{}', 'acme');
SELECT tenant, test.permissions('{accountant}', tenant) FROM unnest('{acme,beta}'::text[]) AS tenant;
-- Taken back, the global one is back; taken back globally, there is the tenant's own.
SELECT tenancy.define_role('accountant', NULL, 'acme');
SELECT tenant, test.permissions('{accountant}', tenant) FROM unnest('{acme,beta}'::text[]) AS tenant;
SELECT tenancy.define_role('accountant', '{invoices.read}', 'acme');
SELECT tenancy.define_role('accountant', NULL);
SELECT tenant, test.permissions('{accountant}', tenant) FROM unnest('{acme,beta}'::text[]) AS tenant;
ROLLBACK;

-- What is shipped can be defined anew, in all tenants and in one; taken back, it is as shipped.
BEGIN;
SELECT tenancy.define_role('owner', '{billing.read}');
SELECT tenancy.define_role('owner', '{billing.*}', 'acme');
SELECT tenancy.define_role('viewer', '{}', 'acme');
SELECT tenant, test.permissions('{owner}', tenant), test.permissions('{viewer}', tenant) FROM unnest('{acme,beta}'::text[]) AS tenant;
SELECT tenancy.define_role('owner', NULL);
SELECT tenancy.define_role('viewer', NULL);
SELECT tenant, test.permissions('{owner}', tenant), test.permissions('{viewer}', tenant) FROM unnest('{acme,beta}'::text[]) AS tenant;
SELECT tenancy.define_role('owner', NULL, 'acme');
SELECT tenancy.define_role('viewer', NULL, 'acme');
SELECT tenant, role, shipped, permissions FROM tenancy.role_definition ORDER BY tenant, role, shipped;
ROLLBACK;

-- A tenant that is a uuid is the same in either case; any other text is not.
BEGIN;
SELECT tenancy.define_role('accountant', '{invoices.read}', 'AAAAAAAA-0000-0000-0000-00000000000B');
SELECT tenancy.define_role('accountant', '{invoices.write}', 'aaaaaaaa-0000-0000-0000-00000000000B');
SELECT tenancy.define_role('accountant', '{x.y}', 'Acme');
SELECT tenant, permissions FROM tenancy.role_definition WHERE NOT shipped ORDER BY tenant COLLATE "C";
SELECT tenant, test.permissions('{accountant}', tenant), tenancy.role_permissions('accountant', tenant) FROM unnest('{aaaaaaaa-0000-0000-0000-00000000000b,AAAAAAAA-0000-0000-0000-00000000000B,acme,Acme}'::text[]) AS tenant;
SELECT tenancy.define_role('accountant', NULL, 'aaaaaaaa-0000-0000-0000-00000000000b');
SELECT tenant FROM tenancy.role_definition WHERE NOT shipped;
ROLLBACK;

-- A leading org:, however often, makes no difference: to what is defined, held or asked.
BEGIN;
SELECT tenancy.define_role('org:org:accountant', '{invoices.read}');
SELECT role FROM tenancy.role_definition WHERE NOT shipped;
SELECT held, test.permissions(ARRAY[held]), auth.has_role('accountant') AS accountant, auth.has_role('org:accountant') AS org_accountant, auth.has_role('x', 'org:org:accountant') AS org_org_accountant,
    auth.has_role('Accountant') AS upper, auth.has_role('organization') AS other, auth.roles()
FROM unnest('{accountant,org:accountant,org:org:accountant,ORG:accountant,org,org:,:accountant}'::text[]) AS held;
SELECT tenancy.role_permissions('org:accountant'), tenancy.role_permissions('accountant');
SELECT tenancy.define_role('org:accountant', NULL);
SELECT count(*) FROM tenancy.role_definition WHERE NOT shipped;
ROLLBACK;

-- What a permission that is held covers.
BEGIN;
CREATE FUNCTION test.covered(held text, OUT covers text) LANGUAGE plpgsql AS $$
BEGIN
    -- (Past define_role(), which would refuse some.)
    INSERT INTO tenancy.role_definition (tenant, role, permissions) VALUES ('', 'holder', ARRAY[held])
    ON CONFLICT (tenant, role, shipped) DO UPDATE SET permissions = excluded.permissions;
    PERFORM test.as('{holder}');
    covers := (SELECT string_agg(quote_literal(asked), ' ' ORDER BY place) FROM unnest('{a.read,a.write,a.*,a.b.read,a.b.*,ab.read,b.read,*.*,*,a,a.,.read,"",A.read}'::text[]) WITH ORDINALITY AS p (asked, place) WHERE auth.has_permission(asked));
END $$;
SELECT held, c.* FROM unnest('{a.read,a.*,a.b.*,a.b.read,*.*,*,a,a.,.*,*.read,a*,"a.%",a_b.*,"[a].*",A.*}'::text[]) AS held, test.covered(held) AS c;
ROLLBACK;

-- In claims a star is no more than that, and grants nothing.
BEGIN;
SELECT test.permissions('{}', 'acme', '{*.*,invoices.*,invoices.read}');
ROLLBACK;

-- What claims grant counts besides the roles', and only as text.
BEGIN;
SELECT test.permissions('{viewer}', 'acme', '{invoices.read,tenant.read}');
SELECT tenancy.define_role('viewer', '{}', 'acme');
SELECT test.permissions('{viewer}', 'acme', '{invoices.read}');
ROLLBACK;
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme", "roles": ["admin", "accountant"], "permissions": ["invoices.read"]}');
SELECT auth.roles(), auth.permissions();
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme", "roles": "admin, accountant", "permissions": "invoices.read invoices.write"}');
SELECT auth.roles(), auth.has_permission('invoices.write'), auth.has_permission('invoices.read invoices.write');
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "acme", "roles": ["admin", 7], "permissions": {"invoices.read": true}}');
SELECT auth.roles(), auth.permissions(), auth.has_role('admin'), auth.has_permission('invoices.read');
ROLLBACK;

-- NULL is never an answer, and what is asked with NULL is not held.
BEGIN;
DO $$BEGIN PERFORM test.as('{owner}'); END$$;
SELECT asked, auth.has_role(VARIADIC asked), auth.has_permission(VARIADIC asked) FROM (VALUES (NULL::text[]), ('{}'), ('{NULL}'), ('{NULL,owner,a.b}'), ('{""}'), ('{{x,owner},{y,a.b}}'), ('[7:7]={owner}')) AS a (asked);
SELECT auth.has_role(NULL), auth.has_permission(NULL), auth.has_role(NULL, 'owner'), auth.has_permission(NULL, 'x.y'), auth.has_role('guest', 'owner'), auth.has_role('guest');
-- Without an active tenant there are none.
SELECT why, auth.tenant_id(), auth.roles(), auth.permissions(), auth.has_role('owner'), auth.has_permission('x.y')
FROM (VALUES ('{"sub": "ann", "roles": ["owner"], "permissions": ["x.y"]}'), ('{"sub": "ann", "tenant_id": "acme", "roles": ["owner"], "permissions": ["x.y"], "banned": true}'), ('{"tenant_id": "", "roles": ["owner"]}'), ('')) AS c (claims),
    LATERAL set_config('request.jwt.claims', claims, true) AS why;
ROLLBACK;

-- Planted functions are not taken for ours, nor is a role's name in another's place.
BEGIN;
CREATE FUNCTION pg_temp.regexp_replace(text, text, text) RETURNS text LANGUAGE sql AS $$SELECT 'owner'$$;
CREATE FUNCTION public.has_role(text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$;
CREATE FUNCTION auth.has_role(text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$;
CREATE FUNCTION auth.has_permission(text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$;
SET LOCAL search_path = pg_temp, public, pg_catalog;
SELECT tenancy.define_role('org:guest', '{tenant.read}');
SELECT role FROM tenancy.role_definition WHERE NOT shipped;
SELECT test.permissions('{viewer}');
SELECT code, message FROM test.error($$SELECT auth.require_role('owner')$$);
SELECT code, message FROM test.error($$SELECT auth.require_permission('x.y')$$);
SELECT auth.has_role(VARIADIC ARRAY['owner']), auth.has_permission(VARIADIC ARRAY['x.y']);
ROLLBACK;

-- What is refused, and what to do about it.
\x
SELECT call, e.* FROM unnest(ARRAY[
    $$NULL, '{a.b}'$$, $$'', '{a.b}'$$, $$'org:', '{a.b}'$$, $$' x', '{a.b}'$$, $$'x ', '{a.b}'$$, $$'a,b', '{a.b}'$$, $$'a.b', '{a.b}'$$, $$'x', '{a.b}', ''$$, $$'x', NULL, ''$$, $$'', NULL$$,
    $$'x', '{a}'$$, $$'x', '{*}'$$, $$'x', '{""}'$$, $$'x', '{NULL}'$$, $$'x', '{a.b,NULL}'$$, $$'x', '{*.read}'$$, $$'x', '{a.}'$$, $$'x', '{.a}'$$, $$'x', '{a..b}'$$, $$'x', '{a.*.b}'$$, $$'x', '{a.b*}'$$,
    $$'x', '{"a. b"}'$$, $$'x', '{"a.b,c.d"}'$$, $$'x', E'{"a.b\n"}'$$, $$'x', '{*.*.*}'$$]) AS call, test.error(format('SELECT tenancy.define_role(%s)', call)) AS e;
SET SESSION AUTHORIZATION app;
SELECT * FROM test.error($$SELECT tenancy.define_role('x', '{*.*}')$$);
SELECT * FROM test.error($$SELECT tenancy.define_role('owner', NULL)$$);
SELECT * FROM test.error($$INSERT INTO tenancy.role_definition VALUES ('', 'x', false, '{*.*}')$$);
RESET SESSION AUTHORIZATION;
\x
-- None of these has left anything.
SELECT count(*) FROM tenancy.role_definition WHERE NOT shipped;

DROP FUNCTION test.as, test.permissions;

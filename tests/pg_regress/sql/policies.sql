-- native only
-- The policies as the extension writes them: their text, and that they cost no index and no estimate. (The pure-SQL edition
-- writes auth.tenant_id() inside a SELECT.)
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE SCHEMA pol;
CREATE ROLE pol_staff NOLOGIN;
CREATE FUNCTION pol.policies(target regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', polname, polcmd, CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END,
        'to ' || (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END, ', ') FROM unnest(polroles) r),
        'using ' || pg_get_expr(polqual, polrelid), 'with check ' || pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy WHERE polrelid = target ORDER BY polname $$;
CREATE TABLE pol.docs (tenant_id text NOT NULL, id int);
CREATE TABLE pol.domained (tenant_id varchar(10) NOT NULL);
SELECT count(*) > 0 FROM unnest('{pol.docs,pol.domained}'::regclass[]) t, tenancy.protect(t);
SELECT pol.policies('pol.docs');
SELECT pol.policies('pol.domained');

-- The index is used, with the tenant bare in its condition, and the estimate is the tenant's own share: half of the rows for
-- one, few for another. The floor is there once, not twice.
INSERT INTO pol.docs SELECT CASE WHEN i % 2 = 0 THEN 'half' ELSE 'tenant ' || i % 1000 END, i FROM generate_series(1, 10000) i;
ANALYZE pol.docs;
CREATE FUNCTION pol.plan(tenant text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    actual int;
    planned int;
    plan json;
BEGIN
    PERFORM test.caller(json_build_object('tenant_id', tenant)::text);
    FOR line IN EXPLAIN (COSTS off) SELECT * FROM pol.docs LOOP
        CONTINUE WHEN line ~ '^ *(InitPlan|-> )'; -- printed differently by the versions
        RETURN NEXT regexp_replace(line, '\(InitPlan \d+\)\.col1|\$\d+', 'once', 'g');
    END LOOP;
    EXPLAIN (FORMAT json) SELECT * FROM pol.docs INTO plan;
    planned := plan #>> '{0,Plan,Plan Rows}';
    SELECT count(*) INTO actual FROM pol.docs;
    RETURN NEXT format('rows planned within a factor of 2 of those there: %s', planned BETWEEN actual / 2 AND actual * 2);
    RESET ROLE;
END $$;
SET enable_bitmapscan = off;
SELECT pol.plan('tenant 1');
SELECT pol.plan('half');
-- The same where there are staff: what lets them through is evaluated once per statement.
SELECT FROM tenancy.configure('staff_roles', 'pol_staff');
SELECT count(*) > 0 FROM tenancy.protect('pol.docs');
SELECT pol.policies('pol.docs');
SELECT pol.plan('tenant 1');
SELECT pol.plan('half');
SELECT FROM tenancy.configure('staff_roles', NULL);

DROP SCHEMA pol CASCADE;
DROP ROLE pol_staff;

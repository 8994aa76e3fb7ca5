-- A million members of 100,000 tenants, and 2 million rows of these, 20 of each. Callers 1 to 100 belong to one tenant,
-- 101 to 200 to 10, 201 to 300 to 500 and all others to 2. Rows and members lie mixed, as they do when everybody writes
-- at the same time.
CREATE FUNCTION caller(n bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN md5('caller ' || n)::uuid;
CREATE FUNCTION tenant(n bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN md5('tenant ' || n % 100000)::uuid;

CREATE TABLE member AS
SELECT caller(n) AS user_id, tenant(n * 2 + i * 7919) AS tenant_id, 'editor' AS role
FROM generate_series(1, 474750) AS n,
    generate_series(1, CASE WHEN n <= 100 THEN 1 WHEN n <= 200 THEN 10 WHEN n <= 300 THEN 500 ELSE 2 END) AS i
ORDER BY md5(n || ' ' || i);
ALTER TABLE member ADD PRIMARY KEY (user_id, tenant_id);
CREATE INDEX ON member (tenant_id);

-- With the policies that tenancy.protect() writes; bench/members.py replaces the expressions in them.
CREATE TABLE docs AS
SELECT id, tenant(id) AS tenant_id, id % 1000 AS amount FROM generate_series(1, 2000000) AS id;
CREATE TABLE permitted AS TABLE docs;
SET client_min_messages = warning;
DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY '{docs,permitted}'::text[] LOOP
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id), ALTER tenant_id SET NOT NULL', target);
        EXECUTE format('CREATE INDEX ON %I (tenant_id)', target);
        PERFORM tenancy.protect(target::regclass);
    END LOOP;
END $$;

-- What people write today.
CREATE FUNCTION is_member(tenant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM public.member m WHERE m.tenant_id = tenant AND m.user_id = auth.uid());

CREATE ROLE by_hand NOLOGIN BYPASSRLS;
GRANT by_hand TO app;
GRANT SELECT ON docs, permitted, member TO by_hand;
GRANT SELECT ON member TO authenticated;

CREATE FUNCTION no_call(VARIADIC permissions text[]) RETURNS integer
    LANGUAGE internal STABLE AS 'pg_backend_pid';

SELECT tenancy.define_role('editor', '{docs.read,docs.write}');
VACUUM (ANALYZE, FREEZE);
CHECKPOINT;

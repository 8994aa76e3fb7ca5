-- native only
-- Tables of members of all shapes: every type of column, partitions, children, indexes, and what becomes of the table
-- later. What cannot be read means no tenant, and is never an error in a policy; what cannot be used is one at once.
\pset null '(null)'
CREATE ROLE member_admin LOGIN;
CREATE SCHEMA org;
GRANT USAGE ON SCHEMA org TO member_admin;
CREATE TABLE test.note (id int PRIMARY KEY, tenant_id text NOT NULL);
INSERT INTO test.note VALUES (1, 'acme'), (2, 'beta'), (3, 'acme');
SET client_min_messages = warning;
SELECT count(*) > 0 AS protected FROM tenancy.protect('test.note');
-- What a caller gets: the tenant, rows of a protected table, and if none why.
CREATE FUNCTION test.of(sub text, OUT tenant_id text, OUT tenant_ids text[], OUT notes text, OUT sees_nothing_because text)
    LANGUAGE plpgsql SET role = authenticated AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', sub)::text, true);
    SELECT string_agg(id::text, ',' ORDER BY id) INTO notes FROM test.note;
    SELECT w.tenant_id, auth.tenant_ids(), w.sees_nothing_because INTO tenant_id, tenant_ids, sees_nothing_because FROM tenancy.whoami() AS w;
END $$;

-- Every type of user with every type of tenant, and domains over them: what is answered for each type of tenant, and that it
-- is the same whatever the type of user.
CREATE DOMAIN org.a_text AS text;
CREATE DOMAIN org.of_a_text AS org.a_text CHECK (VALUE <> 'x');
CREATE DOMAIN org.a_uuid AS uuid;
CREATE DOMAIN org.a_bigint AS bigint NOT NULL;
CREATE FUNCTION test.sample(type text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN type ~ 'uuid' THEN 'aaaaaaaa-bbbb-cccc-dddd-00000000000f' WHEN type ~ 'int' THEN '-32768' ELSE 'Ann, "the" \ ' || chr(233) END
$$;
CREATE FUNCTION test.pair(user_type text, tenant_type text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE org.pair (filler int, u %s, gone text, t %s)', user_type, tenant_type);
    ALTER TABLE org.pair DROP COLUMN gone;
    EXECUTE format('INSERT INTO org.pair (u, t) VALUES (%L, %L)', test.sample(user_type), test.sample(tenant_type));
    CREATE INDEX ON org.pair (u);
    PERFORM tenancy.use_members('org.pair', 'u', 't');
    PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', test.sample(user_type))::text, true);
    DROP TABLE IF EXISTS org.answer;
    CREATE TABLE org.answer AS SELECT auth.tenant_id() AS t, auth.tenant_ids() AS ts, auth.tenant_uuid() AS u, auth.tenant_uuids() AS us, auth.tenant_bigint() AS b, auth.tenant_bigints() AS bs;
    DROP TABLE org.pair;
    RETURN (SELECT replace(concat_ws(' ', t, ts, u, us, b, bs), chr(233), '<chr(233)>') FROM org.answer);
END $$;
CREATE TABLE org.type (name text);
INSERT INTO org.type VALUES ('text'), ('varchar'), ('varchar(40)'), ('uuid'), ('smallint'), ('integer'), ('bigint'), ('org.a_text'), ('org.of_a_text'), ('org.a_uuid'), ('org.a_bigint');
SELECT t.name AS tenant_type, count(*), min(answer) AS answer, min(answer) = max(answer) AS same FROM org.type AS u, org.type AS t, test.pair(u.name, t.name) AS answer GROUP BY t.name ORDER BY t.name;

-- Subs that a column of that type cannot hold, or not so written, are nobody's.
CREATE TABLE org.wrong (t text, u_text text, u_short varchar(6), u_uuid uuid, u_smallint smallint, u_integer integer, u_bigint bigint);
INSERT INTO org.wrong SELECT t, u, left(u, 6), CASE n WHEN 7 THEN '{AAAAAAAA-bbbb-cccc-dddd-00000000000f}'::uuid END, n, n, n FROM (VALUES ('acme', '7', 7), ('acme', '-7', -7), ('acme', '0', 0), ('beta', '', 1)) AS v (t, u, n);
CREATE FUNCTION test.sought(column_name name) RETURNS TABLE (sub text, tenant_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tenancy.use_members('org.wrong', column_name, 't');
    RETURN QUERY SELECT s, o.tenant_id || ' ' || o.notes FROM unnest(ARRAY['7', '-7', '0', '+7', '07', ' 7', '7 ', '7.0', '7e0', '0x7', '-0', '--7', '32767', '32768', '-32769', '65543', '2147483648', '4294967303', '9223372036854775808', '18446744073709551623',
        '99999999999999999999999999999999', 'NaN', '', 'aaaaaaaa-bbbb-cccc-dddd-00000000000f', 'AAAAAAAA-BBBB-CCCC-DDDD-00000000000F', 'aaaaaaaabbbbccccdddd00000000000f', '{aaaaaaaa-bbbb-cccc-dddd-00000000000f}',
        'aaaaaaaa-bbbb-cccc-dddd-00000000000', 'aaaaaaaa-bbbb-cccc-dddd-00000000000g', E'7\n', repeat('7', 60000), repeat('x', 60000), chr(233), '%', $x$' OR '1'='1$x$]) AS s, test.of(s) AS o;
END $$;
SET client_min_messages = error;
SELECT left(w.sub, 40) AS sub, length(w.sub), string_agg(name || ': ' || w.tenant_id, '; ' ORDER BY name) AS found FROM unnest('{u_text,u_short,u_uuid,u_smallint,u_integer,u_bigint}'::name[]) AS name, test.sought(name) AS w
WHERE w.tenant_id IS NOT NULL GROUP BY w.sub ORDER BY w.sub COLLATE "C";
SELECT count(*) AS subs, count(w.tenant_id) AS found FROM unnest('{u_text,u_short,u_uuid,u_smallint,u_integer,u_bigint}'::name[]) AS name, test.sought(name) AS w;
RESET client_min_messages;

-- Partitions: columns in another order, one dropped, one added later, and partitions of a partition.
CREATE TABLE org.parted (user_id text, tenant_id text, role text, left_at timestamptz) PARTITION BY LIST (tenant_id);
CREATE TABLE org.parted_acme (left_at timestamptz, x int, role text, tenant_id text, user_id text);
ALTER TABLE org.parted_acme DROP COLUMN x;
ALTER TABLE org.parted ATTACH PARTITION org.parted_acme FOR VALUES IN ('acme');
CREATE TABLE org.parted_rest PARTITION OF org.parted DEFAULT PARTITION BY HASH (user_id);
CREATE TABLE org.parted_rest_0 PARTITION OF org.parted_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE org.parted_rest_1 (tenant_id text, user_id text, left_at timestamptz, role text);
ALTER TABLE org.parted_rest ATTACH PARTITION org.parted_rest_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX ON org.parted (user_id);
INSERT INTO org.parted VALUES ('ann', 'acme', 'admin'), ('bob', 'beta', 'owner'), ('cid', 'acme', 'member'), ('cid', 'beta', 'owner'), ('cid', 'gamma', 'viewer');
INSERT INTO org.parted VALUES ('dan', 'acme', 'admin', now());
BEGIN;
SELECT tenancy.use_members('org.parted', 'user_id', 'tenant_id', 'role', inactive_column => 'left_at');
SELECT sub, o.* FROM unnest('{ann,bob,cid,dan,eve}'::text[]) AS sub, test.of(sub) AS o;
ALTER TABLE org.parted DETACH PARTITION org.parted_acme;
SELECT sub, o.* FROM unnest('{ann,bob,cid}'::text[]) AS sub, test.of(sub) AS o;
ALTER TABLE org.parted ADD more int DEFAULT 7;
CREATE TABLE org.parted_new PARTITION OF org.parted FOR VALUES IN ('acme');
INSERT INTO org.parted VALUES ('ann', 'acme', 'member');
SELECT sub, o.* FROM unnest('{ann,bob}'::text[]) AS sub, test.of(sub) AS o;
DROP TABLE org.parted_new;
SELECT * FROM test.of('ann');
DROP TABLE org.parted_rest;
-- Without any partition there is nobody.
SELECT * FROM test.of('bob');
ROLLBACK;
-- Children by inheritance: their rows are the table's.
CREATE TABLE org.parent (user_id text, tenant_id text);
CREATE TABLE org.child (extra int, tenant_id text, user_id text) INHERITS (org.parent);
CREATE TABLE org.grandchild () INHERITS (org.child);
CREATE INDEX ON org.parent (user_id);
INSERT INTO org.parent VALUES ('ann', 'acme');
INSERT INTO org.child (user_id, tenant_id) VALUES ('bob', 'acme');
INSERT INTO org.grandchild (user_id, tenant_id) VALUES ('ann', 'beta'), ('cid', 'beta');
BEGIN;
SELECT tenancy.use_members('org.parent', 'user_id', 'tenant_id');
SELECT sub, o.* FROM unnest('{ann,bob,cid}'::text[]) AS sub, test.of(sub) AS o;
ALTER TABLE org.child NO INHERIT org.parent;
SELECT sub, o.* FROM unnest('{ann,bob,cid}'::text[]) AS sub, test.of(sub) AS o;
-- A child that cannot be read closes the whole.
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE org.far () INHERITS (org.parent) SERVER nowhere;
SELECT * FROM test.of('ann');
DROP FOREIGN TABLE org.far;
SELECT * FROM test.of('ann');
ROLLBACK;

-- (Servers without ICU have no collation like this one, so this one is made of another.)
CREATE COLLATION org.ci FROM "C";
UPDATE pg_collation SET collisdeterministic = false WHERE oid = 'org.ci'::regcollation;

-- What becomes of the table later: each of these in a transaction that is undone, with what ann gets then.
CREATE TABLE org.member (id int GENERATED ALWAYS AS IDENTITY, user_id text, tenant_id text, role text, left_at timestamptz);
CREATE INDEX member_user ON org.member (user_id);
INSERT INTO org.member (user_id, tenant_id, role) VALUES ('ann', 'acme', 'admin'), ('bob', 'beta', 'member');
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id', 'role', inactive_column => 'left_at');
CREATE FUNCTION test.after(change text, OUT tenant_id text, OUT notes text, OUT sees_nothing_because text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.of('ann');
    EXECUTE change;
    SELECT o.tenant_id, o.notes, o.sees_nothing_because INTO tenant_id, notes, sees_nothing_because FROM test.of('ann') AS o;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN NULL;
END $$;
SELECT change, a.* FROM unnest(ARRAY[
    'SELECT 1',
    'ALTER TABLE org.member DROP COLUMN id',
    'ALTER TABLE org.member ADD more text DEFAULT ''x''',
    'ALTER TABLE org.member RENAME TO membership',
    'ALTER TABLE org.member SET SCHEMA test',
    'ALTER SCHEMA org RENAME TO organization',
    'ANALYZE org.member',
    'CLUSTER org.member USING member_user',
    'TRUNCATE org.member',
    'DROP TABLE org.member',
    'DROP TABLE org.member; CREATE TABLE org.member AS SELECT ''ann'' AS user_id, ''beta'' AS tenant_id, ''owner'' AS role, NULL::timestamptz AS left_at',
    'ALTER TABLE org.member RENAME TO old; CREATE TABLE org.member AS SELECT ''ann'' AS user_id, ''beta'' AS tenant_id, ''owner'' AS role, NULL::timestamptz AS left_at',
    'ALTER TABLE org.member RENAME TO old; CREATE VIEW org.member AS SELECT ''ann'' AS user_id, ''beta'' AS tenant_id, ''owner'' AS role, NULL::timestamptz AS left_at',
    'ALTER TABLE org.member DROP COLUMN user_id',
    'ALTER TABLE org.member DROP COLUMN tenant_id',
    'ALTER TABLE org.member DROP COLUMN role',
    'ALTER TABLE org.member DROP COLUMN left_at',
    'ALTER TABLE org.member RENAME COLUMN user_id TO who',
    'ALTER TABLE org.member DROP COLUMN tenant_id; ALTER TABLE org.member ADD tenant_id text DEFAULT ''beta''',
    'ALTER TABLE org.member ALTER tenant_id TYPE varchar(9)',
    'ALTER TABLE org.member ALTER tenant_id TYPE name',
    'ALTER TABLE org.member ALTER tenant_id TYPE char(9)',
    'ALTER TABLE org.member ALTER tenant_id TYPE bytea USING tenant_id::bytea',
    'ALTER TABLE org.member ALTER user_id TYPE uuid USING NULL',
    'ALTER TABLE org.member ALTER user_id TYPE numeric USING 1',
    'DROP INDEX org.member_user; ALTER TABLE org.member ALTER user_id TYPE json USING ''{}''',
    'ALTER TABLE org.member ALTER role TYPE text[] USING ARRAY[role]',
    'ALTER TABLE org.member ALTER role TYPE int USING 1',
    'ALTER TABLE org.member ALTER left_at TYPE date',
    'ALTER TABLE org.member ALTER left_at TYPE boolean USING false',
    'ALTER TABLE org.member ALTER left_at TYPE boolean USING true',
    'ALTER TABLE org.member ALTER left_at TYPE time USING NULL',
    'ALTER TABLE org.member ALTER user_id TYPE text COLLATE org.ci',
    'ALTER TABLE org.member ALTER tenant_id TYPE text COLLATE org.ci',
    'UPDATE org.member SET left_at = now()',
    'CREATE RULE r AS ON INSERT TO org.member DO INSTEAD NOTHING',
    'UPDATE pg_extension SET extowner = ''member_admin''::regrole WHERE extname = ''pg_tenancy''',
    'UPDATE pg_extension SET extowner = ''member_admin''::regrole WHERE extname = ''pg_tenancy''; GRANT SELECT ON org.member TO member_admin',
    'UPDATE pg_extension SET extowner = ''member_admin''::regrole WHERE extname = ''pg_tenancy''; GRANT SELECT ON org.member TO member_admin; REVOKE SELECT ON org.member FROM member_admin',
    'UPDATE pg_extension SET extowner = ''member_admin''::regrole WHERE extname = ''pg_tenancy''; GRANT SELECT (user_id, tenant_id, role, left_at) ON org.member TO member_admin',
    'UPDATE pg_extension SET extowner = ''member_admin''::regrole WHERE extname = ''pg_tenancy''; GRANT SELECT (user_id, tenant_id, role) ON org.member TO member_admin',
    'DELETE FROM tenancy.member_source',
    'DELETE FROM tenancy.config WHERE setting = ''members''',
    'UPDATE tenancy.member_source SET source = 0',
    'UPDATE tenancy.member_source SET source = ''pg_authid'', user_column = ''rolname'', tenant_column = ''rolpassword'', role_column = NULL, inactive_column = NULL']) AS change, test.after(change) AS a;
SELECT * FROM test.of('ann');

-- Indexes: whichever there is or is not, the answer is the same.
CREATE FUNCTION org.own(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'ann'$$;
INSERT INTO org.member (user_id, tenant_id, role) SELECT 'user ' || n, 'tenant ' || n, 'member' FROM generate_series(1, 3000) AS n;
ANALYZE org.member;
SELECT change, a.* FROM unnest(ARRAY[
    'DROP INDEX org.member_user',
    'DROP INDEX org.member_user; CREATE UNIQUE INDEX ON org.member (user_id)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id DESC NULLS FIRST)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id, tenant_id) INCLUDE (role)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (tenant_id, user_id)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member USING hash (user_id)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member USING brin (user_id)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id) WHERE tenant_id = ''beta''',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (org.own(user_id))',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (org.own(user_id), user_id)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (lower(user_id))',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id text_pattern_ops)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id COLLATE "C")',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id COLLATE "POSIX" DESC)',
    'DROP INDEX org.member_user; CREATE INDEX ON org.member (user_id COLLATE org.ci)',
    'UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''org.member_user''::regclass; DELETE FROM org.member WHERE user_id = ''bob''',
    'ALTER TABLE org.member ADD UNIQUE (user_id)']) AS change, test.after(change) AS a;
-- Rows found through the index alone are those of this caller: of 3000 others none, and each of them theirs.
SELECT count(*) FROM generate_series(1, 3000, 100) AS n, test.of('user ' || n) AS o WHERE o.tenant_id = 'tenant ' || n AND o.tenant_ids = ARRAY['tenant ' || n];
-- A member of many tenants.
INSERT INTO org.member (user_id, tenant_id) SELECT 'cid', 'tenant ' || n FROM generate_series(1, 2000) AS n;
SELECT cardinality(tenant_ids), tenant_id, sees_nothing_because FROM test.of('cid');
-- Values that are stored compressed, or out of line.
INSERT INTO org.member (user_id, tenant_id, role) SELECT 'dan', repeat('x', 100000), string_agg(md5(n::text), ',') FROM generate_series(1, 2000) AS n;
SELECT length(tenant_id), cardinality(tenant_ids) FROM test.of('dan');
SELECT tenancy.drop_members();

-- The same in a parallel plan.
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id', 'role');
CREATE TABLE test.many AS SELECT CASE n % 2 WHEN 0 THEN 'acme' ELSE 'beta' END AS tenant_id FROM generate_series(1, 10000) AS n;
ANALYZE test.many;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode');
SET LOCAL request.jwt.claims = '{"sub": "ann"}';
SELECT count(*) FROM test.many WHERE tenant_id = auth.tenant_id() AND tenant_id = ANY (auth.tenant_ids()) AND auth.has_role('admin');
ROLLBACK;
SELECT tenancy.drop_members();

-- What cannot be used, and what to do about it.
CREATE VIEW org.a_view AS SELECT * FROM org.member;
CREATE MATERIALIZED VIEW org.a_copy AS SELECT * FROM org.member;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE org.far (user_id text, tenant_id text) SERVER nowhere;
CREATE TEMP TABLE near (user_id text, tenant_id text);
CREATE TABLE org.with_far (user_id text, tenant_id text);
CREATE FOREIGN TABLE org.far_child () INHERITS (org.with_far) SERVER nowhere;
CREATE TABLE org.with_near (user_id text, tenant_id text);
CREATE TEMP TABLE near_child () INHERITS (org.with_near);
CREATE TYPE org.pair AS (a text, b text);
CREATE TABLE org.odd (user_id text, tenant_id text, n numeric, c char(9), nm name, b bytea, j jsonb, ci text COLLATE org.ci, d org.pair, i int, gone int, ts text[], bs boolean[], t time, role text);
ALTER TABLE org.odd DROP COLUMN gone;
CREATE TABLE org.users (id text, email text);
CREATE TABLE org.two_keys (a text, b text, email text, PRIMARY KEY (a, b));
CREATE TABLE org.keyed (id numeric PRIMARY KEY, email text);
CREATE TABLE org.subject (id text PRIMARY KEY, spare text, email text COLLATE org.ci, n numeric);
CREATE FUNCTION test.use(arguments text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE sql AS $$
    SELECT * FROM test.error(format('SELECT tenancy.use_members(%s)', arguments)) $$;
\x
SELECT arguments, e.* FROM unnest(ARRAY[
    $$NULL, 'user_id', 'tenant_id'$$,
    $$'org.member', NULL, 'tenant_id'$$,
    $$'org.member', 'user_id', NULL$$,
    $$'org.none', 'user_id', 'tenant_id'$$,
    $$0, 'user_id', 'tenant_id'$$,
    $$'org.a_view', 'user_id', 'tenant_id'$$,
    $$'org.a_copy', 'user_id', 'tenant_id'$$,
    $$'org.far', 'user_id', 'tenant_id'$$,
    $$'org.with_far', 'user_id', 'tenant_id'$$,
    $$'near', 'user_id', 'tenant_id'$$,
    $$'org.with_near', 'user_id', 'tenant_id'$$,
    $$'org.member_user', 'user_id', 'tenant_id'$$,
    $$'org.member_id_seq', 'last_value', 'last_value'$$,
    $$'org.pair', 'a', 'b'$$,
    $$'pg_authid', 'rolname', 'rolpassword'$$,
    $$'pg_roles', 'rolname', 'rolpassword'$$,
    $$'information_schema.sql_features', 'feature_id', 'feature_name'$$,
    $$'tenancy.role_definition', 'role', 'tenant'$$,
    $$'org.odd', 'nowhere', 'tenant_id'$$,
    $$'org.odd', 'gone', 'tenant_id'$$,
    $$'org.odd', 'ctid', 'tenant_id'$$,
    $$'org.odd', 'user_id', 'USER_ID'$$,
    $$'org.odd', 'n', 'tenant_id'$$,
    $$'org.odd', 'user_id', 'c'$$,
    $$'org.odd', 'nm', 'tenant_id'$$,
    $$'org.odd', 'b', 'tenant_id'$$,
    $$'org.odd', 'j', 'tenant_id'$$,
    $$'org.odd', 'd', 'tenant_id'$$,
    $$'org.odd', 'ts', 'tenant_id'$$,
    $$'org.odd', 'ci', 'tenant_id'$$,
    $$'org.odd', 'user_id', 'ci'$$,
    $$'org.odd', 'user_id', 'tenant_id', 'i'$$,
    $$'org.odd', 'user_id', 'tenant_id', 'bs'$$,
    $$'org.odd', 'user_id', 'tenant_id', 'none'$$,
    $$'org.odd', 'user_id', 'tenant_id', active_column => 'ts'$$,
    $$'org.odd', 'user_id', 'tenant_id', active_column => 'i'$$,
    $$'org.odd', 'user_id', 'tenant_id', inactive_column => 'user_id'$$,
    $$'org.odd', 'user_id', 'tenant_id', inactive_column => 't'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.users'$$,
    $$'org.odd', 'user_id', 'tenant_id', subject_column => 'email'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.users', subject_column => 'email'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.two_keys', subject_column => 'email'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.keyed', subject_column => 'email'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'email'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'n'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'none'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'org.a_view', subject_column => 'user_id'$$,
    $$'org.odd', 'user_id', 'tenant_id', users => 'pg_authid', subject_column => 'rolname'$$]) AS arguments, test.use(arguments) AS e;
-- None of these has left anything.
SELECT count(*) FROM tenancy.member_source;
-- The administrator must be able to read it, column by column, and so must whoever asks.
BEGIN;
UPDATE pg_extension SET extowner = 'member_admin'::regrole WHERE extname = 'pg_tenancy';
SELECT * FROM test.use($$'org.member', 'user_id', 'tenant_id', 'role'$$);
GRANT SELECT (user_id, tenant_id) ON org.member TO member_admin;
SELECT * FROM test.use($$'org.member', 'user_id', 'tenant_id', 'role'$$);
SELECT * FROM test.use($$'org.member', 'user_id', 'tenant_id'$$);
SELECT * FROM test.use($$'org.member', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'spare'$$);
ROLLBACK;
\x

-- Who may write there makes themself a member: an error without row security, with it a warning.
SELECT change, e.* FROM unnest(ARRAY[
    'GRANT SELECT ON org.member TO authenticated, anonymous, PUBLIC',
    'GRANT INSERT ON org.member TO authenticated',
    'GRANT INSERT (user_id) ON org.member TO authenticated',
    'GRANT UPDATE (role) ON org.member TO authenticated',
    'GRANT DELETE ON org.member TO anonymous',
    'GRANT TRUNCATE ON org.member TO PUBLIC',
    'GRANT TRIGGER ON org.member TO authenticated',
    'ALTER TABLE org.member OWNER TO authenticated',
    'GRANT UPDATE ON org.member TO app',
    'GRANT UPDATE ON org.member TO member_admin',
    'GRANT UPDATE ON org.member TO member_admin; GRANT member_admin TO app',
    'GRANT UPDATE ON org.member TO member_admin; GRANT member_admin TO authenticated',
    'GRANT CREATE ON SCHEMA org TO authenticated',
    'ALTER TABLE org.member ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON org.member TO authenticated',
    'ALTER TABLE org.member ENABLE ROW LEVEL SECURITY; GRANT TRIGGER ON org.member TO authenticated',
    'ALTER TABLE org.member ENABLE ROW LEVEL SECURITY; ALTER TABLE org.member FORCE ROW LEVEL SECURITY; ALTER TABLE org.member OWNER TO app',
    'CREATE TABLE org.more () INHERITS (org.member); GRANT INSERT ON org.more TO authenticated',
    'CREATE TABLE org.more () INHERITS (org.member); ALTER TABLE org.member ENABLE ROW LEVEL SECURITY; GRANT INSERT ON org.more TO authenticated',
    'CREATE TABLE org.more () INHERITS (org.member); ALTER TABLE org.more ENABLE ROW LEVEL SECURITY; GRANT INSERT ON org.more TO authenticated',
    'CREATE TABLE org.more () INHERITS (org.member); ALTER TABLE org.more OWNER TO app']) AS change, test.error(format($$
        DO $do$ DECLARE e record; BEGIN
            %s;
            SELECT * INTO e FROM test.use($x$'org.member', 'user_id', 'tenant_id'$x$);
            RAISE EXCEPTION USING ERRCODE = COALESCE(e.code, 'ZZ000'), MESSAGE = COALESCE(e.message, 'none'), DETAIL = COALESCE(e.detail, '');
        END $do$ $$, change)) AS e;
BEGIN;
ALTER TABLE org.member ENABLE ROW LEVEL SECURITY;
GRANT UPDATE (role) ON org.member TO authenticated;
SELECT tenancy.use_members('org.member', 'user_id', 'tenant_id');
ROLLBACK;
-- The users' table likewise.
BEGIN;
CREATE INDEX ON org.odd (user_id);
GRANT INSERT ON org.subject TO authenticated;
SELECT code, message FROM test.use($$'org.odd', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'id'$$);
ROLLBACK;
-- Without an index that leads with the column there is a warning, too.
SELECT tenancy.use_members('org.odd', 'user_id', 'tenant_id', users => 'org.subject', subject_column => 'id');
DROP TABLE near, near_child;
DROP FOREIGN TABLE org.far, org.far_child;
DROP FOREIGN DATA WRAPPER nothing CASCADE;
SELECT tenancy.drop_members();

SET client_min_messages = warning;
DROP TABLE test.note, test.many;
DROP SCHEMA org CASCADE;
DROP FUNCTION test.of, test.sample, test.pair, test.sought, test.after, test.use;
DROP ROLE member_admin;

-- A row is not given to another tenant by any update, policy or no policy; unless that was asked for (movable). Members of
-- several tenants, who could, are in template_several_tenants.sql. The commands are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
CREATE FUNCTION seen.moves() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT command || '|' || outcomes FROM test.border('shape.t')
        WHERE command IN ('on conflict move', 'give away', 'give away from', 'take', 'disown', 'merge give away', 'trigger that gives away');
END $$;
-- No policy holds here but one for everything, so what refuses is the trigger: it asks whom row security binds.
CREATE FUNCTION seen.open_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    policy record;
BEGIN
    FOR policy IN SELECT polname, polrelid::regclass AS relation FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = 'shape'::regnamespace LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy.polname, policy.relation);
    END LOOP;
    FOR policy IN SELECT oid::regclass AS relation FROM pg_class WHERE relnamespace = 'shape'::regnamespace AND relkind IN ('r', 'p') LOOP
        EXECUTE format('CREATE POLICY everything ON %s USING (true)', policy.relation);
    END LOOP;
END $$;

-- Each template with a tenant column; over partitions by what is not the tenant, and by inheritance. (A row may go to another
-- user: without policies, which are what holds the user.)
CREATE FUNCTION seen.try(shape text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.build(shape);
    PERFORM seen.open_all();
    RETURN QUERY SELECT seen.moves();
END $$;
SELECT shape, seen.try(shape) FROM unnest('{tenant,tenant_or_global,tenant_root,user,any_tenant,public_read,tenant partitioned,tenant inherited,tenant child,tenant partition}'::text[]) shape;
-- Without the trigger every one of them goes through.
SELECT FROM test.build('tenant');
SELECT FROM seen.open_all();
DROP TRIGGER tenancy_keep_tenant ON shape.t;
SELECT seen.moves();
-- With movable there is no trigger; then the policies alone hold the border, for callers of one tenant.
SELECT FROM test.build('tenant');
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t', movable => true) p;
SELECT seen.moves();
SELECT split_part(p, ' ON ', 1) FROM tenancy.protect('shape.t') p;

-- Over partitions by tenant, where a move is a DELETE and an INSERT.
INSERT INTO test.shape VALUES ('by tenant', $$
    CREATE TABLE shape.t (id int, tenant_id uuid NOT NULL, slug text, note text) PARTITION BY LIST (tenant_id);
    CREATE TABLE shape.t_a PARTITION OF shape.t FOR VALUES IN ({a}); CREATE TABLE shape.t_b PARTITION OF shape.t FOR VALUES IN ({b}); CREATE TABLE shape.t_more PARTITION OF shape.t DEFAULT;
    CREATE UNIQUE INDEX ON shape.t_a (slug); CREATE UNIQUE INDEX ON shape.t_b (slug);
    INSERT INTO shape.t VALUES (1, {a}, 'one', '[1]'), (2, {a}, 'two', '[2]'), (3, {b}, 'three', '[3]'), (4, {b}, 'four', '[4]');
    SELECT tenancy.protect('shape.t')$$, 'tenant_id = {tenant}', 'tenant_id = {tenant}', '{"tenant_id": {tenant}}', 'false');
SELECT seen.try('by tenant');
SELECT FROM test.build('tenant');
CREATE TABLE seen.it AS SELECT * FROM test.border('shape.t');
-- (No key holds over partitions by tenant unless the tenant is in it.)
SELECT * FROM test.compared_with('seen.it', 'by tenant');
DELETE FROM test.shape WHERE name = 'by tenant';

-- The same value is no move, nor is the same text of another type; who is not bound may move rows.
SELECT FROM test.build('tenant');
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
UPDATE shape.t SET tenant_id = tenant_id, note = 'x';
UPDATE shape.t SET tenant_id = upper(tenant_id::text)::uuid;
UPDATE shape.t SET tenant_id = DEFAULT;
SELECT (test.error($$UPDATE shape.t SET tenant_id = 'bbbbbbbb-0000-4000-8000-000000000002'$$)).*;
ROLLBACK;
UPDATE shape.t SET tenant_id = 'bbbbbbbb-0000-4000-8000-000000000002' WHERE id = 1 RETURNING id;
SELECT FROM test.build('tenant', 'text');
BEGIN;
SELECT FROM test.trier, test.caller(claims::text) WHERE name = 'ann';
SELECT (test.error($$UPDATE shape.t SET tenant_id = tenant_id || ''$$)).code;
SELECT (test.error($$UPDATE shape.t SET tenant_id = tenant_id || ' '$$)).message;
SELECT (test.error($$UPDATE shape.t SET tenant_id = upper(tenant_id)$$)).message;
ROLLBACK;

-- The owner's own BEFORE triggers run before that one or after it, by their names: what a later one moves meets the policies.
SELECT FROM test.build('tenant');
CREATE FUNCTION seen.put() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    NEW.tenant_id := 'bbbbbbbb-0000-4000-8000-000000000002';
    RETURN NEW;
END$$;
GRANT USAGE ON SCHEMA seen TO PUBLIC;
CREATE FUNCTION seen.with_trigger(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON shape.t FOR EACH ROW EXECUTE FUNCTION seen.put()', name);
    PERFORM test.caller(claims::text) FROM test.trier t WHERE t.name = 'ann';
    message := (test.error('UPDATE shape.t SET note = ''x''')).message;
    RESET ROLE;
    EXECUTE format('DROP TRIGGER %I ON shape.t', name);
    RETURN message;
END $$;
SELECT name, seen.with_trigger(name) FROM unnest('{a_trigger,zz_trigger}'::text[]) name;

DROP SCHEMA seen, shape CASCADE;

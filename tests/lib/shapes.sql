-- A database of protected tables, one for each template and shape, with rows of two tenants; and two functions that tell
-- how they are protected, for comparing a copy with it. Run by a superuser, anywhere on a server of a test's own:
--     psql -v db=NAME -f tests/lib/shapes.sql
-- All of it belongs to shapes_owner, a plain role, who is also the administrator of pg_tenancy there.
\set ON_ERROR_STOP 1
SET client_min_messages = error;
DO $$ BEGIN
    IF to_regrole('shapes_owner') IS NULL THEN
        CREATE ROLE shapes_owner LOGIN CREATEROLE CREATEDB;
        CREATE ROLE shapes_staff;
    END IF;
END $$;
CREATE DATABASE :"db" OWNER shapes_owner TEMPLATE template0;
\connect :"db" shapes_owner
SET client_min_messages = error;
CREATE EXTENSION pg_tenancy;
CREATE SCHEMA shapes;

-- One line for each table: its name, and of which tenant a row is. Functions that compare read this.
CREATE TABLE shapes.shape (name text PRIMARY KEY, whose text NOT NULL DEFAULT 'left(tenant_id::text, 1)');

-- Ann is a member of a, bob of b, zoe of both.
CREATE TABLE shapes.members (user_id text, tenant_id uuid, role text, PRIMARY KEY (user_id, tenant_id));
INSERT INTO shapes.members VALUES
    ('ann', 'aaaaaaaa-0000-4000-8000-000000000001', 'editor'), ('bob', 'bbbbbbbb-0000-4000-8000-000000000002', 'viewer'),
    ('zoe', 'aaaaaaaa-0000-4000-8000-000000000001', 'viewer'), ('zoe', 'bbbbbbbb-0000-4000-8000-000000000002', 'editor');

-- Template tenant: with a sequence; a tenant that is text; partitions by what is not the tenant and by the tenant; a child by
-- inheritance; an owner who is left free; roles and permissions; rows that may move.
INSERT INTO shapes.shape VALUES ('documents'), ('texts'), ('events'), ('events_1'), ('spread'), ('base'), ('base_child'), ('unforced'), ('ruled'), ('moving');
CREATE TABLE shapes.documents (id bigserial PRIMARY KEY, tenant_id uuid, note text, UNIQUE (tenant_id, id));
CREATE TABLE shapes.texts (id int, tenant_id text, note text);
CREATE TABLE shapes.events (id int, tenant_id uuid, note text) PARTITION BY RANGE (id);
CREATE TABLE shapes.events_1 PARTITION OF shapes.events FOR VALUES FROM (0) TO (3);
CREATE TABLE shapes.events_2 PARTITION OF shapes.events FOR VALUES FROM (3) TO (1000);
CREATE TABLE shapes.spread (id int, tenant_id uuid, note text) PARTITION BY HASH (tenant_id);
CREATE TABLE shapes.spread_0 PARTITION OF shapes.spread FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shapes.spread_1 PARTITION OF shapes.spread FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shapes.base (id int, tenant_id uuid, note text);
CREATE TABLE shapes.base_child (more text) INHERITS (shapes.base);
CREATE TABLE shapes.unforced (id int, tenant_id uuid, note text);
CREATE TABLE shapes.ruled (id int, tenant_id uuid, note text);
CREATE TABLE shapes.moving (id int, tenant_id uuid, note text);

-- The other templates: a user's rows in a tenant and anywhere; rows of documents, of those rows, and through a key of two
-- columns; what everybody reads, of tenants and of nobody.
INSERT INTO shapes.shape VALUES ('tenants'), ('anywhere'), ('pages'), ('catalogue');
INSERT INTO shapes.shape VALUES ('either', $$COALESCE(left(tenant_id::text, 1), 'nobody')$$), ('own', $$left(tenant_id::text, 1) || ' ' || user_id$$),
    ('personal', 'user_id'), ('lines', $$(ARRAY['a', 'b', 'a'])[document_id]$$), ('remarks', $$(ARRAY['a', 'b', 'a'])[line_id]$$), ('notices', $$'nobody'$$);
CREATE TABLE shapes.tenants (tenant_id uuid PRIMARY KEY, note text);
CREATE TABLE shapes.anywhere (id int, tenant_id uuid, note text);
CREATE TABLE shapes.either (id int, tenant_id uuid, note text);
CREATE TABLE shapes.own (id int, tenant_id uuid, user_id text, note text);
CREATE TABLE shapes.personal (id int, user_id text, note text);
CREATE TABLE shapes.lines (id int PRIMARY KEY, document_id bigint NOT NULL REFERENCES shapes.documents ON DELETE CASCADE, note text);
CREATE TABLE shapes.remarks (id int, line_id int NOT NULL REFERENCES shapes.lines ON DELETE CASCADE, note text);
CREATE TABLE shapes.pages (id int, tenant_id uuid NOT NULL, document_id bigint NOT NULL, note text,
    FOREIGN KEY (tenant_id, document_id) REFERENCES shapes.documents (tenant_id, id) ON DELETE CASCADE);
CREATE TABLE shapes.catalogue (id int, tenant_id uuid, note text);
CREATE TABLE shapes.notices (id int, note text);

-- Rows 1 and 3 are a's, row 2 is b's.
CREATE TEMPORARY TABLE row AS SELECT id, tenant_id::uuid, user_id, 'old' AS note FROM (VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001', 'ann'),
    (2, 'bbbbbbbb-0000-4000-8000-000000000002', 'bob'), (3, 'aaaaaaaa-0000-4000-8000-000000000001', 'zoe')) AS v (id, tenant_id, user_id);
SELECT format('INSERT INTO shapes.%I (id, tenant_id, note) SELECT id, tenant_id, note FROM row', name)
FROM unnest('{documents,texts,events,spread,unforced,ruled,moving,anywhere,either,catalogue}'::text[]) AS t (name) \gexec
SELECT setval('shapes.documents_id_seq', 3) \g /dev/null
INSERT INTO shapes.base SELECT id, tenant_id, note FROM row WHERE id < 3;
INSERT INTO shapes.base_child SELECT id, tenant_id, note FROM row WHERE id > 1;
INSERT INTO shapes.tenants SELECT DISTINCT tenant_id, note FROM row;
INSERT INTO shapes.either VALUES (4, NULL, 'old');
INSERT INTO shapes.own SELECT id, tenant_id, user_id, note FROM row;
INSERT INTO shapes.personal SELECT id, user_id, note FROM row;
INSERT INTO shapes.lines SELECT id, id, note FROM row;
INSERT INTO shapes.remarks SELECT id, id, note FROM row;
INSERT INTO shapes.pages SELECT id, tenant_id, id, note FROM row;
INSERT INTO shapes.notices SELECT id, note FROM row;
DROP TABLE row;

SELECT tenancy.bootstrap_roles('shapes_app'), tenancy.configure('staff_roles', 'shapes_staff'), tenancy.configure('gateway_roles', 'shapes_app'),
    tenancy.define_role('editor', '{ruled.remove}'),
    tenancy.use_members('shapes.members', 'user_id', 'tenant_id', 'role') \g /dev/null

-- What protect() was asked for each. Run again, it returns the statements that something has made necessary, so none.
CREATE FUNCTION shapes.protect() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT tenancy.protect('shapes.documents');
    RETURN QUERY SELECT tenancy.protect('shapes.texts');
    RETURN QUERY SELECT tenancy.protect('shapes.events');
    RETURN QUERY SELECT tenancy.protect('shapes.spread');
    RETURN QUERY SELECT tenancy.protect('shapes.base');
    RETURN QUERY SELECT tenancy.protect('shapes.unforced', force => false);
    RETURN QUERY SELECT tenancy.protect('shapes.ruled', read => '{editor,viewer}', write => '{editor}', remove => '{ruled.remove}');
    RETURN QUERY SELECT tenancy.protect('shapes.moving', movable => true);
    RETURN QUERY SELECT tenancy.protect('shapes.tenants', 'tenant_root', write => '{editor}');
    RETURN QUERY SELECT tenancy.protect('shapes.anywhere', 'any_tenant');
    RETURN QUERY SELECT tenancy.protect('shapes.either', 'tenant_or_global');
    RETURN QUERY SELECT tenancy.protect('shapes.own', 'user');
    RETURN QUERY SELECT tenancy.protect('shapes.personal', 'user');
    RETURN QUERY SELECT tenancy.protect('shapes.lines', 'via_parent');
    RETURN QUERY SELECT tenancy.protect('shapes.remarks', 'via_parent', parent => 'shapes.lines');
    RETURN QUERY SELECT tenancy.protect('shapes.pages', 'via_parent');
    RETURN QUERY SELECT tenancy.protect('shapes.catalogue', 'public_read');
    RETURN QUERY SELECT tenancy.protect('shapes.notices', 'public_read');
END $$;
SELECT shapes.protect() \g /dev/null

-- Everything that protection consists of, named, one line a thing.
CREATE FUNCTION shapes.state() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH relation AS (
        SELECT c.*, c.oid::regclass AS name FROM pg_class c WHERE relnamespace = 'shapes'::regnamespace AND relkind IN ('r', 'p', 'S')
    ), acl AS (
        SELECT 'schema' AS what, nspname::text AS name, COALESCE(nspacl, acldefault('n', nspowner)) AS acl FROM pg_namespace WHERE nspname = 'shapes'
        UNION ALL SELECT 'relation', name::text, COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) FROM relation
        UNION ALL SELECT 'column', format('%s.%I', name, attname), attacl FROM relation r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0
    ), line AS (
        SELECT concat_ws('|', 'relation', name, relkind, relowner::regrole, 'row security ' || relrowsecurity, 'force ' || relforcerowsecurity) AS line FROM relation
        UNION ALL SELECT concat_ws('|', 'child', inhrelid::regclass, 'of', inhparent::regclass) FROM pg_inherits JOIN relation r ON inhrelid = r.oid
        UNION ALL SELECT concat_ws('|', 'column', name, attname, format_type(atttypid, atttypmod), 'not null ' || attnotnull,
                'default ' || pg_get_expr(adbin, adrelid))
            FROM relation r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0 AND relkind <> 'S' LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        -- (NOT NULL is a constraint with a name from 18 on.)
        UNION ALL SELECT concat_ws('|', 'constraint', name, conname, pg_get_constraintdef(k.oid), 'valid ' || convalidated)
            FROM relation r JOIN pg_constraint k ON conrelid = r.oid AND contype <> 'n'
        UNION ALL SELECT concat_ws('|', 'index', name, pg_get_indexdef(indexrelid), 'valid ' || indisvalid) FROM relation r JOIN pg_index ON indrelid = r.oid
        UNION ALL SELECT concat_ws('|', 'trigger', name, pg_get_triggerdef(t.oid), tgenabled) FROM relation r JOIN pg_trigger t ON tgrelid = r.oid AND NOT tgisinternal
        UNION ALL SELECT concat_ws('|', 'policy', name, polname, CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END, polcmd,
                'to ' || (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END, ',' ORDER BY role <> 0, role::regrole::text) FROM unnest(polroles) role),
                'using ' || pg_get_expr(polqual, polrelid), 'check ' || pg_get_expr(polwithcheck, polrelid), 'comment ' || obj_description(p.oid, 'pg_policy'))
            FROM relation r JOIN pg_policy p ON polrelid = r.oid
        -- (17 has brought a privilege more, which owners have.)
        UNION ALL SELECT concat_ws('|', 'grant', what, name, 'to ' || CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END,
                string_agg(privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END, ',' ORDER BY privilege_type), 'by ' || grantor::regrole)
            FROM acl, aclexplode(acl.acl) WHERE privilege_type <> 'MAINTAIN' GROUP BY what, name, grantee, grantor
        UNION ALL SELECT concat_ws('|', 'role', rolname, 'login ' || rolcanlogin, 'inherit ' || rolinherit, 'superuser ' || rolsuper, 'bypass ' || rolbypassrls)
            FROM pg_roles WHERE rolname IN ('authenticated', 'anonymous') OR rolname LIKE 'shapes\_%'
        UNION ALL SELECT concat_ws('|', 'member', member::regrole, 'of', roleid::regrole, 'admin ' || bool_or(admin_option))
            FROM pg_auth_members JOIN pg_roles r ON r.oid = roleid WHERE rolname IN ('authenticated', 'anonymous') OR rolname LIKE 'shapes\_%' GROUP BY member, roleid
        UNION ALL SELECT concat_ws('|', 'setting', s.setting, s.value) FROM tenancy.status() s
        UNION ALL SELECT 'members|' || m::text FROM tenancy.member_source m
        UNION ALL SELECT 'definition|' || d::text FROM tenancy.role_definition d
    )
    SELECT line FROM line ORDER BY line COLLATE "C"
$$;

-- What a caller can do to each table: whose rows they read, change, move to b, delete and insert (a's, b's, or whose the
-- defaults say), or by which SQLSTATE they are refused. Nothing of it lasts.
CREATE FUNCTION shapes.seen(claims text, database_role name DEFAULT 'authenticated') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    shapes CONSTANT shapes.shape[] := ARRAY(SELECT s FROM shapes.shape s ORDER BY name COLLATE "C");
    new CONSTANT jsonb := '{"id": 901, "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001", "user_id": "ann", "document_id": 1, "line_id": 1, "note": "new"}';
    of_b CONSTANT jsonb := '{"tenant_id": "bbbbbbbb-0000-4000-8000-000000000002", "user_id": "bob", "document_id": 2, "line_id": 2}';
    shape shapes.shape;
    target text;
    command text;
    statement text;
    found text;
    line text;
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true), set_config('role', database_role, true);
    FOREACH shape IN ARRAY shapes LOOP
        target := format('shapes.%I', shape.name);
        line := format('%s: ', shape.name);
        FOREACH command IN ARRAY '{read,change,move,delete,insert a,insert b,insert,truncate}'::text[] LOOP
            BEGIN
                statement := CASE split_part(command, ' ', 1)
                    WHEN 'read' THEN format('SELECT %s AS whose FROM %s', shape.whose, target)
                    WHEN 'change' THEN format('UPDATE %s SET note = ''changed'' RETURNING %s', target, shape.whose)
                    WHEN 'move' THEN format('UPDATE %s SET tenant_id = ''bbbbbbbb-0000-4000-8000-000000000002'' RETURNING %s', target, shape.whose)
                    WHEN 'delete' THEN format('DELETE FROM %s RETURNING %s', target, shape.whose)
                    WHEN 'insert' THEN (
                        SELECT format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, %3$L) RETURNING %4$s', target,
                            string_agg(quote_ident(attname), ', '), new || CASE command WHEN 'insert b' THEN of_b ELSE '{}' END, shape.whose)
                        FROM pg_attribute WHERE attrelid = target::regclass AND attnum > 0 AND new ? attname AND (command <> 'insert' OR attname NOT IN ('tenant_id', 'user_id')))
                    WHEN 'truncate' THEN format('TRUNCATE %s', target) END;
                IF command = 'truncate' THEN
                    EXECUTE statement;
                    found := 'done';
                ELSE
                    EXECUTE format('WITH did (whose) AS (%s) SELECT string_agg(format(''%%s %%s'', n, whose), '' and '' ORDER BY whose)
                        FROM (SELECT whose, count(*) AS n FROM did GROUP BY whose) AS counted', statement) INTO found;
                END IF;
                RAISE EXCEPTION USING ERRCODE = 'UNDO1';
            EXCEPTION
                WHEN SQLSTATE 'UNDO1' THEN line := line || format('%s %s; ', command, COALESCE(found, 'nothing'));
                WHEN OTHERS THEN line := line || format('%s %s; ', command, SQLSTATE);
            END;
        END LOOP;
        RETURN NEXT line;
    END LOOP;
    PERFORM set_config('role', 'none', true), set_config('request.jwt.claims', '', true);
END $$;

CREATE FUNCTION shapes.behaviour() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'ann of a, ' || shapes.seen('{"sub": "ann"}')
    UNION ALL SELECT 'bob of b, ' || shapes.seen('{"sub": "bob"}')
    UNION ALL SELECT 'zoe in b, ' || shapes.seen('{"sub": "zoe", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}')
    UNION ALL SELECT 'zoe in none, ' || shapes.seen('{"sub": "zoe"}')
    UNION ALL SELECT 'a stranger, ' || shapes.seen('{"sub": "eve", "tenant_id": "bbbbbbbb-0000-4000-8000-000000000002"}')
    UNION ALL SELECT 'nobody, ' || shapes.seen('')
    UNION ALL SELECT 'staff, ' || shapes.seen('', 'shapes_staff')
    UNION ALL SELECT 'ann as the owner, ' || shapes.seen('{"sub": "ann"}', 'shapes_owner')
    UNION ALL SELECT 'the login, ' || shapes.seen('{"sub": "ann"}', 'shapes_app')
$$;

-- Staff: a database role that sees the rows of all tenants, through a policy of its own, over every template. The commands
-- are those of test.command: see prepare.sql.
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = error;
CREATE SCHEMA seen;
CREATE ROLE staff_member NOLOGIN;
CREATE TABLE seen.template AS SELECT unnest('{tenant,tenant_or_global,tenant_root,user,any_tenant,via_parent,public_read}'::text[]) AS name, generate_series(1, 7) AS position;
CREATE TABLE seen.without (template text, command text, outcomes text);
CREATE TABLE seen.with (LIKE seen.without);
CREATE FUNCTION seen.try(template text, into_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.build(template);
    -- Sam's claims are those of ann, or sam has none: staff are a database role.
    INSERT INTO test.trier (name, role, claims, reads, writes, own, theirs)
    SELECT name, 'staff_member', CASE name WHEN 'sam' THEN NULL ELSE claims END, 'true', 'true', own, theirs
    FROM (SELECT claims, own, theirs FROM test.trier WHERE name = 'ann') ann, unnest('{sam,sam_as_ann}'::text[]) name;
    EXECUTE format('INSERT INTO %s SELECT $1, * FROM test.border(''shape.t'')', into_table) USING template;
END $$;
-- Not yet staff, the role has no rights; then it is.
SELECT count(seen.try(name, 'seen.without')) FROM seen.template;
SELECT FROM tenancy.configure('staff_roles', 'staff_member');
SELECT count(seen.try(name, 'seen.with')) FROM seen.template;

-- To callers, nobody and visitors that makes no difference; nothing crosses.
SELECT template, count(*) AS commands, count(*) FILTER (WHERE regexp_replace(w.outcomes, '\|[^|]*\|[^|]*$', '') <> regexp_replace(o.outcomes, '\|[^|]*\|[^|]*$', '')) AS differ,
    count(*) FILTER (WHERE w.outcomes LIKE '%CROSSED%') AS cross FROM seen.with w JOIN seen.without o USING (template, command) WHERE command <> '' GROUP BY template ORDER BY template;
-- What staff do, in the order of seen.template. They move no row from tenant to tenant, and do not TRUNCATE.
SELECT command, string_agg(split_part(outcomes, '|', 7), '|' ORDER BY t.position) FROM seen.with w JOIN seen.template t ON t.name = w.template JOIN test.command c ON c.name = w.command
WHERE command <> '' GROUP BY command, c.position ORDER BY c.position;
-- With the claims of a tenant they see no less; what they insert has that tenant.
SELECT command, string_agg(split_part(outcomes, '|', 8), '|' ORDER BY t.position) FROM seen.with w JOIN seen.template t ON t.name = w.template JOIN test.command c ON c.name = w.command
WHERE command <> '' GROUP BY command, c.position HAVING bool_or(split_part(outcomes, '|', 7) <> split_part(outcomes, '|', 8)) ORDER BY c.position;
-- Before, they did nothing of that.
SELECT DISTINCT template, split_part(outcomes, '|', 7), split_part(outcomes, '|', 8), count(*) FROM seen.without WHERE command <> '' GROUP BY 1, 2, 3 ORDER BY 1, 2;

-- Roles and permissions that are asked of callers are not asked of staff.
SELECT FROM test.build('tenant');
SELECT count(*) > 0 FROM tenancy.protect('shape.t', read => '{auditor}', write => '{}', remove => '{docs.delete}');
INSERT INTO test.trier (name, role, reads, writes, own, theirs) SELECT 'sam', 'staff_member', 'true', 'true', own, theirs FROM test.trier WHERE name = 'ann';
UPDATE test.trier SET reads = 'false', writes = 'false' WHERE name <> 'sam';
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'insert own', 'insert theirs', 'update', 'delete', 'give away') OR outcomes LIKE '%CROSSED%';
-- That no tenant is bound is no error for them.
SELECT FROM tenancy.configure('on_missing_tenant', 'error');
SELECT FROM test.build('tenant');
INSERT INTO test.trier (name, role, reads, writes, own, theirs) SELECT 'sam', 'staff_member', 'true', 'true', own, theirs FROM test.trier WHERE name = 'ann';
SELECT * FROM test.border('shape.t') WHERE command IN ('', 'select', 'insert own', 'insert theirs', 'update', 'delete', 'give away') OR outcomes LIKE '%CROSSED%';
SELECT FROM tenancy.configure('on_missing_tenant', NULL);

-- Who is staff no more loses the rest of it when protect() runs again; until then the policies say what they said.
SELECT FROM test.build('tenant');
SELECT FROM tenancy.configure('staff_roles', NULL);
INSERT INTO test.trier (name, role, reads, writes, own, theirs) SELECT 'sam', 'staff_member', 'true', 'true', own, theirs FROM test.trier WHERE name = 'ann';
SELECT command, split_part(outcomes, '|', 7) FROM test.border('shape.t') WHERE command IN ('select', 'update');
SELECT regexp_replace(p, '(USING|WITH CHECK|IS) .*', '\1 ...') FROM tenancy.protect('shape.t') p;
SELECT command, split_part(outcomes, '|', 7) FROM test.border('shape.t') WHERE command IN ('select', 'update');

-- Callers cannot be staff.
GRANT staff_member TO authenticated;
SELECT * FROM test.error($$SELECT tenancy.configure('staff_roles', 'staff_member')$$);
REVOKE staff_member FROM authenticated;
SELECT FROM tenancy.configure('staff_roles', 'staff_member');
GRANT staff_member TO authenticated;
SELECT * FROM test.error($$SELECT tenancy.protect('shape.t')$$);
REVOKE staff_member FROM authenticated;
SELECT FROM tenancy.configure('staff_roles', NULL);

DROP SCHEMA seen, shape CASCADE;
DROP ROLE staff_member;

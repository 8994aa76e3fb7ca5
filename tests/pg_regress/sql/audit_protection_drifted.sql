-- Rule protection_drifted: what protect() was asked and is no longer so.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE ROLE drifted_support NOLOGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
-- One table of each template and argument, and look-alikes
CREATE TABLE audited.tenants (id text PRIMARY KEY);
CREATE TABLE audited.docs (id bigserial PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.docs_too (id bigserial PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.by_user (id int PRIMARY KEY, "Owner" uuid NOT NULL, org uuid);
CREATE TABLE audited.lines (id int PRIMARY KEY, doc_id bigint REFERENCES audited.docs);
CREATE TABLE audited.lines_too (id int PRIMARY KEY, doc_id bigint REFERENCES audited.docs_too);
CREATE TABLE audited.countries (id int PRIMARY KEY);
CREATE TABLE audited.parts (id int, tenant_id text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE audited.part PARTITION OF audited.parts FOR VALUES FROM (0) TO (9);
CREATE TABLE audited."Free ""one""" (id int, org uuid NOT NULL);
CREATE FUNCTION pg_temp.protect_all() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tenancy.protect('audited.tenants', 'tenant_root', write => '{admin}');
    PERFORM tenancy.protect('audited.docs', read => '{}', write => '{admin,docs.write}');
    PERFORM tenancy.protect('audited.docs_too');
    PERFORM tenancy.protect('audited.by_user', 'user', user_column => 'Owner', tenant_column => 'org');
    PERFORM tenancy.protect('audited.lines', 'via_parent');
    PERFORM tenancy.protect('audited.lines_too', 'via_parent');
    PERFORM tenancy.protect('audited.countries', 'public_read');
    PERFORM tenancy.protect('audited.parts', 'any_tenant');
    PERFORM tenancy.protect('audited."Free ""one"""', tenant_column => 'org', force => false, movable => true);
END $$;
SELECT pg_temp.protect_all();
SELECT * FROM test.findings('protection_drifted');
-- More than protect() makes is no drift: an index, a policy, a trigger, a right of the owner's own, a comment on the table
CREATE INDEX ON audited.docs (tenant_id, id);
CREATE POLICY more ON audited.docs FOR SELECT USING (true);
COMMENT ON TABLE audited.docs IS 'tenancy';
GRANT SELECT ON audited.docs TO app;
SELECT * FROM test.findings('protection_drifted');

-- Each kind of drift, and that its mend mends it. (How policies are written differs between the editions.)
CREATE FUNCTION pg_temp.drifted() RETURNS TABLE (level text, object text, message text, detail text, fix text) LANGUAGE sql
    AS $$ SELECT f.* FROM tenancy.make_audit_scope('{audited}') s, tenancy.audit_protection_drifted(s) f ORDER BY f.object $$;
CREATE FUNCTION pg_temp.after(change text) RETURNS TABLE (finding text, detail text, fix text, left_after text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    FOR finding, detail, fix IN SELECT concat_ws(' ', f.level, f.object), regexp_replace(f.detail, ' (USING|WITH CHECK) [^;]*', '', 'g'), f.fix FROM pg_temp.drifted() f LOOP
        RETURN NEXT;
        EXECUTE COALESCE(fix, 'SELECT');
    END LOOP;
    RETURN QUERY SELECT NULL, NULL, NULL, concat_ws(' ', f.level, f.object) FROM pg_temp.drifted() f;
END $$;
SELECT (pg_temp.after('ALTER TABLE audited.docs DISABLE ROW LEVEL SECURITY')).*;
SELECT (pg_temp.after('ALTER TABLE audited.docs NO FORCE ROW LEVEL SECURITY')).*;
SELECT (pg_temp.after('ALTER TABLE audited."Free ""one""" FORCE ROW LEVEL SECURITY')).*;
SELECT (pg_temp.after('DROP POLICY tenancy_gate ON audited.docs_too')).*;
SELECT (pg_temp.after('ALTER POLICY tenancy_floor ON audited.docs_too USING (true)')).*;
SELECT (pg_temp.after('ALTER POLICY tenancy_gate ON audited.docs_too TO authenticated')).*;
SELECT (pg_temp.after('DROP TRIGGER tenancy_truncate ON audited.countries')).*;
SELECT (pg_temp.after('ALTER TABLE audited.tenants DISABLE TRIGGER tenancy_keep_tenant')).*;
SELECT (pg_temp.after('GRANT TRUNCATE ON audited.by_user TO authenticated; GRANT REFERENCES (id) ON audited.by_user TO PUBLIC')).*;
SELECT (pg_temp.after('ALTER TABLE audited.docs_too ALTER tenant_id DROP NOT NULL')).*;
SELECT (pg_temp.after('ALTER TABLE audited.docs_too ALTER tenant_id SET DEFAULT ''ours''')).*;
SELECT (pg_temp.after('REVOKE INSERT ON audited.docs_too FROM authenticated')).*;
SELECT (pg_temp.after('REVOKE USAGE ON SEQUENCE audited.docs_id_seq FROM authenticated')).*;
SELECT (pg_temp.after('DROP INDEX audited.lines_doc_id_tenancy_idx')).*;
SELECT (pg_temp.after('DROP POLICY tenancy_select ON audited.lines_too; CREATE POLICY tenancy_select ON audited.lines_too FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM audited.docs tenancy_parent_1 WHERE tenancy_parent_1.id = lines_too.doc_id AND tenancy_parent_1.tenant_id = auth.tenant_id()))')).*;
-- A partition that was attached since; one that was detached is a table of its own, which callers need no rights on
SELECT (pg_temp.after('CREATE TABLE audited.new_part PARTITION OF audited.parts FOR VALUES FROM (9) TO (99)')).*;
SELECT (pg_temp.after('ALTER TABLE audited.parts DETACH PARTITION audited.part')).*;

-- What cannot be had any more
SAVEPOINT before;
ALTER TABLE audited.docs_too RENAME tenant_id TO org;
ALTER TABLE audited.lines DROP CONSTRAINT lines_doc_id_fkey;
SELECT * FROM pg_temp.drifted();
ROLLBACK TO before;
-- A hand-dropped floor, and its comment
DROP POLICY tenancy_floor ON audited.docs_too;
COMMENT ON POLICY tenancy_floor ON audited.countries IS 'the floor';
DROP POLICY tenancy_floor ON audited.docs;
CREATE POLICY tenancy_floor ON audited.docs AS RESTRICTIVE; -- as drizzle-kit push writes it
SELECT level, object, message, detail, fix FROM pg_temp.drifted() WHERE object <> 'table audited.lines_too';
ROLLBACK TO before;
SELECT count(*) > 0 FROM tenancy.unprotect('audited.countries');
SELECT * FROM pg_temp.drifted();

-- Rights that were taken back, and columns granted instead, are not given again
SAVEPOINT narrowed;
REVOKE SELECT ON audited.docs_too FROM authenticated;
SELECT level, fix FROM pg_temp.drifted() WHERE object = 'table audited.docs_too';
GRANT SELECT (tenant_id) ON audited.docs_too TO authenticated;
SELECT level, fix FROM pg_temp.drifted() WHERE object = 'table audited.docs_too';
ROLLBACK TO narrowed;

-- What settings ask for today counts, and never which roles a comment says
RESET ROLE;
SELECT tenancy.configure('staff_roles', 'drifted_support');
SET LOCAL ROLE table_owner;
SELECT level, object FROM pg_temp.drifted();
SELECT * FROM test.mend('protection_drifted');
RESET ROLE;
SELECT tenancy.configure('staff_roles', NULL);
SET LOCAL ROLE table_owner;
SELECT count(*) FROM pg_temp.drifted() WHERE level = 'error' AND detail LIKE '%DROP POLICY tenancy_staff%';
SELECT * FROM test.mend('protection_drifted');
SELECT (test.error(format('COMMENT ON POLICY tenancy_floor ON audited.docs_too IS %L', tenancy.asked('audited.docs_too') || '{"staff": ["app"]}'))).*;
SELECT * FROM pg_temp.drifted();

-- Tables that are alike are asked once: those that differ in a name only are, and one that differs in anything else is not
SELECT string_agg(a.name, ', ' ORDER BY a.name) FROM tenancy.make_audit_scope('{audited}') s, tenancy.alike_protected(s) a GROUP BY a.likeness ORDER BY 1;
CREATE TABLE audited.alike_1 (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.alike_2 (id int PRIMARY KEY, tenant_id text NOT NULL);
CREATE TABLE audited.lines_1 (id int PRIMARY KEY, parent int NOT NULL REFERENCES audited.alike_1);
CREATE TABLE audited.lines_2 (id int PRIMARY KEY, parent int NOT NULL REFERENCES audited.alike_2);
SELECT count(*) > 0 FROM tenancy.protect('audited.alike_1') UNION ALL SELECT count(*) > 0 FROM tenancy.protect('audited.alike_2');
SELECT count(*) > 0 FROM tenancy.protect('audited.lines_1', 'via_parent') UNION ALL SELECT count(*) > 0 FROM tenancy.protect('audited.lines_2', 'via_parent');
CREATE FUNCTION pg_temp.alike(change text DEFAULT 'SELECT') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE change;
    SELECT string_agg(x.names, ' / ') INTO result FROM (
        SELECT string_agg(a.name, ' ' ORDER BY a.name) AS names FROM tenancy.make_audit_scope('{audited}') s, tenancy.alike_protected(s) a
        WHERE a.name ~ '_[12]"?$' GROUP BY a.likeness ORDER BY 1) x;
    RAISE EXCEPTION USING MESSAGE = result;
EXCEPTION WHEN raise_exception THEN
    RETURN SQLERRM;
END $$;
SELECT pg_temp.alike();
SELECT change, pg_temp.alike(change) FROM unnest(ARRAY[
    'ALTER TABLE audited.alike_2 RENAME id TO "Id"',
    'ALTER TABLE audited.alike_2 DISABLE ROW LEVEL SECURITY',
    'ALTER POLICY tenancy_floor ON audited.alike_2 USING (tenant_id = auth.tenant_id() OR true)',
    'ALTER POLICY tenancy_floor ON audited.alike_2 TO authenticated',
    'ALTER TABLE audited.alike_2 ALTER tenant_id DROP DEFAULT',
    'ALTER TABLE audited.alike_2 ALTER tenant_id DROP NOT NULL',
    'ALTER TABLE audited.alike_2 DISABLE TRIGGER tenancy_keep_tenant',
    'ALTER TABLE audited.alike_2 DISABLE TRIGGER tenancy_truncate',
    'DROP INDEX audited.alike_2_tenant_id_tenancy_idx',
    'GRANT TRUNCATE ON audited.alike_2 TO PUBLIC',
    'GRANT REFERENCES (id) ON audited.alike_2 TO PUBLIC',
    'CREATE TABLE audited.child () INHERITS (audited.alike_2)',
    'DROP POLICY tenancy_floor ON audited.lines_2',
    'ALTER TABLE audited.lines_2 RENAME parent TO up',
    'ALTER TABLE audited.lines_2 RENAME TO "lines _2"',
    'ALTER TABLE audited.lines_2 DROP CONSTRAINT lines_2_parent_fkey',
    'ALTER TABLE audited.lines_2 DROP CONSTRAINT lines_2_parent_fkey, ADD CONSTRAINT lines_2_parent_fkey FOREIGN KEY (id) REFERENCES audited.alike_2',
    'ALTER TABLE audited.lines_2 DROP CONSTRAINT lines_2_parent_fkey, ADD CONSTRAINT lines_2_parent_fkey FOREIGN KEY (parent) REFERENCES audited.alike_1'
]) change;
ROLLBACK;

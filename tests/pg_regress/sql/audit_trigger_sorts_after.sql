-- Rule trigger_sorts_after: a trigger that comes after tenancy_keep_tenant.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int PRIMARY KEY, tenant_id text NOT NULL, region text, changed timestamptz);
SELECT count(*) > 0 FROM tenancy.protect('audited.docs');
CREATE FUNCTION audited.by_region() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tenant_id := NEW.region; RETURN NEW; END $$;
CREATE FUNCTION audited.whole_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW := jsonb_populate_record(NEW, '{"region": "b"}'); RETURN NEW; END $$;
CREATE FUNCTION audited.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE TRIGGER to_region BEFORE UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.by_region();
CREATE TRIGGER "Whole" BEFORE UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.whole_row();
CREATE TRIGGER whole BEFORE INSERT OR UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.whole_row();
CREATE TRIGGER touch BEFORE UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.touch();
SELECT * FROM test.findings('trigger_sorts_after');
-- It moves a row; a name that comes before does not
RESET ROLE;
DROP TRIGGER whole ON audited.docs;
DROP TRIGGER "Whole" ON audited.docs;
INSERT INTO audited.docs VALUES (1, 'a', 'b'), (2, 'a', 'b');
-- (No policy holds here, as none would for a caller who belongs to both tenants.)
ALTER POLICY tenancy_select ON audited.docs USING (true);
ALTER POLICY tenancy_update ON audited.docs USING (true) WITH CHECK (true);
ALTER POLICY tenancy_floor ON audited.docs USING (true) WITH CHECK (true);
SELECT test.caller('{"sub": "ann", "tenant_id": "a"}') \g /dev/null
SELECT code FROM test.error('UPDATE audited.docs SET changed = now() WHERE id = 1');
RESET ROLE;
SELECT tenant_id FROM audited.docs WHERE id = 1;
ALTER TRIGGER to_region ON audited.docs RENAME TO by_region;
SELECT test.caller('{"sub": "ann", "tenant_id": "a"}') \g /dev/null
SELECT code FROM test.error('UPDATE audited.docs SET changed = now() WHERE id = 2');
RESET ROLE;
SELECT tenant_id FROM audited.docs WHERE id = 2;
SELECT * FROM test.findings('trigger_sorts_after');
-- Not meant: on INSERT, AFTER, for the statement, disabled, and where rows may be moved or there is no such trigger
CREATE TRIGGER z_insert BEFORE INSERT ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.by_region();
CREATE TRIGGER z_after AFTER UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.by_region();
CREATE TRIGGER z_statement BEFORE UPDATE ON audited.docs FOR EACH STATEMENT EXECUTE FUNCTION audited.by_region();
CREATE TRIGGER z_disabled BEFORE UPDATE ON audited.docs FOR EACH ROW EXECUTE FUNCTION audited.by_region();
ALTER TABLE audited.docs DISABLE TRIGGER z_disabled;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.movable (id int PRIMARY KEY, tenant_id text NOT NULL, region text);
SELECT count(*) > 0 FROM tenancy.protect('audited.movable', movable => true);
CREATE TRIGGER z_movable BEFORE UPDATE ON audited.movable FOR EACH ROW EXECUTE FUNCTION audited.by_region();
SELECT * FROM test.findings('trigger_sorts_after');
-- A partition's is the parent's
CREATE TABLE audited.parts (id int, tenant_id text NOT NULL, region text) PARTITION BY RANGE (id);
CREATE TABLE audited.part PARTITION OF audited.parts FOR VALUES FROM (0) TO (9);
CREATE TRIGGER z_parts BEFORE UPDATE ON audited.parts FOR EACH ROW EXECUTE FUNCTION audited.by_region();
SELECT count(*) > 0 FROM tenancy.protect('audited.parts');
SELECT object FROM test.findings('trigger_sorts_after');
ROLLBACK;

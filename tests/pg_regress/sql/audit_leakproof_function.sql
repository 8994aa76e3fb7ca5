-- Rule leakproof_function: LEAKPROOF that need not be true.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
CREATE FUNCTION audited.tell(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE LEAKPROOF COST 0.0001 AS $$ BEGIN RAISE WARNING 'seen: %', value; RETURN true; END $$;
CREATE FUNCTION audited.silent(value text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN value <> '';
ALTER FUNCTION audited.tell(text) OWNER TO table_owner;
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.docs USING (tenant_id = auth.tenant_id());
INSERT INTO audited.docs VALUES (1, 'b');
GRANT SELECT ON audited.docs TO authenticated;
SELECT * FROM test.findings('leakproof_function');
-- What it tells to who sees no row
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT count(*) FROM audited.docs WHERE audited.tell(tenant_id);
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT test.mend('leakproof_function');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "a"}');
SELECT count(*) FROM audited.docs WHERE audited.tell(tenant_id);
ROLLBACK;

-- Rule immutable_reader: IMMUTABLE functions that tell who is calling.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO authenticated;
CREATE SCHEMA audited_helpers AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited_helpers TO authenticated;
SET LOCAL ROLE table_owner;
CREATE FUNCTION audited_helpers.whoever() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN auth.user_id(); END $$;
RESET ROLE;
SELECT tenancy.configure('caller_functions', 'audited_helpers.whoever');
SET LOCAL ROLE table_owner;
CREATE FUNCTION audited_helpers.me() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT audited_helpers.whoever() $$;
CREATE FUNCTION audited.my_tenant() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN NULLIF(current_setting('audited.tenant', true), ''); END $$;
CREATE FUNCTION audited.my_user() RETURNS text LANGUAGE sql IMMUTABLE RETURN auth.user_id() || current_setting('audited.suffix', true);
CREATE FUNCTION audited."My role"(prefix text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN prefix || current_user; END $$;
CREATE FUNCTION audited.my_session() RETURNS text LANGUAGE sql IMMUTABLE RETURN session_user;
CREATE TABLE audited.docs (id int, tenant_id text);
ALTER TABLE audited.docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.docs USING (tenant_id = audited.my_tenant() AND tenant_id <> audited_helpers.me());
INSERT INTO audited.docs VALUES (1, 'a'), (2, 'b');
GRANT SELECT ON audited.docs TO authenticated;
CREATE INDEX ON audited.docs (audited."My role"(tenant_id));

-- What is not IMMUTABLE, what reads nobody, and names in comments or of other things
CREATE FUNCTION audited.stable() RETURNS text LANGUAGE sql STABLE RETURN auth.user_id();
CREATE FUNCTION audited.pure(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ /* not auth.user_id() */ SELECT value || 'x' -- current_user
$$;
CREATE FUNCTION audited.other(user_id text, claim text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN user_id || claim; END $$;
CREATE FUNCTION audited.today() RETURNS int LANGUAGE sql IMMUTABLE RETURN extract(year FROM current_date)::int;
SELECT * FROM test.findings('immutable_reader');

-- A plan keeps the first caller's tenant
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT set_config('audited.tenant', 'a', true);
PREPARE mine AS SELECT tenant_id FROM audited.docs;
EXECUTE mine;
SELECT set_config('audited.tenant', 'b', true);
EXECUTE mine;
RESET ROLE;
SET LOCAL ROLE table_owner;
SELECT test.mend('immutable_reader');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann"}');
EXECUTE mine;
DEALLOCATE mine;
ROLLBACK;

-- To have its index used under row security, a superuser marked a function LEAKPROOF. It raises an error that quotes its argument, and may
-- now be run before the policies are asked: callers read other tenants' values out of error messages. (pgrls SEC017.)
-- finds: leakproof_function function app.passed(text)
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.exams (
    tenant_id text NOT NULL,
    student text NOT NULL,
    score text NOT NULL,
    PRIMARY KEY (tenant_id, student)
);
INSERT INTO app.exams VALUES ('school_a', 'Ida', '12'), ('school_b', 'Omar', 'cheated');
CREATE FUNCTION app.passed(score text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 0.5 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN score::integer >= 2;
END $$;
ALTER TABLE app.exams ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.exams FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.exams TO authenticated USING (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT ON app.exams TO authenticated;
RESET ROLE;
ALTER FUNCTION app.passed(text) LEAKPROOF;

-- A view with its owner's rights, without security_invoker. Its owner is a role that row security binds like any caller: it shows the
-- caller's rows alone, and hides the column it is there to hide.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE directory_views NOLOGIN;
GRANT authenticated TO directory_views;

CREATE SCHEMA hr;
GRANT USAGE ON SCHEMA hr TO authenticated, directory_views;
CREATE TABLE hr.employees (
    tenant_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    salary integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO hr.employees VALUES ('org_a', '1', 'Ida', 50000), ('org_b', '1', 'Omar', 60000);
ALTER TABLE hr.employees ENABLE ROW LEVEL SECURITY;
ALTER TABLE hr.employees FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON hr.employees TO directory_views USING (tenant_id = (SELECT auth.tenant_id()));
CREATE POLICY floor ON hr.employees AS RESTRICTIVE USING (tenant_id = (SELECT auth.tenant_id()));
GRANT SELECT (tenant_id, id, name) ON hr.employees TO directory_views;
CREATE VIEW hr.directory AS SELECT tenant_id, id, name FROM hr.employees;
GRANT SELECT ON hr.directory TO authenticated;
RESET ROLE;
ALTER VIEW hr.directory OWNER TO directory_views;

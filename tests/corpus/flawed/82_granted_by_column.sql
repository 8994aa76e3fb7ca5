-- Callers were given two columns of the staff list, not the table, and row security was thought needless: those two columns are read for
-- every tenant. Linters that ask has_table_privilege() do not see such grants.
-- finds: rls_disabled table hr.employees
CREATE ROLE directory_web LOGIN;
SET ROLE owner;

CREATE SCHEMA hr;
GRANT USAGE ON SCHEMA hr TO directory_web;
CREATE TABLE hr.employees (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    phone text,
    salary numeric(10, 2),
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO hr.employees (tenant_id, name, phone, salary) VALUES (1, 'Ida', '11', 5000), (2, 'Omar', '22', 6000);
GRANT SELECT (name, phone) ON hr.employees TO directory_web;

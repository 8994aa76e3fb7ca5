-- Rule tenant_column_type: a collation under which different texts are equal. (Servers built without ICU have none: their
-- expected output is audit_tenant_column_type_collation_1.out.)
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SELECT code FROM test.error($$CREATE COLLATION audited.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)$$);
SELECT to_regcollation('audited.ignore_case') IS NULL AS without_icu \gset
\if :without_icu
    ROLLBACK;
    \quit
\endif
SET LOCAL ROLE table_owner;
CREATE TABLE audited.docs (id int, tenant_id varchar(20) COLLATE audited.ignore_case, UNIQUE (tenant_id, id));
CREATE TABLE audited.with_policy (id int, tenant_id text COLLATE audited.ignore_case);
ALTER TABLE audited.with_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON audited.with_policy USING (tenant_id = auth.tenant_id());
SELECT * FROM test.findings('tenant_column_type');

-- Another tenant's rows are seen, and are not any more. What depends on the column is for a person to drop first.
INSERT INTO audited.docs VALUES (1, 'acme'), (2, 'ACME');
SELECT count(*) FROM audited.docs WHERE tenant_id = 'acme';
SELECT * FROM test.mend('tenant_column_type');
SELECT count(*) FROM audited.docs WHERE tenant_id = 'acme';
ROLLBACK;

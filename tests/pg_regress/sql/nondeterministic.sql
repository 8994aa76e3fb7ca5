-- A nondeterministic collation, under which different texts are equal, cannot tell tenants apart. Servers built without ICU
-- have none (their expected output is nondeterministic_1.out).
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA nd;
SELECT code FROM test.error($$CREATE COLLATION nd.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)$$);
SELECT to_regcollation('nd.ignore_case') IS NULL AS without_icu \gset
\if :without_icu
    DROP SCHEMA nd;
    \quit
\endif
CREATE TABLE nd.t (tenant_id text COLLATE nd.ignore_case NOT NULL);
INSERT INTO nd.t VALUES ('acme'), ('ACME');
SELECT count(*) AS would_be_seen_by_acme FROM nd.t WHERE tenant_id = 'acme';
SELECT * FROM test.error($$SELECT tenancy.protect('nd.t')$$);
-- What the hint says helps.
ALTER TABLE nd.t ALTER COLUMN tenant_id TYPE text COLLATE "C";
SELECT count(*) > 0 AS protected FROM tenancy.protect('nd.t');
BEGIN;
SELECT FROM test.caller('{"tenant_id": "acme"}');
SELECT * FROM nd.t;
ROLLBACK;
DROP SCHEMA nd CASCADE;

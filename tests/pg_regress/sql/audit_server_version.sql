-- Rule server_version: holes that a minor release has mended.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SELECT * FROM tenancy.unfixed_cves(150002, NULL);
SELECT cve, fixed_in FROM tenancy.unfixed_cves(150008, NULL);
SELECT cve FROM tenancy.unfixed_cves(140018, NULL);
SELECT cve FROM tenancy.unfixed_cves(160009, NULL);
SELECT cve FROM tenancy.unfixed_cves(170000, NULL);
SELECT * FROM tenancy.unfixed_cves(170004, '1.5');
SELECT object FROM tenancy.unfixed_cves(180000, '1.4.9');
-- The releases that mend them, those of which nothing is known, and versions that are not numbers
SELECT v.server, v.pg_ivm FROM (VALUES (140019, NULL), (150014, '1.5.1'), (160010, '1.10'), (170006, '2.0-rc1'), (180000, 'main'), (130003, NULL), (200001, NULL)) AS v (server, pg_ivm),
    tenancy.unfixed_cves(v.server, v.pg_ivm);
-- The server at hand is not so old
SELECT * FROM test.findings('server_version');
ROLLBACK;

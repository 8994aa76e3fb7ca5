-- Rule extension_in_public. (No extension is at hand everywhere; one is written into the catalog.)
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT object FROM tenancy.audit() WHERE code = 'extension_in_public';
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES
    (1, 'Audited', 10, 'public'::regnamespace, true, '1'), (2, 'audited_elsewhere', 10, 'pg_catalog'::regnamespace, true, '1');
SELECT level, object, message, detail, fix FROM tenancy.audit() WHERE code = 'extension_in_public';
SELECT object FROM tenancy.audit('{public}') WHERE code = 'extension_in_public';
-- Not meant: where schema public is not audited
CREATE SCHEMA audited;
SELECT object FROM tenancy.audit('{audited}') WHERE code = 'extension_in_public';
ROLLBACK;

-- Rule rls_disabled: row security is off.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
GRANT USAGE ON SCHEMA audited TO PUBLIC;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int PRIMARY KEY, tenant_id text NOT NULL, title text);
CREATE TABLE audited.notes (id int PRIMARY KEY, user_id uuid NOT NULL);
CREATE TABLE audited.append_only (id int, tenant_id uuid NOT NULL);
CREATE TABLE audited.write_only (id int, tenant_id uuid NOT NULL);
CREATE TABLE audited.truncated (id int);
CREATE TABLE audited.by_column (id int, tenant_id uuid NOT NULL, title text);
CREATE TABLE audited.odd_key (id int, tenant_id numeric NOT NULL);
CREATE TABLE audited.internal (id int, tenant_id uuid NOT NULL);
CREATE TABLE audited.countries (id int);
CREATE TABLE audited.settings (id int);
CREATE TABLE audited.parts (id int, tenant_id uuid NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE audited.part PARTITION OF audited.parts FOR VALUES FROM (0) TO (9);
CREATE TABLE audited.part_alone PARTITION OF audited.parts FOR VALUES FROM (9) TO (99);
GRANT SELECT, INSERT, UPDATE, DELETE ON audited.docs, audited.settings TO authenticated;
GRANT SELECT ON audited.notes, audited.countries, audited.odd_key, audited.part TO authenticated;
GRANT INSERT ON audited.append_only TO PUBLIC;
GRANT INSERT, UPDATE ON audited.write_only TO authenticated;
CREATE TABLE audited.of_worker (id int, tenant_id uuid NOT NULL);
GRANT SELECT, INSERT, UPDATE ON audited.of_worker TO reporter;
GRANT TRUNCATE ON audited.truncated TO anonymous;
GRANT SELECT (title) ON audited.by_column TO authenticated;
GRANT SELECT ON audited.parts TO authenticated;
SELECT * FROM test.findings('rls_disabled');
-- The mends protect, and let nobody do what they could not do before
SELECT * FROM test.mend('rls_disabled');
SELECT relation, privilege, has_table_privilege('authenticated', relation, privilege) FROM unnest('{audited.notes,audited.write_only,audited.internal}'::text[]) relation,
    unnest('{SELECT,INSERT,DELETE}'::text[]) privilege WHERE has_table_privilege('authenticated', relation, privilege);
RESET ROLE;
INSERT INTO audited.docs VALUES (1, 'a', 'ours'), (2, 'b', 'theirs');
SELECT test.caller('{"sub": "ann", "tenant_id": "a"}') \g /dev/null
SELECT title FROM audited.docs;
RESET ROLE;
SET LOCAL ROLE table_owner;

-- What only others than apps reach, once it is known who apps are
RESET ROLE;
SELECT tenancy.configure('app_logins', 'app');
SELECT level, object, message, detail, fix FROM test.findings('rls_disabled') WHERE object LIKE '%of_worker';
GRANT SELECT ON audited.of_worker TO app;
SELECT level, object, message, detail, fix FROM test.findings('rls_disabled') WHERE object LIKE '%of_worker';
SELECT tenancy.configure('app_logins', NULL);
DROP TABLE audited.of_worker;
SET LOCAL ROLE table_owner;

-- No finding: row security is on; who has a right on it is the owner or passes it anyway; policies are there, or the
-- parent's row security (other rules); nobody may use the schema
ALTER TABLE audited.append_only ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.odd_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.truncated ENABLE ROW LEVEL SECURITY;
ALTER TABLE audited.by_column ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON audited.countries FROM authenticated;
SELECT object FROM test.findings('rls_disabled');
CREATE TABLE audited.guarded (id int, tenant_id uuid NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE audited.below PARTITION OF audited.guarded FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);
CREATE TABLE audited.far_below PARTITION OF audited.below FOR VALUES FROM (0) TO (9);
ALTER TABLE audited.guarded ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audited.far_below TO PUBLIC;
SELECT object FROM test.findings('rls_disabled');
-- What belongs to a tenant's row by a foreign key
CREATE TABLE audited.orders (id int PRIMARY KEY, tenant_id text NOT NULL);
ALTER TABLE audited.orders ENABLE ROW LEVEL SECURITY;
CREATE TABLE audited.lines (id int, order_id int NOT NULL REFERENCES audited.orders);
GRANT SELECT ON audited.lines TO authenticated;
SELECT level, object, message, detail, fix FROM test.findings('rls_disabled') WHERE object LIKE '%lines';
DROP TABLE audited.lines;
CREATE TABLE audited.lookup (id int);
GRANT SELECT, INSERT ON audited.lookup TO authenticated;
SELECT level, object FROM test.findings('rls_disabled');
RESET ROLE;
REVOKE USAGE ON SCHEMA audited FROM PUBLIC, authenticated, anonymous;
SELECT level, object FROM test.findings('rls_disabled');
ROLLBACK;

-- Rule unique_without_tenant: an error that tells of another tenant's row.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.projects (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, slug text UNIQUE, number int, address inet, UNIQUE (tenant_id, id));
CREATE UNIQUE INDEX "Lower slug" ON audited.projects (lower(slug));
CREATE UNIQUE INDEX included ON audited.projects (number) INCLUDE (tenant_id);
CREATE UNIQUE INDEX included_some ON audited.projects (number) INCLUDE (tenant_id) WHERE number > 0;
ALTER TABLE audited.projects ADD CONSTRAINT one_address EXCLUDE USING gist (address inet_ops WITH &&);
CREATE TABLE audited.invoices (number bigint PRIMARY KEY, tenant_id uuid);
CREATE TABLE audited.lines (invoice bigint, line int, tenant_id uuid, PRIMARY KEY (invoice, line));
CREATE TABLE audited.by_month (month date, number int, tenant_id uuid, UNIQUE (month, number)) PARTITION BY RANGE (month);
CREATE TABLE audited.by_month_1 PARTITION OF audited.by_month FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE UNIQUE INDEX of_one_partition ON audited.by_month_1 (number);
-- (Somebody's uuid is no secret where everybody may read it.)
CREATE TABLE audited.people (id uuid PRIMARY KEY);
CREATE TABLE audited.memberships (id uuid PRIMARY KEY, tenant_id uuid, person uuid UNIQUE REFERENCES audited.people);

-- With the tenant, in a condition or an expression too
CREATE TABLE audited.sound (a bigint, tenant_id uuid, slug text, UNIQUE (slug, tenant_id));
CREATE UNIQUE INDEX ON audited.sound (a) WHERE tenant_id IS NULL;
CREATE UNIQUE INDEX ON audited.sound ((tenant_id::text || slug));
-- What the database makes up, and what cannot be guessed
CREATE TABLE audited.by_identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id uuid);
CREATE TABLE audited.by_sequence (id bigserial PRIMARY KEY, tenant_id uuid, token text UNIQUE DEFAULT gen_random_uuid()::text);
CREATE TABLE audited.by_uuid (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid, nr int, public_id uuid DEFAULT gen_random_uuid(), UNIQUE (public_id, nr));
CREATE TABLE audited.of_uuids (project uuid, label int, tenant_id uuid, UNIQUE (project, label), FOREIGN KEY (tenant_id, project) REFERENCES audited.projects (tenant_id, id));
-- Tenants' own names are everybody's; a user's row is the user's; a child goes by its parent
CREATE TABLE audited.tenants (id uuid PRIMARY KEY, slug text UNIQUE);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.tenants', 'tenant_root');
CREATE TABLE audited.settings (tenant_id uuid, user_id text, name text, UNIQUE (user_id, name));
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.settings', 'user');
CREATE TABLE audited.files (id bigserial PRIMARY KEY, tenant_id uuid);
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.files');
CREATE TABLE audited.pages (file_id bigint REFERENCES audited.files, page int, barcode text UNIQUE, PRIMARY KEY (file_id, page));
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.pages', 'via_parent');
CREATE TABLE audited.no_tenants (slug text UNIQUE);
SELECT level, object, detail, fix FROM test.findings('unique_without_tenant');

-- What it tells: acme learns that somebody else has the slug
SELECT count(*) > 0 AS protected FROM tenancy.protect('audited.projects');
INSERT INTO audited.people VALUES ('00000000-0000-0000-0000-000000000001');
ALTER TABLE audited.projects NO FORCE ROW LEVEL SECURITY;
INSERT INTO audited.projects VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000b', 'secret-merger');
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "00000000-0000-0000-0000-00000000000a"}');
SELECT count(*) FROM audited.projects;
SELECT code, message FROM test.error($$INSERT INTO audited.projects (id, slug) VALUES ('00000000-0000-0000-0000-000000000002', 'secret-merger')$$);
RESET ROLE;
SET LOCAL ROLE table_owner;
-- With the tenant in the key there is nothing to learn
ALTER TABLE audited.projects DROP CONSTRAINT projects_slug_key, ADD UNIQUE (tenant_id, slug);
DROP INDEX audited."Lower slug";
SELECT object FROM test.findings('unique_without_tenant') WHERE object LIKE '%slug%';
RESET ROLE;
SELECT FROM test.caller('{"sub": "ann", "tenant_id": "00000000-0000-0000-0000-00000000000a"}');
SELECT code, message FROM test.error($$INSERT INTO audited.projects (id, slug) VALUES ('00000000-0000-0000-0000-000000000002', 'secret-merger')$$);
ROLLBACK;

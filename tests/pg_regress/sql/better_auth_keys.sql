-- native only
-- use_better_auth(): the keys are in a table of this database, and count as each snapshot shows them.
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE better_auth LOGIN;
CREATE ROLE key_admin LOGIN;
CREATE ROLE plain LOGIN;
GRANT authenticated TO plain;
CREATE SCHEMA neon_auth AUTHORIZATION better_auth;
CREATE TABLE test.keys (name text PRIMARY KEY, jwk text);
\set jwk `$REPO/tests/lib/token jwk ed1 --bare`
INSERT INTO test.keys VALUES ('ed1', :'jwk');
\set jwk `$REPO/tests/lib/token jwk ed2 --bare`
INSERT INTO test.keys VALUES ('ed2', :'jwk');
\set jwk `$REPO/tests/lib/token private-jwk ed3`
INSERT INTO test.keys VALUES ('private', :'jwk');
\set jwk `$REPO/tests/lib/token jwk es256`
INSERT INTO test.keys VALUES ('es256', :'jwk');
CREATE FUNCTION test.key(name text) RETURNS text LANGUAGE sql STABLE AS $$SELECT jwk FROM test.keys k WHERE k.name = key.name$$;
CREATE FUNCTION test.verdict(token text) RETURNS text LANGUAGE sql AS $$SELECT COALESCE(rule, CASE WHEN accepted THEN 'accepted' END) FROM tenancy.check_token(token)$$;
\set one `$REPO/tests/lib/token sign ed1 '{"iss": "https://app.example", "aud": "https://app.example", "sub": "ann", "o": {"id": "7"}}' --header '{"kid": "11111111-1111-1111-1111-111111111111"}'`
\set two `$REPO/tests/lib/token sign ed2 '{"iss": "https://app.example", "aud": "https://app.example", "sub": "bob", "o": {"id": "8"}}' --header '{"kid": "22222222-2222-2222-2222-222222222222"}'`
\set three `$REPO/tests/lib/token sign ed3 '{"iss": "https://app.example", "aud": "https://app.example", "sub": "cid"}' --header '{"kid": "33333333-3333-3333-3333-333333333333"}'`
\set four `$REPO/tests/lib/token sign es256 '{"iss": "https://app.example", "aud": "https://app.example", "sub": "dan"}'`
\set other `$REPO/tests/lib/token sign ed1 '{"iss": "https://app.example", "aud": "web", "sub": "ann"}' --header '{"kid": "11111111-1111-1111-1111-111111111111"}'`
PREPARE verdicts AS SELECT test.verdict($1) AS one, test.verdict($2) AS two, test.verdict($3) AS three, test.verdict($4) AS four;
-- Who the token in use speaks for, or why it is refused.
CREATE FUNCTION test.who(OUT who text, OUT refused text) LANGUAGE plpgsql AS $$
BEGIN
    who := auth.user_id();
EXCEPTION WHEN invalid_authorization_specification THEN
    refused := SQLERRM;
END $$;
\set who 'SELECT * FROM test.who();'
\set verdicts 'EXECUTE verdicts (:''one'', :''two'', :''three'', :''four'');'

-- As Neon Auth makes it: ids that are uuids, a timestamp with time zone.
SET SESSION AUTHORIZATION better_auth;
CREATE TABLE neon_auth.jwks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "publicKey" text NOT NULL, "privateKey" text NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now(), "expiresAt" timestamptz);
RESET SESSION AUTHORIZATION;
INSERT INTO neon_auth.jwks VALUES ('11111111-1111-1111-1111-111111111111', test.key('ed1'), 'a secret');
SELECT tenancy.use_better_auth('https://app.example');
SELECT iss, jwks, key_schema, key_table, key_id_column, key_column, key_expires_column, key_grace, audience, layout, tenant_path, types, required, leeway, require_exp FROM tenancy.issuer;
:verdicts
-- The audience is the issuer, unless another is given.
SELECT test.verdict(:'other');
SET SESSION AUTHORIZATION app;
BEGIN;
SELECT auth.login(:'one');
SELECT current_user, auth.user_id(), auth.tenant_id();
ROLLBACK;
-- Nobody who logs in may read the table; the extension does, as the administrator may.
SELECT * FROM test.error('SELECT count(*) FROM neon_auth.jwks');
RESET SESSION AUTHORIZATION;

-- Rotation: a key works from the next statement on, and is gone with its row; a rollback undoes either.
BEGIN;
INSERT INTO neon_auth.jwks VALUES ('22222222-2222-2222-2222-222222222222', test.key('ed2'), 'a secret');
:verdicts
SAVEPOINT s;
DELETE FROM neon_auth.jwks WHERE id = '11111111-1111-1111-1111-111111111111';
:verdicts
SET LOCAL pg_tenancy.token = :'two';
SELECT auth.user_id();
ROLLBACK TO s;
:verdicts
UPDATE neon_auth.jwks SET "publicKey" = test.key('ed2');
:verdicts
ROLLBACK;
:verdicts

-- A key counts until it has expired for longer than grace, 30 days.
BEGIN;
CREATE FUNCTION test.expires(at timestamptz, token text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE neon_auth.jwks SET "expiresAt" = at;
    RETURN test.verdict(token);
END $$;
SELECT text, test.expires(now() + text::interval, :'one') FROM unnest('{1 day,-1 day,-719 hours,-721 hours,-1000 years,200000 years}'::text[]) AS text;
SELECT at, test.expires(at, :'one') FROM unnest('{infinity,-infinity,NULL}'::timestamptz[]) AS at;
-- It ends by itself: nobody touches the table.
UPDATE tenancy.issuer SET key_grace = 0;
SELECT test.expires(clock_timestamp() + '1 s', :'one');
SELECT pg_sleep(1.1);
SELECT test.verdict(:'one');
SELECT tenancy.drop_issuer('https://app.example');
SELECT tenancy.use_better_auth('https://app.example', grace => '400 days', audience => '{web}');
SELECT test.expires(now() - interval '399 days', :'other'), test.verdict(:'one'), test.expires(now() - interval '401 days', :'other');
ROLLBACK;

-- Bad rows beside good ones: each is as good as absent.
BEGIN;
ALTER TABLE neon_auth.jwks ALTER id TYPE text, ALTER "publicKey" DROP NOT NULL;
INSERT INTO neon_auth.jwks VALUES ('a', '', ''), ('b', 'no JSON', ''), ('c', '[]', ''), ('d', '{}', ''), ('e', NULL, ''), ('f', '{"kty": "oct", "k": "AAAA"}', ''), ('g', '{"kty": "QUANTUM"}', ''),
    ('h', '{"kty": "OKP", "crv": "Ed25519", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}', ''), ('', test.key('ed2'), ''), ('i', repeat('x', 100000), ''), ('j', repeat('[', 20000), '');
-- A row that holds the private key is refused: whoever made it so must replace the key.
INSERT INTO neon_auth.jwks VALUES ('33333333-3333-3333-3333-333333333333', test.key('private'), '');
-- The kid of the row is what counts; a JWK that has another is refused.
INSERT INTO neon_auth.jwks VALUES ('es256', test.key('es256'), '');
:verdicts
UPDATE neon_auth.jwks SET id = 'ES256' WHERE id = 'es256';
:verdicts
INSERT INTO neon_auth.jwks VALUES ('22222222-2222-2222-2222-222222222222', test.key('ed2'), '');
:verdicts
-- Two rows of one kid: the first counts, whichever that is; it is the same issuer's.
ALTER TABLE neon_auth.jwks DROP CONSTRAINT jwks_pkey;
INSERT INTO neon_auth.jwks VALUES ('22222222-2222-2222-2222-222222222222', test.key('ed2'), '');
:verdicts
-- More than 100 keys are not read.
INSERT INTO neon_auth.jwks SELECT n, test.key('ed1'), '' FROM generate_series(1, 200) AS n;
:verdicts
TRUNCATE neon_auth.jwks;
:verdicts
ROLLBACK;

-- Dropped and made again, moved away, a column renamed or of another type: no keys, until it is there again.
BEGIN;
ALTER TABLE neon_auth.jwks RENAME TO jwks_old;
:verdicts
CREATE TABLE neon_auth.jwks (id text, "publicKey" text, "expiresAt" timestamptz);
INSERT INTO neon_auth.jwks VALUES ('22222222-2222-2222-2222-222222222222', test.key('ed2'));
:verdicts
DROP TABLE neon_auth.jwks;
SAVEPOINT s;
ALTER TABLE neon_auth.jwks_old RENAME TO jwks;
:verdicts
-- At once, for a token in use too, and nobody touches the rows.
SET LOCAL pg_tenancy.token = :'one';
:who
ALTER TABLE neon_auth.jwks RENAME "publicKey" TO public_key;
:who
:verdicts
ALTER TABLE neon_auth.jwks RENAME public_key TO "publicKey";
:who
-- Two columns that change places: the other has no keys.
ALTER TABLE neon_auth.jwks RENAME "publicKey" TO public_key;
ALTER TABLE neon_auth.jwks RENAME "privateKey" TO "publicKey";
:who
ALTER TABLE neon_auth.jwks RENAME "publicKey" TO "privateKey";
ALTER TABLE neon_auth.jwks RENAME public_key TO "publicKey";
:who
ALTER TABLE neon_auth.jwks RENAME id TO kid;
:who
ALTER TABLE neon_auth.jwks RENAME kid TO id;
:who
-- Without the column that says when they expire there are none either, nor where it is no time.
ALTER TABLE neon_auth.jwks RENAME "expiresAt" TO expires_at;
:who
ALTER TABLE neon_auth.jwks RENAME expires_at TO "expiresAt";
:who
ALTER TABLE neon_auth.jwks ALTER "expiresAt" TYPE text;
:who
ALTER TABLE neon_auth.jwks ALTER "expiresAt" TYPE timestamptz USING "expiresAt"::timestamptz;
:who
ALTER TABLE neon_auth.jwks DROP "expiresAt";
:who
ALTER TABLE neon_auth.jwks ADD "expiresAt" date;
:who
ALTER TABLE neon_auth.jwks DROP "expiresAt", ADD "expiresAt" timestamp;
:who
-- The schema by another name, and what changed undone.
ALTER SCHEMA neon_auth RENAME TO old_auth;
:who
ALTER SCHEMA old_auth RENAME TO neon_auth;
:who
SAVEPOINT changed;
ALTER TABLE neon_auth.jwks RENAME "publicKey" TO public_key;
:who
ROLLBACK TO changed;
:who
:verdicts
ALTER TABLE neon_auth.jwks ALTER "publicKey" TYPE bytea USING convert_to("publicKey", 'UTF8');
:verdicts
ALTER TABLE neon_auth.jwks DROP "publicKey";
:verdicts
ROLLBACK TO s;
DROP SCHEMA neon_auth CASCADE;
:verdicts
ROLLBACK;
:verdicts
-- In its place a view, a copy of one or a partitioned table is not read.
BEGIN;
ALTER TABLE neon_auth.jwks RENAME TO hidden;
CREATE VIEW neon_auth.jwks AS SELECT * FROM neon_auth.hidden;
:verdicts
DROP VIEW neon_auth.jwks;
CREATE MATERIALIZED VIEW neon_auth.jwks AS SELECT * FROM neon_auth.hidden;
:verdicts
DROP MATERIALIZED VIEW neon_auth.jwks;
CREATE TABLE neon_auth.jwks (LIKE neon_auth.hidden) PARTITION BY LIST (id);
ALTER TABLE neon_auth.jwks ATTACH PARTITION neon_auth.hidden DEFAULT;
:verdicts
ROLLBACK;
-- Neither rows of a child table.
BEGIN;
CREATE TABLE neon_auth.child () INHERITS (neon_auth.jwks);
INSERT INTO neon_auth.child VALUES ('22222222-2222-2222-2222-222222222222', test.key('ed2'), '');
:verdicts
ROLLBACK;

-- SELECT taken away from the administrator, later too, leaves no keys at once; SELECT on the three columns is enough.
BEGIN;
UPDATE pg_extension SET extowner = 'key_admin'::regrole WHERE extname = 'pg_tenancy';
SET LOCAL pg_tenancy.token = :'one';
:who
GRANT SELECT (id, "publicKey", "expiresAt") ON neon_auth.jwks TO key_admin;
:who
:verdicts
REVOKE SELECT ("expiresAt") ON neon_auth.jwks FROM key_admin;
:who
GRANT SELECT ("expiresAt") ON neon_auth.jwks TO key_admin;
:who
REVOKE SELECT ("publicKey") ON neon_auth.jwks FROM key_admin;
:who
GRANT SELECT ON neon_auth.jwks TO key_admin;
:who
REVOKE SELECT ON neon_auth.jwks FROM key_admin;
:who
:verdicts
-- Or as a member of who may.
GRANT better_auth TO key_admin;
:who
SAVEPOINT s;
REVOKE better_auth FROM key_admin;
:who
ROLLBACK TO s;
:who
ROLLBACK;

-- Nothing of the table's is run: no policy, trigger or rule.
BEGIN;
ALTER TABLE neon_auth.jwks ENABLE ROW LEVEL SECURITY;
ALTER TABLE neon_auth.jwks FORCE ROW LEVEL SECURITY;
CREATE FUNCTION test.noisy() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'run as %', current_user; RETURN true; END$$;
CREATE FUNCTION test.noisy_trigger() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'run as %', current_user; RETURN NULL; END$$;
CREATE POLICY noisy ON neon_auth.jwks USING (test.noisy() AND false);
CREATE TRIGGER noisy BEFORE INSERT OR UPDATE OR DELETE ON neon_auth.jwks FOR EACH STATEMENT EXECUTE FUNCTION test.noisy_trigger();
CREATE RULE noisy AS ON UPDATE TO neon_auth.jwks DO INSTEAD SELECT test.noisy();
:verdicts
SET LOCAL SESSION AUTHORIZATION app;
SELECT auth.login(:'one');
SELECT auth.user_id();
SET LOCAL SESSION AUTHORIZATION DEFAULT;
-- (A statement of SQL would run it.)
DELETE FROM neon_auth.jwks WHERE false;
ROLLBACK;
SELECT tenancy.drop_issuer('https://app.example');

-- Other names and types; no column of expiry; a timestamp without zone is UTC, whatever the session's zone.
CREATE TABLE neon_auth."Key ""Set" (kid varchar(36), jwk jsonb, until timestamp);
INSERT INTO neon_auth."Key ""Set" VALUES ('11111111-1111-1111-1111-111111111111', test.key('ed1')::jsonb, now() AT TIME ZONE 'UTC' - interval '1 hour');
CREATE FUNCTION test.use(options text, OUT code text, OUT message text, OUT detail text, OUT hint text) LANGUAGE sql AS $$
    SELECT * FROM test.error('SELECT tenancy.use_better_auth(''https://app.example''' || options || ')') $$;
BEGIN;
SELECT * FROM test.use(', jwks_table => ''Key "Set'', id_column => ''kid'', key_column => ''jwk'', expires_column => NULL');
:verdicts
SELECT tenancy.drop_issuer('https://app.example');
SELECT * FROM test.use(', jwks_table => ''Key "Set'', id_column => ''kid'', key_column => ''jwk'', expires_column => ''until'', grace => ''2 hours''');
:verdicts
SET LOCAL timezone = 'Pacific/Kiritimati';
:verdicts
SET LOCAL timezone = 'Pacific/Niue';
:verdicts
SELECT tenancy.drop_issuer('https://app.example');
SELECT * FROM test.use(', jwks_table => ''Key "Set'', id_column => ''kid'', key_column => ''jwk'', expires_column => ''until'', grace => ''30 min''');
:verdicts
SET LOCAL timezone = 'Pacific/Kiritimati';
:verdicts
ROLLBACK;
-- Its other options are add_issuer()'s.
BEGIN;
SELECT * FROM test.use(', layout => ''plain'', tenant_path => ''{o,id}'', algorithms => ''{ES256}'', required => ''{"azp": "web"}'', leeway => ''1 min'', max_age => ''1 h'', database_role => ''anonymous'', token_roles => ''{authenticated}''');
SELECT layout, tenant_path, algorithms, required, leeway, max_age, database_role, token_roles FROM tenancy.issuer;
:verdicts
ROLLBACK;

-- What cannot be used.
CREATE VIEW neon_auth.a_view AS SELECT * FROM neon_auth.jwks;
CREATE MATERIALIZED VIEW neon_auth.a_copy AS SELECT * FROM neon_auth.jwks;
CREATE TABLE neon_auth.parted (LIKE neon_auth.jwks) PARTITION BY LIST (id);
CREATE TABLE neon_auth.odd (id int, "publicKey" bytea, "expiresAt" date, key_text text);
\x
SELECT options, e.* FROM unnest(ARRAY[
    ', schema => ''no such''', ', jwks_table => ''no such''', ', jwks_table => ''a_view''', ', jwks_table => ''a_copy''', ', jwks_table => ''parted''', ', jwks_table => ''jwks_pkey''',
    ', id_column => ''no such''', ', key_column => ''no such''', ', expires_column => ''no such''', ', id_column => NULL', ', id_column => ''ctid''', ', key_column => ''createdAt''', ', expires_column => ''publicKey''',
    ', jwks_table => ''odd''', ', jwks_table => ''odd'', id_column => ''key_text''', ', jwks_table => ''odd'', id_column => ''key_text'', key_column => ''key_text''',
    ', grace => ''-1 s''', ', grace => NULL', ', algorithms => ''{HS256}''', ', algorithms => ''{}''', ', layout => ''auto''', ', audience => ''{}''', ', leeway => ''1 h''', ', required => ''1''', ', database_role => ''postgres''']) AS options, test.use(options) AS e;
SELECT * FROM test.error($$SELECT tenancy.use_better_auth('')$$);
-- The administrator must be able to read, and so must who calls.
BEGIN;
UPDATE pg_extension SET extowner = 'key_admin'::regrole WHERE extname = 'pg_tenancy';
SELECT * FROM test.use('');
ROLLBACK;
-- Twice, and keys that are in the table.
BEGIN;
SELECT * FROM test.use('');
SELECT * FROM test.use('');
SELECT * FROM test.error(format('SELECT tenancy.set_jwks(%L, %L)', 'https://app.example', test.key('ed2')));
SELECT * FROM test.error(format('SELECT tenancy.add_issuer(%L, %L, NULL)', 'https://app.example', test.key('ed2')));
ROLLBACK;
\x

-- Who may write there could forge anybody's token: no role that apps or their callers use.
CREATE FUNCTION test.after(change text, OUT code text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    SELECT e.code, e.detail INTO code, detail FROM test.use('') AS e;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN NULL;
END $$;
SELECT change, e.* FROM unnest(ARRAY[
    'SELECT 1',
    'GRANT SELECT ON neon_auth.jwks TO PUBLIC',
    'GRANT INSERT ON neon_auth.jwks TO better_auth',
    'GRANT INSERT ON neon_auth.jwks TO authenticated',
    'GRANT INSERT ON neon_auth.jwks TO anonymous',
    'GRANT UPDATE ON neon_auth.jwks TO app',
    'GRANT DELETE ON neon_auth.jwks TO plain',
    'GRANT TRUNCATE ON neon_auth.jwks TO app',
    'GRANT TRIGGER ON neon_auth.jwks TO app',
    'GRANT UPDATE ("publicKey") ON neon_auth.jwks TO authenticated',
    'GRANT INSERT (id, "publicKey") ON neon_auth.jwks TO app',
    'GRANT UPDATE ON neon_auth.jwks TO PUBLIC',
    'GRANT INSERT ON neon_auth.jwks TO key_admin',
    'GRANT INSERT ON neon_auth.jwks TO key_admin; GRANT key_admin TO app',
    'GRANT INSERT ON neon_auth.jwks TO key_admin; GRANT key_admin TO authenticated',
    'GRANT better_auth TO app',
    'GRANT authenticated TO better_auth',
    'GRANT CREATE ON SCHEMA neon_auth TO app',
    'GRANT CREATE ON SCHEMA neon_auth TO authenticated',
    'GRANT CREATE ON SCHEMA neon_auth TO anonymous',
    'GRANT CREATE ON SCHEMA neon_auth TO PUBLIC',
    'GRANT CREATE ON SCHEMA neon_auth TO key_admin',
    'GRANT CREATE ON SCHEMA neon_auth TO key_admin; GRANT key_admin TO app',
    'SELECT tenancy.configure(''gateway_roles'', ''key_admin''); GRANT CREATE ON SCHEMA neon_auth TO key_admin',
    'GRANT USAGE ON SCHEMA neon_auth TO app',
    'ALTER SCHEMA neon_auth OWNER TO app',
    'ALTER SCHEMA neon_auth OWNER TO authenticated',
    'ALTER TABLE neon_auth.jwks OWNER TO plain',
    'SELECT tenancy.configure(''gateway_roles'', ''key_admin''); GRANT INSERT ON neon_auth.jwks TO key_admin',
    'SELECT tenancy.configure(''authenticated'', ''better_auth'')',
    'GRANT pg_write_all_data TO app']) AS change, test.after(change) AS e;
SELECT * FROM test.error('GRANT INSERT ON neon_auth.jwks TO app');
SELECT * FROM test.use('');
SELECT tenancy.key_table_writer('neon_auth.jwks');
REVOKE INSERT ON neon_auth.jwks FROM app;
SELECT tenancy.key_table_writer('neon_auth.jwks');

SET client_min_messages = warning;
DROP SCHEMA neon_auth CASCADE;
DROP TABLE test.keys;
DROP FUNCTION test.key, test.verdict, test.use, test.after, test.who;
DROP ROLE better_auth, key_admin, plain;
SELECT count(*) FROM tenancy.issuer;

-- native only
-- Whose tokens are accepted: add_issuer(), set_jwks(), drop_issuer(); and check_token(), which says why a token is not.
\pset null '(null)'
\set SHOW_CONTEXT never
CREATE ROLE stranger LOGIN;
CREATE ROLE database_owner LOGIN;
CREATE ROLE writer NOLOGIN;
CREATE TABLE test.keys (name text PRIMARY KEY, jwk jsonb);
\set jwk `$REPO/tests/lib/token jwk ed1`
INSERT INTO test.keys VALUES ('ed1', :'jwk');
\set jwk `$REPO/tests/lib/token jwk ed2`
INSERT INTO test.keys VALUES ('ed2', :'jwk');
\set jwk `$REPO/tests/lib/token jwk ed1 --bare`
INSERT INTO test.keys VALUES ('bare', :'jwk');
\set jwk `$REPO/tests/lib/token private-jwk ed3`
INSERT INTO test.keys VALUES ('private', :'jwk');
\set jwk `$REPO/tests/lib/token jwk es256`
INSERT INTO test.keys VALUES ('es256', :'jwk');
\set jwk `$REPO/tests/lib/token jwk es384`
INSERT INTO test.keys VALUES ('es384', :'jwk');
\set jwk `$REPO/tests/lib/token jwk rsa1`
INSERT INTO test.keys VALUES ('rsa1', :'jwk');
\set jwk `$REPO/tests/lib/token jwk rsa2 --alg PS256`
INSERT INTO test.keys VALUES ('rsa2', :'jwk');
\set jwk `$REPO/tests/lib/token jwk rsa1024`
INSERT INTO test.keys VALUES ('rsa1024', :'jwk');
CREATE FUNCTION test.key(name text) RETURNS jsonb LANGUAGE sql STABLE AS $$SELECT jwk FROM test.keys k WHERE k.name = key.name$$;
-- The same key under another name.
CREATE FUNCTION test.key(name text, kid text) RETURNS jsonb LANGUAGE sql STABLE AS $$SELECT test.key(name) || jsonb_build_object('kid', kid)$$;
-- What a token of this name meets now.
CREATE TABLE test.signed (n int GENERATED ALWAYS AS IDENTITY, what text, token text);
CREATE FUNCTION test.verdict(token text) RETURNS text LANGUAGE sql AS $$SELECT COALESCE(rule, CASE WHEN accepted THEN 'accepted' END) FROM tenancy.check_token(token)$$;

-- Keys as an object, as an array, and as one key.
\set ed1 `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "aud": "db"}'`
\set ed2 `$REPO/tests/lib/token sign ed2 '{"iss": "https://issuer.example", "sub": "ann", "aud": "db"}'`
CREATE FUNCTION test.with_keys(jwks jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE e record;
BEGIN
    DELETE FROM tenancy.issuer WHERE iss = 'https://issuer.example';
    SELECT * INTO e FROM test.error(format('SELECT tenancy.add_issuer(%L, %L, ''{db}'')', 'https://issuer.example', jwks));
    RETURN COALESCE(e.code || ': ' || e.message || ': ' || e.detail || ' ' || e.hint, 'added');
END $$;
BEGIN;
SELECT form, test.with_keys(jwks) AS told, test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2 FROM (VALUES
    ('object', jsonb_build_object('keys', jsonb_build_array(test.key('ed1'), test.key('ed2')))),
    ('array', jsonb_build_array(test.key('ed1'), test.key('ed2'))),
    ('one key', test.key('ed2')),
    ('one key without kid', test.key('bare')),
    ('of all types', jsonb_build_array(test.key('es256'), test.key('es384'), test.key('rsa1'), test.key('rsa2'), test.key('ed1'))),
    -- Unknown types, other uses and algorithms are ignored.
    ('unknown beside good', jsonb_build_array('{"kty": "QUANTUM"}'::jsonb, test.key('ed2') || '{"use": "enc"}', '{"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "x"}'::jsonb, test.key('ed1'))),
    ('unknown alg beside good', jsonb_build_array(test.key('ed2') || '{"alg": "ES999"}', test.key('ed1'))),
    ('not for verifying', jsonb_build_array(test.key('ed2') || '{"key_ops": ["sign"]}', test.key('ed1') || '{"key_ops": ["verify"]}'))) AS sets (form, jwks);
-- What is refused whole: one bad key is a reason to look at the set, not to go on with the rest.
\x
SELECT form, test.with_keys(jwks) AS told, test.verdict(:'ed1') AS ed1 FROM (VALUES
    ('NULL', NULL),
    ('null', 'null'),
    ('text', '"ed1"'),
    ('empty object', '{}'),
    ('empty array', '[]'),
    ('no keys', '{"keys": []}'),
    ('keys no array', '{"keys": {}}'),
    ('a key no object', '[1]'),
    ('no kty', '[{"kid": "a"}]'),
    ('kty no string', '[{"kty": 1}]'),
    ('only unknown', '[{"kty": "QUANTUM"}]'),
    ('only for encryption', test.key('ed1') || '{"use": "enc"}'),
    ('duplicate kid', jsonb_build_array(test.key('ed1'), test.key('ed2', 'ed1'))),
    ('private', jsonb_build_array(test.key('ed1'), test.key('private'))),
    ('symmetric', jsonb_build_array(test.key('ed1'), '{"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"}'::jsonb)),
    ('alg of another type', test.key('ed1') || '{"alg": "RS256"}'),
    ('weak: RSA 1024', jsonb_build_array(test.key('ed1'), test.key('rsa1024'))),
    ('weak: e = 1', test.key('rsa1') || '{"e": "AQ"}'),
    ('weak: e even', test.key('rsa1') || '{"e": "AQAA"}'),
    ('weak: small order', test.key('ed1') || '{"x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'),
    ('not on the curve', test.key('es256') || jsonb_build_object('x', test.key('es256') -> 'y')),
    ('short coordinate', test.key('es256') || '{"x": "AAAA"}'),
    ('padded', test.key('ed1') || jsonb_build_object('x', test.key('ed1') ->> 'x' || '=')),
    ('more than 100', (SELECT jsonb_agg(test.key('ed1', 'k' || n)) FROM generate_series(1, 101) AS n)),
    ('longer than 64 KB', (SELECT jsonb_agg(test.key('ed1', repeat('k', 1000) || n)) FROM generate_series(1, 70) AS n)),
    ('a kid that writes into logs', test.key('ed1', E'a\nERROR: b' || repeat('x', 100)) || '{"use": 1}')) AS sets (form, jwks);
\x
SELECT count(*) FROM tenancy.issuer;
ROLLBACK;

-- Each option, by what it does to tokens. First those with a good default.
\set base '{"iss": "https://issuer.example", "sub": "ann"}'
CREATE FUNCTION test.issue(options text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tenancy.issuer WHERE iss = 'https://issuer.example';
    EXECUTE format('SELECT tenancy.add_issuer(''https://issuer.example'', jsonb_build_array(test.key(''ed1''), test.key(''es256''), test.key(''rsa1'')), %s)', options);
END $$;
-- All tokens of test.signed against each set of options, a column for each set.
CREATE FUNCTION test.against(options text[]) RETURNS TABLE (what text, verdicts text[]) LANGUAGE plpgsql AS $$
DECLARE option text; all_of jsonb := '{}';
BEGIN
    FOREACH option IN ARRAY options LOOP
        PERFORM test.issue(option);
        SELECT jsonb_object_agg(n, COALESCE(all_of -> n::text, '[]') || to_jsonb(test.verdict(t.token))) INTO all_of FROM test.signed t;
    END LOOP;
    DELETE FROM tenancy.issuer WHERE iss = 'https://issuer.example';
    RETURN QUERY SELECT t.what, ARRAY(SELECT jsonb_array_elements_text(all_of -> n::text)) FROM test.signed t ORDER BY n;
END $$;
BEGIN;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('no aud', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": "db"}'`
INSERT INTO test.signed (what, token) VALUES ('aud db', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": "DB"}'`
INSERT INTO test.signed (what, token) VALUES ('aud DB', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": ["web", "api"]}'`
INSERT INTO test.signed (what, token) VALUES ('aud [web, api]', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": []}'`
INSERT INTO test.signed (what, token) VALUES ('aud []', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": ["db", 1]}'`
INSERT INTO test.signed (what, token) VALUES ('aud [db, 1]', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "aud": {"db": true}}'`
INSERT INTO test.signed (what, token) VALUES ('aud an object', :'t');
SELECT * FROM test.against(ARRAY['''{db}''', '''{other,api}''', 'NULL']);
ROLLBACK;
BEGIN;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --exp -1 --iat -100`
INSERT INTO test.signed (what, token) VALUES ('exp 1 s ago', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --exp -300 --iat -400`
INSERT INTO test.signed (what, token) VALUES ('exp 5 min ago', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --iat 29`
INSERT INTO test.signed (what, token) VALUES ('iat in 29 s', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --iat 300`
INSERT INTO test.signed (what, token) VALUES ('iat in 5 min', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --iat -7200`
INSERT INTO test.signed (what, token) VALUES ('iat 2 h ago', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --no-iat`
INSERT INTO test.signed (what, token) VALUES ('no iat', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --no-exp`
INSERT INTO test.signed (what, token) VALUES ('no exp', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "exp": null}'`
INSERT INTO test.signed (what, token) VALUES ('exp null', :'t');
-- Verdicts: as it is by default; no leeway; all the leeway; an hour's age; need not expire.
SELECT * FROM test.against(ARRAY['NULL', 'NULL, leeway => ''0''', 'NULL, leeway => ''10 min''', 'NULL, max_age => ''1 h''', 'NULL, require_exp => false']);
ROLLBACK;
BEGIN;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('no typ', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": "JWT"}'`
INSERT INTO test.signed (what, token) VALUES ('JWT', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": "jwt"}'`
INSERT INTO test.signed (what, token) VALUES ('jwt', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": "at+jwt"}'`
INSERT INTO test.signed (what, token) VALUES ('at+jwt', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": "application/at+JWT"}'`
INSERT INTO test.signed (what, token) VALUES ('application/at+JWT', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": "dpop+jwt"}'`
INSERT INTO test.signed (what, token) VALUES ('dpop+jwt', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --header '{"typ": ""}'`
INSERT INTO test.signed (what, token) VALUES ('empty', :'t');
SELECT * FROM test.against(ARRAY['NULL', 'NULL, types => ''{at+jwt}''', 'NULL, types => ''{JWT,DPoP+jwt}''']);
ROLLBACK;
BEGIN;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('neither', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "azp": "web", "token_use": "access"}'`
INSERT INTO test.signed (what, token) VALUES ('azp web, token_use access', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "azp": "other", "token_use": "id"}'`
INSERT INTO test.signed (what, token) VALUES ('azp other, token_use id', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "azp": ["web"], "token_use": null}'`
INSERT INTO test.signed (what, token) VALUES ('azp [web], token_use null', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "azp": true, "token_use": 1}'`
INSERT INTO test.signed (what, token) VALUES ('azp true, token_use 1', :'t');
SELECT * FROM test.against(ARRAY['NULL', 'NULL, required => ''{"azp": null}''', 'NULL, required => ''{"azp": "web", "token_use": "access"}''', 'NULL, required => ''{"azp": ["web"]}''',
    'NULL, required => ''{"token_use": 1}''']);
ROLLBACK;
BEGIN;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('EdDSA', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example"}' --alg Ed25519`
INSERT INTO test.signed (what, token) VALUES ('Ed25519', :'t');
\set t `$REPO/tests/lib/token sign es256 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('ES256', :'t');
\set t `$REPO/tests/lib/token sign rsa1 '{"iss": "https://issuer.example"}'`
INSERT INTO test.signed (what, token) VALUES ('RS256', :'t');
\set t `$REPO/tests/lib/token sign rsa1 '{"iss": "https://issuer.example"}' --alg PS512`
INSERT INTO test.signed (what, token) VALUES ('PS512', :'t');
-- An RSA key that names no algorithm is for RS256, or for the only one of RSA's that is allowed.
SELECT * FROM test.against(ARRAY['NULL', 'NULL, algorithms => ''{EdDSA,ES256}''', 'NULL, algorithms => ''{Ed25519}''', 'NULL, algorithms => ''{PS512}''']);
ROLLBACK;

-- tenant_path and the layouts: where the tenant is named, and nowhere else.
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "tenant_id": "of plain", "o": {"id": "of o"}, "org_id": "of org_id", "app_metadata": {"tenant_id": "of app_metadata"}, "user_metadata": {"tenant_id": "own words"}, "selected_team_id": "of team", "firebase": {"tenant": "of firebase"}, "custom:tenant_id": "of custom", "tid": "of tid", "org_code": "of code", "dct": "of dct", "organization_id": "of organization_id", "organization": ["of organization"], "active_organization": {"id": "of active"}}'`
INSERT INTO test.signed (what, token) VALUES ('all', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": 7, "org_id": {"id": "x"}, "o": "x", "a": {"b": {"c": "deep"}}}'`
INSERT INTO test.signed (what, token) VALUES ('odd', :'t');
CREATE FUNCTION test.tenants(options text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.issue(options);
    RETURN ARRAY(SELECT test.tenant(token) FROM test.signed ORDER BY n);
END $$;
CREATE FUNCTION test.tenant(token text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pg_tenancy.token', token, true);
    RETURN auth.tenant_id();
END $$;
BEGIN;
SELECT layout, test.tenants(format('NULL, %L', layout)) FROM tenancy.layouts();
SELECT path, test.tenants(format('NULL, tenant_path => %L', path)) FROM unnest('{"{sub}","{a,b,c}","{o,id}","{TENANT_ID}","{tenant_id,0}"}'::text[]) AS path;
-- A path wins over the layout's.
SELECT test.tenants('NULL, ''clerk_v1'', ''{tid}''');
ROLLBACK;
-- What was given by hand is kept as it was given, and NULL where nothing was.
BEGIN;
SELECT test.issue('NULL, ''clerk_v1''');
SELECT layout, tenant_path, roles_path, permissions_path, allow FROM tenancy.issuer;
SELECT test.issue('NULL, ''entra'', ''{a,b}'', ''{c}'', ''{d,e}'', ''{pending,banned}''');
SELECT layout, tenant_path, roles_path, permissions_path, allow FROM tenancy.issuer;
ROLLBACK;
-- allow: who may have a tenant though the claims say that they are pending, anonymous, restricted or banned.
DELETE FROM test.signed;
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "tenant_id": "t", "sts": "pending"}'`
INSERT INTO test.signed (what, token) VALUES ('pending', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "tenant_id": "t", "is_anonymous": true}'`
INSERT INTO test.signed (what, token) VALUES ('anonymous', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "tenant_id": "t", "is_restricted": true, "banned": true}'`
INSERT INTO test.signed (what, token) VALUES ('restricted and banned', :'t');
BEGIN;
SELECT allow, test.tenants(format('NULL, allow => %L', allow)) AS pending_anonymous_restricted
FROM unnest('{NULL,"{pending}","{anonymous,pending}","{restricted}","{banned}","{banned,restricted}","{pending,anonymous,restricted,banned}"}'::text[]) AS allow;
ROLLBACK;
DELETE FROM test.signed;

-- A value that an option cannot have. Nothing is added.
\x
SELECT options, e.* FROM unnest(ARRAY[
    'NULL, k, NULL', ''''', k, NULL', 'i, k, ''{}''', 'i, k, ''{db,NULL}''', 'i, k, ''{db,""}''',
    'i, k, NULL, layout => ''auto''', 'i, k, NULL, layout => NULL', 'i, k, NULL, layout => ''no such''',
    'i, k, NULL, allow => ''{}''', 'i, k, NULL, allow => ''{nobody}''', 'i, k, NULL, allow => ''{pending,NULL}''', 'i, k, NULL, roles_path => ''{}''', 'i, k, NULL, permissions_path => ''{a,""}''',
    'i, k, NULL, tenant_path => ''{user_metadata,tenant_id}''', 'i, k, NULL, roles_path => ''{"https://example.com/user_metadata"}''', 'i, k, NULL, permissions_path => ''{unsafeMetadata,x}''',
    'i, k, NULL, tenant_path => ''{}''', 'i, k, NULL, tenant_path => ''{o,NULL}''',
    'i, k, NULL, types => ''{}''', 'i, k, NULL, types => ''{NULL}''', 'i, k, NULL, required => NULL', 'i, k, NULL, required => ''[]''',
    'i, k, NULL, leeway => ''-1 s''', 'i, k, NULL, leeway => ''11 min''', 'i, k, NULL, leeway => NULL', 'i, k, NULL, max_age => ''0''', 'i, k, NULL, max_age => ''-1 day''',
    'i, k, NULL, algorithms => ''{HS256}''', 'i, k, NULL, algorithms => ''{none}''', 'i, k, NULL, algorithms => ''{es256}''', 'i, k, NULL, algorithms => ''{}''', 'i, k, NULL, algorithms => ''{ES384}''',
    'i, k, ''{{db,web},{x,y}}''', 'i, k, ''{{db}}''', 'i, k, NULL, tenant_path => ''{{a,b},{c,d}}''', 'i, k, NULL, tenant_path => ''{a,""}''', 'i, k, NULL, types => ''{""}''', 'i, k, NULL, types => ''{{JWT}}''',
    'i, k, NULL, algorithms => ''{EdDSA,NULL}''', 'i, k, NULL, algorithms => ''{{EdDSA,ES256}}''', 'i, k, NULL, token_roles => ''{app,NULL}''', 'i, k, NULL, token_roles => ''{}''', 'i, k, NULL, token_roles => ''{{app},{anonymous}}''', 'i, k, NULL, token_roles => ''{""}''',
    'i, NULL, NULL', 'i, k, NULL, database_role => ''no such''', 'i, k, NULL, database_role => ''postgres''', 'i, k, NULL, token_roles => ''{authenticated,pg_read_server_files}''']) AS options,
    test.error(format('SELECT tenancy.add_issuer(%s)', replace(regexp_replace(options, '^i,', '''https://issuer.example'','), ' k,', ' test.key(''ed1''),'))) AS e;
\x
SELECT count(*) FROM tenancy.issuer;
-- A null in a list, an interval of months and a NULL for the default are no mistakes.
BEGIN;
SELECT tenancy.add_issuer('https://issuer.example', test.key('ed1'), '{db}', max_age => '1 month', require_exp => NULL, database_role => 'anonymous', token_roles => '{writer,authenticated}');
SELECT audience, layout, tenant_path, roles_path, permissions_path, allow, algorithms, types, required, leeway, max_age, require_exp, database_role, token_roles, key_table FROM tenancy.issuer;
ROLLBACK;

-- Twice the same, and one that is not there: compared byte by byte.
SELECT tenancy.add_issuer('https://issuer.example', test.key('ed1'), '{db}');
\x
SELECT * FROM test.error($$SELECT tenancy.add_issuer('https://issuer.example', test.key('ed2'), '{db}')$$);
SELECT * FROM test.error($$SELECT tenancy.drop_issuer('https://issuer.example/')$$);
SELECT * FROM test.error($$SELECT tenancy.drop_issuer(NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.set_jwks('HTTPS://issuer.example', test.key('ed2'))$$);
SELECT * FROM test.error($$SELECT tenancy.set_jwks('https://issuer.example', '[]')$$);
SELECT * FROM test.error($$SELECT tenancy.set_jwks('https://issuer.example', NULL)$$);
SELECT * FROM test.error($$SELECT tenancy.set_jwks('https://issuer.example', jsonb_build_array(test.key('ed1'), test.key('private')))$$);
\x
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;
-- Rotation: both keys, then the new one alone, which ends the old one's tokens, cached ones too; a rollback brings them back.
SELECT tenancy.set_jwks('https://issuer.example', jsonb_build_array(test.key('ed1'), test.key('ed2')));
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;
BEGIN;
SET LOCAL pg_tenancy.token = :'ed1';
SELECT auth.user_id();
SELECT tenancy.set_jwks('https://issuer.example', test.key('ed2'));
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;
SELECT * FROM test.error('SELECT auth.user_id()');
SET LOCAL pg_tenancy.token = :'ed2';
SELECT auth.user_id();
ROLLBACK;
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;
BEGIN;
SELECT tenancy.drop_issuer('https://issuer.example');
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;
ROLLBACK;
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'ed2') AS ed2;

-- Several issuers side by side, whose keys have the same kid: each is good for its own tokens alone.
SELECT tenancy.add_issuer('https://other.example', test.key('ed2', 'ed1'), '{db}');
\set own `$REPO/tests/lib/token sign ed2 '{"iss": "https://other.example", "sub": "ann", "aud": "db"}' --header '{"kid": "ed1"}'`
\set cross `$REPO/tests/lib/token sign ed2 '{"iss": "https://issuer.example", "sub": "ann", "aud": "db"}' --header '{"kid": "ed1"}'`
\set back `$REPO/tests/lib/token sign ed1 '{"iss": "https://other.example", "sub": "ann", "aud": "db"}'`
SELECT tenancy.set_jwks('https://issuer.example', test.key('ed1'));
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'own') AS own, test.verdict(:'cross') AS crossed, test.verdict(:'back') AS back;
SELECT tenancy.drop_issuer('https://other.example');
SELECT test.verdict(:'ed1') AS ed1, test.verdict(:'own') AS own;

-- Who may: the administrator alone. Everybody else is refused, by name or by writing to the table.
CREATE FUNCTION test.tries() RETURNS TABLE (tries text, code text, message text) LANGUAGE sql AS $$
    SELECT sql, e.code, e.message FROM unnest(ARRAY[
        'SELECT tenancy.add_issuer(''https://evil.example'', ''{"kty": "QUANTUM"}'', NULL)',
        'SELECT tenancy.set_jwks(''https://issuer.example'', ''[]'')',
        'SELECT tenancy.drop_issuer(''https://issuer.example'')',
        'SELECT tenancy.use_better_auth(''https://evil.example'')',
        'SELECT tenancy.check_token(''e30.e30.e30'')',
        'SELECT tenancy.token_verdict(''e30.e30.e30'')',
        'SELECT tenancy.set_gateway_roles(''{}'')',
        'SELECT count(*) FROM tenancy.issuer',
        'INSERT INTO tenancy.issuer SELECT * FROM tenancy.issuer',
        'UPDATE tenancy.issuer SET iss = ''https://evil.example''',
        'DELETE FROM tenancy.issuer',
        'TRUNCATE tenancy.issuer',
        'INSERT INTO tenancy.gateway_role VALUES (''app'')',
        'DELETE FROM tenancy.gateway_role',
        'CREATE TRIGGER t BEFORE INSERT ON tenancy.issuer EXECUTE FUNCTION suppress_redundant_updates_trigger()',
        'CREATE RULE r AS ON SELECT TO tenancy.issuer DO INSTEAD SELECT 1',
        'ALTER TABLE tenancy.issuer DISABLE TRIGGER ALL',
        'CREATE POLICY p ON tenancy.issuer USING (true)']) AS sql, test.error(sql) AS e $$;
SET SESSION AUTHORIZATION app;
SELECT * FROM test.tries();
BEGIN;
SET LOCAL ROLE authenticated;
SELECT DISTINCT code FROM test.tries();
ROLLBACK;
-- The owner of the database who did not install the extension is nobody special.
RESET SESSION AUTHORIZATION;
BEGIN;
DO $$BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO database_owner', current_database()); END$$;
SET LOCAL SESSION AUTHORIZATION database_owner;
SELECT tries FROM test.tries() WHERE code IS DISTINCT FROM '42501';
ROLLBACK;
-- The administrator of an extension that the owner installed may do what it is for, and no more with its tables.
BEGIN;
UPDATE pg_extension SET extowner = 'database_owner'::regrole WHERE extname = 'pg_tenancy';
GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy.issuer, tenancy.config, tenancy.gateway_role TO database_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenancy TO database_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA test TO database_owner;
SET LOCAL SESSION AUTHORIZATION database_owner;
SELECT tenancy.add_issuer('https://mine.example', test.key('ed1'), NULL);
SELECT tenancy.set_jwks('https://mine.example', test.key('ed2'));
SELECT tenancy.drop_issuer('https://mine.example');
SELECT tries, code, message FROM test.tries() WHERE tries ~ 'TRIGGER|RULE|POLICY|TRUNCATE';
SET LOCAL SESSION AUTHORIZATION DEFAULT;
ROLLBACK;

-- Rubbish that the administrator wrote by hand fails closed, and does no harm to the other issuers.
SELECT tenancy.add_issuer('https://rubbish.example', test.key('ed1'), NULL);
\set rubbish `$REPO/tests/lib/token sign ed1 '{"iss": "https://rubbish.example", "sub": "eve", "tenant_id": "7"}'`
CREATE FUNCTION test.rubbish(change text, token text, other text, OUT error text, OUT verdict text, OUT tenant text, OUT other_verdict text) LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE format('UPDATE tenancy.issuer SET %s WHERE iss = ''https://rubbish.example''', change);
    EXCEPTION WHEN OTHERS THEN error := SQLSTATE;
    END;
    verdict := test.verdict(token);
    other_verdict := test.verdict(other);
    BEGIN
        PERFORM set_config('pg_tenancy.token', token, true);
        tenant := auth.tenant_id();
    EXCEPTION WHEN OTHERS THEN tenant := SQLERRM;
    END;
    PERFORM set_config('pg_tenancy.token', '', true);
END $$;
SELECT change, r.* FROM unnest(ARRAY['jwks = ''{"keys": []}''', 'jwks = ''"x"''', 'jwks = ''[]''', 'jwks = ''{"keys": [{"kty": "oct", "k": "AA"}]}''', 'jwks = NULL', 'jwks = test.key(''ed1'')',
    'jwks = jsonb_build_object(''keys'', jsonb_build_array(test.key(''private'')))',
    'jwks = jsonb_build_object(''keys'', jsonb_build_array(test.key(''ed1''), test.key(''ed1'')))',
    'jwks = jsonb_build_object(''keys'', jsonb_build_array(test.key(''ed1'')))',
    'tenant_path = ''{}''', 'tenant_path = ''{NULL}''', 'tenant_path = ''{{a,b},{c,d}}''', 'tenant_path = NULL', 'tenant_path = ''{user_metadata,tenant_id}''', 'tenant_path = NULL, roles_path = ''{unsafe_metadata}''', 'roles_path = NULL', 'allow = ''{nobody}''', 'allow = NULL',
    'layout = ''auto''', 'layout = ''no such''', 'layout = ''plain''', 'tenant_path = ''{tenant_id}''',
    'audience = ''{}''', 'audience = ''{NULL}''', 'audience = NULL', 'algorithms = ''{}''', 'algorithms = ''{NULL}''', 'algorithms = ''{HS256}''', 'algorithms = ''{none,EdDSA}''', 'algorithms = NULL',
    'types = ''{}''', 'types = ''{""}''', 'types = NULL', 'required = ''[]''', 'required = ''{"sub": "ann"}''', 'required = ''null''', 'required = ''{}''',
    'leeway = -1', 'leeway = 9223372036854775807', 'leeway = 30', 'max_age = 9223372036854775807', 'max_age = NULL', 'iss = ''''',
    'token_roles = ''{NULL}''', 'token_roles = ''{}''', 'database_role = ''no such''', 'key_table = ''t''']) AS change, test.rubbish(change, :'rubbish', :'ed1') AS r;
SELECT tenancy.drop_issuer('https://rubbish.example');
DROP FUNCTION test.rubbish, test.tries, test.tenants, test.tenant, test.with_keys;

-- The attacks on tokens that are known (RFC 8725, and the CVEs of those that forgot), each with a valid signature unless
-- that is what is wrong. check_token() names the first rule that is broken.
\set roca `python3 -c 'from math import prod; from base64 import urlsafe_b64encode as b; m = prod([11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]); print(b(((2**2048 - 1) // m * m - m + 1).to_bytes(256, "big")).rstrip(b"=").decode())'`
SELECT message, detail FROM test.error(format('SELECT tenancy.set_jwks(%L, %L)', 'https://issuer.example', test.key('rsa1') || jsonb_build_object('n', :'roca')));
SELECT message, detail FROM test.error(format('SELECT tenancy.set_jwks(%L, %L)', 'https://issuer.example', test.key('es384') || '{"alg": "ES256"}'));
SELECT tenancy.set_jwks('https://issuer.example', jsonb_build_array(test.key('ed1'), test.key('ed2'), test.key('es256'), test.key('es384'), test.key('rsa1'), test.key('rsa2')));
CREATE FUNCTION test.base64url(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE RETURN rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');
\set claims '{"iss": "https://issuer.example", "sub": "ann", "aud": "db"}'
-- Good ones, so that what follows is not refused for another reason.
\set t `$REPO/tests/lib/token sign ed1 :'claims'`
INSERT INTO test.signed (what, token) VALUES ('EdDSA', :'t');
\set good :t
\set t `$REPO/tests/lib/token sign es256 :'claims'`
INSERT INTO test.signed (what, token) VALUES ('ES256', :'t');
\set es256 :t
\set t `$REPO/tests/lib/token sign es384 :'claims'`
INSERT INTO test.signed (what, token) VALUES ('ES384', :'t');
\set es384 :t
\set t `$REPO/tests/lib/token sign rsa1 :'claims'`
INSERT INTO test.signed (what, token) VALUES ('RS256', :'t');
\set rs256 :t
\set t `$REPO/tests/lib/token sign rsa2 :'claims' --alg PS256`
INSERT INTO test.signed (what, token) VALUES ('PS256', :'t');
\set t `$REPO/tests/lib/token sign es256 :'claims' --header '{"kid": null}'`
INSERT INTO test.signed (what, token) VALUES ('no kid, and one key of that algorithm', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"jku": "https://evil.example", "x5u": "https://evil.example", "x5c": ["e30"], "jwk": {"kty": "oct", "k": "AA"}}'`
INSERT INTO test.signed (what, token) VALUES ('jku, x5u, x5c and jwk are not looked at', :'t');
-- Algorithms: none, confused, of another key.
\set t `$REPO/tests/lib/token mutate :'good' none`
INSERT INTO test.signed (what, token) VALUES ('alg none, no signature', :'t'), ('alg none, some signature', :'t' || 'e30');
INSERT INTO test.signed (what, token) SELECT format('alg %s', alg), test.base64url(convert_to(format('{"alg": %s, "kid": "ed1"}', alg), 'UTF8')) || '.' || split_part(:'good', '.', 2) || '.' || signature
    FROM unnest('{"\"None\"","\"NONE\"","\"nOnE\"","\"eddsa\"","\"ES256 \"","\"\"","null",1,[\"EdDSA\"]}'::text[]) AS alg, split_part(:'good', '.', 3) AS signature;
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"alg": null}'`
INSERT INTO test.signed (what, token) VALUES ('no alg', :'t');
\set t `$REPO/tests/lib/token mutate :'good' hs256`
INSERT INTO test.signed (what, token) VALUES ('HS256 with the public key, EdDSA', :'t');
\set t `$REPO/tests/lib/token mutate :'es256' hs256`
INSERT INTO test.signed (what, token) VALUES ('HS256 with the public key, ES256', :'t');
\set t `$REPO/tests/lib/token mutate :'rs256' hs256`
INSERT INTO test.signed (what, token) VALUES ('HS256 with the public key, RS256', :'t');
\set t `$REPO/tests/lib/token sign rsa1 :'claims' --alg PS256`
INSERT INTO test.signed (what, token) VALUES ('PS256 with a key for RS256', :'t');
\set t `$REPO/tests/lib/token sign es384 :'claims' --header '{"alg": "ES256"}'`
INSERT INTO test.signed (what, token) VALUES ('ES256 with a key on P-384', :'t');
\set t `$REPO/tests/lib/token sign es256 :'claims' --header '{"kid": "ed1"}'`
INSERT INTO test.signed (what, token) VALUES ('ES256, and the kid of an Ed25519 key', :'t');
\set t `$REPO/tests/lib/token sign es256b :'claims' --header '{"kid": "es256"}'`
INSERT INTO test.signed (what, token) VALUES ('ES256 by somebody else''s key', :'t');
INSERT INTO test.signed (what, token) VALUES
    ('psychic: r = s = 0', substring(:'es256', '^.*\.') || repeat('A', 86)),
    ('psychic: r = s = 0 on P-384', substring(:'es384', '^.*\.') || repeat('A', 128)),
    ('a signature as DER', substring(:'es256', '^.*\.') || test.base64url('\x3006020101020101')),
    ('a signature of zeros, EdDSA', substring(:'good', '^.*\.') || repeat('A', 86)),
    ('a signature of one byte', substring(:'good', '^.*\.') || 'AA'),
    ('no signature', substring(:'good', '^.*\.'));
-- Keys: brought along, looked up, injected.
\set jwk `$REPO/tests/lib/token jwk ed3`
\set t `$REPO/tests/lib/token sign ed3 :'claims' --header '{"kid": "ed1", "jwk": '"$($REPO/tests/lib/token jwk ed3)"'}'`
INSERT INTO test.signed (what, token) VALUES ('its own jwk, kid of ours', :'t');
\set t `$REPO/tests/lib/token sign ed3 :'claims' --header '{"jwk": '"$($REPO/tests/lib/token jwk ed3)"'}'`
INSERT INTO test.signed (what, token) VALUES ('its own jwk and kid', :'t');
\set t `$REPO/tests/lib/token sign ed3 :'claims' --header '{"jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/x"}'`
INSERT INTO test.signed (what, token) VALUES ('jku and x5u', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": null}'`
INSERT INTO test.signed (what, token) VALUES ('no kid, and two keys of that algorithm', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": ""}'`
INSERT INTO test.signed (what, token) VALUES ('kid empty', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": "../../../etc/passwd"}'`
INSERT INTO test.signed (what, token) VALUES ('kid a path', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": "x\u0027 OR true --"}'`
INSERT INTO test.signed (what, token) VALUES ('kid SQL', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": "ed1\u0000"}'`
INSERT INTO test.signed (what, token) VALUES ('kid with NUL', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": "ED1"}'`
INSERT INTO test.signed (what, token) VALUES ('kid in another case', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": 1}'`
INSERT INTO test.signed (what, token) VALUES ('kid a number', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"kid": "'"$(printf '%010000d' 0)"'"}'`
INSERT INTO test.signed (what, token) VALUES ('kid of 10 kB', :'t');
-- Headers.
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"crit": ["exp"]}'`
INSERT INTO test.signed (what, token) VALUES ('crit ["exp"]', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"crit": []}'`
INSERT INTO test.signed (what, token) VALUES ('crit []', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"crit": ["alg"]}'`
INSERT INTO test.signed (what, token) VALUES ('crit ["alg"]', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"crit": ["https://bank.example/ext"], "https://bank.example/ext": 1}'`
INSERT INTO test.signed (what, token) VALUES ('crit unknown', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"b64": false, "crit": ["b64"]}'`
INSERT INTO test.signed (what, token) VALUES ('b64 false', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"b64": false}'`
INSERT INTO test.signed (what, token) VALUES ('b64 false, not critical', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header '{"alg":"none","alg":"EdDSA","kid":"ed1"}'`
INSERT INTO test.signed (what, token) VALUES ('alg twice', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header '{"alg":"EdDSA","kid":"ed1","\u0061lg":"EdDSA"}'`
INSERT INTO test.signed (what, token) VALUES ('alg twice, once with an escape', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header '{"alg":"EdDSA","kid":"ed1","x":[{"a":1,"a":1}]}'`
INSERT INTO test.signed (what, token) VALUES ('a name twice, deep in the header', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header '["EdDSA"]'`
INSERT INTO test.signed (what, token) VALUES ('a header that is an array', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header '{"alg":"EdDSA","kid":"ed1"} {}'`
INSERT INTO test.signed (what, token) VALUES ('a header with more after it', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header "$(printf '\357\273\277{"alg":"EdDSA","kid":"ed1"}')"`
INSERT INTO test.signed (what, token) VALUES ('a BOM before the header', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --raw-header "$(printf '{"alg":"EdDSA","kid":"\377"}')"`
INSERT INTO test.signed (what, token) VALUES ('a header that is no UTF-8', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"typ": "secevent+jwt"}'`
INSERT INTO test.signed (what, token) VALUES ('typ secevent+jwt', :'t');
\set t `$REPO/tests/lib/token sign ed1 :'claims' --header '{"typ": ["JWT"]}'`
INSERT INTO test.signed (what, token) VALUES ('typ no string', :'t');
-- Payloads.
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"sub":"ann","sub":"eve"}'`
INSERT INTO test.signed (what, token) VALUES ('sub twice', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"a":[{"b":1,"\u0062":2}]}'`
INSERT INTO test.signed (what, token) VALUES ('a name twice, deep, once with an escape', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '[{"iss":"https://issuer.example"}]'`
INSERT INTO test.signed (what, token) VALUES ('an array', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload 'null'`
INSERT INTO test.signed (what, token) VALUES ('null', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload ''`
INSERT INTO test.signed (what, token) VALUES ('nothing', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload "$(printf '\357\273\277{"iss":"https://issuer.example","aud":"db","exp":9999999999}')"`
INSERT INTO test.signed (what, token) VALUES ('a BOM', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload "$(printf '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"sub":"\377"}')"`
INSERT INTO test.signed (what, token) VALUES ('no UTF-8', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"sub":"a\u0000b"}'`
INSERT INTO test.signed (what, token) VALUES ('U+0000, which jsonb cannot hold', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"sub":"a\ud800b"}'`
INSERT INTO test.signed (what, token) VALUES ('a lone surrogate', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":1e400}'`
INSERT INTO test.signed (what, token) VALUES ('exp 1e400', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":NaN}'`
INSERT INTO test.signed (what, token) VALUES ('exp NaN', :'t');
\set t `$REPO/tests/lib/token sign ed1 --raw-payload '{"iss":"https://issuer.example","aud":"db","exp":9999999999,"a":'"$(printf '%05000d' 0 | tr 0 '[')$(printf '%05000d' 0 | tr 0 ']')"'}'`
INSERT INTO test.signed (what, token) VALUES ('5000 arrays deep', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "aud": "db", "pad": "'"$(printf '%011900d' 0)"'"}'`
INSERT INTO test.signed (what, token) VALUES ('16 kB, which is accepted', :'t');
\set t `$REPO/tests/lib/token sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "aud": "db", "pad": "'"$(printf '%012500d' 0)"'"}'`
INSERT INTO test.signed (what, token) VALUES ('more than 16 kB', :'t'), ('a megabyte', repeat('a', 1 << 20)), ('a megabyte of dots', repeat('.', 1 << 20));
-- Spellings.
\set t `$REPO/tests/lib/token mutate :'good' signature`
INSERT INTO test.signed (what, token) VALUES ('a bit of the signature flipped', :'t');
\set t `$REPO/tests/lib/token mutate :'good' payload`
INSERT INTO test.signed (what, token) VALUES ('another sub', :'t');
\set t `$REPO/tests/lib/token mutate :'good' padding`
INSERT INTO test.signed (what, token) VALUES ('padding', :'t');
\set t `$REPO/tests/lib/token mutate :'good' trailing-bits`
INSERT INTO test.signed (what, token) VALUES ('other bits in the last character', :'t');
\set t `$REPO/tests/lib/token mutate :'good' fourth-part`
INSERT INTO test.signed (what, token) VALUES ('a fourth part', :'t');
INSERT INTO test.signed (what, token) VALUES
    ('a blank in it', overlay(:'good' PLACING ' ' FROM 5 FOR 0)),
    ('a newline at the end', :'good' || E'\n'),
    ('a blank before', ' ' || :'good'),
    ('base64, not base64url', replace(replace(substring(:'good', '^.*\.'), '-', '+'), '_', '/') || '+/+/'),
    ('two parts', rtrim(substring(:'good', '^.*\.'), '.')),
    ('JWE: five parts', :'good' || '.e30.e30'),
    ('JSON serialization', format('{"protected": "%s", "payload": "%s", "signature": "%s"}', split_part(:'good', '.', 1), split_part(:'good', '.', 2), split_part(:'good', '.', 3))),
    ('a character beyond ASCII', :'good' || 'é'),
    ('empty', ''),
    ('dots', '..');
-- Claims that are looked at.
\set lines '{"iss": null};{"iss": ""};{"iss": "https://issuer.example/"};{"iss": "https://ISSUER.example"};{"iss": ["https://issuer.example"]};{"iss": 1};{"aud": null};{"aud": []};{"aud": ["x", "db"]};{"aud": ["x"]};{"aud": {"db": 1}};{"aud": ["db", null]};{"exp": null};{"exp": 0};{"exp": -1};{"exp": 1};{"exp": "9999999999"};{"exp": true};{"exp": 9999999999.75};{"exp": 9999999999000};{"exp": 253402300800};{"exp": 9223372036854775807};{"exp": 18446744073709551616};{"exp": 1e300};{"nbf": 9999999999};{"nbf": 1};{"nbf": "1"};{"nbf": 0};{"iat": 9999999999};{"iat": "now"};{"iat": null};{"iat": 0.5};{"iat": -0.5};{"big": 9007199254740993};{"big": 18446744073709551616};{"sub": null};{"__proto__": {"sub": "eve"}}'
\set tokens `printf '%s\n' :'lines' | tr ';' '\n' | $REPO/tests/lib/token sign ed1 :'claims' --many -`
INSERT INTO test.signed (what, token) SELECT line, token FROM unnest(string_to_array(:'lines', ';'), string_to_array(:'tokens', E'\n')) WITH ORDINALITY AS t (line, token, n) ORDER BY n;
SELECT what, c.accepted, c.rule FROM test.signed t, tenancy.check_token(t.token) AS c ORDER BY n;
-- login() says the same of each.
CREATE FUNCTION test.login_rule(token text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM auth.login(token);
    SET LOCAL ROLE NONE;
    RETURN 'accepted';
EXCEPTION WHEN invalid_authorization_specification THEN
    RETURN substring(SQLERRM, 'rule "(.*)"');
END $$;
BEGIN;
SELECT count(*), count(*) FILTER (WHERE verdict <> test.login_rule(token)) AS otherwise FROM (SELECT test.verdict(token) AS verdict, token FROM test.signed OFFSET 0) AS t;
ROLLBACK;
-- The claims are shown, believed or not, where they can be read; and nothing has changed for the session.
SELECT what, c.accepted, c.rule, c.claims - 'exp' - 'iat' AS claims FROM test.signed t, tenancy.check_token(t.token) AS c
WHERE what IN ('EdDSA', 'another sub', 'alg none, some signature', 'sub twice', 'no UTF-8', '{"iss": 1}', '{"big": 9007199254740993}', '{"big": 18446744073709551616}', 'a lone surrogate') ORDER BY n;
SELECT auth.user_id(), current_setting('pg_tenancy.token') AS token, current_user = session_user AS same;
-- No token is not one of the right form.
SELECT * FROM tenancy.check_token(NULL);

-- Rules that depend on the issuer's options, and the list of all that were met.
SELECT tenancy.add_issuer('https://strict.example', test.key('ed1'), NULL, max_age => '1 h', required => '{"azp": "web"}', leeway => '0');
\set claims '{"iss": "https://strict.example", "sub": "ann", "azp": "web"}'
\set lines '{"azp": "web"};{"azp": "other"};{"iat": null};{"iat": 1000000000}'
\set tokens `printf '%s\n' :'lines' | tr ';' '\n' | $REPO/tests/lib/token sign ed1 :'claims' --iat -1 --many -`
INSERT INTO test.signed (what, token) SELECT 'strict: ' || line, token FROM unnest(string_to_array(:'lines', ';'), string_to_array(:'tokens', E'\n')) WITH ORDINALITY AS t (line, token, n) ORDER BY n;
SELECT what, test.verdict(token) FROM test.signed WHERE what LIKE 'strict%' ORDER BY n;
SELECT string_agg(DISTINCT test.verdict(token), ' ') AS verdicts, count(DISTINCT test.verdict(token)) FROM test.signed;

SELECT tenancy.drop_issuer('https://strict.example');
SELECT tenancy.drop_issuer('https://issuer.example');
DROP TABLE test.keys, test.signed;
DROP FUNCTION test.key(text), test.key(text, text), test.verdict, test.issue, test.against, test.base64url, test.login_rule;
DROP ROLE stranger, database_owner, writer;

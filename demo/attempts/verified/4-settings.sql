-- Settings: other modes, other issuers, other keys
-- control: as the administrator

-- attempt: configure() mode claims
BEGIN;
SELECT tenancy.configure('mode', 'claims') \g /dev/null
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: configure() itself as gateway
BEGIN;
SELECT tenancy.configure('mode', 'gateway'), tenancy.configure('gateway_roles', session_user) \g /dev/null
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: UPDATE of tenancy.config
BEGIN;
UPDATE tenancy.config SET value = 'claims' WHERE setting = 'mode' \g /dev/null
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: DELETE from tenancy.config
BEGIN;
DELETE FROM tenancy.config WHERE setting = 'mode' \g /dev/null
SELECT auth.set_claims(:'them') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: add_issuer() with own keys
BEGIN;
SELECT tenancy.add_issuer(:'own_issuer', jwks => :'own_keys', audience => NULL) \g /dev/null
SELECT auth.login(:'own_issuers_token') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: set_jwks() with own keys
BEGIN;
SELECT tenancy.set_jwks(:'issuer', :'own_keys') \g /dev/null
SELECT auth.login(:'own_keys_token') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: INSERT into tenancy.issuer
BEGIN;
INSERT INTO tenancy.issuer (iss, jwks, layout, tenant_path, required, leeway, require_exp)
VALUES (:'own_issuer', :'own_keys', 'plain', '{tenant_id}', '{}', 0, false) \g /dev/null
SELECT auth.login(:'own_issuers_token') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: UPDATE of tenancy.issuer
BEGIN;
UPDATE tenancy.issuer SET jwks = :'own_keys' \g /dev/null
SELECT auth.login(:'own_keys_token') \g /dev/null
SELECT * FROM axis.requests;
COMMIT;

-- attempt: another auth.tenant_uuid()
BEGIN;
CREATE OR REPLACE FUNCTION auth.tenant_uuid() RETURNS uuid LANGUAGE sql RETURN :'their_tenant'::uuid;
SET LOCAL ROLE authenticated;
SELECT * FROM axis.requests;
COMMIT;

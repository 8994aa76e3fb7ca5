-- The readers of schema auth: who is calling, from well-formed claims of every shape.
\pset null '(null)'
SET SESSION AUTHORIZATION app;
BEGIN;
SET LOCAL ROLE authenticated;

-- Nobody: all are SQL NULL, so that IS NOT NULL can be relied on.
SELECT num_nonnulls(auth.user_id(), auth.uid(), auth.jwt(), auth.session(), auth.role(), auth.email(),
    auth.claim('sub'), auth.claim_text('sub'), auth.tenant_id(), auth.tenant_uuid(), auth.tenant_bigint(),
    auth.organization(), auth.organization_id()) AS answers;

-- Everybody: claims as Neon Auth makes them.
\x
SELECT set_config('request.jwt.claims', '{
    "sub": "0B5ADE21-3c4d-4e5f-8a6b-7c8d9e0f1a2b", "role": "authenticated", "email": "ann@example.com", "banned": false,
    "o": {"id": "11111111-2222-3333-4444-555555555555", "role": "admin"}, "amr": ["pwd", {"otp": 1.50}]}', true) <> '' AS set;
SELECT auth.user_id(), auth.uid(), auth.jwt(), auth.session(), auth.role(), auth.email(), auth.tenant_id(),
    auth.tenant_uuid(), auth.tenant_bigint(), auth.organization(), auth.organization_id();
\x

-- One claim, by its path: through objects by key, through arrays by position.
SELECT auth.claim('o'), auth.claim('o', 'id'), auth.claim('amr', '0'), auth.claim('amr', '1', 'otp'), auth.claim('banned');
SELECT auth.claim_text('o'), auth.claim_text('o', 'id'), auth.claim_text('amr', '0'), auth.claim_text('amr', '1', 'otp'), auth.claim_text('banned');
-- NULL where there is none, whatever the path.
SELECT auth.claim('x') IS NULL AS absent, auth.claim('sub', 'x') IS NULL AS beneath_a_string, auth.claim('amr', '2') IS NULL AS beyond_an_array,
    auth.claim('amr', 'x') IS NULL AS no_position, auth.claim(NULL) IS NULL AS null_key, auth.claim(VARIADIC NULL) IS NULL AS null_path;
SELECT auth.claim(VARIADIC ARRAY['o', 'id']), auth.claim_text(VARIADIC ARRAY['o', 'id']), auth.claim(VARIADIC '{}') = auth.jwt() AS empty_path;

-- JSON null is SQL NULL.
SELECT set_config('request.jwt.claims', '{"sub": null, "role": null, "o": null}', true) <> '' AS set;
SELECT num_nonnulls(auth.user_id(), auth.uid(), auth.role(), auth.email(), auth.claim('sub'), auth.claim_text('sub'),
    auth.organization(), auth.organization_id()) AS answers, auth.jwt();

-- An object with nothing in it is claims too, but nobody's.
SELECT set_config('request.jwt.claims', '{}', true) <> '' AS set;
SELECT auth.jwt(), auth.user_id() IS NULL AS nobody;

-- A sub that is no string, or empty, is nobody. A uuid has one written form, in either case.
CREATE FUNCTION pg_temp.caller(sub text, OUT user_id text, OUT uid uuid) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', format('{"sub": %s}', sub), true);
    user_id := auth.user_id();
    uid := auth.uid();
END $$;
SELECT sub, c.* FROM (VALUES ('"ann"'), ('"42"'), ('" "'), ('"zo\u00eb"'), ('"😀"'), ('""'), ('42'), ('true'), ('null'), ('["ann"]'), ('{"id": "ann"}'),
    ('"0b5ade21-3c4d-4e5f-8a6b-7c8d9e0f1a2b"'), ('"0B5ADE21-3C4D-4E5F-8A6B-7C8D9E0F1A2B"'),
    ('"0b5ade213c4d4e5f8a6b7c8d9e0f1a2b"'), ('"{0b5ade21-3c4d-4e5f-8a6b-7c8d9e0f1a2b}"'), ('" 0b5ade21-3c4d-4e5f-8a6b-7c8d9e0f1a2b"'),
    ('"0b5ade21-3c4d-4e5f-8a6b-7c8d9e0f1a2b\n"'), ('"0b5ade21-3c4d-4e5f-8a6b-7c8d9e0f1a2g"'), ('"00000000-0000-0000-0000-000000000000"')
) AS subs (sub), pg_temp.caller(sub) AS c;

-- Role and email are strings, or NULL.
CREATE FUNCTION pg_temp.strings(value text, OUT role text, OUT email text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', format('{"role": %1$s, "email": %1$s}', value), true);
    role := auth.role();
    email := auth.email();
END $$;
SELECT value, s.* FROM (VALUES ('"x"'), ('""'), ('1'), ('true'), ('["x"]'), ('{"x": "x"}')) AS v (value), pg_temp.strings(value) AS s;

-- The organization is an object, its id a uuid; the tenant takes any text for an id.
CREATE FUNCTION pg_temp.organization(o text, OUT organization jsonb, OUT organization_id uuid, OUT tenant_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', format('{"o": %s}', o), true);
    organization := auth.organization();
    organization_id := auth.organization_id();
    tenant_id := auth.tenant_id();
END $$;
SELECT o, c.* FROM (VALUES ('{"id": "11111111-2222-3333-4444-555555555555"}'), ('{"id": "acme"}'), ('{"id": 7}'), ('{"id": null}'), ('{}'),
    ('"11111111-2222-3333-4444-555555555555"'), ('[{"id": "acme"}]'), ('["id"]'), ('null')) AS v (o), pg_temp.organization(o) AS c;

-- The tenant: a string or an integer.
CREATE FUNCTION pg_temp.tenant(claims text, OUT tenant_id text, OUT tenant_uuid uuid, OUT tenant_bigint bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    tenant_id := auth.tenant_id();
    tenant_uuid := auth.tenant_uuid();
    tenant_bigint := auth.tenant_bigint();
END $$;
-- The first path that is present decides; null is absent.
SELECT claims, t.* FROM (VALUES
    ('{"tenant_id": "1", "org_id": "2", "organization_id": "3", "o": {"id": "4"}, "app_metadata": {"tenant_id": "5", "org_id": "6"}}'),
    ('{"tenant_id": null, "org_id": "2", "organization_id": "3", "o": {"id": "4"}, "app_metadata": {"tenant_id": "5", "org_id": "6"}}'),
    ('{"organization_id": "3", "o": {"id": "4"}, "app_metadata": {"tenant_id": "5", "org_id": "6"}}'),
    ('{"o": {"id": "4"}, "app_metadata": {"tenant_id": "5", "org_id": "6"}}'),
    ('{"o": {"id": null}, "app_metadata": {"tenant_id": "5", "org_id": "6"}}'),
    ('{"o": [], "app_metadata": {"tenant_id": null, "org_id": "6"}}'),
    ('{"app_metadata": {"tenant_id": null, "org_id": null}}'),
    ('{"app_metadata": "tenant_id"}'),
    ('{"TENANT_ID": "1", "tenantId": "2", "user_metadata": {"tenant_id": "3"}}')) AS v (claims), pg_temp.tenant(claims) AS t;
-- Anything else at that path is no tenant, and no later path is tried.
SELECT tenant, t.* FROM (VALUES ('""'), ('true'), ('false'), ('1.5'), ('1.0'), ('1e2'), ('-0'), ('18446744073709551616'), ('-9223372036854775809'),
    ('["1"]'), ('{"id": "1"}')) AS v (tenant), pg_temp.tenant(format('{"tenant_id": %s, "org_id": "other"}', tenant)) AS t;
-- A uuid and a bigint have one written form each, so that no two texts name one tenant (of uuids, either case).
SELECT tenant, t.* FROM (VALUES ('"acme"'), ('" "'), ('7'), ('"7"'), ('0'), ('-7'), ('"+7"'), ('"07"'), ('"-0"'), ('" 7"'), ('"7 "'), ('"7.0"'), ('"7e0"'), ('"0x7"'),
    ('9223372036854775807'), ('9223372036854775808'), ('"9223372036854775808"'), ('18446744073709551615'), ('-9223372036854775808'), ('"99999999999999999999"'),
    ('"11111111-2222-3333-4444-55555555555f"'), ('"11111111-2222-3333-4444-55555555555F"'),
    ('"1111111122223333444455555555555f"'), ('"{11111111-2222-3333-4444-55555555555f}"')) AS v (tenant),
    pg_temp.tenant(format('{"tenant_id": %s}', tenant)) AS t;

-- Every role may ask, whoever it is.
RESET ROLE;
SET LOCAL ROLE anonymous;
SELECT auth.jwt(), auth.tenant_id();
ROLLBACK;
RESET SESSION AUTHORIZATION;

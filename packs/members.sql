-- Tenants, members and invitations of your own: a schema "members" that becomes yours to change.
--
-- Run it once, in one transaction (it refuses to run outside one), as the administrator of pg_tenancy (who ran CREATE
-- EXTENSION; best a plain owner of the database), after tenancy.bootstrap_roles(). docs/pack-members.md tells what it
-- allows. From then on pg_tenancy takes tenants and roles from members.member, and what a token says of them counts no more.
--
-- Callers read these tables through row security and change them through the functions below alone. Those run with
-- their owner's rights (SECURITY DEFINER), so row security is not forced on the owner, and each of them asks itself
-- whether the caller may: auth.* still speak of the caller. They name everything in full and fix the search_path.
--
-- Two rules hold in all of them:
-- - What a caller may do is asked in the active tenant, and asked again once the tenant is locked: changes of one
--   tenant come one after the other, under every isolation level.
-- - Nobody gives, takes away or changes a role that they could not have: see members.require_giving().

-- Until the end names are looked up in pg_catalog alone: what others have put into a schema of the path that was set
-- would be called with the administrator's rights, here and in what is kept. The path comes back at the end.
SELECT pg_catalog.set_config('members.path_before', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;
-- The schema is made where all is as it must be: else nothing below can go into it. Nobody else is given USAGE on it
-- until the end, so that nothing is reached half-made.
DO $$
BEGIN
    IF pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) 'pg_catalog, pg_temp' THEN
        RAISE EXCEPTION 'this must be run in one transaction' USING ERRCODE = 'no_active_sql_transaction',
            HINT = 'Put BEGIN before it and COMMIT after it, or run it with psql -1.';
    ELSIF tenancy.administrator() IS DISTINCT FROM current_user::regrole THEN
        RAISE EXCEPTION 'only the administrator of pg_tenancy can set up members' USING ERRCODE = 'insufficient_privilege',
            HINT = format('Run this as %s.', tenancy.administrator()::regrole);
    END IF;
    CREATE SCHEMA members;
END $$;
COMMENT ON SCHEMA members IS 'Tenants, their members, invitations and the history of all that (from pg_tenancy''s packs/members.sql).';

-- The tables ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION members.are_roles(roles text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE(array_ndims(roles) = 1 AND cardinality(roles) <= 32
        AND NOT EXISTS (SELECT FROM unnest(roles) AS r WHERE (r ~ '^[a-z][a-z0-9_-]{0,62}$') IS NOT TRUE), false);
COMMENT ON FUNCTION members.are_roles(text[]) IS
'Whether these are names of roles: 1 to 32 of them, each of 1 to 63 lower-case letters, digits, _ and -. Never NULL. Without capitals, dots and colons no name looks like another, or like a permission.';

CREATE TABLE members.tenant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (btrim(name) <> '' AND length(name) <= 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Each change of members or invitations adds one. That update is the lock by which changes of one tenant wait for
    -- each other; a mere lock would let transactions above READ COMMITTED go on with what they saw before.
    revision bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE members.tenant IS 'The tenants.';

CREATE TABLE members.member (
    tenant_id uuid NOT NULL REFERENCES members.tenant ON DELETE CASCADE,
    user_id text NOT NULL CHECK (user_id <> ''),
    roles text[] NOT NULL CHECK (members.are_roles(roles)),
    since timestamptz NOT NULL DEFAULT now(),
    added_by text,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX member_user ON members.member (user_id);
COMMENT ON TABLE members.member IS
'Who belongs to which tenant, with which roles. user_id is the claim sub; added_by the one who invited them, NULL for who made the tenant. A member is removed by deleting the row: members.change remembers it.';

CREATE TABLE members.invitation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES members.tenant ON DELETE CASCADE,
    email text NOT NULL CHECK (email = lower(email COLLATE "C") AND length(email) <= 320),
    roles text[] NOT NULL CHECK (members.are_roles(roles)),
    -- SHA-256 of a secret of 244 random bits: knowing it does not help.
    secret_hash bytea NOT NULL UNIQUE,
    invited_by text NOT NULL,
    -- By the clock: accept_invitation() asks whether somebody was removed since.
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by text,
    revoked_at timestamptz,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX invitation_tenant ON members.invitation (tenant_id, email);
COMMENT ON TABLE members.invitation IS 'Invitations, open and over. email has no ASCII capitals.';

-- security_invoker: whoever reads it is bound by the table's policies. (By the clock, not by when the transaction began.)
CREATE VIEW members.open_invitation WITH (security_invoker = true) AS
    SELECT * FROM members.invitation
    WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at > clock_timestamp();
COMMENT ON VIEW members.open_invitation IS 'The invitations that can be accepted.';

CREATE TABLE members.provisioned (
    user_id text PRIMARY KEY,
    times int NOT NULL
);
COMMENT ON TABLE members.provisioned IS
'Who was given a tenant at sign-in, and how often. The row is what the second of two sign-ins at once waits for.';

CREATE TABLE members.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- No foreign key: it outlives its tenant.
    tenant_id uuid NOT NULL,
    what text NOT NULL,
    user_id text,
    issuer text,
    acting jsonb,
    login name NOT NULL DEFAULT session_user,
    before jsonb,
    after jsonb
);
CREATE INDEX change_tenant ON members.change (tenant_id, id);
COMMENT ON TABLE members.change IS
'What has changed in the tables beside it, by functions or by hand, one row each. Who: user_id, issuer and acting are the claims sub, iss and act (RFC 8693 section 4.1) of the caller, NULL where there was none; login is the login role. Rows are only ever added.';

-- What holds however the tables are changed --------------------------------------------------------------------------

CREATE FUNCTION members.record_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before CONSTANT jsonb := to_jsonb(OLD) - '{revision,secret_hash}'::text[];
    after CONSTANT jsonb := to_jsonb(NEW) - '{revision,secret_hash}'::text[];
    present CONSTANT jsonb := COALESCE(after, before);
BEGIN
    INSERT INTO members.change (tenant_id, what, user_id, issuer, acting, before, after) VALUES (
        COALESCE(present ->> 'tenant_id', present ->> 'id')::uuid,
        TG_TABLE_NAME || CASE
            WHEN TG_OP = 'INSERT' THEN ' added'
            WHEN TG_OP = 'DELETE' THEN ' removed'
            WHEN after ->> 'accepted_at' IS DISTINCT FROM before ->> 'accepted_at' THEN ' accepted'
            WHEN after ->> 'revoked_at' IS DISTINCT FROM before ->> 'revoked_at' THEN ' revoked'
            ELSE ' changed' END,
        auth.user_id(), auth.claim_text(VARIADIC ARRAY['iss']), auth.claim(VARIADIC ARRAY['act']), before, after);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION members.record_change() IS 'Trigger function: writes what happened to a row into members.change.';
CREATE TRIGGER recorded AFTER INSERT OR DELETE OR UPDATE OF id, name ON members.tenant
    FOR EACH ROW EXECUTE FUNCTION members.record_change();
CREATE TRIGGER recorded AFTER INSERT OR DELETE ON members.member
    FOR EACH ROW EXECUTE FUNCTION members.record_change();
CREATE TRIGGER recorded_update AFTER UPDATE ON members.member
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION members.record_change();
CREATE TRIGGER recorded AFTER INSERT OR UPDATE OR DELETE ON members.invitation
    FOR EACH ROW EXECUTE FUNCTION members.record_change();

CREATE FUNCTION members.refuse() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused', TG_OP, TG_RELID::regclass USING ERRCODE = 'insufficient_privilege', DETAIL = TG_ARGV[0],
        HINT = format('Who owns the table and must do it all the same drops its trigger %I first.', TG_NAME);
END $$;
COMMENT ON FUNCTION members.refuse() IS
'Trigger function: refuses what it is called for (42501), to everybody. Its argument is the DETAIL.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON members.change
    FOR EACH STATEMENT EXECUTE FUNCTION members.refuse('Rows are only ever added to it.');
-- ALWAYS: session_replication_role does not switch it off.
ALTER TABLE members.change ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON members.tenant FOR EACH STATEMENT EXECUTE FUNCTION members.refuse('It would leave no history.');
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON members.member FOR EACH STATEMENT EXECUTE FUNCTION members.refuse('It would leave no history and no owners.');
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON members.invitation FOR EACH STATEMENT EXECUTE FUNCTION members.refuse('It would leave no history.');

CREATE FUNCTION members.keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Waits for other changes of the tenant, whose outcome the next statement then sees. No row: the tenant goes too.
    UPDATE members.tenant SET revision = revision + 1 WHERE id = OLD.tenant_id;
    IF FOUND AND NOT EXISTS (SELECT FROM members.member WHERE tenant_id = OLD.tenant_id AND 'owner' = ANY (roles)) THEN
        RAISE EXCEPTION 'the last owner of a tenant must stay its owner' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('It is user "%s".', OLD.user_id),
            HINT = 'Make another member its owner first: members.set_roles(user_id, roles).';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION members.keep_an_owner() IS
'Trigger function: error 55000 where a change of members leaves a tenant without an owner.';
CREATE TRIGGER keep_an_owner AFTER DELETE OR UPDATE ON members.member
    FOR EACH ROW WHEN ('owner' = ANY (OLD.roles)) EXECUTE FUNCTION members.keep_an_owner();

CREATE FUNCTION members.withdraw_invitations() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.roles <@ NEW.roles AND (OLD.tenant_id, OLD.user_id) = (NEW.tenant_id, NEW.user_id) THEN
        RETURN NULL;
    END IF;
    -- Who loses a role may have handed it on; who is removed must not come back by a second invitation.
    UPDATE members.open_invitation SET revoked_at = clock_timestamp()
    WHERE tenant_id = OLD.tenant_id AND (invited_by = OLD.user_id
        OR TG_OP = 'DELETE' AND email IN (SELECT i.email FROM members.invitation i
            WHERE i.tenant_id = OLD.tenant_id AND i.accepted_by = OLD.user_id));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION members.withdraw_invitations() IS
'Trigger function: revokes the open invitations that a member sent who is removed or loses a role, and those to the addresses with which a removed member came in.';
CREATE TRIGGER withdraw_invitations AFTER DELETE OR UPDATE ON members.member
    FOR EACH ROW EXECUTE FUNCTION members.withdraw_invitations();

-- What the functions of callers share. Callers cannot do anything with these: they run with their caller's rights. ---

CREATE FUNCTION members.require_caller() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF auth.user_id() IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Call auth.login(token), or auth.set_claims() where claims are believed, first, in the same transaction; tenancy.whoami() says what is missing.';
    ELSIF tenancy.restriction() IS NOT NULL THEN
        RAISE EXCEPTION 'the caller cannot belong to a tenant' USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('By their claims they are %s.', tenancy.restriction());
    -- What another table, or the claims, say of a tenant is no reason to change this one.
    ELSIF NOT EXISTS (SELECT FROM tenancy.member_source WHERE source = 'members.member'::regclass) THEN
        RAISE EXCEPTION 'members are not taken from members.member' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = $h$SELECT tenancy.use_members('members.member', 'user_id', 'tenant_id', 'roles') has them taken from there.$h$;
    END IF;
    RETURN auth.user_id();
END $$;
COMMENT ON FUNCTION members.require_caller() IS
'The caller''s id. Error 42501: nobody is signed in, or somebody pending, anonymous, restricted or banned. Error 55000: tenancy.use_members() names another table, or none.';

CREATE FUNCTION members.require_email() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address CONSTANT text := lower(auth.email() COLLATE "C");
BEGIN
    IF address IS NULL THEN
        RAISE EXCEPTION 'the caller''s claims hold no email' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Have the identity provider put the claim email into its tokens.';
    ELSIF EXISTS (SELECT FROM unnest('{email_verified,emailVerified}'::text[]) AS k
                  WHERE auth.jwt() ? k AND (auth.jwt() ->> k) IS DISTINCT FROM 'true') THEN
        RAISE EXCEPTION 'the caller''s email is not verified' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Verify it with the identity provider, and sign in again for a new token.';
    END IF;
    RETURN address;
END $$;
COMMENT ON FUNCTION members.require_email() IS
'The caller''s email, its ASCII letters in lower case (of other letters two may have one small form). Error 42501: the claims hold none, or say that it is not verified.';

CREATE FUNCTION members.act(permission text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid;
BEGIN
    PERFORM members.require_caller();
    PERFORM auth.require_tenant();
    tenant := auth.tenant_uuid();
    -- Asked twice: before, so that nobody without it can hold the others up; and after, since it may have been taken
    -- away while this waited. Until this transaction ends nothing of it can then change.
    IF permission IS NOT NULL THEN
        PERFORM auth.require_permission(VARIADIC ARRAY[permission]);
    END IF;
    UPDATE members.tenant AS t SET revision = t.revision + 1 WHERE t.id = tenant;
    PERFORM FROM members.member WHERE tenant_id = tenant AND user_id = auth.user_id() FOR SHARE;
    IF NOT FOUND OR auth.tenant_uuid() IS DISTINCT FROM tenant THEN
        RAISE EXCEPTION 'the caller is no member of the tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF permission IS NOT NULL THEN
        PERFORM auth.require_permission(VARIADIC ARRAY[permission]);
    END IF;
    RETURN tenant;
END $$;
COMMENT ON FUNCTION members.act(text) IS
'The active tenant, locked until the transaction ends, in which the caller is a member with the permission (NULL: any member). Errors: those of members.require_caller(); 42501 the caller has no active tenant there, is no member of it (any more), or has not the permission; 40001 above READ COMMITTED, where another has changed the tenant since this transaction began.';

CREATE FUNCTION members.require_giving(roles text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role text;
    allows text[];
BEGIN
    IF NOT members.are_roles(roles) THEN
        RAISE EXCEPTION 'these are no roles: %', COALESCE(roles::text, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = '1 to 32 names of lower-case letters, digits, _ and -, each up to 63 long.';
    END IF;
    FOREACH role IN ARRAY roles LOOP
        allows := tenancy.role_permissions(role, auth.tenant_uuid()::text);
        CONTINUE WHEN auth.has_role(VARIADIC ARRAY[role]);
        -- A role that allows nothing by definition may mean anything to a policy that names it.
        CONTINUE WHEN role <> 'owner' AND CASE WHEN allows <> '{}'
            THEN (SELECT bool_and(auth.has_permission(VARIADIC ARRAY[p])) FROM unnest(allows) AS p)
            ELSE auth.has_permission(VARIADIC ARRAY['*.*']) END;
        RAISE EXCEPTION 'role "%" is not the caller''s to give or to take', role USING ERRCODE = 'insufficient_privilege',
            DETAIL = CASE WHEN role = 'owner' THEN 'Only an owner makes owners, and changes or removes one.'
                WHEN allows = '{}' THEN 'It is not defined: only who has it, or is allowed everything, gives it.'
                ELSE 'It allows what the caller is not allowed.' END;
    END LOOP;
END $$;
COMMENT ON FUNCTION members.require_giving(text[]) IS
'Error 42501 unless the caller, in the active tenant, may give each of these roles, or change or remove somebody who has them: they have the role themselves, or every permission that it allows. owner: only an owner. A role that nobody has defined: who has *.*. Error 22023: these are no roles.';

CREATE FUNCTION members.make_tenant(name text, owner text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid;
BEGIN
    IF tenancy.setting('pinned_tenant') <> '' THEN
        RAISE EXCEPTION 'this database serves one tenant only' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Setting pinned_tenant names it.';
    END IF;
    INSERT INTO members.tenant (name) VALUES (members.require_name(make_tenant.name)) RETURNING id INTO tenant;
    INSERT INTO members.member (tenant_id, user_id, roles) VALUES (tenant, owner, '{owner}');
    RETURN tenant;
END $$;
COMMENT ON FUNCTION members.make_tenant(text, text) IS
'Makes a tenant with its owner; returns its id. Errors: those of members.require_name(); 42501 the database is pinned to one tenant.';

CREATE FUNCTION members.require_name(name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (btrim(name) <> '' AND length(btrim(name)) <= 200) IS NOT TRUE THEN
        RAISE EXCEPTION 'a tenant''s name has 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN btrim(name);
END $$;
COMMENT ON FUNCTION members.require_name(text) IS
'The name of a tenant without spaces around it. Error 22023: NULL, empty, or longer than 200 characters.';

-- What callers call ---------------------------------------------------------------------------------------------------

CREATE FUNCTION members.create_tenant(name text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN members.make_tenant(name, members.require_caller());
END $$;
COMMENT ON FUNCTION members.create_tenant(text) IS
'Makes a tenant, of which the caller becomes owner; returns its id. Any caller may. Errors: 22023 the name is empty or longer than 200 characters; 42501 nobody is signed in, or somebody restricted, or the database is pinned to one tenant.';

CREATE FUNCTION members.sign_in(tenant_name text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller CONSTANT text := members.require_caller();
BEGIN
    IF NOT EXISTS (SELECT FROM members.member WHERE user_id = caller) THEN
        -- Waits for another sign-in of this caller under way, and then sees what that has made. (An update, not a mere
        -- lock, so that transactions above READ COMMITTED are told to try again.)
        INSERT INTO members.provisioned AS p (user_id, times) VALUES (caller, 1)
        ON CONFLICT (user_id) DO UPDATE SET times = p.times + 1;
        IF NOT EXISTS (SELECT FROM members.member WHERE user_id = caller) THEN
            RETURN members.make_tenant(COALESCE(NULLIF(btrim(tenant_name), ''), NULLIF(btrim(left(auth.claim_text(VARIADIC ARRAY['name']), 200)), ''),
                NULLIF(btrim(left(auth.email(), 200)), ''), 'My tenant'), caller);
        END IF;
    END IF;
    RETURN auth.tenant_uuid();
END $$;
COMMENT ON FUNCTION members.sign_in(text) IS
'Makes a tenant for a caller who belongs to none, named as given, else by the claim name or email, else "My tenant"; what is empty counts as not given. Returns the tenant made, else the active one: NULL where the caller has several and has chosen none. Call it after each sign-in: from the second on it changes nothing, also if two come at once. Errors: those of members.create_tenant(); 40001 above READ COMMITTED, if another comes at once.';

CREATE FUNCTION members.rename_tenant(name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act('tenant.update');
BEGIN
    UPDATE members.tenant AS t SET name = members.require_name(rename_tenant.name) WHERE t.id = tenant;
END $$;
COMMENT ON FUNCTION members.rename_tenant(text) IS
'Renames the active tenant. Permission tenant.update. Errors: those of members.act(); 22023 the name is empty or longer than 200 characters.';

CREATE FUNCTION members.invite(email text, roles text[], valid_for interval DEFAULT '7 days') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act('invitations.create');
    address CONSTANT text := lower(btrim(email) COLLATE "C");
    -- Two random uuids of 122 bits each, from the server's source of strong randomness.
    secret CONSTANT text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
BEGIN
    PERFORM members.require_giving(roles);
    IF (address ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' AND length(address) <= 320) IS NOT TRUE THEN
        RAISE EXCEPTION 'this is no email address: %', COALESCE(quote_literal(email), 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    -- (The clock is asked too: a month may be 31 days.)
    ELSIF (valid_for > '0' AND valid_for <= '30 days'
        AND clock_timestamp() + valid_for <= clock_timestamp() + interval '30 days') IS NOT TRUE THEN
        RAISE EXCEPTION 'an invitation is valid for up to 30 days' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('valid_for is %s.', COALESCE(valid_for::text, 'NULL'));
    END IF;
    INSERT INTO members.invitation (tenant_id, email, roles, secret_hash, invited_by, expires_at)
    VALUES (tenant, address, ARRAY(SELECT DISTINCT r FROM unnest(roles) AS r ORDER BY r), sha256(convert_to(secret, 'UTF8')),
        auth.user_id(), clock_timestamp() + valid_for);
    RETURN secret;
END $$;
COMMENT ON FUNCTION members.invite(text, text[], interval) IS
'Invites whoever signs in with this email into the active tenant, with these roles. Returns the secret that members.accept_invitation() takes, this once: only its SHA-256 is kept. Permission invitations.create. Errors: those of members.act() and members.require_giving(); 22023 no email address, or valid_for is not up to 30 days.';

CREATE FUNCTION members.revoke_invitation(invitation uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act('invitations.delete');
    given text[];
BEGIN
    UPDATE members.open_invitation AS i SET revoked_at = clock_timestamp()
    WHERE i.id = invitation AND i.tenant_id = tenant RETURNING i.roles INTO given;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the tenant has no such open invitation' USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM members.require_giving(given);
END $$;
COMMENT ON FUNCTION members.revoke_invitation(uuid) IS
'Takes an open invitation of the active tenant back. Permission invitations.delete, and the caller could give its roles. Errors: those of members.act() and members.require_giving(); P0002 no such open invitation.';

CREATE FUNCTION members.accept_invitation(secret text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller CONSTANT text := members.require_caller();
    address CONSTANT text := members.require_email();
    hash CONSTANT bytea := sha256(convert_to(secret, 'UTF8'));
    found_tenant uuid;
    accepted members.invitation;
    valid boolean := false;
BEGIN
    SELECT tenant_id INTO found_tenant FROM members.invitation WHERE secret_hash = hash AND email = address;
    IF FOUND THEN
        UPDATE members.tenant SET revision = revision + 1 WHERE id = found_tenant;
        -- It may be over by now.
        UPDATE members.open_invitation SET accepted_at = clock_timestamp(), accepted_by = caller
        WHERE secret_hash = hash AND email = address RETURNING * INTO accepted;
        IF FOUND THEN
            -- It is used up, also by who is a member already, for nothing: else it would outlast their removal.
            INSERT INTO members.member (tenant_id, user_id, roles, added_by)
            VALUES (found_tenant, caller, accepted.roles, accepted.invited_by) ON CONFLICT (tenant_id, user_id) DO NOTHING;
            -- Who was removed, or left, comes back by what was sent after that. (This is asked last, since the row above
            -- may have waited for the one that goes.)
            valid := NOT FOUND OR NOT EXISTS (SELECT FROM members.change c WHERE c.tenant_id = found_tenant
                AND c.what = 'member removed' AND c.before ->> 'user_id' = caller AND c.at >= accepted.created_at);
            -- One is enough: others would outlast a removal.
            UPDATE members.open_invitation SET revoked_at = clock_timestamp() WHERE tenant_id = found_tenant AND email = address;
        ELSE
            -- A second click of who has come in by it.
            valid := EXISTS (SELECT FROM members.invitation i JOIN members.member m USING (tenant_id)
                WHERE i.secret_hash = hash AND i.accepted_by = caller AND m.user_id = caller);
        END IF;
    END IF;
    -- The same answer for every reason, which takes back what was done above: what is not for the caller tells them nothing.
    IF NOT valid THEN
        RAISE EXCEPTION 'the invitation is not valid' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'It does not exist, has expired, was used or revoked, was sent before the caller was removed, or is for somebody else.',
            HINT = 'Sign in with the email that was invited, or ask for another.';
    END IF;
    RETURN found_tenant;
END $$;
COMMENT ON FUNCTION members.accept_invitation(text) IS
'Makes the caller a member, by the secret of an open invitation to their email; returns the tenant''s id. Who is a member already keeps the roles they have, and the invitation is used up; called again with it, nothing more is done. Other open invitations of that tenant to the same email are revoked. Errors: those of members.require_caller(); 42501 no email or not a verified one, or the invitation is not valid, the same for every reason; 40001 above READ COMMITTED, where another has changed the tenant since this transaction began.';

CREATE FUNCTION members.set_roles(user_id text, roles text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act('members.update');
    has text[];
BEGIN
    SELECT m.roles INTO has FROM members.member m WHERE m.tenant_id = tenant AND m.user_id = set_roles.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the tenant has no such member' USING ERRCODE = 'no_data_found';
    END IF;
    -- What they have too: nobody is changed by who could not have made them what they are.
    PERFORM members.require_giving(roles);
    PERFORM members.require_giving(has);
    UPDATE members.member AS m SET roles = ARRAY(SELECT DISTINCT r FROM unnest(set_roles.roles) AS r ORDER BY r)
    WHERE m.tenant_id = tenant AND m.user_id = set_roles.user_id;
END $$;
COMMENT ON FUNCTION members.set_roles(text, text[]) IS
'Gives a member of the active tenant these roles in the place of those they have. Permission members.update, and the caller could give both. Errors: those of members.act() and members.require_giving(); P0002 no such member; 55000 the tenant would have no owner left.';

CREATE FUNCTION members.remove_member(user_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act('members.delete');
    had text[];
BEGIN
    SELECT m.roles INTO had FROM members.member m WHERE m.tenant_id = tenant AND m.user_id = remove_member.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the tenant has no such member' USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM members.require_giving(had);
    DELETE FROM members.member m WHERE m.tenant_id = tenant AND m.user_id = remove_member.user_id;
END $$;
COMMENT ON FUNCTION members.remove_member(text) IS
'Removes a member from the active tenant, and the open invitations that they sent. Permission members.delete, and the caller could give their roles. Errors: those of members.act() and members.require_giving(); P0002 no such member; 55000 the tenant would have no owner left.';

CREATE FUNCTION members.leave() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant CONSTANT uuid := members.act();
BEGIN
    DELETE FROM members.member WHERE tenant_id = tenant AND user_id = auth.user_id();
END $$;
COMMENT ON FUNCTION members.leave() IS
'Takes the caller out of the active tenant, and the open invitations that they sent. Any member may. Errors: those of members.act(); 55000 the tenant would have no owner left.';

-- Who may read, and nobody who may write ------------------------------------------------------------------------------
-- (What ALTER DEFAULT PRIVILEGES has given goes.)
REVOKE ALL ON ALL TABLES IN SCHEMA members FROM PUBLIC, authenticated, anonymous;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA members FROM PUBLIC, authenticated, anonymous;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA members FROM PUBLIC, authenticated, anonymous;

-- Of the tenants, a caller sees all those that they belong to, to choose from; what is in one takes a permission there.
-- Not forced: the functions above run as the owner.
SELECT tenancy.protect('members.tenant', 'tenant_root', force => false);
SELECT tenancy.protect('members.member', tenant_column => 'tenant_id', write => '{}', remove => '{}', force => false);
SELECT tenancy.protect('members.invitation', tenant_column => 'tenant_id', read => '{invitations.read}', write => '{}', remove => '{}', force => false);
SELECT tenancy.protect('members.change', tenant_column => 'tenant_id', read => '{audit.read}', write => '{}', remove => '{}', force => false);
GRANT SELECT ON members.open_invitation TO authenticated;

-- By hand, what no template says. One's own place everybody sees:
CREATE POLICY readers ON members.member AS RESTRICTIVE FOR SELECT TO authenticated
    USING (user_id = auth.user_id() OR (SELECT auth.has_permission(VARIADIC ARRAY['members.read'])));
-- Nobody has a right to this one:
ALTER TABLE members.provisioned ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON members.provisioned AS RESTRICTIVE TO PUBLIC USING (false);
-- And nobody writes to the others, staff (setting staff_roles), whom protect() lets write everywhere, included, nor who
-- is allowed more by other policies or by protect() asked anew:
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{tenant,member,invitation,change}'::text[] LOOP
        EXECUTE pg_catalog.format('CREATE POLICY no_insert ON members.%I AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (false)', name);
        EXECUTE pg_catalog.format('CREATE POLICY no_update ON members.%I AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (false)', name);
        EXECUTE pg_catalog.format('CREATE POLICY no_delete ON members.%I AS RESTRICTIVE FOR DELETE TO PUBLIC USING (false)', name);
    END LOOP;
END $$;

GRANT EXECUTE ON FUNCTION members.create_tenant(text), members.sign_in(text), members.rename_tenant(text),
    members.invite(text, text[], interval), members.revoke_invitation(uuid), members.accept_invitation(text),
    members.set_roles(text, text[]), members.remove_member(text), members.leave() TO authenticated;
GRANT USAGE ON SCHEMA members TO authenticated;

-- From now on who belongs where is said here.
SELECT tenancy.use_members('members.member', 'user_id', 'tenant_id', 'roles');

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('members.path_before'), true);

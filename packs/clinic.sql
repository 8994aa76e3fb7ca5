-- Clinics: six business roles, users and entitlements kept in step by webhooks, staff who cross clinics, and a mentor
-- who acts for a mentorado. docs/pack-clinic.md tells how to use it.
--
-- Plain SQL for you to adopt: run it once, in one transaction (psql -X -1 -f packs/clinic.sql; it refuses to run outside
-- one), as the administrator of pg_tenancy with CREATE on the database and CREATEROLE. What it makes is yours to keep and
-- to change. It counts on the names that pg_tenancy gives by default: the database role of callers is authenticated.
--
-- The SECURITY DEFINER functions here run as whoever ran this. They fix what they resolve, and who may call them is at
-- the end.

-- Until the end names are looked up in pg_catalog alone: what others have put into a schema of the path that was set
-- would be called with the administrator's rights, here and in what is kept. The path comes back at the end.
SELECT pg_catalog.set_config('clinic.path_before', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;
-- The schema, and all that is outside it, is made where all is as it must be: else nothing below finds its place.
--
-- Staff are database roles of their own, which cross clinics. Only a login of the back office may be a member of them,
-- never the app's. clinic_webhook may call the sync functions below, and nothing else.
DO $$
DECLARE
    role name;
BEGIN
    IF pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) 'pg_catalog, pg_temp' THEN
        RAISE EXCEPTION 'this must be run in one transaction' USING ERRCODE = 'no_active_sql_transaction',
            HINT = 'Put BEGIN before it and COMMIT after it, or run it with psql -1.';
    ELSIF tenancy.administrator() IS DISTINCT FROM current_user::regrole THEN
        RAISE EXCEPTION 'only the administrator of pg_tenancy can set up clinics' USING ERRCODE = 'insufficient_privilege',
            HINT = format('Run this as %s.', tenancy.administrator()::regrole);
    END IF;
    CREATE SCHEMA clinic;
    PERFORM tenancy.bootstrap_roles();
    FOREACH role IN ARRAY '{clinic_admin,clinic_mentor,clinic_webhook}'::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', role);
        END IF;
    END LOOP;
    PERFORM tenancy.configure('staff_roles', concat_ws(', ', NULLIF(tenancy.setting('staff_roles'), ''), 'clinic_admin', 'clinic_mentor'));

    -- What a role allows in its own clinic. Staff and those who are pending belong to none: what staff may do is the
    -- matter of their database role. The names that pg_tenancy ships allow nothing here either.
    PERFORM tenancy.define_role(dictionary.name, dictionary.permissions::text[]) FROM (VALUES
        ('clinica_owner', '{crm.*,agenda.*,patients.*,finance.*,marketing.*,clinic.read,subscription.read,audit.read}'),
        ('mentorado', '{crm.*,agenda.*,patients.*,finance.*,marketing.*,mentoring.*,clinic.read,subscription.read,audit.read}'),
        ('clinica_staff', '{agenda.*,patients.*,clinic.read,subscription.read}'),
        ('admin', '{}'), ('mentor', '{}'), ('pending', '{}'),
        ('owner', '{}'), ('member', '{}'), ('viewer', '{}')) AS dictionary (name, permissions);
END $$;
GRANT USAGE ON SCHEMA clinic TO authenticated, clinic_admin, clinic_mentor, clinic_webhook;

-- The dictionary. There are no aliases: a role is one of these, and the enum knows no other.
CREATE TYPE clinic.role AS ENUM ('admin', 'mentor', 'mentorado', 'clinica_owner', 'clinica_staff', 'pending');

CREATE TABLE clinic.clinics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted'))
);
COMMENT ON TABLE clinic.clinics IS 'The tenants. One that is not active has no members.';

CREATE TABLE clinic.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    clerk_user_id text NOT NULL UNIQUE,
    email text,
    name text,
    role clinic.role NOT NULL DEFAULT 'pending',
    clinic_id uuid REFERENCES clinic.clinics,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
    revision bigint NOT NULL,
    CONSTRAINT users_clinic CHECK ((clinic_id IS NULL) = (role IN ('admin', 'mentor', 'pending'))),
    CONSTRAINT users_email CHECK (email IS NOT NULL OR status = 'deleted')
);
CREATE INDEX ON clinic.users (clinic_id);
COMMENT ON TABLE clinic.users IS
'Everybody: identity as Clerk says it (clinic.sync_user), role, clinic and status as clinic_admin decides. revision is the newest of Clerk''s.';

-- The effective members, worked out from the two above. pg_tenancy reads this table and callers cannot.
CREATE TABLE clinic.members (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clerk_user_id text NOT NULL REFERENCES clinic.users (clerk_user_id),
    clinic_id uuid NOT NULL REFERENCES clinic.clinics,
    role clinic.role NOT NULL CHECK (role IN ('mentorado', 'clinica_owner', 'clinica_staff')),
    acting_for uuid REFERENCES clinic.users
);
CREATE UNIQUE INDEX ON clinic.members (clerk_user_id) WHERE acting_for IS NULL;
CREATE INDEX ON clinic.members (clerk_user_id);
CREATE INDEX ON clinic.members (clinic_id);
CREATE INDEX ON clinic.members (acting_for);
COMMENT ON TABLE clinic.members IS
'Who is in which clinic, as which role: active users of active clinics. acting_for: the mentorado for whom a mentor acts, in a row that its own transaction alone ever sees.';
ALTER TABLE clinic.members ENABLE ROW LEVEL SECURITY;
SELECT tenancy.use_members('clinic.members', 'clerk_user_id', 'clinic_id', 'role');

CREATE TABLE clinic.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login name NOT NULL DEFAULT session_user,
    actor text DEFAULT auth.user_id(),
    action text NOT NULL,
    user_id uuid,
    clinic_id uuid,
    reason text,
    detail jsonb
);
CREATE INDEX ON clinic.audit (clinic_id);
COMMENT ON TABLE clinic.audit IS
'What was done to whom (user_id) and where (clinic_id), by which login and which caller (actor, their clerk_user_id; NULL for webhooks). Lines are added only.';
CREATE FUNCTION clinic.refuse_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege',
        DETAIL = format('%s was refused.', TG_OP);
END $$;
COMMENT ON FUNCTION clinic.refuse_change() IS 'Trigger of a table to which lines are only added. Error 42501, whoever it is.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clinic.audit
    FOR EACH STATEMENT EXECUTE FUNCTION clinic.refuse_change();

-- From users and clinics to members, whoever changes them.
CREATE FUNCTION clinic.settle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Whoever is closing the clinic just now is waited for; that the clinic is closed is seen below.
    PERFORM FROM clinic.clinics WHERE id = NEW.clinic_id FOR SHARE;
    DELETE FROM clinic.members WHERE clerk_user_id = NEW.clerk_user_id AND acting_for IS NULL;
    INSERT INTO clinic.members (clerk_user_id, clinic_id, role)
    SELECT NEW.clerk_user_id, c.id, NEW.role FROM clinic.clinics c
    WHERE c.id = NEW.clinic_id AND c.status = 'active' AND NEW.status = 'active';
    IF TG_OP = 'INSERT' OR (OLD.role, OLD.clinic_id, OLD.status) IS DISTINCT FROM (NEW.role, NEW.clinic_id, NEW.status) THEN
        INSERT INTO clinic.audit (action, user_id, clinic_id, detail)
        VALUES ('user', NEW.id, NEW.clinic_id, jsonb_build_object('role', NEW.role, 'status', NEW.status) || CASE TG_OP
            WHEN 'UPDATE' THEN jsonb_build_object('was', jsonb_build_object('role', OLD.role, 'status', OLD.status, 'clinic_id', OLD.clinic_id))
            ELSE '{}' END);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION clinic.settle() IS 'Trigger of clinic.users: makes the user''s row in clinic.members what it should be, and writes changes of role, clinic and status to the audit.';
CREATE TRIGGER settle AFTER INSERT OR UPDATE ON clinic.users FOR EACH ROW EXECUTE FUNCTION clinic.settle();

CREATE FUNCTION clinic.settle_clinic() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO clinic.audit (action, clinic_id, detail)
    VALUES ('clinic', NEW.id, jsonb_build_object('status', NEW.status, 'was', OLD.status));
    UPDATE clinic.users SET clinic_id = clinic_id WHERE clinic_id = NEW.id; -- so that each is settled
    RETURN NULL;
END $$;
COMMENT ON FUNCTION clinic.settle_clinic() IS 'Trigger of clinic.clinics: settles its users where its status changes, and writes that to the audit.';
CREATE TRIGGER settle AFTER UPDATE ON clinic.clinics FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION clinic.settle_clinic();

-- Having the database role of staff is not enough: what a token, or a login, says of itself is confirmed by clinic.users.
CREATE FUNCTION clinic.is_staff(role clinic.role) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    RETURN EXISTS (SELECT FROM clinic.users u
        WHERE u.clerk_user_id = auth.user_id() AND u.role = is_staff.role AND u.status = 'active');
COMMENT ON FUNCTION clinic.is_staff(clinic.role) IS
'Whether the caller is an active user with this role, by clinic.users. Never NULL. Error 28000: the token presented is refused.';

-- What makes a table one of an area, to be called for tables of your own too: protect() asks callers for the permissions,
-- and what is added, all of it RESTRICTIVE, asks staff, whom protect() lets pass, and has nobody delete.
CREATE FUNCTION clinic.guard(target regclass, area text, tenant_column name DEFAULT 'clinic_id', force boolean DEFAULT true,
    template text DEFAULT 'tenant') RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part regclass;
    name name;
    rule text;
BEGIN
    IF area IS NULL THEN
        RAISE EXCEPTION 'area must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    RETURN QUERY SELECT tenancy.protect(target, template, tenant_column => tenant_column, read => ARRAY[area || '.read'],
        write => ARRAY[area || '.write'], remove => '{}', force => force);
    -- Partitions and children too: asked directly, each answers by its own policies.
    FOR part, name, rule IN SELECT f, p.* FROM tenancy.family(target) f, (VALUES
        ('clinic_admin', $p$TO clinic_admin USING ((SELECT clinic.is_staff('admin')))$p$),
        -- A mentor sees all clinics, and writes only by acting for somebody: then they are authenticated.
        ('clinic_mentor', $p$TO clinic_mentor USING ((SELECT clinic.is_staff('mentor'))) WITH CHECK (false)$p$),
        -- Rows end by their status, for staff too.
        ('clinic_keep', 'FOR DELETE TO PUBLIC USING (false)')) AS p (name, rule)
    LOOP
        IF EXISTS (SELECT FROM pg_policy WHERE polrelid = part AND polname = name) THEN
            EXECUTE format('DROP POLICY %I ON %s', name, part);
        END IF;
        rule := format('CREATE POLICY %I ON %s AS RESTRICTIVE %s', name, part, rule);
        EXECUTE rule;
        RETURN NEXT rule;
    END LOOP;
END $$;
COMMENT ON FUNCTION clinic.guard(regclass, text, name, boolean, text) IS
'Protects a table (tenancy.protect) and gives it to an area of the dictionary, with its partitions and children: callers need area.read to read and area.write to write, staff their role in clinic.users, and nobody deletes rows. Returns what protect() returned, and the policies. For who ran this pack, on tables of theirs; running it again makes the policies anew, and is needed after adding a partition. Errors: those of tenancy.protect(); 22004 area is NULL.';

-- Users: a caller sees themself and those of their clinic. Written by hand: staff have no clinic, and no template has
-- rows that are a user's or their tenant's.
ALTER TABLE clinic.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY callers ON clinic.users FOR SELECT TO authenticated
    USING (clerk_user_id = auth.user_id() OR clinic_id = auth.tenant_uuid());
CREATE POLICY admins ON clinic.users TO clinic_admin USING ((SELECT clinic.is_staff('admin')));
CREATE POLICY mentors ON clinic.users FOR SELECT TO clinic_mentor USING ((SELECT clinic.is_staff('mentor')));
GRANT SELECT ON clinic.users TO authenticated, clinic_admin, clinic_mentor;
GRANT UPDATE (role, clinic_id, status) ON clinic.users TO clinic_admin;

-- The audit: a clinic sees who acted there for whom, clinic_admin sees all of it. By hand: lines of no clinic are staff's
-- alone (tenant_or_global would show them to everybody), and a clinic sees some of its own.
ALTER TABLE clinic.audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY callers ON clinic.audit FOR SELECT TO authenticated USING (
    clinic_id = auth.tenant_uuid() AND action = 'act_for' AND (SELECT auth.has_permission(VARIADIC ARRAY['audit.read'])));
CREATE POLICY admins ON clinic.audit FOR SELECT TO clinic_admin USING ((SELECT clinic.is_staff('admin')));
GRANT SELECT ON clinic.audit TO authenticated, clinic_admin;

-- Entitlements, as Stripe's events give and take them. No role of a clinic has subscription.write or clinic.write.
-- (Not forced: the functions here that run as the owner write both.)
CREATE TABLE clinic.subscriptions (
    clinic_id uuid PRIMARY KEY REFERENCES clinic.clinics,
    entitlements text[] NOT NULL CHECK (entitlements <@ '{crm,agenda,patients,finance,marketing,mentoring}' AND array_position(entitlements, NULL) IS NULL),
    revision bigint NOT NULL
);
COMMENT ON TABLE clinic.subscriptions IS 'What each clinic has paid for: areas (clinic.sync_subscription). revision is the newest of Stripe''s.';
SELECT clinic.guard('clinic.clinics', 'clinic', tenant_column => 'id', force => false, template => 'tenant_root');
SELECT clinic.guard('clinic.subscriptions', 'subscription', force => false);

CREATE FUNCTION clinic.entitled(area text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM clinic.subscriptions s WHERE s.clinic_id = auth.tenant_uuid() AND entitled.area = ANY (s.entitlements));
COMMENT ON FUNCTION clinic.entitled(text) IS
'Whether the caller''s clinic has paid for an area. Never NULL; false for who may not read clinic.subscriptions.';

-- The caller, as the database sees them: for the app to ask, also for those who are pending.
CREATE VIEW clinic.me WITH (security_invoker = true) AS
    SELECT u.id, u.role, u.status, auth.tenant_uuid() AS clinic_id, auth.roles() AS roles, auth.permissions() AS permissions, s.entitlements
    FROM clinic.users u LEFT JOIN clinic.subscriptions s ON s.clinic_id = auth.tenant_uuid()
    WHERE u.clerk_user_id = auth.user_id();
COMMENT ON VIEW clinic.me IS
'One row: who the caller is by clinic.users, and the effective clinic, roles, permissions and entitlements of this transaction. No row for those who are unknown.';
GRANT SELECT ON clinic.me TO authenticated, clinic_admin, clinic_mentor;

-- Webhooks. Delivery is never exactly once and never in order: an event counts once by its id, and what an event says
-- counts where its revision is newer than what is there. An event that fails leaves nothing behind, so it can be
-- delivered again.
CREATE TABLE clinic.events (
    provider text,
    id text,
    revision bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, id)
);
COMMENT ON TABLE clinic.events IS 'The webhook events that were taken in: what is here is not taken in again.';
ALTER TABLE clinic.events ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION clinic.sync_user(event text, revision bigint, clerk_user_id text, email text, name text, deleted boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF sync_user.clerk_user_id = '' THEN
        RAISE EXCEPTION 'clerk_user_id must not be empty' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO clinic.events (provider, id, revision) VALUES ('clerk', sync_user.event, sync_user.revision)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'duplicate';
    END IF;
    -- Role and clinic are not Clerk's to say, nor whether somebody suspended is active. Deletion is for good, and takes
    -- away what is personal.
    INSERT INTO clinic.users AS u (clerk_user_id, email, name, status, revision)
    SELECT sync_user.clerk_user_id, CASE WHEN NOT gone THEN sync_user.email END, CASE WHEN NOT gone THEN sync_user.name END,
        CASE WHEN gone THEN 'deleted' ELSE 'active' END, sync_user.revision
    FROM (SELECT COALESCE(sync_user.deleted, false)) AS d (gone)
    ON CONFLICT (clerk_user_id) DO UPDATE SET email = excluded.email, name = excluded.name, revision = excluded.revision,
        status = CASE excluded.status WHEN 'deleted' THEN 'deleted' ELSE u.status END
    WHERE u.revision < excluded.revision AND (u.status <> 'deleted' OR excluded.status = 'deleted');
    IF FOUND THEN
        RETURN 'applied';
    END IF;
    INSERT INTO clinic.audit (action, user_id, detail)
    SELECT 'stale', u.id, jsonb_build_object('provider', 'clerk', 'event', sync_user.event, 'revision', sync_user.revision, 'newest', u.revision)
    FROM clinic.users u WHERE u.clerk_user_id = sync_user.clerk_user_id;
    RETURN 'stale';
END $$;
COMMENT ON FUNCTION clinic.sync_user(text, bigint, text, text, text, boolean) IS
'Takes in an event of Clerk''s about a user, who is new as pending. event: its id; revision: what grows with each change of the user (updated_at in milliseconds; of a deletion, the time of the event). Returns applied; duplicate: this event was there already; stale: what is there is as new or newer, or was deleted, which the audit keeps. For clinic_webhook. Errors: 22023 clerk_user_id is empty; 23502 an argument is NULL; 23514 no email.';

CREATE FUNCTION clinic.sync_subscription(event text, revision bigint, clinic_id uuid, entitlements text[]) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    given CONSTANT jsonb := jsonb_build_object('provider', 'stripe', 'event', event, 'revision', revision, 'entitlements', entitlements);
BEGIN
    INSERT INTO clinic.events (provider, id, revision) VALUES ('stripe', sync_subscription.event, sync_subscription.revision)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'duplicate';
    END IF;
    INSERT INTO clinic.subscriptions AS s (clinic_id, entitlements, revision)
    VALUES (sync_subscription.clinic_id, sync_subscription.entitlements, sync_subscription.revision)
    ON CONFLICT (clinic_id) DO UPDATE SET entitlements = excluded.entitlements, revision = excluded.revision
    WHERE s.revision < excluded.revision;
    IF FOUND THEN
        INSERT INTO clinic.audit (action, clinic_id, detail) VALUES ('subscription', sync_subscription.clinic_id, given);
        RETURN 'applied';
    END IF;
    INSERT INTO clinic.audit (action, clinic_id, detail)
    SELECT 'stale', s.clinic_id, given || jsonb_build_object('newest', s.revision)
    FROM clinic.subscriptions s WHERE s.clinic_id = sync_subscription.clinic_id;
    RETURN 'stale';
END $$;
COMMENT ON FUNCTION clinic.sync_subscription(text, bigint, uuid, text[]) IS
'Takes in an event of Stripe''s: all the areas that a clinic is entitled to from now on, an empty array for none. event, revision and what it returns are as for clinic.sync_user(). For clinic_webhook. Errors: 23502 an argument is NULL; 23503 no such clinic; 23514 an area that is not in the dictionary.';

-- Acting for another. A mentor becomes a member of the mentorado's clinic, with the role of the mentorado, by a row that
-- is taken away as the transaction commits: no other session ever sees it, nothing expires and nothing has to be ended.
-- The audit line commits with what was written, or both do not. What was read before a ROLLBACK leaves no line, which
-- tells a mentor nothing that they may not read as staff.
CREATE FUNCTION clinic.begin_acting(mentorado uuid, reason text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    their_clinic uuid;
BEGIN
    IF COALESCE(reason, '') !~ '[^[:space:]]' THEN
        RAISE EXCEPTION 'a reason is required' USING ERRCODE = 'invalid_parameter_value', HINT = 'The audit keeps it.';
    ELSIF NOT clinic.is_staff('mentor') THEN
        RAISE EXCEPTION 'only a mentor may act for another' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'The caller is no active mentor in clinic.users.';
    END IF;
    SELECT m.clinic_id INTO their_clinic FROM clinic.users u JOIN clinic.members m ON m.clerk_user_id = u.clerk_user_id
    WHERE u.id = begin_acting.mentorado AND m.role = 'mentorado' AND m.acting_for IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user % cannot be acted for', COALESCE(begin_acting.mentorado::text, 'NULL')
            USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'A mentor acts for active users whose role is mentorado, in clinics that are active.';
    END IF;
    INSERT INTO clinic.audit (action, user_id, clinic_id, reason)
    VALUES ('act_for', begin_acting.mentorado, their_clinic, begin_acting.reason);
    INSERT INTO clinic.members (clerk_user_id, clinic_id, role, acting_for)
    VALUES (auth.user_id(), their_clinic, 'mentorado', begin_acting.mentorado);
    RETURN their_clinic;
END $$;
COMMENT ON FUNCTION clinic.begin_acting(uuid, text) IS
'The part of clinic.act_for() that needs the owner''s rights: checks, writes the audit line, makes the caller a member, and returns the clinic.';

CREATE FUNCTION clinic.act_for(mentorado uuid, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM auth.use_tenant(clinic.begin_acting(mentorado, reason)::text);
    PERFORM set_config('role', 'authenticated', true);
END $$;
COMMENT ON FUNCTION clinic.act_for(uuid, text) IS
'For the rest of this transaction the caller, a mentor, has the rights of a mentorado (clinic.users.id) in that one''s clinic and no others: the database role is authenticated, auth.user_id() still the mentor. The audit keeps both, and the reason. For clinic_mentor. Errors: 22023 no reason; 42501 the caller is no active mentor, or the other no active mentorado; 25P01 outside a transaction block.';

CREATE FUNCTION clinic.end_acting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM clinic.members WHERE id = NEW.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION clinic.end_acting() IS 'Trigger of clinic.members: takes away the row of who acts for another, as the transaction commits.';
CREATE CONSTRAINT TRIGGER end_acting AFTER INSERT ON clinic.members DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.acting_for IS NOT NULL) EXECUTE FUNCTION clinic.end_acting();

-- The areas. Every key carries the clinic, so that no row refers to another clinic's, and so leads an index with it.
CREATE TABLE clinic.leads (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'won', 'deleted')),
    PRIMARY KEY (clinic_id, id)
);
CREATE TABLE clinic.patients (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted')),
    PRIMARY KEY (clinic_id, id)
);
CREATE TABLE clinic.appointments (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    patient_id uuid NOT NULL,
    at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'done', 'deleted')),
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patients
);
CREATE INDEX ON clinic.appointments (clinic_id, patient_id);
CREATE TABLE clinic.invoices (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    patient_id uuid NOT NULL,
    cents bigint NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paid', 'deleted')),
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patients
);
CREATE INDEX ON clinic.invoices (clinic_id, patient_id);
CREATE TABLE clinic.campaigns (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted')),
    PRIMARY KEY (clinic_id, id)
);
CREATE TABLE clinic.sessions (
    clinic_id uuid REFERENCES clinic.clinics,
    id uuid DEFAULT gen_random_uuid(),
    notes text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted')),
    PRIMARY KEY (clinic_id, id)
);
COMMENT ON TABLE clinic.leads IS 'Area crm.';
COMMENT ON TABLE clinic.patients IS 'Area patients.';
COMMENT ON TABLE clinic.appointments IS 'Area agenda.';
COMMENT ON TABLE clinic.invoices IS 'Area finance.';
COMMENT ON TABLE clinic.campaigns IS 'Area marketing, for clinics that have paid for it.';
COMMENT ON TABLE clinic.sessions IS 'Area mentoring.';
SELECT clinic.guard('clinic.leads', 'crm');
SELECT clinic.guard('clinic.patients', 'patients');
SELECT clinic.guard('clinic.appointments', 'agenda');
SELECT clinic.guard('clinic.invoices', 'finance');
SELECT clinic.guard('clinic.campaigns', 'marketing');
SELECT clinic.guard('clinic.sessions', 'mentoring');

-- An entitlement is one more condition.
CREATE POLICY clinic_entitled ON clinic.campaigns AS RESTRICTIVE TO authenticated
    USING ((SELECT clinic.entitled('marketing')));

-- Who may call what. Nobody may call the functions of triggers: whoever may make a temporary table could have them run
-- on rows of their own, with the owner's rights.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA clinic FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.is_staff, clinic.entitled TO authenticated, clinic_admin, clinic_mentor;
GRANT EXECUTE ON FUNCTION clinic.act_for, clinic.begin_acting TO clinic_mentor;
GRANT EXECUTE ON FUNCTION clinic.sync_user, clinic.sync_subscription TO clinic_webhook;

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('clinic.path_before'), true);

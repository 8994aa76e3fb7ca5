-- SECURITY DEFINER functions that see all tenants, for the nightly job: one may be executed by that job's role alone, the other is in a
-- schema that callers may not use.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE nightly_job LOGIN;

CREATE SCHEMA app;
CREATE SCHEMA internal;
GRANT USAGE ON SCHEMA app TO authenticated, nightly_job;
CREATE TABLE app.sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id text NOT NULL,
    ended_at timestamptz
);
INSERT INTO app.sessions (tenant_id, user_id) VALUES
    ('11111111-1111-1111-1111-111111111111', 'ann'), ('22222222-2222-2222-2222-222222222222', 'bob');
SELECT tenancy.protect('app.sessions', force => false);

CREATE FUNCTION app.count_open_sessions() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT count(*) FROM app.sessions WHERE ended_at IS NULL $$;
REVOKE EXECUTE ON FUNCTION app.count_open_sessions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.count_open_sessions() TO nightly_job;

CREATE FUNCTION internal.purge_sessions() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ DELETE FROM app.sessions WHERE ended_at < now() - interval '30 days' $$;

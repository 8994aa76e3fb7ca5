-- 5,000 tables of 25 schemas, 1,000 of each kind: protected by tenant, by user, through a parent, by hand, and not at all.
-- Their owner is no superuser. Columns stand in different places, and policies by hand are written in ten ways.
CREATE ROLE audit_owner LOGIN CREATEROLE;
GRANT CREATE ON DATABASE audit TO audit_owner;
SET ROLE audit_owner;
CREATE EXTENSION pg_tenancy;
SET client_min_messages = error;
RESET ROLE;
SELECT tenancy.bootstrap_roles('audit_app');
SET ROLE audit_owner;
CREATE PROCEDURE pg_temp.make(n int) LANGUAGE plpgsql AS $$
DECLARE
    schema text := format('app_%s', n % 25);
    before text := (SELECT string_agg(format('c%s text, ', i), '') FROM generate_series(1, n % 7) i);
    stem text := format('%I.t_%s', schema, n);
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', schema);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO authenticated', schema);
    EXECUTE format('CREATE TABLE %s_tenant (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s tenant_id uuid NOT NULL, title text)', stem, before);
    EXECUTE format('CREATE TABLE %s_user (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s user_id text NOT NULL, title text)', stem, before);
    EXECUTE format('CREATE TABLE %s_child (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s parent_id bigint NOT NULL REFERENCES %s_tenant, title text)', stem, before, stem);
    EXECUTE format('CREATE TABLE %s_hand (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s tenant_id uuid NOT NULL, user_id text, title text)', stem, before);
    EXECUTE format('CREATE TABLE %s_bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s title text)', stem, before);
    PERFORM tenancy.protect(format('%s_tenant', stem)::regclass);
    PERFORM tenancy.protect(format('%s_user', stem)::regclass, 'user');
    PERFORM tenancy.protect(format('%s_child', stem)::regclass, 'via_parent');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s_hand, %s_bare TO authenticated', stem, stem);
    EXECUTE format('ALTER TABLE %s_hand ENABLE ROW LEVEL SECURITY', stem);
    EXECUTE format('CREATE POLICY p_read ON %s_hand FOR SELECT USING (%s)', stem, (ARRAY['tenant_id = auth.tenant_uuid()', 'tenant_id = (SELECT auth.tenant_uuid())',
        '(SELECT auth.user_id() = user_id)', 'tenant_id::text = current_setting(''app.tenant'', true)', 'true', 'auth.user_id() IS NULL OR user_id = auth.user_id()',
        'tenant_id = ANY (auth.tenant_uuids())', 'auth.claim_text(''user_metadata'', ''role'') = ''admin''', 'user_id = current_user', 'EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relname = title)'])[1 + n % 10]);
    EXECUTE format('CREATE POLICY p_insert ON %s_hand FOR INSERT WITH CHECK (tenant_id = auth.tenant_uuid())', stem);
    EXECUTE format('CREATE POLICY p_update ON %s_hand FOR UPDATE USING (tenant_id = auth.tenant_uuid())', stem);
    EXECUTE format('CREATE POLICY p_delete ON %s_hand FOR DELETE USING (tenant_id = auth.tenant_uuid())', stem);
    COMMIT;
END $$;
DO $$
BEGIN
    FOR n IN 1 .. 1000 LOOP
        CALL pg_temp.make(n);
    END LOOP;
END $$;
RESET ROLE;
ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_policy, pg_catalog.pg_depend, pg_catalog.pg_constraint, pg_catalog.pg_index, pg_catalog.pg_trigger;

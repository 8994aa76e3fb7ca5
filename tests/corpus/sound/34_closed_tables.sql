-- A vault with row security and no policy, and one USING (false), hold API keys: nobody but the owner's functions gets in, and that is
-- meant. A table of migrations has no row security, no primary key to speak of, and no grants.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA vault;
CREATE TABLE vault.secrets (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    secret text NOT NULL,
    api_key text,
    PRIMARY KEY (tenant_id, name)
);
CREATE TABLE vault.card_tokens (
    tenant_id uuid NOT NULL,
    token text NOT NULL,
    PRIMARY KEY (tenant_id, token)
);
ALTER TABLE vault.secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.card_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON vault.card_tokens USING (false) WITH CHECK (false);
INSERT INTO vault.secrets VALUES
    ('11111111-1111-1111-1111-111111111111', 'smtp', 'a'), ('22222222-2222-2222-2222-222222222222', 'smtp', 'b');

CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('abc', 1);

CREATE TABLE public.apps (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, name text NOT NULL);
SELECT tenancy.protect('public.apps');

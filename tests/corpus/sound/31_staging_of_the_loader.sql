-- Tables without row security that a login may write, TRUNCATE included: the staging area of the import job, whose login is no caller and
-- reaches nothing else. Callers may not even use the schema, and the job's rows get to tenants through the owner's migration.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE import_job LOGIN;

CREATE SCHEMA staging;
GRANT USAGE ON SCHEMA staging TO import_job;
CREATE TABLE staging.bank_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    iban text NOT NULL,
    amount numeric(12, 2) NOT NULL
);
GRANT SELECT, INSERT, TRUNCATE ON staging.bank_lines TO import_job;

CREATE TABLE public.payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    amount numeric(12, 2) NOT NULL
);
INSERT INTO public.payments (tenant_id, amount) VALUES
    ('11111111-1111-1111-1111-111111111111', 10), ('22222222-2222-2222-2222-222222222222', 20);
SELECT tenancy.protect('public.payments');

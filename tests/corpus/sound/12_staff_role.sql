-- A policy USING (true) for all commands: it is for the staff role, which is a database role of its own, is said to be staff, and which the
-- app's login cannot become.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE support_staff NOLOGIN;
CREATE ROLE backoffice_login LOGIN NOINHERIT;
GRANT support_staff TO backoffice_login;
SELECT tenancy.configure('staff_roles', 'support_staff');

CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO authenticated, support_staff;
CREATE TABLE desk.tickets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    subject text NOT NULL
);
CREATE TABLE desk.answers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    body text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO desk.tickets (tenant_id, subject) VALUES
    ('11111111-1111-1111-1111-111111111111', 'help'), ('22222222-2222-2222-2222-222222222222', 'broken');
SELECT tenancy.protect('desk.tickets');
ALTER TABLE desk.answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE desk.answers FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON desk.answers TO authenticated USING (tenant_id = auth.tenant_uuid());
CREATE POLICY staff ON desk.answers TO support_staff USING (true) WITH CHECK (true);
GRANT SELECT ON desk.answers TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON desk.answers TO support_staff;

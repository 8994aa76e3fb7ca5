-- Visitors who are not signed in may INSERT: into a contact form's table without tenants, whose check says what such a row may hold, and
-- which nobody but the staff reads.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE sales_staff NOLOGIN;
SELECT tenancy.configure('staff_roles', 'sales_staff');

CREATE SCHEMA site;
GRANT USAGE ON SCHEMA site TO anonymous, authenticated, sales_staff;
CREATE TABLE site.contact_requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    email text NOT NULL,
    message text NOT NULL,
    handled boolean NOT NULL DEFAULT false
);
ALTER TABLE site.contact_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE site.contact_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY form ON site.contact_requests FOR INSERT TO anonymous, authenticated
    WITH CHECK (NOT handled AND length(message) BETWEEN 1 AND 4000 AND position('@' IN email) > 1);
CREATE POLICY staff ON site.contact_requests TO sales_staff USING (true) WITH CHECK (true);
GRANT INSERT (email, message) ON site.contact_requests TO anonymous, authenticated;
GRANT SELECT, UPDATE ON site.contact_requests TO sales_staff;

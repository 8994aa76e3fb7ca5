-- Patients may be read by whoever has the role of a nurse, as the token says, and no column is asked: a nurse of one clinic reads the
-- patients of all. (pgrls SEC005.)
-- finds: policy_without_own_column policy nurses_read on clinic.patients
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
SELECT tenancy.configure('tenant_column', 'clinic_id');

CREATE SCHEMA clinic;
GRANT USAGE ON SCHEMA clinic TO authenticated;
CREATE TABLE clinic.patients (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    clinic_id uuid NOT NULL,
    name text NOT NULL,
    born_on date,
    diagnosis text
);
CREATE INDEX ON clinic.patients (clinic_id, name);
INSERT INTO clinic.patients (clinic_id, name, diagnosis) VALUES
    ('11111111-1111-1111-1111-111111111111', 'Ada', 'flu'), ('22222222-2222-2222-2222-222222222222', 'Ben', 'burnout');

ALTER TABLE clinic.patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.patients FORCE ROW LEVEL SECURITY;
CREATE POLICY nurses_read ON clinic.patients FOR SELECT TO authenticated
    USING (auth.has_role('nurse', 'doctor'));
CREATE POLICY doctors_write ON clinic.patients FOR UPDATE TO authenticated
    USING (clinic_id = auth.tenant_uuid() AND auth.has_role('doctor'));
GRANT SELECT, UPDATE ON clinic.patients TO authenticated;

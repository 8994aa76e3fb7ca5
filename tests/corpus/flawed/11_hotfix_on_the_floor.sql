-- A hot fix for "support sees nothing" opened the RESTRICTIVE floor that protect() had written and added a policy for all. Nothing
-- narrows any more: each signed-in caller reads and answers the tickets of every tenant.
-- finds: protection_drifted table helpdesk.tickets
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA helpdesk;
GRANT USAGE ON SCHEMA helpdesk TO authenticated;
CREATE TABLE helpdesk.tickets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    subject text NOT NULL,
    answer text,
    status text NOT NULL DEFAULT 'open'
);
INSERT INTO helpdesk.tickets (tenant_id, subject) VALUES
    ('11111111-1111-1111-1111-111111111111', 'cannot log in'), ('22222222-2222-2222-2222-222222222222', 'we were hacked');
SELECT tenancy.protect('helpdesk.tickets');

-- Friday night
ALTER POLICY tenancy_floor ON helpdesk.tickets USING (true) WITH CHECK (true);
CREATE POLICY support_sees_all ON helpdesk.tickets TO authenticated USING (true) WITH CHECK (true);

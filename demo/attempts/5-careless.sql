-- The owner is careless: CREATE POLICY oops … USING (true), and GRANT ALL … TO PUBLIC
CREATE POLICY oops ON axis.requests USING (true) WITH CHECK (true);
CREATE POLICY oops ON axis.comments USING (true) WITH CHECK (true);
CREATE POLICY oops ON axis.tenants USING (true) WITH CHECK (true);
CREATE POLICY oops ON axis.audit_logs_2026_06 USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA axis TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA axis TO PUBLIC;

-- attempt: SELECT without a filter
SELECT * FROM axis.requests;

-- attempt: INSERT for their tenant
INSERT INTO axis.requests (tenant_id, user_id, title) VALUES (:'their_tenant', :'their_user', 'planted');

-- attempt: SELECT of what belongs to a row
SELECT * FROM axis.comments WHERE request_id = :'their_request';

-- attempt: INSERT under their row
INSERT INTO axis.comments (request_id, body) VALUES (:'their_request', 'planted');

-- attempt: UPDATE of their tenant
UPDATE axis.tenants SET name = 'taken over' WHERE id = :'their_tenant';

-- attempt: UPDATE of their row
UPDATE axis.requests SET title = 'taken over' WHERE id = :'their_request';

-- attempt: DELETE of their row
DELETE FROM axis.requests WHERE id = :'their_request';

-- attempt: a partition by its name
SELECT * FROM axis.audit_logs_2026_06;

-- attempt: INSERT into a partition
INSERT INTO axis.audit_logs_2026_06 (tenant_id, at, entry) VALUES (:'their_tenant', '2026-06-30', 'planted');

-- attempt: TRUNCATE
TRUNCATE axis.evidence_files;

-- attempt: TRUNCATE of a partition
TRUNCATE axis.audit_logs_2026_06;

-- attempt: no claims, no database role
BEGIN;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: RESET ROLE
BEGIN;
SELECT :i_log_in \g /dev/null
RESET ROLE;
SELECT * FROM axis.requests;
COMMIT;

-- attempt: a view with the owner's rights
SELECT * FROM axis.as_owner;

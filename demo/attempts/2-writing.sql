-- Writing

-- attempt: INSERT for their tenant
INSERT INTO axis.requests (tenant_id, user_id, title) VALUES (:'their_tenant', :'their_user', 'planted');

-- attempt: INSERT … RETURNING
INSERT INTO axis.audit_logs (tenant_id, entry) VALUES (:'their_tenant', 'planted') RETURNING *;

-- attempt: INSERT under their row
INSERT INTO axis.comments (request_id, body) VALUES (:'their_request', 'planted');

-- attempt: UPDATE of their tenant
UPDATE axis.tenants SET name = 'taken over' WHERE id = :'their_tenant';

-- attempt: UPDATE of their row
UPDATE axis.requests SET status = 'closed', title = 'taken over' WHERE id = :'their_request';

-- attempt: UPDATE … RETURNING
UPDATE axis.users SET name = 'taken over' WHERE id = :'their_user' RETURNING *;

-- attempt: UPDATE, an own row to them
UPDATE axis.evidence_files SET tenant_id = :'their_tenant', request_id = :'their_request' WHERE id = :'my_file';

-- attempt: UPDATE, their row to me
UPDATE axis.evidence_files SET tenant_id = :'my_tenant', request_id = :'my_request' WHERE id = :'their_file';

-- attempt: UPDATE, an own comment to them
UPDATE axis.comments SET request_id = :'their_request' WHERE request_id = :'my_request';

-- attempt: UPDATE, their comment to me
UPDATE axis.comments SET request_id = :'my_request' WHERE request_id = :'their_request';

-- attempt: DELETE under their row
DELETE FROM axis.comments WHERE request_id = :'their_request';

-- attempt: DELETE of their row
DELETE FROM axis.evidence_files WHERE id = :'their_file';

-- attempt: DELETE without a filter
DELETE FROM axis.requests;

-- attempt: MERGE into their row
MERGE INTO axis.requests USING (SELECT :'their_request'::uuid AS id) AS wanted ON requests.id = wanted.id
WHEN MATCHED THEN UPDATE SET title = 'taken over';

-- attempt: MERGE that inserts for them
MERGE INTO axis.audit_logs USING (SELECT :'their_tenant'::uuid AS id) AS wanted ON false
WHEN NOT MATCHED THEN INSERT (tenant_id, entry) VALUES (wanted.id, 'planted');

-- attempt: upsert on the key of their row
INSERT INTO axis.users (id, tenant_id, email, name)
VALUES (:'their_user', :'my_tenant', 'me@example.com', 'taken over')
ON CONFLICT (id) DO UPDATE SET name = excluded.name;

-- attempt: COPY … FROM
COPY axis.audit_logs (tenant_id, entry) FROM STDIN WITH (FORMAT csv);
aa000000-0000-4000-8000-000000000000,planted
bb000000-0000-4000-8000-000000000000,planted
\.

-- attempt: TRUNCATE
TRUNCATE axis.evidence_files;

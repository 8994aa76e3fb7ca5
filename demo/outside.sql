-- Every row of every tenant, as a superuser sees it: tenant, table, row.
SELECT id::text, 'tenants', to_jsonb(t) FROM axis.tenants t
UNION ALL SELECT tenant_id::text, 'users', to_jsonb(u) FROM axis.users u
UNION ALL SELECT tenant_id::text, 'requests', to_jsonb(r) FROM axis.requests r
UNION ALL SELECT tenant_id::text, 'evidence_files', to_jsonb(e) FROM axis.evidence_files e
UNION ALL SELECT r.tenant_id::text, 'comments', to_jsonb(c) FROM axis.comments c JOIN axis.requests r ON r.id = c.request_id
UNION ALL SELECT tenant_id::text, 'audit_logs', to_jsonb(a) FROM axis.audit_logs a
ORDER BY 1, 2, 3;

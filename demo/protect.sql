-- All of the protection. The tables' owner runs it; what it returns is what it ran.
SELECT tenancy.protect('axis.tenants', 'tenant_root') AS tenants;
SELECT tenancy.protect('axis.users') AS users;
SELECT tenancy.protect('axis.requests') AS requests;
SELECT tenancy.protect('axis.evidence_files') AS evidence_files;
SELECT tenancy.protect('axis.comments', 'via_parent') AS comments;
SELECT tenancy.protect('axis.audit_logs') AS audit_logs;

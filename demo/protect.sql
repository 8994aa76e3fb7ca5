-- All of the protection. The tables' owner runs it; what it returns is what it ran.
SELECT tenancy.protect('axis.tenants', tenant_column => 'id') AS tenants;
SELECT tenancy.protect('axis.users') AS users;
SELECT tenancy.protect('axis.requests') AS requests;
SELECT tenancy.protect('axis.evidence_files') AS evidence_files;
SELECT tenancy.protect('axis.audit_logs') AS audit_logs;

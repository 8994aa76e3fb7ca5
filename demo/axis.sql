-- AXIS, a SaaS in which companies gather evidence for their audits: its tables as a team would write them,
-- without a word about row security. Their owner runs this file.
CREATE SCHEMA axis;

CREATE TABLE axis.tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL
);

CREATE TABLE axis.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES axis.tenants,
    email text NOT NULL,
    name text NOT NULL,
    UNIQUE (tenant_id, email),
    UNIQUE (tenant_id, id)
);

-- The tenant is part of each foreign key, so that a row cannot refer to another tenant's.
CREATE TABLE axis.requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    title text NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    FOREIGN KEY (tenant_id, user_id) REFERENCES axis.users (tenant_id, id),
    UNIQUE (tenant_id, id)
);
CREATE INDEX ON axis.requests (tenant_id, user_id);

CREATE TABLE axis.evidence_files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    request_id uuid NOT NULL,
    file_name text NOT NULL,
    bytes bigint NOT NULL,
    FOREIGN KEY (tenant_id, request_id) REFERENCES axis.requests (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ON axis.evidence_files (tenant_id, request_id);

-- Comments have no tenant of their own: they belong to a request, and so to its tenant.
CREATE TABLE axis.comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    request_id uuid NOT NULL REFERENCES axis.requests ON DELETE CASCADE,
    body text NOT NULL
);

CREATE TABLE axis.audit_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES axis.tenants,
    at timestamptz NOT NULL DEFAULT now(),
    entry text NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE axis.audit_logs_2026_06 PARTITION OF axis.audit_logs FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
CREATE TABLE axis.audit_logs_2026_07 PARTITION OF axis.audit_logs FOR VALUES FROM ('2026-07-01') TO ('2026-08-01');
CREATE TABLE axis.audit_logs_later PARTITION OF axis.audit_logs DEFAULT;

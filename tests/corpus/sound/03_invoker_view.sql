-- Views over protected tables, one over the other, owned by a superuser and readable by callers: WITH (security_invoker) they read as the
-- caller, however deep.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO authenticated;
CREATE TABLE billing.invoices (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL,
    total numeric(12, 2) NOT NULL,
    paid boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, number)
);
INSERT INTO billing.invoices VALUES ('11111111-1111-1111-1111-111111111111', 1, 10), ('22222222-2222-2222-2222-222222222222', 1, 20);
SELECT tenancy.protect('billing.invoices');

RESET ROLE;
CREATE VIEW billing.open_invoices WITH (security_invoker = true) AS
    SELECT tenant_id, number, total FROM billing.invoices WHERE NOT paid;
CREATE VIEW billing.open_total WITH (security_invoker = on, security_barrier) AS
    SELECT tenant_id, sum(total) AS total FROM billing.open_invoices GROUP BY tenant_id;
GRANT SELECT ON billing.open_invoices, billing.open_total TO authenticated;

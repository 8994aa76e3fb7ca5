-- Somebody enabled row security on each partition and not on their parent. Queries through the parent go by the parent's policies alone:
-- there are none to obey, and all tenants' payments are read. (splinter 0013 looks at leaves only.)
-- finds: rls_disabled table pay.payments
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA pay;
GRANT USAGE ON SCHEMA pay TO authenticated;
CREATE TABLE pay.payments (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    amount numeric(12, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
) PARTITION BY HASH (tenant_id);
CREATE TABLE pay.payments_0 PARTITION OF pay.payments FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE pay.payments_1 PARTITION OF pay.payments FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO pay.payments VALUES (1, 1, 10), (2, 1, 20), (3, 1, 30);
ALTER TABLE pay.payments_0 ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.payments_0 FORCE ROW LEVEL SECURITY;
ALTER TABLE pay.payments_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.payments_1 FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON pay.payments_0 TO authenticated USING (tenant_id = auth.tenant_bigint());
CREATE POLICY own ON pay.payments_1 TO authenticated USING (tenant_id = auth.tenant_bigint());
GRANT SELECT, INSERT ON pay.payments TO authenticated;

-- Row security by current_setting('app.tenant'), as it is done without any extension, with a sentinel for "nobody": COALESCE falls back to a
-- tenant that cannot exist, not to the row's own column, so who has no tenant sees nothing.
CREATE ROLE pos_backend LOGIN;
SET ROLE owner;

CREATE SCHEMA pos;
GRANT USAGE ON SCHEMA pos TO pos_backend;
CREATE TABLE pos.receipts (
    tenant_id bigint NOT NULL CHECK (tenant_id > 0),
    id bigint NOT NULL,
    total numeric(10, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE pos.shifts (
    tenant_id bigint NOT NULL CHECK (tenant_id > 0),
    started_at timestamptz NOT NULL,
    cashier text,
    PRIMARY KEY (tenant_id, started_at)
);
INSERT INTO pos.receipts VALUES (1, 1, 12.50), (2, 1, 99.00);
INSERT INTO pos.shifts VALUES (1, '2026-11-01', NULL), (2, '2026-11-01', 'omar');
ALTER TABLE pos.receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE pos.receipts FORCE ROW LEVEL SECURITY;
ALTER TABLE pos.shifts ENABLE ROW LEVEL SECURITY;
ALTER TABLE pos.shifts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON pos.receipts TO pos_backend
    USING (tenant_id = (SELECT COALESCE(NULLIF(current_setting('app.tenant', true), '')::bigint, -1)));
CREATE POLICY tenant ON pos.shifts TO pos_backend
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::bigint) AND (cashier IS NULL OR cashier <> ''));
GRANT SELECT, INSERT ON pos.receipts, pos.shifts TO pos_backend;

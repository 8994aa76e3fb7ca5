-- The policy compares the tenant with the database role. That was right when each tenant had a login; since the pooler came all are
-- the pooler's one, so everybody writes as, and sees, the tenant of that name; session_user does no better. (pgrls SEC018.)
-- finds: database_role_as_caller policy per_login on stock.items
-- finds: database_role_as_caller policy per_session on stock.items
CREATE ROLE pooler_login LOGIN;
SET ROLE owner;

CREATE SCHEMA stock;
GRANT USAGE ON SCHEMA stock TO pooler_login;
CREATE TABLE stock.items (
    tenant_id text NOT NULL DEFAULT current_user,
    sku text NOT NULL,
    quantity integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, sku)
);
INSERT INTO stock.items VALUES ('pooler_login', 'bolt', 5), ('alpha', 'bolt', 900);
ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock.items FORCE ROW LEVEL SECURITY;
CREATE POLICY per_login ON stock.items TO pooler_login USING (tenant_id = current_user);
CREATE POLICY per_session ON stock.items FOR SELECT TO pooler_login USING (session_user::text = tenant_id);
GRANT SELECT, INSERT, UPDATE ON stock.items TO pooler_login;

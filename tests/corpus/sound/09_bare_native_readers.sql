-- auth.tenant_id() and auth.user_id() bare, as splinter warns of: these readers are native and STABLE, take an index and cost nothing to
-- speak of. A FOR ALL policy without WITH CHECK is no hole either: USING is its check.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA chat;
GRANT USAGE ON SCHEMA chat TO authenticated;
CREATE TABLE chat.channels (
    tenant_id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE TABLE chat.messages (
    tenant_id text NOT NULL,
    channel text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id text NOT NULL DEFAULT auth.user_id(),
    body text NOT NULL,
    PRIMARY KEY (tenant_id, channel, id),
    FOREIGN KEY (tenant_id, channel) REFERENCES chat.channels (tenant_id, name)
);
INSERT INTO chat.channels VALUES ('org_2aBc', 'general'), ('org_2dEf', 'general');
INSERT INTO chat.messages (tenant_id, channel, user_id, body) VALUES
    ('org_2aBc', 'general', 'user_1', 'hello'), ('org_2dEf', 'general', 'user_2', 'hi');
ALTER TABLE chat.channels ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat.channels FORCE ROW LEVEL SECURITY;
ALTER TABLE chat.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat.messages FORCE ROW LEVEL SECURITY;
CREATE POLICY org ON chat.channels TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY org ON chat.messages TO authenticated USING (tenant_id = auth.tenant_id());
CREATE POLICY own_words ON chat.messages AS RESTRICTIVE FOR UPDATE TO authenticated USING (user_id = auth.user_id());
GRANT SELECT, INSERT ON chat.channels TO authenticated;
GRANT SELECT, INSERT, UPDATE ON chat.messages TO authenticated;

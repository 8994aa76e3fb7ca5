-- Changes are published for a realtime service and a search index, without row filters: replication does not ask row security, so every
-- subscriber gets the messages of all tenants. (pgrls SEC051; Supabase's supabase_realtime is such a publication.)
-- finds: publication_without_filter publication realtime
-- finds: publication_without_filter publication everything
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA chat;
GRANT USAGE ON SCHEMA chat TO authenticated;
CREATE TABLE chat.rooms (
    tenant_id text NOT NULL,
    id text NOT NULL,
    topic text,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE chat.messages (
    tenant_id text NOT NULL,
    room_id text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    body text NOT NULL,
    PRIMARY KEY (tenant_id, room_id, sent_at),
    FOREIGN KEY (tenant_id, room_id) REFERENCES chat.rooms (tenant_id, id)
);
SELECT tenancy.protect('chat.rooms');
SELECT tenancy.protect('chat.messages');
CREATE PUBLICATION realtime FOR TABLE chat.messages, chat.rooms WHERE (topic IS NOT NULL) WITH (publish = 'insert');
RESET ROLE;
CREATE PUBLICATION everything FOR ALL TABLES;

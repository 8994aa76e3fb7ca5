-- A rule from the days before triggers: an UPDATE of the queue is carried out on the tickets with the rights of the queue's owner, whom
-- row security does not bind. A caller closes any tenant's tickets by writing to the queue.
-- finds: rewriting_rule rule close_ticket on desk.queue
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO authenticated;
CREATE TABLE desk.tickets (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    status text NOT NULL DEFAULT 'open',
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO desk.tickets VALUES (1, 100), (2, 200);
ALTER TABLE desk.tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON desk.tickets TO authenticated USING (tenant_id = auth.tenant_bigint());
GRANT SELECT ON desk.tickets TO authenticated;

CREATE TABLE desk.queue (
    tenant_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (tenant_id, ticket_id)
);
ALTER TABLE desk.queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE desk.queue FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON desk.queue TO authenticated
    USING (tenant_id = auth.tenant_bigint()) WITH CHECK (tenant_id = auth.tenant_bigint());
CREATE RULE close_ticket AS ON INSERT TO desk.queue
    DO ALSO UPDATE desk.tickets SET status = NEW.status WHERE id = NEW.ticket_id;
GRANT SELECT, INSERT ON desk.queue TO authenticated;

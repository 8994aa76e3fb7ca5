#!/usr/bin/env bash
# A logical replica: the initial copy brings every row, what follows is applied, TRUNCATE too, and callers see there what they
# see on the publisher. And what its two roles need, the one that reads the publisher and the one that writes the replica.
SECONDS_ALLOWED=300
. "$REPO/tests/lib/survives.sh"

make_cluster publisher wal_level=logical max_wal_senders=30 max_replication_slots=30
make_cluster subscriber max_logical_replication_workers=20 max_worker_processes=30 max_replication_slots=30 wal_retrieve_retry_interval=200ms
start_cluster publisher
start_cluster subscriber
publisher() { PGHOST=$clusters/publisher sql -d source "$@"; }
export PGHOST=$clusters/publisher
make_source
publisher <<'SQL'
CREATE PUBLICATION by_partition FOR TABLES IN SCHEMA shapes;
CREATE PUBLICATION by_root FOR TABLES IN SCHEMA shapes WITH (publish_via_partition_root);
CREATE PUBLICATION documents FOR TABLE shapes.documents;
-- Without a key, whole rows say which row was changed.
SELECT format('ALTER TABLE %s REPLICA IDENTITY FULL', c.oid::regclass) FROM pg_class c
WHERE relnamespace = 'shapes'::regnamespace AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary) \gexec
SQL

# Beforehand on the replica: the roles, the schema, and the settings of pg_tenancy, which are rows of its tables.
pg_dumpall --roles-only -f "$folder/roles"
pg_dump -d source --schema-only --no-publications -Fc -f "$folder/schema"
pg_dump -d source --data-only -t 'tenancy.*' -Fc -f "$folder/settings"
export PGHOST=$clusters/subscriber
psql -X -q -f "$folder/roles" >"$folder/said" 2>&1
! grep ERROR "$folder/said" | grep -vq 'role "postgres" already exists' || fail "$(cat "$folder/said")"
make_replica() {
    sql -c "CREATE DATABASE $1 OWNER shapes_owner TEMPLATE template0"
    pg_restore -d "$1" "$folder/schema"
    pg_restore -d "$1" "$folder/settings"
}
subscribe() { # $1: database; $2: publication; $3: how to connect; $4: options of the subscription
    sql -d "$1" -c "SET client_min_messages = warning" \
        -c "CREATE SUBSCRIPTION $1 CONNECTION 'host=$clusters/publisher dbname=source $3' PUBLICATION $2 ${4-}"
}
eventually() { # $1: database; $2: SQL; $3: what it is to say; $4: what it is
    local said
    for _ in {1..300}; do
        said=$(sql -d "$1" -c "$2")
        [ "$said" != "$3" ] || return 0
        sleep 0.1
    done
    fail "$4: $said, not $3: $(tail -20 "$clusters/subscriber.log")"
}
copied="SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"
logged() { # $1: what the replica logs sooner or later
    for _ in {1..300}; do
        ! grep -q "$1" "$clusters/subscriber.log" || return 0
        sleep 0.1
    done
    fail "the replica never says: $1: $(tail -20 "$clusters/subscriber.log")"
}

# Who writes. From 16 on a subscription acts as the owner of each table, whom FORCE binds, so the copy of every such table is
# refused; with run_as_owner, as its own owner, here a superuser. (15 knows the latter only.)
make_replica replica
subscribe replica by_partition user=postgres
as_owner=
if [ "$PG_MAJOR" -ge 16 ]; then
    as_owner='WITH (run_as_owner)'
    logged 'user "shapes_owner" cannot replicate into relation with row-level security enabled: "documents"'
    sql -d replica -c 'ALTER SUBSCRIPTION replica SET (run_as_owner)'
fi
eventually replica "$copied" t 'the initial copy'
survived replica 'a logical replica'

# With partitions published as their parent; and, from 16 on, written by a role that is no superuser.
make_replica by_root
if [ "$PG_MAJOR" -ge 16 ]; then
    sql -c 'CREATE ROLE writer LOGIN BYPASSRLS IN ROLE pg_create_subscription, pg_write_all_data, pg_read_all_data' -c 'GRANT CREATE ON DATABASE by_root TO writer'
    subscribe by_root by_root user=postgres 'WITH (run_as_owner, password_required = false, enabled = false)'
    sql -d by_root -c 'ALTER SUBSCRIPTION by_root OWNER TO writer' -c 'ALTER SUBSCRIPTION by_root ENABLE'
else
    subscribe by_root by_root user=postgres
fi
eventually by_root "$copied" t "the initial copy by the partitions' parent"
survived by_root "a logical replica, published by the partitions' parent"

# Who reads. A role without BYPASSRLS gets no rows and no error, unless the connection says row_security=off.
publisher -c 'CREATE ROLE reader LOGIN REPLICATION IN ROLE pg_read_all_data'
make_replica starved
subscribe starved documents user=reader "$as_owner"
eventually starved "$copied" t 'a copy by a reader who is bound'
[ "$(sql -d starved -c 'SELECT count(*) FROM shapes.documents')" = 0 ] || fail 'a reader who is bound has read rows'
make_replica refused
subscribe refused documents "user=reader options=''-crow_security=off''" "$as_owner"
logged 'query would be affected by row-level security policy for table "documents"'
publisher -c 'ALTER ROLE reader BYPASSRLS'
eventually refused "$copied" t 'a copy by a reader with BYPASSRLS'
[ "$(sql -d refused -c 'SELECT count(*) FROM shapes.documents')" = 3 ] || fail 'a reader with BYPASSRLS has not read all rows'

# What follows: of a bound caller; a row that is moved to another tenant and TRUNCATE, which the triggers there do not hinder.
publisher -c BEGIN -c 'SET LOCAL ROLE authenticated' -c "SET LOCAL request.jwt.claims = '{\"sub\": \"bob\"}'" -c "INSERT INTO shapes.events (id, note) VALUES (77, 'new')" \
    -c "UPDATE shapes.texts SET note = 'changed'" -c 'DELETE FROM shapes.documents' -c "INSERT INTO shapes.spread (id) VALUES (77)" -c COMMIT
for database in replica by_root; do
    eventually $database "SELECT tenant_id FROM shapes.events WHERE id = 77 AND note = 'new'" bbbbbbbb-0000-4000-8000-000000000002 "an INSERT on $database"
    eventually $database "SELECT id FROM shapes.texts WHERE note = 'changed'" 2 "an UPDATE on $database"
    eventually $database 'SELECT count(*) FROM shapes.documents' 2 "a DELETE on $database"
    eventually $database 'SELECT count(*) FROM shapes.spread WHERE id = 77' 1 "an INSERT on $database"
done
publisher -c 'SET session_replication_role = replica' -c "UPDATE shapes.ruled SET tenant_id = 'bbbbbbbb-0000-4000-8000-000000000002' WHERE id = 1"
for database in replica by_root; do
    eventually $database 'SELECT left(tenant_id::text, 1) FROM shapes.ruled WHERE id = 1' b "a move on $database"
done
# (A writer who is no superuser needs to be a member of the tables' owner for that: pg_write_all_data is not enough.)
[ "$PG_MAJOR" -lt 16 ] || sql -c 'GRANT shapes_owner TO writer'
publisher -c 'TRUNCATE shapes.events, shapes.texts'
for database in replica by_root; do
    eventually $database 'SELECT count(*) FROM shapes.events' 0 "a TRUNCATE on $database"
    eventually $database 'SELECT count(*) FROM shapes.texts' 0 "a TRUNCATE on $database"
    diff <(publisher -c 'SELECT shapes.behaviour()') <(sql -d $database -c 'SELECT shapes.behaviour()') || fail "$database does not follow"
done

# A member who is removed on the publisher sees nothing more on the replica, in a transaction that goes on either.
seen=$(sql -d replica <<SQL
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "ann"}';
SELECT count(*) FROM shapes.spread;
\! psql -X -q -h $clusters/publisher -d source -c "DELETE FROM shapes.members WHERE user_id = 'ann'"
\! for i in \$(seq 100); do [ "\$(psql -X -q -A -t -d replica -c "SELECT count(*) FROM shapes.members WHERE user_id = 'ann'")" = 1 ] || break; sleep 0.1; done
SELECT count(*) FROM shapes.spread;
SQL
)
[ "$seen" = $'2\n0' ] || fail "a member who was removed on the publisher sees: $seen"

# FOR ALL TABLES takes the tables of pg_tenancy along, whose rows the replica has already: it never becomes whole.
publisher -c 'CREATE PUBLICATION everything FOR ALL TABLES'
[ -n "$(publisher -c "SELECT 1 FROM pg_publication_tables WHERE pubname = 'everything' AND schemaname = 'tenancy' LIMIT 1")" ]
make_replica everything
subscribe everything everything user=postgres "$as_owner"
logged 'duplicate key value violates unique constraint "role_definition_pkey"'

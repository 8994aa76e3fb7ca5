#!/usr/bin/env bash
# Behind PgBouncer in transaction mode a server connection serves many callers: 16 clients of 50 tenants share 3.
# Each transaction checks that it sees all the rows of its own tenant and not one of another's; transactions that
# roll back, or set other claims in a savepoint that is rolled back, or set none at all, come in between.
set -euo pipefail

found=$("$REPO/tools/packages.py" debian pgbouncer) || { echo 'PgBouncer cannot be had'; exit 77; }
mapfile -t folders <<<"$found"
[ "$(id -u)" = 0 ] && bouncer_as=$PG_AS || bouncer_as=

work=$(mktemp -d /tmp/pg_tenancy.XXXXXX)
trap '[ -z "${bouncer:-}" ] || kill "$bouncer" 2>/dev/null || true; wait || true; rm -rf "$work"' EXIT
chmod 777 "$work"

export PGDATABASE=pooled
psql -X -q -d postgres -c 'CREATE DATABASE pooled'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles(app => 'pooled_app');
CREATE TABLE items (tenant_id bigint NOT NULL, n int NOT NULL);
INSERT INTO items SELECT t, n FROM generate_series(1, 50) t, generate_series(1, 20) n;
SELECT tenancy.protect('items');
SQL

cat >"$work/pgbouncer.ini" <<INI
[databases]
pooled = host=$PGHOST port=$PGPORT dbname=pooled
[pgbouncer]
listen_addr =
unix_socket_dir = $work
auth_type = trust
auth_file = $work/users
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
INI
echo '"pooled_app" ""' >"$work/users"
chmod 644 "$work/pgbouncer.ini" "$work/users"
LD_LIBRARY_PATH=${folders[1]} $bouncer_as "${folders[0]}/usr/sbin/pgbouncer" "$work/pgbouncer.ini" >"$work/log" 2>&1 &
bouncer=$!
export PGHOST=$work PGPORT=6432 PGUSER=pooled_app
for _ in {1..50}; do psql -X -q -c '' 2>/dev/null && break; sleep 0.1; done

# A division by zero ends the client, and pgbench with an error.
sees_own='SELECT 1 / (count(*) = 20 AND bool_and(tenant_id = :tenant))::int FROM items;'
sees_none='SELECT 1 / (count(*) = 0)::int FROM items;'
claims="set_config('request.jwt.claims', format('{\"sub\": \"u%s\", \"tenant_id\": %s}', :tenant::int, :tenant::int), true)"
other="set_config('request.jwt.claims', format('{\"sub\": \"u%s\", \"tenant_id\": %s}', :other::int, :other::int), true)"
variables='\set tenant random(1, 50)
\set other 1 + :tenant % 50'
cat >"$work/commit.sql" <<SQL
$variables
BEGIN;
SELECT auth.set_claims(format('{"sub": "u%s", "tenant_id": %s}', :tenant::int, :tenant::int)::jsonb);
$sees_own
COMMIT;
SQL
cat >"$work/rollback.sql" <<SQL
$variables
BEGIN;
SELECT $claims, set_config('role', 'authenticated', true);
$sees_own
UPDATE items SET n = n;
ROLLBACK;
SQL
cat >"$work/savepoint.sql" <<SQL
$variables
BEGIN;
SELECT $claims, set_config('role', 'authenticated', true);
$sees_own
SAVEPOINT s;
SELECT $other;
SELECT 1 / (count(*) = 20 AND bool_and(tenant_id = :other))::int FROM items;
ROLLBACK TO s;
$sees_own
COMMIT;
SQL
cat >"$work/nobody.sql" <<SQL
BEGIN;
SET LOCAL ROLE authenticated;
$sees_none
COMMIT;
SQL

scripts=("$work"/commit.sql "$work"/rollback.sql "$work"/savepoint.sql "$work"/nobody.sql)
run() { pgbench -n -c 16 -j 2 -t 200 "$@" "${scripts[@]/#/--file=}" 2>&1; }
for protocol in simple extended; do
    out=$(run -M $protocol) || { echo "$out"; exit 1; }
    grep -q 'transactions actually processed: 3200/3200' <<<"$out" || { echo "$out"; exit 1; }
done

# The check can fail: without protection the same scripts do.
PGHOST=${PGDATA%/data} PGPORT=5432 PGUSER=postgres psql -X -q -c 'ALTER TABLE items DISABLE ROW LEVEL SECURITY'
if out=$(run); then echo "nothing was noticed without row security: $out"; exit 1; fi
grep -q 'division by zero' <<<"$out" || { echo "$out"; exit 1; }

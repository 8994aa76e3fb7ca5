#!/usr/bin/env bash
# Behind PgBouncer in transaction mode a server connection serves many callers: 200 of 50 tenants share 10. They log in
# or set claims, roll back, err, use savepoints and hang up, in each of the modes (pgbouncer/callers), and not one row
# of another tenant may be seen or written. $1: how many transactions; make soak takes many.
set -euo pipefail
shopt -s inherit_errexit

transactions=${1:-6000}
# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 $((120 + transactions / 250)) "$0" "$transactions"

REPO=${REPO:-$(cd "$(dirname "$0")/../.." && pwd)}
found=$("$REPO/tools/packages.py" debian pgbouncer) || { echo 'PgBouncer cannot be had'; exit 77; }
mapfile -t folders <<<"$found"
[ "$(id -u)" = 0 ] && bouncer_as=$PG_AS || bouncer_as=

work=$(mktemp -d /tmp/pg_tenancy.XXXXXX)
trap '[ -z "${bouncer:-}" ] || { kill -KILL "$bouncer"; wait; } 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 777 "$work"

psql -X -q -d postgres -c 'CREATE DATABASE pooled'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d pooled <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles(app => login) FROM unnest('{pooled_app,pooled_gateway}'::name[]) login;
ALTER ROLE pooled_app SET statement_timeout = '30s';
ALTER ROLE pooled_gateway SET statement_timeout = '30s';
CREATE TABLE items (
    tenant_id bigint NOT NULL,
    n int NOT NULL,
    fixed boolean NOT NULL DEFAULT false,
    written_by text NOT NULL DEFAULT auth.user_id(),
    updates int NOT NULL DEFAULT 0,
    updated_by text
);
SELECT tenancy.protect('items');
SQL

# Two logins, so 10 connections.
cat >"$work/pgbouncer.ini" <<INI
[databases]
pooled = host=$PGHOST port=$PGPORT dbname=pooled
[pgbouncer]
listen_addr =
unix_socket_dir = $work
listen_port = 6432
auth_type = trust
auth_file = $work/users
stats_users = pooled_app
pool_mode = transaction
default_pool_size = 5
max_client_conn = 300
listen_backlog = 300
log_connections = 0
log_disconnections = 0
INI
printf '"%s" ""\n' pooled_app pooled_gateway >"$work/users"
chmod 644 "$work/pgbouncer.ini" "$work/users"
LD_LIBRARY_PATH=${folders[1]} $bouncer_as "${folders[0]}/usr/sbin/pgbouncer" "$work/pgbouncer.ini" >"$work/log" 2>&1 &
bouncer=$!
for _ in {1..50}; do psql -X -q -h "$work" -p 6432 -U pooled_app -d pooled -c '' 2>/dev/null && break; sleep 0.1; done

callers() { "$REPO/tests/clients/pgbouncer/callers" "$1" "$work" pooled; }
callers "$transactions" 2>&1 | tee "$work/out" || { tail -n 20 "$work/log"; exit 1; }
grep -q ' over 10 server connections: ' "$work/out" || { echo 'these are not 10 server connections'; exit 1; }

# The check can fail: without row security the same callers see and write rows of other tenants.
psql -X -q -d pooled -c 'ALTER TABLE items DISABLE ROW LEVEL SECURITY'
if out=$(callers 600 2>&1); then echo "nothing was noticed without row security: $out"; exit 1; fi
[[ $out =~ ' '[1-9][0-9,]*' foreign rows seen, '[1-9][0-9,]*' written' ]] ||
    { echo "without row security: $out"; exit 1; }

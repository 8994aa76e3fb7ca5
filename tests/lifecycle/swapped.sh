#!/usr/bin/env bash
# A table's owner swaps the table for a view with code of theirs while a superuser's protect() waits for its lock. The
# superuser gets an error, and the owner's code never runs as them.
set -euo pipefail

export PGDATABASE=swapped
dropdb --if-exists "$PGDATABASE" 2>/dev/null
createdb "$PGDATABASE"
work=$(mktemp -d)
trap 'wait; dropdb --if-exists "$PGDATABASE"; psql -X -q -d postgres -c "DROP ROLE IF EXISTS swapper"; rm -rf "$work"' EXIT

psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles();
CREATE ROLE swapper LOGIN;
CREATE SCHEMA m AUTHORIZATION swapper;
SQL
psql -X -q -U swapper -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE m.blocker ();
CREATE FUNCTION m.trap() RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN ALTER ROLE swapper SUPERUSER; RETURN 'x'; END $$;
SQL

# Waits until a session of the role waits for a lock.
until_waiting() {
    for _ in {1..100}; do
        [ "$(psql -X -A -t -c "SELECT count(*) FROM pg_stat_activity WHERE usename = '$1' AND wait_event_type = 'Lock'")" = 0 ] || return 0
        sleep 0.1
    done
    echo "nobody waits"; exit 1
}

attempt() { # $1: arguments of protect(); $2: what it says in the end
    psql -X -q -U swapper -v ON_ERROR_STOP=1 -c 'CREATE TABLE m.t (tenant_id text)'
    mkfifo "$work/swap"
    psql -X -q -U swapper <"$work/swap" &
    exec 9>"$work/swap"
    echo 'BEGIN; ALTER TABLE m.t RENAME TO t2; CREATE VIEW m.t AS SELECT m.trap() AS tenant_id;' >&9
    sleep 0.5
    psql -X -A -t -c "SELECT count(*) > 0 FROM tenancy.protect('m.t'$1)" >"$work/out" 2>&1 &
    local protecting=$!
    # With dry_run it looks at the catalog alone, and so has nothing to wait for.
    if [ -n "$1" ]; then wait "$protecting" || true; else until_waiting postgres; fi
    echo 'COMMIT;' >&9
    exec 9>&-
    wait "$protecting" || true
    grep -q "$2" "$work/out" || { echo "protect('m.t'$1) said:"; cat "$work/out"; exit 1; }
    [ "$(psql -X -A -t -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'swapper'")" = f ] || { echo 'the owner is a superuser'; exit 1; }
    psql -X -q -U swapper -c 'DROP VIEW m.t' -c 'DROP TABLE m.t2'
    rm "$work/swap"
}
attempt ''                   'was renamed or replaced meanwhile'
attempt ', dry_run => true'  '^t$'

#!/usr/bin/env bash
# A table's owner swaps the table for a view with code of theirs while a superuser's protect() waits for its lock. The
# superuser gets an error, and the owner's code never runs as them.
set -euo pipefail

export PGDATABASE=swapped
psql -X -q -d postgres -c 'CREATE DATABASE swapped'
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles();
CREATE ROLE swapper LOGIN;
CREATE SCHEMA m AUTHORIZATION swapper;
SQL
psql -X -q -U swapper -v ON_ERROR_STOP=1 <<'SQL'
CREATE FUNCTION m.trap() RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN ALTER ROLE swapper SUPERUSER; RETURN 'x'; END $$;
SQL

attempt() { # $1: more arguments of protect(); $2: how the swapper knows that it is time; $3: what protect() says
    psql -X -q -U swapper -v ON_ERROR_STOP=1 <<SQL &
CREATE TABLE m.t (tenant_id text);
BEGIN;
ALTER TABLE m.t RENAME TO t2;
CREATE VIEW m.t AS SELECT m.trap() AS tenant_id;
DO \$\$ BEGIN FOR i IN 1..100 LOOP EXIT WHEN $2; PERFORM pg_sleep(0.1); END LOOP; END \$\$;
COMMIT;
SQL
    local swapping=$! out
    for _ in {1..100}; do
        [ "$(psql -X -A -t -c "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = to_regclass('m.t')")" = 0 ] || break
        sleep 0.1
    done
    out=$(psql -X -A -t -c "SET statement_timeout = '30s'" -c "SELECT count(*) > 0 FROM tenancy.protect('m.t'$1)" 2>&1) || true
    wait "$swapping"
    grep -q "$3" <<<"$out" || { echo "protect('m.t'$1) said: $out"; exit 1; }
    [ "$(psql -X -A -t -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'swapper'")" = f ] || { echo 'the owner is a superuser'; exit 1; }
    psql -X -q -U swapper -c 'DROP VIEW m.t' -c 'DROP TABLE m.t2'
}
attempt '' 'EXISTS (SELECT FROM pg_locks WHERE NOT granted)' 'was renamed or replaced meanwhile'
# With dry_run it looks at the catalog alone, and so waits for nobody.
attempt ', dry_run => true' 'i = 30' '^t$'

psql -X -q -d postgres -c 'DROP DATABASE swapped' -c 'DROP ROLE swapper'

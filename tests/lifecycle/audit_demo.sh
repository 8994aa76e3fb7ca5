#!/usr/bin/env bash
# The audit finds nothing in the demo's database, not even what is merely worth knowing; and something, once its owner has
# been careless.
set -euo pipefail

cd "$REPO"
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
sql -c 'CREATE ROLE axis_owner LOGIN' -c 'CREATE DATABASE axis OWNER axis_owner'
export PGDATABASE=axis
sql -c 'CREATE EXTENSION pg_tenancy'
sql -f demo/roles.sql >/dev/null
sql -U axis_owner -f demo/axis.sql
sql -f demo/rows.sql
sql -U axis_owner -f demo/protect.sql >/dev/null 2>&1

found=$(sql -U axis_owner -c 'SELECT level, code, object FROM tenancy.audit()')
[ -z "$found" ] || { echo "found in the demo: $found"; exit 1; }
sql -U axis_owner -c "SELECT tenancy.assert_isolated(level => 'notice')" >/dev/null
wrong=$(sql -c "SELECT t, attempt FROM unnest('{requests,evidence_files,comments,users}'::text[]) t, tenancy.prove(('axis.' || t)::regclass) WHERE NOT passed")
[ -z "$wrong" ] || { echo "crossed in the demo: $wrong"; exit 1; }

sql -U axis_owner -c 'ALTER TABLE axis.requests DISABLE ROW LEVEL SECURITY'
[[ $(sql -U axis_owner -c 'SELECT code FROM tenancy.audit()') = *protection_drifted* ]] || { echo 'what is open is not found'; exit 1; }

#!/usr/bin/env bash
# The README's SQL runs as it stands, from the top.
set -euo pipefail

export PGDATABASE=readme
dropdb --if-exists "$PGDATABASE"
createdb "$PGDATABASE"
sql=$(sed -n '/^```sql$/,/^```$/p' "$REPO/README.md" | grep -v '^```')
out=$(psql -X -v ON_ERROR_STOP=1 <<<"$sql"$'\n''SELECT sees_nothing_because FROM tenancy.whoami();' 2>&1) || { echo "$out"; exit 1; }
dropdb "$PGDATABASE"
psql -X -q -d postgres -c 'DROP ROLE app'

# The row of the example went in without naming its tenant, and is seen by it.
grep -q '3f2504e0-4f89-41d3-9a0c-0305e82c3301 | ours' <<<"$out" || { echo "$out"; exit 1; }

#!/usr/bin/env bash
# The README's SQL runs as it stands, from the top; and so does that of the pages on templates, staff and tests, each in a
# database of its own: each statement gives what the page says ("-- => ..."), in that order, and none fails that is not
# said to.
set -euo pipefail

blocks() { sed -n '/^```sql$/,/^```$/p' "$1" | grep -v '^```'; }

export PGDATABASE=readme
dropdb --if-exists "$PGDATABASE"
createdb "$PGDATABASE"
out=$(psql -X -v ON_ERROR_STOP=1 <<<"$(blocks "$REPO/README.md")"$'\n''SELECT sees_nothing_because FROM tenancy.whoami();' 2>&1) || { echo "$out"; exit 1; }
dropdb "$PGDATABASE"
psql -X -q -d postgres -c 'DROP ROLE app'

# The row of the example went in without naming its tenant, and is seen by it.
grep -q '3f2504e0-4f89-41d3-9a0c-0305e82c3301 | ours' <<<"$out" || { echo "$out"; exit 1; }

for page in "$REPO"/docs/template*.md "$REPO"/docs/{staff,testing,prove,audit}.md; do
    createdb "$PGDATABASE"
    psql -X -q -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION pg_tenancy' \
        -c "SELECT tenancy.bootstrap_roles(app => 'app')" >/dev/null
    out=$(psql -X -q -At <<<"$(blocks "$page")" 2>&1)
    awk 'NR == FNR { if (sub(/.*-- => /, "")) wanted[++all] = $0; next }
         $0 == wanted[given + 1] { given++; next }
         /^ERROR:|^FATAL:/ { print "not said: " $0; failed = 1 }
         END { if (given < all) { print "not given: " wanted[given + 1]; failed = 1 }
               exit failed || !all }' <(blocks "$page") - <<<"$out" || { echo "$page: $out"; exit 1; }
    dropdb "$PGDATABASE"
    psql -X -q -d postgres -c 'DROP ROLE app' -c 'DROP ROLE IF EXISTS support'
done

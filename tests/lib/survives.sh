# What survives_*.sh share: a protected database, and whether a copy of it is protected as it is. To be sourced.
set -euo pipefail
. tests/lib/cluster.sh
here=$(basename "$0")
folder=$clusters
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() {
    echo "$here: $1"
    exit 1
}

# The database source. How it is protected is in $folder/state, what callers can do there in $folder/behaviour.
make_source() {
    sql -v db=source -f "$REPO/tests/lib/shapes.sql" >"$folder/said" 2>&1 || fail "$(cat "$folder/said")"
    take_source
    grep -q '^ann of a, documents: read 2 a; change 2 a; move 42501; delete 2 a; insert a 1 a; insert b 42501; insert 1 a; truncate 42501; $' "$folder/behaviour" &&
        grep -q '^bob of b, events: read 1 b; ' "$folder/behaviour" || fail "there is nothing to compare with: $(cat "$folder/behaviour")"
    comparison_works source 'the source itself'
}
take_source() {
    sql -d source -c 'SELECT shapes.state()' >"$folder/state"
    sql -d source -c 'SELECT shapes.behaviour()' >"$folder/behaviour"
}

# after DATABASE SQL WANTED WHAT: done there, it leaves the state and the behaviour the same or makes them others. It is undone.
after() {
    local found
    sql -d "$1" <<SQL
BEGIN;
SET LOCAL client_min_messages = error;
$2 \g /dev/null
\o $folder/state.now
SELECT shapes.state();
\o $folder/behaviour.now
SELECT shapes.behaviour();
\o
ROLLBACK;
SQL
    found="$(cmp -s "$folder/state" "$folder/state.now" && echo same || echo other) $(cmp -s "$folder/behaviour" "$folder/behaviour.now" && echo same || echo other)"
    [ "$found" = "$3" ] || fail "$4: state and behaviour are ($found), not ($3), after: $2"
}

# Whoever takes protection off the copy makes it another; a careless policy does so only where the floor is missing.
comparison_works() { # $1: database; $2: what it is
    after "$1" 'ALTER TABLE shapes.documents DISABLE ROW LEVEL SECURITY' 'other other' "$2"
    after "$1" 'CREATE POLICY oops ON shapes.events USING (true)' 'other same' "$2"
    after "$1" 'DROP POLICY tenancy_floor ON shapes.events; CREATE POLICY oops ON shapes.events USING (true)' 'other other' "$2"
    after "$1" 'DROP TRIGGER tenancy_truncate ON shapes.base; DROP POLICY tenancy_select ON shapes.base; SELECT shapes.protect()' 'same same' "$2"
}

protect_again() { sql -U shapes_owner -d "$1" -o /dev/null -c 'SET client_min_messages = error' -c 'SELECT shapes.protect()'; }

# survived DATABASE WHAT: protected as the source is, and protect() finds nothing to do.
survived() {
    same "$1" "$2"
    comparison_works "$1" "$2"
    echo "$2: survived"
}
same() {
    local todo
    sql -d "$1" -c 'SELECT shapes.state()' | diff "$folder/state" - || fail "$2: another state"
    sql -d "$1" -c 'SELECT shapes.behaviour()' | diff "$folder/behaviour" - || fail "$2: another behaviour"
    todo=$(sql -U shapes_owner -d "$1" -c 'SET client_min_messages = error' -c 'SELECT shapes.protect()')
    [ -z "$todo" ] || fail "$2: protect() had to do: $todo"
}

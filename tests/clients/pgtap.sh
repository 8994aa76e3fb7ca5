#!/usr/bin/env bash
# tenancy.act_as() within pgTAP: the test in docs/testing.md passes on a protected table, with Debian's pgTAP (which is
# SQL, and so the same for every server); and fails where a policy lets callers see and write what is not theirs.
set -euo pipefail
shopt -s inherit_errexit

# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 120 "$0"

found=$("$REPO/tools/packages.py" debian postgresql-15-pgtap) || { echo 'pgTAP cannot be had'; exit 77; }
mapfile -t folders <<<"$found"
pgtap=$(find "${folders[0]}" -name 'pgtap--*.sql' | grep -E 'pgtap--[0-9.]+\.sql$')
blocks() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$REPO/docs/testing.md" | grep -v '^```'; }

fail() {
    echo "pgtap.sh: $1"
    exit 1
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# make_database NAME SQL…: with pgTAP, and what installs pg_tenancy.
make_database() {
    export PGDATABASE=$1
    sql -d postgres -c "CREATE DATABASE $1"
    sql -c 'SET client_min_messages = warning' "${@:2}" >/dev/null
    sql -c 'SET client_min_messages = warning' -f "$pgtap" -c "SELECT tenancy.bootstrap_roles()" >/dev/null
    sql -c 'SET client_min_messages = warning' -f - <<<"$(blocks sql | sed '/^BEGIN;$/,$d')" >/dev/null
}
# tap EXPECTED WHAT: what the test prints of its five steps.
tap() {
    local out said
    out=$(sql <<<"$(blocks 'sql pgtap')" 2>&1) || fail "$2: $out"
    said=$(grep -oE '^(1\.\.5|ok [0-9]+|not ok [0-9]+)' <<<"$out" | tr '\n' ',')
    [ "$said" = "1..5,$1," ] || fail "$2: $out"
}

for edition in native portable; do
    case $edition in
        native) make_database tap_native -c 'CREATE EXTENSION pg_tenancy' ;;
        portable) make_database tap_portable -1 -f "$PORTABLE_SQL" ;;
    esac
    tap 'ok 1,ok 2,ok 3,ok 4,ok 5' "$edition"

    # The floor holds against a careless policy.
    sql -c 'CREATE POLICY oops ON notes USING (true)'
    tap 'ok 1,ok 2,ok 3,ok 4,ok 5' "$edition, a careless policy"

    # Without it that policy lets ann see and write, and gus see, what is not theirs; and anonymous is given rights.
    sql -c 'SET client_min_messages = warning' -c "SELECT tenancy.unprotect('notes')" -c 'ALTER TABLE notes ENABLE ROW LEVEL SECURITY' \
        -c "ALTER TABLE notes ALTER tenant_id SET DEFAULT 'acme'" -c 'GRANT SELECT, INSERT ON notes TO authenticated, anonymous' \
        -c 'GRANT USAGE ON SEQUENCE notes_id_seq TO authenticated' >/dev/null
    tap 'not ok 1,not ok 2,ok 3,not ok 4,not ok 5' "$edition, a careless policy alone"
done

# In mode verified, where no claims are believed, it is the same.
export PGDATABASE=tap_native
sql -c 'SET client_min_messages = warning' -c 'DROP POLICY oops ON notes' -c "SELECT tenancy.protect('notes', write => '{editor}')" \
    -c 'REVOKE ALL ON notes FROM anonymous' -c "SELECT tenancy.configure('mode', 'verified')" >/dev/null
tap 'ok 1,ok 2,ok 3,ok 4,ok 5' 'native, mode verified'

#!/usr/bin/env bash
# With setting audit_log on, each change of the caller is one line in the server's log, which says who it is and nothing
# else, whatever a claim holds.
set -euo pipefail
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 58 "$0"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "audit_log.sh: $1"
    exit 1
}
same() { # $1: what is compared; $2: as it is to be; $3: as it is
    [ "$2" = "$3" ] || fail "$1"$'\n'"wanted: $2"$'\n'"got: $3"
}
log=$(dirname "$PGDATA")/log
[ -r "$log" ] || { echo 'the log of the server cannot be read'; exit 77; }
export PGDATABASE=audit_log PGAPPNAME=audited
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
sql -d postgres -c 'CREATE DATABASE audit_log'
sql -o /dev/null -v jwks="$(tests/lib/token jwks ed1)" <<'SQL'
SET client_min_messages = warning;
ALTER DATABASE audit_log SET log_statement = 'none';
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles('app');
SELECT tenancy.add_issuer('here', :'jwks', NULL);
CREATE TABLE docs (tenant_id text NOT NULL, n int);
INSERT INTO docs SELECT 'a', n FROM generate_series(1, 2000) n;
SELECT tenancy.protect('docs');
SQL

# logged SQL [OPTION…] runs it in a session of its own; what the server has written meanwhile is then in $work/log, and in
# $lines what follows "the caller is" in it. It is all there when the line that comes last is.
logged() {
    local from last=end$RANDOM$RANDOM
    from=$(stat -c %s "$log")
    PGUSER=app PGOPTIONS="-c client_min_messages=log ${options-}" psql -X -q -A -t "${@:2}" <<<"$1" >"$work/client" 2>&1 || true
    sql -c "DO \$\$ BEGIN RAISE LOG '$last'; END \$\$"
    for _ in {1..100}; do
        tail -c +$((from + 1)) "$log" >"$work/all"
        ! grep -q "LOG:  $last" "$work/all" || break
        sleep 0.05
    done
    sed "/LOG:  $last/,\$d" "$work/all" >"$work/log"
    lines=$(sed -n 's/^[-0-9]* [:.0-9]* UTC \[[0-9]*\] audited LOG:  pg_tenancy: the caller is //p' "$work/log")
    ! grep -q 'the caller is' "$work/client" || fail "the client is told: $(grep -m 1 'the caller is' "$work/client")"
}
# nothing_else: each line written is one of those.
nothing_else() { same "what else is in the log $1" '' "$(grep -v 'audited LOG:  pg_tenancy: the caller is ' "$work/log" || true)"; }
line() { # $1: sub; $2: tenant; $3: issuer; $4: SHA-256 of the token; as JSON
    printf '{"issuer":%s,"sub":%s,"tenant":%s,"token_sha256":%s}' "${3-null}" "$1" "$2" "${4-null}"
}
nobody=$(line null null)
claims() { printf "SET LOCAL request.jwt.claims = '{\"sub\": \"%s\", \"tenant_id\": \"%s\"}';" "$1" "${2-a}"; }
who='SELECT auth.user_id();'
token=$(tests/lib/token sign ed1 '{"iss": "here", "sub": "ann", "tenant_id": "a"}')
other=$(tests/lib/token sign ed1 '{"iss": "here", "sub": "bob", "tenant_id": "b"}')
sha() { printf '"%s"' "$(printf %s "$1" | sha256sum | cut -d ' ' -f 1)"; }
ann=$(line '"ann"' '"a"' '"here"' "$(sha "$token")")
bob=$(line '"bob"' '"b"' '"here"' "$(sha "$other")")
by_claims=$(line '"ann"' '"a"')
login="SELECT auth.login(:'token');"

off="BEGIN; $(claims ann) $who COMMIT; BEGIN; $login $who COMMIT;"
logged "$off" -v token="$token"
same 'with the setting off' '' "$lines$(cat "$work/log")"
sql -o /dev/null -c "SELECT tenancy.configure('audit_log', 'on')"
same 'the setting' on "$(sql -c "SELECT value FROM tenancy.status() WHERE setting = 'audit_log'")"

# A token, claims, both; the same caller asked again is not a change.
logged "BEGIN; $login $who $who SELECT count(*) FROM docs; COMMIT;" -v token="$token"
same 'a token' "$ann" "$lines"
nothing_else 'with a token'
! grep -q -F -e "${token:0:40}" -e "${token: -40}" -e "${token:60:40}" "$work/log" || fail 'the log holds a token'
logged "BEGIN; $(claims ann) $who SELECT auth.jwt(), auth.tenant_id(); $who COMMIT;"
same 'claims' "$by_claims" "$lines"
nothing_else 'with claims'
logged "BEGIN; $(claims ann) $who $(claims bob b) $who $login $who COMMIT; $who" -v token="$token"
same 'one after the other' "$by_claims"$'\n'"$(line '"bob"' '"b"')"$'\n'"$ann"$'\n'"$nobody" "$lines"
# What is refused is no caller.
logged "BEGIN; $login ROLLBACK; BEGIN; $login ROLLBACK;" -v token="$(tests/lib/token mutate "$token" payload)"
same 'a forged token' '' "$lines"
# Claims that are set and never asked for are no caller yet.
logged "BEGIN; $(claims ann) COMMIT;"
same 'claims that nobody asks for' '' "$lines"

# Savepoints: the change back is a change.
logged "BEGIN; $login $who SAVEPOINT s; \\set token $other
    $login $who ROLLBACK TO s; $who COMMIT;" -v token="$token"
same 'a savepoint that is rolled back' "$ann"$'\n'"$bob"$'\n'"$ann" "$lines"
logged "BEGIN; $(claims ann) $who SAVEPOINT s; $(claims bob b) $who RELEASE s; $who COMMIT;"
same 'a savepoint that is released' "$by_claims"$'\n'"$(line '"bob"' '"b"')" "$lines"
logged "BEGIN; SELECT auth.logout(); $who $login $who SELECT auth.logout(); $who $who COMMIT;" -v token="$token"
same 'auth.logout()' "$nobody"$'\n'"$ann"$'\n'"$nobody" "$lines"

# Inside functions, queries with errors: neither statement nor context.
logged "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN
    PERFORM set_config('request.jwt.claims', '{\"sub\": \"ann\", \"tenant_id\": \"a\"}', true); RETURN auth.user_id() || ' secret_context'; END \$\$;
    SELECT pg_temp.f(), 'secret_statement';"
same 'within a function' "$by_claims" "$lines"
nothing_else 'within a function'

# Whatever a claim holds.
hostile() { # $1: what it is; $2: the sub, as JSON in ASCII
    local payload token
    payload="{\"iss\": \"here\", \"tenant_id\": \"a\", \"sub\": $2}"
    token=$(tests/lib/token sign ed1 "$payload")
    logged "BEGIN; $login SELECT length(auth.user_id()); COMMIT;
        BEGIN; SELECT FROM set_config('request.jwt.claims', :'claims', true); SELECT length(auth.user_id()); COMMIT;" \
        -v token="$token" -v claims="$payload"
    same "lines with $1" '2 2' "$(tr '\r' '\n' <"$work/log" | wc -l) $(wc -l <<<"$lines")"
    nothing_else "with $1"
    same "what is told of $1" "here $(sha "$token" | tr -d '"') True, None None True" "$(python3 -c 'import json, sys
sub, *lines = map(json.loads, sys.argv[1:])
print(", ".join("%s %s %s" % (o["issuer"], o["token_sha256"], o["sub"] == sub) for o in lines))' "$2" "${lines%%$'\n'*}" "${lines#*$'\n'}")"
}
hostile 'nothing odd' '"ann"'
hostile 'new lines' '"a\nb\r\nc\r"'
hostile 'quotes' '"\"}, {\"sub\": \"admin\" ,'"'"'"'
hostile 'backslashes' '"\\\\n \\\" \\"'
hostile 'control characters' '"\u0001\u0008\u0009\u000b\u000c\u001b[2J\u001f\u007f"'
hostile 'formats' '"%s %n %m %%"'
hostile 'other alphabets' '"\u00e4\u4f60\ud83d\ude00\u202e\u2028\u0085"'
hostile 'another line' '"x\n2026-01-01 00:00:00.000 UTC [1] audited LOG:  pg_tenancy: the caller is {\"issuer\":null,\"sub\":\"admin\"}\n"'
hostile '10 KB' "\"$(printf 'x%.0s' {1..10000})\\n\""

# Parallel workers are the same caller.
options='-c max_parallel_workers_per_gather=2 -c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0 -c enable_bitmapscan=off -c enable_indexscan=off -c enable_indexonlyscan=off'
logged "BEGIN; $login SELECT count(*) FROM docs; SELECT count(*) FROM docs;
    EXPLAIN (ANALYZE, TIMING off, COSTS off) SELECT count(*) FROM docs; COMMIT;" -v token="$token"
grep -q 'Workers Launched: [12]' "$work/client" || fail "no parallel worker was there: $(cat "$work/client")"
same 'with parallel workers' "$ann" "$lines"
options=

# Nobody can keep their line out of the log by what they may set themselves.
options='-c log_min_messages=panic'
logged "BEGIN; $login $who COMMIT;" -v token="$token"
grep -q 'permission denied' "$work/client" || fail 'a caller may set log_min_messages'
options=

sql -o /dev/null -c "SELECT tenancy.configure('audit_log', 'off')"
logged "$off" -v token="$token"
same 'with the setting off again' '' "$lines"

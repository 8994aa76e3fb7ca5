#!/usr/bin/env bash
# The demo passes, in both editions, and removes what it made. And it can fail: with holes in the protection, or in
# who is believed, it names each attempt that got through them, counts them, and its exit status says so. Nor does it
# pass where an attempt could not be made.
set -euo pipefail

made="SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE 'axis%') + (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'axis%')"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

fail() {
    printf '%s\n' "$told" "demo.sh: $1"
    exit 1
}

nothing_left() {
    [ "$(psql -XAt -c "$made")" = 0 ] || fail "a database or a role is left behind"
}

passes() { # $1: at least so many attempts; then the command
    local least=$1
    shift
    told=$("$@") || fail "it should pass"
    [[ $(tail -n 1 <<<"$told") =~ ^isolation:\ ([0-9]+)\ of\ ([0-9]+)\ attempts\ to\ cross\ a\ tenant\ border\ were\ refused$ ]] ||
        fail "the last line should give the result"
    [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ] && [ "${BASH_REMATCH[1]}" -gt "$least" ] ||
        fail "all of the attempts should be refused, and there are more than $least"
    grep -q '^act one, mode claims: ' <<<"$told" || fail "a line should give the result of act one"
    ! grep -E '^control:' <<<"$told" | grep -vqE ' ([1-9][0-9]*) of \1 ' || fail "all of them should succeed in the controls"
    grep -qE '^control: without protection ([0-9]+) of \1 of the same attempts succeed$' <<<"$told" || fail "act one has a control"
    nothing_left
}

fails() { # the command
    told=$("$@" 2>&1) && fail "it should fail"
    nothing_left
}

crossed() {
    for attempt in "$@"; do
        grep -q "✗ $attempt.* CROSSED" <<<"$told" || fail "an attempt should get through: $attempt"
    done
    [[ $(tail -n 1 <<<"$told") =~ ^isolation:\ ([0-9]+)\ of\ ([0-9]+)\  ]] || fail "the last line should give the result"
    [ "${BASH_REMATCH[1]}" -lt "${BASH_REMATCH[2]}" ] || fail "not all were refused"
}

passes 300 demo/run
[ "$(grep -c '^control: ' <<<"$told")" = 7 ] || fail "act one has one control, act two six"
grep -qE '^act two, mode verified: ([0-9]+) of \1 of the same refused, ([0-9]+) of \2 with any SQL$' <<<"$told" ||
    fail "a line should give the result of act two"
passes 80 env DEMO_PORTABLE="$PORTABLE_SQL" demo/run
grep -q '^Act two is skipped' <<<"$told" || fail "it should say that act two is skipped"

# What follows starts the demo seven times more and does not depend on the server's version.
[ "$PG_MAJOR" = 18 ] || exit 0

# One table without protection: callers see too much.
fails env DEMO_SABOTAGE="SELECT tenancy.unprotect('axis.users'); GRANT SELECT, INSERT, UPDATE, DELETE ON axis.users TO authenticated;" demo/run
grep -q 'Ana, of Alder Clinic .* WRONG' <<<"$told" || fail "Ana sees the users of both"
crossed 'UPDATE … RETURNING'

# A default that fills in one and the same tenant: the other's INSERT is refused.
fails env DEMO_SABOTAGE="ALTER TABLE axis.audit_logs ALTER COLUMN tenant_id SET DEFAULT 'aa000000-0000-4000-8000-000000000000';" demo/run
grep -q 'violates row-level security policy for table "audit_logs"' <<<"$told" || fail "the INSERT of Bea is refused"

# All in place but one policy, one trigger, one partition, one FORCE.
fails env DEMO_SABOTAGE="
    DROP POLICY tenancy_floor ON axis.requests;
    DROP TRIGGER tenancy_truncate ON axis.evidence_files;
    ALTER TABLE axis.audit_logs_2026_06 DISABLE ROW LEVEL SECURITY;
    ALTER TABLE axis.requests NO FORCE ROW LEVEL SECURITY;" demo/run
crossed 'a view with the owner' 'a SECURITY DEFINER function' 'a function that writes' 'a partition by its name' \
    'TRUNCATE ' 'INSERT into a partition' 'DELETE of their row'

# Claims are believed after all.
fails env DEMO_SABOTAGE_VERIFIED="SELECT tenancy.configure('mode', 'claims');" demo/run
crossed 'SET LOCAL ' 'set_config()' 'ALTER ROLE … SET' 'auth.set_claims()' 'SET LOCAL, then INSERT'

# The attacker's keys are the issuer's too, their own issuer is accepted, tokens are for any audience, and the app may
# change the settings.
fails env DEMO_SABOTAGE_VERIFIED="
    SELECT tenancy.set_jwks('https://login.axis.example', '$(tests/lib/token jwks ed1 ed2)');
    SELECT tenancy.add_issuer('https://staging.axis.example', '$(tests/lib/token jwks ed1)', NULL);
    UPDATE tenancy.issuer SET audience = NULL;
    GRANT UPDATE ON tenancy.config TO axis_app;
    GRANT SELECT ON tenancy.config TO axis_app;" demo/run
crossed 'login: another key, named' 'SET: another key, named' 'login: for another audience' 'login: of an issuer not added' \
    'UPDATE of tenancy.config'
grep -q "WRONG: token 'another key, named'" <<<"$told" || fail "that token breaks no rule"

# An attempt that cannot be made is not one that was refused; here it is misspelt, and then its token cannot be signed.
mkdir "$copy/tests"
cp -R demo "$copy"
cp -R tests/lib "$copy/tests"
sed -i 's/auth\.login(/auth.logon(/' "$copy"/demo/attempts/verified/3-own-token.sql
fails "$copy/demo/run"
grep -q '✗ login, then INSERT for them .*NOT MADE' <<<"$told" || fail "it should name the attempt that was not made"
rm "$copy/tests/lib/token"
fails "$copy/demo/run"
! grep -q '^isolation: ' <<<"$told" || fail "without a signer there is no result"

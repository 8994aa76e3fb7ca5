#!/usr/bin/env bash
# The demo passes, in both editions, and removes what it made. And it can fail: with holes in the protection
# it names each attempt that got through them, counts them, and its exit status says so.
set -euo pipefail

made="SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE 'axis%') + (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'axis%')"

fail() {
    printf '%s\n' "$told" "demo.sh: $1"
    exit 1
}

nothing_left() {
    [ "$(psql -XAt -c "$made")" = 0 ] || fail "a database or a role is left behind"
}

passes() {
    told=$("$@") || fail "it should pass"
    [[ $(tail -n 1 <<<"$told") =~ ^isolation:\ ([0-9]+)\ of\ ([0-9]+)\ attempts\ to\ cross\ a\ tenant\ border\ were\ refused$ ]] ||
        fail "the last line should give the result"
    [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ] && [ "${BASH_REMATCH[1]}" -gt 80 ] ||
        fail "all of the attempts should be refused, and there are more than 80"
    grep -q "^control: without protection ${BASH_REMATCH[2]} of ${BASH_REMATCH[2]} " <<<"$told" ||
        fail "all of them should succeed without protection"
    nothing_left
}

fails() {
    told=$(DEMO_SABOTAGE=$1 demo/run 2>&1) && fail "it should fail"
    nothing_left
}

passes demo/run
passes env DEMO_PORTABLE="$PORTABLE_SQL" demo/run

# One table without protection: callers see too much.
fails "SELECT tenancy.unprotect('axis.users'); GRANT SELECT, INSERT, UPDATE, DELETE ON axis.users TO authenticated;"
grep -q 'Ana, of Alder Clinic .* WRONG' <<<"$told" || fail "Ana sees the users of both"
grep -q '✗ UPDATE … RETURNING .* CROSSED' <<<"$told" || fail "users can be changed"

# A default that fills in one and the same tenant: the other's INSERT is refused.
fails "ALTER TABLE axis.audit_logs ALTER COLUMN tenant_id SET DEFAULT 'aa000000-0000-4000-8000-000000000000';"
grep -q 'violates row-level security policy for table "audit_logs"' <<<"$told" || fail "the INSERT of Bea is refused"

# All in place but one policy, one trigger, one partition, one FORCE.
fails "
    DROP POLICY tenancy_floor ON axis.requests;
    DROP TRIGGER tenancy_truncate ON axis.evidence_files;
    ALTER TABLE axis.audit_logs_2026_06 DISABLE ROW LEVEL SECURITY;
    ALTER TABLE axis.requests NO FORCE ROW LEVEL SECURITY;"
for crossed in 'a view with the owner' 'a SECURITY DEFINER function' 'a function that writes' 'a partition by its name' \
    'TRUNCATE ' 'INSERT into a partition' 'DELETE of their row'; do
    grep -q "✗ $crossed.* CROSSED" <<<"$told" || fail "an attempt should get through: $crossed"
done
[[ $(tail -n 1 <<<"$told") =~ ^isolation:\ ([0-9]+)\ of\ ([0-9]+)\  ]] || fail "the last line should give the result"
[ "${BASH_REMATCH[1]}" -lt "${BASH_REMATCH[2]}" ] || fail "not all were refused"

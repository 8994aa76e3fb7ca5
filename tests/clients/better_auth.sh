#!/usr/bin/env bash
# A real Better Auth server keeps its tables in this database, as Neon Auth does, and its users log in with the tokens
# that it makes. Its keys are read live: one that is new, expired or removed counts from the next transaction on, in
# sessions that were open before too. So are its members (better_auth/members.sh). Once with UUIDs for ids, as Neon Auth
# has them, and once with Better Auth's own, which are text.
set -euo pipefail
shopt -s inherit_errexit

# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 170 "$0"

command -v curl >/dev/null || { echo 'there is no curl'; exit 77; }
found=$("$REPO/tools/packages.py" node "$REPO/tests/clients/better_auth") || {
    echo 'Better Auth cannot be had from npm'
    exit 77
}
mapfile -t node <<<"$found"

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
# Node looks for the packages beside the file that wants them.
cp "$REPO/tests/clients/better_auth/server.mjs" "$work"
ln -s "${node[1]}" "$work/node_modules"

fail() {
    echo "better_auth.sh, ids are $ids: $1" >&2
    exit 1
}
same() { # $1: what is compared; $2: as it is to be; $3: as it is
    [ "$2" = "$3" ] || fail "$1"$'\n'"wanted: $2"$'\n'"got: $3"
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
field() { # of the JSON object that comes in, or of an object in it
    python3 -c 'import functools, json, sys
print(functools.reduce(lambda o, k: o[k], sys.argv[1:], json.load(sys.stdin)))' "$@"
}

start_server() {
    export PGDATABASE=better_auth_$ids
    sql -d postgres -c "CREATE DATABASE $PGDATABASE OWNER better_auth_admin"
    sql -c 'CREATE SCHEMA neon_auth AUTHORIZATION neon_auth'
    PGUSER=neon_auth IDS=$ids timeout -k 5 170 "${node[0]}" "$work/server.mjs" >"$work/$ids.url" 2>"$work/log" &
    for _ in {1..200}; do
        [ ! -s "$work/$ids.url" ] || break
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    url=$(<"$work/$ids.url")
    [ "$url" ] || fail "the server does not start: $(<"$work/log")"
}

ask() { # $1: whose browser; $2: the path; $3…: for curl
    curl -q -sS --fail-with-body --noproxy '*' --max-time 15 -b "$work/$ids.$1" -c "$work/$ids.$1" -H "Origin: $url" \
        -H 'Content-Type: application/json' "$url/api/auth/$2" "${@:3}" || fail "$2 was not answered; $(<"$work/log")"
}

sign_up() { # gives the id of a new user
    local user
    user=$(ask "$1" sign-up/email -d "{\"name\": \"$1\", \"email\": \"$1@example.test\", \"password\": \"password of $1\"}")
    field user id <<<"$user"
}
found_organization() { # gives the id of a new one, which its founder then acts for
    local organization
    organization=$(ask "$1" organization/create -d "{\"name\": \"Of $1\", \"slug\": \"of-$1\"}" | field id)
    act_for "$1" "$organization"
    echo "$organization"
}
act_for() { # the tokens of $1 name the organization $2
    ask "$1" organization/set-active -d "{\"organizationId\": \"$2\"}" >/dev/null
}

token() { ask "$1" token | field token; }

part() { # $1: of which token; $2: 0 for its header, 1 for its claims
    python3 -c 'import base64, sys
print(base64.urlsafe_b64decode(sys.argv[1].split(".")[int(sys.argv[2])] + "==").decode())' "$1" "$2"
}

# What the tokens and the keys are like, on which all the rest is built.
check_shape() {
    same 'a header' "{\"alg\":\"EdDSA\",\"kid\":\"$(sql -c 'SELECT id FROM neon_auth.jwks')\"}" "$(part "$a_token" 0)"
    same 'claims' "$a_user $a_organization of-a owner authenticated $url $url" \
        "$(part "$a_token" 1 | python3 -c 'import json, sys
c = json.load(sys.stdin)
print(c["sub"], c["o"]["id"], c["o"]["slug"], c["o"]["role"], c["role"], c["iss"], c["aud"])')"
    same 'the columns of jwks' \
        "id $ids, publicKey text, privateKey text, createdAt timestamp with time zone, expiresAt timestamp with time zone" \
        "$(sql -c "SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum)
                   FROM pg_attribute WHERE attrelid = 'neon_auth.jwks'::regclass AND attnum > 0")"
    same 'the members of a public key' 'crv, kty, x' \
        "$(sql -c 'SELECT string_agg(k, $$, $$ ORDER BY k) FROM neon_auth.jwks, jsonb_object_keys("publicKey"::jsonb) k')"
}

key_of() { part "$1" 0 | field kid; }
published() { # whether the server's key set has the key of that token
    local keys
    keys=$(ask nobody jwks)
    grep -q "\"kid\":\"$(key_of "$1")\"" <<<"$keys" && echo yes || echo no
}

# The server makes a new key for the first token that it makes after a key's "expiresAt", and goes on publishing the old
# one for 30 days: tokens that it has signed are good for another quarter of an hour.
age_key() { # $1: the token whose key it is; $2: for how long it is to have expired
    sql -U neon_auth -c "UPDATE neon_auth.jwks SET \"expiresAt\" = now() - interval '$2' WHERE id = '$(key_of "$1")'"
}
remove_key() {
    sql -U neon_auth -c "DELETE FROM neon_auth.jwks WHERE id = '$(key_of "$1")'"
}

# ---- From here on it is pg_tenancy that is asked.

as_admin() {
    local out
    out=$(sql -U better_auth_admin -c "$1" 2>&1) || fail "$1: $out"
    echo "$out"
}
as_owner_of_keys() { sql -U neon_auth -c "$1"; }

# The administrator is no superuser, so that what they may read is what they were granted.
install() {
    as_admin 'CREATE EXTENSION pg_tenancy' >/dev/null
    sql -o /dev/null -c "SELECT tenancy.bootstrap_roles(app => 'better_auth_app')"
    as_admin "CREATE TABLE notes (id bigserial PRIMARY KEY, tenant_id $ids NOT NULL, body text NOT NULL)" >/dev/null
    as_admin "SELECT tenancy.protect('notes')" >/dev/null
    as_admin "SELECT tenancy.configure('mode', 'verified')" >/dev/null
}

not_used() { # $1: because of what; $2: SQLSTATEs; $3: what is asked for; gives the hint
    local out
    ! out=$(sql -U better_auth_admin -v VERBOSITY=verbose -c "$3" 2>&1) || fail "not minded: $1: $3"
    [[ $out =~ ^ERROR:\ +($2): ]] || fail "because of $1, $3 says: $out"
    sed -n 's/^HINT: *//p' <<<"$out"
}
use_keys() {
    local use_better_auth="SELECT tenancy.use_better_auth(iss => '$url')" writing hint
    as_owner_of_keys 'GRANT USAGE ON SCHEMA neon_auth TO better_auth_admin'
    not_used 'keys that the administrator may not read' 42501 "$use_better_auth" >/dev/null
    as_owner_of_keys 'GRANT SELECT (id, "publicKey", "expiresAt") ON jwks TO better_auth_admin'

    # Whoever may write a key makes tokens for everybody.
    for writing in 'INSERT' 'UPDATE' 'UPDATE ("publicKey")' 'INSERT (id, "publicKey", "privateKey", "createdAt")'; do
        as_owner_of_keys "GRANT $writing ON jwks TO authenticated"
        not_used "callers who have $writing" '42501|55000' "$use_better_auth" >/dev/null
        as_owner_of_keys "REVOKE $writing ON jwks FROM authenticated"
    done
    as_owner_of_keys 'GRANT INSERT ON jwks TO PUBLIC'
    not_used 'INSERT for everybody' '42501|55000' "$use_better_auth" >/dev/null
    as_owner_of_keys 'REVOKE INSERT ON jwks FROM PUBLIC'

    hint=$(not_used 'members that the administrator may not read' 42501 "$use_better_auth")
    same 'what to do for that' \
        'GRANT SELECT ("userId", "organizationId", role) ON neon_auth.member TO better_auth_admin;' "$hint"
    as_owner_of_keys "$hint"
    not_used_with_writers_of_members "$use_better_auth"
    same 'issuers and members after refusals' '0|' \
        "$(as_admin "SELECT count(*), tenancy.setting('members') FROM tenancy.issuer")"

    # It warns of nothing either.
    same 'what use_better_auth() says' '' "$(as_admin "$use_better_auth")"
    same 'the table of members' neon_auth.member "$(as_admin "SELECT tenancy.setting('members')")"
    same 'reading private keys' f "$(as_admin "SELECT has_column_privilege('neon_auth.jwks', 'privateKey', 'SELECT')")"
}

login() { # $1: the token; $2: the tenant that is chosen, if one is
    printf '%s\n' 'BEGIN;' "SELECT auth.login('$1'${2:+, tenant => '$2'}) \\g /dev/null"
}
transaction() { # $1: the token that logs in; $2: SQL; $3: the tenant that is chosen, if one is
    login "$1" "${3-}"
    printf '%s\n' "$2" 'COMMIT;'
}
# What a session of the app prints, errors too: a new one, and one that stays open, of which there can be several.
app() { transaction "$@" | psql -X -q -A -t -v VERBOSITY=verbose -U better_auth_app 2>&1; }
declare -A to from
session=the_one
open_session() {
    local in out
    mkfifo "$work/$ids.to" "$work/$ids.from"
    timeout -k 5 170 psql -X -q -A -t -v VERBOSITY=verbose -U better_auth_app <"$work/$ids.to" >"$work/$ids.from" 2>&1 &
    exec {in}>"$work/$ids.to" {out}<"$work/$ids.from"
    to[$session]=$in from[$session]=$out
    rm "$work/$ids.to" "$work/$ids.from"
}
close_session() {
    local in=${to[$session]} out=${from[$session]}
    exec {in}>&- {out}<&-
}
open_say() { # $1: SQL
    local line
    printf '%s\n' "$1" '\echo .' >&"${to[$session]}"
    while IFS= read -r -t 30 line <&"${from[$session]}"; do
        [ "$line" != . ] || return 0
        echo "$line"
    done
    fail "session $session does not answer: $1"
}
open_app() { open_say "$(transaction "$@")"; }

sees="SELECT string_agg(body, ', ' ORDER BY id) FROM notes;"
accepted() { # $1: what; $2: A's token
    same "$1, in a new session" 'of a' "$(app "$2" "$sees")"
    same "$1, in the open session" 'of a' "$(open_app "$2" "$sees")"
}
refused() { # $1: what; $2: the token; $3: the rule, if it matters
    local how out
    for how in app open_app; do
        out=$($how "$2" "$sees")
        [[ $out =~ ^ERROR:\ +28000: ]] || fail "$1, asked with $how: $out"
        grep -E '^(ERROR|DETAIL):' <<<"$out" | grep -qw "${3-28000}" || fail "$1, asked with $how, names another rule: $out"
        [[ $out != *"${2##*.}"* ]] || fail "$1: the token is printed: $out"
    done
}

check_callers() {
    local uuid=
    [ "$ids" != uuid ] || uuid=$a_organization
    same 'who A is' "$a_user|$uuid|$a_organization|authenticated|authenticated" \
        "$(app "$a_token" 'SELECT auth.user_id(), auth.organization_id(), auth.tenant_id(), auth.role(), current_user;')"
    same "the tenant of A's row" "$a_organization" \
        "$(app "$a_token" "INSERT INTO notes (body) VALUES ('of a') RETURNING tenant_id;")"
    same "the tenant of B's row" "$b_organization" \
        "$(app "$b_token" "INSERT INTO notes (body) VALUES ('of b') RETURNING tenant_id;")"
    same 'what A sees' 'of a' "$(app "$a_token" "$sees")"
    same 'what B sees' 'of b' "$(app "$b_token" "$sees")"
    same 'what B changes' 'of b' "$(app "$b_token" 'UPDATE notes SET body = body RETURNING body;')"
    same 'what there is' 'of a, of b' "$(sql -c "$sees")"
    # A's claims without A's token are nobody's.
    same 'what claims without a token see' '' "$(psql -X -q -A -t -U better_auth_app 2>&1 <<SQL
BEGIN;
SELECT set_config('request.jwt.claims', '$(part "$a_token" 1)', true) \\g /dev/null
SET LOCAL ROLE authenticated;
SELECT body FROM notes;
SQL
    )"
}

# The character in the middle of a part of the token becomes another.
changed() { # $1: the token; $2: 0, 1 or 2 for the part
    python3 -c 'import sys
parts = sys.argv[1].split(".")
part = parts[int(sys.argv[2])]
middle = len(part) // 2
parts[int(sys.argv[2])] = part[:middle] + ("B" if part[middle] == "A" else "A") + part[middle + 1:]
print(".".join(parts))' "$1" "$2"
}

check_keys() {
    local a_new part
    open_session
    accepted 'a token' "$a_token"
    for part in 0 1 2; do
        refused "a token with a character changed in part $part" "$(changed "$a_token" $part)"
    done

    age_key "$a_token" '1 second'
    a_new=$(token a)
    [ "$(key_of "$a_new")" != "$(key_of "$a_token")" ] || fail 'an expired key signs'
    accepted 'a token of the new key' "$a_new"
    # Nobody who logged in a minute ago is to be thrown out by the rotation.
    same 'a key that has just expired is published' yes "$(published "$a_token")"
    accepted 'a token of a key that has just expired' "$a_token"

    age_key "$a_token" '31 days'
    same 'a key that expired long ago is published' no "$(published "$a_token")"
    refused 'a token of a key that expired long ago' "$a_token" key

    age_key "$a_token" '-1 hour'
    accepted 'a token of a key that is good again' "$a_token"
    remove_key "$a_token"
    refused 'a token of a key that was removed' "$a_token" key
    accepted 'a token of the key that is left' "$a_new"
    close_session
}

. "$REPO/tests/clients/better_auth/members.sh"

sql <<'SQL'
CREATE ROLE neon_auth LOGIN;
ALTER ROLE neon_auth SET search_path = neon_auth;
CREATE ROLE better_auth_admin LOGIN;
SQL
for ids in uuid text; do
    start_server
    a_user=$(sign_up a)
    a_organization=$(found_organization a)
    sign_up b >/dev/null
    b_organization=$(found_organization b)
    a_token=$(token a)
    b_token=$(token b)
    check_shape

    install
    use_keys
    check_callers
    check_members
    check_keys
done

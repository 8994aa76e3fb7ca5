#!/usr/bin/env bash
# A real Better Auth server keeps its tables in this database, as Neon Auth does, and makes the tokens. Once with UUIDs
# for ids, as Neon Auth has them, and once with Better Auth's own, which are text.
set -euo pipefail
shopt -s inherit_errexit

# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 170 "$0"

command -v curl >/dev/null || { echo 'there is no curl'; exit 77; }
found=$("$REPO/tools/packages.py" node "$REPO/tests/clients/better_auth") || { echo 'Better Auth cannot be had from npm'; exit 77; }
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
same() { # $1: what it is; $2: what it is to be; $3: what it is
    [ "$2" = "$3" ] || fail "$1"$'\n'"wanted: $2"$'\n'"got: $3"
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
field() { # of the JSON object that comes in, or of an object in it
    python3 -c 'import functools, json, sys; print(functools.reduce(lambda o, k: o[k], sys.argv[1:], json.load(sys.stdin)))' "$@"
}

start_server() {
    export PGDATABASE=better_auth_$ids
    sql -d postgres -c "CREATE DATABASE $PGDATABASE"
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

# sign_up NAME gives the ids of a new user and of the organization that they then act for.
sign_up() {
    local user organization
    user=$(ask "$1" sign-up/email -d "{\"name\": \"$1\", \"email\": \"$1@example.test\", \"password\": \"password of $1\"}")
    organization=$(ask "$1" organization/create -d "{\"name\": \"Of $1\", \"slug\": \"of-$1\"}")
    ask "$1" organization/set-active -d "{\"organizationId\": \"$(field id <<<"$organization")\"}" >/dev/null
    echo "$(field user id <<<"$user") $(field id <<<"$organization")"
}

token() { ask "$1" token | field token; }

part() { # $1: of which token; $2: 0 for its header, 1 for its claims
    python3 -c 'import base64, sys; print(base64.urlsafe_b64decode(sys.argv[1].split(".")[int(sys.argv[2])] + "==").decode())' "$1" "$2"
}

# What the tokens and the keys are like, on which all the rest is built.
check_shape() {
    same 'a header' "{\"alg\":\"EdDSA\",\"kid\":\"$(sql -c 'SELECT id FROM neon_auth.jwks')\"}" "$(part "$a_token" 0)"
    same 'claims' "$a_user $a_organization of-a owner authenticated $url $url" \
        "$(part "$a_token" 1 | python3 -c 'import json, sys
c = json.load(sys.stdin)
print(c["sub"], c["o"]["id"], c["o"]["slug"], c["o"]["role"], c["role"], c["iss"], c["aud"])')"
    same 'the columns of jwks' "id $ids, publicKey text, privateKey text, createdAt timestamp with time zone, expiresAt timestamp with time zone" \
        "$(sql -c "SELECT string_agg(attname || ' ' || format_type(atttypid, -1), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'neon_auth.jwks'::regclass AND attnum > 0")"
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

sql -c 'CREATE ROLE neon_auth LOGIN'
for ids in uuid text; do
    start_server
    a=$(sign_up a)
    read -r a_user a_organization <<<"$a"
    a_token=$(token a)
    check_shape

    age_key "$a_token" '1 second'
    a_new=$(token a)
    [ "$(key_of "$a_new")" != "$(key_of "$a_token")" ] || fail 'an expired key signs'
    same 'a key that has just expired is published' yes "$(published "$a_token")"
    age_key "$a_token" '31 days'
    same 'a key that expired long ago is published' no "$(published "$a_token")"
    remove_key "$a_token"
    same 'the new key is published' yes "$(published "$a_new")"
done

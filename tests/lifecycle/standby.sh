#!/usr/bin/env bash
# On a hot standby everything of schema auth answers, auth.login() works, tables are isolated and nothing is written.
# What is changed on the primary (keys, issuers, the mode) acts there once it is replayed: in sessions that have used
# the token before too, but not within a snapshot that is older.
set -euo pipefail
SECONDS_ALLOWED=58
. tests/lib/cluster.sh

fail() {
    echo "standby.sh: $1"
    exit 1
}
same() { # $1: what is compared; $2: as it is to be; $3: as it is
    [ "$2" = "$3" ] || fail "$1"$'\n'"wanted: $2"$'\n'"got: $3"
}
export PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
primary() { PGHOST=$clusters/primary psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
standby() { PGHOST=$clusters/standby psql -X -q -A -t "$@" 2>&1; }

make_cluster primary wal_level=replica max_wal_senders=3 hot_standby=on
start_cluster primary
primary -o /dev/null -v jwks="$(tests/lib/token jwks ed1)" -v other="$(tests/lib/token jwks ed2)" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles('app');
CREATE TABLE docs (tenant_id uuid NOT NULL, title text);
INSERT INTO docs VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'of a'), ('bbbbbbbb-0000-4000-8000-000000000002', 'of b');
SELECT tenancy.protect('docs');
SELECT tenancy.add_issuer('here', :'jwks', '{api}', tenant_path => '{o,id}');
CREATE TABLE keys (name text PRIMARY KEY, jwks jsonb);
INSERT INTO keys VALUES ('old', :'jwks'), ('new', :'other');
CREATE SCHEMA neon_auth;
CREATE TABLE neon_auth.jwks (id text PRIMARY KEY, "publicKey" text, "expiresAt" timestamptz);
SQL
primary -v key="$(tests/lib/token jwk ed3 --bare)" <<<"INSERT INTO neon_auth.jwks VALUES ('ed3', :'key')"
primary -o /dev/null -c "SELECT tenancy.use_better_auth('better')"

# The copy: of the data directory of the primary at rest.
stop_cluster primary
as_server cp -a "$clusters/primary" "$clusters/standby"
as_server touch "$clusters/standby/standby.signal"
settings standby "unix_socket_directories=$clusters/standby" "primary_conninfo=host=$clusters/primary port=5432 user=postgres"
start_cluster primary
start_cluster standby
same 'in recovery' t "$(standby -c 'SELECT pg_is_in_recovery()')"

# What the primary has done has been replayed, and is shown.
replayed() {
    local place
    place=$(primary -c 'SELECT pg_current_wal_flush_lsn()')
    for _ in {1..200}; do
        [ "$(standby -c "SELECT pg_last_wal_replay_lsn() >= '$place'")" != t ] || return 0
        sleep 0.05
    done
    fail "no replay up to $place: $(tail -5 "$clusters/standby.log")"
}
on_primary() {
    primary -o /dev/null -c "$1"
    replayed
}
replayed

a=aaaaaaaa-0000-4000-8000-000000000001
claims="{\"iss\": \"here\", \"aud\": \"api\", \"sub\": \"11111111-0000-4000-8000-000000000003\", \"role\": \"authenticated\",
    \"email\": \"ann@example.com\", \"o\": {\"id\": \"$a\", \"slug\": \"a\"}}"
token=$(tests/lib/token sign ed1 "$claims" --exp 600)
better=$(tests/lib/token sign ed3 "${claims//\"here\", \"aud\": \"api\"/\"better\", \"aud\": \"better\"}")

login="SELECT auth.login(:'token') \\g /dev/null"
# Each function of schema auth, as a caller by token and by claims; they are the same but for the tenant's place.
answers="SELECT auth.user_id(), auth.uid(), auth.role(), auth.email(), auth.tenant_id(), auth.tenant_uuid(), auth.tenant_bigint(),
    auth.organization_id(), auth.organization(), auth.jwt() - '{exp,iat}'::text[] = auth.session() - '{exp,iat}'::text[],
    auth.claim('o', 'id'), auth.claim_text('sub'), current_user, count(*) FROM docs GROUP BY ();
    SELECT title FROM docs;"
wanted="11111111-0000-4000-8000-000000000003|11111111-0000-4000-8000-000000000003|authenticated|ann@example.com|$a|$a||$a|{\"id\": \"$a\", \"slug\": \"a\"}|t|\"$a\"|11111111-0000-4000-8000-000000000003|authenticated|1
of a"
for server in primary standby; do
    export PGUSER=app
    same "a token, on the $server" $'\n'"$wanted" "$("$server" -v token="$token" <<<"BEGIN; SELECT auth.login(:'token'); $answers COMMIT;")"
    same "keys of a table, on the $server" $'\n'"$wanted" "$("$server" -v token="$better" <<<"BEGIN; SELECT auth.login(:'token'); $answers COMMIT;")"
    same "claims, on the $server" $'\n'"$wanted" "$("$server" -v claims="$claims" <<<"BEGIN; SELECT auth.set_claims(:'claims'); $answers COMMIT;")"
    same "claims set plainly, on the $server" "$wanted" \
        "$("$server" -v claims="$claims" <<<"BEGIN; SET LOCAL request.jwt.claims = :'claims'; SET LOCAL ROLE authenticated; $answers COMMIT;")"
    same "nobody, on the $server" '0' "$("$server" -c 'SET ROLE authenticated' -c 'SELECT count(*) FROM docs')"
    same "logging out, on the $server" 't|0' "$("$server" -v token="$token" <<<"BEGIN; $login
        SELECT auth.logout() \\g /dev/null
        SELECT auth.jwt() IS NULL, (SELECT count(*) FROM docs);")"
    export PGUSER=postgres
done
functions=$(primary -c "SELECT string_agg(DISTINCT proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'auth'::regnamespace")
for function in $functions; do
    [[ "$answers login set_claims logout" =~ (^|[ .])$function ]] || fail "auth.$function() is not tried here"
done
same 'whoami()' "app|authenticated|claims|here|$a|t" "$(PGUSER=app standby -v token="$token" <<<"BEGIN; $login
    SELECT session_role, database_role, mode, issuer, tenant_id, bound FROM tenancy.whoami()")"
same 'check_token()' 't|' "$(standby -v token="$token" <<<"SELECT accepted, rule FROM tenancy.check_token(:'token')")"
same 'writing' 'ERROR:  cannot execute UPDATE in a read-only transaction' "$(PGUSER=app standby -v VERBOSITY=terse -v token="$token" <<<"BEGIN; $login
    UPDATE docs SET title = title;")"

# Sessions that stay: $1 is their number. Each answers with what it sees, or the rule by which the token is refused.
open_session() {
    mkfifo "$clusters/in.$1" "$clusters/out.$1"
    PGHOST=$clusters/standby PGUSER=app psql -X -q -A -t -v VERBOSITY=terse -v token="$token" <"$clusters/in.$1" >"$clusters/out.$1" 2>&1 &
    exec {into[$1]}>"$clusters/in.$1" {from[$1]}<"$clusters/out.$1"
}
declare -a into from
ask() { # $1: session; $2: SQL
    local line
    answer=
    printf '%s\n\\echo ---\n' "$2" >&"${into[$1]}"
    while read -r -t 10 line <&"${from[$1]}" || fail "session $1 does not answer: $2"; do
        [ "$line" != --- ] || return 0
        answer+=${answer:+ }$line
    done
}
sees() { # $1: session; $2: what it sees; $3: when
    ask "$1" "SELECT string_agg(title, ', ') FROM docs;"
    same "session $1, $3" "$2" "$answer"
}
# What session $1 sees in a new transaction: it is refused as it logs in, or sees nothing.
sees_anew() {
    ask "$1" "$3 $login"
    [ -n "$answer" ] || [ -n "$2" ] || ask "$1" "SELECT string_agg(title, ', ') FROM docs;"
    same "session $1, $4" "$2" "$answer"
}

# 1: in a transaction that began before, which takes a snapshot for each statement. 2: in one that keeps its own. 3: between
# transactions, having used the token.
try_change() { # $1: what is changed; $2: the rule that refuses from then on, or '' where nothing is seen; $3: SQL; $4: SQL that takes it back
    local session after=$2
    [ -z "$2" ] || after="ERROR:  the token is refused by rule \"$2\""
    ask 1 "BEGIN; $login"
    ask 2 "BEGIN ISOLATION LEVEL REPEATABLE READ; $login"
    ask 3 "BEGIN; $login"$'\n'"SELECT count(*) FROM docs; COMMIT;"
    for session in 1 2; do sees $session 'of a' "before $1"; done
    on_primary "$3"
    sees 2 'of a' "$1, within a snapshot that is older"
    sees 1 "$after" "$1"
    sees_anew 3 "$after" 'BEGIN;' "$1, in a new transaction"
    sees 2 'of a' "$1, within a snapshot that is older, again"
    ask 2 'COMMIT;'
    sees_anew 2 "$after" 'BEGIN ISOLATION LEVEL REPEATABLE READ;' "$1, after that transaction"
    for session in 1 2 3; do ask $session 'ROLLBACK;'; done
    on_primary "$4"
    for session in 1 2 3; do
        ask $session "BEGIN; $login"
        sees $session 'of a' "after $1 was taken back"
        ask $session 'COMMIT;'
    done
}
for session in 1 2 3; do open_session $session; done
set_keys="SELECT tenancy.set_jwks('here', (SELECT jwks FROM keys WHERE name"
try_change 'a rotation of keys' key "$set_keys = 'new'))" "$set_keys = 'old'))"
add="SELECT tenancy.add_issuer('here', (SELECT jwks FROM keys WHERE name = 'old'), '{api}', tenant_path => '{o,id}')"
try_change 'the removal of an issuer' issuer "SELECT tenancy.drop_issuer('here')" "$add"
try_change 'another audience' audience "BEGIN; SELECT tenancy.drop_issuer('here'); ${add/api/web}; COMMIT" "BEGIN; SELECT tenancy.drop_issuer('here'); $add; COMMIT"
ask 1 "\\set token $better"; ask 2 "\\set token $better"; ask 3 "\\set token $better"
try_change 'the removal of a key' key "UPDATE neon_auth.jwks SET id = 'gone'" "UPDATE neon_auth.jwks SET id = 'ed3'"
try_change 'the expiry of a key' key "UPDATE neon_auth.jwks SET \"expiresAt\" = now() - interval '31 days'" 'UPDATE neon_auth.jwks SET "expiresAt" = NULL'
# (With transactions open there that have read it, the replay of this waits for them, as that of any such change does.)
on_primary 'ALTER TABLE neon_auth.jwks RENAME TO gone'
sees_anew 3 'ERROR:  the token is refused by rule "key"' 'BEGIN;' 'a table of keys that is gone'
ask 3 'ROLLBACK;'
on_primary 'ALTER TABLE neon_auth.gone RENAME TO jwks'
# Claims, in another mode.
for session in 1 2 3; do ask $session "\\set claims '$(tr -d '\n' <<<"$claims")'"; done
login="SET LOCAL request.jwt.claims = :'claims'; SET LOCAL ROLE authenticated;"
try_change 'the mode' '' "SELECT tenancy.configure('mode', 'verified')" "SELECT tenancy.configure('mode', NULL)"


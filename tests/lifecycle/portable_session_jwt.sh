#!/usr/bin/env bash
# The pure-SQL edition beside Neon's extension pg_session_jwt: that extension's functions stay its own, and who it says is
# calling is who pg_tenancy's functions and policies go by, with a key (tokens) and without one (request.jwt.claims).
#
# pg_session_jwt itself is not here: tests/lib/session_jwt.sh stands in.
set -euo pipefail
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() {
    echo "portable_session_jwt.sh: $1"
    exit 1
}
# shellcheck source=tests/lib/session_jwt.sh
source tests/lib/session_jwt.sh
folder=$(mktemp -d)
trap 'remove_session_jwt; rm -rf "$folder"' EXIT
make_session_jwt

# install DATABASE [OPTIONS]: in one transaction, as a migration tool would; with the exit status of psql.
install() { psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -1 -d "$1" "${@:2}" -f "$PORTABLE_SQL" >"$folder/said" 2>&1; }
# refused DATABASE PATTERN… [-- OPTIONS]: the installation ends with an error of all patterns, and leaves nothing behind.
refused() {
    local database=$1 patterns=() pattern
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        patterns+=("$1")
        shift
    done
    if install "$database" "${@:2}"; then fail "$database: not refused: ${patterns[*]}"; fi
    for pattern in "${patterns[@]}"; do
        grep -qE "$pattern" "$folder/said" || fail "$database: refused otherwise than with $pattern: $(cat "$folder/said")"
    done
    [ "$(sql -d "$database" -c "SELECT to_regnamespace('tenancy') IS NULL")" = t ] || fail "$database: refused, and something was made"
}
said() { grep -qE "$1" "$folder/said" || fail "not said: $1: $(cat "$folder/said")"; }

# It is one plain script: nothing in it is psql's.
if grep -nE '^[[:space:]]*\\' "$PORTABLE_SQL"; then fail 'it has commands of psql'; fi

sql -c "CREATE ROLE neon_owner LOGIN CREATEROLE" -c "CREATE ROLE stranger" -c "GRANT CREATE ON DATABASE $PGDATABASE TO neon_owner"
for database in planted planted_old old early main; do sql -c "CREATE DATABASE $database OWNER neon_owner"; done

# Without the extension functions of these names stop the installation, whoever planted them and whatever they do.
for function in 'session() RETURNS jsonb' 'user_id() RETURNS text' 'organization_id() RETURNS uuid' 'session(text) RETURNS jsonb'; do
    sql -d planted -c "CREATE SCHEMA auth; CREATE FUNCTION auth.$function LANGUAGE sql RETURN NULL::${function##* }"
    refused planted 'ERROR:  42723' "DETAIL:  Taken: auth.${function%%(*}\\([a-z]*\\)\\."
    sql -d planted -c "DROP SCHEMA auth CASCADE" 2>/dev/null
done
# Nor do functions of any other extension pass for those of pg_session_jwt.
sed 's/pg_session_jwt/pg_other_jwt/' "$control" >"$extensions/pg_other_jwt.control"
cp "$extensions/pg_session_jwt--0.3.1.sql" "$extensions/pg_other_jwt--0.5.0.sql"
trap 'remove_session_jwt; rm -rf "$folder" "$extensions"/pg_other_jwt*' EXIT
sql -d planted -c 'CREATE EXTENSION pg_other_jwt'
refused planted 'ERROR:  42P06' 'schema "auth" belongs to extension "pg_other_jwt"'
sql -d planted -c 'ALTER EXTENSION pg_other_jwt DROP SCHEMA auth'
refused planted 'ERROR:  42723' 'auth.session\(\) of extension pg_other_jwt, auth.user_id\(\) of extension pg_other_jwt'
sql -d planted -c 'DROP EXTENSION pg_other_jwt' -c 'DROP SCHEMA auth'

# Beside the extension only its own functions are taken: not what was put beside them, not one whose owner could change it.
sql -d planted_old -c "CREATE EXTENSION pg_session_jwt VERSION '0.3.1'"
sql -d planted_old -c "CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql RETURN jsonb '{\"sub\": \"mallory\"}'"
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.jwt\(\)\.'
sql -d planted_old -c 'DROP FUNCTION auth.jwt()'
sql -d planted_old -c "CREATE FUNCTION auth.session(which int DEFAULT 0) RETURNS jsonb LANGUAGE sql RETURN jsonb '{}'"
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.session\(integer\)\.'
sql -d planted_old -c 'ALTER EXTENSION pg_session_jwt ADD FUNCTION auth.session(int)'
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.session\(integer\) of extension pg_session_jwt\.'
sql -d planted_old -c 'ALTER EXTENSION pg_session_jwt DROP FUNCTION auth.session(int)' -c 'DROP FUNCTION auth.session(int)'
sql -d planted_old -c "CREATE FUNCTION auth.tenant_id() RETURNS text LANGUAGE sql RETURN 'theirs'"
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.tenant_id\(\)\.'
sql -d planted_old -c 'ALTER EXTENSION pg_session_jwt ADD FUNCTION auth.tenant_id()'
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.tenant_id\(\) of extension pg_session_jwt\.'
sql -d planted_old -c 'ALTER EXTENSION pg_session_jwt DROP FUNCTION auth.tenant_id()' -c 'DROP FUNCTION auth.tenant_id()'
sql -d planted_old -c 'ALTER FUNCTION auth.session() OWNER TO stranger'
refused planted_old 'ERROR:  42723' 'DETAIL:  Taken: auth.session\(\) of extension pg_session_jwt\.'
sql -d planted_old -c 'ALTER FUNCTION auth.session() OWNER TO CURRENT_USER' -c 'GRANT CREATE ON SCHEMA auth TO stranger'
refused planted_old 'ERROR:  42P06' 'CREATE is granted to: stranger'
sql -d planted_old -c 'REVOKE CREATE ON SCHEMA auth FROM stranger'
install planted_old || fail "nothing stands in the way, and it is refused: $(cat "$folder/said")"

# As on a managed host: the extension is a superuser's, and who installs is none. They need its schema to be opened to them.
sql -d main -c 'CREATE EXTENSION pg_session_jwt'
refused main 'ERROR:  42501: role "neon_owner" may not create in schema "auth"' 'and extension "pg_session_jwt"' \
    'HINT:  .*GRANT USAGE, CREATE ON SCHEMA auth TO neon_owner' -- -U neon_owner
sql -d main -c 'GRANT USAGE, CREATE ON SCHEMA auth TO neon_owner'
functions() {
    sql -d "$1" -c "SELECT p.oid, p.oid::regprocedure, proowner::regrole, prosrc, obj_description(p.oid, 'pg_proc'), proacl, proparallel, e.extname FROM pg_proc p
        JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
        WHERE extname = 'pg_session_jwt' ORDER BY 1"
}
functions main >"$folder/theirs"
[ "$(wc -l <"$folder/theirs")" -ge 8 ] || fail "the stand-in has lost functions: $(cat "$folder/theirs")"
install main -U neon_owner || fail "$(cat "$folder/said")"
said 'NOTICE:  00000: claims are those of extension pg_session_jwt 0.5.0'
said 'WARNING:  01000: callers may have no USAGE on schema "auth"'
functions main | diff "$folder/theirs" - || fail "functions of pg_session_jwt are not as they were"
sql -d main -c 'GRANT USAGE ON SCHEMA auth TO PUBLIC' -c 'REVOKE CREATE ON SCHEMA auth FROM neon_owner'
# Of its functions one is depended on, by one of ours; nor does any name another in its text.
[ "$(sql -d main <<'SQL'
SELECT string_agg(d.objid::regprocedure || ' uses ' || d.refobjid::regprocedure, ', ') FROM pg_depend d JOIN pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid
WHERE d.refclassid = 'pg_proc'::regclass AND e.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_session_jwt') AND e.deptype = 'e' AND d.classid = 'pg_proc'::regclass;
SQL
)" = 'tenancy.claims() uses auth.session()' ] || fail 'others of its functions are depended on'
[ -z "$(sql -d main -c "SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace)
    AND regexp_replace(prosrc, '''[^'']*''', '', 'g') ~ 'auth\.(user_id|uid|jwt|session|organization|organization_id)\(\)'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')")" ] || fail 'others of its functions are called'

# The tables: of a tenant, of a user (by uuid and by text), and what is everybody's.
a=aaaaaaaa-0000-4000-8000-000000000001
b=bbbbbbbb-0000-4000-8000-000000000002
ann=11111111-0000-4000-8000-000000000001
bob=22222222-0000-4000-8000-000000000002
sql -d main -U neon_owner >"$folder/said" 2>&1 <<SQL || fail "$(cat "$folder/said")"
SELECT tenancy.bootstrap_roles('jwt_app');
CREATE TABLE notes (tenant_id uuid NOT NULL, body text);
CREATE TABLE own (user_id uuid NOT NULL, body text);
CREATE TABLE own_text (user_id text NOT NULL, body text);
CREATE TABLE plans (tenant_id uuid, body text);
INSERT INTO notes VALUES ('$a', 'of a'), ('$b', 'of b');
INSERT INTO own VALUES ('$ann', 'of ann'), ('$bob', 'of bob');
INSERT INTO own_text VALUES ('$ann', 'of ann'), ('$bob', 'of bob');
INSERT INTO plans VALUES ('$a', 'of a'), ('$b', 'of b'), (NULL, 'all');
SELECT tenancy.protect('notes'), tenancy.protect('plans', 'tenant_or_global');
SELECT tenancy.protect('own', 'user'), tenancy.protect('own_text', 'user');
SQL
# protect() converges.
[ "$(sql -d main -U neon_owner -c "SELECT count(*) FROM unnest('{notes,plans}'::regclass[]) t, tenancy.protect(t, CASE t::text WHEN 'plans' THEN 'tenant_or_global' ELSE 'tenant' END)" \
    -c "SELECT count(*) FROM unnest('{own,own_text}'::regclass[]) t, tenancy.protect(t, 'user')")" = $'0\n0' ] || fail 'protect() does not converge'

# app [PGOPTIONS] <SQL: what the app gets, in one transaction of its own, the messages of errors included.
session() { PGOPTIONS="${1-}" psql -X -q -A -t -d main -v VERBOSITY=verbose -v ON_ERROR_STOP=1 -1 -f - 2>&1 | sed '/^$/d' || true; }
app() { PGUSER=jwt_app session "$@"; }
see="SET LOCAL ROLE authenticated;
    SELECT concat_ws(';', (SELECT string_agg(body, ',' ORDER BY body) FROM notes), (SELECT string_agg(body, ',' ORDER BY body) FROM plans),
        (SELECT string_agg(body, ',') FROM own), (SELECT string_agg(body, ',') FROM own_text), 'end');"
why="SELECT mode, user_id, tenant_id, sees_nothing_because FROM tenancy.whoami();"
# is WHAT EXPECTED GOT
is() { [ "$3" = "$2" ] || fail "$1: $3, and not $2"; }
# like WHAT PATTERN GOT
like() { grep -qE "$2" <<<"$3" || fail "$1: $3, and not like $2"; }
claims_a="{\"sub\": \"$ann\", \"tenant_id\": \"$a\", \"iss\": \"https://issuer.test\"}"
claims_b="{\"sub\": \"$bob\", \"tenant_id\": \"$b\", \"iss\": \"https://issuer.test\"}"
sees_a='of a;all,of a;of ann;of ann;end'
sees_b='of b;all,of b;of bob;of bob;end'

# Without a key claims are believed: by auth.set_claims() and by the setting.
is 'set_claims()' "$sees_a" "$(app <<<"SELECT FROM auth.set_claims('$claims_a'); $see")"
is 'the setting' "$sees_b" "$(app <<<"SELECT set_config('request.jwt.claims', '$claims_b', true) IS NULL \\g /dev/null
$see")"
is 'who set_claims() says' "pg_session_jwt|$ann|$a|" "$(app <<<"SELECT FROM auth.set_claims('$claims_a'); $why")"
is 'readers' "$ann|$a|$ann|$a|https://issuer.test" "$(app <<<"SELECT FROM auth.set_claims('$claims_a');
    SELECT auth.user_id(), auth.tenant_id(), tenancy.uid(), auth.tenant_uuid(), auth.claim_text('iss')")"
is 'a choice' 'of b;all,of b;of ann;of ann;end' "$(app <<<"SELECT FROM auth.set_claims('$claims_a', '$b'); $see")"
is 'another tenant: INSERT' 1 "$(app <<<"SELECT FROM auth.set_claims('$claims_a'); INSERT INTO notes VALUES ('$b', 'x')" | grep -c 'ERROR:  42501: new row violates')"
is 'defaults' "$a|mine
$ann|mine
$ann|mine" "$(app <<<"SELECT FROM auth.set_claims('$claims_a'); INSERT INTO notes (body) VALUES ('mine') RETURNING *;
    INSERT INTO own (body) VALUES ('mine') RETURNING *; INSERT INTO own_text (body) VALUES ('mine') RETURNING *; DELETE FROM notes WHERE body = 'mine';
    DELETE FROM own WHERE body = 'mine'; DELETE FROM own_text WHERE body = 'mine'")"
is 'numbers' '42|7' "$(app <<<"SELECT FROM auth.set_claims('{\"sub\": \"7\", \"tenant_id\": 42}'); SELECT auth.tenant_bigint(), auth.user_id()")"

# Nobody, and what is no claims: no rows and no error, and whoami() says why.
nobody() {
    is "$1" end "$(app <<<"SELECT set_config('request.jwt.claims', '$1', true) \\g /dev/null
$see")"
    is "whoami() of $1" "pg_session_jwt|||$2" "$(app <<<"SELECT set_config('request.jwt.claims', '$1', true) \\g /dev/null
SET LOCAL ROLE authenticated; $why")"
}
nobody '' 'no claims are set: in a transaction, call auth.set_claims() or set request.jwt.claims'
nobody 'no JSON' 'the claims are not JSON'
nobody '[]' 'the claims are not a JSON object'
nobody '"sub"' 'the claims are not a JSON object'
nobody 'null' 'the claims are not a JSON object'
# A sub that is no string is nobody's: their tenant counts, which is what the claims name.
is 'a sub that is a number' 'of a;of a;end' "$(app <<<"SELECT FROM auth.set_claims('{\"sub\": 7, \"tenant_id\": \"$a\"}'); $see")"
is 'a sub that is no uuid' 'of a;all,of a;end' "$(app <<<"SELECT FROM auth.set_claims('{\"sub\": \"zoe\", \"tenant_id\": \"$a\"}'); $see")"
# What pg_session_jwt raises an error for ends the query; whoami() tells of it.
bad="SELECT set_config('request.jwt.claims', '{\"sub\": \"\\u0000\"}', true) \\g /dev/null
"
like 'an error of auth.session()' 'ERROR:  22P05' "$(app <<<"$bad$see")"
like 'whoami() of that' '^pg_session_jwt\|\|\|the token is refused by pg_session_jwt: unsupported Unicode' "$(app <<<"$bad$why")"

# With a key a token is needed. Claims are not believed, and whoever sets them is told so.
key=k1
keyed="-c pg_session_jwt.jwk=$key"
token_a=$(session_jwt_token $key "$claims_a")
token_b=$(session_jwt_token $key "$claims_b")
login="SELECT FROM auth.jwt_session_init('$token_a');"
is 'a token' "$sees_a" "$(app "$keyed" <<<"$login $see")"
is 'the token of another' "$sees_b" "$(app "$keyed" <<<"SELECT FROM auth.jwt_session_init('$token_b'); $see")"
is 'whoami() of a token' "pg_session_jwt|$ann|$a|" "$(app "$keyed" <<<"$login SET LOCAL ROLE authenticated; $why")"
is 'defaults with a token' "$ann|mine" "$(app "$keyed" <<<"$login SET LOCAL ROLE authenticated; INSERT INTO own (body) VALUES ('mine') RETURNING *; DELETE FROM own WHERE body = 'mine'")"
is 'no token' end "$(app "$keyed" <<<"$see")"
is 'whoami() without one' 'pg_session_jwt|||no token is presented, and in mode pg_session_jwt claims are not believed here: call auth.jwt_session_init(token)' \
    "$(app "$keyed" <<<"SET LOCAL ROLE authenticated; $why")"
for before in '' "$login"; do
    said=$(app "$keyed" <<<"$before SELECT FROM auth.set_claims('$claims_b'); $see")
    like 'set_claims() with a key' 'ERROR:  42501: claims are not believed here: the mode is pg_session_jwt' "$said"
    like 'set_claims() with a key' 'HINT:  This connection has a key, pg_session_jwt.jwk: present a token, auth.jwt_session_init' "$said"
done
# Anything but the token, in the settings that other functions of that extension and ours read, is another's word for it.
forged="SET LOCAL request.jwt.claims = '$claims_b'; SET LOCAL request.jwt.claim = '$claims_b'; SET LOCAL request.jwt.claim.sub = '$bob';
    SET LOCAL pg_tenancy.token = '$token_b'; SET LOCAL pg_tenancy.acting = '$claims_b';"
is 'settings, without a token' end "$(app "$keyed" <<<"$forged $see")"
is 'settings, and a token' "$sees_a" "$(app "$keyed" <<<"$forged $login $see")"
is 'what they do change' "$bob|$ann" "$(app "$keyed" <<<"$forged $login SELECT auth.uid(), tenancy.uid()")"
is 'a tenant that is a number, with a key' 42 "$(app "$keyed" <<<"SET LOCAL request.jwt.claims = '{\"tenant_id\": 43}'; SELECT FROM auth.jwt_session_init('$(session_jwt_token $key '{"sub": "ann", "tenant_id": 42}')');
    SELECT auth.tenant_id()")"
# Tests of an administrator's go by claims, and so without a key; nor do the roles count that tenancy.act_as() was given.
acting="SELECT FROM tenancy.act_as('$ann', '$a', '{admin}');"
is 'act_as() without a key' "authenticated|{admin}
$sees_a" "$(PGUSER=postgres session '' <<<"$acting SELECT current_user, auth.roles(); $see")"
said=$(PGUSER=postgres session "$keyed" <<<"$login $acting")
like 'act_as() with a key' 'ERROR:  55000: claims are not believed here: pg_session_jwt has a key' "$said"
like 'act_as() with a key' 'HINT:  Connect without a key' "$said"
roles="SELECT FROM set_config('pg_tenancy.acting', format('{\"roles\": [\"admin\"], \"of\": \"%s\"}', tenancy.hash_of('')), true);"
is 'roles of its setting' '{admin}' "$(app <<<"$roles SELECT tenancy.acting_roles()")"
is 'roles of its setting, with a key' '{}' "$(app "$keyed" <<<"$roles $login SELECT auth.roles()")"
# A choice of tenant is not believed either, in whatever way it is made.
choice="{\"tenant\": \"$b\", \"user\": \"$ann\", \"issuer\": \"https://issuer.test\"}"
is 'a choice with a key' 'of ann;of ann;end' "$(app "$keyed" <<<"$login SET LOCAL pg_tenancy.tenant = '$choice'; $see" | sed 's/^all;//')"
like 'whoami() of that' 'the caller is no member of the tenant chosen' "$(app "$keyed" <<<"$login SET LOCAL pg_tenancy.tenant = '$choice'; $why")"
like 'use_tenant() with a key' 'ERROR:  42501: the caller is no member' "$(app "$keyed" <<<"$login SELECT FROM auth.use_tenant('$b')")"
is 'use_tenant() of their own' "$sees_a" "$(app "$keyed" <<<"$login SELECT FROM auth.use_tenant('${a^^}'); $see")"
is 'a choice where the claims name no tenant' 'all;of ann;of ann;end' "$(app "$keyed" <<<"SELECT FROM auth.jwt_session_init('$(session_jwt_token $key "{\"sub\": \"$ann\", \"iss\": \"https://issuer.test\"}")');
    SET LOCAL pg_tenancy.tenant = '$choice'; $see")"
# A token that is refused is an error in whatever asks, and in words in whoami().
for wrong in "$(session_jwt_token k2 "$claims_b")" nonsense; do
    set_it="SET pg_session_jwt.jwt = '$wrong';"
    like "a refused token" 'ERROR:  (23514|42804): invalid JWT (signature|encoding)' "$(app "$keyed" <<<"$set_it $see")"
    like "whoami() of it" '^pg_session_jwt\|\|\|the token is refused by pg_session_jwt: invalid JWT' "$(app "$keyed" <<<"$set_it $why")"
done
is 'a sub that is a number, with a key' 'of a;of a;end' "$(app "$keyed" <<<"SELECT FROM auth.jwt_session_init('$(session_jwt_token $key "{\"sub\": 7, \"tenant_id\": \"$a\"}")'); $see")"
# logout() forgets the token.
is 'logout()' end "$(app "$keyed" <<<"$login SELECT FROM auth.logout(); $see")"
# The mode is not to be chosen, and a parallel plan asks whoami() in its leader.
like 'another mode' 'ERROR:  22023: .*mode.*claims' "$(psql -X -d main -U neon_owner -v VERBOSITY=verbose -c "SELECT tenancy.configure('mode', 'claims')" 2>&1)"
is 'the mode' 'pg_session_jwt|f' "$(sql -d main -U neon_owner -c "SELECT value, changed FROM tenancy.status() WHERE setting = 'mode'")"
is 'labels' 'u|u' "$(sql -d main -c "SELECT (SELECT proparallel FROM pg_proc WHERE oid = 'tenancy.whoami'::regproc), (SELECT proparallel FROM pg_proc WHERE oid = 'tenancy.token_problem'::regproc)")"

# An older version: what it lacks is not made in its place, so that it can be updated; and all of this works meanwhile.
sql -d old -c "CREATE EXTENSION pg_session_jwt VERSION '0.3.1'"
install old || fail "$(cat "$folder/said")"
said 'auth.uid\(\), auth.jwt\(\), auth.organization\(\), auth.organization_id\(\), which it lacks, is not made'
is 'what 0.3.1 has' t "$(sql -d old -c "SELECT to_regprocedure('auth.uid()') IS NULL AND to_regprocedure('auth.jwt()') IS NULL")"
is '0.3.1' "$a" "$(PGOPTIONS="-c request.jwt.claims={\"sub\":\"ann\",\"tenant_id\":\"$a\"}" sql -d old -c 'SELECT auth.tenant_uuid()')"
sql -d old -c 'ALTER EXTENSION pg_session_jwt UPDATE'
is 'updated' "$a|ann" "$(PGOPTIONS="-c request.jwt.claims={\"sub\":\"ann\",\"tenant_id\":\"$a\"}" sql -d old -c "SELECT auth.tenant_uuid(), auth.jwt() ->> 'sub'")"
# An early auth.uid() that returned text is nothing to us.
sql -d early -c "CREATE EXTENSION pg_session_jwt VERSION '0.4.0'"
install early || fail "$(cat "$folder/said")"
is 'an early one' "text|$ann" "$(PGOPTIONS="-c request.jwt.claims={\"sub\":\"$ann\"}" sql -d early -c 'SELECT pg_typeof(auth.uid()), tenancy.uid()')"

# A dump has it all: the extension, our functions in its schema, and the policies.
pg_dump -d main -F custom -f "$folder/dump"
sql -c 'CREATE DATABASE restored TEMPLATE template0 OWNER neon_owner'
pg_restore -d restored "$folder/dump" >"$folder/said" 2>&1 || true
if grep -vE 'transaction_timeout|errors ignored on restore' "$folder/said" | grep -iE 'error|warning'; then fail "$(cat "$folder/said")"; fi
is 'restored' "$sees_a" "$(PGOPTIONS="$keyed" psql -X -q -A -t -d restored -U jwt_app -1 <<<"$login $see" | sed '/^$/d')"

# It cannot be dropped from under us. With CASCADE our functions in its schema go, and what stands on them: the policies that
# compare. What is left closes the tables to callers.
if sql -d main -c 'DROP EXTENSION pg_session_jwt' >"$folder/said" 2>&1; then fail 'it was dropped from under us'; fi
said 'ERROR:  cannot drop extension pg_session_jwt because other objects depend on it'
sql -d main -c 'DROP EXTENSION pg_session_jwt CASCADE' >"$folder/said" 2>&1
is 'what is left of it' "" "$(sql -d main -c "SELECT string_agg(polname, ' ') FROM pg_policy WHERE pg_get_expr(polqual, polrelid) ~ 'auth\.|tenancy\.'")"
is 'row security' 4 "$(sql -d main -c "SELECT count(*) FROM pg_class WHERE relname IN ('notes', 'plans', 'own', 'own_text') AND relrowsecurity AND relforcerowsecurity")"
is 'afterwards' end "$(app <<<"SET LOCAL request.jwt.claims = '$claims_a'; $see")"

# The other way round, the extension after us, it finds its place taken.
sql -c 'CREATE DATABASE after'
install after || fail "$(cat "$folder/said")"
is 'without the extension' 'claims|t' "$(sql -d after -c "SELECT mode, to_regprocedure('auth.session()') IS NOT NULL FROM tenancy.whoami()")"
if sql -d after -c 'CREATE EXTENSION pg_session_jwt' >"$folder/said" 2>&1; then fail 'it was installed over us'; fi
said 'ERROR:  schema "auth" already exists'

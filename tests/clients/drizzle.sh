#!/usr/bin/env bash
# drizzle-kit makes a database match schema.ts, and takes a protection away that is not in there. With the lines that
# tenancy.drizzle() prints it changes nothing; without them the README's check tells, and protect() mends. Then the
# example runs over PgBouncer: examples/drizzle, as it stands.
set -euo pipefail
shopt -s inherit_errexit

# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 240 "$0"

example=$REPO/examples/drizzle
here=$REPO/tests/clients/drizzle
found=$("$REPO/tools/packages.py" node "$example") || { echo 'Drizzle cannot be had from npm'; exit 77; }
mapfile -t node <<<"$found"
found=$("$REPO/tools/packages.py" debian pgbouncer) || { echo 'PgBouncer cannot be had'; exit 77; }
mapfile -t folders <<<"$found"
[ "$(id -u)" = 0 ] && bouncer_as=$PG_AS || bouncer_as=

work=$(mktemp -d /tmp/pg_tenancy.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
chmod 755 "$work"
# Node looks for the packages beside the file that wants them.
cp -r "$example" "$work/app"
rm -rf "$work/app/node_modules"
ln -s "${node[1]}" "$work/app/node_modules"
cp "$here"/*.ts "$work/app/src"
cd "$work/app"

fail() {
    echo "drizzle.sh: $1" >&2
    exit 1
}
same() { # $1: what is compared; $2: as it is to be; $3: as it is
    [ "$2" = "$3" ] || fail "$1"$'\n'"$(diff <(echo "$2") <(echo "$3") || true)"
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
# The owner of the tables is no superuser, and what these files do is theirs to do.
as_owner() {
    local out
    out=$(PGOPTIONS='-c client_min_messages=warning' sql -U drizzle_owner "$@" 2>&1) || fail "$*: $out"
    [ -z "$out" ] || echo "$out"
}
use_database() {
    export PGDATABASE=$1
    sql -d postgres -c "CREATE DATABASE $1 OWNER drizzle_owner"
    export OWNER_URL="postgresql://drizzle_owner@/$1?host=$PGHOST&port=$PGPORT"
    as_owner -f before.sql >/dev/null
}
kit() {
    local out
    out=$(timeout -k 5 60 "${node[0]}" node_modules/drizzle-kit/bin.cjs "$@" </dev/null 2>&1) || fail "drizzle-kit $*: $out"
    echo "$out"
}
typescript() { timeout -k 5 60 "${node[0]}" --import tsx "$@"; }

# All that pg_dump knows: policies and their comments, ENABLE and FORCE, defaults, triggers, grants.
definitions() { pg_dump --schema-only | grep -v '^\\'; }
# And which transaction wrote each row of the catalog: what is dropped and made anew as it was, is found too.
written() {
    sql -c "SELECT tableoid::regclass, ctid, xmin FROM (
        SELECT tableoid, ctid, xmin FROM pg_policy UNION ALL SELECT tableoid, ctid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT a.tableoid, a.ctid, a.xmin FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT tableoid, ctid, xmin FROM pg_attrdef UNION ALL SELECT tableoid, ctid, xmin FROM pg_trigger
        UNION ALL SELECT tableoid, ctid, xmin FROM pg_constraint UNION ALL SELECT tableoid, ctid, xmin FROM pg_index
        UNION ALL SELECT tableoid, ctid, xmin FROM pg_description UNION ALL SELECT tableoid, ctid, xmin FROM pg_namespace
        UNION ALL SELECT tableoid, ctid, xmin FROM pg_authid UNION ALL SELECT tableoid, ctid, xmin FROM pg_auth_members) AS r ORDER BY 1, 2"
}
changes_nothing() { # $1: by what schema.ts
    local defined rows out
    defined=$(definitions)
    rows=$(written)
    out=$(kit push --force --verbose)
    [[ $out = *'No changes detected'* ]] || fail "push of $1 changes something: $out"
    same "definitions after the push of $1" "$defined" "$(definitions)"
    same "rows of the catalog after the push of $1" "$rows" "$(written)"
}
policies() {
    sql -c "SELECT tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"
}
# The check in the example's README, with one line for each table that it names.
check=$(sed -n '/^## Check/,$p' README.md | sed -n '/^```sql$/,/^```$/p' | grep -v '^```')
[ "$check" ] || fail 'the README has no check'
unguarded() {
    local told
    told=$(sql -c "$check" 2>&1) || { sed -n 's/.*error [a-z_]*: table \(public\.[a-z]*\): .*/\1/p' <<<"$told" | sort -u | grep . || echo "$told"; }
}

sql <<'SQL'
CREATE ROLE drizzle_owner LOGIN CREATEROLE;
CREATE ROLE drizzle_support NOLOGIN;
SQL
"${node[0]}" node_modules/typescript/bin/tsc || fail 'the example is not well typed'

# ---- The example's schema.ts: what protect() and drizzle() make of its table is what is in it.
use_database drizzle_example
sql -c 'GRANT CREATE ON SCHEMA public TO drizzle_owner'
kit generate >/dev/null
kit migrate >/dev/null
after_migrate=$(policies)
out=$(as_owner -f after.sql)
[[ $out != *' POLICY '*' ON public.notes FOR '* && $out = *'FORCE ROW LEVEL SECURITY'* ]] || fail "protect() writes policies that a migration has made already: $out"
same 'policies that a migration made, after protect()' "$after_migrate" "$(policies)"
same 'the lines in schema.ts' "$(sql -c "SELECT tenancy.drizzle('notes')" | sed -n '/^(table)/,/^]/p')" \
    "$(sed -n '/^(table)/,/^]/p' src/schema.ts | sed 's/^]).*/]/')"
same 'who is unguarded at first' '' "$(unguarded)"
changes_nothing 'the example'
sed 's/)\.enableRLS()/)/' "$example/src/schema.ts" >src/schema.ts
changes_nothing 'the example without .enableRLS()'

# ---- Without the lines.
claims() { echo "BEGIN; SELECT auth.set_claims('{\"sub\": \"$1\", \"tenant_id\": \"$2\"}') \\g /dev/null"; }
a=3f2504e0-4f89-41d3-9a0c-0305e82c3301
b=3f2504e0-4f89-41d3-9a0c-0305e82c3302
for caller in "ann $a" "bob $b"; do
    sql -U app <<<"$(claims $caller)"$'\n'"INSERT INTO notes (body) VALUES ('of ${caller% *}'); COMMIT;"
done
seen() { sql -U app <<<"$(claims ann $a)"$'\n'"SELECT string_agg(body, ', ' ORDER BY id) FROM notes;"; }
without_comment() { definitions | grep -v '^COMMENT ON POLICY tenancy_floor'; }
same 'what Ann sees' 'of ann' "$(seen)"
before=$(without_comment)
sed '/^(table) => \[$/,/^\])/d; s/^}, \/\/ From here.*/})/; s/\.notNull()\.default(sql`auth[^)]*)`)//' "$example/src/schema.ts" >src/schema.ts
! grep -Eq 'auth\.|^\(table' src/schema.ts || fail "there are lines left: $(<src/schema.ts)"
out=$(kit push --force --verbose)
for gone in 'ALTER TABLE "notes" DISABLE ROW LEVEL SECURITY' 'DROP POLICY "tenancy_floor"' 'DROP POLICY "tenancy_gate"' \
    'DROP INDEX "notes_tenant_id_tenancy_idx"' '"tenant_id" DROP DEFAULT' '"tenant_id" DROP NOT NULL'; do
    [[ $out = *"$gone"* ]] || fail "push without the lines does not say $gone: $out"
done
same 'policies after the push without the lines' '' "$(policies)"
same 'what Ann sees after it' 'of ann, of bob' "$(seen)"
same 'what the check tells then' public.notes "$(unguarded)"
as_owner -f after.sql >/dev/null
same 'what Ann sees after protect()' 'of ann' "$(seen)"
same 'who is unguarded after protect()' '' "$(unguarded)"
same 'what the audit finds' '' "$(sql -c "SELECT level, code, object FROM tenancy.audit('{public}')")"
# (What the author column defaults to is the schema's own, so it is given back here.)
as_owner -c 'ALTER TABLE notes ALTER author SET DEFAULT auth.user_id(), ALTER author SET NOT NULL'
same 'definitions after protect()' "$before" "$(without_comment)"

# ---- push writes policies without their expressions: where it makes them, protect() must come after.
cp "$example/src/schema.ts" src/schema.ts
expected=$(policies)
as_owner -c 'DROP POLICY tenancy_floor ON notes; DROP POLICY tenancy_select ON notes'
kit push --force >/dev/null
same 'expressions of policies that push made' 'tenancy_floor||, tenancy_select||' \
    "$(sql -c "SELECT string_agg(policyname || '|' || COALESCE(qual, '') || '|' || COALESCE(with_check, ''), ', ' ORDER BY policyname)
               FROM pg_policies WHERE policyname IN ('tenancy_floor', 'tenancy_select')")"
same 'what the check tells of a floor without an expression' public.notes "$(unguarded)"
as_owner -f after.sql >/dev/null
same 'policies after protect()' "$expected" "$(policies)"
changes_nothing 'the example, once more'

# Where FORCE binds the owner, push finds every table empty, and does not ask before it drops a column.
sed -i '/body: text/d' src/schema.ts
before=$(sql -c 'SELECT count(*) FROM notes WHERE body IS NOT NULL')
[ "$before" = 2 ] || fail "there are $before rows with a body"
out=$(OWNER_URL="postgresql://postgres@/$PGDATABASE?host=$PGHOST&port=$PGPORT" timeout 60 "${node[0]}" node_modules/drizzle-kit/bin.cjs push </dev/null 2>&1 || true)
[[ $out = *'data-loss'*'with 2 items'* ]] || fail "push as a superuser does not ask: $out"
kit push >/dev/null
same 'the column that push dropped without asking' 0 \
    "$(sql -c "SELECT count(*) FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'body'")"

# ---- Policies of all kinds, from the catalog to schema.ts and, by a migration, back.
use_database drizzle_kinds
sql -c 'GRANT CREATE ON SCHEMA public TO drizzle_owner'
as_owner -f "$here/kinds.sql" >/dev/null
expected=$(policies)
"$here/kinds" >src/schema.ts
echo '{"extends": "./tsconfig.json", "include": ["src/schema.ts"]}' >kinds.json
"${node[0]}" node_modules/typescript/bin/tsc -p kinds.json || fail "what drizzle() prints is not well typed: $(<src/schema.ts)"
changes_nothing 'policies of all kinds'
rm -rf migrations
kit generate >/dev/null
out=$(kit generate)
[[ $out = *'No schema changes'* ]] || fail "the same schema.ts makes another migration: $out"
printed=$(<src/schema.ts)
use_database drizzle_migrated
sql -c 'GRANT CREATE ON SCHEMA public TO drizzle_owner'
kit migrate >/dev/null
same 'policies that a migration has made' "$expected" "$(policies)"
as_owner -f "$here/protect_kinds.sql" >/dev/null
same 'the same after protect()' "$expected" "$(policies)"
same 'the lines after a migration and protect()' "$printed" "$("$here/kinds")"
changes_nothing 'policies of all kinds, migrated'

# ---- The example runs, over two server connections.
use_database drizzle_app
sql -c 'GRANT CREATE ON SCHEMA public TO drizzle_owner'
rm -rf migrations
cp "$example/src/schema.ts" src/schema.ts
kit generate >/dev/null
kit migrate >/dev/null
as_owner -f after.sql >/dev/null
cat >"$work/pgbouncer.ini" <<INI
[databases]
$PGDATABASE = host=$PGHOST port=$PGPORT dbname=$PGDATABASE
[pgbouncer]
listen_addr =
unix_socket_dir = $work/socket
listen_port = 6432
auth_type = trust
auth_file = $work/users
pool_mode = transaction
default_pool_size = 2
log_connections = 0
log_disconnections = 0
INI
mkdir -m 777 "$work/socket"
printf '"%s" ""\n' app >"$work/users"
chmod 644 "$work/pgbouncer.ini" "$work/users"
LD_LIBRARY_PATH=${folders[1]} $bouncer_as "${folders[0]}/usr/sbin/pgbouncer" "$work/pgbouncer.ini" >"$work/log" 2>&1 &
for _ in {1..50}; do sql -h "$work/socket" -p 6432 -U app -c '' 2>/dev/null && break; sleep 0.1; done
export APP_URL="postgresql://app@/$PGDATABASE?host=$work/socket&port=6432"

out=$(typescript src/claims.ts "$a" "$b") || fail "claims: $out $(<"$work/log")"
same 'with and without asCaller()' "without asCaller(): 42501 permission denied for table notes
the role alone: 0 rows
ann: of ann
bob: of bob" "$out"

issuer=https://issuer.example
sql -o /dev/null -v keys="$("$REPO/tests/lib/token" jwks ed1)" <<SQL
TRUNCATE notes;
SELECT tenancy.add_issuer('$issuer', :'keys', audience => NULL), tenancy.configure('mode', 'verified');
SQL
token() { "$REPO/tests/lib/token" sign ed1 "{\"iss\": \"$issuer\", \"sub\": \"$1\", \"tenant_id\": \"$2\"}"; }
start_server() {
    : >"$work/url"
    PORT=0 typescript src/server.ts >"$work/url" 2>"$work/errors" &
    server=$!
    for _ in {1..100}; do
        [ ! -s "$work/url" ] || return 0
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    fail "the example does not start: $(<"$work/errors")"
}
start_server
visitors() { timeout -k 5 60 "${node[0]}" "$here/visitors.mjs" "$(<"$work/url")" "$a" "$(token ann $a)" "$b" "$(token bob $b)"; }
visitors || fail "$(<"$work/errors")"
same 'server connections of the app' 2 "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname = current_database()")"
! grep -qF "$(token ann $a | cut -d. -f1)" "$work/errors" || fail "the example logs tokens: $(<"$work/errors")"
grep -q '^28000 ' "$work/errors" || fail "the example does not log the error of a refused token: $(<"$work/errors")"

# The check can fail: without row security the same visitors see rows of another tenant.
sql -c 'ALTER TABLE notes DISABLE ROW LEVEL SECURITY'
! out=$(visitors 2>&1) || fail "nothing was noticed without row security: $out"
[[ $out = *'foreign rows: '[1-9]* ]] || fail "without row security: $out"

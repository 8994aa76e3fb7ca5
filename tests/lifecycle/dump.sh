#!/usr/bin/env bash
# A protected database, dumped and restored, behaves as before: dumped by a superuser and by its plain owner, in both
# formats, and copied as a template. And what its owner needs for that.
set -euo pipefail
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() {
    echo "dump.sh: $1"
    exit 1
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The database of a plain owner, made by them: a table with every kind of quoting, a partitioned one, one that leaves its
# owner free, staff, settings, members whose users are in another table, and roles: of everybody's, of a tenant's, and one that
# is shipped.
sql <<'SQL'
CREATE ROLE dump_owner LOGIN CREATEROLE CREATEDB;
CREATE ROLE dump_staff;
CREATE DATABASE source OWNER dump_owner;
SQL
sql -U dump_owner -d source >"$folder/made" 2>&1 <<'SQL' || fail "$(cat "$folder/made")"
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles('dump_app');
SELECT tenancy.configure('tenant_column', 'Org "Id');
SELECT tenancy.configure('staff_roles', 'dump_staff');
SELECT tenancy.configure('layout', 'org_id'), tenancy.configure('tenant_path', '{app,"ten ant"}'),
    tenancy.configure('roles_path', '{app,roles}'), tenancy.configure('permissions_path', '{app,may}');
SELECT tenancy.define_role('auditor', '{docs.*}'), tenancy.define_role('auditor', '{docs.read}', 'b'), tenancy.define_role('viewer', '{tenant.read,docs.see}');
CREATE SCHEMA "My 'App'";
CREATE TABLE people (id serial PRIMARY KEY, "The 'sub'" text UNIQUE);
CREATE TABLE "My 'App'"."Members; --" ("Per ""son" int REFERENCES people, "Org ""Id" text, "Ro""le" text, gone timestamptz);
CREATE INDEX ON "My 'App'"."Members; --" ("Per ""son");
INSERT INTO people VALUES (1, 'zoe'), (2, 'ann');
INSERT INTO "My 'App'"."Members; --" VALUES (2, 'aaaaaaaa-0000-4000-8000-000000000001', 'auditor', NULL), (2, 'b', 'viewer,auditor', NULL),
    (2, '2', 'member', NULL), (2, 'c', 'owner', now()), (1, 'bbbbbbbb-0000-4000-8000-000000000002', 'owner', NULL);
SELECT tenancy.use_members('"My ''App''"."Members; --"', 'Per "son', 'Org "Id', 'Ro"le', inactive_column => 'gone', users => 'people', subject_column => 'The ''sub''');
CREATE TABLE "My 'App'"."Docs; --" ("Org ""Id" uuid, id serial PRIMARY KEY, title text);
CREATE TABLE "My 'App'".events ("Org ""Id" text NOT NULL, id int) PARTITION BY RANGE (id);
CREATE TABLE "My 'App'".events_1 PARTITION OF "My 'App'".events FOR VALUES FROM (0) TO (10);
CREATE TABLE free ("Org ""Id" bigint NOT NULL DEFAULT 0);
INSERT INTO "My 'App'"."Docs; --" ("Org ""Id", title) VALUES
    ('aaaaaaaa-0000-4000-8000-000000000001', 'of a'), ('bbbbbbbb-0000-4000-8000-000000000002', 'of b');
INSERT INTO "My 'App'".events VALUES ('a', 1), ('b', 2);
INSERT INTO free VALUES (1), (2);
SELECT tenancy.protect('"My ''App''"."Docs; --"'), tenancy.protect('"My ''App''".events'), tenancy.protect('free', force => false);
SQL

# Everything about a database that a dump has to bring back, and how it behaves.
state() {
    sql -d "$1" <<'SQL'
SELECT * FROM tenancy.status() ORDER BY setting;
SELECT * FROM tenancy.member_source;
SELECT * FROM tenancy.role_definition ORDER BY tenant, role, shipped;
SELECT c.oid::regclass, relowner::regrole, relrowsecurity, relforcerowsecurity, relacl FROM pg_class c
WHERE relkind IN ('r', 'p') AND relnamespace IN ('"My ''App''"'::regnamespace, 'public'::regnamespace) ORDER BY c.oid::regclass::text;
SELECT polrelid::regclass, polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid),
    pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy') FROM pg_policy ORDER BY polrelid::regclass::text, polname;
SELECT adrelid::regclass, pg_get_expr(adbin, adrelid) FROM pg_attrdef ORDER BY adrelid::regclass::text, adnum;
SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, tgname;
SELECT indexrelid::regclass FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE relnamespace IN ('"My ''App''"'::regnamespace, 'public'::regnamespace) ORDER BY indexrelid::regclass::text;
\echo # protect() has nothing to do
SET ROLE dump_owner;
SELECT tenancy.protect('"My ''App''"."Docs; --"'), tenancy.protect('"My ''App''".events'), tenancy.protect('free', force => false);
RESET ROLE;
\echo # members see the rows of their tenants, a stranger and nobody nothing, staff all
SET ROLE authenticated;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "ann", "app": {"ten ant": "aaaaaaaa-0000-4000-8000-000000000001"}}';
SELECT auth.tenant_ids(), auth.roles(), auth.permissions();
SELECT * FROM "My 'App'"."Docs; --";
INSERT INTO "My 'App'"."Docs; --" (title) VALUES ('lands in a') RETURNING "Org ""Id", title;
SET LOCAL request.jwt.claims = '{"sub": "ann", "app": {"ten ant": "b"}}';
SELECT auth.roles(), auth.permissions();
SELECT * FROM "My 'App'".events;
SET LOCAL request.jwt.claims = '{"sub": "ann", "app": {"ten ant": 2}}';
SELECT * FROM free;
SET LOCAL request.jwt.claims = '{"sub": "stranger", "app": {"ten ant": 2}}';
SELECT count(*) FROM free;
SET LOCAL request.jwt.claims = '';
SELECT count(*) FROM "My 'App'"."Docs; --";
SET LOCAL ROLE dump_staff;
SELECT count(*) FROM "My 'App'"."Docs; --";
ROLLBACK;
SQL
}
state source >"$folder/before"
grep -q '^aaaaaaaa-0000-4000-8000-000000000001|1|of a$' "$folder/before" && grep -q '^{viewer,auditor}|{docs.read,docs.see,tenant.read}$' "$folder/before" || fail "there is nothing to compare with: $(cat "$folder/before")"

# same DATABASE ADMINISTRATOR WHAT: as before, but that the extension is whose who installed it, here as everywhere.
same() {
    local administrator
    state "$1" >"$folder/after" 2>&1 || true
    diff "$folder/before" "$folder/after" || fail "$3: not as before"
    administrator=$(sql -d "$1" -c "SELECT extowner::regrole FROM pg_extension WHERE extname = 'pg_tenancy'")
    [ "$administrator" = "$2" ] || fail "$3: administered by $administrator, not $2"
    sql -U "$2" -d "$1" -c "SELECT tenancy.configure('mode', 'claims')" >/dev/null || fail "$3: $2 cannot configure it"
}

# restore USER DATABASE FORMAT [ROLE]: into a new database of dump_owner. A pg_dump newer than the server sets parameters that the
# server does not know; nothing else may go wrong.
restore() {
    local user=$1 role=${4-$1}
    sql -c "CREATE DATABASE $2 OWNER dump_owner TEMPLATE template0"
    if [ "$3" = plain ]; then
        psql -X -q -U "$user" -d "$2" -f "$folder/dump" >"$folder/said" 2>&1 || true
    else
        pg_restore -U "$user" --role="$role" -d "$2" "$folder/dump" >"$folder/said" 2>&1 || true
    fi
    if grep -iE 'error|warning' "$folder/said" | grep -vE 'transaction_timeout|errors ignored on restore'; then
        fail "restoring the $3 dump as $user: $(cat "$folder/said")"
    fi
}

# FORCE binds the owner as well: their dump is refused, rather than made without rows.
for format in plain custom; do
    if pg_dump -U dump_owner -d source -F "$format" -f "$folder/dump" 2>"$folder/said"; then
        fail "the dump of a bound owner was not refused"
    fi
    grep -q 'query would be affected by row-level security policy' "$folder/said" || fail "$(cat "$folder/said")"
done
# With --enable-row-security it is not refused: it has the rows that the owner sees, which are none.
pg_dump -U dump_owner -d source --enable-row-security -f "$folder/dump"
grep -q 'of a' "$folder/dump" && fail "the owner has dumped rows that they do not see"

# What an owner needs is BYPASSRLS; a superuser needs nothing.
sql -c 'ALTER ROLE dump_owner BYPASSRLS'
for user in postgres dump_owner; do
    for format in plain custom; do
        pg_dump -U "$user" -d source -F "$format" -f "$folder/dump"
        restore "$user" "by_${user}_$format" "$format"
        same "by_${user}_$format" "$user" "$format dump and restore by $user"
    done
done

# Dumped by a superuser, restored by the plain owner without BYPASSRLS: rows are loaded before row security is on.
sql -c 'ALTER ROLE dump_owner NOBYPASSRLS'
pg_dump -U postgres -d source -F custom -f "$folder/dump"
restore dump_owner by_the_bound_owner custom
same by_the_bound_owner dump_owner "restore by an owner without BYPASSRLS"

# A superuser who restores on behalf of the owner says so, or the extension becomes the superuser's.
restore postgres on_behalf custom dump_owner
same on_behalf dump_owner "restore on behalf of the owner"

# What is dumped for a restored database is what was dumped for the first.
pg_dump -d source --schema-only -f "$folder/first"
pg_dump -d on_behalf --schema-only -f "$folder/second"
diff <(grep -v restrict "$folder/first") <(grep -v restrict "$folder/second") || fail "a dump of the restored database differs"

sql -c 'CREATE DATABASE copied TEMPLATE source'
same copied dump_owner "a copy as a template"

# The tenant that is pinned is this database's and its exact copies'; what is made from its dump serves all.
pinned() { sql -d "$1" -c "SELECT tenancy.setting('pinned_tenant')"; }
sql -d source -c "SELECT tenancy.configure('pinned_tenant', 'b')"
pg_dump -U postgres -d source -F custom -f "$folder/dump"
restore postgres unpinned custom
[ -z "$(pinned unpinned)" ] || fail "a dump brings the pin: $(pinned unpinned)"
sql -c 'CREATE DATABASE copied_pin TEMPLATE source'
[ "$(pinned copied_pin)" = b ] || fail "a copy as a template has the pin: $(pinned copied_pin)"
sql -d source -c "SELECT tenancy.configure('pinned_tenant', NULL)"

# Without the table of members, or that of their users, nobody has a tenant: what the claims say is not believed instead.
standing() {
    sql -d "$1" -c "SET ROLE authenticated" -c "SET request.jwt.claims = '{\"sub\": \"ann\", \"org_id\": \"b\", \"app\": {\"ten ant\": \"b\", \"roles\": [\"owner\"]}}'" \
        -c "SELECT auth.tenant_id(), auth.tenant_ids(), auth.roles(), (SELECT count(*) FROM \"My 'App'\".events), tenancy.tenant_problem()"
}
[ "$(standing source)" = 'b|{aaaaaaaa-0000-4000-8000-000000000001,b,2}|{viewer,auditor}|1|' ] || fail "a member: $(standing source)"
without() { # $1: pattern of tables; $2: database; $3: format
    pg_dump -U postgres -d source -F "$3" --exclude-table="$1" -f "$folder/dump"
    sql -c "CREATE DATABASE $2 OWNER dump_owner TEMPLATE template0"
    case $3 in
    plain) psql -X -q -d "$2" -f "$folder/dump" >"$folder/said" 2>&1 || true ;;
    custom) pg_restore -d "$2" "$folder/dump" >"$folder/said" 2>&1 || true ;;
    esac
    grep -q 'relation ".*" does not exist' "$folder/said" || fail "a restore without $1 says nothing of it: $(cat "$folder/said")"
    [ "$(standing "$2")" = '|{}||0|the table of members is gone, or not an ordinary or partitioned table' ] || fail "without $1: $(standing "$2")"
}
without '*."Members; --"' no_members_plain plain
without '*."Members; --"' no_members custom
without '*.people' no_people plain

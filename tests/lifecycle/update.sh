#!/usr/bin/env bash
# ALTER EXTENSION pg_tenancy UPDATE, from each released version: what it makes is what a fresh installation makes, nothing of
# the configuration is touched, callers see what they saw, before (with the old SQL and the new library) and after.
set -euo pipefail
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() {
    echo "update.sh: $1"
    exit 1
}
folder=$(mktemp -d)
extensions=$("$PG_CONFIG" --sharedir)/extension
placed=()
trap 'rm -rf "$folder"; [ ${#placed[@]} = 0 ] || rm -f "${placed[@]}"' EXIT

version=$(sql -c "SELECT default_version FROM pg_available_extensions WHERE name = 'pg_tenancy'")
releases=$(cd "$REPO/sql" && ls pg_tenancy--*.sql | sed -n 's/^pg_tenancy--\([^-]*\)\.sql$/\1/p' | grep -vFx "$version" | sort -V) || true

# What has been released stays as it is: databases have it.
(cd "$REPO/sql" && sha256sum --quiet --check released.sha256) || fail "a script that was released is another now"
for release in $releases; do
    grep -qF "  pg_tenancy--$release.sql" "$REPO/sql/released.sha256" || fail "sql/released.sha256 lacks pg_tenancy--$release.sql"
done
if [ -z "$releases" ]; then
    echo "there is no release before $version"
    exit 77
fi
# The last of the update scripts is made from the files of sql/. (The others were, and are in released.sha256.)
"$REPO/tools/update_script" "$(tail -n 1 <<<"$releases")" --check || fail "the update script is out of date"

# Everything there is of the extension, without what differs between any two databases.
catalog() {
    sql -d "$1" <<'SQL'
SET search_path = pg_catalog;
CREATE TEMP VIEW member AS SELECT * FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy');
CREATE FUNCTION pg_temp.granted(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s:%s:%s:%s', g.grantor::regrole, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END, g.privilege_type, g.is_grantable), ' '
        ORDER BY g.grantor, g.grantee, g.privilege_type) FROM aclexplode(COALESCE(acl, acldefault(kind, owner))) g $$;
SELECT 'extension', extowner::regrole, extversion, extrelocatable, extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_tenancy';
SELECT 'member', pg_describe_object(classid, objid, objsubid) FROM member ORDER BY 2;
SELECT 'dumped', t::regclass, c FROM pg_extension, unnest(extconfig, extcondition) AS d (t, c) WHERE extname = 'pg_tenancy' ORDER BY 2;
SELECT 'schema', nspname, nspowner::regrole, pg_temp.granted(nspacl, 'n', nspowner), obj_description(oid, 'pg_namespace')
FROM pg_namespace WHERE nspname IN ('auth', 'tenancy') ORDER BY 2;
SELECT 'function', p.oid::regprocedure, p.proowner::regrole, pg_temp.granted(proacl, 'f', proowner), obj_description(p.oid, 'pg_proc'), probin, prosrc, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid ORDER BY p.oid::regprocedure::text;
SELECT 'depends', pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
FROM pg_depend d JOIN member m ON m.classid = d.classid AND m.objid = d.objid ORDER BY 2, 3, 4;
SELECT 'privileges at installation', pg_describe_object(i.classoid, i.objoid, i.objsubid), i.privtype, pg_temp.granted(i.initprivs, 'f', 10)
FROM pg_init_privs i JOIN member m ON m.classid = i.classoid AND m.objid = i.objoid ORDER BY 2;
CREATE TEMP VIEW relation AS SELECT c.* FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid;
SELECT 'relation', c.oid::regclass, relkind, relowner::regrole, pg_temp.granted(relacl, 'r', relowner), obj_description(c.oid, 'pg_class'),
    relpersistence, relrowsecurity, relforcerowsecurity, relreplident, reloptions FROM relation c ORDER BY c.oid::regclass::text;
SELECT 'column', attrelid::regclass, row_number() OVER (PARTITION BY attrelid ORDER BY attnum) AS position, attname, format_type(atttypid, atttypmod), attnotnull,
    attcollation::regcollation, attstorage, attidentity, attgenerated, attacl, col_description(attrelid, attnum), pg_get_expr(adbin, adrelid)
FROM pg_attribute JOIN relation c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped ORDER BY attrelid::regclass::text, 3;
SELECT 'constraint', conrelid::regclass, conname, contype, convalidated, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN relation c ON c.oid = conrelid ORDER BY conrelid::regclass::text, conname;
SELECT 'index', pg_get_indexdef(indexrelid), indisvalid FROM pg_index JOIN relation c ON c.oid = indrelid ORDER BY 2;
SELECT 'view', c.oid::regclass, pg_get_viewdef(c.oid) FROM relation c WHERE relkind IN ('v', 'm') ORDER BY c.oid::regclass::text;
SELECT 'trigger', tgrelid::regclass, tgenabled, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN relation c ON c.oid = tgrelid ORDER BY tgrelid::regclass::text, 4;
SELECT 'policy', polrelid::regclass, polname FROM pg_policy JOIN relation c ON c.oid = polrelid ORDER BY polrelid::regclass::text, polname;
SELECT 'event trigger', evtname, evtevent, evtfoid::regprocedure, evtenabled, evttags, evtowner::regrole, obj_description(oid, 'pg_event_trigger') FROM pg_event_trigger ORDER BY 2;
SELECT 'type', t.oid::regtype, typowner::regrole, pg_temp.granted(typacl, 'T', typowner), typlen, typtype, typinput, typoutput, typstorage, obj_description(t.oid, 'pg_type')
FROM pg_type t JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid ORDER BY t.oid::regtype::text;
SELECT 'role shipped', role, permissions FROM tenancy.role_definition WHERE shipped ORDER BY role;
SQL
}
# Each row of the configuration, and where and since when it is there, in the columns that the release had.
configuration() {
    sql -d "$1" -c "SELECT format('SELECT %L, ctid, xmin, %s FROM %s t ORDER BY ctid;', attrelid::regclass, string_agg(quote_ident(attname), ', ' ORDER BY attnum), attrelid::regclass)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped GROUP BY attrelid"
}
# What callers see and may: by claims, by a token, as a member, as nobody; and what users' objects have become.
callers() {
    sql -d "$1" -v token="$token" <<'SQL'
SELECT attrelid::regclass, attname, pg_get_expr(adbin, adrelid) FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid IN ('docs'::regclass, 'notes'::regclass) ORDER BY 1, 2;
SELECT polrelid::regclass, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) FROM pg_policy WHERE polname = 'of_the_team' ORDER BY 1, 2;
SELECT tgrelid::regclass, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname IN ('tenancy_truncate', 'of_the_team') ORDER BY 1, 2;
SET ROLE update_app;
\set VERBOSITY sqlstate
BEGIN;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "a"}');
SELECT auth.user_id(), auth.tenant_id(), auth.tenant_ids(), auth.roles(), auth.permissions(), current_user;
SELECT * FROM docs ORDER BY id;
SELECT * FROM mine ORDER BY id;
INSERT INTO docs (id) VALUES (3) RETURNING *;
SAVEPOINT s;
\set ON_ERROR_STOP off
INSERT INTO docs VALUES (4, 'b');
ROLLBACK TO s;
UPDATE docs SET tenant_id = 'b';
ROLLBACK TO s;
SELECT auth.set_claims('{"sub": "ann", "tenant_id": "b"}');
SELECT count(*) FROM docs;
ROLLBACK;
\set ON_ERROR_STOP on
BEGIN;
SELECT auth.login(:'token');
SELECT auth.user_id(), auth.tenant_id(), current_user, (SELECT array_agg(id ORDER BY id) FROM notes);
ROLLBACK;
SET ROLE authenticated;
SELECT count(*) FROM docs;
SQL
}
functions() { sql -d "$1" -c "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) ORDER BY oid::regprocedure::text COLLATE \"C\""; }
differs() { ! diff "$folder/fresh" <(catalog "$1") >"$folder/difference"; }

token=$("$REPO/tests/lib/token" sign ed1 '{"iss": "https://issuer.example", "sub": "ann", "tenant_id": "a"}' --exp 86400)
keys=$("$REPO/tests/lib/token" jwks ed1)
sql <<'SQL'
CREATE ROLE update_owner LOGIN;
CREATE ROLE update_staff;
CREATE ROLE update_operator;
SQL

# What the database's owner and a superuser have set before and after: default privileges, which give nothing on our objects
# and take nothing away, and rights on one function each, which an update leaves alone.
before_it() {
    sql -c "CREATE DATABASE $1 OWNER update_owner"
    sql -d "$1" -c 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO update_operator' -c 'ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO update_operator' \
        -c 'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC'
}
after_it() {
    sql -d "$1" -c 'GRANT EXECUTE ON FUNCTION tenancy.configure(text, text) TO update_operator' -c 'REVOKE EXECUTE ON FUNCTION tenancy.detect_layout(jsonb) FROM PUBLIC'
}

# from RELEASE INSTALLER UPDATER
from() {
    local old=$1 installer=$2 updater=$3 database planted protect
    database=from_${1//./_}_${2}_$3
    before_it "$database"
    # Each function in C is looked for in the library as it is made: those of every release have to be there.
    sql -U "$installer" -d "$database" -c 'SET check_function_bodies = on' -c "CREATE EXTENSION pg_tenancy VERSION '$old'" >"$folder/said" 2>&1 ||
        fail "version $old with this library: $(cat "$folder/said")"
    after_it "$database"
    sql -d "$database" -c "SELECT tenancy.bootstrap_roles('update_app')" -c 'GRANT CREATE ON SCHEMA public TO update_owner' >"$folder/said"
    sql -U update_owner -d "$database" >"$folder/said" 2>&1 <<'SQL' || fail "$old: $(cat "$folder/said")"
CREATE TABLE people (sub text, tenant text, role text);
INSERT INTO people VALUES ('ann', 'a', 'auditor,owner'), ('zoe', 'b', 'owner');
CREATE INDEX ON people (sub);
SQL
    sql -U "$installer" -d "$database" -v keys="$keys" >"$folder/said" 2>&1 <<'SQL' || fail "$old: $(cat "$folder/said")"
SELECT tenancy.configure('staff_roles', 'update_staff'), tenancy.configure('layout', 'plain'), tenancy.configure('gateway_roles', 'update_app');
SELECT tenancy.add_issuer('https://issuer.example', :'keys', NULL);
SELECT tenancy.define_role('auditor', '{docs.*}'), tenancy.define_role('auditor', '{docs.read}', 'b');
SELECT tenancy.use_members('people', 'sub', 'tenant', 'role');
SQL
    sql -U update_owner -d "$database" >"$folder/said" 2>&1 <<'SQL' || fail "$old: $(cat "$folder/said")"
CREATE TABLE docs (id int PRIMARY KEY, tenant_id text);
CREATE TABLE notes (id int, tenant_id text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (100);
INSERT INTO docs VALUES (1, 'a'), (2, 'b');
INSERT INTO notes VALUES (1, 'a'), (2, 'b');
SELECT tenancy.protect('docs'), tenancy.protect('notes', force => false);
-- What a team makes of it: a view, a policy, a default, a trigger, a function that was parsed
CREATE VIEW mine WITH (security_invoker = true) AS SELECT *, auth.tenant_id() AS mine, auth.has_role(VARIADIC '{owner}') FROM docs;
CREATE POLICY of_the_team ON docs AS RESTRICTIVE FOR DELETE USING (auth.has_permission(VARIADIC '{docs.remove}'));
ALTER TABLE docs ADD COLUMN made_by text DEFAULT auth.user_id();
CREATE FUNCTION is_owner() RETURNS boolean LANGUAGE sql STABLE RETURN auth.has_role(VARIADIC '{owner}');
CREATE TRIGGER of_the_team BEFORE TRUNCATE ON people EXECUTE FUNCTION tenancy.refuse_truncate();
GRANT SELECT ON mine TO authenticated;
SQL
    configuration "$database" >"$folder/rows.sql"
    sql -d "$database" -f "$folder/rows.sql" >"$folder/rows"
    grep -q '^tenancy.issuer|(0,1)|[0-9]*|https://issuer.example|' "$folder/rows" || fail "$old: no configuration: $(cat "$folder/rows")"
    callers "$database" >"$folder/callers" 2>&1 || fail "$old: $(cat "$folder/callers")"
    grep -q '^ann|a|{a}|{auditor,owner}|{.*docs\.\*.*}|authenticated$' "$folder/callers" && grep -q '^ann|a|authenticated|{1}$' "$folder/callers" ||
        fail "$old: there is nothing to compare with: $(cat "$folder/callers")"

    # What somebody has put where a new function goes is not taken over.
    planted=$(LC_ALL=C comm -13 <(functions "$database") <(functions "fresh_$installer") | sed -n 1p)
    if [ "$planted" ]; then
        sql -c "CREATE DATABASE planted OWNER update_owner TEMPLATE $database"
        sql -d planted -c "CREATE FUNCTION $planted RETURNS int LANGUAGE sql AS 'SELECT 1'"
        if sql -U "$updater" -d planted -c 'ALTER EXTENSION pg_tenancy UPDATE' >"$folder/said" 2>&1; then
            fail "the update from $old takes over a planted $planted"
        fi
        grep -q 'already exists with same argument types' "$folder/said" || fail "a planted $planted: $(cat "$folder/said")"
        sql -c 'DROP DATABASE planted'
    fi

    sql -U "$updater" -d "$database" -c 'ALTER EXTENSION pg_tenancy UPDATE' >"$folder/said" 2>&1 || fail "from $old by $updater: $(cat "$folder/said")"
    catalog "fresh_$installer" >"$folder/fresh"
    if differs "$database"; then
        fail "from $old, installed by $installer, updated by $updater, is not what is installed (<): $(cat "$folder/difference")"
    fi
    diff "$folder/rows" <(sql -d "$database" -f "$folder/rows.sql") || fail "the update from $old has touched the configuration"
    diff "$folder/callers" <(callers "$database" 2>&1) || fail "after the update from $old callers see something else"

    # Protection converges: what is new in it is put on once.
    protect="SELECT tenancy.protect('docs') UNION ALL SELECT tenancy.protect('notes', force => false)"
    sql -U update_owner -d "$database" -c "$protect" >"$folder/said" 2>&1 || fail "protect() after the update from $old: $(cat "$folder/said")"
    [ -z "$(sql -U update_owner -d "$database" -c "$protect" 2>&1)" ] || fail "protect() after the update from $old does not converge"
    diff "$folder/callers" <(callers "$database" 2>&1) || fail "after the update from $old, and protect(), callers see something else"
}

for installer in update_owner postgres; do
    before_it "fresh_$installer"
    sql -U "$installer" -d "fresh_$installer" -c 'CREATE EXTENSION pg_tenancy'
    after_it "fresh_$installer"
done
for release in $releases; do
    placed+=("$extensions/pg_tenancy--$release.sql")
    install -m 644 "$REPO/sql/pg_tenancy--$release.sql" "$extensions"
    from "$release" update_owner update_owner
    from "$release" update_owner postgres
    from "$release" postgres postgres
done

# What another database must not have for the comparison to be worth anything
catalog fresh_update_owner >"$folder/fresh"
count=0
while read -r change; do
    sql -c 'CREATE DATABASE changed TEMPLATE fresh_update_owner'
    sql -d changed -c "$change"
    differs changed || fail "the comparison does not notice: $change"
    sql -c 'DROP DATABASE changed'
    count=$((count + 1))
done <<'SQL'
COMMENT ON FUNCTION auth.user_id() IS 'another'
ALTER FUNCTION auth.user_id() COST 2
ALTER FUNCTION tenancy.status() PARALLEL UNSAFE
ALTER FUNCTION tenancy.asked(regclass) SET search_path = public
ALTER FUNCTION auth.logout() OWNER TO update_owner
GRANT EXECUTE ON FUNCTION tenancy.define_role(text, text[], text) TO PUBLIC
REVOKE EXECUTE ON FUNCTION auth.user_id() FROM PUBLIC
ALTER EXTENSION pg_tenancy DROP FUNCTION tenancy.status()
ALTER TABLE tenancy.config ADD COLUMN another text
ALTER TABLE tenancy.config ALTER COLUMN value DROP NOT NULL
ALTER TABLE tenancy.issuer DROP CONSTRAINT issuer_pkey
GRANT SELECT ON tenancy.issuer TO PUBLIC
COMMENT ON TABLE tenancy.config IS 'another'
DROP INDEX tenancy.member_source_one
DELETE FROM tenancy.role_definition WHERE shipped AND role = 'owner'
UPDATE pg_extension SET extcondition[1] = '' WHERE extname = 'pg_tenancy'
GRANT CREATE ON SCHEMA auth TO update_owner
ALTER TYPE tenancy.secret OWNER TO update_owner
SQL
[ "$count" -ge 18 ] || fail "$count changes only"

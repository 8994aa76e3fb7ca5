#!/usr/bin/env bash
# sql/migrate_from_pg_session_jwt.sql: whatever depends on pg_session_jwt is afterwards as it was and answers as it did,
# pg_tenancy is what a fresh installation makes, and where the script refuses nothing has changed.
#
# pg_session_jwt itself is not here: tests/lib/session_jwt.sh stands in.
set -euo pipefail
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() {
    echo "migrate_from_pg_session_jwt.sh: $1"
    exit 1
}
script=sql/migrate_from_pg_session_jwt.sql
# shellcheck source=tests/lib/session_jwt.sh
source tests/lib/session_jwt.sh
folder=$(mktemp -d)
trap 'remove_session_jwt; rm -rf "$folder" ${definer:+"$(dirname "$definer")"}' EXIT
chmod 755 "$folder"
definer=$(tests/lib/build-module definer) || definer=

make_session_jwt

# The source: everything that can depend on a function, with everything that can hang on that.
sql <<'SQL'
DO $$ BEGIN CREATE ROLE authenticated; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE ROLE "Migrate ""Owner""" LOGIN;
CREATE ROLE migrate_reader;
CREATE ROLE migrate_plain LOGIN;
CREATE DATABASE source;
SQL
sql -d source >"$folder/said" 2>&1 <<'SQL' || fail "$(cat "$folder/said")"
CREATE EXTENSION pg_session_jwt;
GRANT USAGE ON SCHEMA auth TO authenticated, migrate_reader WITH GRANT OPTION;
GRANT USAGE ON SCHEMA auth TO "Migrate ""Owner""";
REVOKE EXECUTE ON FUNCTION auth.user_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.user_id() TO authenticated, migrate_plain, "Migrate ""Owner""";
GRANT EXECUTE ON FUNCTION auth.user_id() TO migrate_reader WITH GRANT OPTION;
CREATE FUNCTION auth.greeting() RETURNS text LANGUAGE sql STABLE RETURN 'hello ' || auth.user_id();
CREATE TABLE auth.mine (id int, of_whom text DEFAULT auth.user_id());

CREATE SCHEMA "My 'App'" AUTHORIZATION "Migrate ""Owner""";
GRANT USAGE ON SCHEMA "My 'App'" TO authenticated;
SET ROLE "Migrate ""Owner""";
SET search_path = "My 'App'";
CREATE DOMAIN caller AS text DEFAULT auth.user_id() CHECK (VALUE <> COALESCE(auth.jwt() ->> 'banned', ''));
-- Declared immutable, as people do who want to index it.
CREATE FUNCTION me() RETURNS text LANGUAGE sql IMMUTABLE RETURN auth.user_id();
CREATE TABLE "Docs; --" (
    "Id" int PRIMARY KEY,
    owner text DEFAULT auth.user_id(),
    who uuid DEFAULT auth.uid(),
    org uuid DEFAULT auth.organization_id(),
    title caller,
    generated text GENERATED ALWAYS AS (me() || owner) STORED,
    CONSTRAINT valid CHECK (COALESCE(auth.session() ->> 'sub', owner) <> '')
);
ALTER TABLE "Docs; --" ADD CONSTRAINT "own" CHECK (owner = COALESCE(auth.user_id(), owner)) NOT VALID;
COMMENT ON CONSTRAINT valid ON "Docs; --" IS 'checked when it was made';
COMMENT ON COLUMN "Docs; --".owner IS 'whose it is';
SET request.jwt.claims = '{"sub": "aaaaaaaa-0000-4000-8000-000000000001", "o": {"id": "bbbbbbbb-0000-4000-8000-000000000001", "role": "admin"}}';
INSERT INTO "Docs; --" ("Id", title) VALUES (1, 'of a'), (2, 'also of a');
SET request.jwt.claims = '{"sub": "aaaaaaaa-0000-4000-8000-000000000002"}';
INSERT INTO "Docs; --" ("Id", title) VALUES (3, 'of b');
CREATE INDEX by_me ON "Docs; --" ((me() || owner)) WHERE owner <> me();
CREATE STATISTICS about_me ON (owner || me()), title FROM "Docs; --";
ALTER TABLE "Docs; --" ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Docs; --" TO authenticated;
CREATE POLICY "read; --" ON "Docs; --" FOR SELECT TO authenticated, migrate_reader USING ((SELECT auth.user_id()) = owner);
CREATE POLICY "write" ON "Docs; --" FOR INSERT TO authenticated WITH CHECK (auth.uid() = who AND auth.organization() ->> 'role' = 'admin');
CREATE POLICY change ON "Docs; --" FOR UPDATE USING (owner = auth.jwt() ->> 'sub') WITH CHECK (auth.session() ->> 'sub' = owner);
CREATE POLICY remove ON "Docs; --" FOR DELETE TO authenticated USING (who = auth.uid());
CREATE POLICY never ON "Docs; --" AS RESTRICTIVE USING (org IS NULL OR org = auth.organization_id());
COMMENT ON POLICY "read; --" ON "Docs; --" IS 'own''s only';

CREATE VIEW mine (number, "What; --") WITH (security_barrier) AS SELECT "Id", title FROM "Docs; --" WHERE owner = auth.user_id();
ALTER VIEW mine SET (security_invoker = true);
ALTER VIEW mine ALTER COLUMN "What; --" SET DEFAULT auth.user_id();
CREATE VIEW nested AS SELECT m.*, auth.user_id() FROM mine m WITH LOCAL CHECK OPTION;
CREATE VIEW joined AS SELECT number, "Id" FROM nested CROSS JOIN "Docs; --" WHERE auth.uid() = who;
GRANT SELECT ("What; --") ON mine TO authenticated, migrate_reader WITH GRANT OPTION;
GRANT SELECT ON nested, joined TO authenticated;
GRANT SELECT (number) ON mine TO authenticated;
COMMENT ON VIEW nested IS 'a view of a view';
COMMENT ON COLUMN mine."What; --" IS 'the title';
CREATE RULE noted AS ON INSERT TO joined WHERE auth.user_id() IS NULL DO INSTEAD NOTHING;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER not_here INSTEAD OF INSERT ON joined FOR EACH ROW EXECUTE FUNCTION instead();
CREATE TRIGGER not_nobody BEFORE UPDATE ON "Docs; --" FOR EACH ROW
    WHEN (NEW.owner IS DISTINCT FROM auth.user_id()) EXECUTE FUNCTION instead();
ALTER TABLE "Docs; --" DISABLE TRIGGER not_nobody;
CREATE MATERIALIZED VIEW counted AS SELECT auth.user_id() AS caller, owner, count(*) FROM "Docs; --" GROUP BY owner;
CREATE UNIQUE INDEX counted_by_owner ON counted (owner);
CREATE MATERIALIZED VIEW unfilled AS SELECT auth.jwt() WITH NO DATA;
GRANT SELECT ON counted TO authenticated;
CREATE FUNCTION parsed(whose text DEFAULT auth.user_id()) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC SELECT count(*) FROM "My 'App'"."Docs; --" WHERE owner = whose; END;
CREATE FUNCTION in_sql() RETURNS text LANGUAGE sql STABLE AS 'SELECT auth.user_id() || auth.uid()::text';
CREATE FUNCTION in_plpgsql() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT string_agg(title, ', ' ORDER BY title) FROM "My 'App'"."Docs; --" WHERE owner = auth.user_id() AND auth.jwt() ? 'sub');
END $$;
CREATE PROCEDURE sign_in(token text) LANGUAGE plpgsql AS $$BEGIN PERFORM auth.init(); PERFORM AUTH . "jwt_session_init"(token); END$$;
GRANT EXECUTE ON FUNCTION parsed(text) TO authenticated;
RESET ROLE;
RESET search_path;
CREATE TABLE parts (who text DEFAULT auth.user_id(), id int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE POLICY all_parts ON parts USING (who = auth.user_id());
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
CREATE PUBLICATION parts_out FOR TABLE parts_1;
ALTER DATABASE source SET pg_session_jwt.audit_log = 'off';
ALTER ROLE "Migrate ""Owner""" IN DATABASE source SET pg_session_jwt.audit_log = 'on';
ALTER ROLE migrate_reader SET session_preload_libraries = 'a, pg_session_jwt';
SQL

# What both extensions have.
functions='{user_id,uid,jwt,session,organization,organization_id}'
# state DATABASE: all that a dump has of it but the two extensions and schema tenancy, and what the catalogs know beside
# that: whether constraints are valid, and who has which rights.
state() {
    pg_dump -d "$1" --exclude-schema tenancy | grep -vE '^(--|\\(un)?restrict|.* EXTENSION .*pg_(session_jwt|tenancy)|COMMENT ON SCHEMA auth|$)' || true
    sql -d "$1" -v functions="$functions" <<'SQL'
SELECT COALESCE(to_regnamespace('tenancy')::oid, 0) AS tenancy \gset
SELECT * FROM pg_policies ORDER BY schemaname, tablename, policyname;
SELECT conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace NOT IN ('pg_catalog'::regnamespace, :tenancy) ORDER BY 1, 2;
SELECT schemaname, matviewname, ispopulated, hasindexes, definition FROM pg_matviews ORDER BY 1, 2;
SELECT oid::regclass, relkind, relowner::regrole, relacl, reloptions FROM pg_class
WHERE oid >= 16384 AND relnamespace NOT IN ('pg_toast'::regnamespace, :tenancy) ORDER BY oid::regclass::text;
SELECT attrelid::regclass, attname, attacl FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attacl IS NOT NULL AND attrelid >= 16384 AND relnamespace <> :tenancy ORDER BY 1, 2;
SELECT p.oid::regprocedure, a.grantee::regrole, a.is_grantable FROM pg_proc p, aclexplode(p.proacl) a
WHERE p.pronamespace = 'auth'::regnamespace AND p.proacl IS NOT NULL AND (p.proname = ANY (:'functions') OR NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) ORDER BY p.proname, 2;
SELECT a.grantee::regrole, a.privilege_type, a.is_grantable FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE nspname = 'auth' AND a.grantee <> 0 ORDER BY 1, 2;
SQL
}
# oids DATABASE: which object depends on which function, both by OID.
oids() {
    sql -d "$1" -c "SELECT refobjid::regprocedure, refobjid, classid::regclass, objid, objsubid, deptype,
            pg_describe_object(classid, objid, objsubid)
        FROM pg_depend WHERE refclassid = 'pg_proc'::regclass AND deptype <> 'e' AND refobjid IN (
            SELECT oid FROM pg_proc WHERE pronamespace = 'auth'::regnamespace AND proname = ANY ('$functions'))
            AND NOT (classid = 'pg_proc'::regclass AND EXISTS (
                SELECT FROM pg_depend m WHERE m.classid = 'pg_proc'::regclass AND m.objid = pg_depend.objid AND m.deptype = 'e'))
        ORDER BY 1, 3, 4, 5"
}
# answers DATABASE: what callers see and may do, one after the other.
answers() {
    local claims
    for claims in '{"sub": "aaaaaaaa-0000-4000-8000-000000000001", "o": {"id": "bbbbbbbb-0000-4000-8000-000000000001", "role": "admin"}}' \
        '{"sub": "aaaaaaaa-0000-4000-8000-000000000002"}' '{}' ''; do
        psql -X -q -A -t -d "$1" -v claims="$claims" 2>&1 <<'SQL' | sed 's/^psql:[^:]*:[0-9]*: //'
\echo claims :claims
BEGIN;
SELECT set_config('request.jwt.claims', :'claims', true) IS NULL;
SET LOCAL ROLE authenticated;
SET LOCAL search_path = "My 'App'";
SELECT * FROM "Docs; --" ORDER BY 1;
SELECT * FROM nested ORDER BY 1;
SELECT "What; --" FROM mine ORDER BY 1;
SELECT * FROM joined ORDER BY 1, 2;
SELECT * FROM counted ORDER BY 1, 2;
SELECT parsed(), in_sql(), in_plpgsql(), auth.greeting();
SELECT auth.user_id(), auth.uid(), auth.jwt(), auth.organization(), auth.organization_id(), NULLIF(auth.session(), 'null');
SAVEPOINT s;
INSERT INTO "Docs; --" ("Id", title) VALUES (4, 'new') RETURNING *;
ROLLBACK TO s;
INSERT INTO joined VALUES (1, 2);
UPDATE "Docs; --" SET title = title || '!' RETURNING *;
ROLLBACK TO s;
DELETE FROM "Docs; --" RETURNING *;
ROLLBACK TO s;
INSERT INTO "Docs; --" ("Id", title, owner) VALUES (5, 'of another', 'x');
ROLLBACK;
BEGIN;
SELECT set_config('request.jwt.claims', :'claims', true) IS NULL;
SET LOCAL ROLE migrate_reader;
SELECT auth.user_id();
ROLLBACK;
SQL
    done
}
# everything DATABASE FILE
everything() {
    state "$1" >"$2"
    oids "$1" >"$2.oids"
    answers "$1" >"$2.answers"
}
everything source "$folder/before"
grep -q 'CREATE POLICY' "$folder/before" && grep -q 'auth.user_id' "$folder/before" || fail "there is nothing to compare with"
grep -q '^1|aaaaaaaa-0000-4000-8000-000000000001|.*|of a|' "$folder/before.answers" || fail "the callers see nothing: $(cat "$folder/before.answers")"
grep -q '^ERROR:  new row violates' "$folder/before.answers" || fail "the callers may do everything: $(cat "$folder/before.answers")"
[ "$(wc -l <"$folder/before.oids")" -ge 29 ] || fail "hardly anything depends on the functions: $(cat "$folder/before.oids")"

# migrate DATABASE [OPTIONS]: with the exit status of psql.
migrate() { psql -X -d "$1" "${@:2}" -f "$script" >"$folder/said" 2>&1; }
unchanged() {
    everything source "$folder/now"
    for part in '' .oids .answers; do
        diff "$folder/before$part" "$folder/now$part" || fail "$1 has changed something"
    done
    [ "$(sql -d source -c "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension")" = 'pg_session_jwt plpgsql' ] ||
        fail "$1 has changed the extensions"
}
# refused SQLSTATE PATTERN UNDO [OPTIONS]: what was done to source last makes the script refuse, with an error of both,
# and nothing has changed; then UNDO takes the reason away.
refused() {
    local state=$1 pattern=$2 undo=$3
    shift 3
    state source >"$folder/reason"
    if migrate source -v VERBOSITY=verbose "$@"; then fail "not refused: $pattern"; fi
    grep -q "ERROR:  $state: " "$folder/said" && grep -qE "$pattern" "$folder/said" && grep -q 'HINT:' "$folder/said" ||
        fail "refused otherwise than with $state, $pattern and a hint: $(cat "$folder/said")"
    state source | diff "$folder/reason" - || fail "refused, and has changed something: $pattern"
    sql -d source -c "$undo"
    unchanged "the refusal of $pattern"
}
# given SQL: a reason to refuse.
given() { sql -d source -c "$1"; }

# Whoever comes without the script is sent to it, and not to DROP EXTENSION.
if sql -d source -c 'CREATE EXTENSION pg_tenancy' >"$folder/said" 2>&1; then fail 'installed beside pg_session_jwt'; fi
grep -qF "HINT:  $script puts the extension pg_tenancy in its place" "$folder/said" || fail "$(cat "$folder/said")"
unchanged 'CREATE EXTENSION pg_tenancy'

# Not there; there already; not allowed.
sql -c 'CREATE DATABASE without'
if migrate without; then fail 'not refused: no pg_session_jwt'; fi
grep -q 'ERROR:  extension "pg_session_jwt" is not installed in database "without"' "$folder/said" || fail "$(cat "$folder/said")"
refused 42501 'must be superuser to move from' 'SELECT' -U migrate_plain
sql -d without -c "CREATE EXTENSION pg_session_jwt VERSION '0.0.0'"
if migrate without; then fail 'not refused: a pg_session_jwt without functions'; fi
grep -q 'has none of the functions that could move' "$folder/said" || fail "$(cat "$folder/said")"
sql -d without -c 'CREATE EXTENSION pg_tenancy'
if migrate without; then fail 'not refused: both are installed'; fi
grep -q 'ERROR:  extension "pg_tenancy" is already installed in database "without"' "$folder/said" || fail "$(cat "$folder/said")"
sql -d without -c 'DROP EXTENSION pg_session_jwt'

# What depends on what pg_tenancy does not have: each object is named.
given "CREATE VIEW public.started AS SELECT 1 AS one FROM auth.init();
    CREATE FUNCTION public.starter() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT auth.jwt_session_init('x'); END"
refused 2BP01 'DETAIL:  .*function public.starter\(\) uses auth.jwt_session_init\(text\), view public.started uses auth.init\(\)' \
    'DROP VIEW public.started; DROP FUNCTION public.starter()'
given 'ALTER FUNCTION "My '\''App'\''".in_sql() DEPENDS ON EXTENSION pg_session_jwt'
refused 2BP01 "DETAIL:  .*function \"My 'App'\".in_sql\(\)" 'ALTER FUNCTION "My '\''App'\''".in_sql() NO DEPENDS ON EXTENSION pg_session_jwt'
given 'ALTER EXTENSION pg_session_jwt ADD FUNCTION auth.greeting()'
refused 55000 'DETAIL:  .*function auth.greeting\(\)' 'ALTER EXTENSION pg_session_jwt DROP FUNCTION auth.greeting()'
# What stops CREATE EXTENSION pg_tenancy.
given 'CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql RETURN 1'
refused 42723 'Taken: auth.role\(\)' 'DROP FUNCTION auth.role()'
given 'CREATE FUNCTION auth.login(text) RETURNS void LANGUAGE sql AS $$$$'
refused 42723 'Taken: auth.login\(text\)' 'DROP FUNCTION auth.login(text)'
given 'CREATE SCHEMA tenancy'
refused 42P06 'schema "tenancy" already exists' 'DROP SCHEMA tenancy'
given 'GRANT CREATE ON SCHEMA auth TO migrate_reader'
refused 42P06 'CREATE is granted to: migrate_reader' 'REVOKE CREATE ON SCHEMA auth FROM migrate_reader'

# An auth.uid() that returns text, with a policy on it and without.
sql -c 'CREATE DATABASE early'
sql -d early -c "CREATE EXTENSION pg_session_jwt VERSION '0.4.0'" -c 'CREATE TABLE t (who text)' \
    -c 'CREATE POLICY own ON t USING (who = auth.uid())'
if migrate early; then fail 'not refused: auth.uid() of another type'; fi
grep -q 'policy own on table public.t uses auth.uid()' "$folder/said" || fail "$(cat "$folder/said")"
sql -d early -c 'DROP POLICY own ON t'
migrate early || fail "$(cat "$folder/said")"
[ "$(sql -d early -c 'SELECT pg_typeof(auth.uid())')" = uuid ] || fail 'auth.uid() is not a uuid'

# A session that goes on through the move: connected before, its statements planned before, with another library in it
# that has defined request.jwt.claims, as that of pg_session_jwt has in a session that used it.
coproc open { PGOPTIONS="${definer:+-c session_preload_libraries=$definer}" psql -X -q -A -t -d source 2>&1; }
# shellcheck disable=SC2154
ask() {
    local answer
    echo "$1;" >&"${open[1]}"
    read -r -t 60 answer <&"${open[0]}" || fail "no answer to $1"
    [ "$answer" = "$2" ] || fail "the open session says $answer to $1, not $2"
}
ask "SET plan_cache_mode = force_generic_plan; SET request.jwt.claims = '{\"sub\": \"aaaaaaaa-0000-4000-8000-000000000002\"}'; SET ROLE authenticated;
    PREPARE own AS SELECT title, \"My 'App'\".in_sql() = auth.user_id() || auth.uid() FROM \"My 'App'\".\"Docs; --\"; EXECUTE own" 'of b|t'
ask "SELECT count(*) FROM pg_catalog.pg_proc WHERE prosrc = 'auth_user_id'" 0

# Now it moves.
migrate source || fail "$(cat "$folder/said")"
for word in 'NOTICE:  moved 6 functions' 'sign_in(text)' 'pg_session_jwt.audit_log of this database' \
    'pg_session_jwt.audit_log of role "Migrate ""Owner""" in this database' 'session_preload_libraries of role migrate_reader'; do
    grep -qF "$word" "$folder/said" || fail "not told: $word: $(cat "$folder/said")"
done
# last: the last message says how to go on.
last() {
    grep -E "$script:[0-9]+: (NOTICE|WARNING):" "$folder/said" | tail -n 1 | grep -q 'NOTICE:  next, where clients come with a token' &&
        grep -q "HINT:.*tenancy.add_issuer.*auth.login(token).*tenancy.configure('mode', 'verified')" "$folder/said" ||
        fail "not told how to go on: $(cat "$folder/said")"
}
last
grep -q 'WARNING' "$folder/said" && fail "warned without a reason: $(cat "$folder/said")"
grep -E 'in_sql|in_plpgsql|greeting|instead' "$folder/said" && fail "told of functions that go on working"
ask "SELECT count(*) FROM pg_catalog.pg_proc WHERE prosrc = 'auth_user_id'" 1
ask "EXECUTE own" 'of b|t'
ask "SET request.jwt.claims = '{\"sub\": \"aaaaaaaa-0000-4000-8000-000000000009\"}'; EXECUTE own; SELECT auth.user_id()" aaaaaaaa-0000-4000-8000-000000000009
eval "exec ${open[1]}>&-"
everything source "$folder/after"
for part in '' .oids .answers; do
    diff "$folder/before$part" "$folder/after$part" || fail "not as before"
done

# pg_tenancy is what a fresh installation makes: the same members, the same functions, comments, owners and rights, the
# same planner support.
installed() {
    sql -d "$1" <<'SQL'
SET search_path = pg_catalog;
SELECT deptype, pg_describe_object(classid, objid, objsubid) FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy') ORDER BY 2;
SELECT pg_get_functiondef(p.oid), prosupport, proowner::regrole, obj_description(p.oid, 'pg_proc'),
    CASE WHEN p.oid::regprocedure <> 'auth.user_id()'::regprocedure THEN COALESCE(proacl, acldefault('f', proowner)) END,
    (SELECT array_agg(a ORDER BY a::text) FROM unnest(COALESCE(initprivs, acldefault('f', proowner))) AS a)
FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
LEFT JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy') ORDER BY 1;
SELECT pg_describe_object(classid, objid, 0), relowner::regrole, relacl, initprivs, obj_description(c.oid, 'pg_class')
FROM pg_depend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_init_privs i ON i.classoid = d.classid AND i.objoid = c.oid
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy') ORDER BY 1;
SELECT nspname, nspowner::regrole, obj_description(n.oid, 'pg_namespace'), initprivs FROM pg_namespace n
LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid WHERE nspname IN ('auth', 'tenancy') ORDER BY 1;
SELECT pg_describe_object(d.classid, d.objid, 0), pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE p.pronamespace IN ('auth'::regnamespace, 'tenancy'::regnamespace) AND p.proname <> 'greeting' ORDER BY 1, 2;
SELECT extowner::regrole, extversion, extconfig::regclass[], extcondition FROM pg_extension WHERE extname = 'pg_tenancy';
SQL
}
installed without >"$folder/fresh"
[ "$(sql -d source -c "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc
    WHERE prosupport = 'tenancy.reader_support'::regproc AND pronamespace = 'auth'::regnamespace AND proname = ANY ('$functions')")" = \
    'jwt organization_id session uid user_id' ] || fail "the readers that moved are not supported"
installed source | diff "$folder/fresh" - || fail "pg_tenancy is not as after CREATE EXTENSION"
sql -d early -c "SELECT 'pg_session_jwt' FROM pg_extension WHERE extname = 'pg_session_jwt'" | grep . && fail "pg_session_jwt is still there"
installed early | diff "$folder/fresh" - || fail "pg_tenancy is not as after CREATE EXTENSION, in the place of an early version"
[ "$(sql -d source -c "SELECT count(*) FROM pg_proc WHERE proname LIKE '% of pg_%'")" = 0 ] || fail "functions are left over"

# A dump of it, restored, is the same again, rights included.
pg_dump -d source -F custom -f "$folder/dump"
sql -c 'CREATE DATABASE restored TEMPLATE template0'
pg_restore -d restored "$folder/dump" >"$folder/said" 2>&1 || true
if grep -vE 'transaction_timeout|errors ignored on restore' "$folder/said" | grep -iE 'error|warning'; then fail "$(cat "$folder/said")"; fi
diff "$folder/before" <(state restored) || fail "a restored dump is not as before"

# And pg_tenancy does its work beside all that.
sql -d source -c 'ALTER TABLE parts ADD tenant_id uuid NOT NULL' -c "SELECT tenancy.protect('parts')" >"$folder/said" 2>&1 || fail "$(cat "$folder/said")"
if sql -d source -c 'DROP EXTENSION pg_tenancy' >"$folder/said" 2>&1; then fail "pg_tenancy could be dropped from under the policies"; fi
grep -q 'policy' "$folder/said" || fail "$(cat "$folder/said")"

# How the script says to go on. The key is as pg_session_jwt had it: one alone, which a token need not name.
sql -d source -c "CREATE ROLE migrate_app LOGIN NOINHERIT; GRANT authenticated TO migrate_app"
key=$(tests/lib/token jwk ed1 --bare)
# signed SUB [OPTIONS]: a token.
signed() {
    tests/lib/token sign ed1 '{"iss": "https://issuer.test", "sub": "'"$1"'", "o": {"id": "bbbbbbbb-0000-4000-8000-000000000001"}}' "${@:2}"
}
a=aaaaaaaa-0000-4000-8000-000000000001
b=aaaaaaaa-0000-4000-8000-000000000002
# seen CLAIMS [TOKEN]: who a client is that sets these claims and logs in with this token, and what it reads through a
# policy; then who it is in the next transaction.
seen() {
    PGOPTIONS="-c request.jwt.claims=$1" psql -X -q -A -t -d source -U migrate_app -v token="${2-}" -v VERBOSITY=verbose 2>&1 <<'SQL'
BEGIN;
SELECT :'token' <> '' AS login \gset
\if :login
SELECT FROM auth.login(:'token');
\else
SET LOCAL ROLE authenticated;
\endif
SELECT current_user, auth.user_id(), (SELECT string_agg(title, ', ' ORDER BY title) FROM "My 'App'"."Docs; --");
COMMIT;
SET ROLE authenticated;
SELECT auth.user_id();
SQL
}
# sees WHAT CLAIMS [TOKEN]
sees() {
    local what
    what=$(seen "${@:2}" | sed '/^$/d')
    [ "$what" = "$1" ] || fail "a client with the claims $2${3+ and a token} sees $what, not $1"
}
claims="{\"sub\":\"$b\"}"
refusal() { seen '{}' "$1" | grep -A 1 'ERROR:  28000'; }
refusal "$(signed $a --header '{"kid": null}')" | grep -q issuer || fail 'a token of an unknown issuer is not refused'
sql -d source -v key="$key" <<'SQL' >"$folder/said" || fail "$(cat "$folder/said")"
SELECT tenancy.add_issuer('https://issuer.test', :'key', NULL);
SQL
token=$(signed $a --header '{"kid": null}')
sees "authenticated|$a|also of a, of a
$b" "$claims" "$token"
sees "authenticated|$b|of b
$b" "$claims"
sql -d source -c "SELECT tenancy.configure('mode', 'verified')" >"$folder/said"
nobody='authenticated||'
sees "authenticated|$a|also of a, of a" "$claims" "$token"
sees "$nobody" "$claims"
refusal "$(signed $a)" | grep -q key || fail 'a token that names a key is not refused where the key has no name'
refusal "$(tests/lib/token mutate "$token" payload)" | grep -q signature || fail 'a forged token is not refused'
sql -d source -v key="[$(tests/lib/token jwk ed1)]" <<'SQL' >"$folder/said"
SELECT tenancy.set_jwks('https://issuer.test', :'key');
SQL
sees "authenticated|$b|of b" "{\"sub\":\"$a\"}" "$(signed $b)"

# A second run.
if migrate source; then fail 'not refused: a second run'; fi
grep -q 'DETAIL:  pg_tenancy is: there is nothing left to move.' "$folder/said" || fail "$(cat "$folder/said")"

# With a key in the settings there is a warning. Run with -1 it is the same.
sql -c 'CREATE DATABASE keyed'
sql -d keyed -c "CREATE EXTENSION pg_session_jwt VERSION '0.3.1'" -c "CREATE VIEW v AS SELECT auth.user_id()"
PGOPTIONS='-c pg_session_jwt.jwk={}' migrate keyed -1 || fail "$(cat "$folder/said")"
grep -q 'WARNING:  request.jwt.claims is believed from now on' "$folder/said" || fail "not warned: $(cat "$folder/said")"
last
[ "$(PGOPTIONS='-c request.jwt.claims={"sub":"ann"}' sql -d keyed -c 'TABLE v')" = ann ] || fail "auth.user_id() is not what it was"
installed keyed | diff "$folder/fresh" - || fail "pg_tenancy is not as after CREATE EXTENSION, in the place of 0.3.1"

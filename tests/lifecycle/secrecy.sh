#!/usr/bin/env bash
# A token that is given as a parameter is nowhere to be read: not in the server's log, however much it logs (with the
# parameters' own settings at 0, as the README says), not in its statistics, plans, settings, errors or dumps.
#
# Not promised, and so not looked at: debug_print_plan shows the bytes of a parameter where the plan is made for it, and
# auto_explain with log_verbose a parameter of any other function, such as one that hands the token on.
set -euo pipefail
SECONDS_ALLOWED=58
. tests/lib/cluster.sh

# The client has to be of version 18: \bind, \bind_named.
psql=$("$("$REPO/tools/postgres.py" pg-config)" --bindir)/psql
[ -x "$psql" ] || { echo 'there is no psql of version 18'; exit 77; }
fail() {
    echo "secrecy.sh, $pass: $1"
    exit 1
}

libraries=
for library in pg_stat_statements auto_explain; do
    [ ! -e "$("$PG_CONFIG" --pkglibdir)/$library.so" ] || libraries+=${libraries:+,}$library
done
has() { [[ $libraries == *$1* ]]; }
make_cluster s log_statement=all log_min_messages=debug5 log_min_error_statement=debug5 log_error_verbosity=verbose \
    log_duration=on log_min_duration_statement=0 log_parameter_max_length=0 log_parameter_max_length_on_error=0 \
    log_lock_waits=on log_line_prefix='%a ' \
    "shared_preload_libraries=$libraries"
if has pg_stat_statements; then settings s pg_stat_statements.track=all pg_stat_statements.track_utility=on; fi
if has auto_explain; then
    settings s auto_explain.log_min_duration=0 auto_explain.log_nested_statements=on auto_explain.log_analyze=on
    if [ "$PG_MAJOR" -ge 16 ]; then settings s auto_explain.log_parameter_max_length=0; fi
fi
start_cluster s
export PGHOST=$clusters/s PGPORT=5432 PGDATABASE=postgres PGAPPNAME=client
work=$clusters/work
mkdir "$work"

sign() { tests/lib/token sign "$@"; }
declare -A tokens
tokens[good]=$(sign ed1 '{"iss": "here", "sub": "ann", "tenant_id": "a"}')
tokens[rsa]=$(sign rsa1 '{"iss": "here", "sub": "ann", "tenant_id": "a"}')
tokens[expired]=$(sign ed1 '{"iss": "here", "sub": "ann", "tenant_id": "a"}' --exp -100)
tokens[foreign]=$(sign ed1 '{"iss": "elsewhere", "sub": "ann"}')
tokens[key]=$(sign ed2 '{"iss": "here", "sub": "ann"}')
tokens[staff]=$(sign ed1 '{"iss": "here", "sub": "ann", "role": "no_staff"}')
for what in signature payload none hs256 padding newline trailing-bits fourth-part; do
    tokens[$what]=$(tests/lib/token mutate "${tokens[good]}" $what)
done
tokens[short]=${tokens[good]%.*}
tokens[text]='no token at all, but somebody pasted a password: correct_horse_battery_staple'
tokens[long]=${tokens[good]}$(printf 'A%.0s' {1..20000})
literal=$(sign ed3 '{"iss": "here", "sub": "bob"}')
printf '%s\n' "${tokens[@]}" >"$work/tokens"
echo "$literal" >"$work/literal"

"$psql" -X -q -U postgres -v ON_ERROR_STOP=1 -o /dev/null -v jwks="$(tests/lib/token jwks ed1 ed3 rsa1)" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles('app');
CREATE ROLE no_staff;
CREATE ROLE stranger LOGIN;
CREATE ROLE odd;
SELECT tenancy.add_issuer('here', :'jwks', NULL, token_roles => '{no_staff}');
SELECT tenancy.configure('audit_log', 'on');
CREATE TABLE docs (tenant_id text NOT NULL, title text);
INSERT INTO docs SELECT 'a', n FROM generate_series(1, 1000) n;
SELECT tenancy.protect('docs');
CREATE FUNCTION by_plpgsql(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM auth.login(t); END $$;
CREATE FUNCTION by_assignment(t text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE x text; BEGIN x := auth.login(t); END $$;
CREATE FUNCTION by_sql(t text) RETURNS void LANGUAGE sql AS $$ SELECT auth.login(t) $$;
CREATE PROCEDURE by_procedure(t text) LANGUAGE plpgsql AS $$ BEGIN PERFORM auth.login(t); END $$;
CREATE FUNCTION by_execute(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT auth.login($1)' USING t; END $$;
CREATE FUNCTION told(t text, OUT a text, OUT b text, OUT c text, OUT d text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM auth.login(t);
    PERFORM 1 / 0;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS a = MESSAGE_TEXT, b = PG_EXCEPTION_DETAIL, c = PG_EXCEPTION_CONTEXT, d = PG_EXCEPTION_HINT;
    RAISE LOG 'told: % % % % %', SQLSTATE, a, b, c, d;
END $$;
SQL
if has pg_stat_statements; then psql -X -q -U postgres -c 'CREATE EXTENSION pg_stat_statements'; fi

# All that is done with one token. After \g comes a new line: what follows it on the same one is a file's name.
cat >"$work/direct.sql" <<'SQL'
\set VERBOSITY verbose
\set SHOW_CONTEXT always
\set ECHO none
SET client_min_messages = debug5;
SELECT auth.login($1) \bind :token \g
BEGIN;
SELECT auth.login($1) \bind :token \g
SELECT auth.user_id(), auth.tenant_id(), current_user, * FROM tenancy.whoami();
SELECT count(*) FROM docs;
SELECT * FROM docs, nowhere;
ROLLBACK;
BEGIN;
SELECT auth.login($1, $2) \bind :token a \g
SHOW pg_tenancy.token;
SHOW ALL;
SELECT current_setting('pg_tenancy.token'), current_setting('request.jwt.claims');
SELECT * FROM pg_settings;
SELECT * FROM pg_show_all_settings();
SELECT * FROM pg_stat_activity;
SELECT * FROM pg_prepared_statements;
INSERT INTO docs VALUES ('b', 'refused');
ROLLBACK;
BEGIN;
SELECT auth.login($1, $2) \bind :token b \g
ROLLBACK;
BEGIN;
SELECT FROM auth.login($1) \bind :token \g
SELECT 1 / (title::int - 5) FROM docs ORDER BY title::int;
ROLLBACK;
BEGIN;
SELECT 1 WHERE auth.login($1) IS NULL \bind :token \g
DECLARE c CURSOR FOR SELECT title FROM docs;
SELECT * FROM pg_cursors;
SELECT $1::int \bind 'no number' \g
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT auth.login($1) \bind :token \g
FETCH c;
SELECT auth.user_id();
ROLLBACK;
-- Prepared once, for the sixth time with the general plan.
SELECT auth.login($1) \parse p
BEGIN;
\bind_named p :token \g
\bind_named p :token \g
\bind_named p :token \g
\bind_named p :token \g
\bind_named p :token \g
\bind_named p :token \g
\bind_named p :token \g
ROLLBACK;
BEGIN;
EXPLAIN (VERBOSE, ANALYZE) SELECT auth.login($1) \bind :token \g
EXPLAIN (VERBOSE, FORMAT json) SELECT FROM auth.login($1) \bind :token \g
ROLLBACK;
-- Cancelled, timed out.
BEGIN;
SELECT auth.login($1) \bind :token \g
SET LOCAL statement_timeout = '1ms';
SELECT pg_sleep(1);
ROLLBACK;
SQL
cat "$work/direct.sql" - >"$work/through.sql" <<'SQL'
BEGIN;
SELECT set_config('pg_tenancy.token', $1, true) \bind :token \g
SELECT auth.user_id();
ROLLBACK;
BEGIN;
SELECT by_plpgsql($1) \bind :token \g
SELECT auth.user_id();
SELECT nothing;
ROLLBACK;
BEGIN;
SELECT by_assignment($1) \bind :token \g
SELECT auth.require_tenant();
ROLLBACK;
BEGIN;
SELECT by_sql($1) \bind :token \g
ROLLBACK;
BEGIN;
CALL by_procedure($1) \bind :token \g
ROLLBACK;
BEGIN;
SELECT by_execute($1) \bind :token \g
ROLLBACK;
BEGIN;
SELECT told($1) \bind :token \g
ROLLBACK;
BEGIN;
WITH t AS MATERIALIZED (SELECT $1 AS t) SELECT auth.login(t) FROM t \bind :token \g
ROLLBACK;
SQL
# What only an administrator does; and parallel workers, to whom all parameters are handed.
cat >"$work/admin.sql" <<'SQL'
\set VERBOSITY verbose
\set SHOW_CONTEXT always
SET client_min_messages = debug5;
SELECT accepted, rule FROM tenancy.check_token($1) \bind :token \g
BEGIN;
SELECT auth.login($1) \bind :token \g
RESET ROLE;
SELECT count(*) FROM docs WHERE tenant_id = auth.tenant_id();
SELECT sum(1 / (title::int - 5)) FROM docs WHERE tenant_id = auth.tenant_id();
ROLLBACK;
BEGIN;
SELECT set_config('pg_tenancy.token', $1, true) \bind :token \g
ALTER ROLE odd SET pg_tenancy.token FROM CURRENT;
ROLLBACK;
BEGIN;
SELECT set_config('pg_tenancy.token', $1, true) \bind :token \g
ALTER DATABASE postgres SET pg_tenancy.token FROM CURRENT;
ROLLBACK;
BEGIN;
SELECT set_config('pg_tenancy.token', $1, true) \bind :token \g
CREATE FUNCTION kept() RETURNS int LANGUAGE sql SET pg_tenancy.token FROM CURRENT AS 'SELECT 1';
ROLLBACK;
SELECT set_config('pg_tenancy.token', $1, false) \bind :token \g
ALTER ROLE odd SET pg_tenancy.token FROM CURRENT;
ALTER DATABASE postgres SET pg_tenancy.token FROM CURRENT;
CREATE FUNCTION kept() RETURNS int LANGUAGE sql SET pg_tenancy.token FROM CURRENT AS 'SELECT 1';
SELECT pg_log_backend_memory_contexts(pg_backend_pid());
SELECT * FROM pg_backend_memory_contexts;
DISCARD ALL;
SQL
cat >"$work/pgbench.sql" <<'SQL'
BEGIN;
SELECT auth.login(:token);
SELECT count(*) FROM docs;
ROLLBACK;
SQL

run() { # $1: user; $2: script; $3: token; $4: output
    "$psql" -X -A -U "$1" -v token="$3" -f "$work/$2.sql" >>"$work/out.$4" 2>&1 || true
}
# The same from pgbench, which prepares by itself.
bench() {
    pgbench -n -t 8 -M "$1" -U app -D token="${tokens[good]}" -f "$work/pgbench.sql" >>"$work/out.pgbench" 2>&1 || fail "$(cat "$work/out.pgbench")"
}
# Everything that the server has written or would tell an administrator.
collect() {
    "$psql" -X -A -x -U postgres >"$work/out.catalog" 2>&1 <<'SQL'
SELECT * FROM pg_stat_activity;
SELECT * FROM pg_db_role_setting;
SELECT * FROM pg_settings;
SELECT proname, proconfig, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace;
SELECT * FROM pg_stat_statements;
SELECT pg_stat_statements_reset();
SQL
    pg_dumpall -U postgres >"$work/out.dump"
    cp "$clusters/s.log" "$work/out.log"
}
verbose() { if has auto_explain; then echo "auto_explain.log_verbose=$1"; fi; }
# The server writes its last lines after it has answered.
begin_pass() {
    pass=$1
    settings s "${@:2}"
    as_server pg_ctl reload -D "$clusters/s" >/dev/null
    sleep 0.3
    rm -f "$work"/out.*
    : >"$clusters/s.log"
}
end_pass() {
    sleep 0.3
    collect
    found=$(tests/lib/traces "$work/tokens" "$work"/out.*) || fail "pieces of tokens:"$'\n'"$(head -5 <<<"$found" | cut -c1-160)"
}
contains() { grep -q -E -- "$2" "$work/out.$1" || fail "out.$1 has no $2: nothing was tested"; }

# What is searched would be found: each spelling, and a literal wherever the server shows one.
begin_pass 'a literal' debug_print_parse=on
"$psql" -X -U app -v token="$literal" -v VERBOSITY=verbose >"$work/out.client" 2>&1 <<'SQL' || true
SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND :'token' <> '';
BEGIN;
SELECT auth.login(:'token');
ROLLBACK;
SQL
sleep 0.3
collect
grep -E 'LOG:.*(statement|execute)' "$work/out.log" >"$work/out.statements"
grep -A 100000 'parse tree' "$work/out.log" | grep -v -F "$literal" >"$work/out.bytes"
printf 'X%s' "${literal:10:40}" | od -A n -t x1 | tr -d ' \n' >"$work/out.hex"
for place in client log statements bytes hex; do
    ! tests/lib/traces "$work/literal" "$work/out.$place" >/dev/null || fail "a literal is not found in out.$place"
done
if has auto_explain; then contains log 'Query Text: SELECT auth.login'; fi

begin_pass 'functions of one'\''s own' debug_print_parse=off
for what in "${!tokens[@]}"; do run app through "${tokens[$what]}" client; done
end_pass
contains log 'execute.*by_plpgsql'

begin_pass 'direct' debug_print_parse=on debug_print_rewritten=on $(verbose on)
for what in good expired newline text long; do run app direct "${tokens[$what]}" client; done
run stranger direct "${tokens[good]}" stranger
echo 'SELECT accepted FROM tenancy.check_token($1) \bind :token \g' >"$work/check.sql"
run postgres check "${tokens[good]}" client
bench extended
bench prepared
end_pass
contains log 'CONTEXT'
contains stranger 'may not act as'

begin_pass 'administrator' debug_print_parse=off debug_print_rewritten=off $(verbose off) \
    parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0
for what in "${!tokens[@]}"; do run postgres admin "${tokens[$what]}" client; done
end_pass
contains log 'registering background worker "parallel worker'
contains client 'division by zero'

begin_pass 'general plans' $(verbose on) debug_print_plan=on plan_cache_mode=force_generic_plan
# A cursor and EXPLAIN plan anew.
grep -v -E '^(DECLARE|EXPLAIN).*:token' "$work/direct.sql" >"$work/prepared.sql"
run app prepared "${tokens[good]}" client
end_pass
contains log 'PLANNEDSTMT'

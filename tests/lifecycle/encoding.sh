#!/usr/bin/env bash
# In a database whose encoding is not UTF-8, claims beyond ASCII are refused, as they may hold what it has no characters
# for. check_token() says of each token what login() says, and what the token is refused for later too.
set -euo pipefail

export PGDATABASE=latin
psql -X -q -d postgres -c "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'"
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pg_tenancy' -f tests/pg_regress/prepare.sql

fail() {
    echo "encoding.sh: $1"
    exit 1
}
token() { tests/lib/token sign ed1 "${@:2}" --raw-payload "{\"iss\": \"https://issuer.example\", \"exp\": 9999999999, $1}"; }

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@" 2>&1; }
sql -c "SELECT FROM tenancy.add_issuer('https://issuer.example', (SELECT keys FROM test.token), NULL)"

# verdicts TOKEN: what check_token(), login(), and a look at the token as a parameter say, and the claims it shows.
verdicts() {
    sql -v token="$1" <<'SQL'
SELECT COALESCE(rule, 'accepted') AS checked FROM tenancy.check_token(:'token') \gset
BEGIN;
SELECT COALESCE((test.error(format('SELECT auth.login(%L)', :'token'))).message, 'accepted') AS login \gset
ROLLBACK;
BEGIN;
SET LOCAL pg_tenancy.token = :'token';
SELECT COALESCE((test.error('SELECT auth.user_id()')).message, 'accepted') AS used \gset
SELECT COALESCE(substring(tenancy.token_problem(), 'rule "(.*?)"'), 'accepted') AS problem \gset
ROLLBACK;
SELECT :'checked', COALESCE(substring(:'login', 'rule "(.*)"'), :'login'), COALESCE(substring(:'used', 'rule "(.*)"'), :'used'), :'problem',
    (SELECT claims -> 'sub' FROM tenancy.check_token(:'token'));
SQL
}
# meets WHAT PAYLOAD VERDICT SUB [OPTIONS OF token sign]
meets() {
    local got
    got=$(verdicts "$(token "$2" "${@:5}")")
    [ "$got" = "$3|$3|$3|$3|$4" ] || fail "$1: $got in the place of $3, with sub ${4:-NULL}"
}
meets 'plain ASCII' '"sub": "Zoe"' accepted '"Zoe"'
meets 'ASCII, written as an escape' '"sub": "Zo\u0065"' accepted '"Zoe"'
# As an escape or as it is; one that the encoding has, one that it lacks, one beyond the first plane.
meets 'an escape for what LATIN1 has' '"sub": "Zo\u00eb"' claims ''
meets 'as it is, what LATIN1 has' '"sub": "Zoë"' claims ''
meets 'an escape for what LATIN1 lacks' '"sub": "\u20ac"' claims ''
meets 'as it is, what LATIN1 lacks' '"sub": "€"' claims ''
meets 'a pair of surrogates' '"sub": "\ud83d\ude00"' claims ''
# Anywhere: in a claim that nobody reads, or in a name.
meets 'another claim' '"sub": "zoe", "name": "Zo\u00eb"' claims ''
meets 'a name, deep' '"sub": "zoe", "a": [{"Zo\u00eb": 1}]' claims ''
# Claims without a token are read by the same rule.
claims() {
    sql -v claims="{\"sub\": \"$1\"}" <<'SQL'
SET request.jwt.claims = :'claims';
SELECT auth.user_id(), tenancy.claims_problem();
SQL
}
[ "$(claims 'Zo\u0065')" = 'Zoe|' ] || fail "claims of ASCII: $(claims 'Zo\u0065')"
for sub in 'Zo\u00eb' '\u20ac'; do
    [ "$(claims "$sub")" = '|hold characters beyond ASCII, which are read in UTF-8 databases only' ] || fail "claims of $sub: $(claims "$sub")"
done

psql -X -q -d postgres -c 'DROP DATABASE latin'

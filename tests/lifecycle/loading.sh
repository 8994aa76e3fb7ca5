#!/usr/bin/env bash
# It does not matter when the library is loaded, nor whether another has defined request.jwt.claims before:
# who is calling is what Postgres says the parameter is.
set -euo pipefail

definer=$(tests/lib/build-module definer) || { echo "$definer"; exit 77; }
trap 'rm -rf "$(dirname "$definer")"' EXIT
export PGDATABASE=loading
createdb loading
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pg_tenancy' -f tests/pg_regress/prepare.sql

fail() {
    echo "loading.sh: $1"
    exit 1
}

# same NAME SQL EXPECTED [OPTIONS]: a new connection that was started with OPTIONS gives what is expected.
same() {
    local got
    got=$(PGOPTIONS="${4-}" psql -X -q -A -t <<<"$2" 2>&1)
    [ "$got" = "$3" ] || fail "$1 gives"$'\n'"$got"$'\n'"in the place of"$'\n'"$3"
}

# Claims set before the library is there, at each level a transaction has. The first call loads it.
claims_first="
    SET request.jwt.claims = '{\"sub\": \"of the session\"}';
    BEGIN;
    SET LOCAL request.jwt.claims = '{\"sub\": \"of the transaction\"}';
    SAVEPOINT one;
    SET LOCAL request.jwt.claims = '{\"sub\": \"of savepoint one\"}';
    SAVEPOINT two;
    SET request.jwt.claims = '{\"sub\": \"of savepoint two\"}';
    SELECT auth.user_id();
    ROLLBACK TO two;
    SELECT auth.user_id();
    RELEASE two;
    SELECT auth.user_id();
    ROLLBACK TO one;
    SELECT auth.user_id(), auth.jwt();
    COMMIT;
    SELECT auth.user_id();
    RESET request.jwt.claims;
    SELECT auth.user_id() IS NULL;"
claims_first_gives='of savepoint two
of savepoint one
of savepoint one
of the transaction|{"sub": "of the transaction"}
of the session
t'
# The first call comes in a transaction that fails, or in one that ends before it.
in_vain="
    BEGIN;
    SET request.jwt.claims = '{\"sub\": \"in vain\"}';
    SELECT auth.user_id();
    SELECT 1 / 0;
    ROLLBACK;
    SELECT auth.user_id() IS NULL;
    BEGIN;
    SET LOCAL request.jwt.claims = '{\"sub\": \"gone\"}';
    COMMIT;
    SELECT auth.user_id() IS NULL, current_setting('request.jwt.claims') = '';"
in_vain_gives='in vain
ERROR:  division by zero
t
t|t'
# LOAD in the middle of a transaction that is rolled back: the library stays, the claims go.
load="
    BEGIN;
    SET LOCAL request.jwt.claims = '{\"sub\": \"before\"}';
    SAVEPOINT s;
    SET LOCAL request.jwt.claims = '{\"sub\": \"after\"}';
    LOAD 'pg_tenancy';
    SELECT auth.user_id();
    ROLLBACK TO s;
    SELECT auth.user_id();
    ROLLBACK;
    SELECT auth.user_id() IS NULL;"
load_gives='after
before
t'
# The ways the library comes in; in the last two the other one has defined the parameter.
ways=(
    ""
    "-c session_preload_libraries=pg_tenancy"
    "-c session_preload_libraries=$definer"
    "-c session_preload_libraries=$definer,pg_tenancy"
)
for way in "${ways[@]}"; do
    same "claims first ($way)" "$claims_first" "$claims_first_gives" "$way"
    same "a transaction in vain ($way)" "$in_vain" "$in_vain_gives" "$way"
    same "LOAD ($way)" "$load" "$load_gives" "$way"
    same "claims of the connection ($way)" 'SELECT auth.user_id(); RESET request.jwt.claims; SELECT auth.user_id(); DISCARD ALL; SELECT auth.user_id()' \
        $'ann\nann\nann' "$way -c request.jwt.claims={\"sub\":\"ann\"}"
    # Bytes that are no text of the database's encoding come in only here.
    same "bytes ($way)" 'SELECT auth.jwt() IS NULL, tenancy.claims_problem()' 't|are not valid UTF-8' \
        "$way -c request.jwt.claims={\"sub\":\"$(printf '\xff')\"}"
done

# Claims of the database, of the role.
psql -X -q -c "ALTER DATABASE loading SET request.jwt.claims = '{\"sub\": \"of the database\"}'"
for way in "${ways[@]}"; do
    same "claims of the database ($way)" "SELECT auth.user_id(); BEGIN; SET LOCAL request.jwt.claims = '{\"sub\": \"ann\"}'; SELECT auth.user_id(); COMMIT; SELECT auth.user_id()" \
        $'of the database\nann\nof the database' "$way"
done
psql -X -q -c 'ALTER DATABASE loading RESET request.jwt.claims'

# The other library really was the first, and where it comes second it is the one that is refused.
same "the parameter's description" "SELECT short_desc FROM pg_settings WHERE name = 'request.jwt.claims'" \
    'Claims, as another library sees them.' "-c session_preload_libraries=$definer,pg_tenancy"
same "the second one" "SET request.jwt.claims = '{\"sub\": \"ann\"}'; SELECT auth.user_id(); LOAD '$definer'; SELECT auth.user_id();" \
    $'ann\nERROR:  attempt to redefine parameter "request.jwt.claims"\nann'

# Everything else that is said of claims holds there too: the tests of those topics, once more.
for test in state set_claims claims readers parallel; do
    PGOPTIONS="-c session_preload_libraries=$definer" psql -X -a -q <"tests/pg_regress/sql/$test.sql" 2>&1 |
        diff "tests/pg_regress/expected/$test.out" - || fail "$test.sql gives other answers where another library has defined the parameter"
done

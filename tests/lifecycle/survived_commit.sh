#!/usr/bin/env bash
# A procedure keeps what it was given even where a COMMIT beneath it fails and is survived, as PL/Perl, PL/Python and
# PL/Tcl can: the server aborts the transaction then while the procedure runs on.
set -euo pipefail

module=$(tests/lib/build-module quiet_commit) || { echo "$module"; exit 77; }
trap 'rm -rf "$(dirname "$module")"' EXIT
export PGDATABASE=survived_commit
createdb survived_commit
told=$(psql -X -q -v ON_ERROR_STOP=1 -v module="$module" 2>&1 <<'SQL'
CREATE EXTENSION pg_tenancy;
CREATE PROCEDURE quiet_commit() LANGUAGE c AS :'module', 'quiet_commit';
CREATE TABLE rows (n int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON rows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE PROCEDURE remembers(who text, claims jsonb) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rows VALUES (1);
    CALL quiet_commit();
    RAISE NOTICE 'rows committed: %', (SELECT count(*) FROM rows);
    FOR i IN 1..1000 LOOP
        PERFORM set_config('request.jwt.claims', format('{"sub": "bob%s"}', i), false);
        IF auth.user_id() || auth.jwt() IS NULL THEN
            RAISE 'nobody';
        END IF;
    END LOOP;
    RAISE NOTICE 'given: %, %', who, claims;
END $$;
SET request.jwt.claims = '{"sub": "ann1"}';
CALL remembers(auth.user_id(), auth.jwt());
SQL
) || { echo "$told"; exit 1; }
echo "$told"
# The commit did fail, and ann is still ann.
grep -q 'rows committed: 0' <<<"$told" && grep -q 'given: ann1, {"sub": "ann1"}' <<<"$told"

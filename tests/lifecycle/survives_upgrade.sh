#!/usr/bin/env bash
# Protection of every shape survives pg_upgrade from each lower version that is installed, with files copied and with links.
SECONDS_ALLOWED=500
. "$REPO/tests/lib/survives.sh"
skip() {
    echo "$1"
    exit 77
}
new=$(dirname "$(command -v postgres)")
for program in initdb pg_ctl pg_dump pg_dumpall pg_restore psql vacuumdb pg_resetwal pg_controldata pg_upgrade; do
    [ -x "$new/$program" ] || skip "this Postgres $PG_MAJOR comes without $program, so nothing can be upgraded to it"
done

# The lower versions that are in the cache already, the highest first: version, pg_config, folder of shared libraries.
lower() {
    PYTHONPATH=tools python3 - <<'PY'
import os
import postgres
from common import cache
for version in sorted(map(int, postgres.VERSIONS), reverse=True):
    tree = cache() / "postgres" / str(version)
    if version < int(os.environ["PG_MAJOR"]) and (tree / "made-from").exists():
        path = postgres.pg_config(str(version))
        print(version, path, *postgres.library_path(path).values())
PY
}
mapfile -t lower < <(lower)
[ "${#lower[@]}" != 0 ] || skip "there is no Postgres lower than $PG_MAJOR here"

# What pg_upgrade calls of the old version. (The package of 17 has neither pg_controldata nor pg_resetwal. Those of another version are
# no help: the control file's format differs, and a guessed one loses rows.)
lacks() { # $1: folder of programs
    local program
    for program in postgres pg_ctl pg_controldata pg_resetwal; do
        [ -x "$1/$program" ] || { echo "$program"; return; }
    done
}

mode=--copy
script() { # $1: pg_config; the installation script of its pg_tenancy
    local folder
    folder=$("$1" --sharedir)/extension
    echo "$folder/pg_tenancy--$(sed -n "s/^default_version = '\(.*\)'$/\1/p" "$folder/pg_tenancy.control" 2>/dev/null).sql"
}
upgraded=0
not_tried=
for line in "${lower[@]}"; do
    read -r version pg_config libraries <<<"$line"
    if ! cmp -s "$(script "$PG_CONFIG")" "$(script "$pg_config")"; then
        [ "$(sort "$(script "$PG_CONFIG")" | cksum)" != "$(sort "$(script "$pg_config")" 2>/dev/null | cksum)" ] ||
            fail "from $version: the script there has the same lines in another order: builds are to be alike"
        not_tried+="from $version: another pg_tenancy is installed there; "
        continue
    fi
    old=$("$pg_config" --bindir)
    missing=$(lacks "$old")
    if [ -n "$missing" ]; then
        not_tried+="from $version: it comes without $missing; "
        continue
    fi
    LD_LIBRARY_PATH=$libraries PATH=$old:$PATH make_cluster "$version"
    LD_LIBRARY_PATH=$libraries PATH=$old:$PATH start_cluster "$version"
    export PGHOST=$clusters/$version
    make_source
    # Debian's 15.20 notes an option pg_attver at each column, which pg_upgrade carries along and no other server knows.
    [ -z "$(sql -d source -c "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%}' RETURNING 1")" ] ||
        echo "from $version: column option pg_attver removed, which $PG_MAJOR does not know"
    LD_LIBRARY_PATH=$libraries PATH=$old:$PATH stop_cluster "$version"

    name=from_$version
    make_cluster "$name"
    # From 18 on a new cluster has checksums, which the old one has not.
    [ "$PG_MAJOR" -lt 18 ] || as_server pg_checksums --disable --no-sync -D "$clusters/$name" >/dev/null 2>&1
    (export LD_LIBRARY_PATH=$libraries; as_server "$new/pg_upgrade" --old-bindir="$old" --new-bindir="$new" --old-datadir="$clusters/$version" \
        --new-datadir="$clusters/$name" --socketdir="$clusters" --username=postgres "$mode") >"$folder/said" 2>&1 ||
        fail "from $version: $(cat "$folder/said" "$clusters/$name"/pg_upgrade_output.d/*/log/pg_upgrade_dump_*.log)"
    start_cluster "$name"
    export PGHOST=$clusters/$name
    [ "$(sql -d source -c 'SHOW server_version_num')" -ge "${PG_MAJOR}0000" ] || fail "from $version: this is not the new server"
    survived source "pg_upgrade $mode from $version to $PG_MAJOR"
    stop_cluster "$name"
    upgraded=$((upgraded + 1))
    mode=--link
done
[ -z "$not_tried" ] || echo "not tried: $not_tried"
[ "$upgraded" != 0 ] || skip "pg_upgrade to $PG_MAJOR was not tried: $not_tried"

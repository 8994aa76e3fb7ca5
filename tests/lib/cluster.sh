# Servers of a test's own, beside the one that all the scripts share. To be sourced; they go away with the script.

# Whatever may hang, this ends.
[ "${IN_TIME-}" ] || IN_TIME=1 exec timeout -k 10 "${SECONDS_ALLOWED:-170}" "$0"

clusters=$(mktemp -d /tmp/pg_tenancy-own.XXXXXX)
chmod 755 "$clusters"
if [ "$(id -u)" = 0 ]; then chown nobody:nogroup "$clusters"; fi
as_server() { (cd "$clusters" && $PG_AS "$@"); }
remove_clusters() {
    local data
    kill $(jobs -p) 2>/dev/null || true
    for data in "$clusters"/*/; do
        [ ! -e "$data/postmaster.pid" ] || as_server pg_ctl stop -D "$data" -m immediate >/dev/null 2>&1 || true
    done
    rm -rf "$clusters"
}
trap remove_clusters EXIT

# make_cluster NAME SETTING=VALUE…: its data are in $clusters/NAME, its socket too, its log in $clusters/NAME.log.
make_cluster() {
    local data=$clusters/$1
    as_server initdb -D "$data" -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    as_server tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
fsync = off
shared_buffers = 32MB
timezone = 'UTC'
lc_messages = 'C'
jit = off
CONF
    settings "$1" "unix_socket_directories=$data" "${@:2}"
}
# settings NAME SETTING=VALUE…, in force when it starts or is told to reload.
settings() {
    local setting
    for setting in "${@:2}"; do
        echo "${setting%%=*} = '${setting#*=}'"
    done | as_server tee -a "$clusters/$1/postgresql.conf" >/dev/null
}
start_cluster() { as_server pg_ctl start -w -t 30 -D "$clusters/$1" -l "$clusters/$1.log" >/dev/null || { cat "$clusters/$1.log"; exit 1; }; }
stop_cluster() { as_server pg_ctl stop -w -t 30 -m fast -D "$clusters/$1" >/dev/null; }

#!/usr/bin/env bash
# Protection of every shape survives dump and restore, by a superuser and by a plain owner, in each format and order, into
# the same server and into another; and CREATE DATABASE ... TEMPLATE. (dump.sh has settings, members and names to quote.)
. "$REPO/tests/lib/survives.sh"
make_source

# copy DATABASE: a new one, of the owner.
copy() { sql -c "CREATE DATABASE $1 OWNER shapes_owner TEMPLATE template0"; }
# A pg_dump that is newer than the server sets parameters that the server does not know; nothing else may go wrong.
quietly() {
    "$@" >"$folder/said" 2>&1 || true
    ! grep -iE 'error|warning' "$folder/said" | grep -vqE 'transaction_timeout|errors ignored on restore' || fail "$*: $(cat "$folder/said")"
}
refused() { # $1: what it says; the rest is a command
    ! "${@:2}" >"$folder/said" 2>&1 || fail "${*:2}: was not refused"
    grep -q "$1" "$folder/said" || fail "${*:2}: $(cat "$folder/said")"
}
rows() { sql -d "$1" -c 'SELECT count(*) FROM shapes.documents'; }

# Who dumps: a superuser or a role with BYPASSRLS. FORCE binds the owner, whose dump would have no rows and so is refused.
refused 'query would be affected by row-level security' pg_dump -U shapes_owner -d source -Fc -f "$folder/none"
pg_dump -d source -Fc -f "$folder/custom"
pg_dump -d source -Fd -j 2 -f "$folder/directory"
pg_dump -d source -f "$folder/plain"
sql -c 'CREATE ROLE dumper LOGIN BYPASSRLS IN ROLE pg_read_all_data'
pg_dump -U dumper -d source -Fc -f "$folder/by_bypass"

# Who restores: anybody who may create things in the new database. Its owner needs no BYPASSRLS: rows come before row security.
copy by_superuser
quietly pg_restore -d by_superuser "$folder/custom"
survived by_superuser 'restored by a superuser'
copy by_owner
quietly pg_restore -U shapes_owner -d by_owner "$folder/custom"
survived by_owner 'restored by its owner'
copy from_bypass
quietly pg_restore -U shapes_owner -d from_bypass "$folder/by_bypass"
survived from_bypass 'dumped by a role with BYPASSRLS, restored by its owner'
copy in_parallel
quietly pg_restore -d in_parallel -j 2 "$folder/directory"
survived in_parallel 'restored in parallel by a superuser'
# In parallel, row security may be on before foreign keys are made, which is an error for the owner. So that part is not.
copy in_part
for part in '--section=pre-data' '--section=data -j 2' '--section=post-data'; do
    quietly pg_restore -U shapes_owner -d in_part $part "$folder/directory"
done
survived in_part 'rows restored in parallel by the owner'
copy plainly
quietly psql -X -q -U shapes_owner -d plainly -f "$folder/plain"
survived plainly 'restored from SQL'

# Schema first, rows later: a superuser just does it. For the owner row security is on by then, unless they load between the
# sections, as above, or lift FORCE for the time and protect() again.
copy two_steps
quietly pg_restore -d two_steps --schema-only "$folder/custom"
quietly pg_restore -d two_steps --data-only "$folder/custom"
survived two_steps 'rows after the schema, by a superuser'
copy unforced
quietly pg_restore -U shapes_owner -d unforced --schema-only "$folder/custom"
refused 'query would be affected by row-level security' pg_restore -U shapes_owner -d unforced --data-only --exit-on-error -t documents "$folder/custom"
refused 'COPY FROM not supported with row-level security' pg_restore -U shapes_owner -d unforced --data-only --enable-row-security --exit-on-error -t documents "$folder/custom"
each_table() { # $1: a command
    sql -U shapes_owner -d unforced -c "SELECT format('ALTER TABLE %s $1 ROW LEVEL SECURITY;', oid::regclass) FROM pg_class
        WHERE relnamespace = 'shapes'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity" | sql -U shapes_owner -d unforced
}
each_table 'NO FORCE'
quietly pg_restore -U shapes_owner -d unforced --data-only "$folder/custom"
protect_again unforced
survived unforced 'rows after the schema, by the owner with FORCE lifted'

# Without owners and grants, as managed hosts advise: callers can do nothing, until protect() has run.
copy no_acl
quietly pg_restore -U shapes_owner -d no_acl --no-owner --no-acl "$folder/custom"
[ "$(sql -d no_acl -c "SELECT DISTINCT split_part(s, ':', 2) FROM shapes.seen('{\"sub\": \"ann\"}') s")" = \
    ' read 42501; change 42501; move 42501; delete 42501; insert a 42501; insert b 42501; insert 42501; truncate 42501; ' ] || fail 'callers without grants can do something'
protect_again no_acl
survived no_acl 'restored without owners and grants, and protected again'

# --no-policies (from 18 on) leaves out row security too: that is no way to restore.
if pg_restore --help | grep -q no-policies; then
    copy no_policies
    quietly pg_restore -d no_policies --no-policies "$folder/custom"
    sql -d no_policies -c "SELECT shapes.seen('{\"sub\": \"ann\"}')" | grep -q '^documents: read 2 a and 1 b' || fail '--no-policies leaves something'
    protect_again no_policies
    sql -d no_policies -c 'SELECT shapes.behaviour()' | diff "$folder/behaviour" - || fail 'restored with --no-policies and protected again'
fi

# A branch on the same server.
for strategy in WAL_LOG FILE_COPY; do
    sql -c "CREATE DATABASE branch_$strategy TEMPLATE source STRATEGY $strategy"
    survived "branch_${strategy,,}" "CREATE DATABASE TEMPLATE, $strategy"
done

# Another server. Roles do not belong to a database, so they are brought along.
make_cluster elsewhere
start_cluster elsewhere
pg_dumpall --roles-only -f "$folder/roles"
first=$PGHOST
export PGHOST=$clusters/elsewhere
psql -X -q -f "$folder/roles" >"$folder/said" 2>&1
! grep ERROR "$folder/said" | grep -vq 'role "postgres" already exists' || fail "$(cat "$folder/said")"
copy elsewhere
quietly pg_restore -U shapes_owner -d elsewhere "$folder/custom"
survived elsewhere 'restored into another server, with its roles'

# Without them (in a new project of a managed host, say) what names them is missing, and that leaves tables closed, not open:
# not even a careless grant and a careless policy show another tenant's rows. protect() puts it right.
stop_cluster elsewhere
make_cluster bare
start_cluster bare
export PGHOST=$clusters/bare
sql -c 'CREATE ROLE shapes_owner LOGIN CREATEROLE CREATEDB'
copy bare
pg_restore -U shapes_owner -d bare "$folder/custom" >"$folder/said" 2>&1 && fail 'nothing is said of roles that are missing'
grep -q 'role "authenticated" does not exist' "$folder/said" || fail "$(cat "$folder/said")"
sql -U shapes_owner -d bare -o /dev/null -c "SELECT tenancy.bootstrap_roles('shapes_app')"
sql -c 'CREATE ROLE shapes_staff'
careless() { # $1: more SQL; $2: what ann reads then
    sql -d bare -c BEGIN -c 'GRANT USAGE ON SCHEMA shapes TO authenticated' -c 'GRANT ALL ON ALL TABLES IN SCHEMA shapes TO authenticated' -c "$1" \
        -c "SELECT shapes.seen('{\"sub\": \"ann\"}')" -c ROLLBACK >"$folder/seen"
    grep -q "^documents: read $2; change $2; .*delete $2; .*; insert b 42501; " "$folder/seen" && ! grep -q '[0-9] b' "$folder/seen" || fail "where roles were missing: $(cat "$folder/seen")"
}
careless 'SELECT' nothing
careless 'CREATE POLICY oops ON shapes.documents USING (true)' '2 a'
protect_again bare
# (The login roles of gateways are kept as roles, so those that were missing are gone.)
sql -U shapes_owner -d bare -o /dev/null -c "SELECT tenancy.configure('gateway_roles', 'shapes_app')"
survived bare 'restored into another server without its roles, and protected again'

# With an error for callers without a tenant, which is in the policies.
stop_cluster bare
export PGHOST=$first
sql -U shapes_owner -d source -o /dev/null -c "SELECT tenancy.configure('on_missing_tenant', 'error')"
protect_again source
take_source
! grep '^nobody, documents: ' "$folder/behaviour" | grep -q 'read nothing' || fail 'on_missing_tenant raises nothing'
pg_dump -d source -Fc -f "$folder/custom"
copy raising
quietly pg_restore -U shapes_owner -d raising "$folder/custom"
same raising 'with on_missing_tenant, restored by its owner'
after raising 'ALTER TABLE shapes.documents DISABLE ROW LEVEL SECURITY' 'other other' 'with on_missing_tenant'

"""What it costs that a table says who is a member of what: bench/members.sql.

Hand-written here is a list of tenants as a literal, in the same query on the same table, as a role that has BYPASSRLS:
it costs nothing to find out. pg_tenancy looks the members up anew for each statement, and that is in all its figures.
"""

import json
import statistics
from pathlib import Path

from client import Connection
from measure import (CALLER, SERIAL_SCAN, compact, nodes, one_row, pgbench, psql, ratio_cells, say, spread, take_turns,
                     verdict)

DATABASE = "members"
ROUNDS = 15
# A caller by the number of their tenants.
CALLERS = {1: 7, 10: 107, 500: 207}
# Statements a turn.
TIMES = {1: 2000, 10: 1000, 500: 30}
BY_HAND = "-c role=by_hand"
SERIAL = "-c max_parallel_workers_per_gather=0"
NO_INDEX = SERIAL_SCAN.removeprefix(CALLER)

READER = "tenant_id OPERATOR(pg_catalog.=) ANY (auth.tenant_uuids())"
WRAPPED = "tenant_id OPERATOR(pg_catalog.=) ANY ((SELECT auth.tenant_uuids())::uuid[])"
PERMISSIONS = {
    "inside (SELECT …)": "(SELECT auth.has_permission(VARIADIC ARRAY['docs.read']))",
    "bare": "auth.has_permission(VARIADIC ARRAY['docs.read'])",
}
USE_MEMBERS = "use_members('member', 'user_id', 'tenant_id', 'role')"
# Of which callers: is_member() takes seconds.
TODAY = {
    "EXISTS (SELECT FROM member m WHERE m.tenant_id = docs.tenant_id AND m.user_id = auth.uid())": CALLERS.keys(),
    "tenant_id IN (SELECT m.tenant_id FROM member m WHERE m.user_id = auth.uid())": CALLERS.keys(),
    "is_member(tenant_id)": [10],
}

LOOP = """CREATE FUNCTION seconds_of_{name}(callers text[], times integer) RETURNS float8
    LANGUAGE plpgsql AS $$
    DECLARE
        began CONSTANT timestamptz := clock_timestamp();
        claims text;
        nothing boolean;
    BEGIN
        FOR i IN 1..times LOOP
            FOREACH claims IN ARRAY callers LOOP
                PERFORM set_config('request.jwt.claims', claims, true);
                nothing := {call}(VARIADIC ARRAY['docs.read']) IS NULL;
            END LOOP;
        END LOOP;
        RETURN extract(epoch FROM clock_timestamp() - began);
    END $$"""


def build():
    psql("postgres", "-c", f"CREATE DATABASE {DATABASE}")
    psql(DATABASE, "-c", "CREATE EXTENSION pg_tenancy", "-c", "SELECT tenancy.bootstrap_roles('app')",
         "-f", Path(__file__).with_suffix(".sql"),
         *(word for name, call in [("nothing", "no_call"), ("look_up", "auth.has_permission")]
           for word in ("-c", LOOP.format(name=name, call=call))),
         "-c", f"SELECT tenancy.{USE_MEMBERS}")


def claims(n, tenant=None):
    """Of a caller by number; with the tenant that they are active in, if one is given."""
    with Connection(DATABASE) as owner:
        known = {"sub": owner.value(f"SELECT caller({n})")}
    return compact(known | ({"tenant_id": tenant} if tenant else {}))


def tenants(n):
    with Connection(DATABASE) as owner:
        return [tenant for tenant, in owner.rows(f"SELECT tenant_id FROM member WHERE user_id = caller({n})")]


def policies(expression, table="docs"):
    """Puts an expression in the place of that of the template tenant in all policies of a table that have one."""
    with Connection(DATABASE) as owner:
        for name, checks in [("select", False), ("insert", True), ("update", True), ("delete", False), ("floor", True)]:
            using = "" if name == "insert" else f" USING ({expression})"
            check = f" WITH CHECK ({expression})" if checks else ""
            owner.rows(f"ALTER POLICY tenancy_{name} ON {table}{using}{check}")


def total(table, listed=None):
    where = f" WHERE tenant_id = ANY ('{{{','.join(listed)}}}')" if listed else ""
    return f"SELECT count(*), sum(amount) FROM {table}{where}"


def options(caller, more=SERIAL):
    return f"{CALLER} {more} -c request.jwt.claims={caller}"


def plans(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from plans(child)


def scan_of(sql, options):
    """How the rows are found: the node that reads them, with the planner's estimate and the truth; and what is
    evaluated beside it, once per statement (InitPlan, hashed SubPlan)."""
    with Connection(DATABASE, "app", options) as caller:
        rows = caller.rows(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
    every = list(plans(json.loads("".join(line for line, in rows))[0]["Plan"]))
    scan = next(node for node in every if node.get("Relation Name") in ("docs", "permitted"))
    index = " by the index" if any("Index Cond" in node for node in nodes(scan)) else ""
    hashed = "hashed " if "hashed" in scan.get("Filter", "") else ""
    beside = "".join(f", {hashed}{node['Parent Relationship']}" for node in every if "Subplan Name" in node)
    return f"{scan['Node Type']}{index}{beside}; {scan['Plan Rows']:,} rows expected, {scan['Actual Rows']:,.0f} found"


def both_sides(n, table="docs", more=SERIAL):
    """Connections and queries, hand-written and ours, of a caller by number; they see the same rows."""
    listed = tenants(n)
    sides = [(Connection(DATABASE, "app", f"{BY_HAND} {more}"), total(table, listed)),
             (Connection(DATABASE, "app", options(claims(n), more)), total(table))]
    assert len({str(connection.rows(sql)) for connection, sql in sides}) == 1, "the two sides see different rows"
    return [lambda c=connection, sql=sql: c.seconds(sql) for connection, sql in sides]


def by_index(n, count, protocol):
    sides = (total("docs", tenants(n)), f"{BY_HAND} {SERIAL}"), (total("docs"), options(claims(n)))
    return take_turns(ROUNDS, *(
        lambda sql=sql, options=options: 1 / pgbench(DATABASE, f"{sql};", protocol, TIMES[count], options)
        for sql, options in sides))


def ratio(taken):
    return f"{statistics.median(b / a for a, b in zip(*taken)):,.2f}"


def forms(table, others):
    """The same policies with a reader's array: by index, planned once and each time, and without an index."""
    for form in (READER, WRAPPED):
        policies(form)
        cells = []
        for count, n in CALLERS.items():
            both_sides(n)
            pair = [by_index(n, count, protocol) for protocol in ("prepared", "simple")]
            cells.append(" / ".join(map(ratio, pair)))
            if form == READER:
                for planning, taken in zip(("planned once", "planned each time"), pair):
                    table.row(f"the rows of all of a caller's tenants, {count} of 100,000 ({count * 20:,} of 2 million"
                              f" rows), by index, {planning}", *ratio_cells(*taken, bound=1.3))
        without = []
        for count, n in CALLERS.items():
            without.append(take_turns(7 if count < 500 else 3, *both_sides(n, more=NO_INDEX)))
            if form == READER:
                table.row(f"the same, {count} of 100,000, without an index", *ratio_cells(*without[-1]))
        others.row(f"`{form}`", *cells, " / ".join(map(ratio, without)),
                   scan_of(total("docs"), options(claims(CALLERS[500]))))


def today(others):
    """What people write today, with the caller's statement as long as it takes."""
    for form, counts in TODAY.items():
        policies(form)
        taken = {count: take_turns(5 if len(counts) > 1 else 1, *both_sides(CALLERS[count])) for count in counts}
        cells = [f"{ratio(taken[n])} ({statistics.median(taken[n][1]) * 1000:,.0f} ms)" if n in taken else ""
                 for n in CALLERS]
        scan = scan_of(total("docs"), options(claims(CALLERS[10]))) if len(counts) > 1 else "Seq Scan"
        others.row(f"`{form}`", *cells, "the same: they take no index", scan)


def permission(table):
    """A permission in a policy, evaluated once or for each row: by itself, and beside the tenants."""
    n = CALLERS[10]
    for what, form in PERMISSIONS.items():
        policies(form, "permitted")
        sql, caller = total("permitted"), options(claims(n, tenants(n)[0]))
        with Connection(DATABASE, "app", f"{BY_HAND} {SERIAL}") as by_hand, Connection(DATABASE, "app", caller) as ours:
            assert by_hand.rows(sql) == ours.rows(sql), "the two sides see different rows"
            taken = take_turns(11 if "SELECT" in form else 3, lambda: by_hand.seconds(sql), lambda: ours.seconds(sql))
        table.row(f"all of 2 million rows, in the policies only auth.has_permission(), {what}", *ratio_cells(*taken))
        table.notes.append(f"auth.has_permission(), {what}: {scan_of(sql, caller)}")
    policies(READER)
    for count in (10, 500):
        caller = options(claims(CALLERS[count], tenants(CALLERS[count])[0]))
        for what, form in PERMISSIONS.items():
            policies(f"{READER} AND {form}", "permitted")
            taken = take_turns(ROUNDS, *(
                lambda target=target: 1 / pgbench(DATABASE, f"{total(target)};", "prepared", TIMES[count], caller)
                for target in ("docs", "permitted")))
            table.row(f"the rows of {count} tenants by index with auth.has_permission(), {what}; in the place of"
                      " hand-written SQL, the same policies without it", *ratio_cells(*taken))


def look_up(table):
    """Finding out who the caller is and what they may do, as against a function that does nothing."""
    for count, n in CALLERS.items():
        callers = [claims(n, tenants(n)[0]) for n in range(n - 6, n + 94)]
        listed = "{" + ",".join(json.dumps(caller) for caller in callers) + "}"
        times = 20 if count < 500 else 2

        def fresh(name):
            with Connection(DATABASE, "app", CALLER) as caller:
                caller.rows("BEGIN")
                caller.value(f"SELECT seconds_of_{name}('{listed}', 1)")
                return float(caller.value(f"SELECT seconds_of_{name}('{listed}', {times})")) / times / len(callers)

        def again(call):
            script = f"SELECT {call}(VARIADIC ARRAY['docs.read']);"
            return 1 / pgbench(DATABASE, script, "prepared", 3000, options(callers[6]))

        for what, measure, sides in [
                (f"looking up a caller and their permissions, each time another caller; tenants: {count}", fresh,
                 ("nothing", "look_up")),
                ("the same, each time the same caller in a new statement", again,
                 ("no_call", "auth.has_permission"))]:
            taken = take_turns(ROUNDS, *(lambda side=side: measure(side) for side in sides))
            micros = [(ours - empty) * 1e6 for empty, ours in zip(*taken)]
            table.row(what, "", spread(micros, " µs"), "", "under 100 µs", verdict(statistics.median(micros) < 100))


def transactions(table):
    """Claims that name the tenant, and one row by its key: by claims alone, and with a table of members."""
    policies("tenant_id OPERATOR(pg_catalog.=) auth.tenant_uuid()")

    def per_second(speak, before):
        with Connection(DATABASE) as owner:
            owner.rows(f"SELECT tenancy.{before}")
            owner.rows("VACUUM tenancy.config, tenancy.member_source")
        return pgbench(DATABASE, one_row(speak, "SELECT * FROM docs WHERE id = :id"), "prepared", 3000)

    for count, n in CALLERS.items():
        speak = ("set_config('role', 'authenticated', true), "
                 f"set_config('request.jwt.claims', '{claims(n, tenants(n)[0])}', true)")
        taken = take_turns(ROUNDS, *(lambda before=before: per_second(speak, before)
                                     for before in ("drop_members()", USE_MEMBERS)))
        table.row(f"short transactions per second with a table of members, tenants of the caller: {count}; in the place"
                  " of hand-written SQL, ours by claims alone", *ratio_cells(*taken, "", 1))


def measure(table, others):
    say("building the members")
    build()
    forms(table, others)
    today(others)
    for part in (permission, look_up, transactions):
        part(table)

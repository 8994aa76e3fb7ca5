"""What each template of tenancy.protect() costs: bench/templates.sql.

Hand-written is the query that the template stands for, on the same table and with the owner as a literal, as a role
that has BYPASSRLS.
"""

import functools
import json
from pathlib import Path

from client import Connection
from measure import CALLER, SERIAL_SCAN, compact, nodes, pgbench, psql, ratio_cells, say, take_turns

DATABASE = "templates"
ROUNDS = 9
SERIAL = "-c max_parallel_workers_per_gather=0"
NO_INDEX = SERIAL_SCAN.removeprefix(CALLER)
BY_HAND = "-c role=unbound"
PLANNING = {"prepared": "planned once", "simple": "planned each time"}


def build():
    psql("postgres", "-c", f"CREATE DATABASE {DATABASE}")
    psql(DATABASE, "-c", "CREATE EXTENSION pg_tenancy", "-c", "SELECT tenancy.bootstrap_roles('app')",
         "-f", Path(__file__).with_suffix(".sql"))


@functools.cache
def value(expression):
    with Connection(DATABASE) as owner:
        return owner.value(f"SELECT {expression}")


def owner(what):
    return value(f"owner('{what}')")


def caller(**known):
    return f"{CALLER} -c request.jwt.claims={compact(known)}"


def total(table, where=None):
    return f"SELECT count(*), sum(amount) FROM {table}" + (f" WHERE {where}" if where else "")


class Pair:
    """A query by hand and one of a caller, which see the same rows; options are those of their connections."""

    def __init__(self, what, by_hand, ours, claims, base=BY_HAND):
        self.what, self.sides = what, ((by_hand, base), (ours, claims))
        seen = set()
        for sql, options in self.sides:
            with Connection(DATABASE, "app", f"{options} {SERIAL}") as connection:
                seen.add(str(connection.rows(sql)))
        assert len(seen) == 1 and "None" not in str(seen), f"{what}: the two sides see different rows, or none"

    def by_index(self, table, times, bound=1.05, protocols=("prepared", "simple"), rounds=ROUNDS):
        for protocol in protocols:
            taken = take_turns(rounds, *(
                lambda sql=sql, options=options: 1 / pgbench(DATABASE, f"{sql};", protocol, times, f"{options} {SERIAL}")
                for sql, options in self.sides))
            table.row(f"{self.what}, by index, {PLANNING[protocol]}", *ratio_cells(*taken, bound=bound))

    def in_one_session(self, table, what, more=SERIAL, bound=None, rounds=ROUNDS):
        (sql, options), (our_sql, our_options) = self.sides
        with Connection(DATABASE, "app", f"{options} {more}") as by_hand, \
                Connection(DATABASE, "app", f"{our_options} {more}") as ours:
            by_hand.rows(sql), ours.rows(our_sql)
            taken = take_turns(rounds, lambda: by_hand.seconds(sql), lambda: ours.seconds(our_sql))
        table.row(f"{self.what}, {what}", *ratio_cells(*taken, bound=bound))

    def shapes(self, others, table):
        """How each side finds its rows: the node that reads them, the planner's estimate, and the truth."""
        others.row(self.what, *(scan_of(table, sql, f"{options} {SERIAL}") for sql, options in self.sides))


def scan_of(table, sql, options):
    with Connection(DATABASE, "app", options) as connection:
        rows = connection.rows(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
    scan = next(node for node in nodes(json.loads("".join(line for line, in rows))[0]["Plan"])
                if node.get("Relation Name") == table)
    index = " by the index" if any("Index Cond" in node for node in nodes(scan)) else ""
    hashed = ", hashed SubPlan" if "hashed" in scan.get("Filter", "") else ""
    times = scan["Actual Loops"]
    return (f"{scan['Node Type']}{index}{hashed}{f', {times:,} times' if times > 1 else ''};"
            f" {scan['Plan Rows']:,} rows expected, {scan['Actual Rows']:,.0f} found")


def columns(table, others):
    """The templates that compare a column of the row itself, with claims that name the caller's tenant."""
    for size, times in ("small", 1000), ("large", 15):
        one = owner(size)
        in_tenant = value(f"tenant_id FROM of_user_in_tenant WHERE user_id = '{one}' LIMIT 1")
        rows = "100 rows of a million" if size == "small" else "10,000 rows"
        for what, name, condition, claims, own in [
                ("tenant", "of_tenant", f"tenant_id = '{one}'", {"tenant_id": one}, None),
                ("tenant_or_global", "or_global", f"tenant_id = '{one}' OR tenant_id IS NULL",
                 {"sub": "ann", "tenant_id": one}, None),
                ("user", "of_user", f"user_id = '{one}'", {"sub": one}, None),
                ("user, in one tenant", "of_user_in_tenant", f"user_id = '{one}' AND tenant_id = '{in_tenant}'",
                 {"sub": one, "tenant_id": in_tenant}, None),
                # Everybody reads everything; what uses an index here is the query's own condition.
                ("public_read", "for_all", f"tenant_id = '{one}'", {"sub": "ann"}, f"tenant_id = '{one}'")]:
            pair = Pair(f"{what}, {rows}", total(name, condition), total(name, own), caller(**claims))
            pair.by_index(table, times, protocols=("prepared", "simple")[:2 if size == "small" else 1])
            if size == "large":
                pair = Pair(what, *(total(name, where) for where in (condition, own)), caller(**claims))
                pair.in_one_session(table, "a sequential scan of a million rows", NO_INDEX, 1.15)
                pair.shapes(others, name)
    Pair("public_read, all of a million rows", total("for_all"), total("for_all"), caller()).in_one_session(
        table, "a sequential scan", NO_INDEX, 1.15)


def conditions(table):
    """read => '{admin}', against the same policies without it."""
    for size, times in ("small", 1000), ("large", 15):
        claims = caller(tenant_id=owner(size), roles=["admin"])
        pair = Pair(f"tenant with read => '{{admin}}', {'100' if size == 'small' else '10,000'} rows; in the place of"
                    " hand-written SQL, the same without read", total("of_tenant"), total("for_admins"), claims, claims)
        pair.by_index(table, times, None, ("prepared", "simple")[:2 if size == "small" else 1])
    pair.in_one_session(table, "a sequential scan of a million rows", NO_INDEX)


def parents(table, others):
    """via_parent, against a query that asks for the parent's tenant by hand, and against the tenant carried down."""
    levels = {
        "one level": ("file", "folder_id", "EXISTS (SELECT FROM folder p WHERE p.id = folder_id AND p.tenant_id = '{}')",
                      "JOIN folder ON folder.id = folder_id"),
        "two levels": ("page", "chapter_id", "EXISTS (SELECT FROM chapter c JOIN book b ON b.id = c.book_id"
                       " WHERE c.id = chapter_id AND b.tenant_id = '{}')",
                       "JOIN chapter ON chapter.id = chapter_id JOIN book ON book.id = book_id"),
    }
    for level, (child, key, condition, join) in levels.items():
        for size in ("small", "large"):
            one, parent = owner(size), 3 if size == "small" else 1
            claims, by_hand = caller(tenant_id=one), condition.format(one)
            rows = "100 rows of a million" if size == "small" else "10,000 rows"
            if size == "small":
                for what, own in ("one row by its key", f"{child}.id = {parent}"), ("10 rows by their parent", f"{key} = {parent}"):
                    Pair(f"via_parent, {level}, {what}", total(child, f"{own} AND {by_hand}"), total(child, own),
                         claims).by_index(table, 1000, None)
            joined = Pair(f"via_parent, {level}, {rows}", total(child, by_hand), total(f"{child} {join}"), claims)
            joined.in_one_session(table, "the parents joined", SERIAL)
            pair = Pair(f"via_parent, {level}, {rows}", total(child, by_hand), total(child), claims)
            pair.in_one_session(table, "no condition in the query", SERIAL, rounds=5)
            if size == "small":
                pair.in_one_session(table, "without an index", NO_INDEX, rounds=5)
            pair.shapes(others, child)
    claims = caller(tenant_id=owner("small"))
    for what, own, times in ("one row by its key", "{}.id = 3", 1000), ("10 rows by their parent", "folder_id = 3", 1000), ("100 rows", None, 0):
        sides = (total(name, own and own.format(name)) for name in ("file_of_tenant", "file"))
        pair = Pair(f"via_parent, one level, {what}; in the place of hand-written SQL, the tenant carried down and"
                    " template tenant", *sides, claims, claims)
        if times:
            pair.by_index(table, times, None, ("prepared",))
        else:
            pair.in_one_session(table, "no condition in the query", SERIAL, rounds=5)


def updates(table):
    """10,000 rows changed in one statement, which names no column of an index."""
    tenth = owner("tenth")
    change = "UPDATE {} SET amount = amount + 1"
    sides = [(f"{change.format('changed_by_hand')} WHERE tenant_id = '{tenth}'", BY_HAND),
             *((change.format(name), caller(tenant_id=tenth)) for name in ("changed_movable", "changed"))]
    connections = [Connection(DATABASE, "app", options) for _, options in sides]

    for connection, (sql, _) in zip(connections, sides):
        changed = connection.rows(f"BEGIN; WITH c AS ({sql} RETURNING id) SELECT count(*) FROM c")
        assert changed == [["10000"]], f"{sql}: {changed}"
        connection.rows("ROLLBACK")

    def seconds(connection, sql):
        connection.rows("BEGIN")
        taken = connection.seconds(sql)
        connection.rows("ROLLBACK")
        return taken

    taken = take_turns(15, *(lambda c=c, sql=sql: seconds(c, sql) for c, (sql, _) in zip(connections, sides)))
    for connection in connections:
        connection.socket.close()
    table.row("tenant, UPDATE of 10,000 rows, movable => true (without trigger tenancy_keep_tenant)", *ratio_cells(taken[0], taken[1]))
    table.row("the same with the trigger", *ratio_cells(taken[0], taken[2]))
    table.row("the same; in the place of hand-written SQL, without the trigger", *ratio_cells(taken[1], taken[2]))


def memberships(table, others):
    """The templates that show the rows of all of a caller's tenants, of which a table of members tells."""
    psql(DATABASE, "-c", "SELECT tenancy.use_members('member', 'user_id', 'tenant_id')")
    listed = value("string_agg(tenant_id::text, ',') FROM member")
    claims = caller(sub=value("md5('member of ten')::uuid"))
    for what, name, column, bound, of in [
            ("tenant_root, 10 tenants", "tenant", "id", (1.05, 1.15), "100,000 tenants"),
            ("any_tenant, 10 tenants", "of_any", "tenant_id", (1.05, None), "a million rows")]:
        pair = Pair(what, total(name, f"{column} = ANY ('{{{listed}}}')"), total(name), claims)
        pair.by_index(table, 1000, bound[0])
        pair.in_one_session(table, f"a sequential scan of {of}", NO_INDEX, bound[1])
        pair.shapes(others, name)


def measure(table, others):
    say("building the templates' tables")
    build()
    columns(table, others)
    conditions(table)
    parents(table, others)
    updates(table)
    memberships(table, others)
    # What follows makes app anew in another database, and it must be bound for that.
    psql(DATABASE, "-c", "REVOKE unbound FROM app")

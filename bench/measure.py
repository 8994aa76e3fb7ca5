"""What the parts of bench/run share: taking turns, the table, and the clients."""

import json
import os
import re
import statistics
import subprocess
import sys
import time

from client import Connection

HALF = "00000000-0000-4000-8000-000000000050"
ONE_PERCENT = "00000000-0000-4000-8000-000000000001"
ONE_IN_10000 = "00000000-0000-4000-8000-000000000100"
CALLER = "-c role=authenticated"
SERIAL_SCAN = (f"{CALLER} -c max_parallel_workers_per_gather=0 -c enable_indexscan=off"
               " -c enable_indexonlyscan=off -c enable_bitmapscan=off")


class Table:
    def __init__(self, *columns):
        self.lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        self.notes = []

    def row(self, *cells):
        self.lines.append(f"| {' | '.join(cells)} |")
        say(self.lines[-1])


def say(text):
    print(text, file=sys.stderr, flush=True)


def claims(tenant, size=0):
    """Claims of this tenant, filled up to a size as providers do with profiles and lists of groups."""
    known = {"tenant_id": tenant}
    if size:
        known |= {"sub": "user", "groups": []}
        while len(compact(known)) < size:
            known["groups"].append(f"group-{len(known['groups']):04}")
    return compact(known)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def speak_for(connection, text):
    connection.rows(f"SELECT set_config('request.jwt.claims', '{text}', false)")


def take_turns(rounds, *sides):
    """What each side gives, round by round; the order of sides changes with the round."""
    taken = [[] for _ in sides]
    for turn in range(rounds):
        order = list(enumerate(sides))
        for at, side in order[::-1] if turn % 2 else order:
            taken[at].append(side())
    return taken


def ratio_cells(base, ours, unit=" ms", scale=1000, bound=None, at_least=False):
    """hand-written, ours, ratio with quartiles, bound, verdict."""
    ratios = [b / a for a, b in zip(base, ours)]
    middle = statistics.median(ratios)
    figures = [f"{statistics.median(side) * scale:,.{0 if scale == 1 else 2}f}{unit}" for side in (base, ours)]
    return [*figures, spread(ratios),
            f"{'at least' if at_least else 'at most'} {bound:.2f}" if bound else "",
            verdict(middle >= bound if at_least else middle <= bound) if bound else ""]


def spread(values, unit=""):
    """The median, and in brackets the quartiles."""
    middle = statistics.median(values)
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (middle,) * 3
    return f"{middle:,.2f}{unit} ({low:,.2f} to {high:,.2f})"


def verdict(holds):
    return "yes" if holds else "**no**"


def psql(database, *arguments):
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, *arguments], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def pgbench(database, script, protocol, transactions, options=""):
    """Transactions per second of one client. Turns are short, so that what disturbs them disturbs both sides."""
    done = subprocess.run(["pgbench", "-n", "-c", "1", "-t", str(transactions), "-M", protocol, "-U", "app", "-f", "-",
                           database], input=script, text=True, check=True, capture_output=True,
                          env=os.environ | {"PGOPTIONS": options})
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


def one_row(settings, query):
    """A short transaction: one round trip for the caller, one row by its key."""
    return f"\\set id 2 * random(1, 1000000)\nBEGIN;\nSELECT {settings};\n{query};\nCOMMIT;\n"


def new_connection(database, sql, **options):
    """Gives a side for take_turns: the seconds that a connection and these statements take."""
    def run():
        start = time.perf_counter()
        with Connection(database, **options) as connection:
            connection.rows(sql)
            return time.perf_counter() - start
    return run


def nodes(plan):
    """The nodes that make the rows, top down; what is evaluated once per statement is no part of the shape."""
    yield plan
    for child in plan.get("Plans", ()):
        if child["Parent Relationship"] not in ("InitPlan", "SubPlan"):
            yield from nodes(child)

"""What an audit of 5,000 tables takes their owner."""

import statistics
from pathlib import Path

from client import Connection
from measure import psql, say, verdict

TABLES = Path(__file__).resolve().parent / "audit.sql"


def measure(table):
    say("making 5,000 tables to audit")
    psql("postgres", "-c", "CREATE DATABASE audit")
    psql("audit", "-f", TABLES)
    with Connection("audit", user="audit_owner") as owner:
        count = owner.value("SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'app\\_%' AND relkind = 'r'")
        found = owner.value("SELECT count(*) FROM tenancy.audit()")
        seconds = [owner.seconds("SELECT count(*) FROM tenancy.audit()") for _ in range(5)]
        for rule in owner.value("SELECT array_to_string(tenancy.audit_rules(), ',')").split(","):
            sql = f"SELECT count(*) FROM tenancy.make_audit_scope(NULL) s, tenancy.audit_{rule}(s)"
            table.notes.append(f"audit of {count} tables, rule {rule}, with its scope: {owner.seconds(sql):.2f} s")
    middle = statistics.median(seconds)
    table.row(f"tenancy.audit() of {int(count):,} tables by their owner, {int(found):,} findings", "",
              f"{middle:.2f} s ({min(seconds):.2f} to {max(seconds):.2f})", "", "under 5 s", verdict(middle < 5))

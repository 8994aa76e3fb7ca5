#!/usr/bin/env python3
"""Runs a command beside a scratch Postgres server, which goes away with it.

    server.py run PG_CONFIG [-c NAME=VALUE]… [--] COMMAND…

The command gets PGHOST, PGPORT, PGUSER and PGDATABASE, PGDATA, PG_CONFIG and PG_MAJOR, PG_AS (what
to put before a server program such as pg_ctl, empty unless run as root), and a PATH with the
server's programs, completed by the default version's where it lacks one (psql, say).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import build
import postgres
from common import Unavailable, clean_environment, main, output

# Nothing here outlives the command, so that nothing needs to reach the disk.
SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "shared_buffers": "64MB", "max_connections": "60", "max_prepared_transactions": "10",
    "jit": "off", "log_line_prefix": "%m [%p] %a ", "timezone": "UTC", "lc_messages": "C",
}


def as_server():
    """Postgres refuses to run as root; nobody is on every machine, so no user has to be made."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@contextlib.contextmanager
def scratch(pg_config, settings=()):
    """A running server; gives the environment for its clients."""
    pg_config = Path(shutil.which(pg_config) or pg_config).absolute()
    programs = postgres.bindir(pg_config)
    # Not TMPDIR: it may be private to the caller, and a socket's path is limited to 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg_tenancy.", dir="/tmp"))
    data, log = folder / "data", folder / "log"
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    environment = clean_environment() | postgres.library_path(pg_config)

    def server(program, *arguments):
        done = subprocess.run([*as_server(), programs / program, *arguments], cwd=folder,
                              env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            told = log.read_text() if log.exists() else ""
            hint = f"\n(it runs as nobody, who must be able to read {programs})" * bool(as_server())
            raise Unavailable(f"{program} failed:\n{done.stdout}{told}{hint}")

    try:
        server("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync",
               "--encoding=UTF8", "--locale=C.UTF-8")
        wanted = SETTINGS | {"unix_socket_directories": folder} | dict(settings)
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in wanted.items())
        server("pg_ctl", "start", "-w", "-D", data, "-l", log)
        path = [str(programs)]
        if not all((programs / program).exists() for program in ("psql", "pg_dump", "pgbench")):
            path.append(str(postgres.bindir(postgres.pg_config())))
        yield environment | {
            "PGHOST": str(folder), "PGPORT": "5432", "PGUSER": "postgres",
            "PGDATABASE": "postgres", "PGDATA": str(data), "PG_CONFIG": str(pg_config),
            "PG_MAJOR": build.major(pg_config), "PG_AS": " ".join(as_server()),
            "PATH": os.pathsep.join([*path, environment["PATH"]]),
        }
    finally:
        if (data / "postmaster.pid").exists():
            subprocess.run([*as_server(), programs / "pg_ctl", "stop", "-w", "-m", "immediate",
                            "-D", data], cwd=folder, env=environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def stop_politely():
    """A termination becomes an exit, which runs the clean-up above."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))


def command_line(pg_config, *arguments):
    arguments, settings = list(arguments), []
    while arguments and arguments[0] == "-c":
        settings.append(arguments[1].split("=", 1))
        del arguments[:2]
    if arguments and arguments[0] == "--":
        del arguments[0]
    stop_politely()
    with scratch(pg_config, settings) as environment:
        return subprocess.run(arguments, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main({"run": command_line}))

"""What every tool here shares: the cache folder, messages, and running a command."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
RECIPES = tomllib.loads((REPO / "pgrx.toml").read_text())


class Unavailable(Exception):
    """Something cannot be had on this machine; the message is one line that says why."""


def cache():
    """The folder where everything fetched is kept. Postgres refuses to run as root, so root's
    default is a place that the unprivileged user running the server can read."""
    named = os.environ.get("PG_TENANCY_CACHE")
    if named:
        folder = Path(named).resolve()
    elif os.geteuid() == 0:
        folder = Path("/var/cache/pg_tenancy")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        folder = Path(home) / "pg_tenancy"
    os.umask(0o022)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say(message):
    print(f"pg_tenancy: {message}", file=sys.stderr, flush=True)


def run(command, log, **options):
    """Runs a command with its output in a log, of which the end is shown only when it fails."""
    log = cache() / "log" / f"{log}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as out:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, **options)
        except OSError as error:
            raise Unavailable(f"{command[0]}: {error.strerror}") from None
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{Path(str(command[0])).name} did not end within "
                              f"{error.timeout} seconds (its output: {log})") from None
    if done.returncode:
        print("".join(log.read_text(errors="replace").splitlines(True)[-20:]), file=sys.stderr)
        raise Unavailable(f"{Path(str(command[0])).name} failed (all of its output: {log})")


def output(*command, **options):
    try:
        return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, **options).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"{command[0]} does not run: {error}") from None


@contextlib.contextmanager
def only_one():
    """Two runs at the same time must not unpack into the same place."""
    with (cache() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run that is using the cache")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def made_whole(final):
    """Gives a new folder that takes its final place only once it is complete."""
    final.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        fresh.chmod(0o755)
        yield fresh
        shutil.rmtree(final, ignore_errors=True)
        fresh.rename(final)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def clean_environment():
    """The caller's environment less whatever would make libpq or psql behave otherwise."""
    kept = {k: v for k, v in os.environ.items() if not re.fullmatch(r"PG[A-Z0-9]+", k)}
    return kept | {"PSQLRC": "/dev/null", "LC_ALL": "C.UTF-8"}


def main(commands):
    """Dispatches `tool COMMAND ARGUMENTS…`, and turns what went wrong into one line."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name not in commands:
        sys.exit(f"usage: {Path(sys.argv[0]).name} {'|'.join(commands)} …")
    try:
        sys.exit(commands[name](*arguments))
    except Unavailable as reason:
        sys.exit(f"pg_tenancy: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)

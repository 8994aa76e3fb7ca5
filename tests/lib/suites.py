"""The suites that need a server. Each takes its title, the server, the pattern of the tests that
are wanted, whether to accept what differs, and the tally."""

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import postgres
import server
from common import REPO, Unavailable, output, say

TESTS = REPO / "tests"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or REPO / "target").absolute()
PORTABLE = TARGET / "pg_tenancy--portable.sql"
# The exit status by which a script says that it cannot run here.
SKIPPED = 77
SCRIPT_SECONDS = 600


def wanted_tests(folder, ending, pattern):
    return sorted(p.stem for p in folder.glob(f"*{ending}") if fnmatch(p.stem, pattern))


def psql(environment, *arguments):
    """psql of the default version, so that its output is the same with every server."""
    program = postgres.bindir(postgres.pg_config()) / "psql"
    done = subprocess.run([program, "-X", "-q", "-v", "ON_ERROR_STOP=1", *arguments],
                          env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Unavailable(f"the database could not be prepared:\n{done.stdout}")


def prepare(environment, database, install):
    psql(environment, "-c", f"CREATE DATABASE {database}")
    environment |= {"PGDATABASE": database, "REPO": str(REPO)}
    psql(environment, *install)
    helpers = TESTS / "pg_regress/prepare.sql"
    if helpers.exists():
        psql(environment, "-f", helpers)
    return environment


def native(title, pg_config, pattern, accept, tally):
    tests = wanted_tests(TESTS / "pg_regress/sql", ".sql", pattern)
    sql_tests(title, pg_config, tests, "native", ("-c", "CREATE EXTENSION pg_tenancy"), accept,
              tally)


def portable(title, pg_config, pattern, accept, tally):
    folder = TESTS / "pg_regress/sql"
    tests = [test for test in wanted_tests(folder, ".sql", pattern)
             if not left_out((folder / f"{test}.sql").read_text(), pg_config)]
    if tests and portable_sql():
        sql_tests(title, pg_config, tests, "portable", ("-1", "-f", PORTABLE), accept, tally)


def left_out(sql, pg_config):
    # What takes minutes where each claim is parsed in SQL, and is the same SQL on every version, is tried on one of them.
    elsewhere = Path(pg_config) != postgres.pg_config() and ("test.build(" in sql or "test.findings(" in sql)
    return elsewhere or sql.startswith("-- native only")


def portable_sql():
    maker = REPO / "tools/portable"
    if not maker.exists():
        return None
    # (Another version's tests may be reading it.)
    PORTABLE.parent.mkdir(parents=True, exist_ok=True)
    half = PORTABLE.with_suffix(f".{os.getpid()}")
    half.write_text(output(maker) + "\n")
    half.replace(PORTABLE)
    return PORTABLE


def sql_tests(title, pg_config, tests, name, install, accept, tally):
    if tests:
        with server.scratch(pg_config) as environment:
            environment = prepare(environment, f"regress_{name}", install)
            regress("regress/pg_regress", title, environment, TESTS / "pg_regress", tests, name,
                    accept, tally)


def isolation(title, pg_config, pattern, accept, tally):
    tests = wanted_tests(TESTS / "isolation/specs", ".spec", pattern)
    if tests:
        with server.scratch(pg_config) as environment:
            environment = prepare(environment, "regress_isolation",
                                  ("-c", "CREATE EXTENSION pg_tenancy"))
            regress("isolation/pg_isolation_regress", title, environment, TESTS / "isolation",
                    tests, "isolation", accept, tally)


def regress(program, title, environment, folder, tests, name, accept, tally):
    default = postgres.pg_config()
    results = TARGET / "tests" / f"pg{environment['PG_MAJOR']}" / name
    shutil.rmtree(results, ignore_errors=True)
    (results / "expected").mkdir(parents=True)
    for expected in (folder / "expected").glob("*.out"):
        shutil.copy(expected, results / "expected")
    # pg_regress gives up altogether at a test without an expected output; compared with this it is
    # a failure that shows what there is.
    for test in tests:
        expected = results / "expected" / f"{test}.out"
        if not expected.exists():
            expected.write_text("(no expected output yet)\n")
    program = Path(output(default, "--pgxs")).parents[1] / "test" / program
    done = subprocess.run(
        [program, "--use-existing", f"--dbname={environment['PGDATABASE']}",
         f"--bindir={postgres.bindir(default)}", f"--inputdir={folder}",
         f"--expecteddir={results}", f"--outputdir={results}",
         f"--dlpath={output(environment['PG_CONFIG'], '--pkglibdir')}", *tests],
        env=environment, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    verdicts = dict(reversed(v) for v in
                    re.findall(r"^(ok|not ok) +\d+ +[-+] (\S+)", done.stdout, re.M))
    failed = [test for test in tests if verdicts.get(test) != "ok"]
    if failed:
        show_differences(results, done.stdout, verdicts)
    if accept:
        for test in failed:
            shutil.copy(results / "results" / f"{test}.out", folder / "expected")
            say(f"accepted: {folder / 'expected' / test}.out")
    for test in failed:
        tally.failed_test(f"{title}/{test}")
    tally.add(title, len(tests) - len(failed), len(failed))


def show_differences(results, printed, verdicts):
    differences = results / "regression.diffs"
    if not verdicts or not differences.exists():
        print(printed)
        return
    lines = differences.read_text(errors="replace").splitlines()
    print("\n".join(lines[:100]))
    if len(lines) > 100:
        print(f"… {len(lines) - 100} more lines: {differences}")


def scripts(folder):
    """A suite of scripts, each with a server of its own, that say by their exit status how it went."""
    def suite(title, pg_config, pattern, _accept, tally):
        found = [p for p in sorted((TESTS / folder).glob("*.sh"))
                 if os.access(p, os.X_OK) and fnmatch(p.stem, pattern)]
        if not found:
            return
        passed = failed = 0
        for script in found:
            with server.scratch(pg_config) as environment:
                environment |= {"REPO": str(REPO), "PORTABLE_SQL": str(portable_sql() or "")}
                status, told = run_script(script, environment)
            if status == SKIPPED:
                tally.skip(f"{title}/{script.stem}", (told.splitlines() or ["?"])[-1])
            elif status:
                print(f"{script.name} ended with {status}:\n{told}")
                tally.failed_test(f"{title}/{script.stem}")
                failed += 1
            else:
                passed += 1
        tally.add(title, passed, failed)
    return suite


def run_script(script, environment):
    # Its output goes through a file: a server that it leaves running would keep a pipe open.
    log = TARGET / "tests" / f"pg{environment['PG_MAJOR']}" / f"{script.stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen([script], cwd=REPO, env=environment, stdout=out,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            status = process.wait(SCRIPT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = f"no end within {SCRIPT_SECONDS} seconds"
    return status, log.read_text(errors="replace").rstrip()


SUITES = {
    "native": native,
    "portable": portable,
    "isolation": isolation,
    "lifecycle": scripts("lifecycle"),
    "clients": scripts("clients"),
}

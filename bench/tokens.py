"""What a token costs, as against claims that are believed.

First verification. Hand-written here is bench/verify: jsonwebtoken on aws-lc-rs, which the extension has its
signatures checked by too, in a plain Rust loop over the same tokens, its key decoded once. The other side is auth.login() of tokens that the backend has
never seen, inside the server: a loop in PL/pgSQL over an array of them, less the same loop around a function that does
nothing. Both sides are a fresh process each round, and have verified one token before the clock starts. So auth.login()
pays for all that it does: finding the issuer in the snapshot, the signature, the claims, the two parameters and the
database role. The same loops tell what the same token costs again.
"""

import functools
import os
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from client import Connection, Error
from measure import (HALF, ONE_PERCENT, SERIAL_SCAN, claims, compact, new_connection, one_row, pgbench, psql,
                     ratio_cells, say, spread, take_turns, verdict)

REPO = Path(__file__).resolve().parent.parent
sys.path.append(str(REPO / "tests/lib"))
import signers

ISSUER, AUDIENCE = "https://issuer.example", "bench"
KEYS = {"EdDSA": "ed1", "ES256": "es256", "ES384": "es384"} | {algorithm: "rsa1" for algorithm in signers.Rsa.ALGS}
FRESH = 200
ROUNDS = 31
NOW = int(time.time())

NO_CALL = """CREATE FUNCTION no_call(token text, tenant text DEFAULT NULL) RETURNS integer
    LANGUAGE internal VOLATILE AS 'pg_backend_pid'"""
LOOP = """CREATE FUNCTION seconds_of_{name}(tokens text[], times integer) RETURNS float8
    LANGUAGE plpgsql AS $$
    DECLARE
        began CONSTANT timestamptz := clock_timestamp();
        token text;
        nothing boolean;
    BEGIN
        FOR i IN 1..times LOOP
            FOREACH token IN ARRAY tokens LOOP
                nothing := {call}(token) IS NULL;
            END LOOP;
        END LOOP;
        RETURN extract(epoch FROM clock_timestamp() - began);
    END $$"""

signer = functools.cache(signers.key)


def loop_over(function):
    return LOOP.format(call=function, name=function.removeprefix("auth."))


def jwk(algorithm):
    return signer(KEYS[algorithm]).jwk() | {"kid": KEYS[algorithm], "alg": algorithm, "use": "sig"}


def payload(caller, tenant):
    """The claims of a token much like those of identity providers. jti is a number that grows for pg_session_jwt."""
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": f"{caller:08}-0000-4000-8000-000000000000", "jti": caller,
            "email": f"caller{caller}@example.org", "role": "authenticated", "tenant_id": tenant,
            "iat": NOW, "exp": NOW + 86400}


def sign(algorithm, caller, tenant=HALF):
    parts = {"alg": algorithm, "kid": KEYS[algorithm], "typ": "JWT"}, payload(caller, tenant)
    signed = ".".join(signers.base64url(compact(part).encode()) for part in parts)
    return f"{signed}.{signers.base64url(signer(KEYS[algorithm]).sign(signed.encode(), algorithm))}"


def built():
    """The program bench/verify."""
    package, target = REPO / "bench/verify", Path(os.environ.get("CARGO_TARGET_DIR") or REPO / "target")
    here, there = ({crate["name"]: crate["version"] for crate in tomllib.loads(lock.read_text())["package"]}
                   for lock in (package / "Cargo.lock", REPO / "Cargo.lock"))
    if other := [name for name in sorted(here.keys() & there.keys()) if here[name] != there[name]]:
        say(f"bench/verify: the extension has other versions of these crates: {other}")
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", target], check=True,
                   cwd=package)
    return target / "release/verify"


def in_rust(program, algorithm, tokens):
    """Seconds per token in the plain loop."""
    lines = "\n".join([compact({"keys": [jwk(algorithm)]}), *tokens])
    done = subprocess.run([program, ISSUER, AUDIENCE], input=lines, text=True, check=True, stdout=subprocess.PIPE)
    return float(done.stdout) / 1e9


def in_server(name, tokens, times=1, database="bench", options="", before="BEGIN"):
    """Seconds per call in a fresh backend, which has made one with the first token before the clock starts."""
    def seconds_of(call, tokens, times):
        return float(backend.value(f"SELECT seconds_of_{call}('{{{','.join(tokens)}}}', {times})"))

    with Connection(database, "app", options) as backend:
        backend.rows(before)
        for call in ("no_call", name):
            seconds_of(call, tokens[:1], 1)
        empty, whole = (seconds_of(call, tokens[1:], times) for call in ("no_call", name))
    return (whole - empty) / (len(tokens) - 1) / times


def accept(connection, algorithm):
    """One issuer, with one key, and no dead rows beside it, for autovacuum is off."""
    connection.rows("SELECT tenancy.drop_issuer(iss) FROM tenancy.issuer")
    connection.rows(f"SELECT tenancy.add_issuer('{ISSUER}', '{compact(jwk(algorithm))}', '{{{AUDIENCE}}}')")
    connection.rows("VACUUM tenancy.issuer")


def first_verification(table, program, tokens):
    """The bound: 1.5 times the plain loop plus 10 microseconds."""
    with Connection("bench") as owner:
        for algorithm in KEYS:
            accept(owner, algorithm)
            fresh = tokens(algorithm)
            taken = take_turns(ROUNDS, lambda: in_rust(program, algorithm, fresh), lambda: in_server("login", fresh))
            over = statistics.median(ours - 1.5 * plain for plain, ours in zip(*taken)) * 1e6
            cells = ratio_cells(*taken, unit=" µs", scale=1e6)[:3]
            table.row(f"first auth.login() of a token, {algorithm}, {len(fresh[0])} bytes; hand-written: in plain Rust",
                      *cells, "at most 1.5 times + 10 µs", verdict(over <= 10))


def same_again(table, tokens):
    for callers, what in [(1, "the same token again in the same backend"),
                          (32, "the same, the tokens of 32 callers in turn")]:
        taken, = take_turns(ROUNDS, lambda: in_server("login", tokens[:1] + tokens[:callers], 4096 // callers))
        micros = [seconds * 1e6 for seconds in taken]
        table.row(what, "", spread(micros, " µs"), "", "at most 5 µs", verdict(statistics.median(micros) <= 5))


def scan(table):
    """In one transaction: hand-written, as the caller of a token, and as the caller of claims."""
    plain = f"SELECT count(*) FROM plain_uuid WHERE tenant_id = '{ONE_PERCENT}'"
    with Connection("bench", options=SERIAL_SCAN) as caller:
        def seconds(speak, sql="SELECT count(*) FROM docs_uuid"):
            caller.rows(f"SELECT {speak}")
            return caller.seconds(sql)

        login, claim = f"auth.login('{sign('EdDSA', 1, ONE_PERCENT)}')", f"auth.set_claims('{claims(ONE_PERCENT)}')"
        caller.rows(f"BEGIN; SELECT {login}")
        assert caller.rows(plain) == caller.rows("SELECT count(*) FROM docs_uuid"), "the two sides see different rows"
        by_hand, claimed, logged_in = take_turns(
            ROUNDS, lambda: seconds(login, plain), lambda: seconds(claim), lambda: seconds(login))
    name = "sequential scan of 2 million rows, uuid, 1 % of the rows, after auth.login()"
    table.row(name, *ratio_cells(by_hand, logged_in, bound=1.15))
    table.row("the same; in the place of hand-written SQL, after auth.set_claims()", *ratio_cells(claimed, logged_in))


def transactions(table):
    """auth.login() against set_config() of the same claims and the role, each the first statement."""
    by_hand = (f"set_config('role', 'authenticated', true),"
               f" set_config('request.jwt.claims', '{compact(payload(1, HALF))}', true)")
    query = f"SELECT * FROM plain_uuid WHERE id = :id AND tenant_id = '{HALF}'"
    scripts = {"bare": one_row(by_hand, query),
               "bench": one_row(f"auth.login('{sign('EdDSA', 1)}')", "SELECT * FROM docs_uuid WHERE id = :id")}
    for protocol in ("prepared", "simple"):
        taken = take_turns(ROUNDS, *(lambda d=database, s=script: pgbench(d, s, protocol, 6000)
                                     for database, script in scripts.items()))
        table.row(f"short transactions per second, auth.login() first, {protocol} protocol",
                  *ratio_cells(*taken, unit="", scale=1))


def first_login(table):
    login = f"BEGIN; SELECT auth.login('{sign('EdDSA', 1)}')"
    taken = take_turns(201, new_connection("bare", "BEGIN; SELECT 1", user="app"),
                       new_connection("bench", login, user="app"))
    more = statistics.median(ours - bare for bare, ours in zip(*taken)) * 1000
    table.row("a new connection and its first auth.login()",
              *(f"{statistics.median(side) * 1000:.2f} ms" for side in taken), f"{more:+.2f} ms", "", "")


def pg_session_jwt(table, program, tokens):
    """In a database of its own; a key is for a whole session there, and is given when that begins."""
    name = "the same of EdDSA with pg_session_jwt: auth.jwt_session_init()"
    with Connection("postgres") as owner:
        if not owner.rows("SELECT FROM pg_available_extensions WHERE name = 'pg_session_jwt'"):
            return table.row(name, "", "not installed here", "", "", "")
    psql("postgres", "-c", "CREATE DATABASE session_jwt")
    psql("session_jwt", "-c", "CREATE EXTENSION pg_session_jwt", "-c", "GRANT USAGE ON SCHEMA auth TO PUBLIC",
         "-c", NO_CALL, "-c", loop_over("no_call"), "-c", loop_over("auth.jwt_session_init"))
    options = f"-c pg_session_jwt.jwk={compact(jwk('EdDSA'))}"
    try:
        taken = take_turns(ROUNDS, lambda: in_rust(program, "EdDSA", tokens), lambda: in_server(
            "jwt_session_init", tokens, 1, "session_jwt", options, "SELECT auth.init()"))
        table.row(name, *ratio_cells(*taken, unit=" µs", scale=1e6))
    except Error as refused:
        table.row(name, "", f"not measured: {refused}", "", "", "")


def measure(table):
    """All of it, in the databases that bench/run has built. They are left in mode verified."""
    @functools.cache
    def tokens(algorithm):
        return [sign(algorithm, caller) for caller in range(1, FRESH + 2)]

    program = built()
    psql("bench", "-c", NO_CALL, "-c", loop_over("no_call"), "-c", loop_over("auth.login"))
    with Connection("bench") as owner:
        accept(owner, "EdDSA")
        scan(table)
        owner.rows("SELECT tenancy.configure('mode', 'verified')")
        first_verification(table, program, tokens)
        pg_session_jwt(table, program, tokens("EdDSA"))
        accept(owner, "EdDSA")
    same_again(table, tokens("EdDSA"))
    transactions(table)
    first_login(table)

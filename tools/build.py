#!/usr/bin/env python3
"""Builds the extension, and has what that needs: cargo-pgrx and libclang.

    build.py setup                 gets both into the cache
    build.py install [PG_CONFIG]   a release build, installed into that server (default: the default)
    build.py cargo ARGUMENTS…      cargo with the environment that a pgrx build needs
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import packages
import postgres
from common import RECIPES, REPO, Unavailable, cache, made_whole, main, only_one, output, run, say


def pgrx_version():
    # cargo-pgrx and the crate must be of the same version, so that only Cargo.toml names it.
    pgrx = tomllib.loads((REPO / "Cargo.toml").read_text())["dependencies"]["pgrx"]
    return (pgrx["version"] if isinstance(pgrx, dict) else pgrx).lstrip("=")


def cargo_pgrx():
    """The folder of a cargo-pgrx of the right version."""
    version = pgrx_version()
    on_path = shutil.which("cargo-pgrx")
    if on_path and version in output(on_path, "pgrx", "--version").split():
        return Path(on_path).parent
    root = cache() / f"cargo-pgrx-{version}"
    with only_one():
        if not (root / "bin/cargo-pgrx").exists():
            say(f"building cargo-pgrx {version}, once (about four minutes on two cores)")
            environment = {k: v for k, v in os.environ.items() if k != "CARGO_TARGET_DIR"}
            # Its default features want OpenSSL's headers, for downloads that are not needed here.
            run(["cargo", "install", "--locked", "--no-default-features",
                 f"cargo-pgrx@{version}", "--root", root],
                "cargo-pgrx", env=environment)
    return root / "bin"


def libclang():
    """What makes bindgen work without an installed clang: the library, and the compiler's own
    headers, which a clang would bring along."""
    if "LIBCLANG_PATH" in os.environ:
        return {}
    recipe = RECIPES["libclang"]
    tree = cache() / recipe["pip"].replace("==", "-")
    with only_one():
        if not tree.exists():
            say("getting libclang")
            with made_whole(tree) as folder:
                packages.pip(recipe["pip"], folder)
    compiler = next(filter(shutil.which, ["cc", "gcc", "clang"]), None)
    if compiler is None:
        raise Unavailable("there is no C compiler (cc); on Debian: apt-get install gcc libc6-dev")
    headers = output(compiler, "-print-file-name=include")
    return {"LIBCLANG_PATH": str(tree / recipe["library"]),
            "BINDGEN_EXTRA_CLANG_ARGS": f"-isystem {headers}"}


def environment():
    path = f"{cargo_pgrx()}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "PGRX_HOME": str(cache() / "pgrx"), "PGRX_IGNORE_RUST_VERSIONS": "1"}
    (cache() / "pgrx").mkdir(exist_ok=True)
    return os.environ | own | libclang()


def major(pg_config):
    version = output(pg_config, "--version")
    found = re.match(r"PostgreSQL (\d+)", version)
    if not found:
        raise Unavailable(f"{pg_config} says it is of version {version!r}")
    return found[1]


def features(pg_config):
    return ["--no-default-features", "--features", f"pg{major(pg_config)}"]


def install(pg_config=None):
    pg_config = Path(shutil.which(pg_config or postgres.pg_config()) or pg_config).absolute()
    for option, inside in [("--pkglibdir", ""), ("--sharedir", "extension")]:
        folder = Path(output(pg_config, option)) / inside
        if not os.access(folder, os.W_OK):
            raise Unavailable(f"{folder} is not writable for you: run this as its owner")
    version = major(pg_config)
    say(f"building for Postgres {version} (the first time takes a few minutes)")
    done = subprocess.run(
        ["cargo", "pgrx", "install", "--release", *features(pg_config), "--pg-config", pg_config],
        cwd=REPO, env=environment() | {"CARGO_TERM_QUIET": "true"}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise Unavailable(f"the build for Postgres {version} failed")
    say(f"installed into the Postgres of {pg_config}")


def cargo(*arguments):
    postgres.pg_config()  # whose headers the crate of the server's bindings reads, and where they are
    return subprocess.run(["cargo", *arguments], cwd=REPO, env=environment()).returncode


def setup():
    environment()


if __name__ == "__main__":
    sys.exit(main({"setup": setup, "install": install, "cargo": cargo}))

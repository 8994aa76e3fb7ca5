#!/usr/bin/env python3
"""Gets each Postgres version of pgrx.toml into the cache, and tells where it is.

    postgres.py setup [VERSION…]      all of them unless named; a version not to be had is told
    postgres.py pg-config [VERSION]   prints the path of its pg_config, getting it first if need be
"""

import json
import os
import sys
from pathlib import Path

import packages
from common import RECIPES, Unavailable, cache, made_whole, main, only_one, output, say

VERSIONS = list(RECIPES["postgres"])
DEFAULT = VERSIONS[0]


def pg_config(version=DEFAULT):
    """The pg_config of a version, which is fetched the first time."""
    recipe = RECIPES["postgres"].get(version)
    if recipe is None:
        raise Unavailable(f"Postgres {version} is not in pgrx.toml ({', '.join(VERSIONS)} are)")
    tree = cache() / "postgres" / version
    path = tree / recipe.get("pg_config", "pg_config")
    with only_one():
        # A recipe that has changed since makes the tree anew.
        made_from = json.dumps(recipe)
        note = tree / "made-from"
        if not note.exists() or note.read_text() != made_from:
            say(f"getting Postgres {version}")
            with made_whole(tree) as folder:
                fetch(recipe, folder)
                (folder / "made-from").write_text(made_from)
                moved = folder / path.relative_to(tree)
                say(f"Postgres {version} is {output(moved, '--version')}")
            write_cargo_pgrx_config()
    return path


def fetch(recipe, folder):
    if "pip" in recipe:
        packages.pip(recipe["pip"], folder)
    if "npm" in recipe:
        packages.npm(recipe["npm"], folder)
        packages.links(folder / recipe["server"] / "pg-symlinks.json",
                       (folder / recipe["server"]).parent)
    if "debian" in recipe:
        packages.debian(recipe["debian"], folder, recipe["suite"], recipe.get("needs", ()))
    if "headers" in recipe:
        write_pg_config(recipe, folder)
    # Without LLVM beside it JIT could only fail, and it would do so in the middle of a query.
    for jit in folder.glob("**/llvmjit.so"):
        jit.unlink()


def write_pg_config(recipe, folder):
    """A pg_config for a server and headers that come from different packages. It finds them from
    its own place, so that the tree can be moved."""
    server = recipe["server"]
    answers = {
        "--bindir": f"{server}/bin",
        "--libdir": f"{server}/lib",
        "--pkglibdir": f"{server}/lib/postgresql",
        "--sharedir": f"{server}/share/postgresql",
        "--includedir-server": recipe["headers"],
    }
    cases = "".join(f'    {option}) echo "$here/{path}" ;;\n' for option, path in answers.items())
    script = folder / "pg_config"
    script.write_text(
        "#!/bin/sh\n"
        'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)\n'
        'case "$1" in\n'
        f"{cases}"
        f'    --version) echo "PostgreSQL $("$here/{server}/bin/postgres" --version'
        " | sed 's/.* //')\" ;;\n"
        "    --cppflags) echo -D_GNU_SOURCE ;;\n"
        '    *) echo "pg_config: this small one has no $1" >&2; exit 1 ;;\n'
        "esac\n")
    script.chmod(0o755)


def write_cargo_pgrx_config():
    home = cache() / "pgrx"
    home.mkdir(exist_ok=True)
    lines = ["[configs]"]
    for version in VERSIONS:
        path = cache() / "postgres" / version / RECIPES["postgres"][version].get("pg_config",
                                                                                 "pg_config")
        if path.exists():
            lines.append(f'pg{version} = "{path}"')
    (home / "config.toml").write_text("\n".join(lines) + "\n")


def bindir(path):
    return Path(output(path, "--bindir"))


def library_path(path):
    """Debian's binaries look for shared libraries in the machine's folders only; those that the
    machine lacked lie in the tree."""
    libdir = Path(output(path, "--libdir"))
    ours = libdir.is_relative_to(cache()) and libdir.parent.parts[-2:] == ("usr", "lib")
    return {"LD_LIBRARY_PATH": str(libdir)} if ours else {}


def setup(*versions):
    missing = 0
    for version in versions or VERSIONS:
        try:
            pg_config(version)
        except Unavailable as reason:
            say(f"Postgres {version} is skipped: {reason}")
            missing += 1
    return 1 if missing and (versions or not (cache() / "postgres" / DEFAULT).exists()) else 0


def print_pg_config(version=DEFAULT):
    print(pg_config(version))


if __name__ == "__main__":
    os.environ.pop("LD_LIBRARY_PATH", None)
    sys.exit(main({"setup": setup, "pg-config": print_pg_config}))

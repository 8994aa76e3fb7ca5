#!/usr/bin/env python3
"""Gets packages from PyPI, npm and Debian into a folder, without root and without installing
anything on the machine.

    packages.py debian PACKAGE…   unpacks the packages, with the shared libraries that the machine
                                  lacks, and prints the folder and the one of the libraries
    packages.py node PROJECT      unpacks what the package-lock.json in a folder lists, and prints
                                  Node's program and the folder node_modules
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from common import RECIPES, Unavailable, cache, made_whole, main, only_one, output, run, say

# What the projects of tests/clients run on: Debian 12 has 18, which is out of support.
NODE_OLDEST = 20
# Enough for a slow mirror; a registry that does not answer must not keep the tests waiting.
NPM_SECONDS = 100
ARCHIVE_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def pip(package, into):
    """Unpacks a wheel. `pip install --target` keeps the modes of the files, as unzip would not."""
    run([*pip_command(), "install", "--quiet", "--no-deps", "--no-compile", "--only-binary=:all:",
         "--disable-pip-version-check", "--no-warn-script-location", "--target", into, package],
        "pip")


def pip_command():
    # Debian's python3 comes without pip, but a wheel of pip runs as it is.
    for python in [sys.executable, "/usr/bin/python3"]:
        try:
            output(python, "-m", "pip", "--version", stderr=subprocess.DEVNULL)
            return [python, "-m", "pip"]
        except Unavailable:
            continue
    unpacked = cache() / "pip"
    if not unpacked.exists():
        with made_whole(unpacked) as folder:
            debian(["python3-pip-whl"], folder)
    wheel = next(unpacked.glob("usr/share/python-wheels/pip-*.whl"))
    return [sys.executable, f"{wheel}/pip"]


def npm(package, into):
    run([*npm_command(), "pack", "--loglevel=error", "--pack-destination", into, package],
        "npm", cwd=into)
    archive = next(into.glob("*.tgz"))
    run(["tar", "-xzf", archive, "-C", into], "tar")
    archive.unlink()


def npm_command():
    if shutil.which("npm"):
        return ["npm"]
    return [unpacked_node() / RECIPES["node"][program] for program in ("node", "npm")]


def unpacked_node():
    recipe = RECIPES["node"]
    unpacked = cache() / recipe["pip"].replace("==", "-")
    if not unpacked.exists():
        with made_whole(unpacked) as folder:
            pip(recipe["pip"], folder)
    return unpacked


def node_program():
    own = shutil.which("node")
    if own and int(re.match(r"v(\d+)", output(own, "--version"))[1]) >= NODE_OLDEST:
        return own
    return unpacked_node() / RECIPES["node"]["node"]


def debian(packages, into, suite=None, needs=()):
    """Unpacks Debian packages of a suite (default: the machine's own), and the shared libraries
    that the packages named in `needs` would still want on this machine."""
    apt, folder = apt_for(suite or codename())
    packages = sorted({*packages, *missing_libraries(apt, needs)})
    downloads = folder / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir()
    run(["apt-get", *apt, "download", *packages], "apt-download", cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg", "-x", package, into], "dpkg")
    shutil.rmtree(downloads)


def codename():
    found = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    if not found or not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt-get to take Debian packages with")
    return found[1]


def apt_for(suite):
    """The options that make apt keep its lists and cache in ours, for one suite, from the mirrors
    that this machine uses already."""
    folder = cache() / "apt" / suite
    # The mirrors drop a version when the next is out, so that old lists name what is gone.
    updated = folder / "updated"
    stale = not updated.exists() or time.time() - updated.stat().st_mtime > 24 * 3600
    for part in ["lists/partial", "cache/archives/partial", "parts"]:
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(sources(suite))
    # Hooks are cleared: they are for the machine's own lists, and an ordinary user's would fail.
    (folder / "apt.conf").write_text(f"""
        Dir::State::Lists "{folder}/lists"; Dir::Cache "{folder}/cache";
        Dir::Etc::SourceList "{folder}/sources.list"; Dir::Etc::SourceParts "{folder}/parts";
        Debug::NoLocking "1"; APT::Sandbox::User ""; APT::Get::AllowUnauthenticated "0";
        Acquire::Languages "none"; Acquire::Retries "3"; Acquire::http::Timeout "60";
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
    """)
    options = ["-c", str(folder / "apt.conf")]
    if stale:
        run(["apt-get", *options, "update", "--error-on=any"], f"apt-update-{suite}")
        updated.touch()
    return options, folder


def sources(suite):
    own = codename()
    # Not the caller's locale, and not the caller's cache: only what the machine's sources say.
    listing = output("apt-get", "indextargets", "Created-By: Packages",
                     env=os.environ | {"LC_ALL": "C"})
    options = f"[signed-by={ARCHIVE_KEYS}] " if ARCHIVE_KEYS.exists() else ""
    lines = set()
    for stanza in listing.split("\n\n"):
        target = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
        release = target.get("Release", "")
        # Third parties' sources have other names; only Debian's own release has its codename.
        if release == own or release in (f"{own}-updates", f"{own}-security"):
            release = release.replace(own, suite, 1)
            lines.add(f"deb {options}{target['Repo-URI']} {release} {target['Component']}\n")
    if not lines:
        raise Unavailable(f"apt has no source for {own} to derive {suite} from")
    return "".join(sorted(lines))


def missing_libraries(apt, needs):
    if not needs:
        return []
    plan = output("apt-get", *apt, "--simulate", "--no-install-recommends", "install", *needs,
                  env=os.environ | {"LC_ALL": "C"})
    wanted = re.findall(r"^Inst (lib\S+)", plan, re.M)
    # LLVM is for JIT only, which is switched off, and larger than all the rest.
    return [name for name in wanted if not name.startswith("libllvm")]


def links(description, root):
    """npm packages cannot hold symbolic links; this one lists those that it should have."""
    for link in json.loads(description.read_text()):
        target = root / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(root / link["source"], target.parent))


def get_debian(*names):
    tree = cache() / "debian" / "+".join(names)
    with only_one():
        if not tree.exists():
            say(f"getting {', '.join(names)} from Debian")
            with made_whole(tree) as folder:
                debian(names, folder, needs=names)
    print(tree)
    print(next(tree.glob("usr/lib/*-linux-gnu"), tree))


def get_node(project):
    project = Path(project)
    files = [project / name for name in ("package.json", "package-lock.json")]
    # Another lock file is another folder, so that one in use is never replaced.
    contents = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    tree = cache() / "node" / f"{project.name}-{contents[:12]}"
    with only_one():
        program = node_program()
        if not tree.exists():
            say(f"getting the packages of {project.name} from npm")
            with made_whole(tree) as folder:
                for file in files:
                    shutil.copy(file, folder)
                # No package here needs its install scripts, so that none gets to run.
                run([*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                     "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000"],
                    "npm-ci", cwd=folder, timeout=NPM_SECONDS)
    print(program)
    print(tree / "node_modules")


if __name__ == "__main__":
    sys.exit(main({"debian": get_debian, "node": get_node}))

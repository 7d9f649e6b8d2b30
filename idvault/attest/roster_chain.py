"""The roster that is in force, verified from its first version on.

The file in force is ROSTER; the versions before it lie beside it, as roster.1.json, roster.2.json and so on.
Each must be signed by the custodians of the one before, so nobody who can only write files can name people.
"""

from pathlib import Path

from idvault.attest import roster as rosters
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_signature import verify


def former_path(path: Path, *, version: int) -> Path:
    """Return where a former version of the roster in a file lies."""
    return path.with_name(f"{path.stem}.{version}{path.suffix}")


def load(path: Path) -> Roster:
    """Return the verified roster in force; raises RosterError, also for a version that is missing."""
    latest = _read(path)
    previous: Roster | None = None
    for version in range(1, latest.version):
        former = _read(former_path(path, version=version))
        verify(former, previous=previous)
        previous = former
    verify(latest, previous=previous)
    return latest


def _read(path: Path) -> Roster:
    try:
        return rosters.parse(path.read_bytes())
    except OSError as error:
        raise RosterError(f"{path.name} cannot be read") from error

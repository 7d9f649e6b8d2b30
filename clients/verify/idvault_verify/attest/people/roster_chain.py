"""The roster in force, verified from its first version on.

The file in force is ROSTER; earlier versions are beside it, as roster.1.json, roster.2.json and so on. Each
version must be signed by custodians of the one before, so write access to files is not enough to add members.
"""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from idvault_verify import small_file
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_signature import verify
from idvault_verify.attest.reading import RosterError

MOST_VERSIONS = 10_000
MOST_BYTES = 16 * 1024 * 1024
"""The most of all versions together, as they are signed: their readers keep every one."""

_BESIDE = ": a roster is verified with its earlier versions, which must be beside it"


def former_path(path: Path, *, version: int) -> Path:
    """Return the path of an earlier version of a roster file."""
    return path.with_name(f"{path.stem}.{version}{path.suffix}")


def load(path: Path) -> Roster:
    """Return the verified roster in force; raises RosterError, also if a version is missing."""
    return load_all(path)[-1]


def load_all(path: Path) -> tuple[Roster, ...]:
    """Return every version from the first to the one in force, verified; raises RosterError."""
    latest = _read(path)
    check_length(latest.version)
    # Each is verified before the next one is read: most files of a hostile chain are never looked at.
    formers = (_read(former_path(path, version=version), _BESIDE) for version in range(1, latest.version))
    return verified(chain(formers, (latest,)))


def check_length(version: int) -> None:
    """Raise RosterError for the number of a version before which there are more than anybody reads."""
    if version > MOST_VERSIONS:
        raise RosterError(f"a roster has at most {MOST_VERSIONS} versions")


def verified(versions: Iterable[Roster], *, previous: Roster | None = None) -> tuple[Roster, ...]:
    """Verify each version against the one before it and return them all.

    previous: the verified version before the first one. Raises RosterError.
    """
    found: list[Roster] = []
    room = MOST_BYTES
    for roster in versions:
        verify(roster, previous=previous)
        room -= len(roster.canonical())
        if room < 0:
            raise RosterError(f"all versions of a roster have at most {MOST_BYTES} bytes together")
        found.append(roster)
        previous = roster
    return tuple(found)


class WatchedChain:
    """Re-reads the versions only if the file has changed since it was last read."""

    def __init__(self, path: Path) -> None:
        """Set the path of the version in force."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._versions: tuple[Roster, ...] = ()

    def __call__(self) -> tuple[Roster, ...]:
        """Return every version, verified; raises RosterError on each call while the file is invalid."""
        seen = self._state()
        if seen != self._seen:
            self._versions = load_all(self._path)
            self._seen = seen
        return self._versions

    def _state(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise RosterError(f"{self._path.name} cannot be read") from error
        return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path, hint: str = "") -> Roster:
    try:
        return rosters.parse(small_file.read(path))
    except OSError as error:
        raise RosterError(f"{path.name} cannot be read{hint}") from error

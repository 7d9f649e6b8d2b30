"""The roster that is in force, verified from its first version on.

The file in force is ROSTER; the versions before it lie beside it, as roster.1.json, roster.2.json and so on.
Each must be signed by the custodians of the one before, so nobody who can only write files can name people.
"""

from collections.abc import Iterable
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
    return load_all(path)[-1]


def load_all(path: Path) -> tuple[Roster, ...]:
    """Return every version from the first to the one in force, verified; raises RosterError."""
    latest = _read(path)
    formers = [_read(former_path(path, version=version)) for version in range(1, latest.version)]
    return verified((*formers, latest))


def verified(versions: Iterable[Roster], *, previous: Roster | None = None) -> tuple[Roster, ...]:
    """Return versions as they are once each has been verified against the one before it.

    previous: the verified version before the first of them. Raises RosterError.
    """
    found = []
    for roster in versions:
        verify(roster, previous=previous)
        found.append(roster)
        previous = roster
    return tuple(found)


class WatchedChain:
    """Reads the file's versions again only where the file is another one than was read last."""

    def __init__(self, path: Path) -> None:
        """Take the path of the version in force."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._versions: tuple[Roster, ...] = ()

    def __call__(self) -> tuple[Roster, ...]:
        """Return every version, verified; raises RosterError, each time for as long as it is wrong."""
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


def _read(path: Path) -> Roster:
    try:
        return rosters.parse(path.read_bytes())
    except OSError as error:
        raise RosterError(f"{path.name} cannot be read") from error

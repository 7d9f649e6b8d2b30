"""Marks how far the log went when a client first saw it under the roster version in force.

The service takes no request that names a former version. So one that was logged behind the mark was logged
for somebody who wants that version's witnesses to be enough. The mark is kept beside the last checkpoint.
"""

import json
from pathlib import Path

from idvault_people.finding import FindingError
from idvault_verify import durable_file, small_file
from idvault_verify.attest import reading
from idvault_verify.attest.reading import RosterError
from idvault_verify.disclosure import HistoryFinding as Finding

_SUFFIX = ".roster"


def find(state: Path, *, roster_digest: str) -> int | None:
    """Return the mark of a version, None if it has none yet; raises FindingError for a damaged file.

    state: the file of the last checkpoint seen.
    """
    path = _path(state)
    try:
        fields = reading.document(small_file.read(path))
        reading.exactly(fields, path.name, "roster", "size")
        size = reading.integer(fields["size"], "size")
    except FileNotFoundError:
        return None
    except RosterError as error:
        raise FindingError(Finding.LOG_INVALID, f"{path.name} is damaged: {error}") from error
    return size if fields["roster"] == roster_digest else None


def keep(state: Path, *, roster_digest: str, size: int) -> None:
    """Write the mark of the version in force, durably."""
    document = {"roster": roster_digest, "size": size}
    durable_file.replace(_path(state), json.dumps(document).encode() + b"\n")


def _path(state: Path) -> Path:
    return state.with_name(state.name + _SUFFIX)


def lower(state: Path, *, size: int) -> None:
    """Set the mark back to a smaller size, durably, if there is one; raises FindingError."""
    path = _path(state)
    if not path.exists():
        return
    digest = str(reading.document(small_file.read(path))["roster"])
    mark = find(state, roster_digest=digest)
    if mark is not None and mark > size:
        keep(state, roster_digest=digest, size=size)

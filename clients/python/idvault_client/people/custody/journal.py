"""What a leaver has handed over, and to which key: kept on the leaver's own machine, before anything is sent.

One line for each share: the version of the record, and 32 hex digits of SHA-256 of the successor's key.
A share goes to one successor only, whatever is asked later; to the same one it may go again, as it does in a
batch whose answer was lost.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from idvault import durable_file

NAME = "handed-over"
_KEY_DIGITS = 32


class HandOverJournalError(Exception):
    """A share that was handed to somebody else before, or a journal that cannot be read; says which."""


class HandOverJournal:
    """The shares that were handed over from one identity folder."""

    def __init__(self, path: Path) -> None:
        """Read the file; it is made with the first share. Raises HandOverJournalError if it is damaged."""
        self._path = path
        self._given: dict[str, str] = {}
        content = path.read_bytes() if path.exists() else b""
        # A line that a crash cut short was never followed by a call.
        self._size = content.rfind(b"\n") + 1
        for line in content[: self._size].decode("ascii", "replace").splitlines():
            record_id, _, key = line.partition(" ")
            if len(key) != _KEY_DIGITS:
                raise HandOverJournalError(f"{path} is damaged")
            self._given[record_id] = key

    def note(self, record_ids: Iterable[str], *, public_key: bytes) -> None:
        """Keep that shares go to a key, durably; raises HandOverJournalError if one went to another key before."""
        fresh = []
        for record_id in record_ids:
            self.check(record_id, public_key=public_key)
            if record_id not in self._given:
                fresh.append(record_id)
        key = _short(public_key)
        lines = "".join(f"{record_id} {key}\n" for record_id in fresh).encode("ascii")
        self._size = durable_file.append(self._path, lines, size=self._size)
        self._given |= dict.fromkeys(fresh, key)

    def check(self, record_id: str, *, public_key: bytes) -> None:
        """Raise HandOverJournalError if a share went to another key before."""
        if self._given.get(record_id, _short(public_key)) != _short(public_key):
            raise HandOverJournalError(
                "a share that was handed over before is asked for by somebody else now"
            )


def _short(public_key: bytes) -> str:
    return sha256(public_key).hexdigest()[:_KEY_DIGITS]

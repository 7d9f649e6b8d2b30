"""Which shares a leaving custodian has handed over, and to which key; written before anything is sent.

One line for each share: the record id, and 32 hex digits of SHA-256 of the successor's key. A share goes to
one successor only, whatever the service asks later. It may go to that successor again, as after a lost
answer.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from idvault_verify import durable_file

NAME = "handed-over"
_KEY_DIGITS = 32


class HandOverJournalError(Exception):
    """A share went to another key before, or the journal is damaged; the text says which."""


class HandOverJournal:
    """The shares that were handed over from one identity folder."""

    def __init__(self, path: Path) -> None:
        """Read the file, which the first share creates; raises HandOverJournalError if it is damaged."""
        self._path = path
        self._given: dict[str, str] = {}
        content = path.read_bytes() if path.exists() else b""
        # A line truncated by a crash belongs to a batch that was never sent.
        self._size = content.rfind(b"\n") + 1
        for line in content[: self._size].decode("ascii", "replace").splitlines():
            record_id, _, key = line.partition(" ")
            if len(key) != _KEY_DIGITS:
                raise HandOverJournalError(f"{path} is damaged")
            self._given[record_id] = key

    def note(self, record_ids: Iterable[str], *, public_key: bytes) -> None:
        """Record durably that shares go to a key.

        Raises HandOverJournalError if one went to another key before.
        """
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
            raise HandOverJournalError("a share was handed over to another key before")


def _short(public_key: bytes) -> str:
    return sha256(public_key).hexdigest()[:_KEY_DIGITS]

"""Which shares a leaving custodian has handed over, and to which key; written before anything is sent.

One line for each share: the record id, and 32 hex digits of SHA-256 of the successor's key. A share goes to
one successor only, whatever the service asks later. It may go to that successor again, as after a lost
answer.

There are as many lines as records. They are read one by one, and kept in a temporary file: the memory does
not grow with their number.
"""

import os
import re
import tempfile
import weakref
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

from idvault_verify import durable_file

NAME = "handed-over"
_KEY_DIGITS = 32
_RECORD_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LINE = re.compile(rb"([0-9a-f]{32}) ([0-9a-f]{32})\n")
_LONGEST = 66
_PART = 65_536
_ID_BYTES, _SHARE_BYTES = 16, 32
_RUN = 65_536


class HandOverJournalError(Exception):
    """A share went to another key before, or the journal is damaged; the text says which."""


class HandOverJournal:
    """The shares that were handed over from one identity folder."""

    def __init__(self, path: Path) -> None:
        """Read the file, which the first share creates; raises HandOverJournalError if it is damaged."""
        self._path = path
        self._size = 0
        self._given = _HandedShares()
        if path.exists():
            with path.open("rb") as file:
                for share in self._shares(file):
                    self._given.add(share)

    def note(self, record_ids: Iterable[str], *, public_key: bytes) -> None:
        """Record durably that shares go to a key.

        Raises HandOverJournalError if one went to another key before.
        """
        fresh = []
        for record_id in record_ids:
            self.check(record_id, public_key=public_key)
            if not self._given.keys(bytes.fromhex(record_id)):
                fresh.append(record_id)
        key = _short(public_key)
        lines = "".join(f"{record_id} {key}\n" for record_id in fresh).encode("ascii")
        self._size = durable_file.append(self._path, lines, size=self._size)
        for record_id in fresh:
            self._given.add(bytes.fromhex(record_id + key))

    def check(self, record_id: str, *, public_key: bytes) -> None:
        """Raise HandOverJournalError if a share went to another key before, or its record has no such id."""
        if not _RECORD_ID.fullmatch(record_id):
            raise HandOverJournalError("this is no record id")
        if self._given.keys(bytes.fromhex(record_id)) - {bytes.fromhex(_short(public_key))}:
            raise HandOverJournalError("a share was handed over to another key before")

    def _shares(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield record id and key of each line; raises HandOverJournalError for a line that is none.

        A line truncated by a crash belongs to a batch that was never sent: the next one is written over it.
        """
        while line := file.readline(_LONGEST):
            found = _LINE.fullmatch(line)
            if found is None:
                rest = iter(lambda: file.read(_PART), b"")
                if line.endswith(b"\n") or any(b"\n" in part for part in rest):
                    raise HandOverJournalError(f"{self._path} is damaged")
                return
            self._size += len(line)
            yield bytes.fromhex((found[1] + found[2]).decode("ascii"))


class _HandedShares:
    """A set of shares, 16 bytes of record id and 16 of key each, in sorted runs of a temporary file.

    The file has no name, so nothing of it outlives the process.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
        weakref.finalize(self, self._file.close)
        self._runs = 0
        self._newest: dict[bytes, set[bytes]] = {}

    def add(self, share: bytes) -> None:
        """Add a share; one that is there already may stand twice."""
        self._newest.setdefault(share[:_ID_BYTES], set()).add(share[_ID_BYTES:])
        if len(self._newest) >= _RUN:
            shares = sorted(record_id + key for record_id, keys in self._newest.items() for key in keys)
            # A run has one length: what one record id has beyond its place is filled up with the last one.
            for start in range(0, len(shares), _RUN):
                run = shares[start : start + _RUN]
                self._file.write(b"".join(run) + run[-1] * (_RUN - len(run)))
                self._runs += 1
            self._file.flush()
            self._newest = {}

    def keys(self, record_id: bytes) -> set[bytes]:
        """Return the keys to which a record's share went."""
        found = set(self._newest.get(record_id, ()))
        for number in range(self._runs):
            run = _SortedRun(self._file.fileno(), number)
            for at in range(bisect_left(run, record_id), _RUN):
                share = run[at]
                if share[:_ID_BYTES] != record_id:
                    break
                found.add(share[_ID_BYTES:])
        return found


class _SortedRun:
    """A run of shares in the file, for bisection: only what is looked at is read."""

    def __init__(self, descriptor: int, number: int) -> None:
        self._descriptor = descriptor
        self._start = number * _RUN * _SHARE_BYTES

    def __len__(self) -> int:
        return _RUN

    def __getitem__(self, at: int) -> bytes:
        return os.pread(self._descriptor, _SHARE_BYTES, self._start + at * _SHARE_BYTES)


def _short(public_key: bytes) -> str:
    return sha256(public_key).hexdigest()[:_KEY_DIGITS]

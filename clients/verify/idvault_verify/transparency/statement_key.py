"""A note with which the log's key vouches for a key that makes the vault's statements (histories).

* Its text has five lines: idvault/statement-key/v1, the log's origin, the Ed25519 public key in base64, and
  from when until when the key's statements count, in seconds since 1970. It is no checkpoint: its second line
  is no number.
* So a reader who knows the log's key needs no other, and the log's key stays where checkpoints are signed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from idvault_verify import ed25519, strict_base64
from idvault_verify.ed25519 import WeakKeyError
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.transparency import note
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from idvault_verify.transparency.tree import LogError

FORMAT = "idvault/statement-key/v1"
_SECONDS = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)
_LINES = 6


class StatementKeyError(LogError):
    """A note does not vouch for a key."""


@dataclass(frozen=True, slots=True)
class StatementKey:
    """A key that the log's key vouches for, and from when until when its statements count (UTC)."""

    public_key: bytes
    begins: datetime
    ends: datetime

    def counts(self, at: datetime) -> bool:
        """Return whether a statement of this time counts."""
        return self.begins <= at <= self.ends


def vouch(key: StatementKey, signers: Sequence[NoteSigner]) -> bytes:
    """Return the note in which these keys of one log vouch for a key."""
    times = (str(int(each.timestamp())) for each in (key.begins, key.ends))
    lines = (FORMAT, signers[0].key.name, strict_base64.encode_standard(key.public_key), *times)
    return note.sign_note("".join(f"{line}\n" for line in lines), signers)


def read(raw: bytes, keys: Iterable[VerifierKey]) -> StatementKey:
    """Return the key that a note of one of these keys vouches for; raises LogError."""
    opened = note.open_note(raw, keys)
    found = _parse(opened.text)
    if any(each.key.name != opened.text.split("\n")[1] for each in opened.verified):
        raise StatementKeyError("the log's key vouches for the key of another log")
    return found


def unverified(raw: bytes) -> StatementKey:
    """Return the key that a note of one's own database vouches for; raises LogError."""
    return _parse(note.parse(raw).text)


def signers_of(raw: bytes) -> set[tuple[str, bytes]]:
    """Return name and key id of whoever signed a note of one's own database; nothing is verified."""
    return {(each.name, each.key_id) for each in note.parse(raw).signatures}


def _parse(text: str) -> StatementKey:
    lines = text.split("\n")
    if len(lines) != _LINES or lines[0] != FORMAT:
        raise StatementKeyError("this note does not vouch for a key")
    if not all(_SECONDS.fullmatch(each) for each in lines[3:5]):
        raise StatementKeyError("the times of a key are not in seconds since 1970")
    try:
        public_key = ed25519.check(strict_base64.standard(lines[2]))
    except (Base64Error, WeakKeyError) as error:
        raise StatementKeyError("the key cannot be used") from error
    begins, ends = (datetime.fromtimestamp(int(each), UTC) for each in lines[3:5])
    return StatementKey(public_key, begins, ends)

"""Signed disclosure histories: a made-up key that a made-up log's key vouches for."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.sealing.ports import Stated
from idvault_verify.offline import disclosure_history
from idvault_verify.transparency import statement_key
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.statement_key import StatementKey
from idvault_verify.v1 import status_pb2
from tools.support import logs

MADE = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([44]) * 32)
_BEGINS, _ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2080, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class KnownStatements:
    """Signs whatever it is given (status.credential.ports.StatementSigner). log: whose key vouches for it."""

    log: NoteSigner = logs.SIGNER

    async def state(self, message: bytes, *, now: datetime) -> Stated:
        """Return the signature of a message."""
        return Stated(KEY.sign(message), note_of(KEY, self.log))


def note_of(
    key: Ed25519PrivateKey = KEY,
    *by: NoteSigner,
    begins: datetime = _BEGINS,
    ends: datetime = _ENDS,
) -> bytes:
    """Return the note in which the log's key vouches for a key."""
    vouched = StatementKey(key.public_key().public_bytes_raw(), begins, ends)
    return statement_key.vouch(vouched, by or [logs.SIGNER])


def sign(
    answer: status_pb2.DisclosureHistory,
    *,
    made_at: datetime = MADE,
    key: Ed25519PrivateKey = KEY,
    note: bytes | None = None,
) -> status_pb2.DisclosureHistory:
    """Sign a history as it is, and return it."""
    stated = status_pb2.HistoryStatement(
        disclosure_count=len(answer.disclosures),
        opening_count=len(answer.openings),
        key_note=note_of() if note is None else note,
    )
    stated.make_time.FromDatetime(made_at)
    answer.statement.CopyFrom(stated)
    answer.statement.signature = key.sign(disclosure_history.signed_bytes(answer))
    return answer

"""What one batch of a hand-over may contain: shares of records, re-sealed by the leaver to the successor.

- At most 200 shares, one for each account, so that a batch is one short act.
- The signed content of a batch identifies it. Each share is accepted or passed over by itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from idvault_verify import token
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

MOST_SHARES = 200
_HASH_SIZE = 32
_RECORD_ID_LENGTH = 32
_QUORUM_ID_LENGTH = 64


@dataclass(frozen=True, slots=True)
class HandedShare:
    """One share, re-sealed to the successor.

    record_id: the record version that it belongs to. quorum_id: the quorum that it was sealed for before.
    share_hash: SHA-256 of the share itself. resealed: the HPKE message.
    """

    account_token: str
    record_id: str
    quorum_id: str
    share_hash: bytes
    resealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandoverBatch:
    """What one act hands over.

    place: the leaver's, counted from 1. quorum_id: the quorum that the shares are now sealed for. becomes:
    the new quorum id for each present one; a record of any other quorum is passed over.
    """

    place: int
    quorum_id: str
    becomes: Mapping[str, str]
    shares: Sequence[HandedShare]


@dataclass(frozen=True, slots=True)
class HandoverEnd:
    """The end of a leaver's hand-over to the successor in one version of a quorum.

    actor_id: the leaver. quorum_id: of the roster in force. held: the present quorums of records whose share
    the leaver still holds.
    """

    actor_id: str
    quorum_id: str
    held: Collection[str]


def check(shares: Sequence[HandedShare], *, sealed_size: int) -> None:
    """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless the shares form a valid batch.

    sealed_size: the size in bytes of a share sealed to the successor.
    """
    if not 1 <= len(shares) <= MOST_SHARES:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("shares", FieldCode.LENGTH))
    if len({share.account_token for share in shares}) != len(shares):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("shares", FieldCode.CHARACTER))
    for share in shares:
        token.check(share.account_token)
        sizes = (len(share.record_id), len(share.quorum_id), len(share.share_hash), len(share.resealed))
        if sizes != (_RECORD_ID_LENGTH, _QUORUM_ID_LENGTH, _HASH_SIZE, sealed_size):
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("shares", FieldCode.LENGTH))

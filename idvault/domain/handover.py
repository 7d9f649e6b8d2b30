"""What one batch of a hand-over may hold: shares of records, re-sealed by the leaver to the successor.

- At most 200 shares, one of each account, so that a batch is one short act.
- A batch is named by what its signature covers; which of it counts is decided record by record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from idvault.domain import token
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

MOST_SHARES = 200
_HASH_SIZE = 32
_RECORD_ID_LENGTH = 32
_QUORUM_ID_LENGTH = 64


@dataclass(frozen=True, slots=True)
class HandedShare:
    """One share, re-sealed to the successor.

    record_id: the version of the account's record that it is of. quorum_id: the quorum that it was sealed
    under before. share_hash: SHA-256 of the share itself. resealed: the HPKE message.
    """

    account_token: str
    record_id: str
    quorum_id: str
    share_hash: bytes
    resealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandoverBatch:
    """What an act hands over.

    place: of the leaver, from 1. quorum_id: that the shares are sealed under now. becomes: what each present
    quorum id of a record becomes; a record of another one is passed over.
    """

    place: int
    quorum_id: str
    becomes: Mapping[str, str]
    shares: Sequence[HandedShare]


def check(shares: Sequence[HandedShare], *, sealed_size: int) -> None:
    """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless the shares may be one batch.

    sealed_size: of a share that is sealed to the successor, in bytes.
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

"""Moderators: a platform's members of staff, known by a random id and an Ed25519 key, never by a name.

- A key is registered with a signature that it made itself, and belongs to one moderator of a platform for
  ever: two moderators are two keys.
- What a revoked moderator signed stays valid; nothing new is accepted.
- A signature names its time (real time) and is refused ten minutes later.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.domain import ed25519
from idvault.domain.error import FieldCode, InvalidError, PreconditionError, Reason, Violation

CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the moderator's computer and the service


@dataclass(frozen=True, slots=True)
class Moderator:
    """A registered moderator; moderator_id is 32 lower-case hex digits."""

    moderator_id: str
    relying_party: str
    public_key: bytes = field(repr=False)
    registered_at: datetime
    revoked_at: datetime | None = None


def check_key(public_key: bytes) -> bytes:
    """Return a public key unchanged; raises InvalidError (INVALID_MESSAGE, public_key)."""
    try:
        return ed25519.check(public_key)
    except ed25519.WeakKeyError:
        weak = Violation("public_key", FieldCode.CHARACTER)
        raise InvalidError(Reason.INVALID_MESSAGE, weak) from None


def check_signs(moderator: Moderator) -> None:
    """Raise PreconditionError (MODERATOR_REVOKED) for a revoked moderator."""
    if moderator.revoked_at is not None:
        raise PreconditionError(Reason.MODERATOR_REVOKED)


def check_fresh(*, signed_at: datetime, now: datetime) -> None:
    """Raise InvalidError (INVALID_MESSAGE, sign_time) unless a signature is recent (real time)."""
    if abs(now - signed_at) > CLOCK_DIFFERENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature.sign_time", FieldCode.CHARACTER))

"""Moderators: a platform's members of staff, known by a random id and an Ed25519 key, never by a name.

- A key is registered with a signature that it made itself, and belongs to one moderator of a platform for
  ever: two moderators are two keys.
- A platform registers a moderator if two others countersign. One would not do: whoever is a moderator could
  countersign a second key of the own. While a platform has fewer than two moderators, the operator names the
  next one, and nobody else can.
- Nobody countersigns the own key, and a revoked moderator countersigns nothing. A key whose moderator is
  revoked is never registered again.
- What a revoked moderator signed stays valid; nothing new is accepted, and a proposal that waits for its
  second moderator is not confirmed any more: whoever proposed it may have another key by now.
- A signature names its time (real time) and is refused ten minutes later; those of a registration, which are
  carried from one machine to the next, after seven days.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault_verify import ed25519
from idvault_verify.error import DeniedError, FieldCode, InvalidError, PreconditionError, Reason, Violation

CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the moderator's computer and the service
CARRIED_FOR = timedelta(days=7)
FEWEST = 2


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


def check_fresh(*, signed_at: datetime, now: datetime, field: str = "signature") -> None:
    """Raise InvalidError (INVALID_MESSAGE, sign_time) unless a signature is recent (real time)."""
    if abs(now - signed_at) > CLOCK_DIFFERENCE:
        raise _wrong_time(field)


def check_carried(*, signed_at: datetime, now: datetime, field: str = "signature") -> None:
    """Raise InvalidError (INVALID_MESSAGE, sign_time) unless a registration is of the last days."""
    if not -CLOCK_DIFFERENCE <= now - signed_at <= CARRIED_FOR:
        raise _wrong_time(field)


def check_countersigners(countersigners: Collection[str]) -> None:
    """Raise InvalidError (INVALID_MESSAGE, countersignatures) unless they are two, and not the same."""
    code = None
    if len(countersigners) != FEWEST:
        code = FieldCode.LENGTH if countersigners else FieldCode.REQUIRED
    elif len(set(countersigners)) != FEWEST:
        code = FieldCode.CHARACTER
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("countersignatures", code))


def check_other(*, countersigner: Moderator, public_key: bytes) -> None:
    """Raise DeniedError (SELF_APPROVAL) if a moderator countersigns the own key."""
    if countersigner.public_key == public_key:
        raise DeniedError(Reason.SELF_APPROVAL)


def admit(*, known: Moderator | None, live: Collection[str], countersigners: Collection[str]) -> None:
    """Check a registration against a platform's moderators. known: who has the key already.

    live: the ids of those who are not revoked. countersigners: empty if the operator names the moderator.
    Raises PreconditionError (MODERATOR_REVOKED, MODERATORS_TOO_FEW, MODERATORS_SUFFICE).
    """
    if known is not None:
        check_signs(known)
    if not countersigners:
        if known is None and len(live) >= FEWEST:
            raise PreconditionError(Reason.MODERATORS_SUFFICE)
        return
    if len(live) < FEWEST:
        raise PreconditionError(Reason.MODERATORS_TOO_FEW)
    check_countersigners(countersigners)
    if any(each not in live for each in countersigners):
        raise PreconditionError(Reason.MODERATOR_REVOKED)


def _wrong_time(field: str) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(f"{field}.sign_time", FieldCode.CHARACTER))

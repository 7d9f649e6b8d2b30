"""The life cycle of a key whose signatures third parties verify: it is announced before it is used.

- The first key of a purpose signs at once. A later key signs once it has been announced for 24 hours, which
  is how long a verifier may cache the published key set.
- A key stays published until the last credential that it may have signed has expired: 31 days after its
  successor took over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ANNOUNCED_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class StatusKey:
    """A public key (32 bytes), its purpose, and when it was announced (real time).

    note: in which the log's key vouches for its statements; b"" while there is none.
    """

    public_key: bytes
    purpose: str
    announced_at: datetime
    note: bytes = b""


def usable_from(*, keys: Sequence[StatusKey], key: StatusKey) -> datetime:
    """Return when a key may start to sign."""
    first = min(keys, key=_order)
    return key.announced_at if key == first else key.announced_at + ANNOUNCED_FOR


def current(*, keys: Sequence[StatusKey], now: datetime) -> StatusKey | None:
    """Return the newest key of one purpose that may sign now, or None."""
    usable = [key for key in keys if usable_from(keys=keys, key=key) <= now]
    return max(usable, key=_order, default=None)


def published(*, keys: Sequence[StatusKey], now: datetime) -> list[StatusKey]:
    """Return the keys of one purpose that verifiers still need."""
    ordered = sorted(keys, key=_order)
    kept = []
    for key, successor in zip(ordered, [*ordered[1:], None], strict=False):
        if successor is None or now < usable_from(keys=keys, key=successor) + KEPT_FOR:
            kept.append(key)
    return kept


def _order(key: StatusKey) -> tuple[datetime, bytes]:
    return key.announced_at, key.public_key

"""Storage of erasures. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from idvault.core.request import Request
from idvault.erasure.rules import Erasure, ErasureOrigin, ErasureTerms
from idvault.key.ports import Absence
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class ErasureLevels:
    """What the operator watches.

    waiting: requested, and can be cancelled. undestroyed: erased, with keys that are not destroyed yet. held:
    destroyed, and kept among the person's accounts by a sanction. first_due_at: the oldest step that is due.
    """

    waiting: int
    undestroyed: int
    held: int
    first_due_at: datetime | None


class ShredDestroyer(Protocol):
    """The shred keys, which make copies of records in backups useless once they are destroyed."""

    async def destroy(self, *, account_token: str) -> None:
        """Delete the key of an account, if there is one. Must be durable before it returns."""
        ...


class Remnants(Protocol):
    """The bytes of deleted keys in the files of the running databases. One mechanism for every destruction.

    What is known of them may be lost with the process: a new one must begin with everything again.
    """

    async def look(self, account_tokens: Sequence[str]) -> Absence:
        """Remove the bytes of deleted keys from every file, and return for which accounts that is done.

        Must leave out an account while a reader, or whatever else, keeps a file that may hold its key. Can be
        repeated.
        """
        ...

    async def tidy(self) -> None:
        """Remove what an act has just deleted from the main database's files, if nothing keeps them."""
        ...


class ErasureStore(Protocol):
    """The erasures of accounts.

    Every act but `release` must also store the account with its next revision (erasure.rules.told, erased)
    and queue it for the change feed.

    An act locks the account's row first, so that the later of two decisions sees the earlier one. `request`
    and `cancel` write the request's row before that: a repeat writes nothing and returns the erasure as it is
    now; another body raises AlreadyExistsError (REQUEST_ID_REUSED).
    """

    async def request(
        self,
        *,
        erasure_id: str,
        account_token: str,
        origin: ErasureOrigin,
        terms: ErasureTerms,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Erasure:
        """Store the result of erasure.rules.request with the event (field erase_at).

        The account's last match must be read after its row is locked. Raises what the rule raises. The
        account must belong to the caller, else NotFoundError (ACCOUNT_NOT_FOUND).
        """
        ...

    async def cancel(
        self, *, account_token: str, request: Request, now: ClockReading, event: Event
    ) -> Erasure:
        """Store the result of erasure.rules.cancel for the account's newest erasure, with the event.

        Writes field erasure_id. Raises NotFoundError (ACCOUNT_NOT_FOUND, ERASURE_NOT_FOUND) and what the rule
        raises.
        """
        ...

    async def newest(self, *, relying_party: str, account_token: str) -> Erasure | None:
        """Return the newest erasure of a relying party's account, None if there is none."""
        ...

    async def matched_at(self, *, account_token: str) -> datetime | None:
        """Return when the last verification of an account succeeded, None if none did."""
        ...

    async def list(
        self, *, relying_party: str, state: ErasureState | None, after: str, limit: int
    ) -> Sequence[Erasure]:
        """Return up to limit erasures that follow the one `after` (empty: from the first), oldest first.

        state: only those that are stored in it. Raises InvalidError (INVALID_MESSAGE, page_token) for an
        unknown `after`. A new one must not move another one.
        """
        ...

    async def due(self, *, state: ErasureState, now: datetime, limit: int) -> Sequence[Erasure]:
        """Return erasures in a state whose next step is due, the oldest first."""
        ...

    async def erase(
        self,
        erasure: Erasure,
        *,
        delay: timedelta,
        today: date,
        now: ClockReading,
        event: Event,
        claim_ended: Event,
    ) -> bool:
        """Store the result of erasure.rules.erase and erased, with the event (field destroy_at).

        An open claim of the account ends as erasure.rules.CLAIM_ENDED with `claim_ended` (field claim_id),
        and nothing of its identity stays. Must change nothing and return False unless the erasure is due.
        """
        ...

    async def clear(self, erasure: Erasure, *, now: ClockReading) -> None:
        """Delete every version of the record with its shares, and what claims left of the identity.

        The event of `destroy` tells of it: nothing may be told before no file holds what was deleted. Must
        change nothing unless the erasure's last step is due. Can be repeated.
        """
        ...

    async def destroy(
        self, erasure: Erasure, *, absent_from: datetime | None, now: ClockReading, event: Event
    ) -> bool:
        """Store the result of erasure.rules.destroy with the event (field absent_from, unless None).

        The shred key must be destroyed before. Must delete every version of the record with its shares, the
        shares given to auditors, what claims left of the identity, and every opening key of the account but
        the event's. The person is released as by `release`, unless a sanction holds the account. Must return
        False unless the erasure is due.
        """
        ...

    async def releasable(self, *, limit: int) -> Sequence[Erasure]:
        """Return destroyed erasures whose accounts were held by a sanction and are not any more."""
        ...

    async def release(self, erasure: Erasure, *, event: Event) -> bool:
        """Unlink a destroyed account from its person, with the event; False if a sanction holds it.

        Nothing of the account may refer to the person afterwards. The person's blind index must be deleted if
        no account, sanction or open claim needs it.
        """
        ...

    async def levels(self, *, now: datetime) -> ErasureLevels:
        """Return the counts."""
        ...

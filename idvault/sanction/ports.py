"""Storage of sanctions and moderators. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. A request row comes first
in every act: a repeat writes nothing and returns what the request made, as it is now; another body raises
AlreadyExistsError (REQUEST_ID_REUSED).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.account.ports import DueFollower
from idvault.core.request import Request
from idvault.sanction.rules import Sanction, StatementKind, StatementWeek
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.sanction import SanctionState


@dataclass(frozen=True, slots=True)
class SanctionFilter:
    """Which sanctions to list: at most one is given; none for all of a relying party."""

    account_token: str | None = None
    operation_id: str | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class SanctionLevels:
    """What the operator watches. first_due_at: the oldest end that has come without being stored."""

    proposed: int
    first_due_at: datetime | None


class SanctionStore(Protocol):
    """The sanctions of accounts.

    An act that changes one locks the account's row first, then the sanction's, so that the later of two
    decisions sees the earlier one. It stores the standing that everything in force gives the account now
    (account.rules.sanction), and a moderator who is revoked at that time is refused (MODERATOR_REVOKED).
    A sanction of scope PERSON changes no other account; act `settle` of claims lets the others follow it.
    """

    async def impose(
        self, sanction: Sanction, *, request: Request, now: ClockReading, event: Event
    ) -> Sanction:
        """Store a new sanction.

        The account must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND), and pass
        sanction.rules.admit. Its operation must belong to the relying party, else NotFoundError
        (OPERATION_NOT_FOUND), and be open (OPERATION_CLOSED). An order that it carries out is marked.
        """
        ...

    async def confirm(
        self,
        sanction: Sanction,
        *,
        moderator_id: str,
        paper: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Sanction:
        """Store the result of sanction.rules.confirm; raises what that raises.

        Raises PreconditionError (MODERATOR_REVOKED) also if who proposed the sanction was revoked.
        """
        ...

    async def lift(
        self,
        sanction: Sanction,
        *,
        moderator_id: str,
        reason: str,
        paper: bytes,
        request: Request,
        now: ClockReading,
        lifted: Event,
        withdrawn: Event,
    ) -> Sanction:
        """Store the result of sanction.rules.lift; raises what that raises.

        Every account that follows the sanction must end after the delay that was drawn for it.

        Writes `lifted` for a sanction that was in force, `withdrawn` for one that was proposed.
        """
        ...

    async def lapse(self, sanction: Sanction, *, now: ClockReading, event: Event) -> bool:
        """Store a lapse that is due (sanction.rules.fall) with the event.

        Must change nothing and return False unless the stored state is sanction.state and the lapse is due.
        """
        ...

    async def release(self, due: DueFollower, *, now: ClockReading, event: Event) -> bool:
        """End what an account follows, with its standing and the event (field standings).

        Must change nothing and return False unless it is stored and due.
        """
        ...

    async def due_followers(self, *, now: ClockReading, limit: int) -> list[DueFollower]:
        """Return accounts whose standing must no longer follow a sanction, the longest due first."""
        ...

    async def levels(self, *, now: ClockReading) -> SanctionLevels:
        """Return how many sanctions are proposed, and since when the oldest end is not stored."""
        ...

    async def due(self, *, now: ClockReading, limit: int) -> list[Sanction]:
        """Return sanctions whose lapse is due and not stored, the longest due first."""
        ...

    async def requested(self, request: Request) -> Sanction | None:
        """Return the sanction that a request made or changed, None if the request is new."""
        ...

    async def get(self, *, relying_party: str, sanction_id: str) -> Sanction:
        """Return a sanction; raises NotFoundError (SANCTION_NOT_FOUND), also for another party's."""
        ...

    async def list(
        self,
        *,
        relying_party: str,
        of: SanctionFilter,
        state: SanctionState | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> list[Sanction]:
        """Return up to limit sanctions after the sanction `after` (empty: from the first), oldest first.

        state: only in this state as of now; of those that lapse without an act, LAPSED has only those whose
        lapse is stored. Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`, and
        NotFoundError (ORDER_NOT_FOUND). A sanction that is imposed meanwhile must not move another one.
        """
        ...


class StatementStore(Protocol):
    """The statements of reasons of all relying parties, for the public; only their kinds are read."""

    async def first(self) -> datetime | None:
        """Return when the first sanction with a statement came into force, None if there is none."""
        ...

    async def counts(self, week: StatementWeek) -> Mapping[StatementKind, int]:
        """Return how many sanctions with statements of each kind came into force in a week."""
        ...

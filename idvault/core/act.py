"""Acts: one transaction, one request, and an entry of the log or a reason not to have one.

- A mutation is a function of an open act (`Tx`) and of the id that it makes or changes. Its request is
  written first: a repeat runs nothing, and returns what the first one made, as it is now.
- An act without a request is the worker's, or follows from another one.
- Neither commits without an entry of the log, unless it says why (`Tx.unchanged`).
- What needs no database is refused before; what crosses the network comes before or after an act.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from idvault.core import account_request, log_entry
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter, Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event, EventType
from idvault.verify.seal import Part

P = ParamSpec("P")
T = TypeVar("T")


class UntoldError(Exception):
    """An act would have changed something of which the log says nothing; it was rolled back."""


class Guard(Protocol):
    """The check before every act."""

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError (LOG_UNAVAILABLE) while the log does not take entries."""
        ...


class Asking(Protocol):
    """A caller, and the request that it made."""

    @property
    def relying_party(self) -> str:
        """The relying party whose things the act concerns."""
        ...

    @property
    def actor_id(self) -> str:
        """Who acts, as the log names them."""
        ...

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint; raises InvalidError (INVALID_REQUEST_ID)."""
        ...


@dataclass(kw_only=True, eq=False, repr=False)
class Vault:
    """What every act and read of a process needs."""

    main: Database
    guard: Guard
    fingerprinter: Fingerprinter
    events: EventFactory

    def new_id(self) -> str:
        """Return 16 random bytes in hex."""
        return self.events.new_id()

    async def read(self, name: str, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """Run work that changes nothing; raises UnavailableError (STORE_UNAVAILABLE)."""
        return await self.main.read(name, work)


@dataclass(slots=True, eq=False, repr=False)
class Tx:
    """An open act. Nothing but its connection may be awaited in it."""

    connection: Connection
    call: Asking
    now: ClockReading
    events: EventFactory
    reasons: list[str] = field(default_factory=list)
    """Why the act may commit: the types of its entries, or what it said instead."""

    @property
    def party(self) -> str:
        """The relying party whose things the act concerns."""
        return self.call.relying_party

    async def log(self, kind: EventType, *, account_token: str = "", **fields: Part) -> Event:
        """Write an entry of the act; account_token: empty if no account is concerned."""
        event = self.events.event(
            kind, actor_id=self.call.actor_id, now=self.now, account_token=account_token, **fields
        )
        await log_entry.append(self.connection, event)
        self.reasons.append(kind.value)
        return event

    def unchanged(self, reason: str) -> None:
        """Let the act commit without an entry. reason: why the log has nothing to say of it."""
        self.reasons.append(reason)


Body = Callable[Concatenate[Tx, str, P], Coroutine[Any, Any, T]]
Again = Callable[[Connection, str, str], Coroutine[Any, Any, T]]
"""Returns what a request made, as it is now: of a relying party, by its id."""


@dataclass(frozen=True, eq=False)
class Mutation(Generic[P, T]):
    """An act that a caller asks for. again: what a repeat gets."""

    name: str
    body: Body[P, T]
    again: Again[T]

    async def __call__(
        self, vault: Vault, call: Asking, now: ClockReading, made: str, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it; raises AlreadyExistsError (REQUEST_ID_REUSED), UnavailableError and what the body raises.

        made: the id of what it makes or changes.
        """
        await vault.guard.check(now=now)
        return await self.run(vault, call, now, call.request(vault.fingerprinter), made, *args, **kwargs)

    async def run(
        self,
        vault: Vault,
        call: Asking,
        now: ClockReading,
        request: Request,
        made: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run it for this request, without the guard."""

        async def work(connection: Connection) -> T:
            former = await account_request.remember(connection, request, made=made, now=now.business)
            if former is not None:
                return await self.again(connection, request.caller, former)
            tx = Tx(connection, call, now, vault.events)
            value = await self.body(tx, made, *args, **kwargs)
            if not tx.reasons:
                raise UntoldError(f"{self.name} wrote no entry of the log, and gave no reason")
            return value

        return await vault.main.act(self.name, work)


def mutation(name: str, *, again: Again[T]) -> Callable[[Body[P, T]], Mutation[P, T]]:
    """Make a mutation of a function of an act and of the id that it makes or changes."""
    return lambda body: Mutation(name, body, again)

"""Acts: one transaction, at most one request, and an entry of the log or a reason not to have one.

- A mutation is what a caller asks for: a function of an open act (`Tx`) and of the id that it makes or
  changes. Its request is written first: a repeat runs nothing, and returns what the first one made, as it is
  now.
- The requests of roster members are in a table of their own (core.person_request). A repeat gets the answer
  that is kept there, and the arguments. The service itself asks without a request.
- An act without a request is the worker's, or follows from another one.
- Neither commits without an entry of the log, unless it says why (`Tx.unchanged`).
- What needs no database is refused before; what crosses the network comes before or after an act.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from idvault.core import account_request, log_entry, outbox, person_request
from idvault.core.account_request import Made
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.log_entry import EventFactory, Late
from idvault.core.request import Fingerprinter, Request
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError
from idvault_verify.event import SYSTEM_ACTOR, Event, EventType
from idvault_verify.seal import Part

P = ParamSpec("P")
T = TypeVar("T")
Found = TypeVar("Found")


class UntoldError(Exception):
    """An act would have changed something of which the log says nothing; it was rolled back."""


class Guard(Protocol):
    """The check before every act."""

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError (LOG_UNAVAILABLE) while the log does not take entries."""
        ...


class Actor(Protocol):
    """Who acts."""

    @property
    def relying_party(self) -> str:
        """The relying party whose things the act concerns."""
        ...

    @property
    def actor_id(self) -> str:
        """Who acts, as the log names them."""
        ...


class Asking(Actor, Protocol):
    """A caller, and the request that it made."""

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint; raises InvalidError (INVALID_REQUEST_ID)."""
        ...


class MemberAsking(Actor, Protocol):
    """A roster member and the request that it made, or the service, which makes none."""

    def request(self, fingerprinter: Fingerprinter) -> Request | None:
        """Return the request with its fingerprint."""
        ...


@dataclass(frozen=True, slots=True)
class _System:
    """The service itself, which acts for no relying party."""

    relying_party: str = ""
    actor_id: str = SYSTEM_ACTOR

    def request(self, _fingerprinter: Fingerprinter) -> None:
        """Return None: the service repeats what is safe to repeat."""


SYSTEM: MemberAsking = _System()


@dataclass(frozen=True, slots=True)
class MemberActor:
    """A roster member, who acts for no relying party."""

    actor_id: str
    relying_party: str = ""


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
    """An open act. Nothing but its connection may be awaited in it. request: None if there is none."""

    connection: Connection
    by: Actor
    now: ClockReading
    events: EventFactory
    request: Request | None = None
    told: list[str] = field(default_factory=list)
    """Why the act may commit: the types of its entries, and what it said instead."""

    @property
    def party(self) -> str:
        """The relying party whose things the act concerns."""
        return self.by.relying_party

    async def log(
        self,
        kind: EventType,
        entry_id: str = "",
        member: str = "",
        /,
        *,
        by: Actor | None = None,
        account_token: str = "",
        party: str = "",
        **fields: Part,
    ) -> Event:
        """Write an entry of the act, and what it tells whom. account_token: empty if none is concerned.

        entry_id: its id, if that is the answer that is kept for the request. by: who did this part of it, if
        not who acts. party: the relying party that is told, if the act is of the service itself. member: the
        actor id of the roster member that is told. A missed deadline is written by `log_miss`.
        """
        event = self._event(kind, by, account_token, fields)
        if entry_id:
            event = replace(event, entry_id=entry_id)
        return await self._append(event, party=party, member=member)

    async def log_miss(
        self,
        kind: EventType,
        late: Late,
        /,
        *,
        by: Actor | None = None,
        account_token: str = "",
        **fields: Part,
    ) -> Event:
        """Write the entry of a missed deadline, which names the platform in the clear. late: whose it is."""
        event = self._event(kind, by, account_token, fields, platform=late.platform)
        return await self._append(event, late, party=late.platform)

    def _event(
        self,
        kind: EventType,
        by: Actor | None,
        account_token: str,
        fields: Mapping[str, Part],
        platform: str = "",
    ) -> Event:
        return self.events.event(
            kind,
            actor_id=(by or self.by).actor_id,
            now=self.now,
            account_token=account_token,
            platform=platform,
            fields=fields,
        )

    async def _append(self, event: Event, late: Late | None = None, *, party: str, member: str = "") -> Event:
        await log_entry.append(self.connection, event, late)
        await outbox.add(self.connection, event, relying_party=party or self.party, member_id=member)
        self.told.append(event.type.value)
        return event

    def unchanged(self, reason: str) -> None:
        """Let the act commit without an entry; raises ValueError without a reason.

        reason: why the log has nothing to say of it.
        """
        if not reason.strip():
            raise ValueError("an act without an entry needs a reason")
        self.told.append(reason)

    async def answer(self, made: str, *, account_token: str = "") -> None:
        """Let a repeat of the request find something that existed before the act."""
        if self.request is not None:
            await account_request.answer_for_account(
                self.connection, self.request, account_token=account_token, made=made
            )

    async def answer_member(self, answer: bytes) -> None:
        """Let a repeat of a roster member's request get what the act has found."""
        if self.request is not None:
            await person_request.conclude(self.connection, self.request, answer=answer)


@dataclass(frozen=True, eq=False)
class Act(Generic[P, T]):
    """An act without a request."""

    name: str
    body: Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]]

    async def __call__(
        self, vault: Vault, by: Actor, now: ClockReading, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it; raises UnavailableError and what the body raises. The guard is the caller's part."""

        async def work(connection: Connection) -> T:
            tx = Tx(connection, by, now, vault.events)
            return await _told(self.name, tx, self.body(tx, *args, **kwargs))

        return await vault.main.act(self.name, work)


Body = Callable[Concatenate[Tx, str, P], Coroutine[Any, Any, T]]
Again = Callable[[Connection, str, str], Coroutine[Any, Any, T]]
"""Returns what a request made, as it is now: of a relying party or an account, by its id."""


@dataclass(frozen=True, eq=False)
class Mutation(Generic[P, T]):
    """An act that a caller asks for. again: what a repeat gets.

    of_account: whether that is found by its account's token, in place of the relying party.
    """

    name: str
    body: Body[P, T]
    again: Again[T]
    of_account: bool = False

    async def __call__(
        self, vault: Vault, call: Asking, now: ClockReading, made: str, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it; raises AlreadyExistsError (REQUEST_ID_REUSED), UnavailableError and what the body raises.

        made: the id of what it makes or changes.
        """
        await vault.guard.check(now=now)
        return await self.run(vault, call, now, call.request(vault.fingerprinter), made, *args, **kwargs)

    async def known(self, vault: Vault, request: Request) -> T | None:
        """Return what a repeat of a request gets, None if it is new; raises as `__call__` does.

        For what a repeat does not have again: a signature of today, a code.
        """

        async def work(connection: Connection) -> T | None:
            former = await account_request.find(connection, request)
            return None if former is None else await self._repeated(connection, request, former)

        return await vault.read(f"{self.name.partition('.')[0]}.requested", work)

    async def run(
        self,
        vault: Vault,
        by: Actor,
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
                return await self._repeated(connection, request, former)
            tx = Tx(connection, by, now, vault.events, request)
            return await _told(self.name, tx, self.body(tx, made, *args, **kwargs))

        return await vault.main.act(self.name, work)

    async def _repeated(self, connection: Connection, request: Request, former: Made) -> T:
        owner = former.account_token if self.of_account else request.caller
        return await self.again(connection, owner, former.made_id)


MemberBody = Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]]
MemberAgain = Callable[..., Coroutine[Any, Any, T]]
"""Returns what a request made, as it is now: of a connection, the answer that is kept, and the arguments."""
Lock = Callable[[Connection], Awaitable[object]]


@dataclass(frozen=True, eq=False)
class MemberMutation(Generic[P, T]):
    """An act that a roster member asks for. again: what a repeat gets.

    answer: what is kept for it, of the arguments. lock: what is locked before the request is written.
    """

    name: str
    body: MemberBody[P, T]
    again: MemberAgain[T]
    answer: Callable[..., bytes]
    lock: Lock | None

    async def __call__(
        self, vault: Vault, call: MemberAsking, now: ClockReading, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it; raises as a mutation does."""
        await vault.guard.check(now=now)
        return await self.run(vault, call, now, call.request(vault.fingerprinter), *args, **kwargs)

    async def run(
        self,
        vault: Vault,
        by: Actor,
        now: ClockReading,
        request: Request | None,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run it for this request, without the guard."""

        async def work(connection: Connection) -> T:
            if self.lock is not None:
                await self.lock(connection)
            if request is not None:
                answer = self.answer(*args, **kwargs)
                former = await person_request.remember(connection, request, now=now, answer=answer)
                if former is not None:
                    return await self.again(connection, former, *args, **kwargs)
            tx = Tx(connection, by, now, vault.events, request)
            return await _told(self.name, tx, self.body(tx, *args, **kwargs))

        return await vault.main.act(self.name, work)


async def known(vault: Vault, request: Request) -> bytes | None:
    """Return the answer that is kept for a roster member's request, None if the request is new.

    Raises AlreadyExistsError (REQUEST_ID_REUSED). For what must not be done for a repeat, before the act.
    """
    return await person_request.look_up(vault.main, request)


@asynccontextmanager
async def unless_repeated(vault: Vault, request: Request) -> AsyncIterator[None]:
    """Drop a DeniedError of the block if a concurrent repeat of a roster member's request came first.

    Such a repeat has spent the code that was refused here.
    """
    try:
        yield
    except DeniedError:
        if await known(vault, request) is None:
            raise


def act(name: str) -> Callable[[Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]]], Act[P, T]]:
    """Make an act of a function of an open one."""
    return lambda body: Act(name, body)


def mutation(
    name: str, *, again: Again[T], of_account: bool = False
) -> Callable[[Body[P, T]], Mutation[P, T]]:
    """Make a mutation of a function of an open act and of the id that it makes or changes."""
    return lambda body: Mutation(name, body, again, of_account)


def member_mutation(
    name: str,
    *,
    again: MemberAgain[T],
    answer: Callable[..., bytes] = lambda *_args, **_kwargs: b"",
    lock_before: Lock | None = None,
) -> Callable[[MemberBody[P, T]], MemberMutation[P, T]]:
    """Make a roster member's mutation of a function of an open act."""
    return lambda body: MemberMutation(name, body, again, answer, lock_before)


async def sweep(
    vault: Vault,
    now: ClockReading,
    *,
    due: Callable[[], Awaitable[Sequence[Found]]],
    each: Callable[[Vault, Actor, ClockReading, Found], Awaitable[bool]],
) -> int:
    """Do an act of the service for each thing that is due; return for how many it did something."""
    await vault.guard.check(now=now)
    return sum([await each(vault, SYSTEM, now, one) for one in await due()])


async def _told(name: str, tx: Tx, body: Awaitable[T]) -> T:
    value = await body
    if not tx.told:
        raise UntoldError(f"{name} wrote no entry of the log, and gave no reason")
    return value

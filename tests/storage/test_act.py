"""Acts over both databases: nothing without an entry of the log, and nothing twice."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core import account_request, person_request
from idvault.core.act import SYSTEM, Tx, UntoldError, Vault, act, known, member_mutation, mutation
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.request import Asked, MemberAsked
from idvault.core.tables.claim import requests
from idvault.core.tables.log import log_entries
from idvault.processes.bootstrap.vault import vault_of
from idvault.sanction.operation.rules import Operation
from idvault.sanction.operation.store import ROWS
from idvault_verify.clock import ClockReading
from idvault_verify.error import AlreadyExistsError, NotFoundError, Reason, UnavailableError
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at, request_id

_LEAVES = statement(select(log_entries.c.leaf), scalar)
_KEPT = statement(select(requests.c.account_token, requests.c.claim_id), tuple)
CALL = Asked(PARTY, "b" * 32, request_id(1), "Begin", builders.content("a title"))
MEMBER_CALL = MemberAsked("c" * 32, request_id(1), "Name", builders.content("a title"))
OTHER = replace(MEMBER_CALL, content=builders.content("another title")).request(FakeFingerprinter())


class Door:
    """A guard that can refuse."""

    closed = False

    async def check(self, *, now: ClockReading) -> None:
        """Refuse while it is closed."""
        if self.closed:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)


@pytest.fixture
def vault(main_database: Database) -> Vault:
    """Return what the acts need."""
    return vault_of(main_database, guard=Door(), fingerprinter=FakeFingerprinter(), entropy=CountingEntropy())


@mutation("test.begin", again=ROWS.get)
async def begin(tx: Tx, operation_id: str, title: str, *kinds: EventType, why: str = "") -> Operation:
    """Store an operation, with these entries, or with the reason why there is none."""
    made = Operation(operation_id, tx.party, title, tx.now.business)
    await ROWS.add(tx.connection, made)
    for kind in kinds:
        await tx.log(kind, operation_id=operation_id, paper=b"")
    if why:
        tx.unchanged(why)
    return made


async def told(vault: Vault) -> list[str]:
    """Return the types of all entries."""

    async def read(connection: Connection) -> list[bytes]:
        return await connection.all(_LEAVES)

    return sorted(entry.decode_leaf(leaf).type for leaf in await vault.read("test", read))


async def stored(vault: Vault) -> list[Operation]:
    """Return all operations."""
    page, _ = await vault.read("test", lambda one: ROWS.page(one, PARTY, after="", limit=9))
    return page


def made(vault: Vault, *kinds: EventType, call: Any = CALL, **options: Any) -> Awaitable[Operation]:
    """Begin an operation with a new id."""
    return begin(vault, call, at(0), vault.new_id(), "a title", *kinds, **options)


async def test_nothing_is_committed_without_an_entry(vault: Vault) -> None:
    """Neither the row nor the request: the same request may be made again."""
    with pytest.raises(UntoldError, match=r"^test\.begin wrote no entry"):
        await made(vault)
    assert await stored(vault) == []
    assert (
        await vault.read("test", lambda one: account_request.find(one, CALL.request(vault.fingerprinter)))
        is None
    )
    assert [await made(vault, EventType.OPERATION_OPEN)] == await stored(vault)
    assert await told(vault) == ["operation:moderation:open"]


async def test_a_reason_takes_the_place_of_an_entry(vault: Vault) -> None:
    """What the log has nothing to say of says so."""
    assert [await made(vault, why="a test")] == await stored(vault)
    assert await told(vault) == []


@mutation("test.enter_as", again=ROWS.get)
async def enter_as(tx: Tx, operation_id: str, entry_id: str) -> Operation:
    """Store an operation, with an entry of this id."""
    made = Operation(operation_id, tx.party, "a title", tx.now.business)
    await ROWS.add(tx.connection, made)
    await tx.log(EventType.OPERATION_OPEN, entry_id, operation_id=operation_id, paper=b"")
    return made


async def test_an_entry_that_cannot_be_written_undoes_the_act(vault: Vault) -> None:
    """The log has an entry of that id; neither row nor request is kept, and the request may be made again."""
    taken, call = vault.new_id(), replace(CALL, request_id=request_id(2))
    first = await enter_as(vault, CALL, at(0), vault.new_id(), taken)
    with pytest.raises(UnavailableError):
        await enter_as(vault, call, at(0), vault.new_id(), taken)
    assert await stored(vault) == [first]
    second = await enter_as(vault, call, at(0), vault.new_id(), vault.new_id())
    assert second in await stored(vault)


async def test_an_act_may_have_several_entries(vault: Vault) -> None:
    """All are committed with it."""
    await made(vault, EventType.OPERATION_OPEN, EventType.OPERATION_CLOSE)
    assert await told(vault) == ["operation:moderation:close", "operation:moderation:open"]


async def test_a_repeat_runs_nothing(vault: Vault) -> None:
    """It gets what the first request made, as it is now; the id with another body is refused."""
    first = await made(vault, EventType.OPERATION_OPEN)
    changed = replace(first, title="another title")

    async def change(connection: Connection) -> None:
        await ROWS.put(connection, await _titled(connection, first.operation_id, changed.title))

    await vault.main.act("test", change)
    assert await made(vault, EventType.OPERATION_OPEN) == changed
    assert await told(vault) == ["operation:moderation:open"]
    with pytest.raises(AlreadyExistsError):
        await made(vault, EventType.OPERATION_OPEN, call=replace(CALL, content=builders.content("b")))
    assert await stored(vault) == [changed]


async def _titled(connection: Connection, operation_id: str, title: str) -> Operation:
    return replace(await ROWS.lock(connection, PARTY, operation_id), title=title)


async def test_a_repeat_is_known_before_it_is_made(vault: Vault) -> None:
    """A new request is not; the id with another body is refused."""
    asked = CALL.request(vault.fingerprinter)
    assert await begin.known(vault, asked) is None
    first = await made(vault, EventType.OPERATION_OPEN)
    assert await begin.known(vault, asked) == first
    with pytest.raises(AlreadyExistsError):
        await begin.known(vault, replace(asked, fingerprint=bytes(32)))


async def test_a_request_keeps_its_account(vault: Vault) -> None:
    """It is stored beside what the request made."""
    asked = CALL.request(vault.fingerprinter).of_account("acct_1")
    await begin.run(vault, CALL, at(0), asked, "f" * 32, "a title", EventType.OPERATION_OPEN)

    async def read(connection: Connection) -> list[tuple[str, str]]:
        return await connection.all(_KEPT)

    assert await vault.read("test", read) == [("acct_1", "f" * 32)]


@pytest.mark.parametrize("reason", ["", " "])
async def test_an_empty_reason_is_none(vault: Vault, reason: str) -> None:
    """An act that says nothing does not commit, however it says so."""

    @mutation("test.silent", again=ROWS.get)
    async def silent(tx: Tx, operation_id: str) -> Operation:
        made = Operation(operation_id, tx.party, "title", tx.now.business)
        await ROWS.add(tx.connection, made)
        tx.unchanged(reason)
        return made

    with pytest.raises(ValueError, match="needs a reason"):
        await silent.run(vault, CALL, at(0), CALL.request(vault.fingerprinter), "op")
    assert await stored(vault) == []


async def test_what_an_account_has_is_found_by_it(vault: Vault) -> None:
    """A repeat is answered by the account's token where the relying party would be no key."""

    async def again(_connection: Connection, owner: str, made: str) -> str:
        return f"{owner} {made}"

    @mutation("test.note", again=again, of_account=True)
    async def note(tx: Tx, _: str) -> str:
        tx.unchanged("a test")
        return "new"

    asked = CALL.request(vault.fingerprinter)
    # A repeat of what makes an account does not know which one the first request made.
    made = [
        await note.run(vault, CALL, at(0), asked.of_account(f"acct_{letter}"), letter * 32) for letter in "ab"
    ]
    assert made == ["new", "acct_a " + "a" * 32]
    assert await note.known(vault, asked) == made[1]


async def test_an_entry_may_be_the_services(vault: Vault) -> None:
    """An act that finds something due writes that it came by itself."""

    @act("test.note")
    async def note(tx: Tx) -> list[str]:
        entries = [
            await tx.log(EventType.OPERATION_OPEN, by=by, operation_id="f" * 32, paper=b"")
            for by in (SYSTEM, None)
        ]
        return [each.actor_id for each in entries]

    assert await note(vault, CALL, at(0)) == [SYSTEM.actor_id, CALL.actor_id]


async def test_a_closed_guard_lets_nothing_begin(vault: Vault) -> None:
    """Not even a repeat is looked up."""
    vault.guard.closed = True  # type: ignore[attr-defined]
    with pytest.raises(UnavailableError):
        await made(vault, EventType.OPERATION_OPEN)
    assert await stored(vault) == []


async def test_a_thing_of_another_party_is_unknown(vault: Vault) -> None:
    """In the same words as one that does not exist."""
    own = await made(vault, EventType.OPERATION_OPEN)
    for read in (ROWS.get, ROWS.lock):
        for party, wanted in (("platform-b", own.operation_id), (PARTY, "f" * 32)):
            with pytest.raises(NotFoundError) as refused:
                await vault.main.act("test", lambda one: read(one, party, wanted))  # noqa: B023
            assert refused.value.reason is Reason.OPERATION_NOT_FOUND


locked: list[str] = []


async def lock(connection: Connection) -> None:
    """Note that the lock comes before the request."""
    request = MEMBER_CALL.request(FakeFingerprinter())
    locked.append("locked" if await person_request.find(connection, request) is None else "again")


async def again(_connection: Connection, answer: bytes, operation_id: str, *_args: str) -> str:
    """Return the id among the arguments, and the answer that is kept."""
    return f"{operation_id}: {answer.decode()}"


@member_mutation("test.name", again=again, answer=lambda _id, title, **_: title.encode(), lock_before=lock)
async def name(tx: Tx, operation_id: str, title: str, *, found: str = "") -> str:
    """Store an operation, and let a repeat find something else if there is something."""
    await ROWS.add(tx.connection, Operation(operation_id, PARTY, title, tx.now.business))
    await tx.log(EventType.OPERATION_OPEN, operation_id=operation_id, paper=b"")
    if found:
        await tx.answer_member(found.encode())
    return "first"


def named(vault: Vault, number: int, *, call: Any = MEMBER_CALL, **options: str) -> Awaitable[str]:
    """Ask for an operation with this number as a roster member."""
    return name(vault, call, at(0), f"{number:032}", "a title", **options)


async def test_a_member_gets_the_kept_answer_and_its_own_arguments(vault: Vault) -> None:
    """A repeat stores nothing; the lock comes first; the id with another body is refused."""
    locked.clear()
    request = MEMBER_CALL.request(vault.fingerprinter)
    assert await known(vault, request) is None
    assert await named(vault, 1) == "first"
    assert await named(vault, 2) == f"{2:032}: a title"
    assert (locked, len(await stored(vault)), await known(vault, request)) == (
        ["locked", "again"],
        1,
        b"a title",
    )
    for asked in (
        named(vault, 1, call=replace(MEMBER_CALL, content=builders.content())),
        known(vault, OTHER),
    ):
        with pytest.raises(AlreadyExistsError):
            await asked
    assert await told(vault) == ["operation:moderation:open"]


async def test_an_act_may_find_the_answer_of_a_member(vault: Vault) -> None:
    """It takes the place of the one that was kept with the request."""
    await named(vault, 1, found="what was there")
    assert await named(vault, 1) == f"{1:032}: what was there"


@member_mutation("test.enter", again=again, answer=lambda entry_id, _title: entry_id.encode())
async def enter(tx: Tx, entry_id: str, title: str) -> str:
    """Write an entry with an id that the answer names."""
    event = await tx.log(EventType.OPERATION_OPEN, entry_id, operation_id=title, paper=b"")
    return event.entry_id


async def test_an_answer_may_name_the_entry(vault: Vault) -> None:
    """Its id is made before the act, and is the one in the log."""
    made = vault.new_id()
    assert await enter(vault, MEMBER_CALL, at(0), made, "a title") == made
    ids = statement(select(log_entries.c.entry_id), scalar)
    assert await vault.read("test", lambda one: one.all(ids)) == [made]
    assert await known(vault, MEMBER_CALL.request(vault.fingerprinter)) == made.encode()


async def test_the_service_asks_without_a_request(vault: Vault) -> None:
    """Nothing is kept, so nothing is repeated."""
    assert [await named(vault, number, call=SYSTEM, found="a") for number in (1, 2)] == ["first", "first"]
    assert len(await stored(vault)) == 2


async def test_a_member_waits_for_the_log_too(vault: Vault) -> None:
    """Not even a repeat is looked up."""
    vault.guard.closed = True  # type: ignore[attr-defined]
    with pytest.raises(UnavailableError):
        await named(vault, 1)
    assert await stored(vault) == []

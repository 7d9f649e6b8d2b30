"""Contests over both databases: filed by the owner or the platform, decided once, overdue, and deleted.

Clients ask; what the worker does on a schedule has no method.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from idvault.core.act import SYSTEM
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.session import contests
from idvault.processes.bootstrap import overview
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.session.contest.acts import CONTESTS
from idvault.session.contest.rules import Contest
from idvault_client import codec
from idvault_client.errors import InvalidFields, PreconditionFailed, RequestIdReused
from idvault_client.sessions import AccountContest
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import ContestState
from idvault_verify.v1 import contest_pb2 as pb
from idvault_verify.v1 import identity_pb2
from tests.support.misses import missed
from tests.support.refusal import fields_of, reason_of
from tests.support.session_world import SessionWorld
from tools.support.campaign_world import DAY
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import ids
from tools.support.sanction_world import LateVault, signing

TEXT = "那不是我 (synthetic)"
OTHER = "platform-b"
CASES, UPHELD = "contest:", ContestState.UPHELD
_ERASE = statement(update(accounts).values(state="ERASED"))
_STORED = statement(select(contests.c.text).where(contests.c.contest_id == param("contest")), scalar)


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database of each kind, and two platforms."""
    made = SessionWorld(main_database)
    await made.prepare()
    await made.prepare(name=OTHER)
    yield made
    await made.claims.verification.drain()


async def verified(world: SessionWorld, number: int = 1) -> tuple[str, str]:
    """Sign somebody up; return the account and its verification."""
    claim = await world.claims.verify(command(number))
    return claim.account.account_token, claim.claim_id


async def contest(
    world: SessionWorld,
    token: str,
    verification_id: str,
    text: str = TEXT,
    *,
    name: str = PARTY,
    seconds: float = 0,
    **options: Any,
) -> AccountContest:
    """File a contest as a platform does."""
    return await world.asks(seconds, name=name).contest(token, verification_id, text, **options)


async def decide(
    world: SessionWorld,
    contest_id: str,
    verdict: ContestState = UPHELD,
    *,
    reason: str = "seen on the log of logins",
    name: str = PARTY,
    seconds: float = 0,
    **options: Any,
) -> AccountContest:
    """Decide a contest as moderators of a platform do: to uphold it needs a second one."""
    key = signing(await world.moderation.clerk(party=name), seconds)
    asks = world.asks(seconds, name=name)
    decided = await asks.decide_contest(contest_id, verdict, reason, key=key, **options)
    return await confirm(world, decided, name=name, seconds=seconds) if verdict is UPHELD else decided


async def confirm(
    world: SessionWorld,
    proposed: AccountContest,
    *,
    number: int = 1,
    name: str = PARTY,
    seconds: float = 0,
    **options: Any,
) -> AccountContest:
    """Confirm a proposal as another moderator does."""
    key = signing(await world.moderation.moderator(number, party=name), seconds)
    return await world.asks(seconds, name=name).confirm_contest(proposed, key=key, **options)


async def read(
    world: SessionWorld, contest_id: str, *, name: str = PARTY, seconds: float = 0
) -> AccountContest:
    """Read a contest with its text."""
    return await world.asks(seconds, name=name).get_contest(contest_id)


async def pages(world: SessionWorld, *, name: str = PARTY, seconds: float = 0, **filters: Any) -> list[str]:
    """Return the ids of all contests of a list, read two at a time."""
    found = await ids(world.asks(seconds, name=name).list_contests, page_size=2, **filters)
    return [each for page in found for each in page]


async def test_an_owner_contests_and_the_platform_decides(world: SessionWorld) -> None:
    """From the owner's page to the answer on it; the text is the platform's to read, and in no list."""
    token, verification_id = await verified(world)
    session_id = await world.identity(token)
    filed = await world.own(
        "ContestFromSession",
        pb.ContestFromSessionRequest,
        session_id,
        request_id=world.new_id(),
        verification_id=verification_id,
        text=TEXT,
    )
    filed = codec.read(AccountContest, filed)
    assert (filed.account_token, filed.verification_id) == (token, verification_id)
    assert (filed.state, filed.overdue) == (ContestState.FILED, False)
    assert await pages(world) == [filed.contest_id]
    found = await read(world, filed.contest_id)
    assert found == replace(filed, text=TEXT)
    assert TEXT not in repr(found)
    decided = await decide(world, filed.contest_id)
    assert (decided.state, decided.reason) == (ContestState.UPHELD, "seen on the log of logins")
    shown = await world.own("GetIdentity", identity_pb2.GetIdentityRequest, session_id)
    assert [codec.read(AccountContest, each) for each in shown.contests] == [decided]
    assert shown.status.state == shown.status.STATE_REVOKED
    # Which case withdrew the verification is not in the public log.
    assert await world.events(CASES) == ["contest:case:file", "contest:case:propose"]
    assert await world.events("withdrawal:") == ["withdrawal:account:decide"]


async def test_both_ends_are_news(world: SessionWorld) -> None:
    """Filing and deciding each raise the account's revision, and change nothing else of its status."""
    token, verification_id = await verified(world)
    status = world.claims.status
    before = await status.get(relying_party=PARTY, account_token=token, now=at(0))
    filed = await contest(world, token, verification_id)
    await decide(world, filed.contest_id, ContestState.REJECTED)
    after = await status.get(relying_party=PARTY, account_token=token, now=at(0))
    assert (after.revision, after.state) == (before.revision + 2, before.state)


async def test_what_cannot_be_contested(world: SessionWorld) -> None:
    """A failure, an unknown or another account's verification, another platform's account, an empty text."""
    token, verification_id = await verified(world)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    failed = await world.claims.verify(command(2, account_token=token))
    assert failed.state is ClaimState.FAILED
    other, _ = await verified(world, 3)
    for account, wanted, name, reason in (
        (token, failed.claim_id, PARTY, Reason.ILLEGAL_TRANSITION),
        (token, "0" * 32, PARTY, Reason.VERIFICATION_NOT_FOUND),
        (other, verification_id, PARTY, Reason.VERIFICATION_NOT_FOUND),
        (token, verification_id, OTHER, Reason.ACCOUNT_NOT_FOUND),
    ):
        assert await reason_of(contest(world, account, wanted, name=name)) is reason
    assert await fields_of(contest(world, token, verification_id, "")) == ["text"]
    assert await pages(world) == []


async def test_a_verification_is_contested_once(world: SessionWorld) -> None:
    """A repeat is the same contest; another one is refused while it is open, also of two at once."""
    token, verification_id = await verified(world)
    request_id = world.new_id()
    filed = await contest(world, token, verification_id, request_id=request_id)
    assert await contest(world, token, verification_id, request_id=request_id) == filed
    with pytest.raises(RequestIdReused):
        await contest(world, token, verification_id, request_id=request_id, text="other")
    assert await reason_of(contest(world, token, verification_id)) is Reason.CONTEST_EXISTS
    other, its_id = await verified(world, 2)
    both = await asyncio.gather(*(contest(world, other, its_id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, AccountContest) for each in both) == 1


async def test_a_contest_is_decided_once_by_its_platform(world: SessionWorld) -> None:
    """A repeat is the same decision; another one, another platform, and no verdict are refused."""
    filed = await contest(world, *await verified(world))
    for changes in ({"verdict": 0}, {"verdict": 1}, {"verdict": 9}, {"reason": ""}, {"contest_id": "x"}):
        given: dict[str, Any] = {"contest_id": filed.contest_id, **changes}
        with pytest.raises(InvalidFields):
            await decide(world, given.pop("contest_id"), **given)
    for work in (decide(world, filed.contest_id, name=OTHER), read(world, filed.contest_id, name=OTHER)):
        assert await reason_of(work) is Reason.CONTEST_NOT_FOUND
    request_id = world.new_id()
    rejected = ContestState.REJECTED
    decided = await decide(world, filed.contest_id, rejected, request_id=request_id)
    assert await decide(world, filed.contest_id, rejected, request_id=request_id) == decided
    for verdict in (rejected, UPHELD):
        with pytest.raises(PreconditionFailed):
            await decide(world, filed.contest_id, verdict)


async def test_two_moderators_uphold_a_contest(world: SessionWorld) -> None:
    """Not the same one, not another proposal, not after 72 hours; a repeat is the same decision."""
    filed = await contest(world, *await verified(world))
    clerk = await world.moderation.clerk()
    uphold = partial(world.asks().decide_contest, filed.contest_id, UPHELD, "seen", key=signing(clerk, 0))
    request_id = world.new_id()
    proposed = await uphold(request_id=request_id)
    assert (proposed.state, proposed.propose_moderator_id) == (ContestState.PROPOSED, clerk.moderator_id)
    assert (proposed.due_time, proposed.decide_time) == (filed.due_time, None)
    assert await uphold(request_id=request_id) == proposed
    with pytest.raises(PreconditionFailed):
        await uphold()
    assert await reason_of(confirm(world, proposed, number=200)) is Reason.SELF_APPROVAL
    other = replace(proposed, paper_digest=b"x" * 32)
    assert await fields_of(confirm(world, other)) == ["paper_digest"]
    late = 72 * 3_600
    assert await reason_of(confirm(world, proposed, seconds=late)) is Reason.ILLEGAL_TRANSITION
    again = await read(world, filed.contest_id, seconds=late)
    assert again == replace(filed, text=TEXT)
    assert await pages(world, state=ContestState.FILED) == [filed.contest_id]
    options: dict[str, Any] = {"request_id": world.new_id(), "seconds": late - 1}
    upheld = await confirm(world, proposed, **options)
    assert upheld.state is UPHELD
    assert await confirm(world, proposed, **options) == upheld


async def test_what_a_revoked_moderator_proposed_is_not_confirmed(world: SessionWorld) -> None:
    """A person with a new key must not confirm with it what was proposed with the former one."""
    filed = await contest(world, *await verified(world))
    keys = [await world.moderation.moderator(number) for number in (1, 2, 3)]
    asks = world.asks()
    proposed = await asks.decide_contest(filed.contest_id, UPHELD, "seen", key=signing(keys[0], 0))
    await world.moderation.revoke(keys[0])
    assert await reason_of(confirm(world, proposed, number=2)) is Reason.MODERATOR_REVOKED


async def test_a_rejected_contest_does_not_use_up_a_later_one(world: SessionWorld) -> None:
    """The platform files another one in its place; its page does not, and who rejected it decides nothing."""
    token, verification_id = await verified(world)
    filed = await contest(world, token, verification_id)
    await decide(world, filed.contest_id, ContestState.REJECTED)
    session_id = await world.identity(token)
    message: dict[str, Any] = {"request_id": world.new_id(), "verification_id": verification_id, "text": TEXT}
    own = world.own("ContestFromSession", pb.ContestFromSessionRequest, session_id, **message)
    assert await reason_of(own) is Reason.CONTEST_EXISTS
    request_id = world.new_id()
    again = await contest(world, token, verification_id, "other", seconds=9, request_id=request_id)
    assert again == await contest(world, token, verification_id, "other", seconds=9, request_id=request_id)
    assert (again.contest_id, again.state) == (filed.contest_id, ContestState.FILED)
    assert again.file_time > filed.file_time
    assert (await read(world, filed.contest_id, seconds=9)).text == "other"
    assert await reason_of(contest(world, token, verification_id)) is Reason.CONTEST_EXISTS
    for verdict in (ContestState.REJECTED, UPHELD):
        assert await reason_of(decide(world, again.contest_id, verdict)) is Reason.SELF_APPROVAL
    keys = [signing(await world.moderation.moderator(number), 9) for number in (1, 2)]
    asks = world.asks(9)
    proposed = await asks.decide_contest(again.contest_id, UPHELD, "seen", key=keys[0])
    assert (await asks.confirm_contest(proposed, key=keys[1])).state is UPHELD


async def test_an_erased_account_is_not_contested_but_decided(world: SessionWorld) -> None:
    """What was filed before is decided in its time, also when the account is gone meanwhile."""
    filed = await contest(world, *await verified(world))
    other, its_id = await verified(world, 2)

    async def erase(connection: Connection) -> None:
        await connection.run(_ERASE)

    await world.database.act("test", erase)
    assert await reason_of(contest(world, other, its_id)) is Reason.ACCOUNT_ERASED
    assert (await decide(world, filed.contest_id)).state == ContestState.UPHELD


async def test_lists_filter_and_stay_in_order(world: SessionWorld) -> None:
    """By account, state and what is overdue; pages do not move while contests come."""
    made = []
    for number in range(1, 6):
        token, verification_id = await verified(world, number)
        made.append(await contest(world, token, verification_id, seconds=number))
    await decide(world, made[1].contest_id, seconds=9)
    ids = [each.contest_id for each in made]
    assert await pages(world) == ids
    assert await pages(world, account_token=made[2].account_token) == [ids[2]]
    assert await pages(world, state=ContestState.UPHELD) == [ids[1]]
    assert await pages(world, account_token=made[2].account_token, state=ContestState.UPHELD) == []
    assert await pages(world, overdue=True) == []
    assert await pages(world, overdue=True, seconds=17 * DAY) == [ids[0], *ids[2:]]
    assert await pages(world, name=OTHER) == []
    wrong: list[dict[str, Any]] = [{"page_token": "0" * 32}, {"state": 9}, {"overdue": True, "state": UPHELD}]
    for each in wrong:
        with pytest.raises(InvalidFields):
            await world.asks().list_contests(**each)


async def test_what_the_worker_does_with_contests(world: SessionWorld) -> None:
    """Each overdue one is logged once, by the worker or the late decision; a decided one loses its text."""
    first = await contest(world, *await verified(world))
    second = await contest(world, *await verified(world, 2))
    vault, late, end = world.vault, at(17 * DAY), at(109 * DAY)
    assert await CONTESTS.overdue(vault, now=late) == 2
    first_due = (await CONTESTS.find(vault, PARTY, first.contest_id)).due_at
    assert await CONTESTS.deadlines(vault, now=at(0)) == [PlatformDeadlines(PARTY, 2, 0, first_due)]
    assert await CONTESTS.deadlines(vault, now=late) == [PlatformDeadlines(PARTY, 2, 2, first_due)]
    told = await overview.open_deadlines(vault, now=late)
    counts = {"open": 2, "overdue": 2, "first_due_time": first_due.isoformat()}
    assert told["open"] == [{"platform": PARTY, "kind": "contests", **counts}]
    assert (told["overdue"]["contests"], sum(told["overdue"].values())) == (2, 2)
    await decide(world, second.contest_id, ContestState.REJECTED, seconds=17 * DAY)
    stale = await CONTESTS.find(vault, PARTY, second.contest_id)
    assert [await CONTESTS.note_all_overdue(vault, late, limit=9) for _ in range(2)] == [1, 0]
    assert not await CONTESTS.note_overdue(vault, SYSTEM, late, stale)
    assert await CONTESTS.overdue(vault, now=late) == 1
    assert await CONTESTS.delete_texts(vault, late, limit=9) == 0
    # What is due is not shown, even before the worker comes.
    assert (await read(world, second.contest_id, seconds=109 * DAY)).text == ""
    assert await _text(world, stale) is not None
    assert [await CONTESTS.delete_texts(vault, end, limit=9) for _ in range(2)] == [1, 0]
    assert not await CONTESTS.delete_text(vault, SYSTEM, end, stale)
    assert await _text(world, stale) is None
    assert (await read(world, first.contest_id, seconds=109 * DAY)).text == TEXT
    assert await world.events(CASES) == [
        *["contest:case:file"] * 2,
        *["contest:case:overdue"] * 2,
        "contest:case:reject",
        "contest:text:delete",
    ]
    assert [each[:2] for each in await missed(world.database)] == [("contest:case:overdue", PARTY)] * 2


async def _text(world: SessionWorld, contest: Contest) -> bytes | None:
    async def stored(connection: Connection) -> bytes | None:
        return await connection.only(_STORED, contest=contest.contest_id)

    return await world.database.read("test", stored)


async def test_the_text_is_sealed_at_rest(world: SessionWorld) -> None:
    """The stored bytes have nothing of what was written, and open for their own contest only."""
    token, verification_id = await verified(world)
    filed = await contest(world, token, verification_id)
    stored = await CONTESTS.find(world.vault, PARTY, filed.contest_id)
    sealed = await _text(world, stored)
    assert sealed is not None
    assert TEXT.encode() not in sealed
    wanted = ObjectionFilter(state=ContestState.FILED)
    listed, _ = await CONTESTS.page(world.vault, PARTY, wanted, after="", limit=9, now=at(0))
    assert TEXT not in repr(listed)


async def test_a_revocation_just_before_a_decision(world: SessionWorld) -> None:
    """A moderator who is revoked after the signature was read decides no contest."""
    filed = await contest(world, *await verified(world))
    world.servicer.vault = LateVault.of(world.moderation)
    assert await reason_of(decide(world, filed.contest_id)) is Reason.MODERATOR_REVOKED
    assert (await read(world, filed.contest_id)).state == ContestState.FILED

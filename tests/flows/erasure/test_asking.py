"""Who asks for an erasure, how long it then waits, who is told, and who can stop it: over both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from idvault.account.store.rows import unpack
from idvault.core.db.database import Database
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.edge.call import Caller
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureSweep
from idvault.erasure.api import ErasureMethods
from idvault.erasure.rules import DELAY
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.processes.bootstrap import overview
from idvault.status.acts import Feeds
from idvault_client.errors import PreconditionFailed
from idvault_verify.account import AccountState, Status
from idvault_verify.error import Reason, TransitionError
from idvault_verify.public_account import PublicAccountState
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree
from idvault_verify.v1 import erasure_pb2 as pb
from idvault_verify.v1 import identity_pb2
from tests.support.refusal import fields_of, reason_of
from tests.support.session_world import SessionWorld
from tools.support import builders
from tools.support.erasure_world import DELAYED, WAITED
from tools.support.flow_world import PARTY, at, command
from tools.support.organizations import organization

DAY, HOUR = 86_400, 3_600
OTHER = "platform-b"
State = pb.Erasure.State
REQUESTED, CANCELLED = pb.Erasure.STATE_REQUESTED, pb.Erasure.STATE_CANCELLED
ERASED, DESTROYED = pb.Erasure.STATE_ERASED, pb.Erasure.STATE_DESTROYED
OWNER, PLATFORM = pb.Erasure.ORIGIN_OWNER, pb.Erasure.ORIGIN_PLATFORM


class AskingWorld(SessionWorld):
    """Both ways to ask for an erasure, the worker, and a platform that reads the feed."""

    def __init__(self, main: Database, shred: Database) -> None:
        super().__init__(main)
        self.erasing = ErasureMethods(vault=self.vault, context=self.identity_context.erasures)
        self.sweep = ErasureSweep(
            vault=self.vault,
            shred_keys=ShredKeys(shred),
            remnants=Remnants(main=main, shred=shred),
            zone=builders.ZONE,
        )
        self._feed = Feeds(vault=self.vault)
        self._place = 0
        self._claims = 500

    async def owner(self, kind: str = "person", *, number: int = 1) -> str:
        """Sign somebody up and return the token."""
        self._claims += 1
        if kind == "person":
            person = builders.identity(number=f"110000190101{number:02}000X")
            asked = command(self._claims, person)
        else:
            asked = command(self._claims, organization(), method="VerifyOrganization")
        return (await self.claims.represented(asked)).account.account_token

    async def again(self, token: str, kind: str = "person", *, seconds: float) -> None:
        """Let the owner verify the account again."""
        self._claims += 1
        if kind == "person":
            asked = command(self._claims, builders.identity(number="11000019010101000X"), account_token=token)
        else:
            asked = command(self._claims, organization(), method="VerifyOrganization", account_token=token)
        await self.claims.represented(asked, seconds=seconds)

    async def by_owner(self, token: str, *, seconds: float = 0, browser: int = 1, **more: Any) -> pb.Erasure:
        """Request an erasure on the vault's page."""
        session_id = await self.identity(token, seconds=seconds, browser=browser)
        kind = identity_pb2.EraseFromSessionRequest
        given = {"request_id": self.new_id(), "browser": browser, "seconds": seconds, **more}
        return cast(pb.Erasure, await self.own("EraseFromSession", kind, session_id, **given))

    async def kept(self, token: str, *, seconds: float = 0, browser: int = 1) -> pb.Erasure:
        """Cancel an erasure on the vault's page, in a session that the platform has just made."""
        session_id = await self.identity(token, seconds=seconds, browser=browser)
        kind, request_id = identity_pb2.KeepFromSessionRequest, self.new_id()
        made = await self.own(
            "KeepFromSession", kind, session_id, request_id=request_id, seconds=seconds, browser=browser
        )
        return cast(pb.Erasure, made)

    async def seen(self, token: str, *, seconds: float = 0, browser: int = 1) -> identity_pb2.Identity:
        """Return what the owner's page shows."""
        session_id = await self.identity(token, seconds=seconds, browser=browser)
        kind = identity_pb2.GetIdentityRequest
        found = await self.own("GetIdentity", kind, session_id, seconds=seconds, browser=browser)
        return cast(identity_pb2.Identity, found)

    async def ask(self, method: str, message: Any, *, name: str = PARTY, seconds: float = 0) -> Any:
        """Call a method of ErasureService as a platform."""
        caller = Caller(name, "platform", "b" * 32)
        return await getattr(self.erasing, method)(message, caller=caller, now=at(seconds), remaining=None)

    async def by_platform(self, token: str, *, seconds: float = 0) -> pb.Erasure:
        message = pb.EraseAccountRequest(request_id=self.new_id(), account_token=token)
        return cast(pb.Erasure, await self.ask("EraseAccount", message, seconds=seconds))

    async def cancel(self, token: str, *, seconds: float = 0) -> pb.Erasure:
        message = pb.CancelErasureRequest(request_id=self.new_id(), account_token=token)
        return cast(pb.Erasure, await self.ask("CancelErasure", message, seconds=seconds))

    async def listed(self, *, size: int = 9, name: str = PARTY, state: Any = 0) -> list[list[pb.Erasure]]:
        """Return every page of the list."""
        token, pages = "", []
        while True:
            asked = pb.ListErasuresRequest(page_size=size, page_token=token, state=state)
            found = await self.ask("ListErasures", asked, name=name)
            pages.append(list(found.erasures))
            token = found.next_page_token
            if not token:
                return pages

    async def work(self, *, seconds: float) -> int:
        return await self.sweep.step(now=at(seconds), limit=100)

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.moderation.status(token, seconds=seconds)

    async def news(self) -> dict[str, tuple[int, Any]]:
        """Return what the feed tells next: each changed account's revision and time of erasure."""
        await self._feed.heads([PARTY], now=at(0))
        chunk = await self._feed.read(relying_party=PARTY, after=self._place)
        self._place = chunk.place
        found = [
            unpack(each + shown) for shown, tokens in chunk.accounts.items() for each in tokens.split(",")
        ]
        return {each.account_token: (each.revision, each.erase_at) for each in found}


@pytest_asyncio.fixture
async def world(main_database: Database, shred_database: Database) -> AsyncIterator[AskingWorld]:
    """Return the flows with new databases of each kind."""
    made = AskingWorld(main_database, shred_database)
    await made.prepare()
    await made.prepare(name=OTHER)
    yield made
    await made.claims.verification.drain()


def days(made: pb.Erasure) -> float:
    """Return how long an erasure waits."""
    return (made.erase_time.seconds - made.request_time.seconds) / DAY


def erase_time(made: pb.Erasure) -> Any:
    return builders.NOW.fromtimestamp(made.erase_time.seconds, tz=builders.NOW.tzinfo)


both_kinds = pytest.mark.parametrize("kind", ["person", "organisation"])


@both_kinds
async def test_a_thief_in_a_browser(world: AskingWorld, kind: str) -> None:
    """A request of somebody who has only the bound browser waits 30 days, and everybody concerned is told."""
    token = await world.owner(kind)
    await world.news()
    before = await world.status(token, seconds=DAY)
    made = await world.by_owner(token, seconds=DAY)
    assert (days(made), made.origin) == (30, OWNER)
    after = await world.status(token, seconds=DAY)
    assert (after.revision, after.erase_at) == (before.revision + 1, erase_time(made))
    assert await world.news() == {token: (after.revision, after.erase_at)}
    assert [[each.erasure_id for each in page] for page in await world.listed()] == [[made.erasure_id]]
    for seconds, overdue in ((DAY, 0), (99 * DAY, 1)):
        waits = await erasure_acts.deadlines(world.vault, now=at(seconds))
        assert waits == [PlatformDeadlines(PARTY, 1, overdue, erase_time(made))]
        told = await overview.open_deadlines(world.vault, now=at(seconds))
        assert [(each["kind"], each["overdue"]) for each in told["open"]] == [("erasures", overdue)]
        # No platform decides about it: it is told since when the worker is late.
        assert set(told["overdue"].values()) == {0}
        assert told["erasures_due_since"] == (erase_time(made).isoformat() if overdue else None)
    # The owner, in another browser and a session of its own, finds it and stops it.
    assert (await world.seen(token, seconds=9 * DAY, browser=2)).erasure.state == REQUESTED
    assert (await world.kept(token, seconds=29 * DAY, browser=2)).state == CANCELLED
    assert await world.work(seconds=99 * DAY) == 0


@both_kinds
async def test_after_a_fresh_verification(world: AskingWorld, kind: str) -> None:
    """Within an hour after a match the usual time applies, to the second; the page says which it is."""
    token = await world.owner(kind)
    for seconds, waits in ((HOUR - 1, 7), (HOUR, 30), (2 * DAY, 30)):
        shown = await world.seen(token, seconds=seconds)
        assert shown.recently_verified is (waits == 7)
        made = await world.by_owner(token, seconds=seconds)
        assert (days(made), shown.possible_erase_time) == (waits, made.erase_time)
        await world.cancel(token, seconds=seconds)
    await world.again(token, kind, seconds=3 * DAY)
    assert days(await world.by_owner(token, seconds=3 * DAY + 60)) == 7


async def test_what_is_no_verification_of_the_owner(world: AskingWorld) -> None:
    """A wrong name, somebody else's, a waiting check, and another account's match count nothing."""
    token, other = await world.owner(), await world.owner(number=3)
    for answer in (RegistryAnswer.MISMATCH, None):
        if answer is not None:
            world.claims.registry.script.append(answer)
            await world.again(token, seconds=DAY)
        else:
            stranger = builders.identity(number="11000019010107000X")
            await world.claims.verify(command(900, stranger, account_token=token), seconds=DAY)
        assert days(await world.by_owner(token, seconds=DAY)) == 30
        await world.cancel(token, seconds=DAY)
    assert days(await world.by_owner(other, seconds=DAY)) == 30
    world.claims.registry.hang = True
    waiting = command(901, builders.identity(number="11000019010101000X"), account_token=token)
    await world.claims.verify(waiting, seconds=2 * DAY, patience=0.01)
    assert days(await world.by_owner(token, seconds=2 * DAY)) == 30
    world.claims.registry.hang = False


async def test_who_cannot_verify(world: AskingWorld) -> None:
    """A legacy account, a failed sign-up, and a suspended owner can be erased, after 30 days."""
    (legacy,) = await world.campaigns.members(1)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    failed, suspended = await world.owner(number=5), await world.owner(number=6)
    key = await world.moderation.moderator(1)
    await world.moderation.impose(suspended, Degree.SUSPEND, key=key)
    for token in (legacy, failed, suspended):
        made = await world.by_owner(token, seconds=2 * HOUR)
        assert days(made) == 30
        assert await world.work(seconds=2 * HOUR + 30 * DAY - 1) == 0
    assert await world.work(seconds=2 * HOUR + 30 * DAY) == 3


async def test_a_platform_vouches_for_its_request(world: AskingWorld) -> None:
    """By a call it waits for the usual time; the owner is told and can stop it without the platform."""
    token = await world.owner()
    made = await world.by_platform(token, seconds=9 * DAY)
    assert (days(made), made.origin) == (7, PLATFORM)
    assert (await world.status(token, seconds=9 * DAY)).erase_at == erase_time(made)
    assert (await world.kept(token, seconds=15 * DAY)).state == CANCELLED
    assert (await world.status(token, seconds=15 * DAY)).erase_at is None


async def test_every_step_is_in_the_feed(world: AskingWorld) -> None:
    """Request, cancellation, request, erasure, destruction: each a revision, seen by who reads each time."""
    token = await world.owner()
    first = (await world.status(token)).revision
    await world.news()
    made = await world.by_platform(token)
    assert await world.news() == {token: (first + 1, erase_time(made))}
    await world.cancel(token, seconds=DAY)
    assert await world.news() == {token: (first + 2, None)}
    made = await world.by_owner(token, seconds=60)
    assert await world.news() == {token: (first + 3, erase_time(made))}
    await world.work(seconds=60 + WAITED)
    assert await world.news() == {token: (first + 4, None)}
    await world.work(seconds=60 + DELAYED)
    assert await world.news() == {token: (first + 5, None)}
    assert (await world.status(token, seconds=DELAYED + DAY)).state is AccountState.ERASED
    assert await world.news() == {}


async def test_who_was_away_misses_nothing(world: AskingWorld) -> None:
    """A reader that comes back gets each account once, as it is now, also one whose erasure came and went."""
    tokens = [await world.owner(number=number) for number in (1, 3, 5)]
    known = await world.news()
    for token in tokens:
        await world.by_platform(token)
    await world.cancel(tokens[1], seconds=DAY)
    await world.work(seconds=WAITED)
    made = await world.by_owner(tokens[1], seconds=WAITED)
    told = await world.news()
    assert set(told) == set(tokens)
    assert all(revision > known[token][0] for token, (revision, _) in told.items())
    assert told[tokens[1]][1] == erase_time(made)
    assert [told[tokens[0]][1], told[tokens[2]][1]] == [None, None]
    assert await world.news() == {}


async def test_public_accounts_are_told_with_their_owner(world: AskingWorld) -> None:
    """The profile of an owner's public account gets a revision with each step, and is closed in the end."""
    token = await world.owner()
    opened = await world.publishing.open(token)
    seen = [opened.profile]
    await world.by_owner(token)
    seen.append(await world.publishing.profile(opened))
    await world.cancel(token, seconds=60)
    seen.append(await world.publishing.profile(opened, seconds=60))
    await world.by_owner(token, seconds=120)
    await world.work(seconds=120 + WAITED)
    seen.append(await world.publishing.profile(opened, seconds=120 + WAITED))
    assert [each.revision - seen[0].revision for each in seen] == [0, 1, 2, 4]
    active, closed = PublicAccountState.ACTIVE, PublicAccountState.CLOSED
    assert [each.state for each in seen] == [active, active, active, closed]


async def test_a_repeat_tells_nothing_twice(world: AskingWorld) -> None:
    """The same request, many times at once, is one erasure and one revision; a refused one is none."""
    token = await world.owner()
    session_id, request_id = await world.identity(token), world.new_id()
    before = (await world.status(token)).revision
    kind = identity_pb2.EraseFromSessionRequest
    made = await asyncio.gather(
        *(world.own("EraseFromSession", kind, session_id, request_id=request_id) for _ in range(6))
    )
    assert len({each.erasure_id for each in made}) == 1
    assert await reason_of(world.by_platform(token)) is Reason.ILLEGAL_TRANSITION
    assert (await world.status(token)).revision == before + 1
    # A repeat after the hour in which a verification counts is still the same erasure.
    again = await world.own("EraseFromSession", kind, session_id, request_id=request_id, seconds=14 * 60)
    assert again.erase_time == made[0].erase_time


async def test_two_ways_at_once(world: AskingWorld) -> None:
    """Of the owner's and the platform's request one counts; its origin and its time belong together."""
    for number in (1, 3, 5):
        token = await world.owner(number=number)
        told = await asyncio.gather(
            world.by_owner(token, seconds=DAY, browser=number),
            world.by_platform(token, seconds=DAY),
            return_exceptions=True,
        )
        (made,) = [each for each in told if isinstance(each, pb.Erasure)]
        (refused,) = [each for each in told if isinstance(each, PreconditionFailed | TransitionError)]
        assert refused.reason is Reason.ILLEGAL_TRANSITION
        assert days(made) == (30 if made.origin == OWNER else 7)
        assert (await world.status(token, seconds=DAY)).erase_at == erase_time(made)


async def test_cancelling_and_erasing_at_once(world: AskingWorld) -> None:
    """Before it is due only the cancellation counts, from then on only the erasure; the status agrees."""
    for number, seconds in ((1, WAITED - 1), (3, WAITED)):
        token = await world.owner(number=number)
        await world.by_platform(token)
        before = (await world.status(token)).revision
        await asyncio.gather(
            world.cancel(token, seconds=seconds),
            world.kept(token, seconds=seconds, browser=number),
            world.work(seconds=seconds),
            return_exceptions=True,
        )
        status = await world.status(token, seconds=seconds)
        erased = seconds == WAITED
        assert (status.state is AccountState.ERASED) is erased
        assert (status.revision, status.erase_at) == (before + 1, None)


async def test_a_claim_in_between_keeps_the_notice(world: AskingWorld) -> None:
    """Verifying again, a sanction and its lift do not take the time of the erasure from the status."""
    token = await world.owner()
    made = await world.by_owner(token)
    key = await world.moderation.moderator(1)
    await world.again(token, seconds=DAY)
    sanction = await world.moderation.impose(token, Degree.WARN, key=key, seconds=DAY)
    await world.moderation.lift(sanction, key=key, seconds=DAY)
    assert (await world.status(token, seconds=DAY)).erase_at == erase_time(made)
    # The verification expires before the erasure is due.
    late = 400 * DAY
    other = await world.owner(number=3)
    again = await world.by_owner(other, seconds=364 * DAY)
    await world.claims.retention.expire_accounts(now=at(366 * DAY), limit=9)
    expired = await world.status(other, seconds=366 * DAY)
    assert (expired.state, expired.erase_at) == (AccountState.EXPIRED, erase_time(again))
    await world.work(seconds=late)
    assert (await world.status(other, seconds=late)).state is AccountState.ERASED


async def test_the_list(world: AskingWorld) -> None:
    """All of a platform's and of no other, oldest first, by state, in pages that do not move."""
    tokens = [await world.owner(number=number) for number in (1, 3, 5, 7)]
    made = [await world.by_platform(token, seconds=60 * place) for place, token in enumerate(tokens[:3])]
    await world.cancel(tokens[0], seconds=200)
    await world.work(seconds=WAITED + 60)
    ids = [each.erasure_id for each in made]
    pages = await world.listed(size=2)
    assert [[each.erasure_id for each in page] for page in pages] == [ids[:2], ids[2:]]
    assert [each.state for page in pages for each in page] == [CANCELLED, ERASED, REQUESTED]
    assert not any(each.HasField("entry") or each.HasField("checkpoint") for page in pages for each in page)
    for state, found in ((CANCELLED, ids[:1]), (ERASED, ids[1:2]), (REQUESTED, ids[2:]), (DESTROYED, [])):
        assert [[each.erasure_id for each in page] for page in await world.listed(state=state)] == [found]
    assert await world.listed(name=OTHER) == [[]]
    first = await world.ask("ListErasures", pb.ListErasuresRequest(page_size=1))
    new = await world.by_owner(tokens[3], seconds=WAITED + 120)
    rest = await world.ask(
        "ListErasures", pb.ListErasuresRequest(page_size=9, page_token=first.next_page_token)
    )
    assert [each.erasure_id for each in rest.erasures] == [*ids[1:], new.erasure_id]
    for wrong, field in (
        ({"page_token": "f" * 32}, "page_token"),
        ({"page_token": "no id"}, "page_token"),
        ({"page_size": -1}, "page_size"),
        ({"page_size": 1_001}, "page_size"),
        ({"state": 99}, "state"),
    ):
        assert await fields_of(world.ask("ListErasures", pb.ListErasuresRequest(**cast(Any, wrong)))) == [
            field
        ]
    foreign = pb.ListErasuresRequest(page_token=first.next_page_token)
    assert await fields_of(world.ask("ListErasures", foreign, name=OTHER)) == ["page_token"]


async def test_the_delay_of_the_keys_is_the_same(world: AskingWorld) -> None:
    """However long a request waited, the keys follow eight days after the account was erased."""
    tokens = [await world.owner(number=number) for number in (1, 3)]
    await world.by_platform(tokens[0], seconds=DAY)
    await world.by_owner(tokens[1], seconds=DAY)
    for seconds in (DAY + WAITED, DAY + DELAYED, 31 * DAY):
        await world.work(seconds=seconds)
    (listed,) = await world.listed()
    assert {each.account_token: each.state for each in listed} == dict(
        zip(tokens, (DESTROYED, ERASED), strict=True)
    )
    for each in listed:
        assert each.destroy_time.seconds - each.erase_time.seconds == DELAY / timedelta(seconds=1)

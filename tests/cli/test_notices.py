"""`idvault notices follow` between a running mock registry and an edge; every fault that the mock has."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.notice import notice_feeds
from idvault.processes.cli import notice_follower
from idvault.processes.cli.notice_follower import FeedFollower
from idvault.registry.notice_feed import FeedError, NoticeFeed
from idvault_client import aio
from idvault_client.backend.rpc import Rpc
from idvault_client.errors import VaultError
from idvault_dev.mock_registry import notices as mock_notices
from idvault_dev.mock_registry import population
from idvault_dev.mock_registry.population import PopulationError
from idvault_dev.mock_registry.server import Options
from idvault_verify import notice as verify_notice
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.notice import NoticeKind
from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import CREDENTIALS, SECRET_KEY, Running, real_time, running
from tools.support import sql
from tools.support.in_process import RefusedCallError
from tools.support.notice_world import NoticeWorld, notice_id, person, resident
from tools.support.organizations import credit_code

DOCUMENT = {"type": "RESIDENT_ID", "number": resident(1).number}
ENDED = {"kind": "PERSON_ENDED", "document": DOCUMENT, "day": "2026-02-01"}


@dataclass
class Edge:
    """An edge without a network. lose: how many answers are lost after the work is done."""

    world: NoticeWorld
    lose: int = 0
    calls: list[bytes] = field(default_factory=list)

    async def run(self, call: Rpc[Any]) -> Any:
        self.calls.append(call.request)
        try:
            answer = await self.world.channel().ask(call.path, call.request)
        except RefusedCallError as error:
            raise VaultError(error.details(), error.code().name) from error
        if self.lose:
            self.lose -= 1
            raise VaultError(None, "UNAVAILABLE")
        return call.read(answer)

    async def close(self) -> None:
        """Do nothing."""


@dataclass
class Stage:
    """A mock registry, an edge, and what follows the one for the other."""

    registry: Running
    world: NoticeWorld
    edge: Edge
    follower: FeedFollower

    async def give(self, *entries: object) -> list[str]:
        """Let the registry give notices; return their ids."""
        status, told = await self.registry.admin("POST", "/notices", list(entries))
        assert (status, told.get("added")) == (200, len(entries)), told
        return cast(list[str], told["ids"])


@pytest_asyncio.fixture
async def stage(tmp_path: Path, main_database: Database) -> AsyncIterator[Stage]:
    """Return a follower of a mock registry with a rate cap that a test can reach."""
    world = NoticeWorld(main_database)
    await world.begin()
    key = mock_notices.key_of(SECRET_KEY).public_key().public_bytes_raw()
    world.context.public_keys = [key]
    async with running(tmp_path, options=Options(query_cap=20)) as registry:
        assert verify_notice.public_key(registry.addresses.notice_key) == key
        feed = NoticeFeed(base=registry.addresses.base_url, credentials=CREDENTIALS, clock=real_time)
        edge = Edge(world)
        follower = FeedFollower(feed=feed, edge=cast(aio.Vault, edge))
        yield Stage(registry, world, edge, follower)
        await follower.close()
    await world.claims.verification.drain()


async def test_every_kind_arrives_in_order(stage: Stage) -> None:
    """What the admin port is asked for is signed by the registry, and taken once."""
    token = await stage.world.sign_up(person(1))
    firm = {"type": "UNIFIED_SOCIAL_CREDIT_CODE", "number": credit_code()}
    new = {"type": "RESIDENT_ID", "number": resident(2).number}
    (first,) = await stage.give(ENDED)
    await stage.give(
        {**ENDED, "kind": "NAME_CHANGED"},
        {**ENDED, "kind": "NUMBER_REPLACED", "newDocument": new},
        {"kind": "ORGANIZATION_ENDED", "document": firm, "day": "2026-02-01"},
        {"kind": "REPRESENTATIVE_CHANGED", "document": firm, "day": "2026-02-01"},
        {"kind": "REVERSED", "reverses": first, "day": "2026-02-02"},
    )
    assert await stage.follower.catch_up() == len(NoticeKind)
    assert set(stage.world.applied) == set(NoticeKind)
    assert (await stage.world.due()).keys() == {token}
    assert await stage.follower.catch_up() == 0


async def test_several_pages_are_taken_once(stage: Stage) -> None:
    """A new follower, and one whose answers were lost, go on where the edge is."""
    ids = await stage.give(*[ENDED] * 250)
    stage.edge.lose = 2
    for _ in range(2):
        with pytest.raises(VaultError):
            await stage.follower.catch_up()
    fresh = await stage.follower.catch_up()
    assert len(stage.world.applied) == 250
    assert fresh in {150, 250}
    (row,) = await sql.rows(stage.world.database, select(notice_feeds))
    assert row.last_notice_id == ids[-1]
    assert row.caught_up_at is not None


@pytest.mark.parametrize(
    "mode", ["half_answer", "lose_answer", "maintenance", "source_error", "wrong_signature"]
)
async def test_a_feed_that_fails_is_asked_again(stage: Stage, mode: str) -> None:
    """Nothing is taken of an answer that is not whole, and everything at the next look."""
    await stage.give(ENDED, ENDED)
    # A reader asks a second time by itself when a connection ends without an answer.
    await stage.registry.behave(mode, count=2 if mode == "lose_answer" else 1)
    with pytest.raises(CommandError) as failed:
        await notice_follower.once(stage.follower)
    assert failed.value.code is ExitCode.UNREACHABLE
    assert stage.world.applied == []
    assert await notice_follower.once(stage.follower) == 2


async def test_a_slow_feed_is_waited_for(stage: Stage) -> None:
    """An answer within the time-out counts."""
    await stage.give(ENDED)
    await stage.registry.behave("slow", count=1, latency_ms=300)
    assert await stage.follower.catch_up() == 1


async def test_a_silent_feed_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer at all ends a look, and the next one takes what there is."""
    monkeypatch.setattr(notice_follower, "_PATIENCE", 0.3)
    await stage.give(ENDED)
    await stage.registry.behave("hang", count=1)
    stop, arrived = asyncio.Event(), asyncio.Event()
    applied = stage.world.context.applied

    def tell(kind: NoticeKind) -> None:
        applied(kind)
        arrived.set()

    stage.world.context.applied = tell
    task = asyncio.create_task(stage.follower.run(stop=stop, interval=0.05))
    await arrived.wait()
    stop.set()
    await task
    assert stage.world.applied == [NoticeKind.PERSON_ENDED]


async def test_a_rate_cap_is_respected(stage: Stage) -> None:
    """After too many calls the registry is left alone for a minute."""
    for _ in range(20):
        await stage.follower.feed.read(after="", patience=5)
    assert await stage.follower._look(1.0) == 60.0
    assert (await stage.registry.counters())["refused_rate"] == 1


async def test_files_are_looked_at_before_the_feed(stage: Stage) -> None:
    """What is renewed counts for the same look, also at an edge that refuses."""
    calls: list[int] = []

    async def renew() -> None:
        calls.append(len(stage.edge.calls))

    stage.follower.renewals = (renew,)
    stage.world.context.public_keys = []
    for _ in range(2):
        await stage.follower._look(1.0)
    assert calls == [0, 1]


async def test_a_refused_notice_stops_the_feed(stage: Stage) -> None:
    """A reversal of an unknown notice: the ones before it are taken, and a later look says so again."""
    await stage.give(ENDED, {"kind": "REVERSED", "reverses": notice_id(9), "day": "2026-02-02"}, ENDED)
    for _ in range(2):
        with pytest.raises(CommandError) as refused:
            await notice_follower.once(stage.follower)
        assert (refused.value.code, refused.value.reason) == (ExitCode.REFUSED, "INVALID_MESSAGE")
    assert len(stage.world.applied) == 1
    assert await stage.follower._look(7.0) == 7.0
    stage.world.context.public_keys = []
    with pytest.raises(CommandError) as denied:
        await notice_follower.once(stage.follower)
    assert denied.value.reason == "ACCESS_DENIED"


@pytest.mark.parametrize(
    "entry",
    [
        {}, "x", {**ENDED, "more": 1}, {**ENDED, "kind": "X"}, {"kind": "PERSON_ENDED"},
        {**ENDED, "document": "x"}, {**ENDED, "day": "x"}, {**ENDED, "reverses": "x"},
    ],
)  # fmt: skip
async def test_the_admin_port_refuses_what_is_no_notice(stage: Stage, entry: object) -> None:
    """Nothing is given of a list with a fault."""
    status, told = await stage.registry.admin("POST", "/notices", [ENDED, entry])
    assert (status, "error" in told) == (400, True)
    assert await stage.follower.feed.read(after="", patience=5) == []


async def test_an_unknown_place_is_refused(stage: Stage) -> None:
    """A feed that has forgotten the notice where the edge is gives nothing, so that nothing is left out."""
    await stage.give(ENDED)
    with pytest.raises(FeedError) as refused:
        await stage.follower.feed.read(after=notice_id(1), patience=5)
    assert refused.value.answer is RegistryAnswer.REJECTED_CALLER


async def test_a_restarted_mock_has_what_it_gave(tmp_path: Path) -> None:
    """Whoever follows it goes on where it was; a file with a damaged notice starts no mock."""
    async with running(tmp_path) as first:
        assert (await first.admin("POST", "/notices", [ENDED]))[0] == 200
        feed = NoticeFeed(base=first.addresses.base_url, credentials=CREDENTIALS, clock=real_time)
        [given] = await feed.read(after="", patience=5)
        await feed.close()
    async with running(tmp_path) as second:
        assert (await second.admin("POST", "/notices", [ENDED]))[0] == 200
        feed = NoticeFeed(base=second.addresses.base_url, credentials=CREDENTIALS, clock=real_time)
        earlier, _ = await feed.read(after="", patience=5)
        assert earlier.notice == given.notice
        [after] = await feed.read(after=given.notice.notice_id, patience=5)
        assert after.notice.notice_id != given.notice.notice_id
        await feed.close()
    population.keep(tmp_path / "population.json", "notices", [{"id": "x"}])
    with pytest.raises(PopulationError, match="a notice is not well formed"):
        mock_notices.NoticeLedger(key=mock_notices.key_of(SECRET_KEY), file=tmp_path / "population.json")
    (tmp_path / "population.json").write_text("x")
    with pytest.raises(PopulationError, match="not a population file"):
        population.kept(tmp_path / "population.json", "notices")
    with pytest.raises(PopulationError, match="not a population file"):
        population.keep(tmp_path / "population.json", "notices", [])

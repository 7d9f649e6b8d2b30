"""What cannot be undone waits until this host's clock agrees with others.

The check is called: the worker makes it before its tasks, no method does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from idvault.core.tables.log import log_checkpoints
from idvault.log.acts.witness import Cosigning, Demand
from idvault.log.ports import Ahead, Cosigned
from idvault.log.store import CLOCK, set_note
from idvault.processes.clock_trust import (
    ClockTrust,
    DoubtfulClockError,
    TrustedTime,
    TwoClocks,
    WitnessedTime,
)
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import note
from tests.support.fakes.memory_log import MemoryDatabase, MemoryLog
from tools.support import merkle
from tools.support.fakes.log import FakeWitness
from tools.support.log_world import START
from tools.support.merkle import log_of

DAYS = 86_400.0
_SIGNERS = [merkle.witness(f"witness.example/w{number}", seed=20 + number) for number in range(3)]


@dataclass
class World:
    """A host whose clock can be wrong, with three witnesses, of which two are demanded, and a database.

    true: seconds since the start. ahead: by how much this host's clock is wrong.
    """

    demanded: int = 2
    sequenced_at: datetime | None = START
    trusted_at: datetime | None = START
    kept: list[datetime] = field(default_factory=list)
    true: float = 0.0
    ahead: float = 0.0
    server: Callable[[], Awaitable[datetime | None]] | None = None
    witnesses: list[FakeWitness] = field(default_factory=list)
    errors: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    configured: int = 3

    def __post_init__(self) -> None:
        """Cosign the log once, just now."""
        self.log = MemoryLog(origin="log.example/idvault", signer=merkle.signer("log.example/idvault"))
        self.log.append(*log_of(5))
        seen = self.log.sign()
        self.witnesses = [
            FakeWitness(each, time=lambda number=number: self._witnessed(number))  # type: ignore[misc]
            for number, each in enumerate(_SIGNERS)
        ]
        for each in self.witnesses:
            each.seen = seen
        keys = [each.key for each in _SIGNERS]
        self.cosign(0)
        witnesses = dict(list(zip(keys, self.witnesses, strict=True))[: self.configured])
        self.trust = ClockTrust(
            servers=[self._no_server, self._server],
            witnesses=WitnessedTime(
                shred=self.log.shred,
                cosigning=Cosigning(witnesses=witnesses, main=self.log.main, patience=0.2),
                demand=lambda: Demand(self.demanded, keys),
            ),
            start=TwoClocks(START + timedelta(seconds=self.ahead), 0.0),
            sequenced_at=self.sequenced_at,
            trusted_at=self.trusted_at,
            keep=self._keep,
            monotonic=lambda: self.true,
        )

    def cosign(self, at: float) -> None:
        """Give the stored checkpoint cosignatures of a time."""
        assert self.log.note is not None
        parsed = note.parse(self.log.note)
        time = int(START.timestamp() + at)
        self.log.note = parsed.with_signatures(
            [note.sign(each, parsed.text, time=time) for each in _SIGNERS]
        ).encode()

    async def after(self, seconds: float, *, ahead: float | None = None) -> str:
        """Check some seconds later; return why the clock is doubted, or nothing."""
        self.true += seconds
        self.ahead = self.ahead if ahead is None else ahead
        try:
            await self.trust.check(now=START + timedelta(seconds=self.true + self.ahead))
        except DoubtfulClockError as error:
            return error.why
        return ""

    @property
    def asked(self) -> int:
        return sum(len(each.asked) for each in self.witnesses)

    def _witnessed(self, number: int) -> float:
        return START.timestamp() + self.true + self.errors[number]

    async def _keep(self, now: datetime) -> None:
        self.kept.append(now)

    async def _no_server(self) -> datetime | None:
        return None

    async def _server(self) -> datetime | None:
        return None if self.server is None else await self.server()


@pytest.mark.parametrize("ahead", [0.0, 50.0, -50.0])
async def test_a_clock_that_agrees_is_trusted(ahead: float) -> None:
    """Within a minute, now and hours later, when the witnesses are asked again; not at each check."""
    world = World(ahead=ahead)
    assert [await world.after(seconds) for seconds in (0, 3_600, 1, 1)] == [""] * 4
    assert world.asked == 3


@pytest.mark.parametrize("ahead", [15 * DAYS, 3_600.0, 90.0, -90.0, -3_600.0, -15 * DAYS])
async def test_a_wrong_clock_is_doubted_by_its_witnesses(ahead: float) -> None:
    """Ahead and behind; it is trusted again once it is right, without a restart."""
    world = World(ahead=ahead)
    why = "the clock differs from the witnesses' by more than a minute: run NTP"
    assert await world.after(400) == why
    assert await world.after(400, ahead=0.0) == ""


@pytest.mark.parametrize("jump", [15 * DAYS, -15 * DAYS, 90.0])
async def test_a_jump_is_noticed_at_once(jump: float) -> None:
    """What was found a second ago does not hold for a clock that has jumped since."""
    world = World()
    assert await world.after(1) == ""
    assert "differs from the witnesses'" in await world.after(1, ahead=jump)


async def test_old_cosignatures_confirm_nothing() -> None:
    """A clock that has gone back to when an idle log was cosigned is not confirmed by that."""
    world = World()
    assert "differs from the witnesses'" in await world.after(DAYS, ahead=-DAYS - 70)


async def test_as_many_witnesses_as_demanded_must_agree() -> None:
    """One of three may be wrong or away; two may not, whichever way."""
    world = World()
    world.errors[0] = 15 * DAYS
    assert await world.after(100) == ""
    world.errors[1] = -15 * DAYS
    assert "differs from the witnesses'" in await world.after(100)
    world.errors[1] = 0.0
    world.witnesses[0].away = True
    assert await world.after(100) == ""
    world.witnesses[1].away = True
    assert await world.after(100) == "fewer witnesses than the roster demands confirm the time"
    world.witnesses[1].away = False
    assert await world.after(100) == ""


async def test_a_liar_that_answers_first_is_outvoted_by_whoever_is_slow() -> None:
    """One of the first two answers lies: the third is asked again, and without it nobody contradicts."""
    world = World()
    world.errors[0] = 15 * DAYS
    slow, asked = world.witnesses[2].add_checkpoint, list[int]()

    async def hang_at_first(*, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        asked.append(old)
        if len(asked) % 2:
            await asyncio.Event().wait()
        return await slow(old=old, proof=proof, note=note)

    world.witnesses[2].add_checkpoint = hang_at_first  # type: ignore[method-assign]
    assert await world.after(100) == ""
    assert len(asked) == 2
    world.witnesses[2].add_checkpoint = slow  # type: ignore[method-assign]
    world.witnesses[2].hang = True
    assert await world.after(100) == "fewer witnesses than the roster demands confirm the time"
    world.true += 100
    assert not await world.trust.is_wrong(now=START + timedelta(seconds=world.true))


async def test_a_witness_that_only_the_roster_names_is_away() -> None:
    """A new version of the roster may name one whose address the worker lacks: the others are asked."""
    assert await World(configured=2).after(100) == ""
    world = World(configured=1)
    assert await world.after(100) == "fewer witnesses than the roster demands confirm the time"
    world.true += 100
    assert not await world.trust.is_wrong(now=START + timedelta(seconds=world.true))


async def test_two_lying_witnesses_of_three_do_not_confirm_for_a_third() -> None:
    """Cosignatures that agree with each other and not with this clock do not count."""
    world = World(ahead=15 * DAYS)
    world.errors[0] = 15 * DAYS
    assert "differs" in await world.after(100)


async def test_a_log_without_checkpoint_confirms_nothing() -> None:
    """A vault that was just set up waits for its first cosigned checkpoint."""
    world = World()
    world.log.note = None
    assert await world.after(0) == "the log has no cosigned checkpoint yet"


@pytest.mark.parametrize("demanded", [0, 2])
async def test_the_databases_server_must_agree_too(demanded: int) -> None:
    """With witnesses and without; a server that does not answer confirms nothing."""
    world = World(demanded=demanded)

    async def other() -> datetime:
        return START + timedelta(seconds=world.true + 90)

    async def away() -> datetime:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    world.server = other
    assert await world.after(1) == "the clock differs from a database's by more than a minute: run NTP"
    world.server = away
    assert await world.after(11) == "nobody could be asked for the time"
    world.server = None
    assert await world.after(11) == ""


async def test_without_witnesses_a_jump_since_the_start_is_doubted() -> None:
    """Nobody tells the time; the monotonic clock shows that this one has jumped, and that it came back."""
    world = World(demanded=0)
    assert await world.after(3_600) == ""
    why = "the clock has jumped since the start: restart the worker when it is right"
    assert await world.after(1, ahead=15 * DAYS) == why
    assert await world.after(100, ahead=15 * DAYS) == why
    assert await world.after(1, ahead=0.0) == ""
    assert world.asked == 0


@pytest.mark.parametrize(
    ("ahead", "why"),
    [
        (15 * DAYS, "a clock was last trusted days ago"),
        (1.1 * DAYS, "a clock was last trusted days ago"),
        (-90.0, "the log was sequenced later than now"),
        (-15 * DAYS, "the log was sequenced later than now"),
        (0.9 * DAYS, ""),
        (-50.0, ""),
    ],
)
async def test_without_witnesses_the_start_is_compared_with_the_log(ahead: float, why: str) -> None:
    """A clock that was wrong at the start already is doubted until an operator says that it is right."""
    world = World(demanded=0, ahead=ahead)
    said = await world.after(1)
    assert said == (why and f"{why}: start the worker with --clock-agrees once the clock is right")
    assert await World(demanded=0, ahead=ahead, sequenced_at=None, trusted_at=None).after(1) == ""


async def test_a_start_is_not_confirmed_by_a_log_that_a_wrong_clock_sequenced() -> None:
    """Under a wrong clock the log goes on, so after a restart its last time is near; a trusted one is not."""
    ahead = 15 * DAYS
    world = World(demanded=0, ahead=ahead, sequenced_at=START + timedelta(seconds=ahead))
    assert "a clock was last trusted days ago" in await world.after(1)
    assert world.kept == []


@pytest.mark.parametrize("demanded", [0, 2])
async def test_a_trusted_time_is_kept(demanded: int) -> None:
    """With witnesses and without; never one that is doubted."""
    world = World(demanded=demanded)
    assert await world.after(1) == ""
    assert await world.after(20, ahead=15 * DAYS) != ""
    assert world.kept == [START + timedelta(seconds=1)]


async def test_the_trusted_time_of_a_vault() -> None:
    """It begins with the log's time, is noted every ten minutes, and an operator's word takes it back."""

    shred = MemoryDatabase(log_checkpoints)
    trusted = TrustedTime(shred)
    later, wrong = START + timedelta(minutes=11), START + timedelta(days=15)
    assert await trusted.latest(otherwise=START) == START
    assert await trusted.latest(otherwise=wrong) == START
    for now, then in ((later - timedelta(minutes=2), START), (later, later), (wrong, wrong), (later, later)):
        await trusted.keep(now)
        assert await trusted.latest(otherwise=wrong) == then
    await set_note(shred.connection, CLOCK, b"\xff")
    assert await trusted.latest(otherwise=wrong) < START - timedelta(days=365)
    await trusted.keep(later)
    assert await trusted.latest(otherwise=wrong) == later


async def test_a_clock_that_nobody_confirms_is_not_wrong() -> None:
    """Waiting claims are settled while witnesses are away, and not by a clock that somebody contradicts."""
    world = World()
    assert not await world.trust.is_wrong(now=START)
    for witness in world.witnesses:
        witness.away = True
    assert "fewer witnesses" in await world.after(100)
    assert not await world.trust.is_wrong(now=START + timedelta(seconds=world.true))
    for witness in world.witnesses:
        witness.away = False
    world.true += 100
    assert await world.trust.is_wrong(now=START + timedelta(seconds=world.true, days=15))


async def test_what_was_found_is_not_looked_up_again_for_ten_seconds() -> None:
    """Twenty tasks a second do not ask the database twenty times, whatever it said."""
    read: list[float] = []
    world = World(demanded=0)

    async def server() -> datetime:
        read.append(world.true)
        return START + timedelta(seconds=world.true + (90 if world.true < 20 else 0))

    world.server = server
    said = [bool(await world.after(3)) for _ in range(10)]
    assert said == [True] * 8 + [False] * 2
    assert read == [3, 15, 27]

"""A platform that sees everything it may see tries to link two tokens of one person among 100.

The same calls are made in two vaults that differ in one thing: which of the followers belongs to whom. If
everything that the platform sees is equal in both, nothing of it tells who belongs to whom.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from idvault.account import rules as account_rules
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.log import log_entries
from idvault.status.acts import Feeds
from idvault_client.sanctions import AccountSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Scope, StatementOfReasons
from idvault_verify.transparency import entry
from tools.support import builders
from tools.support.databases import SqliteMaker
from tools.support.flow_world import PARTY, at, command
from tools.support.sanction_world import SanctionWorld, reasons, until

HOUR, DAY = 3_600, 86_400
PEOPLE = 50
# Degree, end in days after the start: ten people each, whose ends differ by hours but not in the rounded day.
CELLS: list[tuple[Degree, int | None]] = [
    (Degree.WARN, 9),
    (Degree.LIMIT, 9),
    (Degree.LIMIT, 70),
    (Degree.SUSPEND, None),
    (Degree.CLOSE, 400),
]
SIZE = PEOPLE // len(CELLS)
_LEAVES = statement(log_entries.select().with_only_columns(log_entries.c.leaf), scalar)


def straight() -> list[int]:
    """Return whose each second token is."""
    return list(range(PEOPLE))


def crossed() -> list[int]:
    """Return the same with other owners: within a cell, everybody's second token is somebody else's."""
    return [(each // SIZE) * SIZE + (each + 3) % SIZE for each in range(PEOPLE)]


@dataclass
class Platform:
    """A platform that writes down every answer, its whole feed, its lists and the public log."""

    world: SanctionWorld
    owners: Sequence[int]
    seen: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    keys: list[ModeratorKey] = field(default_factory=list)
    sanctions: list[AccountSanction] = field(default_factory=list)
    _place: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self._feed = Feeds(vault=self.world.vault)

    async def verify(self, person: int, token: str | None = None, *, seconds: int = 0) -> str:
        """Verify a person and note the answer; whose document was shown is not the platform's to see."""
        self._number += 1
        who = builders.identity(number=f"1100001901{person:02}01000X")
        claim = await self.world.claims.verify(
            command(self._number, who, account_token=token), seconds=seconds
        )
        self.seen.append(f"{claim.state} {claim.failure_reason} {claim.account.account_token}")
        await self.look(seconds)
        return claim.account.account_token

    async def sign_up_all(self) -> None:
        """Two accounts for each person, and two moderators."""
        for person in (*range(PEOPLE), *self.owners):
            self.tokens.append(await self.verify(person))
        self.keys = [await self.world.moderator(number) for number in (1, 2)]

    async def sanction_all(self) -> None:
        """Sanction each person by the first token, at different times and until different times."""
        for person in range(PEOPLE):
            degree, days = CELLS[person // SIZE]
            seconds = person * 600
            end = None if days is None else days * DAY + person * 900
            made = await self.world.of_person(
                self.tokens[person],
                degree,
                (self.keys[0], self.keys[1]),
                given=_reasons(end),
                seconds=seconds,
            )
            self.sanctions.append(made)
            await self.look(seconds)

    async def renew_all(self) -> None:
        """Renew every second token, each at a time of its own and in another order."""
        for place in random.Random(3).sample(range(PEOPLE), PEOPLE):  # noqa: S311 - no secret
            seconds = DAY + place * 60
            await self.verify(self.owners[place], self.tokens[PEOPLE + place], seconds=seconds)

    async def lift_cell(self, cell: int) -> None:
        """Lift the sanctions of a cell and wait until all have an end."""
        for made in self.sanctions[cell * SIZE : (cell + 1) * SIZE]:
            await self.world.lift(made, key=self.keys[0], seconds=3 * DAY)
            await self.look(3 * DAY)
        for hour in range(1, 74):
            await self.world.release(seconds=3 * DAY + hour * HOUR)
            await self.look(3 * DAY + hour * HOUR)

    async def look(self, seconds: int) -> None:
        """Note what the feed tells since the last time."""
        await self._feed.heads([PARTY], now=at(0))
        chunk = await self._feed.read(relying_party=PARTY, after=self._place)
        texts, now = self.world.claims.status, at(seconds)
        for shown, tokens in chunk.accounts.items():
            for token in tokens.split(","):
                self.seen.append(str(texts.unpack(token + shown, today=texts.today(now=now), now=now)))
        self._place = chunk.place

    async def look_at_all(self, seconds: int) -> None:
        """Note every status, every list and the public log."""
        for token in self.tokens:
            self.seen.append(str(await self.world.status(token, seconds=seconds)))
            page = await self.world.asks(seconds).list_page(account_token=token)
            self.seen += [_shown(each) for each in page.sanctions]
        page = await self.world.asks(seconds).list_page(page_size=1_000)
        self.seen += [_shown(each) for each in page.sanctions]
        self.seen += sorted(await self._log())

    async def _log(self) -> list[str]:
        async def read(connection: Connection) -> list[bytes]:
            return await connection.all(_LEAVES)

        leaves = [entry.decode_leaf(leaf) for leaf in await self.world.database.read("test", read)]
        return [f"{leaf.type} {leaf.occurred_at} {leaf.actor_id}" for leaf in leaves]


def _reasons(end: int | None) -> StatementOfReasons:
    return reasons() if end is None else until(end)


def _shown(sanction: AccountSanction) -> str:
    """Return what the API shows of a sanction, whose statement the platform wrote itself."""
    assert sanction.scope is Scope.PERSON
    end = sanction.statement and sanction.statement.end_at
    return f"{sanction.sanction_id} {sanction.account_token} {sanction.state} {end}"


async def watched(maker: SqliteMaker, folder: Path, owners: list[int]) -> list[str]:
    """Return everything that the platform sees."""
    database = Database(url=maker.fresh(folder).main_url)
    platform = Platform(SanctionWorld(database), owners)
    await platform.sign_up_all()
    await platform.sanction_all()
    await platform.look_at_all(DAY)
    await platform.renew_all()
    await platform.look_at_all(2 * DAY)
    await platform.lift_cell(1)
    for days in (7, 10, 80, 500):
        await platform.world.work(seconds=days * DAY)
        await platform.world.release(seconds=days * DAY)
        await platform.look(days * DAY)
        await platform.look_at_all(days * DAY)
    await platform.world.claims.verification.drain()
    await database.close()
    return platform.seen


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of two vaults."""
    made = tmp_path / "one", tmp_path / "other"
    for each in made:
        each.mkdir()
    return made


@pytest.mark.long
async def test_what_is_seen_does_not_tell_whose_a_token_is(
    sqlite_maker: SqliteMaker, folders: tuple[Path, Path]
) -> None:
    """Within a degree and a rounded end, every answer, feed, list and log line is the same."""
    first = await watched(sqlite_maker, folders[0], straight())
    second = await watched(sqlite_maker, folders[1], crossed())
    assert len(first) > 1_500
    assert first == second
    assert sum("person:account:follow" in line for line in first) > PEOPLE
    assert all(line.endswith(" system") for line in first if "person:account:follow" in line)


@pytest.mark.long
async def test_the_attack_finds_what_is_told(sqlite_maker: SqliteMaker, folders: tuple[Path, Path]) -> None:
    """Between cells the follower's standing or end differs, so the comparison is able to see a link."""
    swapped = straight()
    swapped[0], swapped[-1] = swapped[-1], swapped[0]
    first = await watched(sqlite_maker, folders[0], straight())
    assert first != await watched(sqlite_maker, folders[1], swapped)


@pytest.mark.parametrize("seed", range(5))
def test_lifts_at_different_times_are_not_matched_by_their_order(seed: int) -> None:
    """50 sanctions lifted within a working day: matching lifts and ends by time finds hardly a pair."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    lifts = sorted(chance.uniform(0, 8 * HOUR) for _ in range(PEOPLE))
    ends = [lift + account_rules.delay(chance.randbytes(8)).total_seconds() for lift in lifts]
    guessed = sorted(range(PEOPLE), key=lambda place: ends[place])
    assert sum(place == found for place, found in enumerate(guessed)) <= 5

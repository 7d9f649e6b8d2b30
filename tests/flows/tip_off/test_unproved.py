"""A contact that nobody proved has no standing, shares no count and changes none, over both databases."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.sealing.text import KeyedTipOffSecrets
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.reporter.rules import Reporter
from idvault_client.tip_offs import TipOffReporter
from idvault_verify.tip_off import ReporterStanding, TipOffChannel, TipOffOutcome
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.flow_world import PARTY, at

CONTACT = "flagger@example.org"
SPELLINGS = (CONTACT, " Flagger@EXAMPLE.org ", "FLAGGER@example.org", "flagger @ example.org")
CHANNELS = tuple(TipOffChannel)
PER_DAY = 2


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the world with a new database of each kind."""
    made = TipOffWorld(main_database, key_files(tmp_path), reports_per_day=PER_DAY)
    yield made
    await made.world.claims.verification.drain()


async def known(world: TipOffWorld, standing: ReporterStanding) -> TipOffReporter:
    """Store what a service that knew contacts would know: a standing, and a day that is used up."""
    assert isinstance(world.context.secrets, KeyedTipOffSecrets)
    reporter_id = world.context.secrets.reporter_id(relying_party=PARTY, kind="contact", value=CONTACT)
    limited = at(30 * DAY).business if standing is ReporterStanding.LIMITED else None
    made = Reporter(reporter_id, PARTY, standing, limited, at(0).today(world.policy.zone), PER_DAY, PER_DAY)

    async def put(connection: Connection) -> None:
        await reporter_store.obtain(connection, PARTY, reporter_id, today=made.day)
        await reporter_store.put(connection, made)

    await world.database.act("test", put)
    return await world.reporter(reporter_id)


@pytest.mark.parametrize("standing", list(ReporterStanding))
async def test_no_channel_lends_a_standing(world: TipOffWorld, standing: ReporterStanding) -> None:
    """However a contact is written and whatever is known of it: never first, never refused, never counted."""
    before = await known(world, standing)
    plain = (await world.file()).tip_off
    for channel in CHANNELS:
        for spelling in SPELLINGS:
            filed = (await world.file(channel=channel, contact=spelling)).tip_off
            assert (filed.reporter_id, filed.trusted) == ("", False)
    page = await world.asks().list_page(page_size=1_000)
    assert plain.tip_off_id in {each.tip_off_id for each in page.tip_offs}
    assert not any(each.trusted or each.reporter_id for each in page.tip_offs)
    assert await world.reporters() == [before]


OUTCOMES = (TipOffOutcome.ABUSIVE, TipOffOutcome.DISMISSED, TipOffOutcome.UPHELD)


async def test_no_decision_changes_a_standing(world: TipOffWorld) -> None:
    """Somebody else's report with a flagger's address, decided alone or merged, is not the flagger's."""
    before = await known(world, ReporterStanding.TRUSTED)
    flagger = await world.world.account(1)
    mine = (await world.file(reporter_token=flagger, contact=CONTACT, channel=TipOffChannel.APP)).tip_off
    await world.set_standing(mine.reporter_id, ReporterStanding.TRUSTED)
    own = await world.reporter(mine.reporter_id)
    key, reported = await world.world.moderator(1), await world.world.account(2)
    for channel, outcome in product(CHANNELS, OUTCOMES):
        leading, merged = [(await world.file(channel=channel, contact=CONTACT)).tip_off for _ in range(2)]
        await world.assign(leading, key.moderator_id)
        await world.merge(leading, [merged], key.moderator_id)
        if outcome is TipOffOutcome.UPHELD:
            await world.uphold(leading, key, reported, reply="a")
        else:
            await world.dismiss(leading, key.moderator_id, outcome=outcome, reply="a")
        assert sorted(await world.reporters(), key=repr) == sorted([before, own], key=repr)


async def test_nobody_learns_who_reported_today(world: TipOffWorld) -> None:
    """A contact that is used for the hundredth time and one that is new get the same answer."""

    def told(filed: Any) -> tuple[Any, ...]:
        made = filed.tip_off
        return made.state, made.due_time, made.trusted, made.reporter_id, len(filed.secret)

    for channel in CHANNELS:
        used = [await world.file(channel=channel, contact=CONTACT) for _ in range(5 * PER_DAY)]
        new = await world.file(channel=channel, contact=f"{channel}@example.org")
        assert {told(each) for each in used} == {told(new)}
    assert await world.reporters() == []


async def test_only_a_session_of_the_platform_proves(world: TipOffWorld) -> None:
    """Of a mail the platform knows only what somebody says: its account is nobody's."""
    token = await world.world.account(1)
    for channel, proves in ((TipOffChannel.EMAIL, False), (TipOffChannel.APP, True)):
        filed = (await world.file(channel=channel, reporter_token=token, contact=CONTACT)).tip_off
        assert (filed.reporter_id != "") is proves
        assert len(await world.reporters()) == proves

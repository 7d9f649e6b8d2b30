"""The migrations of sanctions: from standings that were set without one, and of what follows a closing."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from idvault.core.db.database import Database
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from idvault.verify.account import Standing
from idvault.verify.sanction import Degree
from tests.support import builders
from tests.support.campaign_world import CampaignWorld
from tests.support.databases import Maker
from tests.support.flow_world import PARTY, at
from tests.support.flow_world import command as command_of
from tests.support.public_account_world import DAY, PublicAccountWorld
from tests.support.sanction_world import SanctionWorld

CAMPAIGN = "c" * 32
# Standing, the standing before a campaign's limit -> standing after the campaign ended, remaining sanctions.
FORMER: dict[str, tuple[str, str | None, Standing, list[Degree]]] = {
    "untouched": ("GOOD", None, Standing.GOOD, []),
    "by hand": ("PUBLISHING_LIMITED", None, Standing.PUBLISHING_LIMITED, [Degree.LIMIT]),
    "closed": ("CLOSED", None, Standing.CLOSED, [Degree.CLOSE]),
    "campaign": ("PUBLISHING_LIMITED", "GOOD", Standing.GOOD, []),
    "warned before": ("PUBLISHING_LIMITED", "WARNED", Standing.WARNED, [Degree.WARN]),
    "suspended since": ("RENEWAL_SUSPENDED", "GOOD", Standing.RENEWAL_SUSPENDED, [Degree.SUSPEND]),
    "both": (
        "CLOSED",
        "WARNED",
        Standing.CLOSED,
        [Degree.WARN, Degree.CLOSE],
    ),
}
TOKENS = {name: f"acct_{place:026d}" for place, name in enumerate(FORMER)}
_CAMPAIGN = (
    "INSERT INTO campaigns (campaign_id, relying_party, state, title, label, methods, daily_limit,"
    " reminder_days, incentive_text, enforcement_date, created_at, delivered)"
    " VALUES (:campaign, :party, 'ENDED', 'Verify', '', 'WHEN_DUE', 9, '', '', :day, 0, 0)"
)
_ACCOUNT = (
    "INSERT INTO accounts (account_token, relying_party, subject_kind, state, standing, assurance, revision)"
    " VALUES (:token, :party, 'INDIVIDUAL', 'UNVERIFIED', :standing, 'NONE', 3)"
)
_LEGACY = (
    "INSERT INTO legacy_accounts (account_token, relying_party, reference, import_id, label, create_date,"
    " limited_by, limited_from)"
    " VALUES (:token, :party, :reference, 'a', '', '2012-05-01', :campaign, :former)"
)
_FEED = (
    "INSERT INTO status_feed (account_token, relying_party, revision, changes, listed)"
    " VALUES (:token, :party, 3, 3, 3)"
)


def _to_former(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0015")
    day = date(2026, 1, 1).isoformat()
    connection.execute(text(_CAMPAIGN), {"campaign": CAMPAIGN, "party": PARTY, "day": day})
    for name, (standing, limited_from, _, _) in FORMER.items():
        given = {"token": TOKENS[name], "party": PARTY, "standing": standing}
        connection.execute(text(_ACCOUNT), given)
        connection.execute(text(_FEED), given)
        if limited_from is not None:
            legacy = {"reference": name.encode(), "campaign": CAMPAIGN, "former": limited_from}
            connection.execute(text(_LEGACY), {**given, **legacy})


@pytest.mark.process
async def test_standings_stay_and_have_a_source(maker: Maker, tmp_path: Path) -> None:
    """Every standing is the same after the migration; a campaign's end then lifts only its own limit."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _to_former)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        world = SanctionWorld(database)
        for name, (standing, _, _, _) in FORMER.items():
            status = await world.status(TOKENS[name])
            assert (status.standing.value, status.revision) == (standing, 3), name
        limited = sum(former is not None for _, former, _, _ in FORMER.values())
        assert await _end(world.campaigns) == limited
        for name, (_, _, after, degrees) in FORMER.items():
            assert (await world.status(TOKENS[name])).standing is after, name
            found, _ = await world.page(after="", limit=9, now=at(0), account_token=TOKENS[name])
            assert sorted(each.degree for each in found) == sorted(degrees), name
    finally:
        await database.close()


async def _end(campaigns: CampaignWorld) -> int:
    return await campaigns.enforcement.lift(now=at(0), limit=99)


@pytest.mark.process
async def test_a_former_standing_can_be_lifted(maker: Maker, tmp_path: Path) -> None:
    """What was set by hand is a sanction without an end, which a moderator lifts."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _to_former)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        world = SanctionWorld(database)
        key = await world.moderator(1)
        found, _ = await world.page(after="", limit=9, now=at(0), account_token=TOKENS["closed"])
        assert found[0].imposed_at == datetime(1970, 1, 1, tzinfo=UTC)
        await world.lift(found[0], key=key)
        assert (await world.status(TOKENS["closed"])).standing is Standing.GOOD
    finally:
        await database.close()


def _before_closings(connection: Connection) -> None:
    connection.execute(text("DROP TABLE follower_closings"))
    command.stamp(MAIN.config(connection), "0029")
    command.upgrade(MAIN.config(connection), "0030")


@pytest.mark.process
async def test_who_followed_a_closing_before_stays_closed(maker: Maker, tmp_path: Path) -> None:
    """A follower of before the migration is in no filing since its sanction came into force."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        world = PublicAccountWorld(database)
        named, other = await world.person(1, who=1), await world.person(2, who=1)
        await world.open(other)
        keys = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
        await world.sanctions.of_person(named, Degree.CLOSE, keys, seconds=DAY)
        owner = builders.identity(number="11000019010101000X")
        await world.claims.verify(command_of(50, owner, account_token=other), seconds=2 * DAY)
        await migrations.change(urls[0], _before_closings)
        days = [builders.TODAY + timedelta(days=number) for number in (0, 1, 2)]
        filed = [len(await world.filings(seconds=3 * DAY, day=day)) for day in days]
        assert filed == [1, 0, 0]
    finally:
        await database.close()

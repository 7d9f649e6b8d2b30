"""The acts and reads of campaigns (ports.campaign.campaign)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, insert, select, update

from idvault.domain.campaign import campaign as rules
from idvault.domain.campaign.campaign import (
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    QuietHours,
    ReverificationMethod,
    Verb,
)
from idvault.domain.campaign.invitation import Stage
from idvault.domain.clock import ClockReading
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.domain.request import Request
from idvault.ports.campaign.campaign import CampaignProgress
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.campaign import progress
from idvault.storage.campaign.tables import campaign_days, campaigns
from idvault.storage.claim import request
from idvault.storage.dialect import insert as insert_or_update
from idvault.storage.log import entry as log

_TIME = "%H:%M"


class SqlCampaignStore:
    """Campaigns in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def create(self, campaign: Campaign, *, request: Request, event: Event) -> Campaign:
        """Store a campaign with its event; return it, or the one that this request already made."""
        return await self._database.act(
            "campaign.create", lambda connection: _create(connection, campaign, request, event)
        )

    async def move(
        self, *, campaign_id: str, verb: Verb, request: Request, now: ClockReading, event: Event
    ) -> Campaign:
        """Move a campaign, if the verb is allowed; a repeated request returns it as it is now."""
        return await self._database.act(
            "campaign.move", lambda connection: _move(connection, (campaign_id, verb), request, now, event)
        )

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        return await self._database.read(
            "campaign.get", lambda connection: load(connection, relying_party, campaign_id)
        )

    async def list(self, *, relying_party: str, start: int, limit: int) -> list[Campaign]:
        """Return campaigns in the order of their making, from a place on."""
        query = (
            select(campaigns)
            .where(campaigns.c.relying_party == relying_party)
            .order_by(campaigns.c.created_at, campaigns.c.campaign_id)
            .offset(start)
            .limit(limit)
        )

        async def read(connection: Connection) -> list[Campaign]:
            return [from_row(row) for row in await connection.execute(query)]

        return await self._database.read("campaign.list", read)

    async def progress(self, campaign: Campaign) -> CampaignProgress:
        """Return the figures of a campaign as they are now."""
        return await self._database.read(
            "campaign.progress", lambda connection: progress.read(connection, campaign)
        )

    async def people(self) -> Mapping[tuple[ReverificationMethod, Stage], int]:
        """Return how many owners reached each stage of all RUNNING campaigns."""
        return await self._database.read("campaign.people", progress.people)


async def load(
    connection: Connection, relying_party: str, campaign_id: str, *, locked: bool = False
) -> Campaign:
    """Return a relying party's campaign, and keep its row where asked; raises NotFoundError."""
    query = select(campaigns).where(
        campaigns.c.campaign_id == campaign_id, campaigns.c.relying_party == relying_party
    )
    row = (await connection.execute(for_change(query) if locked else query)).first()
    if row is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return from_row(row)


async def delivered(connection: Connection, campaign: Campaign, today: date) -> tuple[int, int]:
    """Return how many deliveries were made today: by a campaign, and by all of the deployment."""
    own = await connection.execute(
        select(campaigns.c.delivered).where(
            campaigns.c.campaign_id == campaign.campaign_id, campaigns.c.delivered_on == today
        )
    )
    everybodys = await connection.execute(
        select(campaign_days.c.delivered).where(campaign_days.c.day == today)
    )
    return own.scalar_one_or_none() or 0, everybodys.scalar_one_or_none() or 0


async def count_deliveries(connection: Connection, campaign: Campaign, count: int, today: date) -> None:
    """Count deliveries of a campaign whose row this act has locked."""
    own, _ = await delivered(connection, campaign, today)
    await connection.execute(
        update(campaigns)
        .where(campaigns.c.campaign_id == campaign.campaign_id)
        .values(delivered_on=today, delivered=own + count)
    )
    await connection.execute(
        insert_or_update(connection, campaign_days)
        .values(day=today, delivered=count)
        .on_conflict_do_update(
            index_elements=[campaign_days.c.day], set_={"delivered": campaign_days.c.delivered + count}
        )
    )


def from_row(row: Row[Any]) -> Campaign:
    """Return the campaign of a row that has all columns of its table."""
    plan = CampaignPlan(
        title=row.title,
        cohort=Cohort(row.label, row.created_from, row.created_before),
        methods=tuple(ReverificationMethod(word) for word in row.methods.split(",")),
        daily_limit=row.daily_limit,
        reminder_days=tuple(int(days) for days in row.reminder_days.split(",") if days),
        quiet_hours=_quiet_hours(row),
        incentive_text=row.incentive_text,
        enforcement_date=row.enforcement_date,
    )
    return Campaign(
        row.campaign_id, row.relying_party, plan, CampaignState(row.state), row.created_at, row.started_at
    )


def _quiet_hours(row: Row[Any]) -> QuietHours | None:
    if row.quiet_zone is None:
        return None
    return QuietHours(_time(row.quiet_start), _time(row.quiet_end), ZoneInfo(row.quiet_zone))


def _time(text: str) -> time:
    return datetime.strptime(text, _TIME).time()


def _values(campaign: Campaign) -> dict[str, object]:
    plan, hours = campaign.plan, campaign.plan.quiet_hours
    return {
        "campaign_id": campaign.campaign_id,
        "relying_party": campaign.relying_party,
        "state": campaign.state.value,
        "title": plan.title,
        "label": plan.cohort.label,
        "created_from": plan.cohort.created_from,
        "created_before": plan.cohort.created_before,
        "methods": ",".join(plan.methods),
        "daily_limit": plan.daily_limit,
        "reminder_days": ",".join(map(str, plan.reminder_days)),
        "quiet_start": hours and hours.start.strftime(_TIME),
        "quiet_end": hours and hours.end.strftime(_TIME),
        "quiet_zone": hours and hours.zone.key,
        "incentive_text": plan.incentive_text,
        "enforcement_date": plan.enforcement_date,
        "created_at": campaign.created_at,
        "started_at": campaign.started_at,
        "delivered": 0,
    }


async def _create(connection: Connection, campaign: Campaign, asked: Request, event: Event) -> Campaign:
    repeated = await request.remember(connection, asked, made=campaign.campaign_id, now=campaign.created_at)
    if repeated is not None:
        return await load(connection, campaign.relying_party, repeated)
    await connection.execute(insert(campaigns).values(_values(campaign)))
    await log.append(connection, event)
    return campaign


async def _move(
    connection: Connection, change: tuple[str, Verb], asked: Request, now: ClockReading, event: Event
) -> Campaign:
    campaign_id, verb = change
    repeated = await request.remember(connection, asked, made=campaign_id, now=now.business)
    before = await load(connection, asked.relying_party, campaign_id, locked=True)
    if repeated is not None:
        return before
    after = rules.move(campaign=before, verb=verb, now=now.business)
    await connection.execute(
        update(campaigns)
        .where(campaigns.c.campaign_id == campaign_id)
        .values(state=after.state.value, started_at=after.started_at)
    )
    await log.append(connection, event)
    return replace(before, state=after.state, started_at=after.started_at)

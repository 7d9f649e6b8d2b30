"""Rows of campaigns, the count of their deliveries, and as an SQL condition whom a cohort has."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String, case, func, insert, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Day, for_change, param, statement, upsert
from idvault.core.tables.campaign import campaign_days, campaigns, legacy_accounts
from idvault_verify.account import MinimumAssurance
from idvault_verify.campaign import (
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    QuietHours,
    ReverificationMethod,
)
from idvault_verify.error import NotFoundError, Reason

_TIME = "%H:%M"


def from_row(row: Any) -> Campaign:
    """Return the campaign in a row that holds every column of `campaigns`."""
    plan = CampaignPlan(
        title=row.title,
        cohort=Cohort(row.label, row.created_from, row.created_before),
        methods=tuple(ReverificationMethod(word) for word in row.methods.split(",")),
        daily_limit=row.daily_limit,
        reminder_days=tuple(int(days) for days in row.reminder_days.split(",") if days),
        quiet_hours=_quiet_hours(row),
        incentive_text=row.incentive_text,
        enforcement_date=row.enforcement_date,
        minimum_assurance=row.minimum_assurance and MinimumAssurance(row.minimum_assurance),
    )
    return Campaign(
        row.campaign_id, row.relying_party, plan, CampaignState(row.state), row.created_at, row.started_at
    )


def _quiet_hours(row: Any) -> QuietHours | None:
    if row.quiet_zone is None:
        return None
    return QuietHours(_time(row.quiet_start), _time(row.quiet_end), ZoneInfo(row.quiet_zone))


def _time(text: str) -> time:
    return datetime.strptime(text, _TIME).time()


def values(campaign: Campaign) -> dict[str, object]:
    """Return the columns of a campaign that has no deliveries."""
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
        "minimum_assurance": plan.minimum_assurance and plan.minimum_assurance.value,
        "created_at": campaign.created_at,
        "started_at": campaign.started_at,
        "delivered_on": None,
        "delivered": 0,
        "looked_to": 0,
    }


_MINE = campaigns.c.campaign_id == param("campaign")
_OWN = select(campaigns).where(_MINE, campaigns.c.relying_party == param("party"))
_GET = statement(_OWN, from_row)
_LOCK = statement(for_change(_OWN), from_row)
_TODAY = param("today", Day)
_OWN_TODAY = select(campaigns.c.delivered).where(_MINE, campaigns.c.delivered_on == _TODAY)
_ALL_TODAY = select(campaign_days.c.delivered).where(campaign_days.c.day == _TODAY)
_DELIVERED = statement(
    select(func.coalesce(_OWN_TODAY.scalar_subquery(), 0), func.coalesce(_ALL_TODAY.scalar_subquery(), 0))
)
_COUNT = statement(
    update(campaigns)
    .where(_MINE)
    .values(
        delivered_on=_TODAY,
        delivered=case((campaigns.c.delivered_on == _TODAY, campaigns.c.delivered), else_=0) + param("count"),
    )
)
_ADDED = upsert(campaign_days)
_COUNT_ALL = statement(
    _ADDED.on_conflict_do_update(
        index_elements=[campaign_days.c.day],
        set_={"delivered": campaign_days.c.delivered + _ADDED.excluded.delivered},
    )
)


_ADD = statement(insert(campaigns))
_PUT_STATE = statement(
    update(campaigns).where(_MINE).values(state=param("state"), started_at=param("started_at"))
)
_LIST = statement(
    select(campaigns)
    .where(campaigns.c.relying_party == param("party"))
    .order_by(campaigns.c.created_at, campaigns.c.campaign_id)
    .offset(param("start", Integer))
    .limit(param("limit", Integer)),
    from_row,
)


async def add(connection: Connection, campaign: Campaign) -> None:
    """Insert a campaign that has no deliveries."""
    await connection.run(_ADD, **values(campaign))


async def put_state(connection: Connection, campaign: Campaign) -> None:
    """Store the state of a campaign that this act has locked."""
    changed = {"state": campaign.state.value, "started_at": campaign.started_at}
    await connection.run(_PUT_STATE, campaign=campaign.campaign_id, **changed)


async def page(connection: Connection, party: str, *, start: int, limit: int) -> list[Campaign]:
    """Return campaigns in order of creation, skipping the first `start`."""
    return await connection.all(_LIST, party=party, start=start, limit=limit)


async def get(connection: Connection, relying_party: str, campaign_id: str) -> Campaign:
    """Return a relying party's campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, campaign=campaign_id)
    return _found(found)


async def lock(connection: Connection, relying_party: str, campaign_id: str) -> Campaign:
    """Return a relying party's campaign and lock its row; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await connection.one(_LOCK, party=relying_party, campaign=campaign_id)
    return _found(found)


def _found(campaign: Campaign | None) -> Campaign:
    if campaign is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return campaign


async def delivered(connection: Connection, campaign: Campaign, today: date) -> tuple[int, int]:
    """Return the number of deliveries today: a campaign's, and the whole deployment's."""
    found: tuple[int, int] | None = await connection.one(
        _DELIVERED, campaign=campaign.campaign_id, today=today
    )
    return found or (0, 0)


async def count_deliveries(connection: Connection, campaign: Campaign, count: int, today: date) -> None:
    """Count deliveries of a campaign whose row this act has locked."""
    await connection.run(_COUNT, campaign=campaign.campaign_id, count=count, today=today)
    await connection.run(_COUNT_ALL, day=today, delivered=count)


_LABEL = param("label", String(64))
# Only the relying party is looked up by index. The other parts have no index, so making them optional costs
# nothing.
IN_COHORT = (
    (legacy_accounts.c.relying_party == param("party"))
    & or_(_LABEL == "", legacy_accounts.c.label == _LABEL)
    & (legacy_accounts.c.create_date >= param("created_from"))
    & (legacy_accounts.c.create_date < param("created_before"))
)


def parameters(campaign: Campaign) -> dict[str, object]:
    """Return the parameters of IN_COHORT; date.min and date.max stand for a missing limit."""
    cohort = campaign.plan.cohort
    return {
        "party": campaign.relying_party,
        "label": cohort.label,
        "created_from": cohort.created_from or date.min,
        "created_before": cohort.created_before or date.max,
    }

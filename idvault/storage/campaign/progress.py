"""The figures of campaigns: the funnel by day and method, and how much of a cohort is verified."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import ColumnElement, Select, func, literal, select, true, union_all

from idvault.domain.campaign.campaign import Campaign, CampaignState, Cohort, ReverificationMethod
from idvault.domain.campaign.invitation import Stage
from idvault.ports.campaign.campaign import CampaignProgress
from idvault.storage.base.connection import Connection
from idvault.storage.campaign.tables import campaigns, invitations, legacy_accounts

COLUMNS = {stage: invitations.c[f"{stage.lower()}_on"] for stage in Stage}
"""The column that holds the first day of each stage."""


def in_cohort(relying_party: str, cohort: Cohort) -> ColumnElement[bool]:
    """Return the condition that a legacy account belongs to a cohort, as domain.campaign.covers says it."""
    wanted = legacy_accounts.c.relying_party == relying_party
    if cohort.label:
        wanted &= legacy_accounts.c.label == cohort.label
    if cohort.created_from is not None:
        wanted &= legacy_accounts.c.create_date >= cohort.created_from
    if cohort.created_before is not None:
        wanted &= legacy_accounts.c.create_date < cohort.created_before
    return wanted


async def read(connection: Connection, campaign: Campaign) -> CampaignProgress:
    """Return the figures of a campaign as they are now."""
    rows = await connection.execute(union_all(*(_by_day(stage, campaign.campaign_id) for stage in Stage)))
    reached = {(row.day, ReverificationMethod(row.method), Stage(row.stage)): row.owners for row in rows}
    size, verified = 0, dict[date, int]()
    for row in await connection.execute(_cohort(campaign)):
        size += row.owners
        if row.verified_on is not None:
            verified[row.verified_on] = row.owners
    return CampaignProgress(size, reached, verified)


async def people(connection: Connection) -> Mapping[tuple[ReverificationMethod, Stage], int]:
    """Return how many owners reached each stage of all RUNNING campaigns."""
    counted = [func.count(column).label(stage.value) for stage, column in COLUMNS.items()]
    rows = await connection.execute(
        select(invitations.c.method, *counted)
        .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
        .where(campaigns.c.state == CampaignState.RUNNING.value)
        .group_by(invitations.c.method)
    )
    return {
        (ReverificationMethod(row.method), stage): getattr(row, stage.value)
        for row in rows
        for stage in Stage
    }


def _by_day(stage: Stage, campaign_id: str) -> Select[tuple[str, str, date, int]]:
    day = COLUMNS[stage]
    return (
        select(
            literal(stage.value).label("stage"),
            invitations.c.method,
            day.label("day"),
            func.count(true()).label("owners"),
        )
        .where(invitations.c.campaign_id == campaign_id, day.is_not(None))
        .group_by(invitations.c.method, day)
    )


def _cohort(campaign: Campaign) -> Select[tuple[date | None, int]]:
    return (
        select(legacy_accounts.c.verified_on, func.count(true()).label("owners"))
        .where(in_cohort(campaign.relying_party, campaign.plan.cohort))
        .group_by(legacy_accounts.c.verified_on)
    )
